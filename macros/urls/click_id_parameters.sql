{% macro click_id_parameters() -%}
    {#- Read when the model compiles: one pattern of all names. A paid click goes before what any link may carry. -#}
    {% set parameters = [] %}
    {% set seed_reference = ref('click_id_parameters') %}
    {% if execute %}
        {% set seed = load_relation(seed_reference) %}
        {% if seed is not none %}
            {% for row in run_query(
                'select parameter, is_paid, value_pattern from ' ~ seed ~ ' order by case when is_paid then 0 else 1 end, parameter'
            ) %}
                {% do parameters.append({'name': row[0], 'is_paid': row[1], 'value_pattern': row[2]}) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return(parameters) }}
{%- endmacro %}
