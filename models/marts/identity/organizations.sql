with users as (

    select * from {{ ref('users') }}
    where organization_id is not null

),

account_observations as (

    select distinct
        ids.space_id,
        ids.anonymous_id,
        observations.key_number as account_number
    from {{ ref('int_identity_observations') }} as observations
    inner join {{ ref('int_identity_ids') }} as ids on observations.id_number = ids.id_number
    where observations.key_type = 'account_id'

),

account_counts as (

    select
        users.space_id,
        users.organization_id,
        count(distinct account_observations.account_number) as account_count
    from account_observations
    inner join users
        on
            account_observations.space_id = users.space_id
            and account_observations.anonymous_id = users.anonymous_id
    group by users.space_id, users.organization_id

),

user_counts as (

    select
        space_id,
        organization_id,
        count(distinct universal_id) as person_count,
        count(*) as id_count,
        coalesce(min(case when has_visits then first_visit_at end), min(first_visit_at)) as first_visit_at,
        max(last_seen_at) as last_seen_at
    from users
    group by space_id, organization_id

),

final as (

    select
        user_counts.space_id,
        user_counts.organization_id,
        user_counts.person_count,
        user_counts.id_count,
        coalesce(account_counts.account_count, 0) as account_count,
        user_counts.first_visit_at,
        user_counts.last_seen_at
    from user_counts
    left join account_counts
        on
            user_counts.space_id = account_counts.space_id
            and user_counts.organization_id = account_counts.organization_id

)

select * from final
