{% macro last_complete_load() -%}
    {#- 0 where the tables cannot be continued: then every load is new, and every table is made again. -#}
    {#- While dbt parses, any load will do, so that it sees every reference. -#}
    {% set load = 0 if execute else 1 %}
    {% if execute and not flags.FULL_REFRESH and load_relation(event_loads()) is not none %}
        {% set loads = run_query(
            'select load_number, is_complete, rules_fingerprint, invocation_id from ' ~ event_loads()
            ~ ' order by load_number desc limit 2'
        ).rows | list %}
        {% set before_this_run = loads[1:] if loads and loads[0][3] == invocation_id else loads %}
        {% if before_this_run and before_this_run[0][1] and before_this_run[0][2] == rules_fingerprint() %}
            {% set load = before_this_run[0][0] | int %}
        {% endif %}
    {% endif %}
    {{ return(load) }}
{%- endmacro %}
