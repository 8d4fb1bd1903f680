{% macro create_functions() -%}
    {#- What staging asks of every text stands in the database once; within each column it would be a page of SQL. -#}
    {#- A run of another project's own models needs none of them, nor what only compiles; and who tests what they may not write has them. -#}
    {%- if execute and target.type == 'duckdb' and flags.WHICH in ['build', 'run', 'test'] and '.identity_graph.' in selected_resources | join(' ')
        and not (flags.WHICH == 'test' and run_query(
            'select readonly from duckdb_databases() where database_name = ' ~ sql_text(target.database)
        ).rows[0][0]) -%}
        {%- set home = relation_named('int_events_received') -%}
        {{- refuse(
            'On DuckDB the tables of identity_graph lie in the database of the target (' ~ target.database ~ '), and +database says '
            ~ home.database ~ ': leave it out for the models, seeds and snapshots of identity_graph.'
        ) if home.database != target.database -}}
        {%- do adapter.create_schema(api.Relation.create(database=home.database, schema=home.schema)) -%}
        {#- Bytes that are no UTF-8 are left out, so that what stands between them is read. The round stands here once, and is done three
            times: every view that asks for the function reads all of it. #}
    create or replace macro {{ stored_function('decoded_text') }}(sent_text) as (
        list_reduce([sent_text, '', '', ''], lambda seen, _: {{ decoding_round(
            "coalesce(try(url_decode(piece)), try(url_decode(regexp_replace(piece, '%[89A-Fa-f][0-9A-Fa-f]', '_', 'g'))), '_')",
            'try(chr({}))'
        ) }})
    );
    create or replace macro {{ stored_function('without_addresses') }}(sent_text) as (
        {{ body_of_without_addresses('sent_text', 'false') }}
    );
    create or replace macro {{ stored_function('hashed_if_address') }}(sent_text, secret) as (
        {{ body_of_hashed_if_address('sent_text', 'secret') }}
    );
    {#- No model asks for it: the MCP server hashes by it what it is asked for. #}
    create or replace macro {{ stored_function('phone_hash') }}(sent_text, secret) as (
        {{ phone_hash('sent_text', 'secret') }}
    );
    {%- endif -%}
{%- endmacro %}

{% macro stored_function(name) -%}
    {#- A unit test knows no other nodes; it runs in this project alone, which names the schema itself. -#}
    {%- if execute -%}
        {%- set home = relation_named('int_events_received') if graph.nodes else api.Relation.create(
            database=target.database, schema=generate_schema_name('identity_graph_intermediate', none)
        ) -%}
        {#- Without the database, whose name is that of its file and may change. -#}
        {{ return('"' ~ home.schema ~ '".' ~ name) }}
    {%- endif -%}
{%- endmacro %}
