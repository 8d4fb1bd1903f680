{% macro json_text_of_any(json, properties) -%}
    coalesce(
        {%- for property in properties %}
        {{ trimmed(json_text(json, property)) }}
        {{- "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
