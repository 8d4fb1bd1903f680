{% macro is_provisional(received_at) -%}
    coalesce({{ received_at }} > {{ dbt.dateadd('minute', '-' ~ var('watermark_minutes'), run_clock()) }}, false)
{%- endmacro %}
