{% macro check_column_types(columns, table, label, reader) -%}
    {#- What another file of the source could hold as another type, so that a rebuild would read both as one. -#}
    {% set missing = table.get('required_columns', []) | map('lower') | reject('in', columns) | list %}
    {{ refuse(label ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ '; it has ' ~ (columns | list)[:12] | join(', ') ~ '.'
        ~ (' The var generic_columns says what columns of other names are.' if table.source_name == 'generic' else '')) if missing }}
    {% for name, type in columns.items() if modules.re.match('U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$|FLOAT$|DOUBLE$|DECIMAL', type) %}
        {#- What tools make of whole numbers as soon as one is missing is read as what it was, up to where digits are lost. -#}
        {% set is_double, column = type == 'DOUBLE', quoted_column(name) %}
        {% set is_broken = name in table.id_columns and (modules.re.match('FLOAT|DECIMAL[(][0-9]+, ?[1-9]', type) or is_double and run_query(
            'select 1 from ' ~ reader ~ ' where not isnan(' ~ column ~ ') and (abs(' ~ column ~ ') > 9007199254740992 or ' ~ column ~ ' != floor('
            ~ column ~ ')) limit 1'
        ).rows | length > 0) %}
        {{ refuse(
            label ~ ' holds ids as ' ~ ('numbers with decimals' if type.startswith('DECIMAL') else 'floating-point numbers') ~ ' in ' ~ name
            ~ (' that have a fraction or lost digits' if is_double else '') ~ ': write them as text or as whole numbers.'
        ) if is_broken }}
        {{ refuse(label ~ ' holds times as numbers (' ~ type ~ ') in ' ~ name ~ ': write them as timestamps or as ISO 8601 text.')
            if name in table.get('time_columns', []) }}
    {% endfor %}
{%- endmacro %}

{% macro check_events_relation() -%}
    {#- A partition that is null could not be asked for on BigQuery. -#}
    {% set label, arrives_by, found = raw_source_label('generic'), var('generic_arrives_by'), relation_of_events() %}
    {% set is_there = found and not found.is_awaited and has_raw_table(found.relation) %}
    {% set type = source_columns(found.relation).get(arrives_by | lower) if is_there and arrives_by else none %}
    {% set times = ['TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'DATE', 'VARCHAR'] if target.type == 'duckdb' else ['TIMESTAMP'] %}
    {% set fault = ': ' ~ project_name ~ ' has no such model or source. Name a model of it, or a source as source.table.' if not found
        else ' is ephemeral, so there is no table to read new rows of: make it a view, a table or incremental.' if found.is_ephemeral
        else ': set the var generic_arrives_by to the column that says when a row arrived (loaded_at, for example);'
            ~ ' new rows are told from old ones by it.' if not arrives_by
        else none if found.is_awaited
        else ': there is no table ' ~ raw_location(found.relation) ~ '.' if not is_there
        else ' lacks the column ' ~ arrives_by ~ ', which the var generic_arrives_by names.' if not type
        else ': ' ~ arrives_by ~ ' is of type ' ~ type ~ '; the column that says when a row arrived is ' ~ times | join(' or ') ~ '.'
            if type.split(' ')[0] not in times
        else ' holds rows whose ' ~ arrives_by ~ ' is null.' if target.type == 'bigquery'
            and run_query('select 1 from ' ~ found.relation ~ ' where ' ~ arrives_by ~ ' is null limit 1') | length %}
    {{ refuse(label ~ fault) if fault }}
{%- endmacro %}
