{% macro list_sum(list, item, expression) -%}
    {{ return(adapter.dispatch('list_sum', 'identity_graph')(list, item, expression)) }}
{%- endmacro %}

{% macro duckdb__list_sum(list, item, expression) -%}
    list_sum(list_transform({{ list }}, lambda {{ item }}: {{ expression }}))
{%- endmacro %}

{% macro bigquery__list_sum(list, item, expression) -%}
    (select sum({{ expression }}) from unnest({{ list }}) as {{ item }})
{%- endmacro %}
