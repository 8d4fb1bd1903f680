with unconverted_touches as (

    select * from {{ ref('int_path_touches') }}
    where conversion_id is null

),

unconverted_paths as (

    select
        space_id,
        identity_mode,
        identity_id,
        {{ dbt.listagg('case when is_in_path then channel end', "' > '", 'order by touch_position') }} as channel_path
    from unconverted_touches
    group by space_id, identity_mode, identity_id

),

paths as (

    select
        space_id,
        identity_mode,
        channel_path,
        currency_code,
        1 as conversion_count,
        revenue_amount,
        0 as non_conversion_count,
        days_to_convert
    from {{ ref('conversion_paths') }}
    where has_consent
    union all
    select
        space_id,
        identity_mode,
        channel_path,
        null as currency_code,
        0 as conversion_count,
        null as revenue_amount,
        1 as non_conversion_count,
        null as days_to_convert
    from unconverted_paths

),

final as (

    select
        space_id,
        identity_mode,
        channel_path,
        currency_code,
        cast(sum(conversion_count) as {{ dbt.type_bigint() }}) as conversion_count,
        cast(sum(non_conversion_count) as {{ dbt.type_bigint() }}) as non_conversion_count,
        cast(coalesce(sum(revenue_amount), 0) as {{ type_decimal(28, 4) }}) as revenue,
        cast(round(sum(days_to_convert) / nullif(count(days_to_convert), 0), 4) as {{ type_decimal(18, 4) }}) as average_days_to_convert
    from paths
    group by space_id, identity_mode, channel_path, currency_code

)

select * from final
