"""Replay of the accepted links in event time: when each id came to belong to which person, and through which link."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def replay_merges(
    links_a: NDArray[np.int64], links_b: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Merge along links in the order given and record whose anchor changes at each of them.

    An id's person is named after the smallest id of its component, so a merge renames only the side whose smallest
    id is the larger one.

    Args:
        links_a: shape (links,), one end of each link, in the order in which the links became known.
        links_b: shape (links,), the other end.

    Returns:
        Four arrays of one length, in order of the links: the id that was renamed, its new anchor, the position of
        the link that did it, and that link's end on the side that kept its name.

    Source: union-find with member lists; the smaller id stays the root.

    """
    members: dict[int, list[int]] = {}
    anchor: dict[int, int] = {}
    renamed: list[int] = []
    new_anchors: list[int] = []
    positions: list[int] = []
    kept_ends: list[int] = []
    for position, (one, other) in enumerate(zip(links_a.tolist(), links_b.tolist(), strict=True)):
        kept, lost = anchor.get(one, one), anchor.get(other, other)
        if kept == lost:
            continue
        kept_end = one
        if kept > lost:
            kept, lost, kept_end = lost, kept, other
        moving = members.pop(lost, [lost])
        members.setdefault(kept, [kept]).extend(moving)
        for node in moving:
            anchor[node] = kept
        renamed.extend(moving)
        new_anchors.extend([kept] * len(moving))
        positions.extend([position] * len(moving))
        kept_ends.extend([kept_end] * len(moving))
    return (
        np.array(renamed, dtype=np.int64),
        np.array(new_anchors, dtype=np.int64),
        np.array(positions, dtype=np.int64),
        np.array(kept_ends, dtype=np.int64),
    )


def merges_by_duckdb(persons: Any, links: Any) -> Any:
    """Return an Arrow table of all merges from DuckDB relations."""
    import pyarrow as pa

    ids = persons.order("id_rank").project("id_number").fetchnumpy()["id_number"]
    ordered = (
        links.project(
            "id_rank_a, id_rank_b, linked_at, row_number() over ("
            "partition by person_number order by linked_at, id_rank_a, id_rank_b) - 1 as replay_position"
        )
        .order("linked_at, id_rank_a, id_rank_b")
        .to_arrow_table()
    )
    ends_a = ordered.column("id_rank_a").to_numpy().astype(np.int64)
    ends_b = ordered.column("id_rank_b").to_numpy().astype(np.int64)
    renamed, anchors, positions, kept_ends = replay_merges(ends_a, ends_b)

    # Ranks count from 1.
    numbers = np.concatenate([np.zeros(1, dtype=np.int64), np.asarray(ids, dtype=np.int64)])
    linked = np.sort(numbers[np.stack([ends_a[positions], ends_b[positions]])], axis=0)
    return pa.table(
        {
            "id_number": numbers[renamed],
            "person_number": numbers[anchors],
            "merged_at": ordered.column("linked_at").take(pa.array(positions)),
            "id_number_a": linked[0],
            "id_number_b": linked[1],
            "linked_id_number": numbers[kept_ends],
            "replay_position": ordered.column("replay_position").take(pa.array(positions)),
        }
    )


def merges_by_spark(persons: Any, links: Any) -> Any:
    """Return a DataFrame of all merges from Spark DataFrames, person by person."""

    def by_person(frame: Any, *columns: str) -> Any:
        return frame.selectExpr("person_number", *columns).rdd.map(lambda row: (row[0], tuple(row[1:])))

    def merges(person: tuple[int, tuple[Iterable[Any], ...]]) -> list[tuple[int, ...]]:
        known, ranks = (list(rows) for rows in person[1])
        numbers = dict(ranks)
        ordered = sorted(known)
        ends = np.array([(one, other) for _, one, other in ordered], dtype=np.int64).reshape(-1, 2)
        found = zip(*(column.tolist() for column in replay_merges(ends[:, 0], ends[:, 1])), strict=True)
        return [
            (
                numbers[renamed],
                numbers[anchor],
                ordered[position][0],
                *sorted(numbers[end] for end in ordered[position][1:]),
                numbers[kept_end],
                position,
            )
            for renamed, anchor, position, kept_end in found
        ]

    # Microseconds, because a time that passes through Python would be read in the machine's own zone.
    first_known = by_person(links, "unix_micros(linked_at)", "id_rank_a", "id_rank_b")
    found = first_known.groupWith(by_person(persons, "id_rank", "id_number")).flatMap(merges)
    columns = "id_number bigint, person_number bigint, merged_us bigint, id_number_a bigint, id_number_b bigint"
    return persons.sparkSession.createDataFrame(
        found, f"{columns}, linked_id_number bigint, replay_position bigint"
    ).selectExpr(
        "id_number",
        "person_number",
        "timestamp_micros(merged_us) as merged_at",
        "id_number_a",
        "id_number_b",
        "linked_id_number",
        "replay_position",
    )


def model(dbt: Any, session: Any) -> Any:
    """One row per id and merge that renamed it: its new person, when, the link's ends, whom it joined, its turn."""
    dbt.config(materialized="table")
    persons = dbt.ref("int_identity_changed_persons")
    links = dbt.ref("int_identity_changed_links")
    is_spark = type(persons).__module__.startswith("pyspark")
    return merges_by_spark(persons, links) if is_spark else merges_by_duckdb(persons, links)
