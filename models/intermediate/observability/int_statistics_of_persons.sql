{{ config(materialized='view') }}

with data_clock as (

    select {{ dbt.dateadd('day', '-' ~ var('statistics_period_days'), 'max(session_ended_at)') }} as period_started_at
    from {{ ref('sessions') }}

),

persons as (

    select
        persons.space_id,
        persons.universal_id,
        persons.id_count,
        coalesce(persons.last_purchased_at > data_clock.period_started_at, false) as is_converted
    from {{ ref('persons') }} as persons
    cross join data_clock

),

person_sizes as (

    select
        space_id,
        is_converted,
        id_count,
        count(*) as person_count
    from persons
    group by space_id, is_converted, id_count

),

sizes_by_breakdown as (

    select
        space_id,
        'all' as breakdown,
        id_count,
        person_count
    from person_sizes
    union all
    select
        space_id,
        'converted' as breakdown,
        id_count,
        person_count
    from person_sizes
    where is_converted

),

sizes_from_the_top as (

    select
        space_id,
        id_count,
        sum(sum(person_count)) over (partition by space_id order by id_count desc) - sum(person_count) as larger_persons
    from person_sizes
    group by space_id, id_count

),

ranked_persons as (

    -- Only the first ten are named, so the others need not be sorted.
    select
        persons.space_id,
        persons.id_count,
        row_number() over (
            partition by persons.space_id
            order by persons.id_count desc, persons.universal_id asc
        ) as size_rank
    from persons
    inner join sizes_from_the_top
        on
            persons.space_id = sizes_from_the_top.space_id
            and persons.id_count = sizes_from_the_top.id_count
    where sizes_from_the_top.larger_persons < 10

),

final as (

    select
        space_id,
        'ids_per_person' as metric,
        breakdown,
        sum(id_count * person_count) / sum(person_count) as metric_value,
        sum(person_count) as sample_size
    from sizes_by_breakdown
    group by space_id, breakdown
    union all
    select
        space_id,
        'share_of_persons_with_2_or_more_ids' as metric,
        breakdown,
        sum(case when id_count > 1 then person_count else 0 end) / sum(person_count) as metric_value,
        sum(person_count) as sample_size
    from sizes_by_breakdown
    group by space_id, breakdown
    union all
    select
        space_id,
        'largest_persons' as metric,
        'rank ' || right('0' || cast(size_rank as {{ dbt.type_string() }}), 2) as breakdown,
        id_count as metric_value,
        1 as sample_size
    from ranked_persons
    where size_rank <= 10

)

select * from final
