-- What persons (not cookies) were observed with, at the levels above the individual.
with observations as (

    select * from {{ ref('int_identity_observations') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

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

final as (

    select
        rules.resolution_level,
        resolved.space_id,
        resolved.person_number,
        observations.key_type,
        observations.key_number,
        observations.observed_date,
        min(observations.first_observed_at) as first_observed_at
    from observations
    inner join resolved on observations.id_number = resolved.id_number
    inner join rules on observations.key_type = rules.key_type
    left join free_mail_domains on observations.key_number = free_mail_domains.key_number
    where free_mail_domains.key_number is null
    group by
        rules.resolution_level,
        resolved.space_id,
        resolved.person_number,
        observations.key_type,
        observations.key_number,
        observations.observed_date

)

select * from final
