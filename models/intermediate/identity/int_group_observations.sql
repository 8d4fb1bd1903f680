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

free_mail_domains as (

    select {{ sha256_hex('domain') }} as email_domain_hash
    from {{ ref('free_mail_domains') }}

),

final as (

    select
        rules.resolution_level,
        observations.space_id,
        resolved.person_number,
        observations.key_type,
        observations.key_value,
        observations.observed_date,
        min(observations.first_observed_at) as first_observed_at
    from observations
    inner join resolved on observations.id_number = resolved.id_number
    inner join rules on observations.key_type = rules.key_type
    left join free_mail_domains
        on
            observations.key_type = 'email_domain_hash'
            and observations.key_value = free_mail_domains.email_domain_hash
    where free_mail_domains.email_domain_hash is null
    group by
        rules.resolution_level,
        observations.space_id,
        resolved.person_number,
        observations.key_type,
        observations.key_value,
        observations.observed_date

)

select * from final
