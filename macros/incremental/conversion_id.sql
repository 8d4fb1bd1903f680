{% macro conversion_id() -%}
    {#- Parts of an order may be paid back one by one: refunds of one order are told apart by what was paid back. -#}
    case
        when order_id is null then {{ surrogate_key(["'event'", 'source_name', 'event_id']) }}
        when conversion_kind = 'refund' then {{ surrogate_key([
            'conversion_kind', 'space_id', 'order_id',
            'cast(abs(revenue_amount) * 10000 as ' ~ dbt.type_bigint() ~ ')'
        ]) }}
        else {{ surrogate_key(['conversion_kind', 'space_id', 'order_id']) }}
    end
{%- endmacro %}
