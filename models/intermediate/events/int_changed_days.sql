-- Days on which what a visitor was observed with may have changed.
{{ config(meta={'lasts_for_a_run': true}) }}

with new_days as (

    select
        id_number,
        cast(occurred_at as date) as observed_date
    from {{ ref('int_uncounted_events') }}
    {% if last_complete_load() == 0 %}
        -- A table that is made again looks at all days.
        where false
    {% endif %}

),

restated_days as (

    select
        id_number,
        cast(occurred_at as date) as observed_date
    from {{ ref('int_restated_events') }}

),

final as (

    select * from new_days
    union distinct
    select * from restated_days

)

select * from final
