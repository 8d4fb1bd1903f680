{% macro raw_row_count() -%}
    {{ return(adapter.dispatch('raw_row_count', 'identity_graph')()) }}
{%- endmacro %}

{% macro duckdb__raw_row_count() -%}
    {#- As the files said before they were read: their lines, or the ends of Parquet files. Relations are counted. -#}
    (
        {%- for table in raw_tables() if table.is_relation %}
        select
            '{{ table.source_name }}' as source_name,
            count(*) as row_count
        from {{ table.relation }}
        union all
        {%- endfor %}
        select
            source_name,
            row_count
        from {{ noted_raw_files() if execute else '(select null as source_name, 0 as row_count)' }}
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
