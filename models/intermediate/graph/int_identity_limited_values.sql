-- A pair that must stay apart is a limit, too: of its two ends a person may hold one.
with limits as (

    select
        key_type,
        max_values_per_profile
    from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and max_values_per_profile is not null

),

overrides as (

    select
        {{ hash_64(['space_id', 'anonymous_id_a']) }} as one,
        {{ hash_64(['space_id', 'anonymous_id_b']) }} as other
    from {{ ref('identity_overrides') }}
    where override_type = 'never_link' and anonymous_id_a != anonymous_id_b

),

never_links as (

    select distinct
        least(one, other) as id_number_a,
        greatest(one, other) as id_number_b,
        'never_link: ' || cast(least(one, other) as {{ dbt.type_string() }})
        || ' ' || cast(greatest(one, other) as {{ dbt.type_string() }}) as key_type
    from overrides

),

shared_ids as (

    select distinct visitor_number, id_number from {{ ref('int_shared_events') }}  -- noqa: LT09

),

never_link_ends as (

    select key_type, id_number_a as end_number from never_links  -- noqa: LT09
    union all
    select key_type, id_number_b as end_number from never_links  -- noqa: LT09

),

logins as (

    -- An alias, or a merge, names two logins of one user: they are one value of the limit.
    select distinct
        id_number,
        key_number,
        key_number as user_number
    from {{ ref('int_identity_observations') }}
    where key_type = 'user_id'
    qualify min(key_number) over (partition by id_number) != max(key_number) over (partition by id_number)

),

-- Also by way of others, up to so many.
{% for round in range(4) %}
    users_{{ round }} as (

        select
            id_number,
            key_number,
            min(user_number) over (partition by key_number) as user_number
        from (
            select
                id_number,
                key_number,
                min(user_number) over (partition by id_number) as user_number
            from {{ 'users_' ~ (round - 1) if round else 'logins' }}
        ) as logins_of_ids

    ),

{% endfor %}
same_logins as (

    select distinct
        key_number,
        user_number
    from users_3

),

id_values as (

    select distinct
        observations.id_number,
        observations.key_type,
        coalesce(same_logins.user_number, observations.key_number) as key_number,
        limits.max_values_per_profile
    from {{ ref('int_identity_observations') }} as observations
    inner join limits on observations.key_type = limits.key_type
    left join same_logins on observations.key_number = same_logins.key_number
    union all
    -- An end that several users shared is each of them.
    select
        coalesce(shared_ids.id_number, never_link_ends.end_number) as id_number,
        never_link_ends.key_type,
        never_link_ends.end_number as key_number,
        1 as max_values_per_profile
    from never_link_ends
    left join shared_ids on never_link_ends.end_number = shared_ids.visitor_number

),

final as (

    select
        *,
        count(*) over (partition by id_number, key_type) as value_count
    from id_values

)

select * from final
