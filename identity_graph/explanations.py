"""Why two ids are one person, or what keeps them apart, and the story of one id: as data, without a word.

`explain` reads and judges; `explain_pair` is pure. explanation_text makes text of both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import duckdb

from identity_graph.chains import Chain, ChainLink, find_chain
from identity_graph.evidence import Case, Member, Override, Part, Partner, SharedKey, Story, UnknownId
from identity_graph.evidence_reader import read_case
from identity_graph.story_reader import main_id_of, person_of, read_parts, read_story, read_unknown, spaces_of


class Verdict(StrEnum):
    """Why a key that two ids share does not link them; or that it would, if nothing else stood against it."""

    BLOCKED = "blocked"
    DROPPED = "dropped"
    LINKS_NO_INDIVIDUALS = "links_no_individuals"
    NOT_CORROBORATED = "not_corroborated"
    OUT_OF_WINDOW = "out_of_window"
    WITHIN_WINDOW = "within_window"


@dataclass(frozen=True)
class LimitSide:
    """What one side of a refused link holds of a limited key."""

    anonymous_id: str
    id_count: int
    ids_by_value: dict[str, tuple[str, ...]]
    ids_over_limit: tuple[str, ...]  # that alone were seen with more values than a person may hold


@dataclass(frozen=True)
class BrokenLimit:
    """A limit that a link would break, and what its two sides hold."""

    key_type: str
    max_values: int
    sides: tuple[LimitSide, LimitSide]


@dataclass(frozen=True)
class Refusal:
    """Why a link was refused: a component too large, what owners decided, or a limit; else only the reason's name."""

    link: ChainLink
    reason: str
    dissolved_ids: int | None = None
    overrides: tuple[Override, ...] = ()
    limit: BrokenLimit | None = None


@dataclass(frozen=True)
class JudgedKey:
    """A key that both ids were seen with, and why it does not link them."""

    key: SharedKey
    verdict: Verdict
    overrides: tuple[Override, ...] = ()  # those that block it
    shared_date_count: int = 0  # of all values of the key type
    needed_date_count: int = 0
    rivals: tuple[Partner, ...] = ()  # seen with one of the two on as many dates, or more


@dataclass(frozen=True)
class SharedId:
    """An id on which several users logged in, and what each did there."""

    anonymous_id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class PairExplanation:
    """Two ids of one space: one person by an accepted chain, or apart, and why."""

    id_a: str
    id_b: str
    member_a: Member
    member_b: Member
    chain: Chain | None = None
    refusals: tuple[Refusal, ...] = ()
    shared_keys: tuple[JudgedKey, ...] = ()  # only where there is no chain
    overrides: tuple[Override, ...] = ()  # that keep them apart
    group_chains: dict[str, Chain] | None = None  # by level: what makes their persons one household or organization
    shared_ids: tuple[SharedId, ...] = ()

    @property
    def are_linked(self) -> bool:
        """Whether they are one person."""
        return self.member_a.person == self.member_b.person


@dataclass(frozen=True)
class UnknownIds:
    """Ids that no space knows."""

    ids: tuple[UnknownId, ...]


@dataclass(frozen=True)
class OtherSpaces:
    """Ids of which some are not in the space asked for."""

    space: str
    spaces: dict[str, tuple[str, ...]]  # by id, in the order of the question

    @property
    def common(self) -> str | None:
        """The first space that knows all of them."""
        return min(set.intersection(*map(set, self.spaces.values())), default=None)


Explanation = PairExplanation | Story | UnknownIds | OtherSpaces


def explain(connection: duckdb.DuckDBPyConnection, space: str, id_a: str, id_b: str | None = None) -> Explanation:
    """Explain two ids of a space, or tell the story of one, whatever is known about them.

    Raises:
        duckdb.CatalogException: a table is missing, because no build reached its end.

    """
    ids = list(dict.fromkeys((id_a, id_b or id_a)))
    spaces = {anonymous_id: tuple(spaces_of(connection, anonymous_id)) for anonymous_id in ids}
    unknown = [anonymous_id for anonymous_id in ids if not spaces[anonymous_id]]
    if unknown:
        return UnknownIds(tuple(read_unknown(connection, anonymous_id) for anonymous_id in unknown))
    if any(space not in spaces[anonymous_id] for anonymous_id in ids):
        return OtherSpaces(space, spaces)
    if len(ids) == 1:
        return read_story(connection, space, main_id_of(connection, space, id_a))
    parts = {anonymous_id: read_parts(connection, space, anonymous_id) for anonymous_id in ids}
    persons = {anonymous_id: person_of(connection, space, anonymous_id) for anonymous_id in ids}
    one, other = ids
    part_a = choose_part(parts[one], persons[other], one)
    part_b = choose_part(parts[other], persons[one], other)
    shared = tuple(SharedId(name, parts[name]) for name in ids if parts[name])
    return replace(explain_pair(read_case(connection, space, part_a, part_b)), shared_ids=shared)


def choose_part(parts: Sequence[Part], person: str | None, anonymous_id: str) -> str:
    """Say which part of a shared id a question is about: the one of the person, else the main user's."""
    for part in sorted(parts, key=lambda part: (part.person != person, not part.is_main)):
        return part.anonymous_id
    return anonymous_id


def explain_pair(case: Case) -> PairExplanation:
    """Say why two ids that the graph knows are one person, or why they are apart.

    Raises:
        ValueError: they are one person without a chain, because the tables do not agree.

    """
    explained = PairExplanation(case.id_a, case.id_b, case.members[case.id_a], case.members[case.id_b])
    if case.id_a == case.id_b:
        return explained
    chain = find_chain(case.evidence, case.id_a, case.id_b)
    if explained.are_linked:
        if chain is None:
            raise ValueError(f"{case.id_a} and {case.id_b} are one person without a chain: the tables do not agree")
        return replace(explained, chain=chain)
    overrides = never_links_between(case, explained.member_a.cluster, explained.member_b.cluster)
    explained = replace(explained, chain=chain, overrides=overrides, group_chains=chains_of_groups(case))
    if chain is not None:
        return replace(explained, refusals=tuple(why_refused(case, link) for link in chain.refused))
    return replace(explained, shared_keys=tuple(judge_key(case, key) for key in case.shared_keys))


def chains_of_groups(case: Case) -> dict[str, Chain]:
    """Find, by level, the chain of persons that makes one household or organization of two persons."""
    persons = case.members[case.id_a].person, case.members[case.id_b].person
    chains = {level: find_chain(evidence, *persons) for level, evidence in case.groups.items()}
    return {level: chain for level, chain in chains.items() if chain is not None}


def why_refused(case: Case, link: ChainLink) -> Refusal:
    """Say what refused a link."""
    sides = case.members[link.id_a], case.members[link.id_b]
    reason = link.refusal_reason or "no reason is recorded"
    refusal = Refusal(link, reason)
    if reason == "outlier_component":
        return replace(refusal, dissolved_ids=sides[0].cluster_size)
    if reason.startswith("override"):
        return replace(refusal, overrides=never_links_between(case, sides[0].cluster, sides[1].cluster))
    if reason.startswith("limit: "):
        return replace(refusal, limit=broken_limit(case, link, reason.removeprefix("limit: ")))
    return refusal


def broken_limit(case: Case, link: ChainLink, key_type: str) -> BrokenLimit:
    """Say which values the two sides of a refused link hold, and which ids they come from."""
    sides = []
    max_values = 0
    for end in (link.id_a, link.id_b):
        cluster = case.members[end].cluster
        ids_by_value: defaultdict[str, list[str]] = defaultdict(list)
        over: set[str] = set()
        for value in case.limited_values:
            member = case.members.get(value.anonymous_id)
            if member and member.cluster == cluster and value.key_type == key_type:
                ids_by_value[value.key_value].append(value.anonymous_id)
                max_values = value.max_values
                if value.value_count > max_values:
                    over.add(value.anonymous_id)
        held = {value: tuple(ids) for value, ids in sorted(ids_by_value.items())}
        sides.append(LimitSide(end, case.members[end].cluster_size, held, tuple(sorted(over))))
    return BrokenLimit(key_type, max_values, (sides[0], sides[1]))


def never_links_between(case: Case, cluster_a: int, cluster_b: int) -> tuple[Override, ...]:
    """Find the never_link overrides that keep two clusters apart."""
    # An id that several users shared is each of them.
    clusters: defaultdict[str, set[int]] = defaultdict(set)
    for member in case.members.values():
        for name in (member.anonymous_id, member.visitor_id):
            clusters[name].add(member.cluster)
    return tuple(
        override
        for override in case.overrides
        if override.override_type == "never_link"
        and any(
            one in clusters[override.id_a or ""] and other in clusters[override.id_b or ""]
            for one, other in ((cluster_a, cluster_b), (cluster_b, cluster_a))
        )
    )


def judge_key(case: Case, key: SharedKey) -> JudgedKey:
    """Say why a key that both ids were seen with does not link them."""
    if key.drop_reason == "blocked_by_override":
        blocks = tuple(
            override
            for override in case.overrides
            if override.override_type == "block_key"
            and (override.key_type, override.key_value) == (key.key_type, key.key_value)
        )
        return JudgedKey(key, Verdict.BLOCKED, blocks)
    if key.drop_reason:
        return JudgedKey(key, Verdict.DROPPED)
    if key.window_days is None:
        return JudgedKey(key, Verdict.LINKS_NO_INDIVIDUALS)
    if key.corroboration == "mutual_best":
        return judge_corroboration(case, key)
    return JudgedKey(key, Verdict.OUT_OF_WINDOW if key.gap_days > key.window_days else Verdict.WITHIN_WINDOW)


def judge_corroboration(case: Case, key: SharedKey) -> JudgedKey:
    """Say which part of mutual_best is missing: enough shared dates, or being each other's best."""
    # Dates count once a pair and key type, whichever value was shared; dropped values do not count.
    dates = {
        shared
        for other in case.shared_keys
        if other.key_type == key.key_type and not other.drop_reason
        for shared in other.shared_dates
    }
    rivals = tuple(
        partner
        for partner in case.partners
        if partner.key_type == key.key_type
        and partner.partner_id not in (case.id_a, case.id_b)
        and partner.shared_date_count >= len(dates)
    )
    needed = max(key.min_shared_days or 1, 1)
    return JudgedKey(key, Verdict.NOT_CORROBORATED, (), len(dates), needed, rivals)
