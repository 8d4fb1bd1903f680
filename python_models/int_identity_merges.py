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
    merges: list[tuple[int, int, int, int]] = []
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
        merges.append((kept, position, kept_end, len(moving)))
    columns = np.array(merges, dtype=np.int64).reshape(-1, 4)
    new_anchors, positions, kept_ends = np.repeat(columns[:, :3], columns[:, 3], axis=0).T
    return np.array(renamed, dtype=np.int64), new_anchors, positions, kept_ends


def merges_by_duckdb(links: Any) -> Any:
    """Return an Arrow table of all merges from a DuckDB relation."""
    import pyarrow as pa

    order = "linked_at, least(id_rank_a, id_rank_b), greatest(id_rank_a, id_rank_b)"
    turn = f"row_number() over (partition by person_number order by {order}) - 1"
    ordered = links.project(f"*, {turn} as replay_position").order(order).to_arrow_table()

    def column(name: str) -> NDArray[np.int64]:
        return ordered.column(name).to_numpy().astype(np.int64)

    # Ids by rank, so that the smallest of a person is its anchor.
    ranks, nodes = np.unique(np.concatenate([column("id_rank_a"), column("id_rank_b")]), return_inverse=True)
    ends = np.stack([column("id_number_a"), column("id_number_b")])
    numbers = np.empty(ranks.size, dtype=np.int64)
    numbers[nodes] = ends.ravel()
    renamed, anchors, positions, kept_ends = replay_merges(nodes[: ends.shape[1]], nodes[ends.shape[1] :])
    return pa.table(
        {
            "id_number": numbers[renamed],
            "person_number": numbers[anchors],
            "merged_at": ordered.column("linked_at").take(pa.array(positions)),
            "id_number_a": ends[0, positions],
            "id_number_b": ends[1, positions],
            "linked_id_number": numbers[kept_ends],
            "replay_position": ordered.column("replay_position").take(pa.array(positions)),
        }
    )


def merges_by_spark(links: Any) -> Any:
    """Return a DataFrame of all merges from a Spark DataFrame, person by person."""
    from pyspark.sql import functions

    def merges_of_person(known: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
        ordered = sorted((linked_us, *sorted(((rank_a, a), (rank_b, b)))) for linked_us, rank_a, rank_b, a, b in known)
        numbers = {rank: number for _, *ends in ordered for rank, number in ends}
        ends = np.array([(one[0], other[0]) for _, one, other in ordered], dtype=np.int64)
        found = zip(*(column.tolist() for column in replay_merges(ends[:, 0], ends[:, 1])), strict=True)
        return [
            (
                numbers[renamed],
                numbers[anchor],
                ordered[position][0],
                *sorted(number for _, number in ordered[position][1:]),
                numbers[kept_end],
                position,
            )
            for renamed, anchor, position, kept_end in found
        ]

    # Microseconds, because a time that passes through Python would be read in the machine's own zone.
    known = links.selectExpr(
        "person_number", "unix_micros(linked_at)", "id_rank_a", "id_rank_b", "id_number_a", "id_number_b"
    )
    found = known.rdd.map(lambda row: (row[0], tuple(row[1:]))).groupByKey().values().flatMap(merges_of_person)
    columns = "id_number bigint, person_number bigint, merged_at bigint, id_number_a bigint, id_number_b bigint"
    merges = links.sparkSession.createDataFrame(found, f"{columns}, linked_id_number bigint, replay_position bigint")
    return merges.withColumn("merged_at", functions.expr("timestamp_micros(merged_at)"))


def model(dbt: Any, session: Any) -> Any:
    """One row per id and merge that renamed it: its new person, when, the link's ends, whom it joined, its turn."""
    dbt.config(materialized="table_if_changed")
    links = dbt.ref("int_identity_links")
    changed_ids = dbt.ref("int_identity_changed_ids")
    if type(links).__module__.startswith("pyspark"):
        return merges_by_spark(links.join(changed_ids, "person_number", "left_semi"))
    return merges_by_duckdb(links.join(changed_ids, "person_number", "semi"))
