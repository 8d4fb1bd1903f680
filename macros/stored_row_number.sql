{% macro stored_row_number() -%}
    {{ return(adapter.dispatch('stored_row_number', 'identity_graph')()) }}
{%- endmacro %}

{% macro default__stored_row_number() -%}
    row_number() over () as stored_row_number,
{%- endmacro %}

{% macro duckdb__stored_row_number() -%}
{%- endmacro %}
