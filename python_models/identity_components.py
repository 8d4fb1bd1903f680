"""Connected components of the candidate links: who belongs together before any limit is looked at."""

from __future__ import annotations

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

    Source: breadth-first labelling, scipy.sparse.csgraph.connected_components.

    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if links_a.shape != links_b.shape:
        raise ValueError(f"links have {links_a.size} first ends but {links_b.size} second ends")
    ends = np.concatenate([links_a, links_b])
    if np.any((ends < 0) | (ends >= node_count)):
        raise ValueError(f"a link names a node outside 0 to {node_count - 1}")
    if node_count == 0:
        return np.empty(0, dtype=np.int64)

    # scipy works with 32-bit node numbers and would convert these itself, more slowly.
    ends_32 = (links_a.astype(np.int32), links_b.astype(np.int32))
    graph = coo_array((np.ones(links_a.size), ends_32), shape=(node_count, node_count))
    component_count, labels = connected_components(graph.tocsr(), directed=False)

    # Written from the largest node down, so that the smallest of each component stays.
    first_nodes = np.empty(component_count, dtype=np.int64)
    first_nodes[labels[::-1]] = np.arange(node_count - 1, -1, -1)
    return first_nodes[labels]


def model(dbt: Any, session: Any) -> Any:
    """One row per id to cluster: id_number and component_number, the number of its component's anchor (int64)."""
    dbt.config(materialized="table")
    ids = dbt.ref("int_identity_reclustered_ids")
    links = dbt.ref("int_identity_reclustered_links")
    numbers = ids.filter("is_observed").order("id_rank").project("id_number").fetchnumpy()["id_number"]
    ranks = links.project("id_rank_a, id_rank_b").fetchnumpy()

    # Ranks count from 1, nodes from 0.
    anchors = component_anchors(
        numbers.size,
        np.asarray(ranks["id_rank_a"], dtype=np.int64) - 1,
        np.asarray(ranks["id_rank_b"], dtype=np.int64) - 1,
    )

    import pyarrow as pa

    numbers = np.asarray(numbers, dtype=np.int64)
    return pa.table({"id_number": numbers, "component_number": numbers[anchors]})
