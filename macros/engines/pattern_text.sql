{% macro pattern_text(pattern) -%}
    {{ return(adapter.dispatch('pattern_text', 'identity_graph')(pattern)) }}
{%- endmacro %}

{% macro duckdb__pattern_text(pattern) -%}
    {{ return(sql_text(pattern)) }}
{%- endmacro %}

{% macro bigquery__pattern_text(pattern) -%}
    {#- dbt takes the SQL of a unit test apart, and does not know strings in three quotes: a double quote within is told by its number. -#}
    {{ return('r"""' ~ pattern | replace('"', '\\x22') ~ '"""') }}
{%- endmacro %}
