{{ config(materialized='view') }}
{% set keys_of_a_purchase = ['order_id', 'checkout_id'] %}

with converted_persons as (

    select {{ hash_64(['space_id', 'universal_id']) }} as person_number
    from {{ ref('persons') }}
    where last_purchased_at > (
        select {{ dbt.dateadd('day', '-' ~ var('statistics_period_days'), 'max(session_ended_at)') }}
        from {{ ref('sessions') }}
    )

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

ids as (

    -- Ids that are alike here are counted together.
    select
        resolved.space_id,
        resolved.component_size > 1 as is_stitched,
        converted_persons.person_number is not null as is_converted,
        profiles.key_type_count,
        profiles.key_combination,
        count(*) as id_count
    from {{ ref('int_identity_profiles') }} as profiles
    inner join {{ ref('int_identity_resolved') }} as resolved on profiles.id_number = resolved.id_number
    left join converted_persons on resolved.person_number = converted_persons.person_number
    group by resolved.space_id, is_stitched, is_converted, profiles.key_type_count, profiles.key_combination

),

converted_ids as (

    select
        *,
        sum(id_count) over (partition by space_id) as ids_of_space
    from ids
    where is_converted

),

key_types as (

    select distinct
        ids.key_combination,
        rules.key_type
    from ids
    inner join rules
        on ' + ' || ids.key_combination || ' + ' like '% + ' || rules.key_type || ' + %'

),

sent_combinations as (

    -- Who buys has the keys of the purchase by buying; the others are what the stream has to pass on.
    select
        key_combination,
        count(*) as key_type_count,
        {{ dbt.listagg('key_type', "' + '", 'order by key_type') }} as sent_combination
    from key_types
    where key_type not in ('{{ keys_of_a_purchase | join("', '") }}')
    group by key_combination

),

stitching_rates as (

    select
        space_id,
        'stitching_rate' as rate,
        key_type_count,
        key_combination,
        is_stitched,
        id_count
    from ids
    union all
    select
        converted_ids.space_id,
        'stitching_rate_of_converted_users' as rate,
        coalesce(sent_combinations.key_type_count, 0) as key_type_count,
        coalesce(sent_combinations.sent_combination, 'none') as key_combination,
        converted_ids.is_stitched,
        converted_ids.id_count
    from converted_ids
    left join sent_combinations on converted_ids.key_combination = sent_combinations.key_combination

),

final as (

    select
        converted_ids.space_id,
        'key_coverage_of_ids_of_converted_users' as metric,
        key_types.key_type as breakdown,
        sum(converted_ids.id_count) / min(converted_ids.ids_of_space) as metric_value,
        min(converted_ids.ids_of_space) as sample_size
    from converted_ids
    inner join key_types on converted_ids.key_combination = key_types.key_combination
    group by converted_ids.space_id, key_types.key_type
    union all
    select
        space_id,
        rate || '_by_key_type_count' as metric,
        cast(key_type_count as {{ dbt.type_string() }}) as breakdown,
        sum(case when is_stitched then id_count else 0 end) / sum(id_count) as metric_value,
        sum(id_count) as sample_size
    from stitching_rates
    group by space_id, rate, key_type_count
    union all
    select
        space_id,
        rate || '_by_key_combination' as metric,
        key_combination as breakdown,
        sum(case when is_stitched then id_count else 0 end) / sum(id_count) as metric_value,
        sum(id_count) as sample_size
    from stitching_rates
    group by space_id, rate, key_combination

)

select * from final
