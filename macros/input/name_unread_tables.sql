{% macro name_unread_tables() -%}
    {#- What lies beside the tables that are read, and event tables that are named and not there, is said at the start of the run. -#}
    {% for source_name in var('event_sources') if source_name != 'generic' %}
        {% set event_tables = var(source_name ~ '_event_tables', none) %}
        {% set nodes = graph.sources.values() | selectattr('package_name', 'eq', 'identity_graph')
            | selectattr('source_name', 'eq', source_name) | sort(attribute='name') | list %}
        {% set tables = {} %}
        {% for node in nodes if event_tables is none or node.name != 'order_completed' %}
            {% do tables.update({node.name: source(source_name, node.name)}) %}
        {% endfor %}
        {% set absent = [] %}
        {% for name in event_tables or [] %}
            {% do tables.update({name: event_table(source_name, name)}) %}
            {% if name != 'order_completed' and not has_raw_table(tables[name]) %}
                {% do absent.append(name) %}
            {% endif %}
        {% endfor %}
        {% set states = nodes[0].config.get('meta', {}).get('states', []) if nodes else [] %}
        {% set unread = adapter.dispatch('unread_tables', 'identity_graph')(source_name, tables, states) if tables else [] %}
        {% if unread %}
            {{ log(
                raw_source_label(source_name) ~ ': nothing reads ' ~ unread[:40] | join(', ')
                ~ (' and ' ~ (unread | length - 40) ~ ' more' if unread | length > 40 else '') ~ '.'
                ~ (' The table of an event is read once the var ' ~ source_name ~ '_event_tables names it, columns of other names than'
                    ~ ' order_id, revenue and currency once they have a row in seeds/raw_columns.csv.' if event_tables is not none else ''),
                info=true
            ) }}
        {% endif %}
        {% if absent %}
            {{ log(
                raw_source_label(source_name) ~ ': there is no table ' ~ absent | join(', ') ~ ', which the var ' ~ source_name
                ~ '_event_tables names.', info=true
            ) }}
        {% endif %}
    {% endfor %}
{%- endmacro %}

{% macro duckdb__unread_tables(source_name, tables, states) -%}
    {#- Folders of the source, and files of other kinds in those that are read. -#}
    {% set folders = [] %}
    {% set read = [] %}
    {% for name, relation in tables.items() %}
        {% set location = raw_location(relation) %}
        {% set parts = location.split('/' ~ source_name ~ '/' ~ name ~ '/') %}
        {% if parts | length > 1 %}
            {% do folders.append(parts[0] ~ '/' ~ source_name ~ '/**/*') %}
            {% do read.append('select file from glob(' ~ sql_text(location) ~ ')') %}
        {% endif %}
    {% endfor %}
    {% if not folders %}
        {{ return([]) }}
    {% endif %}
    {{ return(run_query(
        'select distinct case when list_contains(' ~ sql_text(tables) ~ ', folder) then path else folder end from ('
        ~ "select path, split_part(path, '/', 1) as folder from (select split_part(file, " ~ sql_text('/' ~ source_name ~ '/')
        ~ ', -1) as path from glob(' ~ sql_text(folders[0]) ~ ') where file not in (' ~ read | join(' union all ')
        ~ '))) where not list_contains(' ~ sql_text(states) ~ '::varchar[], folder) order by 1'
    ).columns[0].values() | list) }}
{%- endmacro %}

{% macro bigquery__unread_tables(source_name, tables, states) -%}
    {#- Views have no partitions. -#}
    {% set read = [] %}
    {% for relation in tables.values() %}
        {% set name = relation.identifier %}
        {% do read.append("starts_with(table_name, '" ~ name[:-1] ~ "')" if name.endswith('*') else "table_name = '" ~ name ~ "'") %}
    {% endfor %}
    {% set relation = tables.values() | first %}
    {{ return(run_query(
        'select distinct table_name from `' ~ relation.database ~ '`.`' ~ relation.schema ~ '`.INFORMATION_SCHEMA.PARTITIONS where not ('
        ~ read | join(' or ') ~ ") and table_name not in ('" ~ states | join("', '") ~ "') order by 1"
    ).columns[0].values() | list) }}
{%- endmacro %}
