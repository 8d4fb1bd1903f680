{% macro campaign_value(value, is_origin=false) -%}
    {#- What stands for "no campaign": a word in brackets, a missing value as text, a template that nobody filled in. -#}
    {%- set placeholders = '[(].*[)]|[$]?[{]+[^{}]*[}]+|\\[.*\\]|%[^%]+%|__\\w+__|null|undefined|none|nil|nan|n/?a|not[ _-]?set|not[ _-]?provided|unknown|-+' -%}
    nullif(trim({{ regexp_replaced(
        trimmed(value), '(?i)^(?:' ~ placeholders ~ ('|[$]?direct' if is_origin else '') ~ ')$'
    ) }}), '')
{%- endmacro %}
