"""Confidence of each id: the weakest link on its best path to the anchor of its person."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def bottleneck_confidence(
    anchors: NDArray[np.int64],
    links_a: NDArray[np.int64],
    links_b: NDArray[np.int64],
    confidences: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return for each node the largest confidence c such that a path of links of at least c leads to its anchor.

    Args:
        anchors: shape (nodes,), the anchor of each node; an anchor is its own anchor.
        links_a: shape (links,), one end of each link, numbered from 0; each pair of ends at most once.
        links_b: shape (links,), the other end.
        confidences: shape (links,), in (0, 1].

    Returns:
        Shape (nodes,), dtype float64; 1 for an anchor.

    Raises:
        ValueError: a node has no path to its anchor.

    Source: widest paths lie on a maximum spanning forest (Hu 1961); pointer jumping takes the minimum along them.

    """
    node_count = anchors.size
    if node_count == 0:
        return np.empty(0, dtype=np.float64)

    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

    # The heaviest confidences must be the lightest edges, and zero would mean no edge.
    weights = 2.0 - confidences
    graph = coo_array((weights, (links_a, links_b)), shape=(node_count, node_count)).tocsr()
    forest = minimum_spanning_tree(graph).tocoo()

    # A root above all anchors makes the forest one tree, walked once.
    root = node_count
    below = np.unique(anchors)
    ends = (np.concatenate([forest.row, np.full(below.size, root)]), np.concatenate([forest.col, below]))
    lengths = np.concatenate([forest.data, np.ones(below.size)])
    tree = coo_array((lengths, ends), shape=(node_count + 1, node_count + 1)).tocsr()
    order, parents = breadth_first_order(tree, root, directed=False)
    if order.size != node_count + 1:
        raise ValueError(f"{node_count + 1 - order.size} nodes have no path to their anchor")
    parents[root] = root
    parents = parents.astype(np.int64)

    edge_ends = np.stack([forest.row, forest.col]).astype(np.int64)
    child = np.where(parents[edge_ends[0]] == edge_ends[1], edge_ends[0], edge_ends[1])
    weakest = np.ones(node_count + 1)
    weakest[child] = 2.0 - forest.data
    while np.any(parents != root):
        weakest = np.minimum(weakest, weakest[parents])
        parents = parents[parents]
    return np.round(weakest[:node_count], 6)


def confidence_by_duckdb(links: Any) -> Any:
    """Return an Arrow table of id_number and identity_confidence from a DuckDB relation."""
    import pyarrow as pa

    known = links.project("id_number_a, id_number_b, person_number, confidence").fetchnumpy()
    ends_a = np.asarray(known["id_number_a"], dtype=np.int64)
    ends_b = np.asarray(known["id_number_b"], dtype=np.int64)
    numbers, nodes = np.unique(np.concatenate([ends_a, ends_b]), return_inverse=True)
    anchors = np.empty(numbers.size, dtype=np.int64)
    anchors[nodes] = np.searchsorted(numbers, np.tile(np.asarray(known["person_number"], dtype=np.int64), 2))
    confidence = bottleneck_confidence(
        anchors, nodes[: ends_a.size], nodes[ends_a.size :], np.asarray(known["confidence"], dtype=np.float64)
    )
    return pa.table({"id_number": numbers, "identity_confidence": confidence})


def confidence_by_spark(links: Any) -> Any:
    """Return a DataFrame of id_number and identity_confidence from a Spark DataFrame, whole persons at a time."""

    def confidences(persons: Iterable[tuple[int, Iterable[tuple[int, int, float]]]]) -> Iterable[tuple[int, float]]:
        anchors: list[int] = []
        numbers: dict[int, int] = {}
        ends: list[list[int]] = []
        weights: list[float] = []
        for person_number, known in persons:
            first = len(numbers)
            for one, other, confidence in known:
                ends.append([numbers.setdefault(end, len(numbers)) for end in (one, other)])
                weights.append(confidence)
            anchors.extend([numbers[person_number]] * (len(numbers) - first))
        nodes = np.array(ends, dtype=np.int64).reshape(-1, 2)
        found = bottleneck_confidence(np.array(anchors, dtype=np.int64), nodes[:, 0], nodes[:, 1], np.array(weights))
        return zip(numbers, found.tolist(), strict=True)

    known = links.select("person_number", "id_number_a", "id_number_b", "confidence")
    persons = known.rdd.map(lambda row: (row[0], tuple(row[1:]))).groupByKey()
    return links.sparkSession.createDataFrame(
        persons.mapPartitions(confidences), "id_number bigint, identity_confidence double"
    )


def model(dbt: Any, session: Any) -> Any:
    """One row per linked id: id_number (int64) and identity_confidence (double, 0 to 1)."""
    dbt.config(materialized="table_if_changed")
    links = dbt.ref("int_identity_links").filter("person_number is not null")
    is_spark = type(links).__module__.startswith("pyspark")
    return confidence_by_spark(links) if is_spark else confidence_by_duckdb(links)
