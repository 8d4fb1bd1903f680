{% macro conversion_key(events) -%}
    {#- Parts of an order may be paid back one by one: refunds of one order are told apart by what was paid back. -#}
    {%- set of_order = [events ~ '.conversion_kind', events ~ '.space_id', events ~ '.order_id'] -%}
    {%- set refunded_amount = 'cast(abs(cast(' ~ events ~ '.revenue_amount as ' ~ type_decimal(28, 4) ~ ')) * 10000 as ' ~ dbt.type_bigint() ~ ')' -%}
    case
        when {{ events }}.order_id is null then {{ surrogate_key(["'event'", events ~ '.source_name', events ~ '.event_id']) }}
        when {{ events }}.conversion_kind = 'refund' then {{ surrogate_key(of_order + [refunded_amount]) }}
        else {{ surrogate_key(of_order) }}
    end
{%- endmacro %}
