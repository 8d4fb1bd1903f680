"""Connected components of persons, one set per level above the individual: households and organizations."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def group_anchors(
    persons: NDArray[np.int64], links_a: NDArray[np.int64], links_b: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each person the first person of its connected component.

    Args:
        persons: shape (persons,), distinct person numbers; those that come first are preferred as anchors.
        links_a: shape (links,), person numbers at one end of each link.
        links_b: shape (links,), person numbers at the other end.

    Returns:
        Shape (persons,), dtype int64; a person without links is alone in its group.

    Raises:
        ValueError: the two ends differ in length, or a link names an unknown person.

    Source: breadth-first labelling, scipy.sparse.csgraph.connected_components.

    """
    if persons.size == 0:
        return persons.astype(np.int64)

    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    by_number = np.argsort(persons)
    ends = tuple(
        by_number.take(np.searchsorted(persons, links, sorter=by_number), mode="clip") for links in (links_a, links_b)
    )
    for positions, links in zip(ends, (links_a, links_b), strict=True):
        if not np.array_equal(persons[positions], links):
            raise ValueError("a link names an unknown person")
    graph = coo_array((np.ones(links_a.size, dtype=np.int8), ends), shape=(persons.size, persons.size))
    _, labels = connected_components(graph.tocsr(), directed=False)
    _, first_positions = np.unique(labels, return_index=True)
    return persons[first_positions[labels]]


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


def groups_by_duckdb(persons: Any, links: Any) -> Any:
    """Return an Arrow table of resolution_level, person_number and group_number from DuckDB relations."""
    import pyarrow as pa

    tables = []
    for level in ("household", "organization"):
        condition = f"resolution_level = '{level}'"
        observed = persons.filter(condition).order("person_rank").project("person_number").fetchnumpy()
        ends = links.filter(condition).project("person_number_a, person_number_b").fetchnumpy()
        numbers = np.asarray(observed["person_number"], dtype=np.int64)
        anchors = group_anchors(
            numbers,
            np.asarray(ends["person_number_a"], dtype=np.int64),
            np.asarray(ends["person_number_b"], dtype=np.int64),
        )
        tables.append(
            pa.table(
                {
                    "resolution_level": pa.array([level] * numbers.size, pa.string()),
                    "person_number": numbers,
                    "group_number": anchors,
                }
            )
        )
    return pa.concat_tables(tables)


def groups_by_spark(persons: Any, links: Any) -> Any:
    """Return a DataFrame of resolution_level, person_number and group_number from Spark DataFrames."""
    # One number for both levels, in the order of the ranks of each.
    number = "2 * person_rank + case when resolution_level = 'organization' then 1 else 0 end"
    nodes = persons.selectExpr("resolution_level", "person_number", f"{number} as node")
    ends_a = nodes.selectExpr("resolution_level", "person_number as person_number_a", "node as one")
    ends_b = nodes.selectExpr("resolution_level", "person_number as person_number_b", "node as other")
    numbered = links.join(ends_a, ["resolution_level", "person_number_a"]).join(
        ends_b, ["resolution_level", "person_number_b"]
    )
    anchors = nodes.selectExpr("node as anchor", "person_number as group_number")
    return (
        nodes.join(smallest_neighbours(numbered.select("one", "other")), "node", "left")
        .selectExpr("resolution_level", "person_number", "coalesce(anchor, node) as anchor")
        .join(anchors, "anchor")
        .select("resolution_level", "person_number", "group_number")
    )


def model(dbt: Any, session: Any) -> Any:
    """One row per level and person linked at it: resolution_level, person_number, group_number."""
    dbt.config(materialized="table_if_changed")
    persons = dbt.ref("int_group_persons")
    links = dbt.ref("int_group_links")
    is_spark = type(persons).__module__.startswith("pyspark")
    return groups_by_spark(persons, links) if is_spark else groups_by_duckdb(persons, links)
