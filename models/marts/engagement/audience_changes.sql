{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        pre_hook="{{ 'delete from ' ~ this ~ ' where load_number not in (select load_number from '
            ~ relation_named('event_loads') ~ ' where is_complete)' if is_incremental() }}"
    )
}}
{# It outlives rebuilds: what was told stays told. Rows of a load that failed go, in the run after it.
    A run of some models has no load of its own: it adds to the last one, which has one row of a recipient. #}
{% set key = ['destination_name', 'audience_name', 'space_id', 'recipient'] %}
{% set person = '(partition by destination_name, audience_name, space_id, universal_id, case when not is_of_one_person then recipient end)' %}

with compared as (

    select * from {{ ref('int_audience_comparisons') }}

),

with_persons as (

    -- What was told of one name of a person holds for the others.
    select
        *,
        is_named and blocked_reason is null and not is_merged as belongs_in,
        max(case when is_member then 1 else 0 end) over {{ person }} = 1 as is_person_in,
        min(case when may_return then 1 else 0 end) over {{ person }} = 1 as may_person_return,
        min(case when is_member and is_merged then recipient end) over {{ person }} as former_name,
        min(case when is_named and blocked_reason is null then payload_checksum end) over {{ person }} as person_checksum
    from compared

),

with_episodes as (

    select
        *,
        is_trigger and max(case when told_checksum = person_checksum then 1 else 0 end) over {{ person }} = 1 as is_person_told
    from with_persons

),

judged as (

    select
        *,
        -- A trigger fires once in an episode. Nobody is told of a merge that is not sure, nor of who withdrew consent.
        former_name is not null and (is_person_told or not is_trigger) as goes_on,
        (is_person_in and may_return and not coalesce(is_trigger and told_checksum = payload_checksum, false))
        or (may_person_return and not is_person_told) as may_enter,
        is_merged and coalesce(blocked_reason, '') not in ('consent_withdrawn', 'confidence_fell') as is_told_merged
    from with_episodes

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
            when is_member then case when payload_checksum != told_checksum then case when is_trigger and not is_person_told then 'new_episode' else 'payload_changed' end end
            when belongs_in and goes_on then 'merged_from'
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
            when reason = 'merged_from' or reason in ('qualified', 'split_from') and belongs_in and may_enter then 'add'
            when reason in ('payload_changed', 'new_episode', 'split_from') or not is_member and reason = 'merged_into' then 'update'
            else 'remove'
        end as operation,  -- noqa: RF04
        case reason
            when 'merged_into' then universal_id when 'merged_from' then former_name when 'split_from' then nullif(merged_into, 'erased')
        end as related_recipient
    from with_reasons
    where
        reason is not null and {{ not flags.EMPTY }}
        {% if is_incremental() %}
            and not exists (
                select 1 from {{ this }} as told
                where told.load_number = {{ current_load() }}{% for name in key %} and told.{{ name }} = with_reasons.{{ name }}{% endfor %}
            )
        {% endif %}

),

final as (

    select
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number,
        {{ key | join(', ') }},
        operation,
        reason,
        related_recipient,
        case when operation = 'add' or is_member and operation = 'update' then payload_checksum else told_checksum end as payload_checksum,
        changed_at,
        {{ sha256_hex(key | join(" || '|' || ") ~ " || '|' || cast(" ~ current_load() ~ ' as ' ~ dbt.type_string() ~ ") || '|' || operation") }}
            as idempotency_key
    from with_operations

)

select * from final
