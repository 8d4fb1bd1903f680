{% macro ignored_values() -%}
    {% set values = [] %}
    {% set seed_reference = ref('ignored_values') %}
    {% if execute %}
        {% set seed = load_relation(seed_reference) %}
        {% if seed is not none %}
            {% for row in run_query('select distinct lower(ignored_value) from ' ~ seed ~ ' order by 1') %}
                {% do values.append(row[0]) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return(values) }}
{%- endmacro %}
