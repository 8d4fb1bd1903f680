{% macro current_load() -%}
    {% set loads = stored_rows(relation_named('event_loads'), 'coalesce(max(load_number), 1)') if execute else [] %}
    {{ return(loads[0][0] | int if loads else 1) }}
{%- endmacro %}
