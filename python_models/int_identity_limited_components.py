"""Constrained clustering of the components that break a limit: strongest links first, no merge that breaks one."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any


def cluster_within_limits(
    links: Iterable[tuple[int, int]],
    values: Iterable[tuple[int, str, Hashable]],
    max_values: dict[str, int],
) -> dict[int, int]:
    """Merge along the links in the order given, refusing each merge that would break a limit.

    A refusal is final: values of a cluster only grow, so two clusters that may not merge once never may. An id
    that alone holds more values than a limit allows belongs to no single person and merges with nobody.

    Args:
        links: pairs of ids, strongest first.
        values: (id, key type, value) for the limited keys.
        max_values: per key type, how many distinct values a cluster may hold. A pair of ids that may not end in one
            cluster is a key type of its own, of which each end holds one value and a cluster one.

    Returns:
        For each id in `links`, the smallest id of its cluster.

    Raises:
        KeyError: a value names a key type without a limit.

    Source: single-linkage agglomeration with cannot-link constraints (Kruskal's order over union-find).

    """
    parent: dict[int, int] = {}
    held: defaultdict[int, dict[str, set[Hashable]]] = defaultdict(dict)
    for node, key_type, value in values:
        held[node].setdefault(key_type, set()).add(value)

    def find(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def fits(one: int, other: int) -> bool:
        return all(
            len(held[one].get(key_type, set()) | held[other].get(key_type, set())) <= max_values[key_type]
            for key_type in {**held[one], **held[other]}
        )

    linked_ids: dict[int, None] = {}
    for link in links:
        linked_ids.update(dict.fromkeys(link))
        one, other = sorted(find(end) for end in link)
        if one == other or not fits(one, other):
            continue
        parent[other] = one
        for key_type, key_values in held.pop(other, {}).items():
            held[one].setdefault(key_type, set()).update(key_values)

    return {node: find(node) for node in linked_ids}


def clusters_by_duckdb(ids: Any, links: Any, values: Any) -> Any:
    """Return an Arrow table of id_number and component_number from DuckDB relations."""
    import pyarrow as pa

    clusters = cluster_within_limits(
        links.project("*, least(id_rank_a, id_rank_b) as one, greatest(id_rank_a, id_rank_b) as other")
        .order("pair_priority, pair_evidence_count desc, pair_linked_at, one, other")
        .project("one, other")
        .fetchall(),
        values.project("id_rank, key_type, key_number").fetchall(),
        dict(values.project("key_type, max_values_per_profile").distinct().fetchall()),
    )
    numbers = dict(ids.project("id_rank, id_number").fetchall())
    ranks = sorted(clusters)
    return pa.table(
        {
            "id_number": pa.array([numbers[rank] for rank in ranks], pa.int64()),
            "component_number": pa.array([numbers[clusters[rank]] for rank in ranks], pa.int64()),
        }
    )


def clusters_by_spark(ids: Any, links: Any, values: Any) -> Any:
    """Return a DataFrame of id_number and component_number from Spark DataFrames, component by component."""

    def by_component(frame: Any, *columns: str) -> Any:
        return frame.selectExpr("component_number", *columns).rdd.map(lambda row: (row[0], tuple(row[1:])))

    def clusters(component: tuple[int, tuple[Iterable[Any], ...]]) -> list[tuple[int, int]]:
        ordered, held, ranks = (list(rows) for rows in component[1])
        found = cluster_within_limits(
            [(one, other) for *_, one, other in sorted(ordered)],
            [(rank, key_type, key_number) for rank, key_type, key_number, _ in held],
            {key_type: max_values for _, key_type, _, max_values in held},
        )
        numbers = dict(ranks)
        return [(numbers[rank], numbers[anchor]) for rank, anchor in found.items()]

    strongest_first = ("pair_priority", "-pair_evidence_count", "unix_micros(pair_linked_at)")
    ends = ("least(id_rank_a, id_rank_b)", "greatest(id_rank_a, id_rank_b)")
    components = by_component(links, *strongest_first, *ends).groupWith(
        by_component(values, "id_rank", "key_type", "key_number", "max_values_per_profile"),
        by_component(ids, "id_rank", "id_number"),
    )
    return ids.sparkSession.createDataFrame(components.flatMap(clusters), "id_number bigint, component_number bigint")


def model(dbt: Any, session: Any) -> Any:
    """One row per id of an offending component: id_number and component_number (int64)."""
    dbt.config(materialized="table_if_changed")
    links = dbt.ref("int_identity_contested_evidence")
    limited_values = dbt.ref("int_identity_limited_values")
    is_spark = type(links).__module__.startswith("pyspark")
    columns = [(f"id_number_{end} as id_number", f"id_rank_{end} as id_rank", "component_number") for end in "ab"]
    one, other = (links.selectExpr(*end) if is_spark else links.project(", ".join(end)) for end in columns)
    ids = one.union(other).distinct()
    find = clusters_by_spark if is_spark else clusters_by_duckdb
    return find(ids, links, limited_values.join(ids, "id_number"))
