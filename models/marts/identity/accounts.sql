with account_observations as (

    select distinct
        ids.space_id,
        ids.anonymous_id,
        key_values.key_value as account_id
    from {{ ref('int_identity_observations') }} as observations
    inner join {{ ref('int_identity_key_values') }} as key_values on observations.key_number = key_values.key_number
    inner join {{ ref('int_identity_ids') }} as ids on observations.id_number = ids.id_number
    where observations.key_type = 'account_id'

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
