{% macro row_content(columns) -%}
    {{ return(adapter.dispatch('row_content', 'identity_graph')(columns)) }}
{%- endmacro %}

{% macro duckdb__row_content(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro bigquery__row_content(columns) -%}
    farm_fingerprint(to_json_string(struct({{ columns | join(', ') }})))
{%- endmacro %}
