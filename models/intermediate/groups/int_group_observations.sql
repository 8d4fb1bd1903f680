-- What persons (not cookies) were observed with, at the levels above the individual.
with resolved as (

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

    select {{ hash_64(['spaces.space_id', "'email_domain_hash'", sha256_hex('lower(trim(domains.domain))')]) }} as key_number
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
    from {{ ref('int_identity_observations') }} as observations
    inner join resolved on observations.id_number = resolved.id_number
    left join free_mail_domains on observations.key_number = free_mail_domains.key_number
    where
        observations.key_type in (select rules.key_type from rules)
        and free_mail_domains.key_number is null
    group by resolved.person_number, observations.key_number, observations.observed_date

),

recorded_keys as (

    -- A record in force is evidence of today here, too.
    select distinct observations.key_number
    from {{ ref('int_identity_observations') }} as observations
    inner join {{ ref('int_records') }} as records
        on
            observations.id_number = records.id_number
            and records.updated_at between observations.first_observed_at and observations.last_observed_at

),

limited_values as (

    -- At whatever time they were seen.
    select
        rules.resolution_level,
        resolved.person_number,
        count(distinct observations.key_number) > min(rules.max_values_per_profile) as is_over_limit
    from {{ ref('int_identity_observations') }} as observations
    inner join resolved on observations.id_number = resolved.id_number
    inner join rules on observations.key_type = rules.key_type
    left join free_mail_domains on observations.key_number = free_mail_domains.key_number
    where rules.max_values_per_profile is not null and free_mail_domains.key_number is null
    group by rules.resolution_level, rules.key_type, resolved.person_number

),

persons_over_limit as (

    select resolution_level, person_number from limited_values  -- noqa: LT09
    where is_over_limit
    union distinct
    -- Who was seen with too many values of a key to be one person is in no group of others either.
    select rules.resolution_level, resolved.person_number  -- noqa: LT09
    from {{ ref('int_identity_limited_values') }} as id_values
    inner join resolved on id_values.id_number = resolved.id_number
    cross join rules
    where id_values.value_count > id_values.max_values_per_profile

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
        -- A rule that only limits links by no record either.
        case when recorded_keys.key_number is not null and rules.window_days is not null then 36500 else rules.window_days end as window_days,
        rules.max_values_per_profile,
        persons_over_limit.person_number is not null as is_over_limit,
        days.observed_date,
        days.first_observed_at
    from days
    inner join {{ ref('int_identity_ranked_ids') }} as anchors on days.person_number = anchors.id_number
    inner join rules on days.key_type = rules.key_type
    left join recorded_keys on days.key_number = recorded_keys.key_number
    left join persons_over_limit
        on
            rules.resolution_level = persons_over_limit.resolution_level
            and days.person_number = persons_over_limit.person_number

)

select * from final
