{#- Fails with every row whose column lies outside min_value and max_value (both inclusive). Null passes. -#}
{% test accepted_range(model, column_name, min_value=none, max_value=none) %}

    select *
    from {{ model }}
    where
        {% if min_value is not none -%}
        {{ column_name }} < {{ min_value }}
        {% else -%}
        false
        {% endif -%}
        {% if max_value is not none -%}
        or {{ column_name }} > {{ max_value }}
        {%- endif %}

{% endtest %}
