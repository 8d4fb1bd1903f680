{% macro name_unread_tables() -%}
    {#- What lies beside the tables that are read, and event tables that are named and not there, is said at the start of the run. -#}
    {% for source_name, tables in raw_tables(with_absent=true) | rejectattr('source_name', 'eq', 'generic') | groupby('source_name') %}
        {% set label, names, read, folders = raw_source_label(source_name), tables | map(attribute='name') | list, [], [] %}
        {% for table in tables %}
            {% set folder = '/' ~ source_name ~ '/' ~ table.name ~ '/' %}
            {% if target.type == 'bigquery' %}
                {% set name = table.relation.identifier %}
                {% do read.append("starts_with(table_name, '" ~ name[:-1] ~ "')" if name.endswith('*') else "table_name = '" ~ name ~ "'") %}
            {% elif folder in table.location %}
                {% do read.append('file in (select file from glob(' ~ sql_text(table.location) ~ '))') %}
                {% do folders.append(table.location.split(folder)[0] ~ '/' ~ source_name ~ '/**/*') %}
            {% endif %}
        {% endfor %}
        {#- On DuckDB folders of the source, and files of other kinds in those that are read. On BigQuery views have no partitions. -#}
        {% set unread = run_query(
            'select distinct case when list_contains(' ~ sql_text(names) ~ ", folder) then path else folder end from (select path, split_part(path, '/', 1)"
            ~ " as folder from (select split_part(file, '/" ~ source_name ~ "/', -1) as path from glob(" ~ sql_text(folders[0]) ~ ') where not ('
            ~ read | join(' or ') ~ '))) where not list_contains(' ~ sql_text(tables[0].states) ~ '::varchar[], folder) order by 1' if target.type == 'duckdb'
            else 'select distinct table_name from `' ~ tables[0].relation.database ~ '`.`' ~ tables[0].relation.schema ~ '`.INFORMATION_SCHEMA.PARTITIONS'
            ~ ' where not (' ~ read | join(' or ') ~ ") and table_name not in ('" ~ tables[0].states | join("', '") ~ "') order by 1"
        ).columns[0].values() if read else [] %}
        {% do log(label ~ ': nothing reads ' ~ unread[:40] | join(', ')
            ~ (' and ' ~ (unread | length - 40) ~ ' more' if unread | length > 40 else '') ~ '.'
            ~ (' The table of an event is read once the var ' ~ source_name ~ '_event_tables names it, columns of other names than'
                ~ ' order_id, revenue and currency once they have a row in seeds/raw_columns.csv.' if source_name in ['heap', 'rudderstack', 'segment'] else ''),
            info=true) if unread %}
        {% for table in tables if table.is_event_table and table.name != 'order_completed' and not has_raw_table(table.relation) %}
            {% do log(label ~ ': there is no table ' ~ table.name ~ ', which the var ' ~ source_name ~ '_event_tables names.', info=true) %}
        {% endfor %}
    {% endfor %}
{%- endmacro %}
