{{ config(materialized='view') }}
with rules as (

    select
        key_type,
        key_type not in ('order_id', 'checkout_id') as is_sent,
        1 << (row_number() over (order by key_type) - 1) as key_bit
    from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

keys_of_ids as (

    -- As bits of one number, because a text for each id would cost ten times as much; 62 key types have room in it.
    select
        observations.id_number,
        bit_or(rules.key_bit) as all_bits
    from {{ ref('int_identity_observations') }} as observations
    inner join rules on observations.key_type = rules.key_type
    group by observations.id_number

),

converted_persons as (

    select {{ hash_64(['space_id', 'universal_id']) }} as person_number
    from {{ ref('persons') }}
    where last_purchased_at > (
        select {{ dbt.dateadd('day', '-' ~ var('statistics_period_days'), 'max(last_seen_at)') }}
        from {{ ref('persons') }}
    )

),

ids as (

    select
        resolved.space_id,
        converted_persons.person_number is not null as is_converted,
        coalesce(keys_of_ids.all_bits, 0) as key_bits,
        sum(case when resolved.component_size > 1 then 1 else 0 end) as stitched_count,
        count(*) as id_count
    from {{ ref('int_identity_resolved') }} as resolved
    left join keys_of_ids on resolved.id_number = keys_of_ids.id_number
    left join converted_persons on resolved.person_number = converted_persons.person_number
    group by resolved.space_id, is_converted, key_bits

),

stitching_rates as (

    select
        space_id,
        'stitching_rate' as rate,
        key_bits,
        stitched_count,
        id_count
    from ids
    union all
    select
        space_id,
        'stitching_rate_of_converted_users' as rate,
        key_bits & (select coalesce(bit_or(case when rules.is_sent then rules.key_bit else 0 end), 0) from rules) as key_bits,
        stitched_count,
        id_count
    from ids
    where is_converted

),

combinations as (

    select
        used_bits.key_bits,
        {{ dbt.listagg('rules.key_type', "' + '", 'order by rules.key_type') }} as key_combination
    from (select distinct key_bits from stitching_rates) as used_bits
    inner join rules on (used_bits.key_bits & rules.key_bit) != 0
    group by used_bits.key_bits

),

final as (

    select
        ids.space_id,
        'key_coverage_of_ids_of_converted_users' as metric,
        rules.key_type as breakdown,
        sum(case when (ids.key_bits & rules.key_bit) != 0 then ids.id_count end) / sum(ids.id_count) as metric_value,
        sum(ids.id_count) as sample_size
    from ids
    cross join rules
    where ids.is_converted
    group by ids.space_id, rules.key_type
    having bit_or(ids.key_bits & rules.key_bit) != 0
    union all
    select
        space_id,
        rate || '_by_key_type_count' as metric,
        cast(bit_count(key_bits) as {{ dbt.type_string() }}) as breakdown,
        sum(stitched_count) / sum(id_count) as metric_value,
        sum(id_count) as sample_size
    from stitching_rates
    group by space_id, rate, breakdown
    union all
    select
        stitching_rates.space_id,
        stitching_rates.rate || '_by_key_combination' as metric,
        coalesce(combinations.key_combination, 'none') as breakdown,
        sum(stitching_rates.stitched_count) / sum(stitching_rates.id_count) as metric_value,
        sum(stitching_rates.id_count) as sample_size
    from stitching_rates
    left join combinations on stitching_rates.key_bits = combinations.key_bits
    group by stitching_rates.space_id, stitching_rates.rate, breakdown

)

select * from final
