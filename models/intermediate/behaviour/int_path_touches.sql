{{ config(materialized='table') }}

with touches as (

    select
        identity_mode,
        space_id,
        identity_id,
        conversion_id,
        is_refund,
        touch_position,
        touched_at,
        channel
    from {{ ref('attributed_conversions') }}
    where attribution_model = '{{ var('path_attribution_model') }}'
    union all
    select
        identity_mode,
        space_id,
        identity_id,
        cast(null as {{ dbt.type_string() }}) as conversion_id,
        false as is_refund,
        touch_position,
        touched_at,
        channel
    from {{ ref('int_unconverted_touches') }}

),

kept as (

    -- remove_if_last_and_not_all: direct visits at the end are no part of the path, unless it has nothing else.
    select *
    from touches
    qualify
        not {{ var('path_remove_last_direct') | lower }}
        or coalesce(touch_position <= max(case when channel != 'direct' then touch_position end) over (
            partition by identity_mode, space_id, identity_id, conversion_id
        ), true)

),

final as (

    select
        *,
        case '{{ var('path_transform') }}'
            when 'exposure_path' then coalesce(channel != lag(channel) over path, true)
            when 'first_path' then row_number() over channel_of_path = 1
            else true
        end as is_in_path
    from kept
    window
        path as (partition by identity_mode, space_id, identity_id, conversion_id order by touch_position),
        channel_of_path as (partition by identity_mode, space_id, identity_id, conversion_id, channel order by touch_position)

)

select * from final
