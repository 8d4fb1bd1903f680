with reports as (

    select
        {{ conversion_key('events') }} as conversion_id,
        events.conversion_kind,
        events.event_name,
        events.order_id,
        events.space_id,
        events.anonymous_id,
        coalesce(shared_events.id_number, events.id_number) as id_number,
        coalesce(shared_events.node_id, events.anonymous_id) as node_id,
        events.occurred_at,
        case when events.conversion_kind = 'refund' then -abs(events.revenue_amount) else events.revenue_amount end as revenue_amount,
        events.currency_code,
        events.has_consent,
        events.is_visit,
        events.source_name,
        events.event_id
    from {{ ref('int_events') }} as events
    left join {{ ref('int_shared_events') }} as shared_events on events.event_number = shared_events.event_number
    where events.is_conversion

),

reports_of_sessions as (

    -- What a server reports, or a record, may lie in no session.
    select
        reports.{{ all_but(['has_consent', 'currency_code']) }},  -- noqa: RF02
        sessions.session_id,
        coalesce(sessions.has_consent, true) and reports.has_consent as has_consent,
        min(reports.occurred_at) over (partition by reports.conversion_id) as converted_at,
        -- Of the same amount another report may name the currency that the first lacks.
        coalesce(
            reports.currency_code,
            case when min(reports.currency_code) over of_amount = max(reports.currency_code) over of_amount then min(reports.currency_code) over of_amount end
        ) as currency_code,
        -- A shop's server may say a moment earlier what the visitor's browser says, and knows less of who it was.
        case
            when
                reports.is_visit
                and sessions.session_started_at
                <= {{ dbt.dateadd('second', 60, 'min(reports.occurred_at) over (partition by reports.conversion_id)') }}
                then 0
            else 1
        end as report_rank
    from reports
    left join {{ ref('int_sessions') }} as sessions
        on
            reports.id_number = sessions.id_number
            and reports.occurred_at between sessions.session_started_at and sessions.session_ended_at
    window of_amount as (partition by reports.conversion_id, reports.revenue_amount)

),

first_reports as (

    -- The first report says when, and that of a visitor who was there says who and where; the first with an amount says how much.
    select
        {{ all_but(['revenue_amount', 'currency_code']) }},  -- noqa: RF02
        first_value(revenue_amount) over (
            partition by conversion_id
            order by case when revenue_amount is null then 1 else 0 end, occurred_at, report_rank, event_id, source_name
        ) as revenue_amount,
        first_value(currency_code) over (
            partition by conversion_id
            order by case when revenue_amount is null then 1 else 0 end, occurred_at, report_rank, event_id, source_name
        ) as currency_code
    from reports_of_sessions
    qualify row_number() over (partition by conversion_id order by report_rank, occurred_at, event_id, source_name) = 1

),

orders as (

    select * from first_reports
    where conversion_kind = 'order' and order_id is not null

),

paid_back as (

    -- Of several currencies what is in the order's own: amounts of two are never added up.
    select
        orders.space_id,
        orders.order_id,
        sum(refunds.revenue_amount) as revenue_amount
    from orders
    inner join first_reports as refunds on orders.space_id = refunds.space_id and orders.order_id = refunds.order_id
    where refunds.conversion_kind = 'refund' and coalesce(refunds.currency_code = orders.currency_code, true)
    group by orders.space_id, orders.order_id

),

conversions as (

    -- A refund is of who ordered, whoever reports it, and at the earliest of the order's moment.
    select
        first_reports.conversion_id,
        first_reports.conversion_kind,
        first_reports.conversion_kind = 'refund' as is_refund,
        first_reports.event_name,
        first_reports.order_id,
        first_reports.space_id,
        coalesce(orders.anonymous_id, first_reports.anonymous_id) as anonymous_id,
        coalesce(orders.id_number, first_reports.id_number) as id_number,
        coalesce(orders.node_id, first_reports.node_id) as node_id,
        case when orders.order_id is null then first_reports.session_id else orders.session_id end as session_id,
        coalesce(orders.has_consent, first_reports.has_consent) as has_consent,
        greatest(first_reports.converted_at, coalesce(orders.converted_at, first_reports.converted_at)) as converted_at,
        coalesce(orders.converted_at, first_reports.converted_at) as attributed_at,
        cast(case
            when first_reports.revenue_amount is not null or orders.revenue_amount is null then first_reports.revenue_amount
            -- Without an amount all that is left of the order is taken back.
            else -greatest(orders.revenue_amount + coalesce(paid_back.revenue_amount, 0), 0)
        end as {{ type_decimal(18, 4) }}) as revenue_amount,
        case
            when first_reports.revenue_amount is null then coalesce(orders.currency_code, first_reports.currency_code)
            else coalesce(first_reports.currency_code, orders.currency_code)
        end as currency_code
    from first_reports
    left join orders
        on
            first_reports.conversion_kind = 'refund'
            and first_reports.space_id = orders.space_id and first_reports.order_id = orders.order_id
    left join paid_back on orders.space_id = paid_back.space_id and orders.order_id = paid_back.order_id

),

final as (

    select
        conversions.{{ all_but(['id_number', 'currency_code']) }},  -- noqa: RF02
        case when conversions.revenue_amount is not null then conversions.currency_code end as currency_code,
        coalesce(anchors.node_id, conversions.anonymous_id) as universal_id
    from conversions
    left join {{ ref('int_identity_resolved') }} as resolved on conversions.id_number = resolved.id_number and conversions.has_consent
    left join {{ ref('int_identity_ids') }} as anchors on resolved.person_number = anchors.id_number

)

select * from final
