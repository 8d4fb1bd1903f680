"""What changed between two builds of the same events: persons, links and credited revenue. Pure functions.

The manual of identity-graph what-if says what the words mean: who merges and splits, which links join and part.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

Labels = Mapping[Hashable, Hashable]  # id -> the person it belongs to
Parts = Mapping[int, tuple[Hashable, Hashable]]  # event of an id that several users shared -> the id, the user's part
Link = tuple[Hashable, Hashable, str]  # id, id, key type
# conversion -> channel, currency (empty = none), revenue, and how many conversions it is: a refund is none
Credits = Mapping[str, tuple[str, str, Decimal, int]]


@dataclass(frozen=True)
class PersonChanges:
    """How the persons of one labelling of the ids became those of another; households and organizations likewise."""

    persons_before: int
    persons_after: int
    merged: dict[Hashable, set[Hashable]]  # new person -> the old persons it holds ids of, two or more
    split: dict[Hashable, set[Hashable]]  # old person -> the new persons that hold its ids, two or more
    changed_anchors: set[Hashable]  # old persons whose own id is now named otherwise
    affected_ids: set[Hashable]
    renamed_ids: set[Hashable]


def compare_persons(before: Labels, after: Labels) -> PersonChanges:
    """Compare two labellings of the same ids; a person is named after one of its ids.

    Raises:
        ValueError: the two labellings do not name the same ids.

    """
    if before.keys() != after.keys():
        raise ValueError(f"{len(before.keys() ^ after.keys())} ids are in one of the two labellings only")
    old_members: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
    new_members: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
    for anonymous_id, person in before.items():
        old_members[person].add(anonymous_id)
        new_members[after[anonymous_id]].add(anonymous_id)

    merged, split, affected = {}, {}, set()
    for person, members in new_members.items():
        sources = {before[anonymous_id] for anonymous_id in members}
        if len(sources) > 1:
            merged[person] = sources
        if len(sources) > 1 or members != old_members[before[next(iter(members))]]:
            affected |= members
    for person, members in old_members.items():
        targets = {after[anonymous_id] for anonymous_id in members}
        if len(targets) > 1:
            split[person] = targets
    return PersonChanges(
        persons_before=len(old_members),
        persons_after=len(new_members),
        merged=merged,
        split=split,
        changed_anchors={person for person in old_members if after.get(person, person) != person},
        affected_ids=affected,
        renamed_ids={anonymous_id for anonymous_id, person in before.items() if after[anonymous_id] != person},
    )


def match_ids(ids: Iterable[Hashable], before: Parts, after: Parts) -> dict[Hashable, tuple[Hashable, Hashable]]:
    """Match the ids of two builds, which may divide a shared id otherwise.

    Args:
        ids: all ids of both builds, users' parts of shared ids among them.
        before: the parts of shared ids in the one build.
        after: the parts of shared ids in the other.

    Returns:
        By name, an id of the one build and the same of the other. An id that the two divide otherwise is as many as
        there are different pairs: one for each part, where only one of the two divides it.

    """
    divided = {name for parts in (before, after) for names in parts.values() for name in names}
    pairs = {(name, name) for name in ids if name not in divided}
    for event in before.keys() | after.keys():
        visitor, _ = before.get(event) or after[event]
        pairs.add((before.get(event, (visitor, visitor))[1], after.get(event, (visitor, visitor))[1]))
    matched: dict[Hashable, tuple[Hashable, Hashable]] = {}
    # Named as before the change, so that an anchor is found by its name.
    for one, other in sorted(pairs, key=lambda pair: (pair[0] != pair[1], str(pair))):
        matched[(one, other) if one in matched else one] = (one, other)
    return matched


@dataclass(frozen=True)
class LinkChange:
    """Accepted links of a key, before and after; joining ones make persons one, parting ones divided them."""

    key_type: str
    before: int
    after: int
    gained: int
    joining: int
    lost: int
    parting: int


def compare_links(
    before: set[Link],
    after: set[Link],
    persons_before: Mapping[Hashable, set[Hashable]],
    persons_after: Mapping[Hashable, set[Hashable]],
) -> list[LinkChange]:
    """Compare the accepted links by key type, and count those that join old persons or part them.

    Args:
        before: the links before the change.
        after: those after it.
        persons_before: the old persons of each id of the links after the change; of a shared id several.
        persons_after: the new persons of each id of the links before it.

    """
    gained, lost = after - before, before - after
    joining = {link for link in gained if persons_before[link[0]].isdisjoint(persons_before[link[1]])}
    parting = {link for link in lost if persons_after[link[0]].isdisjoint(persons_after[link[1]])}
    counts = [Counter(link[2] for link in links) for links in (before, after, gained, joining, lost, parting)]
    return [LinkChange(key_type, *(count[key_type] for count in counts)) for key_type in sorted(counts[0] | counts[1])]


@dataclass(frozen=True)
class RevenueChange:
    """Conversions credited to one channel and currency, and their revenue, before and after."""

    channel: str
    currency: str
    conversions_before: int
    conversions_after: int
    before: Decimal
    after: Decimal


def compare_revenue(before: Credits, after: Credits) -> tuple[list[RevenueChange], dict[str, tuple[int, Decimal]]]:
    """Compare the credits of the same conversions.

    Returns:
        One row per channel and currency, and per currency how many conversions changed their channel and the revenue
        that moved with them.

    Raises:
        ValueError: the two sides do not credit the same conversions with the same revenue.

    """
    if before.keys() != after.keys():
        raise ValueError(f"{len(before.keys() ^ after.keys())} conversions are credited on one side only")
    counts: Counter[tuple[str, str, int]] = Counter()
    sums: defaultdict[tuple[str, str, int], Decimal] = defaultdict(Decimal)
    moved: defaultdict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for conversion_id, (old_channel, currency, revenue, conversions) in before.items():
        new_channel, *unchanged = after[conversion_id]
        if unchanged != [currency, revenue, conversions]:
            raise ValueError(f"conversion {conversion_id} has another revenue than before")
        for side, channel in enumerate((old_channel, new_channel)):
            counts[channel, currency, side] += conversions
            sums[channel, currency, side] += revenue
        if old_channel != new_channel:
            count, amount = moved[currency]
            moved[currency] = (count + conversions, amount + revenue)
    rows = [
        RevenueChange(
            channel, currency, *(by_side[channel, currency, side] for by_side in (counts, sums) for side in (0, 1))
        )
        for channel, currency in sorted({key[:2] for key in counts})
    ]
    return rows, dict(sorted(moved.items()))
