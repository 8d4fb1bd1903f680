with account_observations as (

    select distinct
        space_id,
        anonymous_id,
        key_value as account_id
    from {{ ref('int_identity_shared_observations') }}
    where key_type = 'account_id'

),

users as (

    select * from {{ ref('users') }}

),

final as (

    -- An id seen with two accounts is seen for both, though users says neither.
    select
        account_observations.space_id,
        account_observations.account_id,
        min(users.organization_id) as organization_id,
        count(distinct users.universal_id) as person_count,
        count(*) as id_count,
        coalesce(min(case when users.has_visits then users.first_visit_at end), min(users.first_visit_at)) as first_visit_at,
        max(users.last_seen_at) as last_seen_at
    from account_observations
    inner join users
        on
            account_observations.space_id = users.space_id
            and account_observations.anonymous_id = users.anonymous_id
    group by account_observations.space_id, account_observations.account_id

)

select * from final
