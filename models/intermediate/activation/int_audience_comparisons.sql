{{ config(materialized='view') }}
{% set key = ['destination_name', 'audience_name', 'space_id', 'recipient'] %}

with states as (

    select * from {{ ref('int_audience_states') }}
    where recipient != 'erased'

),

names as (

    select
        identifier_type,
        space_id,
        recipient,
        min(universal_id) as universal_id,
        {{ dbt.bool_or('is_of_one_person') }} as is_of_one_person
    from {{ ref('int_recipient_ids') }}
    group by identifier_type, space_id, recipient

),

withdrawals as (

    select distinct id_number from {{ ref('int_consent_withdrawals') }}
    where restored_at is null

),

data_clock as (

    -- How far the events reach; never back, also where the newest of them are erased.
    select max(moment) as changed_at
    from (
        select max(last_seen_at) as moment from {{ ref('persons') }}
        union all
        select max(changed_at) as moment from {{ ref('int_audience_states') }}
    ) as moments

),

compared as (

    select
        {% for column in key %}
            coalesce(states.{{ column }}, recipients.{{ column }}) as {{ column }},
        {% endfor %}
        coalesce(states.is_member, false) as is_member,
        states.reason as last_reason,
        states.turned_at,
        states.merged_into,
        states.payload_checksum as told_checksum,
        coalesce(recipients.payload_checksum, states.payload_checksum) as payload_checksum,
        recipients.recipient is not null as is_named,
        recipients.blocked_reason,
        coalesce(recipients.audience_type = 'trigger', false) as is_trigger
    from {{ ref('int_audience_recipients') }} as recipients
    full outer join states
        on
            recipients.destination_name = states.destination_name
            and recipients.audience_name = states.audience_name
            and recipients.space_id = states.space_id
            and recipients.recipient = states.recipient

),

final as (

    select
        compared.{{ all_but(['blocked_reason']) }},  -- noqa: RF02
        data_clock.changed_at,
        coalesce(names.universal_id, compared.recipient) as universal_id,
        -- Each conversion is one of its own.
        coalesce(names.is_of_one_person and destinations.identifier_type != 'conversion_id', false) as is_of_one_person,
        coalesce(destinations.is_enabled and audiences.is_enabled and coalesce(destinations.space_id, compared.space_id) = compared.space_id, false)
            as is_on,
        coalesce(destinations.sends_merges, false) as sends_merges,
        -- Of a destination without a row it cannot be told.
        destinations.destination_name is not null and names.recipient is null and withdrawals.id_number is null as is_forgotten,
        coalesce(destinations.identifier_type = 'universal_id' and names.universal_id != compared.recipient, false) as is_merged,
        case
            when withdrawals.id_number is not null and names.recipient is null then 'consent_withdrawn'
            when not names.is_of_one_person then 'confidence_fell'
            else coalesce(compared.blocked_reason, blocks.blocked_reason)
        end as blocked_reason,
        coalesce({{ dbt.dateadd('hour', '24 * coalesce(audiences.min_days_out, 0)', 'compared.turned_at') }} <= data_clock.changed_at, true)
            as may_return,
        {{ dbt.dateadd('hour', '24 * coalesce(audiences.min_days_in, 0)', 'compared.turned_at') }} <= data_clock.changed_at as may_leave
    from compared
    cross join data_clock
    left join {{ ref('destinations') }} as destinations on compared.destination_name = destinations.destination_name
    left join {{ ref('destination_audiences') }} as audiences
        on compared.destination_name = audiences.destination_name and compared.audience_name = audiences.audience_name
    left join names
        on
            destinations.identifier_type = names.identifier_type
            and compared.space_id = names.space_id and compared.recipient = names.recipient
    left join withdrawals on {{ hash_64(['compared.space_id', 'compared.recipient']) }} = withdrawals.id_number
    left join {{ ref('int_activation_blocks') }} as blocks
        on
            compared.destination_name = blocks.destination_name and compared.audience_name = blocks.audience_name
            and compared.space_id = blocks.space_id and names.universal_id = blocks.universal_id

)

select * from final
