{% macro has_earlier_load() -%}
    {#- Of another run, whatever rules it went by: what last_complete_load cannot continue counts here, too. -#}
    {% set loads = [] %}
    {% if execute and load_relation(event_loads()) is not none %}
        {% set loads = run_query(
            'select 1 from ' ~ event_loads() ~ " where is_complete and invocation_id != '" ~ invocation_id ~ "' limit 1"
        ).rows %}
    {% endif %}
    {{ return(loads | length > 0) }}
{%- endmacro %}
