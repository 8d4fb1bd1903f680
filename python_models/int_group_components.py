"""Connected components of persons, one set per level above the individual: households and organizations."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def linked_anchors(
    links_a: NDArray[np.int64], links_b: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the linked nodes, and for each the smallest node of its connected component.

    Args:
        links_a: shape (links,), one end of each link.
        links_b: shape (links,), the other end. Direction, order, repetition and self-links do not matter.

    Returns:
        Two arrays of shape (nodes,), dtype int64; nodes rise.

    Raises:
        ValueError: the two ends differ in length.

    Source: breadth-first labelling, scipy.sparse.csgraph.connected_components.

    """
    if links_a.shape != links_b.shape:
        raise ValueError(f"links have {links_a.size} first ends but {links_b.size} second ends")
    nodes, positions = np.unique(np.concatenate([links_a, links_b]), return_inverse=True)
    if nodes.size == 0:
        return nodes, nodes

    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = (positions[: links_a.size], positions[links_a.size :])
    graph = coo_array((np.ones(links_a.size, dtype=np.int8), ends), shape=(nodes.size, nodes.size))
    _, labels = connected_components(graph.tocsr(), directed=False)
    _, first_positions = np.unique(labels, return_index=True)
    return nodes, nodes[first_positions[labels]]


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


def anchors_by_duckdb(links: Any) -> Any:
    """Return an Arrow table of node_number and parent_number from a DuckDB relation."""
    import pyarrow as pa

    ends = links.project("node_number_a, node_number_b").fetchnumpy()
    one, other = (np.asarray(ends[end], dtype=np.int64) for end in ("node_number_a", "node_number_b"))
    return pa.table(dict(zip(("node_number", "parent_number"), linked_anchors(one, other), strict=True)))


def anchors_by_spark(links: Any) -> Any:
    """Return a DataFrame of node_number and parent_number from a Spark DataFrame."""
    links = links.selectExpr("node_number_a as one", "node_number_b as other")
    nodes = links.selectExpr("one as node").union(links.selectExpr("other as node")).distinct()
    return nodes.join(smallest_neighbours(links), "node", "left").selectExpr(
        "node as node_number", "coalesce(anchor, node) as parent_number"
    )


def model(dbt: Any, session: Any) -> Any:
    """One row per linked person and level: node_number, and parent_number, the first person of its group (int64)."""
    dbt.config(materialized="table_if_changed")
    links = dbt.ref("int_group_links")
    is_spark = type(links).__module__.startswith("pyspark")
    return anchors_by_spark(links) if is_spark else anchors_by_duckdb(links)
