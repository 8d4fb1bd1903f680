{% macro raw_row_count() -%}
    {{ return(adapter.dispatch('raw_row_count', 'identity_graph')()) }}
{%- endmacro %}

{% macro duckdb__raw_row_count() -%}
    (
        {%- for table in raw_tables() %}
        select
            '{{ table.source_name }}' as source_name,
            count(*) as row_count
        from {{ table.relation }}
        {{ 'union all' if not loop.last }}
        {%- else %}
        select '' as source_name, 0 as row_count
        {%- endfor %}
    ) as raw_tables
{%- endmacro %}

{% macro bigquery__raw_row_count() -%}
    {#- Partitions that are not loaded yet are nobody's to count; what grew since it was read, or is gone, counts as read. -#}
    (
        select
            loaded.source_name,
            if(present.may_grow or present.raw_file is null, loaded.row_count, present.total_rows) as row_count
        from {{ ref('int_raw_files') }} as loaded
        left join {{ raw_files() }} as present
            on loaded.source_name = present.source_name and loaded.raw_file = present.raw_file
    ) as raw_tables
{%- endmacro %}
