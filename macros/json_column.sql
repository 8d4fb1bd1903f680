{% macro json_column(columns, name) -%}
    {{ return(adapter.dispatch('json_column', 'identity_graph')(columns, name)) }}
{%- endmacro %}

{% macro duckdb__json_column(columns, name) -%}
    {%- if name in columns -%}
    {#- A nested Parquet column as well as JSON text; the type is known before the first row. -#}
    case
        when typeof({{ name }}) like 'STRUCT%' or typeof({{ name }}) like 'MAP%' or typeof({{ name }}) like '%[]'
            then cast(to_json({{ name }}) as varchar)
        else nullif(trim(cast({{ name }} as varchar)), '')
    end
    {%- else -%}
    {{ raw_column(columns, name) }}
    {%- endif -%}
{%- endmacro %}

{% macro bigquery__json_column(columns, name) -%}
    {%- if name in columns -%}
    to_json_string({{ name }})
    {%- else -%}
    {{ raw_column(columns, name) }}
    {%- endif -%}
{%- endmacro %}
