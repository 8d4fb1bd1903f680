"""Candidate pairs of ids whose devices look alike: a level of its own that no link, person or report reads."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def fingerprint_vectors(categories: list[NDArray[Any]], profiles: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return one vector of length 1 a row, in which every feature weighs the same.

    Args:
        categories: arrays of shape (rows,), one a categorical feature; each becomes a one-hot group.
        profiles: arrays of shape (rows, buckets), counts or shares, one a profile; each row has a positive sum.

    Returns:
        Shape (rows, all buckets), float64. Every group has the same length, so that the cosine of two vectors is the
        mean of the cosines of their groups.

    Source: one-hot encoding and block normalisation, as for mixed data in Gower (1971).

    """
    groups = [(values[:, None] == np.unique(values)[None, :]).astype(np.float64) for values in categories]
    groups += [profile / np.linalg.norm(profile, axis=1, keepdims=True) for profile in profiles]
    return np.concatenate(groups, axis=1) / np.sqrt(len(groups))


def cosine_matches(
    ids: NDArray[np.int64],
    blocks: NDArray[np.int64],
    first_days: NDArray[np.int64],
    last_days: NDArray[np.int64],
    vectors: NDArray[np.float64],
    min_similarity: float,
    window_days: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of ids that share a block, look alike and were active there within the window.

    Args:
        ids: shape (rows,), the id of each row; an id has one row a block that it is in.
        blocks: shape (rows,), the block of each row; only rows of one block are compared.
        first_days: shape (rows,), the first day on which the id was seen in the block.
        last_days: shape (rows,), the last one.
        vectors: shape (rows, features), each of length 1.
        min_similarity: the smallest cosine that counts.
        window_days: the most days from the last activity of the one to the first of the other; 0 where they overlap.

    Returns:
        Five arrays of one length, in order of the pair: the smaller id, the larger id, the cosine rounded to six
        digits, the fewest days between the two in any block, the number of blocks in which they match.

    Source: cosine similarity by blocks, one matrix product each; cost grows with the square of the block's size.

    """
    order = np.lexsort((ids, blocks))
    _, starts = np.unique(blocks[order], return_index=True)
    empty = np.empty(0, dtype=np.int64)
    found: list[tuple[NDArray[Any], ...]] = [(empty, empty, empty.astype(np.float64), empty)]
    for rows in np.split(order, starts[1:]):
        if rows.size < 2:
            continue
        similarity = np.round(vectors[rows] @ vectors[rows].T, 6)
        gap = np.maximum.outer(first_days[rows], first_days[rows]) - np.minimum.outer(last_days[rows], last_days[rows])
        one, other = np.nonzero(np.triu((similarity >= min_similarity) & (gap <= window_days), k=1))
        found.append((ids[rows[one]], ids[rows[other]], similarity[one, other], np.maximum(gap[one, other], 0)))
    ids_a, ids_b, similarities, gaps = (np.concatenate(column) for column in zip(*found, strict=True))

    # Rows of one pair stand together, the one with the fewest days first.
    order = np.lexsort((gaps, ids_b, ids_a))
    ids_a, ids_b, similarities, gaps = ids_a[order], ids_b[order], similarities[order], gaps[order]
    _, starts, block_counts = np.unique(np.stack([ids_a, ids_b]), axis=1, return_index=True, return_counts=True)
    return ids_a[starts], ids_b[starts], similarities[starts], gaps[starts], block_counts.astype(np.int64)


def model(dbt: Any, session: Any) -> Any:
    """One row per pair of ids that look alike, with the cosine and what else speaks for or against it."""
    dbt.config(materialized="table")
    fingerprints = dbt.ref("int_device_fingerprints").filter("not is_block_skipped")
    table = fingerprints.order("space_id, anonymous_id, ip_token").to_arrow_table()

    import pyarrow as pa
    import pyarrow.compute as pc

    def texts(*names: str) -> NDArray[Any]:
        columns = [table.column(name).cast(pa.string()).fill_null("") for name in names]
        return pc.binary_join_element_wise(*columns, "\x1f").to_numpy(zero_copy_only=False).astype(str)

    def days(name: str) -> NDArray[np.int64]:
        return table.column(name).cast(pa.date32()).cast(pa.int32()).to_numpy().astype(np.int64)

    def shares(prefix: str) -> NDArray[np.float64]:
        names = sorted(name for name in table.column_names if name.startswith(prefix) and name.endswith("_share"))
        return np.stack([table.column(name).to_numpy() for name in names], axis=1)

    # Rows are in order of the id, so the numbers of the ids are too.
    _, first_rows, ids = np.unique(texts("space_id", "anonymous_id"), return_index=True, return_inverse=True)
    _, blocks = np.unique(texts("space_id", "ip_token", "platform", "os"), return_inverse=True)
    categories = [texts(name) for name in ("platform", "os", "browser", "is_in_app_browser")]
    ids_a, ids_b, similarity, gap_days, block_counts = cosine_matches(
        ids.astype(np.int64),
        blocks.astype(np.int64),
        days("first_seen_date"),
        days("last_seen_date"),
        fingerprint_vectors(categories, [shares("hour_"), shares("weekday_")]),
        float(dbt.config.meta_get("min_similarity")),
        int(dbt.config.meta_get("window_days")),
    )
    rows_a, rows_b = pa.array(first_rows[ids_a]), pa.array(first_rows[ids_b])
    events = table.column("event_count").to_numpy()
    return pa.table(
        {
            "space_id": table.column("space_id").take(rows_a),
            "anonymous_id_a": table.column("anonymous_id").take(rows_a),
            "anonymous_id_b": table.column("anonymous_id").take(rows_b),
            "similarity": similarity,
            "gap_days": gap_days,
            "shared_ip_count": block_counts,
            "least_event_count": np.minimum(events[first_rows[ids_a]], events[first_rows[ids_b]]),
        }
    )
