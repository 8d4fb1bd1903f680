{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        pre_hook="{{ 'delete from ' ~ this ~ ' where load_number not in (select load_number from '
            ~ relation_named('event_loads') ~ ' where is_complete)' if is_incremental() }}"
    )
}}
{# It outlives rebuilds: what was told stays told. Rows of a load that failed go, in the run after it. #}
{% set key = ['destination_name', 'audience_name', 'space_id', 'recipient'] %}

with compared as (

    select * from {{ ref('int_audience_comparisons') }}

),

judged as (

    select
        *,
        is_named and blocked_reason is null and not is_merged as belongs_in,
        -- Nobody is told of a merge that is not sure, nor of who withdrew consent.
        is_merged and coalesce(blocked_reason, '') not in ('consent_withdrawn', 'confidence_fell') as is_told_merged
    from compared

),

with_reasons as (

    select
        *,
        case
            when is_forgotten then case when coalesce(last_reason, '') != 'erased' then 'erased' end
            when is_member and not is_on then 'switched_off'
            when not is_on then null
            when is_member and is_told_merged then 'merged_into'
            when is_member and blocked_reason is not null then blocked_reason
            when is_member and not is_named then case when may_leave then 'left' end
            when is_member then case when payload_checksum != told_checksum then 'payload_changed' end
            when belongs_in and may_enter then case when merged_into is null then 'qualified' else 'split_from' end
            -- Who is out already, for destinations that know persons by more names than one.
            when not sends_merges or coalesce(blocked_reason, '') = 'consent_withdrawn' then null
            when is_told_merged then case when universal_id != coalesce(merged_into, '') then 'merged_into' end
            when merged_into is not null and not is_merged then 'split_from'
        end as reason
    from judged

),

with_operations as (

    select
        *,
        case
            when reason in ('qualified', 'split_from') and belongs_in and may_enter then 'add'
            when reason in ('payload_changed', 'split_from') or not is_member and reason = 'merged_into' then 'update'
            else 'remove'
        end as operation,  -- noqa: RF04
        case reason when 'merged_into' then universal_id when 'split_from' then nullif(merged_into, 'erased') end as related_recipient
    from with_reasons
    -- A run of some models only has no load of its own, and a load has one row of a recipient.
    where reason is not null and told_in_load < {{ current_load() }} and {{ not flags.EMPTY }}

),

final as (

    select
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number,
        {{ key | join(', ') }},
        operation,
        reason,
        related_recipient,
        case operation when 'remove' then told_checksum else payload_checksum end as payload_checksum,
        changed_at,
        {{ sha256_hex(
            key | join(" || '|' || ") ~ " || '|' || cast(" ~ current_load() ~ ' as ' ~ dbt.type_string() ~ ") || '|' || operation"
        ) }} as idempotency_key
    from with_operations

)

select * from final
