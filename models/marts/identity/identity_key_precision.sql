with resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

judged_evidence as (

    -- A logged-in user agrees with a user_id key by definition; an override is no key. What a limit on user_id refused is
    -- judged all the same, or the limit would hide every disagreement.
    select evidence.*
    from {{ ref('int_identity_evidence') }} as evidence
    inner join resolved as resolved_a on evidence.id_number_a = resolved_a.id_number
    inner join resolved as resolved_b on evidence.id_number_b = resolved_b.id_number
    left join {{ ref('int_identity_refusals') }} as refusals
        on
            least(resolved_a.linked_component_number, resolved_b.linked_component_number) = refusals.cluster_a
            and greatest(resolved_a.linked_component_number, resolved_b.linked_component_number) = refusals.cluster_b
    where
        evidence.key_type not in ('user_id', 'override')
        and (resolved_a.person_number = resolved_b.person_number or refusals.refusal_reason = 'limit: user_id')

),

known_users as (

    -- Two logins that an alias names together are one user.
    select id_number, key_number as user_number from {{ ref('int_identity_observations') }} where key_type = 'user_id'  -- noqa: LT09,LT14
    union distinct
    select id_number, key_number as user_number from {{ ref('int_identity_limited_values') }} where key_type = 'user_id'  -- noqa: LT09,LT14

),

judged_pairs as (

    select
        judged_evidence.key_type,
        judged_evidence.id_number_a,
        judged_evidence.id_number_b,
        min({{ dbt.datediff('judged_evidence.earlier_date', 'judged_evidence.later_date', 'day') }}) as gap_days,
        max(case when users_a.user_number = users_b.user_number then 1 else 0 end) as is_agreeing
    from judged_evidence
    inner join known_users as users_a on judged_evidence.id_number_a = users_a.id_number
    inner join known_users as users_b on judged_evidence.id_number_b = users_b.id_number
    group by judged_evidence.key_type, judged_evidence.id_number_a, judged_evidence.id_number_b

),

bucketed as (

    select
        *,
        case
            when gap_days = 0 then 'same day'
            when gap_days <= 3 then '1 to 3 days'
            when gap_days <= 30 then '4 to 30 days'
            else 'more than 30 days'
        end as gap_bucket
    from judged_pairs

),

counts as (

    select
        key_type,
        gap_bucket,
        count(*) as sample_size,
        sum(is_agreeing) as agreeing_count,
        sum(is_agreeing) / count(*) as agreeing_share
    from bucketed
    group by key_type, gap_bucket
    union all
    select
        key_type,
        'all' as gap_bucket,
        count(*) as sample_size,
        sum(is_agreeing) as agreeing_count,
        sum(is_agreeing) / count(*) as agreeing_share
    from bucketed
    group by key_type

),

final as (

    select
        counts.key_type,
        counts.gap_bucket,
        cast(rules.window_days as {{ dbt.type_bigint() }}) as window_days,
        rules.is_enabled,
        counts.sample_size,
        cast(counts.agreeing_count as {{ dbt.type_bigint() }}) as agreeing_count,
        round(counts.agreeing_share, 4) as measured_precision,
        -- Wilson's interval at 95% holds for small samples and for shares near 1.
        round(
            greatest(0, (
                counts.agreeing_share + 1.96 * 1.96 / (2 * counts.sample_size)
                - 1.96 * sqrt(
                    counts.agreeing_share * (1 - counts.agreeing_share) / counts.sample_size
                    + 1.96 * 1.96 / (4 * counts.sample_size * counts.sample_size)
                )
            ) / (1 + 1.96 * 1.96 / counts.sample_size)),
            4
        ) as precision_lower_bound
    from counts
    inner join {{ ref('identity_key_rules') }} as rules on counts.key_type = rules.key_type
    where rules.resolution_level = 'individual'

)

select * from final
