-- Persons seen with one account within the window belong to one organization, unless the account links nobody, or the person
-- alone holds more than an organization may.
with persons_over_limit as (

    select distinct person_number
    from {{ ref('int_group_observations') }}
    where resolution_level = 'organization' and is_over_limit

),

account_observations as (

    select
        ids.space_id,
        ids.anonymous_id,
        observations.key_number,
        observations.observed_date
    from {{ ref('int_identity_observations') }} as observations
    inner join {{ ref('int_identity_ids') }} as ids on observations.id_number = ids.id_number
    inner join {{ ref('int_identity_resolved') }} as resolved on observations.id_number = resolved.id_number
    left join persons_over_limit on resolved.person_number = persons_over_limit.person_number
    where observations.key_type = 'account_id' and persons_over_limit.person_number is null

),

linking_accounts as (

    select * from {{ ref('int_group_keys') }}
    where resolution_level = 'organization' and key_type = 'account_id' and drop_reason is null

),

users as (

    select * from {{ ref('users') }}

),

neighbours as (

    select
        users.space_id,
        users.anonymous_id,
        users.organization_id,
        account_observations.observed_date,
        linking_accounts.window_days,
        lag(users.organization_id) over (
            partition by account_observations.key_number
            order by account_observations.observed_date, users.anonymous_id
        ) as earlier_organization_id,
        lag(account_observations.observed_date) over (
            partition by account_observations.key_number
            order by account_observations.observed_date, users.anonymous_id
        ) as earlier_date
    from account_observations
    inner join linking_accounts on account_observations.key_number = linking_accounts.key_number
    inner join users
        on
            account_observations.space_id = users.space_id
            and account_observations.anonymous_id = users.anonymous_id

)

select *
from neighbours
where
    organization_id is null
    or (
        {{ dbt.datediff('earlier_date', 'observed_date', 'day') }} <= window_days
        and organization_id != earlier_organization_id
    )
