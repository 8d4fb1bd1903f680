with touches as (

    select * from {{ ref('int_path_touches') }}
    where conversion_id is not null and not is_refund

),

conversions as (

    select * from {{ ref('conversions') }}

),

paths as (

    select
        conversion_id,
        identity_mode,
        identity_id,
        {{ dbt.listagg('case when is_in_path then channel end', "' > '", 'order by touch_position') }} as channel_path,
        count(touch_position) as touch_count,
        min(touched_at) as first_touched_at
    from touches
    group by conversion_id, identity_mode, identity_id

),

final as (

    select
        conversions.conversion_id,
        conversions.event_name,
        paths.identity_mode,
        conversions.space_id,
        conversions.anonymous_id,
        conversions.universal_id,
        paths.identity_id,
        conversions.has_consent,
        conversions.converted_at,
        paths.channel_path,
        paths.touch_count,
        paths.first_touched_at,
        cast(round({{ dbt.datediff('paths.first_touched_at', 'conversions.converted_at', 'second') }} / 86400, 4) as {{ type_decimal(18, 4) }})
            as days_to_convert,
        conversions.revenue_amount,
        conversions.currency_code
    from paths
    inner join conversions on paths.conversion_id = conversions.conversion_id

)

select * from final
