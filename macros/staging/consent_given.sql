{% macro consent_given(answer) -%}
    {#- No answer allows; one that cannot be read does not. Engines differ in which words they take for true. -#}
    coalesce(lower(trim({{ answer }})) in ('true', 't', 'yes', 'y', '1', '1.0'), true)
{%- endmacro %}
