{% macro sql_texts(values) -%}
    {#- A list of DuckDB. -#}
    {% set texts = [] %}
    {% for value in values %}
        {% do texts.append(sql_text(value)) %}
    {% endfor %}
    {{ return('[' ~ texts | join(', ') ~ ']') }}
{%- endmacro %}
