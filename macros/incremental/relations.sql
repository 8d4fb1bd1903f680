{% macro relation_named(name) -%}
    {%- set node = graph.nodes['model.identity_graph.' ~ name]
        or graph.nodes['snapshot.identity_graph.' ~ name]
        or graph.nodes['seed.' ~ project_name ~ '.' ~ name]
        or graph.nodes['seed.identity_graph.' ~ name] -%}
    {#- A table that hooks write lies beside the received events. -#}
    {%- set home = node or graph.nodes['model.identity_graph.int_events_received'] -%}
    {{ return(api.Relation.create(
        database=home.database, schema=home.schema, identifier=node.alias if node else name, type=none if node else 'table'
    )) }}
{%- endmacro %}

{% macro previous_run(name) -%}
    {#- dbt is told of a source while it parses, so that a unit test can stand in for it; the schema is the model's own. -#}
    {%- set stored = source('previous_run', name) -%}
    {{ return(stored if not execute or model.resource_type == 'unit_test' else relation_named(name)) }}
{%- endmacro %}

{% macro stored_rows(relation, columns='1', rest='') -%}
    {#- What dbt finds of it: of a ref it would read nothing in a run with --empty. -#}
    {%- set stored = load_relation(relation) if execute else none -%}
    {{ return(run_query('select ' ~ columns ~ ' from ' ~ stored ~ ' ' ~ rest).rows | list if stored is not none else []) }}
{%- endmacro %}

{% macro may_hold_rows(relation, condition='true') -%}
    {#- Asked when the SQL is written, because a warehouse would read all events to find out that there are none. -#}
    {{ return(
        not execute or load_relation(relation) is none or stored_rows(relation, '1', 'where ' ~ condition ~ ' limit 1') | length > 0
    ) }}
{%- endmacro %}

{% macro is_of_loads(load_number, relation=none, condition='true') -%}
    {#- Only constants keep BigQuery from reading the other partitions. Events that wait have the number of the last load that read events.
        All rows of a table are of all loads. -#}
    {%- set saves_reading = execute and target.type == 'bigquery' and flags.WHICH in ['build', 'run'] and model.resource_type != 'unit_test'
        and not (relation and condition == 'true') -%}
    {%- set rows = run_query(
        'select distinct load_number from ' ~ (relation_named(relation) if relation is string else relation) ~ ' where ' ~ condition if relation
        else 'select load_number from ' ~ relation_named('event_loads') ~ ' where load_number >= (select max(load_number) from '
            ~ relation_named('event_loads') ~ " where events_fingerprint is not null and invocation_id != '" ~ invocation_id ~ "')"
    ).rows if saves_reading else [] -%}
    {{ load_number ~ ' in (' ~ ([0] + rows | map(attribute=0) | list) | join(', ') ~ ')' if saves_reading else 'true' }}
{%- endmacro %}

{% macro noted_in_this_run(name, value=none) -%}
    {#- What one model read, for the others: dbt's graph is the one thing that all of a run's templates see. -#}
    {% set noted = graph.get('identity_graph_notes', {}) %}
    {% if noted.invocation_id != invocation_id %}
        {% set noted = {'invocation_id': invocation_id} %}
    {% endif %}
    {% if value is not none %}
        {% do noted.update({name: value}) %}
        {% do graph.update({'identity_graph_notes': noted}) %}
    {% endif %}
    {{ return(noted.get(name)) }}
{%- endmacro %}
