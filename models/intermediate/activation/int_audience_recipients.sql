{% set epoch = "cast('1970-01-01' as " ~ dbt.type_timestamp() ~ ')' %}

with settings as (

    select
        destinations.destination_name,
        destinations.identifier_type,
        destinations.click_network,
        destination_audiences.audience_name
    from {{ ref('destination_audiences') }} as destination_audiences
    inner join {{ ref('destinations') }} as destinations on destination_audiences.destination_name = destinations.destination_name
    where destination_audiences.is_enabled and destinations.is_enabled

),

last_episodes as (

    select * from {{ ref('person_triggers') }}
    where ended_at is null
    qualify row_number() over (partition by trigger_name, space_id, universal_id order by episode_started_at desc) = 1

),

members as (

    -- What a destination is told of a member; of a cohort so little that who just goes on visiting is no news.
    select  -- noqa: LT09
        'cohort' as audience_type, cohort_name as audience_name, space_id, universal_id, cast(null as {{ dbt.type_string() }}) as conversion_id,
        cast(null as {{ dbt.type_string() }}) as network,
        first_qualified_at as qualified_at, identity_confidence, true as has_consent,
        {{ surrogate_key(['cast(round(100 * identity_confidence) as ' ~ dbt.type_bigint() ~ ')']) }} as payload_checksum
    from {{ ref('audiences') }}
    union all
    select  -- noqa: LT09
        'trigger' as audience_type, trigger_name as audience_name, space_id, universal_id, null as conversion_id, null as network,
        triggered_at as qualified_at, identity_confidence, true as has_consent,
        {{ surrogate_key([dbt.datediff(epoch, 'episode_started_at', 'millisecond')]) }} as payload_checksum
    from last_episodes
    union all
    select  -- noqa: LT09
        'conversions' as audience_type, 'offline_conversions' as audience_name, space_id, universal_id, conversion_id, network,
        converted_at as qualified_at, cast(null as {{ type_double() }}) as identity_confidence, has_consent,
        {{ surrogate_key([
            'click_id', 'click_id_type', 'event_name', 'order_id', 'currency_code', dbt.datediff(epoch, 'converted_at', 'millisecond'),
            'cast(round(10000 * cast(conversion_value as ' ~ type_decimal(28, 4) ~ ')) as ' ~ dbt.type_bigint() ~ ')'
        ]) }} as payload_checksum
    from {{ ref('offline_conversions') }}

),

recipient_ids as (

    select distinct
        identifier_type,
        space_id,
        recipient,
        universal_id,
        is_of_one_person
    from {{ ref('int_recipient_ids') }}

),

named as (

    select
        settings.destination_name,
        settings.audience_name,
        members.audience_type,
        members.space_id,
        recipient_ids.recipient,
        members.qualified_at,
        members.identity_confidence,
        members.payload_checksum,
        case
            when not members.has_consent then 'consent_withdrawn'
            when not recipient_ids.is_of_one_person then 'confidence_fell'
            else blocks.blocked_reason
        end as blocked_reason
    from settings
    inner join members
        on
            settings.audience_name = members.audience_name
            -- No network knows the clicks of another.
            and (settings.click_network is null or members.conversion_id is null or settings.click_network = members.network)
    inner join recipient_ids
        on
            settings.identifier_type = recipient_ids.identifier_type
            and members.space_id = recipient_ids.space_id and members.universal_id = recipient_ids.universal_id
            and case settings.identifier_type
                -- A person has one name, and a conversion one id.
                when 'universal_id' then members.conversion_id is null and members.universal_id = recipient_ids.recipient
                when 'conversion_id' then members.conversion_id = recipient_ids.recipient
                else members.conversion_id is null
            end
    left join {{ ref('int_activation_blocks') }} as blocks
        on
            settings.destination_name = blocks.destination_name and settings.audience_name = blocks.audience_name
            and members.space_id = blocks.space_id and members.universal_id = blocks.universal_id

),

final as (

    -- Whatever several persons are known by is blocked for each of them.
    select
        destination_name,
        audience_name,
        space_id,
        recipient,
        min(audience_type) as audience_type,
        min(blocked_reason) as blocked_reason,
        min(qualified_at) as qualified_at,
        min(identity_confidence) as identity_confidence,
        min(payload_checksum) as payload_checksum
    from named
    group by destination_name, audience_name, space_id, recipient

)

select * from final
