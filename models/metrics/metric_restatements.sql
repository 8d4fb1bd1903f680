{{ config(materialized='view') }}

with versions as (

    select * from {{ ref('int_metric_versions') }}
    where is_restatement

),

loads as (

    -- A run that failed has published nothing.
    select * from {{ previous_run('event_loads') }}
    where is_complete

),

final as (

    select
        versions.load_number,
        loads.started_at as restated_at,
        versions.metric_name,
        versions.metric_date,
        versions.dimension_name,
        versions.dimension_value,
        versions.currency_code,
        versions.old_value,
        versions.new_value,
        cast(versions.new_value - versions.old_value as {{ type_decimal(32, 8) }}) as value_difference,
        versions.cause,
        versions.has_other_causes
    from versions
    inner join loads on versions.load_number = loads.load_number

)

select * from final
