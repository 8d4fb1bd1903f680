{% macro first_raw_column(columns, names, ignored=none) -%}
    {%- set values = [] -%}
    {%- for name in names if name in columns -%}
        {%- set value = raw_column(columns, name) -%}
        {%- do values.append(value if ignored is none else known_value(value, ignored)) -%}
    {%- endfor -%}
    {{ 'coalesce(' ~ values | join(', ') ~ ')' if values | length > 1 else values[0] if values else raw_column([], '') }}
{%- endmacro %}
