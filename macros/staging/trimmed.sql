{% macro trimmed(text) -%}
    {#- Tabs, line ends, no-break and zero-width spaces count as white space, which trim() of no engine knows all of. -#}
    {%- set space = '[\\p{Z}\\p{Cc}\\p{Cf}]+' -%}
    nullif({{ regexp_replaced(text, '^' ~ space ~ '|' ~ space ~ '$') }}, '')
{%- endmacro %}
