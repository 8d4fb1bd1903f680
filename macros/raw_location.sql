{% macro raw_location(relation) -%}
    {{ return(adapter.dispatch('raw_location', 'identity_graph')(relation)) }}
{%- endmacro %}

{% macro duckdb__raw_location(relation) -%}
    {#- The path is the first thing that a reader is told; a table has none. -#}
    {% set path = modules.re.search("[(]'((?:[^']|'')*)'", relation | string) %}
    {{ return(path.group(1) | replace("''", "'") if path else relation | string | replace('"', '')) }}
{%- endmacro %}

{% macro bigquery__raw_location(relation) -%}
    {{ return(relation | string | replace('`', '')) }}
{%- endmacro %}
