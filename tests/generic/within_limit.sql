{#- Warns of figures on the wrong side of the alert's limit in health_thresholds, with the name of what to look at, unless somebody has
    acknowledged it until a day that the events have not passed. -#}
{% test within_limit(model, alert, judged, figure, scope, subject, sample_size) %}
    {{ config(severity='warn', store_failures=true) }}

    with figures as (

        select * from {{ model }}

    ),

    thresholds as (

        select * from {{ ref('health_thresholds') }}
        where alert = '{{ alert }}'

    ),

    acknowledgements as (

        select * from {{ ref('alert_acknowledgements') }}
        where
            alert = '{{ alert }}'
            and until_date >= (select cast(max(session_ended_at) as date) from {{ ref('sessions') }})

    ),

    over_the_limit as (

        select
            figures.*,
            thresholds.alert,
            thresholds.warn_limit,
            thresholds.owner,
            'docs/runbook/{{ alert }}.md' as runbook
        from figures
        cross join thresholds
        where
            {{ judged }}
            and {{ sample_size }} >= thresholds.min_expected
            and case
                when thresholds.direction = 'above' then {{ figure }} > thresholds.warn_limit
                else {{ figure }} < thresholds.warn_limit
            end

    )

    select over_the_limit.*
    from over_the_limit
    left join acknowledgements
        on
            over_the_limit.alert = acknowledgements.alert
            and coalesce(acknowledgements.scope, {{ scope }}) = {{ scope }}
            and coalesce(acknowledgements.subject, {{ subject }}) = {{ subject }}
    where acknowledgements.alert is null

{% endtest %}
