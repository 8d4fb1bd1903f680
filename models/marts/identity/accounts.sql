with users as (

    select * from {{ ref('users') }}
    where account_id is not null

),

final as (

    select
        space_id,
        account_id,
        min(organization_id) as organization_id,
        count(distinct universal_id) as person_count,
        count(*) as id_count,
        min(first_visit_at) as first_visit_at,
        max(last_seen_at) as last_seen_at
    from users
    group by space_id, account_id

)

select * from final
