{% macro type_decimal(precision, scale) -%}
    {{ return(adapter.dispatch('type_decimal', 'identity_graph')(precision, scale)) }}
{%- endmacro %}

{% macro default__type_decimal(precision, scale) -%}
    numeric({{ precision }}, {{ scale }})
{%- endmacro %}

{% macro bigquery__type_decimal(precision, scale) -%}
    {#- BigQuery takes no precision in a cast; its numeric holds 29 digits before the point and 9 behind it. -#}
    {{ 'numeric' if scale <= 9 else 'bignumeric' }}
{%- endmacro %}

{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double', 'identity_graph')()) }}
{%- endmacro %}

{% macro default__type_double() -%}
    double
{%- endmacro %}

{% macro bigquery__type_double() -%}
    float64
{%- endmacro %}

{% macro cast_or_null(value, data_type) -%}
    {#- Not dbt.safe_cast: on DuckDB that is a plain cast, and one bad value would end the build. -#}
    {{ return(adapter.dispatch('cast_or_null', 'identity_graph')(value, data_type)) }}
{%- endmacro %}

{% macro duckdb__cast_or_null(value, data_type) -%}
    try_cast({{ value }} as {{ data_type }})
{%- endmacro %}

{% macro bigquery__cast_or_null(value, data_type) -%}
    safe_cast({{ value }} as {{ data_type }})
{%- endmacro %}
