with conversion_events as (

    select * from {{ ref('int_events') }}
    where is_conversion

),

sessions as (

    select * from {{ ref('sessions') }}

),

first_reports as (

    -- Browser and server may both report an order; the first report counts.
    select
        *,
        case
            when order_id is not null then {{ surrogate_key(["'order'", 'space_id', 'order_id']) }}
            else {{ surrogate_key(["'event'", 'source_name', 'event_id']) }}
        end as conversion_id
    from conversion_events
    qualify
        row_number() over (
            partition by conversion_id
            order by occurred_at, event_id, source_name
        ) = 1

),

final as (

    select
        first_reports.conversion_id,
        first_reports.event_name,
        first_reports.order_id,
        first_reports.space_id,
        first_reports.anonymous_id,
        sessions.universal_id,
        sessions.session_id,
        first_reports.occurred_at as converted_at,
        first_reports.revenue_amount,
        first_reports.currency_code
    from first_reports
    inner join sessions
        on
            first_reports.space_id = sessions.space_id
            and first_reports.anonymous_id = sessions.anonymous_id
            and first_reports.occurred_at between sessions.session_started_at and sessions.session_ended_at

)

select * from final
