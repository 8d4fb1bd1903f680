{% macro camel_case(name) -%}
    {%- set words = name.split('_') -%}
    {{ return(words[0] ~ (words[1:] | map('capitalize') | join)) }}
{%- endmacro %}
