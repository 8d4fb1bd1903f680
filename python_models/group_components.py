"""Connected components of persons, one set per level above the individual: households and organizations."""

from __future__ import annotations

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
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if persons.size == 0:
        return persons.astype(np.int64)
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


def model(dbt: Any, session: Any) -> Any:
    """One row per level and person observed at it: resolution_level, person_number, group_number."""
    dbt.config(materialized="table")
    observed = dbt.ref("int_group_persons")
    links = dbt.ref("int_group_links").project("resolution_level, person_number_a, person_number_b")

    import pyarrow as pa

    tables = []
    for level in ("household", "organization"):
        condition = f"resolution_level = '{level}'"
        persons = observed.filter(condition).order("person_rank").project("person_number").fetchnumpy()
        ends = links.filter(condition).project("person_number_a, person_number_b").fetchnumpy()
        numbers = np.asarray(persons["person_number"], dtype=np.int64)
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
