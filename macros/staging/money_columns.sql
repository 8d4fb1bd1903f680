{% macro money_columns(amounts, currency, ignored, prefix='') -%}
    {#-
        Where amounts were sent, and none can be read, the shape of the first is the reason to reject the event. A lone sign is no
        placeholder of a currency; int_events_received says which code is meant.
    -#}
    {%- set texts = [] -%}
    {%- for amount in amounts -%}
        {%- do texts.append(known_value('cast(' ~ amount ~ ' as ' ~ dbt.type_string() ~ ')', ignored)) -%}
    {%- endfor -%}
    {{ amount_or_null(amounts) }} as {{ prefix }}revenue_amount,
    case
        when {{ amount_or_null(amounts) }} is null
            then 'wrong_type: revenue (' || {{ value_shape(
                'coalesce(' ~ (texts + ['cast(null as ' ~ dbt.type_string() ~ ')']) | join(', ') ~ ')'
            ) }} || ')'
    end as {{ prefix }}unread_revenue,
    upper(coalesce(
        {{ known_value(currency, ignored) }}, case when {{ currency }} like '%$%' then {{ trimmed(currency) }} end
    )) as {{ prefix }}currency_code
{%- endmacro %}
