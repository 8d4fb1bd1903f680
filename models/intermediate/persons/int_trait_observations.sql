{{ config(materialized='view') }}
{% set source_place = dbt.position(
    "',' || observations.source_name || ','", "',' || replace(definitions.source_priority, ' ', '') || ','"
) %}

with definitions as (

    select * from {{ ref('trait_definitions') }}
    where is_enabled

),

of_sessions as (

    select
        sessions.space_id,
        sessions.universal_id,
        definitions.trait_name,
        case definitions.property_names
            when 'channel' then sessions.channel
            when 'campaign_channel' then nullif(sessions.channel, 'direct')
            when 'utm_source' then sessions.utm_source
            when 'utm_medium' then sessions.utm_medium
            when 'utm_campaign' then sessions.utm_campaign
            when 'referrer_host' then sessions.referrer_host
        end as trait_value,
        sessions.touched_at as observed_at,
        sessions.session_id as observation_id
    from {{ ref('sessions') }} as sessions
    inner join definitions on definitions.observed_in = 'sessions'
    where sessions.has_consent

),

of_conversions as (

    -- All that was paid up to then; conversions of one moment have the same sum.
    select
        conversions.space_id,
        conversions.universal_id,
        definitions.trait_name,
        conversions.currency_code,
        cast(sum(conversions.revenue_amount) over (
            partition by conversions.space_id, conversions.universal_id, definitions.trait_name, conversions.currency_code
            order by conversions.converted_at
        ) as {{ dbt.type_string() }}) as amount,
        conversions.converted_at as observed_at,
        conversions.conversion_id as observation_id
    from {{ ref('conversions') }} as conversions
    inner join definitions
        on
            definitions.observed_in = 'conversions'
            -- The amount of a lead or a signup is paid by nobody; a definition that names its event asks for it.
            and case
                when definitions.event_name is null then conversions.conversion_kind not in ('lead', 'signup')
                else conversions.event_name like definitions.event_name
            end
    where conversions.has_consent and conversions.revenue_amount is not null and conversions.currency_code is not null

),

observations as (

    select
        *,
        cast(null as {{ dbt.type_string() }}) as currency_code
    from {{ ref('int_event_traits') }}
    union all
    select
        space_id,
        universal_id,
        trait_name,
        trait_value,
        'sessions' as source_name,
        observed_at,
        observation_id,
        null as currency_code
    from of_sessions
    where trait_value is not null
    union all
    select
        space_id,
        universal_id,
        trait_name,
        -- One engine writes 12.5000 and another 12.5.
        case when amount like '%.%' then rtrim(rtrim(amount, '0'), '.') else amount end as trait_value,
        'conversions' as source_name,
        observed_at,
        observation_id,
        currency_code
    from of_conversions

),

final as (

    select
        observations.space_id,
        observations.universal_id,
        observations.trait_name || coalesce('_' || observations.currency_code, '') as trait_name,
        observations.trait_value,
        observations.source_name,
        observations.observed_at,
        observations.observation_id,
        definitions.rule,
        -- The place of the source in the list; sources that it does not name come last, all alike.
        coalesce(nullif({{ source_place }}, 0), 1000000) as source_rank
    from observations
    inner join definitions on observations.trait_name = definitions.trait_name
    inner join {{ ref('persons') }} as persons on observations.space_id = persons.space_id and observations.universal_id = persons.universal_id

)

select * from final
