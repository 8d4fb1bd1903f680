{% macro sql_text(value, is_pattern=false) -%}
    {#- Of several values a list, as DuckDB has it. -#}
    {% if value is iterable and value is not string %}
        {% set texts = [] %}
        {% for part in value %}
            {% do texts.append(sql_text(part)) %}
        {% endfor %}
        {{ return('[' ~ texts | join(', ') ~ ']') }}
    {% endif %}
    {{ return(adapter.dispatch('sql_text', 'identity_graph')(value | string, is_pattern)) }}
{%- endmacro %}

{% macro duckdb__sql_text(value, is_pattern) -%}
    {{ return("'" ~ value | replace("'", "''") ~ "'") }}
{%- endmacro %}

{% macro bigquery__sql_text(value, is_pattern) -%}
    {%- if is_pattern -%}
        {{ return("r'" ~ value | replace("'", '\\x27') ~ "'") }}
    {%- endif -%}
    {{ return("'" ~ value | replace('\\', '\\\\') | replace("'", "\\'") ~ "'") }}
{%- endmacro %}
