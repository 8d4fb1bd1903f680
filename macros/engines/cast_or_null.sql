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
