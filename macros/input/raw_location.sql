{% macro raw_location(relation) -%}
    {{ return(adapter.dispatch('raw_location', 'identity_graph')(relation)) }}
{%- endmacro %}

{% macro duckdb__raw_location(relation) -%}
    {#- The path is the first thing that a reader is told; a table has none. -#}
    {% set path = modules.re.search("[(]'((?:[^']|'')*)'", relation | string) %}
    {% if not path %}
        {{ return(relation | string | replace('"', '')) }}
    {% endif %}
    {% set named = path.group(1) | replace("''", "'") %}
    {#- A bracket may be part of a name as well as of a pattern. -#}
    {% if execute and '[' in named and run_query('select 1 from glob(' ~ sql_text(named) ~ ') limit 1') | length == 0 %}
        {{ return(named | replace('[', '[[]')) }}
    {% endif %}
    {{ return(named) }}
{%- endmacro %}

{% macro bigquery__raw_location(relation) -%}
    {{ return(relation | string | replace('`', '')) }}
{%- endmacro %}
