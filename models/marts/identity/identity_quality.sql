with truth as (

    select * from {{ ref('stg_ground_truth__ids') }}

),

users as (

    select * from {{ ref('users') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

known_ids as (

    select
        ids.id_number,
        users.space_id || ':' || users.universal_id as found_person,
        truth.space_id || ':' || truth.person_id as true_person
    from users
    inner join truth
        on
            users.space_id = truth.space_id
            and users.anonymous_id = truth.anonymous_id
    inner join ids
        on
            users.space_id = ids.space_id
            and users.anonymous_id = ids.anonymous_id

),

found_sizes as (

    select count(*) as id_count
    from known_ids
    group by found_person

),

true_sizes as (

    select count(*) as id_count
    from known_ids
    group by true_person

),

correct_sizes as (

    select count(*) as id_count
    from known_ids
    group by found_person, true_person

),

pair_counts as (

    -- n ids are n * (n - 1) / 2 pairs: counted, never listed.
    select
        (select coalesce(sum(id_count * (id_count - 1) / 2), 0) from found_sizes) as linked_pair_count,
        (select coalesce(sum(id_count * (id_count - 1) / 2), 0) from correct_sizes) as correct_pair_count,
        (select coalesce(sum(id_count * (id_count - 1) / 2), 0) from true_sizes) as true_pair_count

),

overall as (

    select
        'all keys, after closure' as scope,
        linked_pair_count,
        correct_pair_count,
        correct_pair_count as reachable_pair_count,
        true_pair_count
    from pair_counts

),

linked_pairs as (

    select distinct
        key_type,
        id_number_a,
        id_number_b
    from {{ ref('int_identity_evidence') }}

),

links_by_key as (

    select
        linked_pairs.key_type as scope,
        count(*) as linked_pair_count,
        sum(case when ids_a.true_person = ids_b.true_person then 1 else 0 end) as correct_pair_count
    from linked_pairs
    inner join known_ids as ids_a on linked_pairs.id_number_a = ids_a.id_number
    inner join known_ids as ids_b on linked_pairs.id_number_b = ids_b.id_number
    -- Refused links are in nobody's person.
    where ids_a.found_person = ids_b.found_person
    group by linked_pairs.key_type

),

observed_keys as (

    select distinct
        known_ids.true_person,
        known_ids.id_number,
        linkable.key_type,
        linkable.key_number
    from {{ ref('int_identity_linkable_observations') }} as linkable
    inner join known_ids on linkable.id_number = known_ids.id_number

),

reachable_pairs as (

    -- True pairs that were seen with one kept key value at all: what a key could give at best, without closure.
    select distinct
        one.key_type,
        one.id_number as id_number_a,
        other.id_number as id_number_b
    from observed_keys as one
    inner join observed_keys as other
        on
            one.true_person = other.true_person
            and one.key_number = other.key_number
            and one.id_number < other.id_number

),

reachable_by_key as (

    select
        key_type as scope,
        count(*) as reachable_pair_count
    from reachable_pairs
    group by key_type
    union all
    select
        'any key, without closure' as scope,
        count(*) as reachable_pair_count
    from (
        select distinct
            id_number_a,
            id_number_b
        from reachable_pairs
    ) as distinct_pairs

),

by_key as (

    select
        reachable_by_key.scope,
        links_by_key.linked_pair_count,
        links_by_key.correct_pair_count,
        reachable_by_key.reachable_pair_count,
        pair_counts.true_pair_count
    from reachable_by_key
    left join links_by_key on reachable_by_key.scope = links_by_key.scope
    cross join pair_counts

),

scopes as (

    select * from overall
    union all
    select * from by_key

),

final as (

    select
        scope,
        cast(linked_pair_count as {{ dbt.type_bigint() }}) as linked_pair_count,
        cast(correct_pair_count as {{ dbt.type_bigint() }}) as correct_pair_count,
        round(correct_pair_count / nullif(linked_pair_count, 0), 4) as pair_precision,
        cast(reachable_pair_count as {{ dbt.type_bigint() }}) as reachable_pair_count,
        cast(true_pair_count as {{ dbt.type_bigint() }}) as true_pair_count,
        round(reachable_pair_count / nullif(true_pair_count, 0), 4) as pair_recall
    from scopes
    -- Without truth there is nothing to compare with.
    where true_pair_count > 0

)

select * from final
