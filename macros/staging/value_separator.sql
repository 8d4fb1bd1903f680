{% macro value_separator() -%}
    chr(31)
{%- endmacro %}
