{% macro raw_row_count() -%}
    {{ return(adapter.dispatch('raw_row_count', 'identity_graph')()) }}
{%- endmacro %}

{% macro duckdb__raw_row_count() -%}
    (select count(*) as row_count from {{ source('generic', 'events') }}) as raw_events
{%- endmacro %}

{% macro bigquery__raw_row_count() -%}
    {#- Partitions that are not loaded yet are nobody's to count. -#}
    (
        select sum(present.total_rows) as row_count
        from {{ raw_files() }} as present
        inner join {{ ref('int_raw_files') }} as loaded on present.raw_file = loaded.raw_file
    ) as raw_events
{%- endmacro %}
