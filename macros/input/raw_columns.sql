{% macro raw_columns(source_name) -%}
    {#- What stands for one source goes before what stands for all. A name is part of SQL and of a JSON path. -#}
    {% set names = {'email': [], 'phone': [], 'account_id': [], 'order_id': [], 'revenue': [], 'currency': [], 'user_id': []} %}
    {% for canonical_column, raw_column in stored_rows(
        ref('raw_columns'), 'canonical_column, raw_column', 'where source_name is null or source_name = ' ~ sql_text(source_name)
        ~ ' order by case when source_name is null then 1 else 0 end, priority, raw_column'
    ) %}
        {{ exceptions.raise_compiler_error(
            'seeds/raw_columns.csv: ' ~ canonical_column ~ ', ' ~ raw_column ~ '. The canonical column is one of ' ~ names.keys() | join(', ')
            ~ ', and a raw name holds no quote and no backslash.'
        ) if canonical_column not in names or modules.re.search("['\"\\\\]", raw_column) }}
        {% do names[canonical_column].append(raw_column) %}
    {% endfor %}
    {{ return(names) }}
{%- endmacro %}

{% macro name_unread_columns() -%}
    {#- Other sources keep all they have. Of files of several kinds under one pattern no one reader tells the columns. -#}
    {% set kinds = '[.](parquet|pq|parq|csv|tsv|tab|txt|ndjson|jsonl|json)([.](gz|zst))?$' %}
    {% for table in raw_tables() if table.source_name == 'generic' and not table.is_awaited
        and (table.is_relation or target.type != 'duckdb' or modules.re.search(kinds, table.location | lower) and '[' not in table.location) %}
        {% set read = graph.sources['source.identity_graph.generic.' ~ table.name].columns.keys() | list + key_types()
            + words((var('generic_columns') or {}).values()) | map('lower') | list + ['raw_file', 'file_row_number', table.arrives_by | lower] %}
        {% set unread = sent_columns(table.relation) | map('lower') | reject('in', read) | sort %}
        {% do log(
            raw_source_label('generic') ~ ': nothing reads the column(s) ' ~ unread | join(', ') ~ '. A key is read once it has a row in'
            ~ ' seeds/identity_key_rules.csv, a column of another name where the var generic_columns names it; all else belongs into properties.', info=true
        ) if unread %}
    {% endfor %}
{%- endmacro %}

{% macro sent_columns(relation) -%}
    {#- A reader of JSON may be told its columns, so ask a sample of the files themselves; there names are told apart by case. -#}
    {{ return(source_columns(relation) if 'read_json' not in relation | string else run_query('select column_name from (describe select *'
        ~ ' from read_json_auto(' ~ sql_text(raw_location(relation)) ~ ", format = 'newline_delimited', ignore_errors = true))").columns[0].values() | list) }}
{%- endmacro %}

{% macro key_types() -%}
    {{ return(stored_rows(relation_named('identity_key_rules'), 'distinct key_type', 'where is_enabled order by 1') | map(attribute=0) | list) }}
{%- endmacro %}
