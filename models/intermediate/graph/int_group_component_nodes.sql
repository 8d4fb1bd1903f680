with persons as (

    select * from {{ ref('int_group_persons') }}

),

final as (

    select
        resolution_level,
        person_number,
        -- One number for both levels, in the order of the ranks of each.
        2 * person_rank + case when resolution_level = 'organization' then 1 else 0 end as node_number
    from persons

)

select * from final
