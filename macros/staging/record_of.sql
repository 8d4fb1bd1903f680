{% macro record_of(fields) -%}
    {{ return(adapter.dispatch('record_of', 'identity_graph')(fields)) }}
{%- endmacro %}

{% macro duckdb__record_of(fields) -%}
    {%- set parts = [] -%}
    {%- for name, value in fields.items() -%}
        {%- do parts.append("'" ~ name ~ "': " ~ value) -%}
    {%- endfor -%}
    {{ return('{' ~ parts | join(', ') ~ '}') }}
{%- endmacro %}

{% macro bigquery__record_of(fields) -%}
    {%- set parts = [] -%}
    {%- for name, value in fields.items() -%}
        {%- do parts.append(value ~ ' as ' ~ name) -%}
    {%- endfor -%}
    {{ return('struct(' ~ parts | join(', ') ~ ')') }}
{%- endmacro %}
