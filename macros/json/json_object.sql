{% macro json_object(fields) -%}
    {{ return(adapter.dispatch('json_object', 'identity_graph')(fields)) }}
{%- endmacro %}

{% macro duckdb__json_object(fields) -%}
    cast(to_json({
        {%- for name, value in fields.items() %}
        '{{ name }}': {{ value }}{{ "," if not loop.last }}
        {%- endfor %}
    }) as varchar)
{%- endmacro %}

{% macro bigquery__json_object(fields) -%}
    to_json_string(struct(
        {%- for name, value in fields.items() %}
        {{ value }} as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
