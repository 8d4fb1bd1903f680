-- Every conversion is attributed by every enabled model and in both identity modes.
with conversions as (

    select * from {{ ref('conversions') }}
    where {{ is_of_this_run('conversion_id') }}

),

models as (

    select count(*) as model_count
    from {{ ref('attribution_models') }}
    where is_enabled

),

attributed as (

    select
        conversion_id,
        count(distinct attribution_model || ' ' || identity_mode) as model_and_mode_count
    from {{ ref('attributed_conversions') }}
    where
        identity_mode in ('graph', 'cookie')
        and {{ is_of_this_run('conversion_id') }}
    group by conversion_id

)

select
    conversions.conversion_id,
    attributed.model_and_mode_count
from conversions
cross join models
left join attributed on conversions.conversion_id = attributed.conversion_id
where coalesce(attributed.model_and_mode_count, 0) != 2 * models.model_count
