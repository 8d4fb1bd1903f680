{% macro is_load_of_duplicates(load_number, duplicates) -%}
    {{ return(adapter.dispatch('is_load_of_duplicates', 'identity_graph')(load_number, duplicates)) }}
{%- endmacro %}

{% macro duckdb__is_load_of_duplicates(load_number, duplicates) -%}
    true
{%- endmacro %}

{% macro bigquery__is_load_of_duplicates(load_number, duplicates) -%}
    {#- Named when the statement is written, because only constants keep BigQuery from reading the other partitions. -#}
    {%- set loads = ['0'] -%}
    {#- Not load_relation: in the hook of its own model dbt does not know the table yet. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- for row in run_query(
            'select distinct load_number from ' ~ duplicates ~ ' where found_in_load > ' ~ last_complete_load() ~ ' order by 1'
        ) -%}
            {%- do loads.append(row[0] | string) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ load_number }} in ({{ loads | join(', ') }})
{%- endmacro %}
