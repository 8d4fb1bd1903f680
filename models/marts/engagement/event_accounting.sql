with event_volume as (

    select * from {{ ref('event_volume') }}

),

final as (

    select
        source_name,
        disposition,
        reason,
        cast(sum(row_count) as {{ dbt.type_bigint() }}) as row_count,
        cast(sum(late_count) as {{ dbt.type_bigint() }}) as late_count,
        cast(sum(provisional_count) as {{ dbt.type_bigint() }}) as provisional_count,
        cast(sum(without_consent_count) as {{ dbt.type_bigint() }}) as without_consent_count,
        cast(sum(unregistered_count) as {{ dbt.type_bigint() }}) as unregistered_count
    from event_volume
    group by source_name, disposition, reason

)

select * from final
