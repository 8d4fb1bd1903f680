-- A trial whose last day lies behind the newest session has no decision. The data's newest day judges it, not the clock.
{{ config(severity='warn', store_failures=true) }}

with newest as (

    select max(cast(session_started_at as date)) as newest_date
    from {{ ref('sessions') }}

)

select
    trials.metric_name,
    trials.old_version,
    trials.new_version,
    trials.trial_to_date,
    newest.newest_date
from {{ ref('metric_signoffs') }} as trials
inner join newest
    on trials.trial_to_date < newest.newest_date
where trials.signed_off_on is null
