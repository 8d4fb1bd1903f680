{% macro hash_64(columns) -%}
    {{ return(adapter.dispatch('hash_64', 'identity_graph')(columns)) }}
{%- endmacro %}

{% macro duckdb__hash_64(columns) -%}
    cast(hash({{ columns | join(', ') }}) >> 2 as bigint)
{%- endmacro %}

{% macro bigquery__hash_64(columns) -%}
    farm_fingerprint(concat({{ columns | join(", '|', ") }})) >> 2
{%- endmacro %}
