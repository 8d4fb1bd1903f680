{% macro sql_text(value) -%}
    {{ return(adapter.dispatch('sql_text', 'identity_graph')(value | string)) }}
{%- endmacro %}

{% macro duckdb__sql_text(value) -%}
    {{ return("'" ~ value | replace("'", "''") ~ "'") }}
{%- endmacro %}

{% macro bigquery__sql_text(value) -%}
    {{ return("'" ~ value | replace('\\', '\\\\') | replace("'", "\\'") ~ "'") }}
{%- endmacro %}
