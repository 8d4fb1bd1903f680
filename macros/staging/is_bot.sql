{% macro is_bot(user_agent) -%}
    {#- Read when the model compiles, as one pattern. -#}
    {%- set patterns = [] -%}
    {%- set seed_reference = ref('bot_patterns') -%}
    {%- if execute -%}
        {%- set seed = load_relation(seed_reference) -%}
        {%- if seed is not none -%}
            {%- for row in run_query('select distinct user_agent_pattern from ' ~ seed ~ ' order by 1') -%}
                {%- do patterns.append(row[0]) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {%- if patterns -%}
    coalesce({{ regexp_matches('lower(' ~ user_agent ~ ')', sql_text(patterns | join('|'), is_pattern=true)) }}, false)
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}
