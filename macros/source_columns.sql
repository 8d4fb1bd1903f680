{% macro source_columns(relation) -%}
    {{ return(adapter.dispatch('source_columns', 'identity_graph')(relation)) }}
{%- endmacro %}

{% macro default__source_columns(relation) -%}
    {% set names = [] %}
    {% if execute %}
        {% for column in adapter.get_columns_in_relation(relation) %}
            {% do names.append(column.name | lower) %}
        {% endfor %}
    {% endif %}
    {{ return(names) }}
{%- endmacro %}

{% macro duckdb__source_columns(relation) -%}
    {% set names = [] %}
    {% if execute %}
        {% for row in run_query('describe select * from ' ~ relation) %}
            {% do names.append(row[0] | lower) %}
        {% endfor %}
    {% endif %}
    {{ return(names) }}
{%- endmacro %}
