{% set first_day = "cast('2015-01-01' as " ~ dbt.type_timestamp() ~ ")" %}
{% set day_after = "cast('2036-01-01' as " ~ dbt.type_timestamp() ~ ")" %}

with days as (

    {{ dbt.date_spine('day', first_day, day_after) }}

),

final as (

    select cast(date_day as date) as date_day
    from days

)

select * from final
