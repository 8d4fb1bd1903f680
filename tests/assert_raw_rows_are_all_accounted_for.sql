-- Every row of a source is accepted, duplicate, rejected or buffered, and counted once.
with counted_rows as (

    {% if target.type == 'duckdb' %}
        -- As the files said before they were read: their lines, or the ends of Parquet files. Relations are counted.
        {% for table in raw_tables() if table.is_relation %}
            select
                '{{ table.source_name }}' as source_name,
                count(*) as row_count
            from {{ table.relation }}
            union all
        {% endfor %}
        select
            source_name,
            row_count
        from {{ relation_named('noted_raw_files') if execute and not flags.EMPTY else ref('int_raw_files') }}
    {% else %}
        -- Partitions that are not loaded yet are nobody's to count; what grew since it was read, or is gone, counts as read.
        select
            loaded.source_name,
            if(present.may_grow or present.raw_file is null, loaded.row_count, present.total_rows) as row_count
        from {{ ref('int_raw_files') }} as loaded
        left join {{ raw_files() }} as present
            on
                loaded.source_name = present.source_name
                and loaded.raw_file = present.raw_file
    {% endif %}

),

raw_rows as (

    select
        source_name,
        sum(row_count) as row_count
    from counted_rows
    group by source_name

),

accounted_rows as (

    select
        source_name,
        sum(row_count) as row_count
    from {{ ref('event_volume') }}
    group by source_name

)

select
    raw_rows.source_name as raw_source_name,
    accounted_rows.source_name as accounted_source_name,
    raw_rows.row_count as raw_row_count,
    accounted_rows.row_count as accounted_row_count
from raw_rows
full outer join accounted_rows on raw_rows.source_name = accounted_rows.source_name
where coalesce(raw_rows.row_count, 0) != coalesce(accounted_rows.row_count, 0) {{ 'and false' if flags.EMPTY }}
