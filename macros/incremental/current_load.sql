{% macro current_load() -%}
    {% set load = 1 %}
    {% if execute and load_relation(relation_named('event_loads')) is not none %}
        {% set load = run_query('select coalesce(max(load_number), 1) from ' ~ relation_named('event_loads')).rows[0][0] | int %}
    {% endif %}
    {{ return(load) }}
{%- endmacro %}
