{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- dbt asks a package's own macro about the package's nodes; within another project, that project names the schemas. -#}
    {%- if project_name != 'identity_graph' -%}
        {%- set of_project = context.get(project_name, {}).get('generate_schema_name') or dbt.generate_schema_name -%}
        {{ of_project(custom_schema_name, node) }}
    {%- elif custom_schema_name is none -%}
        {{ target.schema }}
    {%- else -%}
        {#- One DuckDB file is one environment, so schemas are called staging, marts ...; a shared warehouse gets the prefix. -#}
        {%- set layer = custom_schema_name | trim | replace('identity_graph_', '') -%}
        {{ layer if target.type == 'duckdb' else target.schema ~ '_' ~ layer }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__current_timestamp() -%}
    {#- Snapshots and source freshness follow the run's clock, so that a test can set the day. -#}
    {{ "cast('" ~ var('as_of') ~ "' as timestamp)" if var('as_of') else 'now()' }}
{%- endmacro %}

{% macro bigquery__current_timestamp() -%}
    {{ "cast('" ~ var('as_of') ~ "' as timestamp)" if var('as_of') else 'current_timestamp()' }}
{%- endmacro %}

{% macro duckdb__get_partitioned_by(relation, temporary) -%}
    {#- Replaces dbt-duckdb's own, which warns: the partitions of this project are BigQuery's. -#}
    {{ return(none) }}
{%- endmacro %}
