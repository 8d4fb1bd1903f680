{% macro check_raw_tables(left_alone) -%}
    {% set tables = raw_tables() %}
    {{ check_events_relation(left_alone) }}
    {% for source_name in var('event_sources') if source_name not in tables | map(attribute='source_name') | list
        and not (source_name == 'generic' and var('generic_events_relation')) %}
        {% set locations = [] %}
        {% for node in graph.sources.values() | sort(attribute='unique_id') if node.source_name == source_name %}
            {% do locations.append(raw_location(source(node.source_name, node.name))) %}
        {% endfor %}
        {{ exceptions.raise_compiler_error(
            raw_source_label(source_name) ~ ': there is no ' ~ ('file at ' if target.type == 'duckdb' else 'table ') ~ locations | join(', ')
            ~ (' (for a folder, name its files: folder/*.parquet)' if source_name == 'generic' and target.type == 'duckdb' else '')
            ~ (' (its events come from the var generic_events_relation or the environment variable IDENTITY_EVENTS)'
                if source_name == 'generic' and project_name != 'identity_graph' else '')
            ~ '.' ~ left_alone
        ) }}
    {% endfor %}

    {% for table in tables if not (table.is_relation and is_awaited()) %}
        {% set label = raw_source_label(table.source_name) ~ ': ' ~ table.location %}
        {{ adapter.dispatch('check_raw_rows', 'identity_graph')(table, label, left_alone) }}
        {% set present = adapter.dispatch('sent_columns', 'identity_graph')(table.relation) %}
        {% set missing = table.required_columns | reject('in', present) | list %}
        {% if missing %}
            {{ exceptions.raise_compiler_error(label ~ ' lacks the required column(s) ' ~ missing | join(', ')
                ~ ('; JSON is read one object a line' if 'read_json' in table.relation | string else '') ~ '.' ~ left_alone) }}
        {% endif %}
    {% endfor %}
{%- endmacro %}

{% macro duckdb__check_raw_rows(table, label, left_alone) -%}
    {% if table.source_name == 'generic' and not table.is_relation and run_query('select 1 from ' ~ table.relation ~ ' limit 1') | length == 0 %}
        {{ exceptions.raise_compiler_error(label ~ ' holds no event.' ~ left_alone) }}
    {% endif %}
    {#- As text 7 is another id than 7.0, and of long numbers the last digits are lost. -#}
    {% for row in (run_query('describe select * from ' ~ table.relation) if table.id_columns else []) %}
        {% if row[0] | lower in table.id_columns and row[1] in ['FLOAT', 'DOUBLE'] %}
            {{ exceptions.raise_compiler_error(
                label ~ ' holds ids as floating-point numbers in ' ~ row[0] ~ ': write them as text or as whole numbers.' ~ left_alone
            ) }}
        {% endif %}
    {% endfor %}
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
        "describe select * from read_json_auto('" ~ raw_location(relation) | replace("'", "''") ~ "', format = 'newline_delimited', ignore_errors = true)"
    ) %}
        {% do names.append(row[0]) %}
    {% endfor %}
    {{ return(names) }}
{%- endmacro %}
