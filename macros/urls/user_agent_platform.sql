{% macro user_agent_platform(user_agent) -%}
    case
        when {{ user_agent }} like '%iPad%' or {{ user_agent }} like '%Tablet%' then 'tablet'
        when {{ user_agent }} like '%Android%' and {{ user_agent }} not like '%Mobile%' then 'tablet'
        when {{ user_agent }} like '%iPhone%' or {{ user_agent }} like '%Mobile%' then 'phone'
        when {{ user_agent }} is not null then 'desktop'
    end
{%- endmacro %}
