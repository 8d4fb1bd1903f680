-- Spend on a space without a conversion stands beside none: a name of the ad platform's, or a slip.
{{ config(
    severity='warn', store_failures=true,
    enabled=(env_var('IDENTITY_AD_SPEND', '') != '' or var('ad_spend_relation', none) is not none)
) }}

select
    space_id,
    count(*) as row_count
from {{ ref('stg_ad_spend__daily_spend') }}
where space_id not in (select conversions.space_id from {{ ref('conversions') }} as conversions)
group by space_id
