-- Every conversion is attributed by both models and in both identity modes, and nothing else is attributed.
with expected as (

    select
        conversions.conversion_id,
        models.attribution_model,
        modes.identity_mode
    from {{ ref('conversions') }} as conversions
    cross join (select 'first_touch' as attribution_model union all select 'last_touch' as attribution_model) as models
    cross join (select 'graph' as identity_mode union all select 'cookie' as identity_mode) as modes

),

actual as (

    select distinct
        conversion_id,
        attribution_model,
        identity_mode
    from {{ ref('attributed_conversions') }}

)

select
    expected.conversion_id as expected_conversion_id,
    expected.attribution_model as expected_attribution_model,
    expected.identity_mode as expected_identity_mode,
    actual.*
from expected
full outer join actual
    on
        expected.conversion_id = actual.conversion_id
        and expected.attribution_model = actual.attribution_model
        and expected.identity_mode = actual.identity_mode
where expected.conversion_id is null or actual.conversion_id is null
