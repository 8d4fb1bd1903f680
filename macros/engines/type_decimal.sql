{% macro type_decimal(precision, scale) -%}
    {{ return(adapter.dispatch('type_decimal', 'identity_graph')(precision, scale)) }}
{%- endmacro %}

{% macro default__type_decimal(precision, scale) -%}
    numeric({{ precision }}, {{ scale }})
{%- endmacro %}

{% macro bigquery__type_decimal(precision, scale) -%}
    {#- BigQuery takes no precision in a cast; its numeric holds 29 digits before the point and 9 behind it. -#}
    numeric
{%- endmacro %}
