-- All persons seen with one account belong to one organization.
with account_observations as (

    select
        ids.space_id,
        ids.anonymous_id,
        observations.key_number as account_number
    from {{ ref('int_identity_observations') }} as observations
    inner join {{ ref('int_identity_ids') }} as ids on observations.id_number = ids.id_number
    where observations.key_type = 'account_id'

),

account_rules as (

    select *
    from {{ ref('identity_key_rules') }}
    where key_type = 'account_id' and resolution_level = 'organization' and is_enabled

),

users as (

    select * from {{ ref('users') }}

)

select
    account_observations.space_id,
    account_observations.account_number,
    count(distinct users.organization_id) as organization_count,
    count(*) - count(users.organization_id) as observations_without_organization
from account_observations
cross join account_rules
inner join users
    on
        account_observations.space_id = users.space_id
        and account_observations.anonymous_id = users.anonymous_id
group by account_observations.space_id, account_observations.account_number
having count(distinct users.organization_id) != 1 or count(*) != count(users.organization_id)
