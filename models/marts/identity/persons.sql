with ids as (

    select * from {{ ref('int_identity_ids') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

confidence as (

    select * from {{ ref('int_identity_confidence') }}

),

over_limit as (

    select distinct id_number
    from {{ ref('int_identity_limited_values') }}
    where value_count > max_values_per_profile

),

withdrawals as (

    select * from {{ ref('int_consent_withdrawals') }}
    where restored_at is null

),

withdrawn as (

    {{ ids_of_statements('withdrawals') }}

),

withdrawn_ids as (

    select distinct id_number from withdrawn

),

conversions as (

    select
        conversions.space_id,
        conversions.universal_id,
        count(*) as conversion_count,
        min(conversions.converted_at) as first_converted_at,
        max(case when conversions.conversion_kind = 'order' then conversions.converted_at end) as last_purchased_at
    from {{ ref('conversions') }} as conversions
    where conversions.has_consent and not conversions.is_refund
    group by conversions.space_id, conversions.universal_id

),

persons as (

    select
        resolved.person_number,
        coalesce(min(ids.first_visit_at), min(ids.first_seen_at)) as first_visit_at,
        max(ids.last_seen_at) as last_seen_at,
        count(*) as id_count,
        cast(sum(ids.event_count) as {{ dbt.type_bigint() }}) as event_count,
        min(coalesce(confidence.identity_confidence, 1)) as identity_confidence,
        count(withdrawn_ids.id_number) > 0 as has_withdrawn_consent,
        count(over_limit.id_number) > 0 as is_over_limit,
        -- An id seen with two accounts belongs to neither, and so does a person.
        case
            when
                min(case when ids.first_account_id = ids.last_account_id then ids.first_account_id end)
                = max(case when ids.first_account_id = ids.last_account_id then ids.first_account_id end)
                then min(case when ids.first_account_id = ids.last_account_id then ids.first_account_id end)
        end as account_id
    from ids
    inner join resolved on ids.id_number = resolved.id_number
    left join confidence on ids.id_number = confidence.id_number
    left join over_limit on ids.id_number = over_limit.id_number
    left join withdrawn_ids on ids.id_number = withdrawn_ids.id_number
    group by resolved.person_number

),

final as (

    select
        anchors.space_id,
        anchors.node_id as universal_id,
        persons.first_visit_at,
        persons.last_seen_at,
        persons.id_count,
        persons.id_count > 1 as is_stitched,
        persons.event_count,
        persons.identity_confidence,
        persons.identity_confidence >= {{ var('activation_min_confidence') }}
        and not persons.has_withdrawn_consent
        and not persons.is_over_limit as is_activatable,
        persons.account_id,
        coalesce(conversions.conversion_count, 0) as conversion_count,
        conversions.first_converted_at is not null as is_converted,
        conversions.first_converted_at,
        conversions.last_purchased_at,
        persons.has_withdrawn_consent,
        persons.is_over_limit
    from persons
    inner join ids as anchors on persons.person_number = anchors.id_number
    left join conversions
        on
            anchors.space_id = conversions.space_id
            and anchors.node_id = conversions.universal_id

)

select * from final
