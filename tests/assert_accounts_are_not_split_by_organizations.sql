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
        ids.node_id,
        memberships.organization_number,
        observations.key_number,
        observations.observed_date
    from {{ ref('int_identity_observations') }} as observations
    inner join {{ ref('int_identity_ids') }} as ids on observations.id_number = ids.id_number
    inner join {{ ref('int_identity_resolved') }} as resolved on observations.id_number = resolved.id_number
    inner join {{ ref('int_group_memberships') }} as memberships on resolved.person_number = memberships.person_number
    left join persons_over_limit on resolved.person_number = persons_over_limit.person_number
    where observations.key_type = 'account_id' and persons_over_limit.person_number is null

),

linking_accounts as (

    select * from {{ ref('int_group_keys') }}
    where resolution_level = 'organization' and key_type = 'account_id' and drop_reason is null

),

neighbours as (

    select
        account_observations.*,
        linking_accounts.window_days,
        lag(account_observations.organization_number) over (
            partition by account_observations.key_number
            order by account_observations.observed_date, account_observations.node_id
        ) as earlier_organization_number,
        lag(account_observations.observed_date) over (
            partition by account_observations.key_number
            order by account_observations.observed_date, account_observations.node_id
        ) as earlier_date
    from account_observations
    inner join linking_accounts on account_observations.key_number = linking_accounts.key_number

)

select *
from neighbours
where
    organization_number is null
    or (
        {{ dbt.datediff('earlier_date', 'observed_date', 'day') }} <= window_days
        and organization_number != earlier_organization_number
    )
