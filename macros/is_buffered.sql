{% macro is_buffered(received_at) -%}
    coalesce(
        {{ received_at }} > {{ dbt.dateadd('minute', '-' ~ var('watermark_minutes'), run_clock()) }}
        and {{ received_at }} <= cast('2100-01-01' as {{ dbt.type_timestamp() }}),
        false
    )
{%- endmacro %}
