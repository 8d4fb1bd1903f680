-- Every channel but `unassigned` stands in a rule.
with rules as (

    select channel from {{ ref('channel_rules') }}
    union distinct
    select channel from {{ ref('click_id_parameters') }}

)

select *
from {{ ref('int_campaign_sessions') }}
where channel != 'unassigned' and channel not in (select rules.channel from rules)
