with links as (

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

links_of_spaces as (

    select
        space_id,
        sum(link_count) as link_count
    from links
    group by space_id

),

dissolved_ids as (

    select
        space_id,
        sum(case when is_outlier_component then 1 else 0 end) as ids_in_components,
        sum(case when is_outlier_household then 1 else 0 end) as ids_in_households,
        count(*) as id_count
    from {{ ref('users') }}
    group by space_id

),

statistics as (

    select * from {{ ref('int_statistics_of_keys') }}
    union all
    select * from {{ ref('int_statistics_of_persons') }}
    union all
    select * from {{ ref('int_statistics_of_events') }}
    union all
    select
        space_id,
        'dropped_keys' as metric,
        key_type || ': ' || drop_reason as breakdown,
        count(*) as metric_value,
        sum(id_count) as sample_size
    from {{ ref('int_identity_keys') }}
    where drop_reason is not null
    group by space_id, key_type, drop_reason
    union all
    select
        space_id,
        'ids_in_dissolved_components' as metric,
        'all' as breakdown,
        ids_in_components as metric_value,
        id_count as sample_size
    from dissolved_ids
    union all
    select
        space_id,
        'ids_in_dissolved_households' as metric,
        'all' as breakdown,
        ids_in_households as metric_value,
        id_count as sample_size
    from dissolved_ids
    union all
    select
        links.space_id,
        'share_of_links' as metric,
        links.key_type as breakdown,
        sum(links.link_count) / min(links_of_spaces.link_count) as metric_value,
        min(links_of_spaces.link_count) as sample_size
    from links
    inner join links_of_spaces on links.space_id = links_of_spaces.space_id
    group by links.space_id, links.key_type
    union all
    select
        links.space_id,
        'largest_share_of_links_by_one_key_value' as metric,
        'all' as breakdown,
        max(links.pair_count) / min(links_of_spaces.link_count) as metric_value,
        min(links_of_spaces.link_count) as sample_size
    from links
    inner join links_of_spaces on links.space_id = links_of_spaces.space_id
    group by links.space_id

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
