{% macro is_load_of_waiting_events(load_number) -%}
    {{ return(adapter.dispatch('is_load_of_waiting_events', 'identity_graph')(load_number)) }}
{%- endmacro %}

{% macro duckdb__is_load_of_waiting_events(load_number) -%}
    true
{%- endmacro %}

{% macro bigquery__is_load_of_waiting_events(load_number) -%}
    {#- Events that wait were given the number of the last load that read events; a constant, as partitions want it. -#}
    {%- set load = 0 -%}
    {%- if execute and load_relation(event_loads()) is not none -%}
        {%- set load = run_query(
            'select coalesce(max(load_number), 0) from ' ~ event_loads() ~ ' where events_fingerprint is not null'
            ~ " and invocation_id != '" ~ invocation_id ~ "'"
        ).rows[0][0] -%}
    {%- endif -%}
    {{ load_number }} >= {{ load }}
{%- endmacro %}
