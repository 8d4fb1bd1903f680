{% macro user_agent_os(user_agent) -%}
    case
        when {{ user_agent }} like '%iPhone%' or {{ user_agent }} like '%iPad%' then 'ios'
        when {{ user_agent }} like '%Android%' then 'android'
        when {{ user_agent }} like '%Windows%' then 'windows'
        when {{ user_agent }} like '%Mac OS%' then 'macos'
        when {{ user_agent }} like '%Linux%' then 'linux'
        when {{ user_agent }} is not null then 'other'
    end
{%- endmacro %}
