-- What persons (not cookies) were observed with, at the levels above the individual.
with observations as (

    select * from {{ ref('int_identity_observations') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

anchors as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level in ('household', 'organization') and is_enabled

),

spaces as (

    select distinct space_id
    from resolved

),

free_mail_domains as (

    select {{ hash_64(['spaces.space_id', "'email_domain_hash'", sha256_hex('domains.domain')]) }} as key_number
    from {{ ref('free_mail_domains') }} as domains
    cross join spaces

),

days as (

    select
        resolved.person_number,
        observations.key_number,
        observations.observed_date,
        {{ dbt.any_value('observations.key_type') }} as key_type,
        min(observations.first_observed_at) as first_observed_at
    from observations
    inner join resolved on observations.id_number = resolved.id_number
    left join free_mail_domains on observations.key_number = free_mail_domains.key_number
    where
        observations.key_type in (select rules.key_type from rules)
        and free_mail_domains.key_number is null
    group by resolved.person_number, observations.key_number, observations.observed_date

),

final as (

    select
        rules.resolution_level,
        anchors.space_id,
        days.person_number,
        -- One number a person and level, in the order of first visits: even for households, odd for organizations.
        2 * anchors.id_rank + case when rules.resolution_level = 'organization' then 1 else 0 end as node_number,
        days.key_type,
        days.key_number,
        rules.window_days,
        days.observed_date,
        days.first_observed_at
    from days
    inner join anchors on days.person_number = anchors.id_number
    inner join rules on days.key_type = rules.key_type

)

select * from final
