"""Tests of the household and organization components: equal to networkx on numbers with gaps."""

import inspect

import int_group_components
import int_identity_components
import networkx as nx
import numpy as np
import pytest
from int_group_components import linked_anchors, model
from int_identity_components import component_anchors

NOTHING = np.empty(0, dtype=np.int64)


def anchors_of(one: np.ndarray, other: np.ndarray) -> dict[int, int]:
    nodes, anchors = linked_anchors(one, other)
    assert nodes.dtype == anchors.dtype == np.int64
    return dict(zip(nodes.tolist(), anchors.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(100))
def test_equals_networkx_on_random_graphs(seed):
    random = np.random.default_rng(seed)
    # Not everybody is linked, so numbers have gaps.
    persons = random.choice(1_000, size=int(random.integers(1, 60)), replace=False)
    links = random.choice(persons, size=(2, int(random.integers(0, 2 * persons.size))))
    graph = nx.Graph(links.T.tolist())
    expected = {person: min(component) for component in nx.connected_components(graph) for person in component}
    assert anchors_of(*links) == expected


@pytest.mark.parametrize("seed", range(10))
def test_order_direction_repetition_and_self_links_do_not_matter(seed):
    random = np.random.default_rng(seed)
    links = random.choice(500, size=(2, 30))
    repeated = np.concatenate([links, links[::-1], links, np.tile(links[0], (2, 1))], axis=1)
    shuffled = repeated[:, random.permutation(repeated.shape[1])]
    assert anchors_of(*shuffled) == anchors_of(*links)


def test_equals_the_components_of_ids_where_all_are_linked():
    links = np.random.default_rng(3).integers(0, 5_000, size=(2, 3_000))
    links = np.concatenate([links, np.tile(np.arange(5_000), (2, 1))], axis=1)
    np.testing.assert_array_equal(linked_anchors(*links)[1], component_anchors(5_000, *links))


def test_long_shuffled_path_is_one_group():
    path = np.random.default_rng(0).permutation(100_000) * 7 + 3
    assert set(anchors_of(path[:-1], path[1:]).values()) == {3}


def test_star_is_one_group():
    persons = np.arange(5, 50_000, 5)
    assert set(anchors_of(np.full(persons.size, 50_000), persons).values()) == {5}


def test_nobody_gives_nothing():
    assert anchors_of(NOTHING, NOTHING) == {}


def test_links_without_a_second_end_raise():
    with pytest.raises(ValueError, match="2 first ends but 1 second"):
        linked_anchors(np.array([2, 7]), np.array([11]))


def test_model_names_groups_after_their_first_person(run_model):
    rows = run_model(
        model,
        int_group_links="""
            select * from (values (10, 20), (40, 20), (11, 21)) as links (node_number_a, node_number_b)
        """,
    )
    assert {row["node_number"]: row["parent_number"] for row in rows} == {10: 10, 20: 10, 40: 10, 11: 11, 21: 11}


def test_both_models_find_components_on_spark_in_the_same_way():
    # A script for Spark holds all it needs, so the function stands in both files.
    modules = (int_group_components, int_identity_components)
    one, other = (inspect.getsource(module.smallest_neighbours) for module in modules)
    assert one == other
