{% macro user_agent_columns(user_agent) -%}
    {#- Browsers name their ancestors too, so the most specific name is asked for first. -#}
    case
        when {{ user_agent }} like '%iPad%' or {{ user_agent }} like '%Tablet%' then 'tablet'
        when {{ user_agent }} like '%Android%' and {{ user_agent }} not like '%Mobile%' then 'tablet'
        when {{ user_agent }} like '%iPhone%' or {{ user_agent }} like '%Mobile%' then 'phone'
        when {{ user_agent }} is not null then 'desktop'
    end as agent_platform,
    case
        when {{ user_agent }} like '%iPhone%' or {{ user_agent }} like '%iPad%' then 'ios'
        when {{ user_agent }} like '%Android%' then 'android'
        when {{ user_agent }} like '%Windows%' then 'windows'
        when {{ user_agent }} like '%Mac OS%' then 'macos'
        when {{ user_agent }} like '%Linux%' then 'linux'
        when {{ user_agent }} is not null then 'other'
    end as agent_os,
    case
        when {{ user_agent }} like '%Edg/%' or {{ user_agent }} like '%EdgA/%' then 'edge'
        when {{ user_agent }} like '%OPR/%' then 'opera'
        when {{ user_agent }} like '%SamsungBrowser/%' then 'samsung'
        when {{ user_agent }} like '%Firefox/%' or {{ user_agent }} like '%FxiOS/%' then 'firefox'
        when {{ user_agent }} like '%Chrome/%' or {{ user_agent }} like '%CriOS/%' then 'chrome'
        when {{ user_agent }} like '%Safari/%' then 'safari'
        when {{ user_agent }} is not null then 'other'
    end as agent_browser,
    coalesce(
        {%- for app in ['FBAN/', 'FBAV/', 'Instagram', 'BytedanceWebview', 'musical_ly', 'Snapchat', 'Pinterest/', 'LinkedInApp'] %}
        {{ 'or ' if not loop.first }}{{ user_agent }} like '%{{ app }}%'
        {%- endfor %},
        false
    ) as is_in_app_browser
{%- endmacro %}

{% macro browser_named(name) -%}
    {#- Of the names that vendors give, in lower case, as Chrome Mobile WebView; null where there is none. -#}
    case
        {% for browser in ['edge', 'opera', 'samsung', 'firefox', 'chrome', 'safari'] -%}
            when {{ name }} like '%{{ browser }}%' then '{{ browser }}'
        {% endfor -%}
        when {{ name }} != '' then 'other'
    end
{%- endmacro %}
