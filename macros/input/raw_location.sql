{% macro raw_location(relation) -%}
    {#- The path is the first thing that a reader is told; a table has none. -#}
    {% set path = modules.re.search("[(]'((?:[^']|'')*)'", relation | string) %}
    {% set named = path.group(1) | replace("''", "'") if path else relation | string | replace('"', '') | replace('`', '') %}
    {#- A bracket may be part of a name as well as of a pattern. -#}
    {% set is_name = path and execute and '[' in named and run_query('select 1 from glob(' ~ sql_text(named) ~ ') limit 1') | length == 0 %}
    {{ return(named | replace('[', '[[]') if is_name else named) }}
{%- endmacro %}

{% macro has_raw_table(relation) -%}
    {#- With --empty a relation is written as a query of it. -#}
    {% set written = relation.render() if relation.render is defined else relation %}
    {% if not execute or (written.startswith('(') and not flags.EMPTY) %}
        {#- What raw_reader put together reads files that are there. -#}
        {{ return(true) }}
    {% elif '(' in written %}
        {{ return(run_query('select 1 from glob(' ~ sql_text(raw_location(relation)) ~ ') limit 1') | length > 0) }}
    {% elif relation.identifier.endswith('*') %}
        {{ return(run_query(
            'select 1 from `' ~ relation.database ~ '`.`' ~ relation.schema ~ "`.INFORMATION_SCHEMA.PARTITIONS where starts_with(table_name, '"
            ~ relation.identifier[:-1] ~ "') limit 1"
        ) | length > 0) }}
    {% endif %}
    {{ return(load_relation(relation) is not none) }}
{%- endmacro %}

{% macro event_table(source_name, name) -%}
    {#- The table of an event, by its name: all are read as the one that has an entry in the source's YAML. -#}
    {% set listed, folder = source(source_name, 'order_completed'), '/' ~ source_name ~ '/order_completed/' %}
    {{ return(listed if name == 'order_completed' else listed.incorporate(path={'identifier': name}) if target.type == 'bigquery'
        else listed | string | replace(folder, '/' ~ source_name ~ '/' ~ name ~ '/')) }}
{%- endmacro %}

{% macro raw_source_label(source_name) -%}
    {%- if source_name == 'generic' and var('generic_events_relation') -%}
        {{ return('var generic_events_relation (' ~ var('generic_events_relation') ~ ')') }}
    {%- endif -%}
    {{ return('IDENTITY_EVENTS' if source_name == 'generic' and target.type == 'duckdb' else 'Source ' ~ source_name) }}
{%- endmacro %}
