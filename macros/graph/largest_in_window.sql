{% macro largest_in_window(sightings, key_columns, member_column) -%}
    {%- set keys = key_columns | join(', ') -%}
    {#- A member is there from a sighting until the next one, at most for window_days. -#}
    with stays as (

        select
            {{ keys }},
            observed_date as came_on,
            cast({{ dbt.dateadd('day', 'window_days + 1', 'observed_date') }} as date) as left_on,
            lead(observed_date) over (partition by {{ keys }}, {{ member_column }} order by observed_date) as came_again_on
        from {{ sightings }}

    ),

    changes as (

        select {{ keys }}, came_on as changed_on, 1 as change
        from stays
        union all
        select {{ keys }}, least(left_on, coalesce(came_again_on, left_on)) as changed_on, -1 as change
        from stays

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
