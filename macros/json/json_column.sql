{% macro json_column(columns, name) -%}
    {{ return(adapter.dispatch('json_column', 'identity_graph')(quoted_column(name)) if name in columns else raw_column(columns, name)) }}
{%- endmacro %}

{% macro duckdb__json_column(name) -%}
    {#- A nested Parquet column as well as JSON text; the type is known before the first row. -#}
    case
        when typeof({{ name }}) like 'STRUCT%' or typeof({{ name }}) like 'MAP%' or typeof({{ name }}) like '%[]'
            {#- A field of properties that only other files have is null in this one's rows as soon as both are read together. #}
            then cast({{ "json_merge_patch('{}', to_json(" ~ name ~ '))' if name == adapter.quote('properties') else 'to_json(' ~ name ~ ')' }} as varchar)
        else nullif(trim(cast({{ name }} as varchar)), '')
    end
{%- endmacro %}

{% macro bigquery__json_column(name) -%}
    {#- JSON text is a JSON string to this function, a nested column or one of JSON is an object. -#}
    {%- set json = 'to_json_string(' ~ name ~ ')' -%}
    case when {{ name }} is not null then nullif(trim(coalesce(json_value({{ json }}, '$'), {{ json }})), '') end
{%- endmacro %}
