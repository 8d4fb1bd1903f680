with person_sizes as (

    select
        space_id,
        is_converted,
        id_count,
        count(*) as person_count
    from {{ ref('persons') }}
    group by space_id, is_converted, id_count

),

converted_persons as (

    select {{ hash_64(['space_id', 'universal_id']) }} as person_number
    from {{ ref('persons') }}
    where is_converted

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

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

keys as (

    select * from {{ ref('int_identity_keys') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

profiles as (

    select * from {{ ref('int_identity_profiles') }}

),

id_profiles as (

    -- Ids that are alike here are counted together.
    select
        resolved.space_id,
        resolved.component_size > 1 as is_stitched,
        converted_persons.person_number is not null as is_converted,
        profiles.key_type_count,
        profiles.key_combination,
        count(*) as id_count
    from profiles
    inner join resolved on profiles.id_number = resolved.id_number
    left join converted_persons on resolved.person_number = converted_persons.person_number
    group by resolved.space_id, is_stitched, is_converted, profiles.key_type_count, profiles.key_combination

),

converted_key_types as (

    select
        id_profiles.space_id,
        rules.key_type,
        sum(id_profiles.id_count) as id_count
    from id_profiles
    inner join rules
        on ' + ' || id_profiles.key_combination || ' + ' like '% + ' || rules.key_type || ' + %'
    where id_profiles.is_converted
    group by id_profiles.space_id, rules.key_type

),

converted_ids as (

    select
        space_id,
        sum(id_count) as id_count
    from id_profiles
    where is_converted
    group by space_id

),

links_by_key_value as (

    select
        space_id,
        key_type,
        key_value,
        count(*) as link_count
    from {{ ref('identity_links') }}
    where is_accepted
    group by space_id, key_type, key_value

),

link_counts as (

    select
        space_id,
        sum(link_count) as link_count
    from links_by_key_value
    group by space_id

),

sizes_from_the_top as (

    select
        space_id,
        id_count,
        sum(sum(person_count)) over (partition by space_id order by id_count desc) - sum(person_count) as larger_persons
    from person_sizes
    group by space_id, id_count

),

large_persons as (

    -- Only the first ten are named, so the others need not be sorted.
    select
        persons.space_id,
        persons.universal_id,
        persons.id_count
    from {{ ref('persons') }} as persons
    inner join sizes_from_the_top
        on
            persons.space_id = sizes_from_the_top.space_id
            and persons.id_count = sizes_from_the_top.id_count
    where sizes_from_the_top.larger_persons < 10

),

ranked_persons as (

    select
        space_id,
        id_count,
        row_number() over (partition by space_id order by id_count desc, universal_id asc) as size_rank
    from large_persons

),

statistics as (

    select
        converted_ids.space_id,
        'key_coverage_of_ids_of_converted_users' as metric,
        converted_key_types.key_type as breakdown,
        converted_key_types.id_count / converted_ids.id_count as metric_value,
        converted_ids.id_count as sample_size
    from converted_key_types
    inner join converted_ids on converted_key_types.space_id = converted_ids.space_id
    union all
    select
        space_id,
        'stitching_rate_by_key_type_count' as metric,
        cast(key_type_count as {{ dbt.type_string() }}) as breakdown,
        sum(case when is_stitched then id_count else 0 end) / sum(id_count) as metric_value,
        sum(id_count) as sample_size
    from id_profiles
    group by space_id, key_type_count
    union all
    select
        space_id,
        'stitching_rate_by_key_combination' as metric,
        key_combination as breakdown,
        sum(case when is_stitched then id_count else 0 end) / sum(id_count) as metric_value,
        sum(id_count) as sample_size
    from id_profiles
    group by space_id, key_combination
    union all
    select
        space_id,
        'ids_per_person' as metric,
        'all' as breakdown,
        sum(id_count * person_count) / sum(person_count) as metric_value,
        sum(person_count) as sample_size
    from person_sizes
    group by space_id
    union all
    select
        space_id,
        'ids_per_person' as metric,
        'converted' as breakdown,
        sum(id_count * person_count) / sum(person_count) as metric_value,
        sum(person_count) as sample_size
    from person_sizes
    where is_converted
    group by space_id
    union all
    select
        space_id,
        'share_of_persons_with_2_or_more_ids' as metric,
        'all' as breakdown,
        sum(case when id_count > 1 then person_count else 0 end) / sum(person_count) as metric_value,
        sum(person_count) as sample_size
    from person_sizes
    group by space_id
    union all
    select
        space_id,
        'share_of_persons_with_2_or_more_ids' as metric,
        'converted' as breakdown,
        sum(case when id_count > 1 then person_count else 0 end) / sum(person_count) as metric_value,
        sum(person_count) as sample_size
    from person_sizes
    where is_converted
    group by space_id
    union all
    select
        space_id,
        'dropped_keys' as metric,
        key_type || ': ' || drop_reason as breakdown,
        count(*) as metric_value,
        sum(id_count) as sample_size
    from keys
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
        space_id,
        'largest_persons' as metric,
        'rank ' || right('0' || cast(size_rank as {{ dbt.type_string() }}), 2) as breakdown,
        id_count as metric_value,
        1 as sample_size
    from ranked_persons
    where size_rank <= 10
    union all
    select
        links_by_key_value.space_id,
        'share_of_links' as metric,
        links_by_key_value.key_type as breakdown,
        sum(links_by_key_value.link_count) / min(link_counts.link_count) as metric_value,
        min(link_counts.link_count) as sample_size
    from links_by_key_value
    inner join link_counts on links_by_key_value.space_id = link_counts.space_id
    group by links_by_key_value.space_id, links_by_key_value.key_type
    union all
    select
        links_by_key_value.space_id,
        'largest_share_of_links_by_one_key_value' as metric,
        'all' as breakdown,
        max(links_by_key_value.link_count) / min(link_counts.link_count) as metric_value,
        min(link_counts.link_count) as sample_size
    from links_by_key_value
    inner join link_counts on links_by_key_value.space_id = link_counts.space_id
    group by links_by_key_value.space_id

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
