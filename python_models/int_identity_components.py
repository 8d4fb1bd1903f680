"""Connected components of the candidate links: who belongs together before any limit is looked at."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def component_anchors(node_count: int, links_a: NDArray[np.int64], links_b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each node the smallest node of its connected component.

    Args:
        node_count: number of nodes; nodes are numbered 0 to node_count - 1.
        links_a: shape (links,), one end of each link.
        links_b: shape (links,), the other end. Direction, order, repetition and self-links do not matter.

    Returns:
        Shape (node_count,), dtype int64. A node without links is its own anchor.

    Raises:
        ValueError: the two ends differ in length, or a link names a node outside the range.

    Source: hooking and pointer jumping, Shiloach and Vishkin (1982), An O(log n) parallel connectivity algorithm; here
    each root hooks onto its smallest neighbour, and links between nodes that have met are dropped.

    """
    if links_a.shape != links_b.shape:
        raise ValueError(f"links have {links_a.size} first ends but {links_b.size} second ends")
    ends = np.concatenate([links_a, links_b])
    if np.any((ends < 0) | (ends >= node_count)):
        raise ValueError(f"a link names a node outside 0 to {node_count - 1}")

    # Half as many bytes to move, and numbers of ids in one run fit.
    anchors = np.arange(node_count, dtype=np.int32)
    one, other = links_a.astype(np.int32), links_b.astype(np.int32)
    while one.size:
        np.minimum.at(anchors, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(anchors, further := anchors[anchors]):
            anchors = further
        one, other = anchors[one], anchors[other]
        is_apart = one != other
        one, other = one[is_apart], other[is_apart]
    return anchors.astype(np.int64)


def smallest_neighbours(links: Any, max_rounds: int = 100) -> Any:
    """Return for each linked node the smallest node of its connected component, found by Spark.

    Args:
        links: DataFrame with bigint columns `one` and `other`. Direction, repetition and self-links do not matter.
        max_rounds: rounds after which something must be wrong; a path of 10,000 nodes takes about 12.

    Returns:
        DataFrame with bigint columns `node` and `anchor`, one row per node that is not itself the smallest.

    Raises:
        RuntimeError: a round still changes something after max_rounds.

    Source: alternating large-star and small-star, Kiveris et al. (2014), Connected Components in MapReduce and Beyond.

    """
    from pyspark.sql import functions

    def large_star(pairs: Any) -> Any:
        turned = pairs.select(functions.col("anchor").alias("node"), functions.col("node").alias("anchor"))
        both = pairs.unionAll(turned)
        smallest = both.groupBy("node").agg(functions.min("anchor").alias("smallest"))
        smallest = smallest.select("node", functions.least("node", "smallest").alias("smallest"))
        later = both.join(smallest, "node").where("anchor > node")
        return later.select(functions.col("anchor").alias("node"), functions.col("smallest").alias("anchor")).distinct()

    def small_star(pairs: Any) -> Any:
        smallest = pairs.groupBy("node").agg(functions.min("anchor").alias("smallest"))
        siblings = pairs.join(smallest, "node").where("anchor > smallest").select("anchor", "smallest")
        return siblings.unionAll(smallest.select("node", "smallest")).toDF("node", "anchor").distinct()

    pairs = links.selectExpr("greatest(one, other) as node", "least(one, other) as anchor").where("node > anchor")
    pairs = pairs.distinct().localCheckpoint()
    for rounds in range(max_rounds):
        is_chained = not pairs.join(pairs.selectExpr("node as anchor"), "anchor", "left_semi").isEmpty()
        if not is_chained and pairs.count() == pairs.select("node").distinct().count():
            print(f"{rounds} rounds")
            return pairs
        # Without a checkpoint every round would plan all rounds before it once more.
        pairs = small_star(large_star(pairs)).localCheckpoint()
    raise RuntimeError(f"components still change after {max_rounds} rounds")


def anchors_by_duckdb(ids: Any, links: Any) -> Any:
    """Return an Arrow table of id_number and component_number from DuckDB relations."""
    import pyarrow as pa

    numbers = np.asarray(ids.order("id_rank").project("id_number").fetchnumpy()["id_number"], dtype=np.int64)
    ranks = links.project("id_rank_a, id_rank_b").fetchnumpy()
    # Ranks count from 1, nodes from 0.
    one, other = (np.asarray(ranks[end], dtype=np.int64) - 1 for end in ("id_rank_a", "id_rank_b"))
    anchors = component_anchors(numbers.size, one, other)
    return pa.table({"id_number": numbers, "component_number": numbers[anchors]})


def anchors_by_spark(ids: Any, links: Any) -> Any:
    """Return a DataFrame of id_number and component_number from Spark DataFrames."""
    nodes = ids.selectExpr("id_rank as node", "id_number")
    found = smallest_neighbours(links.selectExpr("id_rank_a as one", "id_rank_b as other"))
    anchors = nodes.selectExpr("node as anchor", "id_number as component_number")
    return (
        nodes.join(found, "node", "left")
        .selectExpr("id_number", "coalesce(anchor, node) as anchor")
        .join(anchors, "anchor")
        .select("id_number", "component_number")
    )


def model(dbt: Any, session: Any) -> Any:
    """One row per id to cluster: id_number and component_number, the number of its component's anchor (int64)."""
    dbt.config(materialized="table_if_changed")
    ids = dbt.ref("int_identity_ranked_ids")
    links = dbt.ref("int_identity_candidate_links")
    is_spark = type(ids).__module__.startswith("pyspark")
    return anchors_by_spark(ids, links) if is_spark else anchors_by_duckdb(ids, links)
