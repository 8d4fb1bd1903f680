{% macro all_but(columns) -%}
    {{ return(adapter.dispatch('all_but', 'identity_graph')(columns)) }}
{%- endmacro %}

{% macro duckdb__all_but(columns) -%}
    * exclude ({{ columns | join(', ') }})
{%- endmacro %}

{% macro bigquery__all_but(columns) -%}
    * except ({{ columns | join(', ') }})
{%- endmacro %}
