"""Say why two anonymous ids are one person, or why they are not; or tell the story of one id.

    python scripts/explain.py ANONYMOUS_ID [ANONYMOUS_ID] [--space default] [--database identity_graph.duckdb]

Prints the shortest chain of evidence between the two ids, one line a link, the weakest link marked with *. Of chains
of one length the one with the least doubt (the sum of 1 - confidence) is shown. Where the two are apart, it prints
what keeps them apart: a limit, an owner's override, a dissolved component, or that no key links them, with the keys
that both were seen with and why these did not count. Two persons of one household or organization are shown the
chain of evidence that makes them one, in the same way.

Of one id it tells which person it belonged to since when and by which evidence, the other ids of that person now, the
household and organization that the person shares with others, and the links that were refused to it.

Long key values are shortened; analyses/explain_link.sql shows them in full, as block_key in identity_overrides needs.

Exit code: 0 = one person, 1 = apart, 2 = bad arguments, an id that the graph does not know, or no built database.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import networkx as nx

LINKED, APART, UNKNOWN = 0, 1, 2
SHOWN_IDS = 5
CONFIDENCE_STEPS = 1_000_000  # confidences are rounded to six digits


@dataclass(frozen=True)
class Evidence:
    """One row of identity_links, or of the links between persons, which tell no dates: a key that speaks for a link."""

    id_a: str
    id_b: str
    key_type: str
    key_value: str
    earlier_date: date | None
    later_date: date | None
    linked_at: datetime
    key_confidence: float
    confidence: float
    is_accepted: bool
    refusal_reason: str | None = None


@dataclass(frozen=True)
class Member:
    """An id of the graph: its person, and the cluster it would be in if its component had not been dissolved."""

    anonymous_id: str
    person: str
    cluster: int
    cluster_size: int
    is_outlier: bool = False


@dataclass(frozen=True)
class LimitedValue:
    """A value of a key of which a person may hold only so many, and an id that was seen with it."""

    anonymous_id: str
    key_type: str
    key_value: str
    max_values: int


@dataclass(frozen=True)
class Override:
    """One row of the seed identity_overrides."""

    override_type: str
    id_a: str | None
    id_b: str | None
    key_type: str | None
    key_value: str | None
    reason: str
    owner: str
    created_on: date | None = None


@dataclass(frozen=True)
class SharedKey:
    """A key value that both ids were seen with; the rule's columns are null where it links no individuals."""

    key_type: str
    key_value: str
    gap_days: int
    shared_dates: tuple[date, ...]
    id_count: int | None
    max_ids: int | None
    drop_reason: str | None
    window_days: int | None
    corroboration: str | None
    min_shared_days: int | None


@dataclass(frozen=True)
class Partner:
    """An id that was seen with a corroborated key on the same dates as one of the two."""

    anonymous_id: str
    partner_id: str
    key_type: str
    shared_date_count: int


@dataclass(frozen=True)
class Chapter:
    """From users_history: whom an id belonged to from a moment on, what made it so, and who came through it."""

    valid_from: datetime
    person: str
    change_type: str
    key_type: str | None
    key_value: str | None
    linked_id: str | None
    newcomers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """From shared_devices: what one user did on an id that several shared; without a login, what cannot be told."""

    anonymous_id: str
    login: str | None
    person: str
    session_count: int
    is_main: bool


@dataclass(frozen=True)
class Story:
    """All that is known about one id."""

    anonymous_id: str
    person: str
    confidence: float
    chapters: tuple[Chapter, ...] = ()
    others: tuple[str, ...] = ()
    groups: tuple[tuple[str, str, int], ...] = ()  # level, id of the group, its persons
    refusals: tuple[Evidence, ...] = ()
    parts: tuple[Part, ...] = ()  # where several users shared it


@dataclass(frozen=True)
class Case:
    """All that is known about two ids of one space, read once; everything after it is pure."""

    id_a: str
    id_b: str
    members: dict[str, Member] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    limited_values: tuple[LimitedValue, ...] = ()
    overrides: tuple[Override, ...] = ()
    shared_keys: tuple[SharedKey, ...] = ()
    partners: tuple[Partner, ...] = ()
    # What links the persons of a household or organization that both ids are of, by level.
    groups: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Explanation:
    """What to print, and the exit code."""

    lines: list[str]
    exit_code: int


# --- The graph and the path ------------------------------------------------------------------------------------------
def load_graph(evidence: Iterable[Evidence]) -> nx.Graph:
    """Return the graph of ids; each edge holds its evidence, the most convincing first.

    Nodes and edges are inserted in order of their names, so that equal evidence gives an equal graph in any order.
    """
    by_pair: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
    for item in evidence:
        by_pair[min(item.id_a, item.id_b), max(item.id_a, item.id_b)].append(item)
    graph = nx.Graph()
    for pair in sorted(by_pair):
        items = sorted(
            by_pair[pair], key=lambda item: (-item.key_confidence, item.linked_at, item.key_type, item.key_value)
        )
        graph.add_edge(
            *pair,
            evidence=tuple(items),
            confidence=items[0].confidence,
            is_accepted=items[0].is_accepted,
        )
    return graph


def find_path(graph: nx.Graph, id_a: str, id_b: str) -> list[str] | None:
    """Return the ids of the best chain between two ids, or None where there is none.

    Best is, in this order: the fewest refused links, the fewest links, the least doubt in sum. An accepted chain is
    therefore preferred to any other. The chain from b to a is the one from a to b, reversed.
    """
    if id_a not in graph or id_b not in graph:
        return None
    # Whole numbers, so that the three orders never mix and no rounding decides. A chain has fewer links than ids.
    link_cost = CONFIDENCE_STEPS * graph.number_of_nodes()
    refused_cost = 2 * link_cost * graph.number_of_nodes()

    def cost(_one: str, _other: str, edge: dict[str, Any]) -> int:
        doubt = round((1 - edge["confidence"]) * CONFIDENCE_STEPS)
        return doubt + link_cost + (0 if edge["is_accepted"] else refused_cost)

    start, end = sorted((id_a, id_b))
    try:
        path = nx.dijkstra_path(graph, start, end, weight=cost)
    except nx.NetworkXNoPath:
        return None
    return path if start == id_a else path[::-1]


# --- Words -----------------------------------------------------------------------------------------------------------
def shorten(value: str, length: int = 12) -> str:
    """Return the value, or its beginning where it is a long token."""
    return value if len(value) <= length + 4 else value[:length] + "..."


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it needs one."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def listed(ids: Iterable[str]) -> str:
    """Return the first few ids as text, and how many more there are."""
    names = sorted(set(ids))
    rest = len(names) - SHOWN_IDS
    return ", ".join(names[:SHOWN_IDS]) + (f" and {rest} more" if rest > 0 else "")


def describe_chain(graph: nx.Graph, path: Sequence[str]) -> list[str]:
    """Return one line a link of the chain. `*` marks the weakest accepted link, `x` a refused one."""
    edges = [graph.edges[one, other] for one, other in zip(path, path[1:], strict=False)]
    accepted = [edge["confidence"] for edge in edges if edge["is_accepted"]]
    weakest = next(
        (
            number
            for number, edge in enumerate(edges)
            if edge["is_accepted"] and len(accepted) > 1 and edge["confidence"] == min(accepted)
        ),
        None,
    )
    lines = []
    for number, edge in enumerate(edges):
        best, *others = edge["evidence"]
        mark = "*" if number == weakest else " " if edge["is_accepted"] else "x"
        dates = f"  {best.earlier_date} / {best.later_date}" if best.earlier_date else ""
        line = (
            f"{mark} {number + 1:>2}  {path[number]} - {path[number + 1]}"
            f"  {best.key_type} {shorten(best.key_value)}{dates}"
            f"  linked {best.linked_at:%Y-%m-%d %H:%M:%S}  confidence {edge['confidence']:g}"
        )
        also = sorted({item.key_type for item in others} - {best.key_type})
        if also:
            line += f"  also by {', '.join(also)}"
        if not edge["is_accepted"]:
            line += f"  REFUSED ({best.refusal_reason})"
        lines.append(line)
    if weakest is not None:
        lines.append(f"* the weakest link: {edges[weakest]['confidence']:g}")
    return lines


def describe_limit(case: Case, key_type: str, clusters: tuple[int, int], names: tuple[str, str]) -> list[str]:
    """Return which values the two sides of a refused link hold, and which ids they come from."""
    owners: dict[int, defaultdict[str, list[str]]] = {cluster: defaultdict(list) for cluster in clusters}
    max_values = 0
    for value in case.limited_values:
        member = case.members.get(value.anonymous_id)
        if member and member.cluster in owners and value.key_type == key_type:
            owners[member.cluster][value.key_value].append(value.anonymous_id)
            max_values = value.max_values
    lines = [f"A person holds at most {max_values} {key_type}."]
    for cluster, name in zip(clusters, names, strict=True):
        values = owners[cluster]
        held = "; ".join(f"{shorten(value)}, seen with {listed(ids)}" for value, ids in sorted(values.items()))
        lines.append(f"  {name} holds {held or 'none'}")
        alone = sorted(
            anonymous_id
            for anonymous_id in {owner for ids in values.values() for owner in ids}
            if sum(anonymous_id in ids for ids in values.values()) > max_values
        )
        lines += [
            f"  {anonymous_id} alone was seen with more than {max_values}: it belongs to no single person and is"
            " merged with nobody"
            for anonymous_id in alone
        ]
    return lines


def describe_override(override: Override) -> str:
    """Return an override in words: what it does, why, and who decided."""
    subject = (
        f"block_key {override.key_type} {shorten(override.key_value or '')}"
        if override.override_type == "block_key"
        else f"{override.override_type} {override.id_a} / {override.id_b}"
    )
    decided = f", {override.created_on}" if override.created_on else ""
    return f"Override {subject}: {override.reason} (owner {override.owner}{decided})."


def never_links_between(case: Case, cluster_a: int, cluster_b: int) -> list[Override]:
    """Return the never_link overrides that keep two clusters apart."""
    found = []
    for override in case.overrides:
        if override.override_type != "never_link":
            continue
        ends = [case.members.get(end or "") for end in (override.id_a, override.id_b)]
        if {cluster_a, cluster_b} == {end.cluster if end else None for end in ends}:
            found.append(override)
    return found


def describe_refusals(case: Case, graph: nx.Graph, path: Sequence[str]) -> list[str]:
    """Return, for each refused link of the chain, what refused it; each reason once."""
    lines: list[str] = []
    for one, other in zip(path, path[1:], strict=False):
        edge = graph.edges[one, other]
        if edge["is_accepted"]:
            continue
        reason = edge["evidence"][0].refusal_reason or "no reason is recorded"
        sides = case.members[one], case.members[other]
        clusters = sides[0].cluster, sides[1].cluster
        names = tuple(
            f"the person of {end} ({counted(side.cluster_size, 'id')})"
            for end, side in zip((one, other), sides, strict=True)
        )
        if reason == "outlier_component":
            size = sides[0].cluster_size
            new = [
                f"Their component of {counted(size, 'id')} is larger than the cap and was dissolved:"
                " each id stands for itself."
            ]
        elif reason.startswith("override"):
            new = [describe_override(override) for override in never_links_between(case, *clusters)]
        elif reason.startswith("limit: "):
            new = describe_limit(case, reason.removeprefix("limit: "), clusters, (names[0], names[1]))
        else:
            new = [f"Refused: {reason}."]
        lines += [line for line in new if line not in lines]
    return lines


def describe_shared_key(case: Case, key: SharedKey) -> str:
    """Return why a key that both ids were seen with does not link them."""
    name = f"{key.key_type} {shorten(key.key_value)}"
    if key.drop_reason == "blocked_by_override":
        blocks = [
            describe_override(override)
            for override in case.overrides
            if override.override_type == "block_key"
            and (override.key_type, override.key_value) == (key.key_type, key.key_value)
        ]
        return f"{name}: blocked. {' '.join(blocks)}".rstrip()
    if key.drop_reason:
        limit = f", more than {key.max_ids}" if key.max_ids is not None else ""
        return f"{name}: dropped ({key.drop_reason}), shared by {key.id_count} ids within its window{limit}"
    if key.window_days is None:
        return f"{name}: this key links no individuals"
    if key.corroboration == "mutual_best":
        return f"{name}: {describe_corroboration(case, key)}"
    if key.gap_days > key.window_days:
        return f"{name}: out of window, {counted(key.gap_days, 'day')} apart and at most {key.window_days} count"
    return f"{name}: within the window of {counted(key.window_days, 'day')}"


def describe_corroboration(case: Case, key: SharedKey) -> str:
    """Return which part of mutual_best is missing: enough shared dates, or being each other's best."""
    # Dates count once a pair and key type, whichever value was shared; dropped values do not count.
    dates = {
        shared
        for other in case.shared_keys
        if other.key_type == key.key_type and not other.drop_reason
        for shared in other.shared_dates
    }
    needed = max(key.min_shared_days or 1, 1)
    if len(dates) < needed:
        return f"not corroborated, seen together on {counted(len(dates), 'date')} and {needed} are needed"
    rivals = [
        f"{partner.anonymous_id} was seen on {counted(partner.shared_date_count, 'date')} with {partner.partner_id}"
        for partner in case.partners
        if partner.key_type == key.key_type
        and partner.partner_id not in (case.id_a, case.id_b)
        and partner.shared_date_count >= len(dates)
    ]
    return (
        f"not corroborated, seen together on {counted(len(dates), 'date')}, but they are not each other's strict best"
        + (": " + "; ".join(rivals[:2]) if rivals else "")
    )


def describe_groups(case: Case) -> list[str]:
    """Return which household and organization two persons share, and the chain of persons that makes it one."""
    lines = []
    for level, evidence in case.groups.items():
        graph = load_graph(evidence)
        path = find_path(graph, case.members[case.id_a].person, case.members[case.id_b].person)
        if path is not None:
            lines += [
                f"Their persons are of one {level}, through {counted(len(path) - 1, 'link')}:",
                *describe_chain(graph, path),
            ]
    return lines


def explain_pair(case: Case) -> Explanation:
    """Return why two ids that the graph knows are one person, or why they are apart."""
    one, other = case.members[case.id_a], case.members[case.id_b]
    if case.id_a == case.id_b:
        return Explanation([f"{case.id_a} is one id, of person {one.person}."], LINKED)

    graph = load_graph(case.evidence)
    path = find_path(graph, case.id_a, case.id_b)
    if one.person == other.person:
        if path is None:
            raise ValueError(f"{case.id_a} and {case.id_b} are one person without a chain: the tables do not agree")
        lines = [
            f"{case.id_a} and {case.id_b} are one person: {one.person} ({counted(one.cluster_size, 'id')}).",
            f"Linked through {counted(len(path) - 1, 'link')}:",
            *describe_chain(graph, path),
        ]
        return Explanation(lines, LINKED)

    lines = [f"{case.id_a} and {case.id_b} are apart: persons {one.person} and {other.person}."]
    if path is not None:
        refused = sum(not graph.edges[edge]["is_accepted"] for edge in zip(path, path[1:], strict=False))
        lines += [
            f"The best chain between them has {counted(len(path) - 1, 'link')}, {refused} refused:",
            *describe_chain(graph, path),
            *describe_refusals(case, graph, path),
            *describe_groups(case),
        ]
        return Explanation(lines, APART)

    lines.append("No chain of evidence leads from one to the other.")
    if case.shared_keys:
        lines.append("Keys that both were seen with:")
        lines += sorted({"  " + describe_shared_key(case, key) for key in case.shared_keys})
    else:
        lines.append("They were never seen with the same value of any key.")
    lines += [describe_override(override) for override in never_links_between(case, one.cluster, other.cluster)]
    return Explanation([*lines, *describe_groups(case)], APART)


# --- The database ----------------------------------------------------------------------------------------------------
def load_case(connection: duckdb.DuckDBPyConnection, space: str, id_a: str, id_b: str) -> Case:
    """Read what the build knows about two ids of a space: both components, the seeds' words, the keys they share."""
    pair = {"space": space, "id_a": id_a, "id_b": id_b}
    members = connection.execute(
        """
        with components as (
            select ids.node_id as anonymous_id, ids.id_number, clusters.component_number
            from intermediate.int_identity_ids as ids
            inner join intermediate.int_identity_clusters as clusters on ids.id_number = clusters.id_number
            where ids.space_id = $space
        )
        select
            components.anonymous_id, anchors.node_id, resolved.linked_component_number,
            resolved.linked_component_size, resolved.is_outlier_component
        from components
        inner join intermediate.int_identity_resolved as resolved on components.id_number = resolved.id_number
        inner join intermediate.int_identity_ids as anchors on resolved.person_number = anchors.id_number
        where components.component_number in (
            select component_number from components where anonymous_id in ($id_a, $id_b)
        )
        """,
        pair,
    ).fetchall()
    names = {"space": space, "ids": [row[0] for row in members]}
    evidence = connection.execute(
        """
        select
            anonymous_id_a, anonymous_id_b, key_type, key_value, earlier_date, later_date, linked_at,
            key_confidence, confidence, is_accepted, refusal_reason
        from marts.identity_links
        where space_id = $space and anonymous_id_a in (select unnest($ids))
        """,
        names,
    ).fetchall()
    limited_values = connection.execute(
        """
        with limits as (
            select distinct limits.id_number, limits.key_type, limits.max_values_per_profile
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
        select distinct
            events.anonymous_id,
            limits.key_type,
            coalesce(event ->> limits.key_type, event -> 'custom_keys' ->> limits.key_type) as key_value,
            limits.max_values_per_profile
        from limits
        inner join events on limits.id_number = events.id_number
        where key_value is not null
        order by all
        """,
        names,
    ).fetchall()
    overrides = connection.execute(
        """
        select override_type, anonymous_id_a, anonymous_id_b, key_type, key_value, reason, owner, created_on
        from seeds.identity_overrides
        where space_id = $space
        order by all
        """,
        {"space": space},
    ).fetchall()
    shared_keys = connection.execute(
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
        pair,
    ).fetchall()
    partners = connection.execute(
        """
        with observations as (
            select ids.node_id as anonymous_id, linkable.key_type, linkable.key_number, linkable.observed_date
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
                and one.anonymous_id != other.anonymous_id
        where one.anonymous_id in ($id_a, $id_b)
        group by one.anonymous_id, other.anonymous_id, one.key_type
        order by 4 desc, 1, 2, 3
        """,
        pair,
    ).fetchall()
    person_by_id = {row[0]: row[1] for row in members}
    persons = {"space": space, "person_a": person_by_id[id_a], "person_b": person_by_id[id_b]}
    groups: defaultdict[str, list[Evidence]] = defaultdict(list)
    for level, *link, confidence in connection.execute(
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
        persons,
    ).fetchall():
        *ends_and_key, linked_at = link
        groups[level].append(Evidence(*ends_and_key, None, None, linked_at, confidence, confidence, True))
    return Case(
        id_a=id_a,
        id_b=id_b,
        members={row[0]: Member(*row) for row in members},
        evidence=tuple(Evidence(*row) for row in evidence),
        limited_values=tuple(LimitedValue(*row) for row in limited_values),
        overrides=tuple(Override(*row) for row in overrides),
        shared_keys=tuple(SharedKey(*row[:3], tuple(row[3]), *row[4:]) for row in shared_keys),
        partners=tuple(Partner(*row) for row in partners),
        groups={level: tuple(evidence) for level, evidence in groups.items()},
    )


def describe_parts(parts: Sequence[Part]) -> list[str]:
    """Return who shared an id, one line a user."""
    if not parts:
        return []
    users = sum(part.login is not None for part in parts)
    return [f"{counted(users, 'user')} logged in here; a session is of the one who did:"] + [
        f"  {part.login or 'cannot be told'}: {counted(part.session_count, 'session')}, person {part.person}"
        f" ({part.anonymous_id})"
        for part in parts
    ]


def load_parts(connection: duckdb.DuckDBPyConnection, space: str, anonymous_id: str) -> tuple[Part, ...]:
    """Read into which users' parts an id is divided; none where one user at most logged in."""
    rows = connection.execute(
        """
        select node_id, coalesce(user_id, account_id), universal_id, session_count, is_main_user
        from marts.shared_devices
        where space_id = $space and anonymous_id = $id
        order by session_count desc, node_id
        """,
        {"space": space, "id": anonymous_id},
    ).fetchall()
    return tuple(Part(*row) for row in rows)


def choose_part(parts: Sequence[Part], person: str | None, anonymous_id: str) -> str:
    """Return which part of a shared id a question is about: the one of the person, else the main user's."""
    for part in sorted(parts, key=lambda part: (part.person != person, not part.is_main)):
        return part.anonymous_id
    return anonymous_id


def tell_story(story: Story) -> list[str]:
    """Return the life of one id, line by line."""
    lines = [
        f"{story.anonymous_id} belongs to the person {story.person}, with confidence {story.confidence:.2f} and"
        f" {counted(len(story.others), 'other id')}{f': {listed(story.others)}' if story.others else ''}."
    ]
    lines += describe_parts(story.parts)
    for chapter in story.chapters:
        moment = f"{chapter.valid_from:%Y-%m-%d %H:%M:%S}"
        if chapter.newcomers:
            lines.append(
                f"  {moment}  was joined by {listed(chapter.newcomers)}:"
                f" {chapter.key_type} {shorten(chapter.key_value or '')}"
            )
        elif chapter.change_type == "user_changed":
            login = f"{chapter.key_type} {chapter.key_value} is there" if chapter.key_type else "nobody in particular"
            lines.append(f"  {moment}  {login}: person {chapter.person}")
        elif chapter.key_type is None:
            lines.append(f"  {moment}  {chapter.change_type.replace('_', ' ')}: person {chapter.person}")
        else:
            lines.append(
                f"  {moment}  joined {chapter.person} through {chapter.linked_id}:"
                f" {chapter.key_type} {shorten(chapter.key_value or '')}"
            )
    lines += [f"Its {level} {group} has {counted(persons, 'person')}." for level, group, persons in story.groups]
    if story.refusals:
        lines.append("Refused links:")
    for link in story.refusals:
        other = link.id_b if link.id_a == story.anonymous_id else link.id_a
        lines.append(
            f"  {link.linked_at:%Y-%m-%d %H:%M:%S}  {other}: {link.key_type} {shorten(link.key_value)}"
            f" ({link.refusal_reason or 'not accepted'})"
        )
    return lines


def load_story(connection: duckdb.DuckDBPyConnection, space: str, anonymous_id: str) -> Story:
    """Read what is known about an id of the graph."""
    parameters = {"space": space, "id": anonymous_id}
    parts = load_parts(connection, space, anonymous_id)
    names = parameters | {"names": [part.anonymous_id for part in parts] or [anonymous_id]}
    ((person, confidence),) = connection.execute(
        "select universal_id, identity_confidence from marts.users where space_id = $space and anonymous_id = $id",
        parameters,
    ).fetchall()
    chapters = connection.execute(
        """
        select
            valid_from_at, universal_id, change_type, evidence_key_type, evidence_key_value, linked_anonymous_id,
            coalesce(list(anonymous_id) filter (anonymous_id != $id), []) as newcomers
        from marts.users_history
        where space_id = $space and (anonymous_id = $id or list_contains($names, linked_anonymous_id))
        group by all
        order by all
        """,
        names,
    ).fetchall()
    others = connection.execute(
        """
        select ids.node_id
        from intermediate.int_identity_ids as ids
        inner join intermediate.int_identity_resolved as resolved using (id_number)
        inner join intermediate.int_identity_ids as anchors on resolved.person_number = anchors.id_number
        where ids.space_id = $space and anchors.node_id = $person and ids.anonymous_id != $id
        order by ids.node_id
        """,
        parameters | {"person": person},
    ).fetchall()
    groups = connection.execute(
        """
        select 'household' as level, household_id, households.person_count
        from marts.users
        inner join marts.households using (space_id, household_id)
        where space_id = $space and anonymous_id = $id and households.person_count > 1
        union all
        select 'organization', organization_id, organizations.person_count
        from marts.users
        inner join marts.organizations using (space_id, organization_id)
        where space_id = $space and anonymous_id = $id and organizations.person_count > 1
        order by level
        """,
        parameters,
    ).fetchall()
    refusals = connection.execute(
        """
        select
            anonymous_id_a, anonymous_id_b, key_type, key_value, earlier_date, later_date, linked_at, key_confidence,
            confidence, is_accepted, refusal_reason
        from marts.identity_links
        where
            space_id = $space and not is_accepted
            and (list_contains($names, anonymous_id_a) or list_contains($names, anonymous_id_b))
        order by linked_at, anonymous_id_a, anonymous_id_b, key_type, key_value
        """,
        {"space": space, "names": names["names"]},
    ).fetchall()
    return Story(
        anonymous_id=anonymous_id,
        person=person,
        confidence=confidence,
        chapters=tuple(Chapter(*row[:-1], tuple(row[-1])) for row in chapters),
        others=tuple(row[0] for row in others),
        groups=tuple(groups),
        refusals=tuple(Evidence(*row) for row in refusals),
        parts=parts,
    )


def person_of(connection: duckdb.DuckDBPyConnection, space: str, anonymous_id: str) -> str | None:
    """Return the person of an id, or of one user's part of it; of a shared id the main user's."""
    rows = connection.execute(
        """
        select universal_id from marts.users where space_id = $space and anonymous_id = $id
        union all
        select universal_id from marts.shared_devices where space_id = $space and node_id = $id
        """,
        {"space": space, "id": anonymous_id},
    ).fetchall()
    return rows[0][0] if rows else None


def spaces_of(connection: duckdb.DuckDBPyConnection, anonymous_id: str) -> list[str]:
    """Return the spaces in which the graph knows an id."""
    rows = connection.execute(
        """
        select distinct space_id from intermediate.int_identity_ids
        where $id in (anonymous_id, node_id)
        order by space_id
        """,
        {"id": anonymous_id},
    ).fetchall()
    return [row[0] for row in rows]


def why_unknown(connection: duckdb.DuckDBPyConnection, anonymous_id: str) -> str:
    """Return what became of an id that the graph does not know in any space."""
    refused, waiting, quarantined = connection.execute(
        """
        select
            (select count(*) from intermediate.int_events where anonymous_id = $id and not has_consent),
            (select count(*) from intermediate.int_events_received where anonymous_id = $id and is_buffered),
            (select list(distinct reason order by reason) from marts.quarantined_events where anonymous_id = $id)
        """,
        {"id": anonymous_id},
    ).fetchall()[0]
    if refused:
        return f"{anonymous_id} did not consent: its events are counted, but the graph never observes it."
    if quarantined:
        return f"{anonymous_id} was seen in quarantined events only ({', '.join(quarantined)})."
    if waiting:
        return f"{anonymous_id} is too new: its events lie after the last build's clock; a later one takes them."
    return f"{anonymous_id} is unknown: no event carries this anonymous id."


def explain(connection: duckdb.DuckDBPyConnection, space: str, id_a: str, id_b: str) -> Explanation:
    """Return the explanation for two ids, whatever is known about them."""
    ids = list(dict.fromkeys((id_a, id_b)))
    spaces = {anonymous_id: spaces_of(connection, anonymous_id) for anonymous_id in ids}
    unknown = [why_unknown(connection, anonymous_id) for anonymous_id in ids if not spaces[anonymous_id]]
    if unknown:
        return Explanation(unknown, UNKNOWN)
    elsewhere = [anonymous_id for anonymous_id in ids if space not in spaces[anonymous_id]]
    if not elsewhere and len(ids) == 1:
        ((id_a,),) = connection.execute(
            """
            select min(anonymous_id) from intermediate.int_identity_ids
            where space_id = $space and $id in (anonymous_id, node_id)
            """,
            {"space": space, "id": id_a},
        ).fetchall()
        return Explanation(tell_story(load_story(connection, space, id_a)), LINKED)
    if not elsewhere:
        parts = {anonymous_id: load_parts(connection, space, anonymous_id) for anonymous_id in ids}
        persons = {anonymous_id: person_of(connection, space, anonymous_id) for anonymous_id in ids}
        part_a = choose_part(parts[id_a], persons[id_b], id_a)
        part_b = choose_part(parts[id_b], persons[id_a], id_b)
        explained = explain_pair(load_case(connection, space, part_a, part_b))
        shared = [line for name in ids if parts[name] for line in (f"{name}:", *describe_parts(parts[name]))]
        return Explanation([*shared, *explained.lines], explained.exit_code)
    lines = [
        f"{anonymous_id} is not in space {space} but in {', '.join(spaces[anonymous_id])}."
        for anonymous_id in elsewhere
    ]
    common = sorted(set.intersection(*(set(spaces[anonymous_id]) for anonymous_id in ids)))
    if common:
        return Explanation([*lines, f"Try --space {common[0]}."], UNKNOWN)
    return Explanation(
        [f"{id_a} and {id_b} are apart: they are in different spaces, and a person never crosses them.", *lines], APART
    )


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description="Say why two anonymous ids are one person, or why they are not.")
    parser.add_argument("id_a", metavar="A", help="an anonymous id")
    parser.add_argument("id_b", metavar="B", nargs="?", help="another one (default: tell the story of the first)")
    parser.add_argument("--space", default="default", help="identity space of both (default: default)")
    parser.add_argument(
        "--database",
        type=Path,
        default=Path(os.environ.get("IDENTITY_DUCKDB_PATH") or "identity_graph.duckdb"),
        help="DuckDB file of a finished build (default: IDENTITY_DUCKDB_PATH, else identity_graph.duckdb)",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the explanation and return the exit code."""
    options = parse_arguments(arguments)
    if not options.database.is_file():
        print(f"There is no database at {options.database}. Build it first: dbt build", file=sys.stderr)
        return UNKNOWN
    try:
        with duckdb.connect(str(options.database), read_only=True) as connection:
            explanation = explain(connection, options.space, options.id_a, options.id_b or options.id_a)
    except duckdb.CatalogException as error:
        print(f"{options.database} is no finished build: {error}", file=sys.stderr)
        return UNKNOWN
    except duckdb.IOException as error:
        print(f"{options.database} cannot be opened (is a build running?): {error}", file=sys.stderr)
        return UNKNOWN
    print("\n".join(explanation.lines))
    return explanation.exit_code


if __name__ == "__main__":
    sys.exit(main())
