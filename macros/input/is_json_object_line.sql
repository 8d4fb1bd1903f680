{% macro is_json_object_line(line) -%}
    {#- A cut line, half a letter or two objects are none. -#}
    coalesce(left(ltrim({{ line }}), 1) = '{' and json_valid({{ line }}), false)
{%- endmacro %}
