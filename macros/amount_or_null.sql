{% macro amount_or_null(value) -%}
    {{ return(adapter.dispatch('amount_or_null', 'identity_graph')(value)) }}
{%- endmacro %}

{% macro duckdb__amount_or_null(value) -%}
    try_cast({{ value }} as numeric(18, 4))
{%- endmacro %}

{% macro bigquery__amount_or_null(value) -%}
    {#- What numeric(18, 4) cannot hold is no amount. -#}
    cast(
        case when abs(safe_cast({{ value }} as numeric)) < 100000000000000 then round(safe_cast({{ value }} as numeric), 4) end
        as numeric
    )
{%- endmacro %}
