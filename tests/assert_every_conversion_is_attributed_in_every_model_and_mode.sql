-- Every conversion is attributed by both models and in both identity modes.
with conversions as (

    select * from {{ ref('conversions') }}

),

attributed as (

    select
        conversion_id,
        count(distinct attribution_model || ' ' || identity_mode) as model_and_mode_count
    from {{ ref('attributed_conversions') }}
    where
        attribution_model in ('first_touch', 'last_touch')
        and identity_mode in ('graph', 'cookie')
    group by conversion_id

)

select
    conversions.conversion_id,
    attributed.model_and_mode_count
from conversions
left join attributed on conversions.conversion_id = attributed.conversion_id
where coalesce(attributed.model_and_mode_count, 0) != 4
