{% macro json_text_of_any(json, properties) -%}
    coalesce(
        {%- for property in properties %}
        {{ trimmed(json_text(json, property)) }},
        {%- endfor %}
        cast(null as {{ dbt.type_string() }})
    )
{%- endmacro %}
