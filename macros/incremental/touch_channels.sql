{% macro touch_channels() -%}
    {% set channels = [] %}
    {% set sessions_reference = ref('sessions') %}
    {% if execute %}
        {% set sessions = load_relation(sessions_reference) %}
        {% if sessions is not none %}
            {% for row in run_query('select distinct channel from ' ~ sessions ~ ' order by 1') %}
                {% do channels.append(row[0]) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return(channels or ['direct']) }}
{%- endmacro %}
