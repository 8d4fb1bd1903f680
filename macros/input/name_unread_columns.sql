{% macro name_unread_columns() -%}
    {#- What a sender takes trouble to send, and nothing reads, is said at the start of the run. Other sources keep all they have. -#}
    {#- A first run has no seeds yet. -#}
    {% set keys = stored_rows(relation_named('identity_key_rules'), 'key_type', 'where is_enabled') | map(attribute=0) | list or var('generic_key_columns') %}
    {#- Of files of several kinds under one pattern no one reader tells the columns. -#}
    {% set kinds = '[.](parquet|pq|parq|csv|tsv|tab|txt|ndjson|jsonl|json)([.](gz|zst))?$' %}
    {% for table in raw_tables() if table.source_name == 'generic' and not table.is_awaited
        and (table.is_relation or target.type != 'duckdb' or modules.re.search(kinds, table.location | lower) and '[' not in table.location) %}
        {% set known = graph.sources.values() | selectattr('package_name', 'eq', 'identity_graph')
            | selectattr('source_name', 'eq', 'generic') | map(attribute='columns') | first %}
        {% set read = known.keys() | list + keys + ['raw_file', 'file_row_number', table.arrives_by | lower] %}
        {% set readable = source_columns(table.relation) | select('in', read) | list %}
        {% set unread = sent_columns(table.relation) | map('lower') | reject('in', readable) | sort %}
        {% do log(
            raw_source_label('generic') ~ ': nothing reads the column(s) ' ~ unread | join(', ') ~ '. A key is read once it has a row in'
            ~ ' seeds/identity_key_rules.csv (in NDJSON, and stands in the var generic_key_columns); all else belongs into properties.', info=true
        ) if unread %}
    {% endfor %}
{%- endmacro %}

{% macro sent_columns(relation) -%}
    {#- A reader of JSON may be told its columns, so ask a sample of the files themselves; there names are told apart by case. -#}
    {{ return(source_columns(relation) if 'read_json' not in relation | string else run_query(
        'select column_name from (describe select * from read_json_auto(' ~ sql_text(raw_location(relation))
        ~ ", format = 'newline_delimited', ignore_errors = true))"
    ).columns[0].values() | list) }}
{%- endmacro %}
