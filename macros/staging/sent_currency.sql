{% macro sent_currency(value, ignored) -%}
    {#- A lone sign is no placeholder here. int_events_received says which code is meant. -#}
    upper(coalesce({{ known_value(value, ignored) }}, case when {{ value }} like '%$%' then {{ trimmed(value) }} end))
{%- endmacro %}
