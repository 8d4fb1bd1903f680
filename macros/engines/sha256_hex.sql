{% macro sha256_hex(value) -%}
    {{ return(adapter.dispatch('sha256_hex', 'identity_graph')(value)) }}
{%- endmacro %}

{% macro duckdb__sha256_hex(value) -%}
    sha256({{ value }})
{%- endmacro %}

{% macro bigquery__sha256_hex(value) -%}
    to_hex(sha256({{ value }}))
{%- endmacro %}
