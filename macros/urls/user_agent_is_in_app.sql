{% macro user_agent_is_in_app(user_agent) -%}
    coalesce(
        {{ user_agent }} like '%FBAN/%' or {{ user_agent }} like '%FBAV/%' or {{ user_agent }} like '%Instagram%'
        or {{ user_agent }} like '%BytedanceWebview%' or {{ user_agent }} like '%musical_ly%'
        or {{ user_agent }} like '%Snapchat%' or {{ user_agent }} like '%Pinterest/%'
        or {{ user_agent }} like '%LinkedInApp%',
        false
    )
{%- endmacro %}
