{% set categories = stored_rows(
    ref('destinations'), 'distinct consent_category', 'where is_enabled and consent_category is not null order by 1'
) | map(attribute=0) | list %}

with audiences as (

    select
        destinations.destination_name,
        destinations.min_confidence,
        destinations.consent_category,
        destination_audiences.audience_name
    from {{ ref('destination_audiences') }} as destination_audiences
    inner join {{ ref('destinations') }} as destinations on destination_audiences.destination_name = destinations.destination_name
    where destination_audiences.is_enabled and destinations.is_enabled

),

statements as (

    select
        id_number,
        {{ key_of_derived_id() }} as key_number,
        occurred_at,
        case when {{ is_json('properties') }} then properties end as properties
    from {{ ref('int_events_received') }}
    -- Any event may carry answers. Most do not, and their JSON is not read. An answer outlives an event that became too old.
    where
        {{ "properties like '%consent_categories%'" if categories else 'false' }}
        and coalesce(rejection_reason, 'expired') = 'expired' and not is_buffered and not is_duplicate

),

answers as (

    {% for category in categories or ['none'] %}
        select  -- noqa: LT09
            id_number, key_number, occurred_at, {{ sql_text(category) }} as consent_category,
            -- What cannot be read is a refusal.
            lower({{ json_text('properties', ['consent_categories', category]) }}) in ('true', '1', 'yes', 'granted') as is_granted
        from statements
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

last_answers as (

    -- Of two at one moment, the refusal counts.
    select * from answers
    where is_granted is not null
    qualify row_number() over (partition by id_number, consent_category order by occurred_at desc, is_granted asc) = 1

),

refusing as (

    {{ ids_of_statements('last_answers') }}

),

refusals as (

    select distinct
        last_answers.consent_category,
        recipient_ids.space_id,
        recipient_ids.universal_id
    from last_answers
    inner join refusing on last_answers.id_number = refusing.stated_by
    inner join {{ ref('int_recipient_ids') }} as recipient_ids on refusing.id_number = recipient_ids.id_number
    where not last_answers.is_granted and recipient_ids.identifier_type = 'universal_id'

),

suppressed as (

    -- As in audiences, and of who is in none of them, too. What somebody bought is no message to them.
    select distinct
        audiences.audience_name,
        records.space_id,
        records.universal_id
    from {{ ref('customer_records') }} as records
    inner join {{ ref('suppression_rules') }} as rules on {{ suppresses('rules', 'records') }}
    inner join audiences on rules.cohort_name is null or rules.cohort_name = audiences.audience_name
    where records.has_consent and rules.is_enabled and audiences.audience_name != 'offline_conversions'

),

judged as (

    select
        audiences.destination_name,
        audiences.audience_name,
        persons.space_id,
        persons.universal_id,
        case
            when persons.has_withdrawn_consent or refusals.universal_id is not null then 'consent_withdrawn'
            when suppressed.universal_id is not null then 'suppressed'
            when persons.identity_confidence < audiences.min_confidence or persons.is_over_limit then 'confidence_fell'
        end as blocked_reason
    from {{ ref('persons') }} as persons
    cross join audiences
    left join refusals
        on
            audiences.consent_category = refusals.consent_category
            and persons.space_id = refusals.space_id and persons.universal_id = refusals.universal_id
    left join suppressed
        on
            audiences.audience_name = suppressed.audience_name
            and persons.space_id = suppressed.space_id and persons.universal_id = suppressed.universal_id

),

final as (

    select * from judged
    where blocked_reason is not null

)

select * from final
