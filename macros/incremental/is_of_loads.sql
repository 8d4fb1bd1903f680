{% macro is_of_loads(load_number, relation=none, condition='true') -%}
    {{ return(adapter.dispatch('is_of_loads', 'identity_graph')(load_number, relation, condition)) }}
{%- endmacro %}

{% macro duckdb__is_of_loads(load_number, relation, condition) -%}
    true
{%- endmacro %}

{% macro bigquery__is_of_loads(load_number, relation, condition) -%}
    {#- Named when the statement is written, because only constants keep BigQuery from reading the other partitions. -#}
    {%- set numbers = ['0'] -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set loads = relation_named('event_loads') -%}
        {#- Events that wait were given the number of the last load that read events. -#}
        {%- for row in run_query(
            'select distinct load_number from ' ~ relation ~ ' where ' ~ condition if relation
            else 'select load_number from ' ~ loads ~ ' where load_number >= (select max(load_number) from ' ~ loads
                ~ " where events_fingerprint is not null and invocation_id != '" ~ invocation_id ~ "')"
        ).rows -%}
            {%- do numbers.append(row[0] | string) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ load_number }} in ({{ numbers | join(', ') }})
{%- endmacro %}
