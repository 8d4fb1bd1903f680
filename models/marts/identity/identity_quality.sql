{% set is_demo = target.type == 'duckdb' and env_var('IDENTITY_EVENTS', '') == '' and not var('generic_events_relation') %}
{#- Of other events nobody knows who is behind an id, unless a file or table says so. #}
{% set truth = source('ground_truth', 'ids') if is_demo or env_var('IDENTITY_TRUTH', '')
    else '(select *, universal_id as person_id from ' ~ ref('users') ~ ' where false)' %}

with known_ids as (

    -- The pairs of a person are counted, never listed: each id has all others, and each pair has two ids.
    select
        {{ hash_64(['found.space_id', 'found.anonymous_id']) }} as id_number,
        found.space_id || ':' || found.universal_id as found_person,
        truth.space_id || ':' || truth.person_id as true_person,
        count(*) over (partition by found.space_id, found.universal_id) - 1 as linked_count,
        count(*) over (partition by found.space_id, found.universal_id, truth.person_id) - 1 as correct_count,
        count(*) over (partition by truth.space_id, truth.person_id) - 1 as true_count
    from {{ ref('users') }} as found
    inner join {{ truth }} as truth on found.space_id = truth.space_id and found.anonymous_id = truth.anonymous_id
    where truth.person_id is not null

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

pairs as (

    select distinct
        key_type as scope,
        id_number_a,
        id_number_b,
        true as is_linked
    from {{ ref('int_identity_evidence') }}
    union all
    select
        key_type as scope,
        id_number_a,
        id_number_b,
        false as is_linked
    from reachable_pairs
    union all
    select distinct
        'any key, without closure' as scope,
        id_number_a,
        id_number_b,
        false as is_linked
    from reachable_pairs

),

scopes as (

    select
        'all keys, after closure' as scope,
        sum(linked_count) / 2 as linked_pair_count,
        sum(correct_count) / 2 as correct_pair_count,
        sum(correct_count) / 2 as reachable_pair_count,
        sum(true_count) / 2 as known_pair_count
    from known_ids
    union all
    select
        pairs.scope,
        sum(case when pairs.is_linked then 1 end) as linked_pair_count,
        sum(case when pairs.is_linked then case when ids_a.true_person = ids_b.true_person then 1 else 0 end end) as correct_pair_count,
        sum(case when not pairs.is_linked then 1 end) as reachable_pair_count,
        null as known_pair_count
    from pairs
    inner join known_ids as ids_a on pairs.id_number_a = ids_a.id_number
    inner join known_ids as ids_b on pairs.id_number_b = ids_b.id_number
    -- Refused links are in nobody's person.
    where ids_a.found_person = ids_b.found_person or not pairs.is_linked
    group by pairs.scope
    having sum(case when not pairs.is_linked then 1 end) > 0

),

final as (

    select
        scope,
        cast(linked_pair_count as {{ dbt.type_bigint() }}) as linked_pair_count,
        cast(correct_pair_count as {{ dbt.type_bigint() }}) as correct_pair_count,
        round(correct_pair_count / nullif(linked_pair_count, 0), 4) as pair_precision,
        cast(reachable_pair_count as {{ dbt.type_bigint() }}) as reachable_pair_count,
        cast(max(known_pair_count) over () as {{ dbt.type_bigint() }}) as true_pair_count,
        round(reachable_pair_count / nullif(max(known_pair_count) over (), 0), 4) as pair_recall
    from scopes
    -- Without truth there is nothing to compare with.
    qualify max(known_pair_count) over () > 0

)

select * from final
