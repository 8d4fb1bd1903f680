{% macro corrected_time(occurred_at, sent_at, received_at) -%}
    {#- The client's clock may be wrong, but its distance between doing and sending is right, where it can be at all. -#}
    case
        when
            {{ received_at }} is not null
            and {{ sent_at }} >= {{ dbt.dateadd('minute', -1, occurred_at) }}
            and {{ sent_at }} <= {{ dbt.dateadd('day', 30, occurred_at) }}
            then {{ received_at }} - ({{ sent_at }} - {{ occurred_at }})
        else {{ occurred_at }}
    end
{%- endmacro %}

{% macro is_implausible_time(occurred_at, received_at) -%}
    least({{ occurred_at }}, {{ received_at }}) < cast('2000-01-01' as {{ dbt.type_timestamp() }})
    or greatest({{ occurred_at }}, {{ received_at }}) > cast('2100-01-01' as {{ dbt.type_timestamp() }})
    or {{ occurred_at }} > {{ dbt.dateadd('day', 1, received_at) }}
{%- endmacro %}
