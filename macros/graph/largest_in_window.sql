{% macro largest_in_window(sightings, key_columns, member_column) -%}
    {%- set keys = key_columns | join(', ') -%}
    {#- A member is there from a sighting until window_days after the last one that no longer gap follows. -#}
    with neighbours as (

        select
            *,
            lag(observed_date) over member_in_time as previous_date,
            lead(observed_date) over member_in_time as next_date
        from {{ sightings }}
        window member_in_time as (partition by {{ keys }}, {{ member_column }} order by observed_date)

    ),

    changes as (

        select {{ keys }}, observed_date as changed_on, 1 as change
        from neighbours
        where previous_date is null or {{ dbt.datediff('previous_date', 'observed_date', 'day') }} > window_days
        union all
        select {{ keys }}, cast({{ dbt.dateadd('day', 'window_days + 1', 'observed_date') }} as date) as changed_on, -1 as change
        from neighbours
        where next_date is null or {{ dbt.datediff('observed_date', 'next_date', 'day') }} > window_days

    ),

    running_counts as (

        select {{ keys }}, sum(sum(change)) over (partition by {{ keys }} order by changed_on) as member_count
        from changes
        group by {{ keys }}, changed_on

    )

    select {{ keys }}, cast(max(member_count) as {{ dbt.type_bigint() }}) as member_count
    from running_counts
    group by {{ keys }}
{%- endmacro %}
