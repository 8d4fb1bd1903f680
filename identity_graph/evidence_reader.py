"""Reads what a build knows about two ids of one space, from the marts and from the tables behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import duckdb

from identity_graph.evidence import Case, Evidence, LimitedValue, Member, Override, Partner, SharedKey


def read_case(connection: duckdb.DuckDBPyConnection, space: str, id_a: str, id_b: str) -> Case:
    """Read what the build knows about two ids of a space: both components, the seeds' words, the keys they share.

    Raises:
        KeyError: the graph does not know one of the two in that space.

    """
    members = read_members(connection, space, id_a, id_b)
    ids = list(members)
    return Case(
        id_a=id_a,
        id_b=id_b,
        members=members,
        evidence=read_links(connection, space, ids),
        limited_values=read_limited_values(connection, space, ids),
        overrides=read_overrides(connection, space),
        shared_keys=read_shared_keys(connection, space, id_a, id_b),
        partners=read_partners(connection, space, id_a, id_b),
        groups=read_group_links(connection, space, members[id_a].person, members[id_b].person),
    )


def read_members(connection: duckdb.DuckDBPyConnection, space: str, id_a: str, id_b: str) -> dict[str, Member]:
    """Read the ids of the components of two ids, by name."""
    rows = connection.execute(
        """
        with components as (
            select ids.node_id as anonymous_id, ids.anonymous_id as visitor_id, ids.id_number, clusters.component_number
            from intermediate.int_identity_ids as ids
            inner join intermediate.int_identity_clusters as clusters on ids.id_number = clusters.id_number
            where ids.space_id = $space
        )
        select
            components.anonymous_id, components.visitor_id, anchors.node_id, resolved.component_size,
            resolved.linked_component_number, resolved.linked_component_size
        from components
        inner join intermediate.int_identity_resolved as resolved on components.id_number = resolved.id_number
        inner join intermediate.int_identity_ids as anchors on resolved.person_number = anchors.id_number
        where components.component_number in (
            select component_number from components where anonymous_id in ($id_a, $id_b)
        )
        """,
        {"space": space, "id_a": id_a, "id_b": id_b},
    ).fetchall()
    return {row[0]: Member(*row) for row in rows}


def read_links(connection: duckdb.DuckDBPyConnection, space: str, ids: Sequence[str]) -> tuple[Evidence, ...]:
    """Read the evidence of links that begin at one of these ids, the refused ones among them."""
    rows = connection.execute(
        """
        select
            anonymous_id_a, anonymous_id_b, key_type, key_value, earlier_date, later_date, linked_at,
            key_confidence, confidence, is_accepted, refusal_reason
        from marts.identity_links
        where space_id = $space and anonymous_id_a in (select unnest($ids))
        """,
        {"space": space, "ids": ids},
    ).fetchall()
    return tuple(Evidence(*row) for row in rows)


def read_limited_values(
    connection: duckdb.DuckDBPyConnection, space: str, ids: Sequence[str]
) -> tuple[LimitedValue, ...]:
    """Read the values of limited keys that these ids were seen with."""
    rows = connection.execute(
        """
        with limits as (
            select distinct limits.id_number, limits.key_type, limits.max_values_per_profile, limits.value_count
            from intermediate.int_identity_limited_values as limits
            inner join intermediate.int_identity_ids as ids on limits.id_number = ids.id_number
            where ids.space_id = $space and ids.node_id in (select unnest($ids))
        ),
        -- The graph holds values as numbers; those of one id alone stand in words only in its events.
        events as (
            select
                coalesce(shared.id_number, events.id_number) as id_number,
                coalesce(shared.node_id, events.anonymous_id) as anonymous_id,
                to_json(events) as event
            from intermediate.int_events as events
            left join intermediate.int_shared_events as shared using (event_number)
            where events.has_consent and coalesce(shared.id_number, events.id_number) in (select id_number from limits)
        )
        select distinct *
        from (
            select
                events.anonymous_id,
                limits.key_type,
                unnest([event ->> limits.key_type, event -> 'custom_keys' ->> limits.key_type]) as key_value,
                limits.max_values_per_profile,
                limits.value_count
            from limits
            inner join events on limits.id_number = events.id_number
        )
        where key_value is not null
        order by all
        """,
        {"space": space, "ids": ids},
    ).fetchall()
    return tuple(LimitedValue(*row) for row in rows)


def read_overrides(connection: duckdb.DuckDBPyConnection, space: str) -> tuple[Override, ...]:
    """Read what owners decided in a space."""
    rows = connection.execute(
        """
        select override_type, anonymous_id_a, anonymous_id_b, key_type, key_value, reason, owner, created_on
        from seeds.identity_overrides
        where space_id = $space
        order by all
        """,
        {"space": space},
    ).fetchall()
    return tuple(Override(*row) for row in rows)


def read_shared_keys(connection: duckdb.DuckDBPyConnection, space: str, id_a: str, id_b: str) -> tuple[SharedKey, ...]:
    """Read the key values that both ids were seen with, and what the rules say of them."""
    rows = connection.execute(
        """
        with observations as (
            select
                ids.node_id as anonymous_id, key_values.key_type, key_values.key_value, key_number,
                observations.observed_date
            from intermediate.int_identity_observations as observations
            inner join intermediate.int_identity_ids as ids using (id_number)
            inner join intermediate.int_identity_key_values as key_values using (key_number)
            where ids.space_id = $space
        ),
        rules as (
            select * from seeds.identity_key_rules
            where resolution_level = 'individual' and is_enabled
        ),
        shared as (
            select
                one.key_type,
                one.key_value,
                one.key_number,
                min(abs(one.observed_date - other.observed_date)) as gap_days,
                list(distinct one.observed_date order by one.observed_date)
                    filter (where one.observed_date = other.observed_date) as shared_dates
            from observations as one
            inner join observations as other on one.key_number = other.key_number
            where one.anonymous_id = $id_a and other.anonymous_id = $id_b
            group by one.key_type, one.key_value, one.key_number
        )
        select
            shared.key_type, shared.key_value, shared.gap_days, coalesce(shared.shared_dates, []), keys.window_id_count,
            case keys.drop_reason
                when 'max_ids_per_key' then rules.max_ids_per_key
                when 'outlier_percentile' then keys.max_ordinary_ids
            end,
            keys.drop_reason, rules.window_days, rules.corroboration, rules.min_shared_days
        from shared
        left join rules on shared.key_type = rules.key_type
        left join intermediate.int_identity_keys as keys on shared.key_number = keys.key_number
        order by 1, 2
        """,
        {"space": space, "id_a": id_a, "id_b": id_b},
    ).fetchall()
    return tuple(SharedKey(*row[:3], tuple(row[3]), *row[4:]) for row in rows)


def read_partners(connection: duckdb.DuckDBPyConnection, space: str, id_a: str, id_b: str) -> tuple[Partner, ...]:
    """Read with whom the two ids were seen on the same dates with a key that needs corroboration, most dates first."""
    rows = connection.execute(
        """
        with observations as (
            select
                ids.node_id as anonymous_id, ids.anonymous_id as visitor_id, linkable.key_type, linkable.key_number,
                linkable.observed_date
            from intermediate.int_identity_linkable_observations as linkable
            inner join intermediate.int_identity_ids as ids on linkable.id_number = ids.id_number
            where ids.space_id = $space and linkable.corroboration = 'mutual_best'
        )
        select one.anonymous_id, other.anonymous_id, one.key_type, count(distinct one.observed_date)
        from observations as one
        inner join observations as other
            on
                one.key_number = other.key_number
                and one.observed_date = other.observed_date
                and one.visitor_id != other.visitor_id
        where one.anonymous_id in ($id_a, $id_b)
        group by one.anonymous_id, other.anonymous_id, one.key_type
        order by 4 desc, 1, 2, 3
        """,
        {"space": space, "id_a": id_a, "id_b": id_b},
    ).fetchall()
    return tuple(Partner(*row) for row in rows)


def read_group_links(
    connection: duckdb.DuckDBPyConnection, space: str, person_a: str, person_b: str
) -> dict[str, tuple[Evidence, ...]]:
    """Read, by level, what links the persons of a household or organization that two persons share."""
    rows = connection.execute(
        """
        with memberships as (
            select person_number, 'household' as level, household_number as group_number
            from intermediate.int_group_memberships
            union all
            select person_number, 'organization', organization_number
            from intermediate.int_group_memberships
        ),
        persons as (
            select
                memberships.*, ids.node_id as anonymous_id,
                2 * ids.id_rank + case memberships.level when 'organization' then 1 else 0 end as node_number
            from memberships
            inner join intermediate.int_identity_ranked_ids as ids on memberships.person_number = ids.id_number
            where ids.space_id = $space
        ),
        shared_groups as (
            select one.level, one.group_number
            from persons as one
            inner join persons as other on one.level = other.level and one.group_number = other.group_number
            where
                one.anonymous_id = $person_a
                and other.anonymous_id = $person_b
        ),
        links as (
            select node_number_a, node_number_b, key_type, key_number, linked_at
            from intermediate.int_group_contested_links
            union all
            select node_number_a, node_number_b, key_type, key_number, linked_at
            from intermediate.int_group_links
            where node_number_a not in (select node_number from intermediate.int_group_limited_rounds)
        )
        select
            shared_groups.level, persons_a.anonymous_id, persons_b.anonymous_id, links.key_type,
            key_values.key_value, links.linked_at, rules.confidence
        from links
        inner join persons as persons_a on links.node_number_a = persons_a.node_number
        inner join persons as persons_b
            on links.node_number_b = persons_b.node_number and persons_a.group_number = persons_b.group_number
        inner join shared_groups
            on persons_a.level = shared_groups.level and persons_a.group_number = shared_groups.group_number
        inner join intermediate.int_identity_key_values as key_values on links.key_number = key_values.key_number
        inner join seeds.identity_key_rules as rules
            on shared_groups.level = rules.resolution_level and links.key_type = rules.key_type
        order by all
        """,
        {"space": space, "person_a": person_a, "person_b": person_b},
    ).fetchall()
    groups: defaultdict[str, list[Evidence]] = defaultdict(list)
    for level, *ends_and_key, linked_at, confidence in rows:
        groups[level].append(Evidence(*ends_and_key, None, None, linked_at, confidence, confidence, True))
    return {level: tuple(links) for level, links in groups.items()}
