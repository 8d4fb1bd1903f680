{% macro let(name, value, expression) -%}
    {{ return(adapter.dispatch('let', 'identity_graph')(name, value, expression)) }}
{%- endmacro %}

{% macro duckdb__let(name, value, expression) -%}
    list_transform([{{ value }}], lambda {{ name }}: {{ expression }})[1]
{%- endmacro %}

{% macro bigquery__let(name, value, expression) -%}
    (select {{ expression }} from (select {{ value }} as {{ name }}))
{%- endmacro %}

{% macro list_text(list, item, expression, separator='') -%}
    {{ return(adapter.dispatch('list_text', 'identity_graph')(list, item, expression, separator)) }}
{%- endmacro %}

{% macro duckdb__list_text(list, item, expression, separator) -%}
    array_to_string(list_transform({{ list }}, lambda {{ item }}: {{ expression }}), '{{ separator }}')
{%- endmacro %}

{% macro bigquery__list_text(list, item, expression, separator) -%}
    (select string_agg({{ expression }}, '{{ separator }}' order by position) from unnest({{ list }}) as {{ item }} with offset as position)
{%- endmacro %}

{% macro all_but(columns) -%}
    {{ return(adapter.dispatch('all_but', 'identity_graph')(columns) if columns else '*') }}
{%- endmacro %}

{% macro duckdb__all_but(columns) -%}
    * exclude ({{ columns | join(', ') }})
{%- endmacro %}

{% macro bigquery__all_but(columns) -%}
    * except ({{ columns | join(', ') }})
{%- endmacro %}

{% macro list_sum(list, item, expression) -%}
    {{ return(adapter.dispatch('list_sum', 'identity_graph')(list, item, expression)) }}
{%- endmacro %}

{% macro duckdb__list_sum(list, item, expression) -%}
    list_sum(list_transform({{ list }}, lambda {{ item }}: {{ expression }}))
{%- endmacro %}

{% macro bigquery__list_sum(list, item, expression) -%}
    (select sum({{ expression }}) from unnest({{ list }}) as {{ item }})
{%- endmacro %}
