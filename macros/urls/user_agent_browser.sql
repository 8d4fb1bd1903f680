{% macro user_agent_browser(user_agent) -%}
    {#- Browsers name their ancestors too, so the most specific name is asked for first. -#}
    case
        when {{ user_agent }} like '%Edg/%' or {{ user_agent }} like '%EdgA/%' then 'edge'
        when {{ user_agent }} like '%OPR/%' then 'opera'
        when {{ user_agent }} like '%SamsungBrowser/%' then 'samsung'
        when {{ user_agent }} like '%Firefox/%' or {{ user_agent }} like '%FxiOS/%' then 'firefox'
        when {{ user_agent }} like '%Chrome/%' or {{ user_agent }} like '%CriOS/%' then 'chrome'
        when {{ user_agent }} like '%Safari/%' then 'safari'
        when {{ user_agent }} is not null then 'other'
    end
{%- endmacro %}
