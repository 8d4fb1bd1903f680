{% macro touch_channels() -%}
    {% set channels = [] %}
    {% set touches_reference = ref('int_touches') %}
    {% if execute %}
        {% set touches = load_relation(touches_reference) %}
        {% if touches is not none %}
            {% for row in run_query('select distinct channel from ' ~ touches ~ ' order by 1') %}
                {% do channels.append(row[0]) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return(channels or ['direct']) }}
{%- endmacro %}
