{% macro bigquery__cast(field, type) -%}
    {#- A contract says numeric(18, 4), which BigQuery takes for a column and refuses in a cast. -#}
    cast({{ field }} as {{ type.split('(')[0] if type.startswith('numeric') else type }})
{%- endmacro %}
