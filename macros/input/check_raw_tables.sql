{% macro check_raw_tables(left_alone) -%}
    {% set tables = raw_tables() %}
    {{ check_events_relation(left_alone) }}
    {% for source_name in var('event_sources') if source_name not in tables | map(attribute='source_name') | list
        and not (source_name == 'generic' and var('generic_events_relation')) %}
        {% set locations = [] %}
        {% for node in graph.sources.values() | sort(attribute='unique_id') if node.source_name == source_name %}
            {% do locations.append(raw_location(source(node.source_name, node.name))) %}
        {% endfor %}
        {% set others = adapter.dispatch('other_files', 'identity_graph')(locations) %}
        {{ exceptions.raise_compiler_error(
            raw_source_label(source_name) ~ ': there is no ' ~ ('file at ' if target.type == 'duckdb' else 'table ') ~ locations | join(', ')
            ~ (' (for a folder, name its files: folder/*.parquet)' if source_name == 'generic' and target.type == 'duckdb' else '')
            ~ (' (its events come from the var generic_events_relation or the environment variable IDENTITY_EVENTS)'
                if source_name == 'generic' and project_name != 'identity_graph' else '')
            ~ ('; there lie ' ~ others[:5] | join(', ') ~ (' and ' ~ (others | length - 5) ~ ' more' if others | length > 5 else '') if others else '')
            ~ ('; files are found in no folder with a backslash in its name' if target.type == 'duckdb' and '\\' in locations | join else '')
            ~ '.' ~ left_alone
        ) }}
    {% endfor %}

    {% for table in tables if not (table.is_relation and is_awaited()) %}
        {% set label = raw_source_label(table.source_name) ~ ': ' ~ table.location %}
        {{ adapter.dispatch('check_raw_rows', 'identity_graph')(table, label, left_alone) }}
        {#- note_raw_files looks into each of the files that it can tell columns of. -#}
        {% set is_noted = target.type == 'duckdb' and (table.is_read_by_ending or 'read_parquet' in table.relation | string) %}
        {% set present = table.required_columns if is_noted else adapter.dispatch('sent_columns', 'identity_graph')(table.relation) %}
        {% set missing = table.required_columns | reject('in', present) | list %}
        {% if missing %}
            {{ exceptions.raise_compiler_error(label ~ ' lacks the required column(s) ' ~ missing | join(', ')
                ~ ('; JSON is read one object a line' if 'read_json' in table.relation | string else '') ~ '.' ~ left_alone) }}
        {% endif %}
    {% endfor %}
{%- endmacro %}

{% macro duckdb__check_raw_rows(table, label, left_alone) -%}
    {% if table.is_relation %}
        {{ check_column_types(source_columns(table.relation), {'required_columns': [], 'id_columns': table.id_columns}, label, left_alone, table.relation) }}
    {% endif %}
{%- endmacro %}

{% macro bigquery__check_raw_rows(table, label, left_alone) -%}
    {% if table.arrives_by == '_partitiontime'
        and run_query("select 1 from " ~ raw_files() ~ " where source_name = '" ~ table.source_name ~ "' limit 1") | length == 0 %}
        {{ exceptions.raise_compiler_error(
            label ~ ' has no partition by ingestion time, by which new events are told from those of earlier runs.' ~ left_alone
        ) }}
    {% endif %}
{%- endmacro %}

{% macro default__sent_columns(relation) -%}
    {{ return(source_columns(relation)) }}
{%- endmacro %}

{% macro duckdb__sent_columns(relation) -%}
    {#- A reader of JSON may be told its columns, so ask a sample of the files themselves; there names are told apart by case. -#}
    {% if 'read_json' not in relation | string %}
        {{ return(source_columns(relation)) }}
    {% endif %}
    {% set names = [] %}
    {% for row in run_query(
        'describe select * from read_json_auto(' ~ sql_text(raw_location(relation)) ~ ", format = 'newline_delimited', ignore_errors = true)"
    ) %}
        {% do names.append(row[0]) %}
    {% endfor %}
    {{ return(names) }}
{%- endmacro %}

{% macro default__other_files(locations) -%}
    {{ return([]) }}
{%- endmacro %}

{% macro duckdb__other_files(locations) -%}
    {#- Where files are looked for there may be others: another ending, a folder instead of its files. -#}
    {% set found = [] %}
    {% for location in locations %}
        {% set folder = location.split('/')[:-1] | join('/') %}
        {% for pattern in ([folder ~ '/*', folder ~ '/*/*', location ~ '/*'] if folder else ['*']) %}
            {% for row in run_query('select file from glob(' ~ sql_text(pattern) ~ ') order by 1 limit 20').rows if row[0] not in found %}
                {% do found.append(row[0]) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{%- endmacro %}
