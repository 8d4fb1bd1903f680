with known_ids as (

    select
        ids.id_number,
        found.space_id || ':' || found.universal_id as found_person,
        truth.space_id || ':' || truth.person_id as true_person
    from {{ ref('users') }} as found
    inner join {{ ref('stg_ground_truth__ids') }} as truth
        on
            found.space_id = truth.space_id
            and found.anonymous_id = truth.anonymous_id
    inner join {{ ref('int_identity_ids') }} as ids
        on
            found.space_id = ids.space_id
            and found.anonymous_id = ids.anonymous_id

),

sizes as (

    select
        'linked' as pair_type,
        count(*) as id_count
    from known_ids
    group by found_person
    union all
    select
        'correct' as pair_type,
        count(*) as id_count
    from known_ids
    group by found_person, true_person
    union all
    select
        'true' as pair_type,
        count(*) as id_count
    from known_ids
    group by true_person

),

pair_counts as (

    -- n ids are n * (n - 1) / 2 pairs: counted, never listed.
    select
        sum(case pair_type when 'linked' then id_count * (id_count - 1) / 2 end) as linked_pair_count,
        sum(case pair_type when 'correct' then id_count * (id_count - 1) / 2 end) as correct_pair_count,
        sum(case pair_type when 'true' then id_count * (id_count - 1) / 2 end) as true_pair_count
    from sizes

),

links_by_key as (

    select
        linked_pairs.key_type as scope,
        count(*) as linked_pair_count,
        sum(case when ids_a.true_person = ids_b.true_person then 1 else 0 end) as correct_pair_count
    from (
        select distinct
            key_type,
            id_number_a,
            id_number_b
        from {{ ref('int_identity_evidence') }}
    ) as linked_pairs
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

scopes as (

    select
        'all keys, after closure' as scope,
        linked_pair_count,
        correct_pair_count,
        correct_pair_count as reachable_pair_count,
        true_pair_count
    from pair_counts
    union all
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
