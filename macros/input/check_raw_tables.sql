{% macro check_raw_tables() -%}
    {{ check_events_relation() if var('generic_events_relation') and 'generic' in var('event_sources') }}
    {% set tables = raw_tables() %}
    {% for source_name in var('event_sources') if source_name not in tables | map(attribute='source_name') | list
        and not (source_name == 'generic' and var('generic_events_relation')) %}
        {% set locations, searches = raw_tables(with_absent=true) | selectattr('source_name', 'eq', source_name) | map(attribute='location') | list, [] %}
        {% for location in (locations if target.type == 'duckdb' else []) %}
            {#- Where files are looked for there may be others: another ending, a folder instead of its files. -#}
            {% set folder = location.split('/')[:-1] | join('/') %}
            {% for pattern in ([folder ~ '/*', folder ~ '/*/*', location ~ '/*'] if folder else ['*']) %}
                {% do searches.append('(select file from glob(' ~ sql_text(pattern) ~ ') order by 1 limit 20)') %}
            {% endfor %}
        {% endfor %}
        {% set others = run_query(searches | join(' union ') ~ ' order by 1').columns[0].values() if searches else [] %}
        {{ refuse(
            raw_source_label(source_name) ~ ': there is no ' ~ ('file at ' if target.type == 'duckdb' else 'table ') ~ locations | join(', ')
            ~ (' (from the folder in which the command runs; for a folder, name its files: folder/*.parquet)' if source_name == 'generic' and target.type == 'duckdb' else '')
            ~ (' (its events come from the var generic_events_relation or the environment variable IDENTITY_EVENTS)'
                if source_name == 'generic' and project_name != 'identity_graph' else '')
            ~ ('; there lie ' ~ others[:5] | join(', ') ~ (' and ' ~ (others | length - 5) ~ ' more' if others | length > 5 else '') if others else '')
            ~ ('; files are found in no folder with a backslash in its name' if target.type == 'duckdb' and '\\' in locations | join else '') ~ '.'
        ) }}
    {% endfor %}
    {% for table in tables if not table.is_awaited %}
        {% set label = raw_source_label(table.source_name) ~ ': ' ~ table.location %}
        {#- note_raw_files looks into each of the files that it can tell columns of. -#}
        {% set is_noted = target.type == 'duckdb' and (table.is_read_by_ending or 'read_parquet' in table.relation | string) %}
        {% set is_json, required = 'read_json' in table.relation | string, table.required_columns %}
        {% set missing = [] if is_noted else (required if is_json else required | map('lower')) | reject('in', sent_columns(table.relation)) | list %}
        {{ refuse(label ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ ('; JSON is read one object a line' if is_json else '') ~ '.') if missing }}
        {{ check_column_types(source_columns(table.relation), {'id_columns': table.id_columns}, label, table.relation)
            if target.type == 'duckdb' and table.is_relation }}
        {{ refuse(label ~ ' has no partition by ingestion time, by which new events are told from those of earlier runs.')
            if target.type == 'bigquery' and table.arrives_by == '_partitiontime'
                and run_query("select 1 from " ~ raw_files() ~ " where source_name = '" ~ table.source_name ~ "' limit 1") | length == 0 }}
    {% endfor %}
    {{ check_consent_columns(tables | selectattr('source_name', 'eq', 'segment')) }}
{%- endmacro %}

{% macro check_consent_columns(tables) -%}
    {#- A call without the column of a category is allowed, so a name that no table has would allow everybody. -#}
    {% set prefix, sent = 'context_consent_category_preferences', [] %}
    {% for table in tables %}
        {% set columns = source_columns(table.relation) %}
        {{ refuse(raw_source_label('segment') ~ ': ' ~ table.location ~ ' holds all categories of consent in the column ' ~ prefix
            ~ '; each is read from a column of its own, as Segment writes them (' ~ prefix ~ '_analytics).') if prefix in columns }}
        {% for column in columns if column.startswith(prefix ~ '_') %}
            {% do sent.append(column) %}
        {% endfor %}
    {% endfor %}
    {% set unknown = consent_columns(var('segment_consent_categories')) | reject('in', sent) | list if sent else [] %}
    {{ refuse(raw_source_label('segment') ~ ': the var segment_consent_categories names categories that no table has a column of ('
        ~ unknown | join(', ') ~ '); there are ' ~ sent | unique | sort | join(', ') ~ '.') if unknown }}
{%- endmacro %}

{% macro consent_columns(categories) -%}
    {#- Segment makes columns of names: of `Ad Storage` and `C0002` ad_storage and c0002. -#}
    {% set columns = [] %}
    {% for category in categories %}
        {% do columns.append('context_consent_category_preferences_' ~ modules.re.sub('[^a-z0-9]', '_', category | lower)) %}
    {% endfor %}
    {{ return(columns) }}
{%- endmacro %}
