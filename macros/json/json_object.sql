{% macro json_object(fields, is_sparse=false) -%}
    {#-
        As text, so that engines write the same. A sparse one leaves out what is null, and lists and objects that a vendor lands as text
        stand in it as what they are: personal data in them would be hidden behind escaped quotes.
    -#}
    {%- if not fields -%}
    cast(null as {{ dbt.type_string() }})
    {%- else -%}
    {{ 'nullif' if is_sparse }}('{' || array_to_string([
        {%- for name, value in fields.items() %}
        {%- set label = sql_text('"' ~ name | replace('\\', '\\\\') | replace('"', '\\"') ~ '":') %}
        {%- set text = 'cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')' %}
        {%- set json = adapter.dispatch('as_json', 'identity_graph')(value) | trim %}
        {%- if is_sparse %}
        case
            when left({{ text }}, 1) in ('[', '{') and {{ is_json(text) }} then {{ label }} || {{ text }}
            when {{ value }} is not null then {{ label }} || {{ json }}
        end
        {%- else %}
        {{ label }} || coalesce({{ json }}, 'null')
        {%- endif %}{{ "," if not loop.last }}
        {%- endfor %}
    ], ',') || '}'{{ ", '{}'" if is_sparse }})
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__as_json(value) -%}
    cast(to_json({{ value }}) as varchar)
{%- endmacro %}

{% macro bigquery__as_json(value) -%}
    to_json_string({{ value }})
{%- endmacro %}
