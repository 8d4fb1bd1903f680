{% macro current_load() -%}
    {% set load = 1 %}
    {% if execute and load_relation(event_loads()) is not none %}
        {% set load = run_query('select coalesce(max(load_number), 1) from ' ~ event_loads()).rows[0][0] | int %}
    {% endif %}
    {{ return(load) }}
{%- endmacro %}
