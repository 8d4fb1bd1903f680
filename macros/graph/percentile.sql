{% macro percentile(value, share, window) -%}
    {{ return(adapter.dispatch('percentile', 'identity_graph')(value, share, window)) }}
{%- endmacro %}

{% macro duckdb__percentile(value, share, window) -%}
    quantile_cont({{ value }}, {{ share }}) over {{ window }}
{%- endmacro %}

{% macro bigquery__percentile(value, share, window) -%}
    percentile_cont({{ value }}, {{ share }}) over {{ window }}
{%- endmacro %}
