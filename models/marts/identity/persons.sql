with users as (

    select * from {{ ref('users') }}

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
        space_id,
        universal_id,
        coalesce(min(case when has_visits then first_visit_at end), min(first_visit_at)) as first_visit_at,
        max(last_seen_at) as last_seen_at,
        count(*) as id_count,
        sum(event_count) as event_count,
        min(identity_confidence) as identity_confidence,
        {{ dbt.bool_or('has_withdrawn_consent') }} as has_withdrawn_consent,
        {{ dbt.bool_or('is_over_limit') }} as is_over_limit,
        case when count(distinct account_id) = 1 then min(account_id) end as account_id
    from users
    group by space_id, universal_id

),

final as (

    select
        persons.space_id,
        persons.universal_id,
        persons.first_visit_at,
        persons.last_seen_at,
        persons.id_count,
        persons.id_count > 1 as is_stitched,
        cast(persons.event_count as {{ dbt.type_bigint() }}) as event_count,
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
    left join conversions
        on
            persons.space_id = conversions.space_id
            and persons.universal_id = conversions.universal_id

)

select * from final
