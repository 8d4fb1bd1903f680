{% macro is_buffered(received_at) -%}
    {#- What bears a later time than the run's clock waits in any case: it has not happened yet. -#}
    coalesce(
        {{ received_at }} > {{ dbt.dateadd('minute', '-' ~ var('watermark_minutes'), run_clock()) if var('hold_back_watermark') else run_clock() }}
        and {{ received_at }} <= cast('2100-01-01' as {{ dbt.type_timestamp() }}),
        false
    )
{%- endmacro %}
