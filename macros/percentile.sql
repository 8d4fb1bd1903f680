{% macro percentile(value, share) -%}
    {{ return(adapter.dispatch('percentile', 'identity_graph')(value, share)) }}
{%- endmacro %}

{% macro duckdb__percentile(value, share) -%}
    quantile_cont({{ value }}, {{ share }})
{%- endmacro %}

{% macro bigquery__percentile(value, share) -%}
    approx_quantiles({{ value }}, 100)[offset({{ (share * 100) | int }})]
{%- endmacro %}
