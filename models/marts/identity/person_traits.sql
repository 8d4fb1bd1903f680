with observations as (

    -- Observations of one moment come in the order of their ids.
    select
        *,
        row_number() over (
            partition by space_id, universal_id, trait_name order by observed_at, observation_id, source_name
        ) as place
    from {{ ref('int_trait_observations') }}

),

counted as (

    select
        *,
        count(*) over (
            partition by space_id, universal_id, trait_name, source_rank, trait_value order by place rows unbounded preceding
        ) as value_count
    from observations

),

preferred as (

    -- A better source goes before all; within it the rule decides. The last of equally frequent values is the later one.
    select
        *,
        row_number() over (
            partition by space_id, universal_id, trait_name
            order by
                source_rank desc,
                case when rule = 'most_frequent' then value_count else 0 end,
                case when rule = 'first' then -place else place end
        ) as preference
    from counted

),

in_force as (

    -- What is preferred to all that was seen up to then, in the same moment too.
    select * from preferred
    qualify preference = max(preference) over (partition by space_id, universal_id, trait_name order by observed_at)

),

compared as (

    select
        *,
        case
            when
                trait_value = lag(trait_value) over (partition by space_id, universal_id, trait_name order by observed_at)
                and source_name = lag(source_name) over (partition by space_id, universal_id, trait_name order by observed_at)
                then 0
            else 1
        end as is_change
    from in_force

),

numbered as (

    select
        *,
        sum(is_change) over (
            partition by space_id, universal_id, trait_name order by observed_at rows unbounded preceding
        ) as range_number
    from compared

),

ranges as (

    select
        space_id,
        universal_id,
        trait_name,
        trait_value,
        source_name,
        rule,
        min(observed_at) as valid_from_at,
        max(observed_at) as last_observed_at
    from numbered
    group by space_id, universal_id, trait_name, range_number, trait_value, source_name, rule

),

followed as (

    select
        *,
        lead(valid_from_at) over (partition by space_id, universal_id, trait_name order by valid_from_at) as valid_to_at
    from ranges

),

final as (

    select
        space_id,
        universal_id,
        trait_name,
        trait_value,
        source_name,
        rule,
        valid_from_at,
        valid_to_at,
        valid_to_at is null as is_current,
        last_observed_at
    from followed

)

select * from final
