{% macro click_id_names(is_paid=none) -%}
    {% set parameters = click_id_parameters() %}
    {% if is_paid is not none %}
        {% set parameters = parameters | selectattr('is_paid', 'eq', is_paid) %}
    {% endif %}
    {{ return(parameters | map(attribute='name') | list) }}
{%- endmacro %}
