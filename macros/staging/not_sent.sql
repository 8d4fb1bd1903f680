{% macro not_sent(columns) -%}
    {%- for column in columns %}
    cast(null as {{ dbt.type_string() }}) as {{ column }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
