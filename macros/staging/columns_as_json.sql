{% macro columns_as_json(names) -%}
    {#-
        As text, so that engines write the same. Lists and objects that a vendor lands as text stand as what they are: personal data
        in them would be hidden behind escaped quotes.
    -#}
    {%- if not names -%}
    cast(null as {{ dbt.type_string() }})
    {%- else -%}
    nullif('{' || array_to_string([
        {%- for name in names %}
        {%- set column = adapter.quote(name) %}
        {%- set text = 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' %}
        case
            when left({{ text }}, 1) in ('[', '{') and {{ is_json(text) }} then '"{{ name }}":' || {{ text }}
            when {{ column }} is not null then '"{{ name }}":' || {{ adapter.dispatch('as_json', 'identity_graph')(column) }}
        end
        {{- "," if not loop.last }}
        {%- endfor %}
    ], ',') || '}', '{}')
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__as_json(value) -%}
    cast(to_json({{ value }}) as varchar)
{%- endmacro %}

{% macro bigquery__as_json(value) -%}
    to_json_string({{ value }})
{%- endmacro %}
