{% macro run_clock() -%}
    {%- set clock = var('as_of') or run_started_at.strftime('%Y-%m-%d %H:%M:%S') -%}
    cast('{{ clock }}' as {{ dbt.type_timestamp() }})
{%- endmacro %}

{% macro current_load() -%}
    {% set loads = stored_rows(relation_named('event_loads'), 'coalesce(max(load_number), 1)') if execute else [] %}
    {{ return(loads[0][0] | int if loads else 1) }}
{%- endmacro %}

{% macro last_complete_load() -%}
    {#- 0 where the tables cannot be continued: then every load is new, and every table is made again. -#}
    {#- While dbt parses, any load will do, so that it sees every reference. -#}
    {% set loads = stored_rows(
        relation_named('event_loads'), 'load_number, is_complete, rules_fingerprint, invocation_id', 'order by load_number desc limit 2'
    ) if execute and not flags.FULL_REFRESH else [] %}
    {#- The row of this run, once there is one, holds its fingerprint: to hash all models again for each table takes a second. -#}
    {% set is_begun = loads and loads[0][3] == invocation_id %}
    {% set before_this_run = loads[1:] if is_begun else loads[:1] %}
    {% set goes_on = before_this_run and before_this_run[0][1]
        and before_this_run[0][2] == (loads[0][2] if is_begun else rules_fingerprint()) %}
    {{ return(1 if not execute else before_this_run[0][0] | int if goes_on else 0) }}
{%- endmacro %}

{% macro is_of_loads(load_number, relation=none, condition='true') -%}
    {#- Named when the statement is written, because only constants keep BigQuery from reading the other partitions. -#}
    {%- set loads = relation_named('event_loads') if execute else none -%}
    {#- Events that wait were given the number of the last load that read events. -#}
    {%- set rows = run_query(
        'select distinct load_number from ' ~ relation ~ ' where ' ~ condition if relation
        else 'select load_number from ' ~ loads ~ ' where load_number >= (select max(load_number) from ' ~ loads
            ~ " where events_fingerprint is not null and invocation_id != '" ~ invocation_id ~ "')"
    ).rows if execute and flags.WHICH in ['build', 'run'] and target.type == 'bigquery' else [] -%}
    {{ load_number ~ ' in (' ~ ([0] + rows | map(attribute=0) | list) | join(', ') ~ ')' if target.type == 'bigquery' else 'true' }}
{%- endmacro %}
