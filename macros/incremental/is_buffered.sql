{% macro is_buffered(received_at) -%}
    {#- What bears a later time than the run's clock waits in any case: it has not happened yet. -#}
    coalesce(
        {{ is_provisional(received_at) if var('hold_back_watermark') else received_at ~ ' > ' ~ run_clock() }}
        and {{ received_at }} <= cast('2100-01-01' as {{ dbt.type_timestamp() }}),
        false
    )
{%- endmacro %}
