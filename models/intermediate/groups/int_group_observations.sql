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

persons_of_ids as (

    select
        resolved.id_number,
        resolved.space_id,
        resolved.person_number,
        anchors.id_rank as person_rank
    from resolved
    inner join anchors on resolved.person_number = anchors.id_number

),

final as (

    select
        rules.resolution_level,
        persons_of_ids.space_id,
        persons_of_ids.person_number,
        -- One number a person and level, in the order of first visits: even for households, odd for organizations.
        2 * persons_of_ids.person_rank + case when rules.resolution_level = 'organization' then 1 else 0 end as node_number,
        observations.key_type,
        observations.key_number,
        rules.window_days,
        observations.observed_date,
        min(observations.first_observed_at) as first_observed_at
    from observations
    inner join persons_of_ids on observations.id_number = persons_of_ids.id_number
    inner join rules on observations.key_type = rules.key_type
    left join free_mail_domains on observations.key_number = free_mail_domains.key_number
    where free_mail_domains.key_number is null
    group by
        rules.resolution_level,
        persons_of_ids.space_id,
        persons_of_ids.person_number,
        persons_of_ids.person_rank,
        observations.key_type,
        observations.key_number,
        rules.window_days,
        observations.observed_date

)

select * from final
