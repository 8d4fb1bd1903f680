{{ config(materialized='table') }}
{% set continues = last_complete_load() > 0 and execute and load_relation(this) is not none %}

-- depends_on: {{ ref('int_event_duplicates') }}
with changes as (

    -- Of two statements at one moment, the withdrawal counts.
    select
        id_number,
        occurred_at as changed_at,
        min({{ key_of_derived_id() }}) as key_number,
        min(case when has_consent then 1 else 0 end) = 1 as has_consent
    from {{ ref('int_events_received') }}
    where is_consent_change and rejection_reason is null and not is_buffered and not is_duplicate
    group by id_number, occurred_at

),

with_next as (

    select
        *,
        lead(changed_at) over (partition by id_number order by changed_at) as next_changed_at,
        last_value(has_consent) over (
            partition by id_number order by changed_at rows between unbounded preceding and unbounded following
        ) as has_consent_now
    from changes

),

withdrawals as (

    select
        id_number,
        key_number,
        {% if var('consent_withdrawal_retracts') == 'all_events' %}
            case
                when next_changed_at is null then cast('1900-01-01' as {{ dbt.type_timestamp() }})
                else changed_at
            end as withdrawn_at,
        {% else %}
            changed_at as withdrawn_at,
        {% endif %}
        next_changed_at as restored_at
    from with_next
    where
        not has_consent
        and (
            {{ 'true' if var('consent_withdrawal_retracts') == 'later_events' else 'false' }}
            or next_changed_at is null
            or has_consent_now
        )

),

final as (

    select
        withdrawals.id_number,
        withdrawals.key_number,
        withdrawals.withdrawn_at,
        withdrawals.restored_at,
        {% if continues %}
            -- The run that found it; one that is as it was is no news.
            coalesce(known.load_number, cast({{ current_load() }} as {{ dbt.type_bigint() }})) as load_number
        {% else %}
            cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
        {% endif %}
    from withdrawals
    {% if continues %}
        left join {{ this }} as known
            on
                withdrawals.id_number = known.id_number
                and withdrawals.withdrawn_at = known.withdrawn_at
                and withdrawals.restored_at is not distinct from known.restored_at
    {% endif %}

)

select * from final
