-- Spend on a channel that no rule gives stands beside no conversion: a name of the ad platform's, or a slip.
{{ config(
    severity='warn', store_failures=true,
    enabled=(env_var('IDENTITY_AD_SPEND', '') != '' or var('ad_spend_relation', none) is not none)
) }}

with rules as (

    select lower(channel) as channel from {{ ref('channel_rules') }}
    union distinct
    select lower(channel) as channel from {{ ref('click_id_parameters') }}

)

select
    channel,
    count(*) as row_count
from {{ ref('stg_ad_spend__daily_spend') }}
where lower(channel) not in (select rules.channel from rules)
group by channel
