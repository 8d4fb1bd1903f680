{% set is_demo = target.type == 'duckdb' and env_var('IDENTITY_EVENTS', '') == '' and not var('generic_events_relation') %}
{% set truth = source('ground_truth', 'ids') if is_demo or env_var('IDENTITY_TRUTH', '') %}
{% set columns = adapter.dispatch('source_columns', 'identity_graph')(truth) if execute and truth else {} %}
{% set true_pairs = "coalesce(known_pair_count, max(case scope when 'all keys, after closure' then known_pair_count end) over ())" %}
{% set started_at = raw_column(columns, 'started_at', dbt.type_timestamp()) %}

with truth as (

    -- Of an id that several persons used, from when on each did; of any other one row without a time.
    select
        space_id,
        anonymous_id,
        person_id,
        {{ started_at }} as started_at,
        lead({{ started_at }}) over (partition by space_id, anonymous_id order by {{ started_at }}) as ended_at
    from {{ truth or '(select *, anonymous_id as person_id from ' ~ ref('int_identity_ids') ~ ' where false) as nobody' }}
    where person_id is not null

),

known_sessions as (

    select sessions.session_id, sessions.node_id, sessions.space_id || ':' || sessions.universal_id as found_person,  -- noqa: LT02,LT09
        truth.space_id || ':' || truth.person_id as true_person
    from {{ ref('sessions') }} as sessions
    inner join truth on sessions.space_id = truth.space_id and sessions.anonymous_id = truth.anonymous_id
    where
        sessions.has_consent and sessions.session_started_at >= coalesce(truth.started_at, sessions.session_started_at)
        and (truth.ended_at is null or sessions.session_started_at < truth.ended_at)

),

known_ids as (

    -- Of an id that several users shared, each part has the person of most of its sessions.
    select ids.id_number, resolved.person_number as found_person, ids.space_id || ':' || truth.person_id as true_person  -- noqa: LT09
    from {{ ref('int_identity_ids') }} as ids
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    inner join truth on ids.space_id = truth.space_id and ids.anonymous_id = truth.anonymous_id
    left join known_sessions
        on ids.node_id = known_sessions.node_id and ids.space_id || ':' || truth.person_id = known_sessions.true_person
    group by ids.id_number, resolved.person_number, ids.space_id, truth.person_id
    qualify
        row_number() over (partition by ids.id_number order by count(distinct known_sessions.session_id) desc, truth.person_id) = 1

),

observed_keys as (

    select distinct known_ids.true_person, known_ids.id_number, linkable.key_type, linkable.key_number  -- noqa: LT09
    from {{ ref('int_identity_linkable_observations') }} as linkable inner join known_ids on linkable.id_number = known_ids.id_number

),

reachable_pairs as (

    -- True pairs that were seen with one kept key value at all: what a key could give at best, without closure.
    select distinct one.key_type, one.id_number as id_number_a, other.id_number as id_number_b  -- noqa: LT09
    from observed_keys as one
    inner join observed_keys as other
        on one.true_person = other.true_person and one.key_number = other.key_number and one.id_number < other.id_number

),

pairs as (

    select distinct key_type as scope, id_number_a, id_number_b, true as is_linked from {{ ref('int_identity_evidence') }}  -- noqa: LT09
    union all
    select key_type as scope, id_number_a, id_number_b, false as is_linked from reachable_pairs  -- noqa: LT09
    union all
    select distinct 'any key, without closure' as scope, id_number_a, id_number_b, false as is_linked from reachable_pairs  -- noqa: LT09

),

scopes as (

    -- The pairs of a person are counted, never listed: each member has all others, and each pair has two.
    {% for scope, members in {'all keys, after closure': 'known_ids', 'all keys, after closure, by session': 'known_sessions'}.items() %}
        select
            '{{ scope }}' as scope, sum(linked_count) / 2 as linked_pair_count, sum(correct_count) / 2 as correct_pair_count,  -- noqa: LT09
            sum(correct_count) / 2 as reachable_pair_count, sum(known_count) / 2 as known_pair_count
        from (
            select count(*) over (partition by found_person) - 1 as linked_count, count(*) over (partition by true_person) - 1 as known_count,  -- noqa: LT02,LT09
                count(*) over (partition by found_person, true_person) - 1 as correct_count
            from {{ members }}
        ) as counted
        union all
    {% endfor %}
    select pairs.scope, sum(case when pairs.is_linked then 1 end) as linked_pair_count,  -- noqa: LT02,LT09
        sum(case when pairs.is_linked then case when ids_a.true_person = ids_b.true_person then 1 else 0 end end) as correct_pair_count,
        sum(case when pairs.is_linked then 0 else 1 end) as reachable_pair_count, null as known_pair_count
    from pairs
    inner join known_ids as ids_a on pairs.id_number_a = ids_a.id_number
    inner join known_ids as ids_b on pairs.id_number_b = ids_b.id_number
    where
        -- Refused links are in nobody's person.
        (ids_a.found_person = ids_b.found_person or not pairs.is_linked)
        -- An override is no key.
        and pairs.scope != 'override'
    group by pairs.scope

),

final as (

    select
        scope,
        cast(linked_pair_count as {{ dbt.type_bigint() }}) as linked_pair_count,
        cast(correct_pair_count as {{ dbt.type_bigint() }}) as correct_pair_count,
        round(correct_pair_count / nullif(linked_pair_count, 0), 4) as pair_precision,
        cast(reachable_pair_count as {{ dbt.type_bigint() }}) as reachable_pair_count,
        cast({{ true_pairs }} as {{ dbt.type_bigint() }}) as true_pair_count,
        round(reachable_pair_count / nullif({{ true_pairs }}, 0), 4) as pair_recall
    from scopes
    -- Without truth there is nothing to compare with.
    qualify {{ true_pairs }} > 0

)

select * from final
