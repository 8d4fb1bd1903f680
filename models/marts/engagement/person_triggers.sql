{% set never = "cast('9999-12-31' as " ~ dbt.type_timestamp() ~ ")" %}
{% set ends = ['converted', 'returned', 'too_long_ago'] %}
{% set ended_at = 'least(' ~ ends | join(', ') ~ ')' %}
with episodes as (

    select * from {{ ref('int_trigger_episodes') }}

),

persons as (

    select * from {{ ref('persons') }}

),

data_clock as (

    -- As in audiences.
    select max(last_seen_at) as newest_event_at
    from persons

),

fired as (

    -- Days are of 24 hours, as in conversion_cohorts.
    select
        *,
        {{ dbt.dateadd('hour', '24 * days', 'episode_started_at') }} as triggered_at,
        coalesce(converted_at, {{ never }}) as converted,
        coalesce(returned_at, {{ never }}) as returned,
        coalesce({{ dbt.dateadd('hour', '24 * (days + max_days)', 'episode_started_at') }}, {{ never }}) as too_long_ago
    from episodes

),

final as (

    select
        fired.trigger_name,
        fired.space_id,
        fired.universal_id,
        fired.episode_started_at,
        fired.triggered_at,
        case when {{ ended_at }} <= data_clock.newest_event_at then {{ ended_at }} end as ended_at,
        case
            when {{ ended_at }} > data_clock.newest_event_at then null
            {%- for reason in ends %}
                when {{ ended_at }} = {{ reason }} then '{{ reason }}'
            {%- endfor %}
        end as end_reason,
        persons.identity_confidence,
        persons.is_activatable
    from fired
    inner join data_clock on fired.triggered_at <= data_clock.newest_event_at
    inner join persons on fired.space_id = persons.space_id and fired.universal_id = persons.universal_id
    where fired.triggered_at < least(fired.converted, fired.returned)

)

select * from final
