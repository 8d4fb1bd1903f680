{% macro known_value(value, ignored) -%}
    {#- A placeholder that everybody sends would join everybody. -#}
    {%- if ignored -%}
        case when lower({{ value }}) not in ('{{ ignored | join("', '") }}') then {{ value }} end
    {%- else -%}
        {{ value }}
    {%- endif -%}
{%- endmacro %}
