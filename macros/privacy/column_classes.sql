{% macro column_classes() -%}
    {#- Class by column name. -#}
    {% set seed_reference = ref('column_classes') %}
    {% set classes = {} %}
    {% if execute %}
        {% set seed = load_relation(seed_reference) %}
        {% for row in (run_query('select column_name, classification from ' ~ seed).rows if seed is not none else []) %}
            {% do classes.update({row[0]: row[1]}) %}
        {% endfor %}
    {% endif %}
    {{ return(classes) }}
{%- endmacro %}
