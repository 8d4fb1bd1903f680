{% macro touch_channels() -%}
    {% set channels = [] %}
    {% set touches_reference = ref('int_touches') %}
    {% if execute %}
        {% set touches = load_relation(touches_reference) %}
        {% if touches is not none %}
            {% for row in run_query('select distinct channel from ' ~ touches ~ ' order by 1') %}
                {% do channels.append(dbt.escape_single_quotes(row[0])) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return(channels or ['direct']) }}
{%- endmacro %}
