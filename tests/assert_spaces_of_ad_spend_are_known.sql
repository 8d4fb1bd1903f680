-- Spend on a space that nobody visited or converted in stands beside nothing: a name of the ad platform's, or a slip.
{{ config(
    severity='warn', store_failures=true,
    enabled=(env_var('IDENTITY_AD_SPEND', '') != '' or var('ad_spend_relation', none) is not none)
) }}

with spaces as (

    select space_id from {{ ref('sessions') }}
    union distinct
    select space_id from {{ ref('conversions') }}

)

select
    space_id,
    count(*) as row_count
from {{ ref('stg_ad_spend__daily_spend') }}
where space_id not in (select spaces.space_id from spaces)
group by space_id
