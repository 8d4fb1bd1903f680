{% set figures_of_persons = {
    'ids_per_person': 'id_count',
    'share_of_persons_with_2_or_more_ids': 'case when id_count > 1 then 1 else 0 end'
} %}
{% set on_shared_devices = {
    "'ids'": ('users', '1'),
    "'sessions'": ('sessions', '1'),
    "'revenue ' || currency_code": ('conversions', 'case when not is_refund then revenue_amount end')
} %}
{% set by_size = 'partition by space_id order by id_count desc' %}
with persons as (

    select space_id, 'all' as breakdown, id_count from {{ ref('persons') }}  -- noqa: LT09
    union all
    select space_id, 'converted' as breakdown, id_count from {{ ref('persons') }}  -- noqa: LT09
    where last_purchased_at > (
        select {{ dbt.dateadd('day', '-' ~ var('statistics_period_days'), 'max(last_seen_at)') }}
        from {{ ref('persons') }}
    )

),

links as (

    select
        space_id,
        key_type,
        key_value,
        sum(case when is_link then 1 else 0 end) as link_count,
        count(*) as pair_count
    from {{ ref('identity_links') }}
    where is_accepted
    group by space_id, key_type, key_value

),

shared_devices as (

    select distinct space_id, anonymous_id from {{ ref('shared_devices') }}  -- noqa: LT09

),

statistics as (

    select * from {{ ref('int_statistics_of_keys') }}
    union all
    select * from {{ ref('int_statistics_of_events') }}
    {% for group in ['component', 'household'] %}
        union all
        select
            ids.space_id,
            'ids_in_dissolved_{{ group }}s' as metric,
            'all' as breakdown,
            sum(case when {{ 'ids' if group == 'component' else 'memberships' }}.is_outlier_{{ group }} then 1 else 0 end) as metric_value,
            count(*) as sample_size
        from {{ ref('int_identity_resolved') }} as ids
        inner join {{ ref('int_group_memberships') }} as memberships on ids.person_number = memberships.person_number
        group by ids.space_id
    {% endfor %}
    union all
    select space_id, 'dropped_keys' as metric, key_type || ': ' || drop_reason as breakdown,  -- noqa: LT02,LT09
        count(*) as metric_value, sum(id_count) as sample_size
    from {{ ref('int_identity_keys') }}
    where drop_reason is not null
    group by space_id, key_type, drop_reason
    union all
    select space_id, 'share_of_links' as metric, key_type as breakdown,  -- noqa: LT02,LT09
        sum(link_count) / sum(sum(link_count)) over (partition by space_id) as metric_value,
        sum(sum(link_count)) over (partition by space_id) as sample_size
    from links
    group by space_id, key_type
    union all
    select space_id, 'largest_share_of_links_by_one_key_value' as metric, 'all' as breakdown,  -- noqa: LT02,LT09
        max(pair_count) / sum(link_count) as metric_value, sum(link_count) as sample_size
    from links
    group by space_id
    {% for breakdown, (facts, value) in on_shared_devices.items() %}
        union all
        select counted.space_id, 'share_on_shared_devices' as metric, counted.breakdown,  -- noqa: LT02,LT09
            sum(case when shared_devices.anonymous_id is not null then counted.fact_value else 0 end) / sum(counted.fact_value) as metric_value,
            count(*) as sample_size
        from (select space_id, anonymous_id, {{ breakdown }} as breakdown, {{ value }} as fact_value from {{ ref(facts) }}) as counted  -- noqa
        left join shared_devices on counted.space_id = shared_devices.space_id and counted.anonymous_id = shared_devices.anonymous_id
        where counted.fact_value > 0 and counted.breakdown is not null
        group by counted.space_id, counted.breakdown
    {% endfor %}
    {% for metric, figure in figures_of_persons.items() %}
        union all
        select space_id, '{{ metric }}' as metric, breakdown, sum({{ figure }}) / count(*) as metric_value, count(*) as sample_size  -- noqa
        from persons
        group by space_id, breakdown
    {% endfor %}
    union all
    -- Which of two of one size comes first says nothing: only the sizes are told.
    select
        space_id,
        'largest_persons' as metric,
        'rank ' || right('0' || cast(row_number() over ({{ by_size }}) as {{ dbt.type_string() }}), 2) as breakdown,
        id_count as metric_value,
        1 as sample_size
    from {{ ref('persons') }}
    qualify row_number() over ({{ by_size }}) <= 10

),

final as (

    select
        space_id,
        metric,
        breakdown,
        round(cast(metric_value as {{ type_double() }}), 6) as metric_value,
        cast(sample_size as {{ dbt.type_bigint() }}) as sample_size
    from statistics

)

select * from final
