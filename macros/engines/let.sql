{% macro let(name, value, expression) -%}
    {{ return(adapter.dispatch('let', 'identity_graph')(name, value, expression)) }}
{%- endmacro %}

{% macro duckdb__let(name, value, expression) -%}
    list_transform([{{ value }}], lambda {{ name }}: {{ expression }})[1]
{%- endmacro %}

{% macro bigquery__let(name, value, expression) -%}
    (select {{ expression }} from (select {{ value }} as {{ name }}))
{%- endmacro %}
