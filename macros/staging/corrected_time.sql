{% macro corrected_time(occurred_at, sent_at, received_at) -%}
    {#-
        The client's clock may be wrong, but its distance between doing and sending is right, where it can be at all. What is added to may
        be the first or the last moment an engine knows, so times are subtracted, and a receipt that is rejected anyway is left alone.
    -#}
    case
        when {{ is_outside_of_2000_to_2099(received_at) }} then {{ occurred_at }}
        when
            {{ received_at }} is not null
            and {{ dbt.datediff(occurred_at, sent_at, 'microsecond') }} between {{ -60 * 1000000 }} and {{ 30 * 86400 * 1000000 }}
            then {{ received_at }} - ({{ sent_at }} - {{ occurred_at }})
        else {{ occurred_at }}
    end
{%- endmacro %}

{% macro is_implausible_time(occurred_at, received_at) -%}
    {{ is_outside_of_2000_to_2099(occurred_at) }}
    or {{ is_outside_of_2000_to_2099(received_at) }}
    or {{ dbt.datediff(received_at, occurred_at, 'microsecond') }} > {{ 86400 * 1000000 }}
{%- endmacro %}

{% macro is_outside_of_2000_to_2099(moment) -%}
    {{ moment }} not between cast('2000-01-01' as {{ dbt.type_timestamp() }}) and cast('2100-01-01' as {{ dbt.type_timestamp() }})
{%- endmacro %}
