"""Tests of the connected components: equal to networkx, whatever the order, direction or repetition of the links."""

import networkx as nx
import numpy as np
import pytest
from int_identity_components import component_anchors, model
from numpy.typing import NDArray


def reference_anchors(node_count: int, links_a: NDArray, links_b: NDArray) -> NDArray[np.int64]:
    graph = nx.Graph()
    graph.add_nodes_from(range(node_count))
    graph.add_edges_from(zip(links_a.tolist(), links_b.tolist(), strict=True))
    anchors = np.empty(node_count, dtype=np.int64)
    for component in nx.connected_components(graph):
        anchors[list(component)] = min(component)
    return anchors


@pytest.mark.parametrize("seed", range(100))
def test_equals_networkx_on_random_graphs(seed):
    random = np.random.default_rng(seed)
    node_count = int(random.integers(1, 60))
    link_count = int(random.integers(0, 2 * node_count))
    links = random.integers(0, node_count, size=(2, link_count))
    anchors = component_anchors(node_count, *links)
    assert anchors.dtype == np.int64
    np.testing.assert_array_equal(anchors, reference_anchors(node_count, *links))


@pytest.mark.parametrize("seed", range(10))
def test_order_direction_repetition_and_self_links_do_not_matter(seed):
    random = np.random.default_rng(seed)
    links = random.integers(0, 40, size=(2, 30))
    expected = component_anchors(40, *links)

    repeated = np.concatenate([links, links[::-1], links, np.tile(np.arange(40), (2, 1))], axis=1)
    shuffled = repeated[:, random.permutation(repeated.shape[1])]
    np.testing.assert_array_equal(component_anchors(40, *shuffled), expected)


def test_long_shuffled_path_is_one_component():
    path = np.random.default_rng(0).permutation(100_000)
    assert not component_anchors(100_000, path[:-1], path[1:]).any()


def test_cut_path_is_two_components():
    path = np.random.default_rng(1).permutation(100_000)
    links_a, links_b = np.delete(path[:-1], 60_000), np.delete(path[1:], 60_000)
    anchors = component_anchors(100_000, links_a, links_b)
    assert set(anchors[path[:60_001]]) == {path[:60_001].min()}
    assert set(anchors[path[60_001:]]) == {path[60_001:].min()}


@pytest.mark.parametrize("centre", [0, 17, 9_999])
def test_star_is_one_component(centre):
    leaves = np.delete(np.arange(10_000), centre)
    assert not component_anchors(10_000, np.full(9_999, centre), leaves).any()


def test_giant_component_beside_many_small_ones():
    random = np.random.default_rng(2)
    giant = random.permutation(50_000) * 2
    pairs = np.arange(1, 100_000, 4)
    links_a = np.concatenate([giant[:-1], pairs])
    links_b = np.concatenate([giant[1:], pairs + 2])
    anchors = component_anchors(100_000, links_a, links_b)
    assert not anchors[::2].any()
    np.testing.assert_array_equal(anchors[pairs], pairs)
    np.testing.assert_array_equal(anchors[pairs + 2], pairs)


def test_node_without_links_is_its_own_anchor():
    nothing = np.empty(0, dtype=np.int64)
    np.testing.assert_array_equal(component_anchors(5, nothing, nothing), np.arange(5))


def test_empty_graph_gives_nothing():
    nothing = np.empty(0, dtype=np.int64)
    anchors = component_anchors(0, nothing, nothing)
    assert anchors.shape == (0,) and anchors.dtype == np.int64


def test_links_without_a_second_end_raise():
    with pytest.raises(ValueError, match="2 first ends but 1 second"):
        component_anchors(3, np.array([0, 1]), np.array([1]))


@pytest.mark.parametrize(("one", "other"), [(0, 3), (3, 0), (-1, 0), (0, -1)])
def test_link_to_an_unknown_node_raises(one, other):
    with pytest.raises(ValueError, match="outside 0 to 2"):
        component_anchors(3, np.array([one]), np.array([other]))


def test_link_in_a_graph_without_nodes_raises():
    with pytest.raises(ValueError, match="outside"):
        component_anchors(0, np.array([0]), np.array([0]))


def test_model_names_each_component_after_its_first_rank_whatever_the_numbers(run_model):
    rows = run_model(
        model,
        int_identity_ranked_ids="""
            select * from (values (70, 2), (20, 4), (50, 1), (10, 3))
            as ids (id_number, id_rank)
        """,
        int_identity_candidate_links="select * from (values (4, 2), (2, 4)) as links (id_rank_a, id_rank_b)",
    )
    assert {row["id_number"]: row["component_number"] for row in rows} == {50: 50, 70: 70, 20: 70, 10: 10}


def test_model_without_ids_gives_no_rows(run_model):
    rows = run_model(
        model,
        int_identity_ranked_ids="select 1 as id_number, 1 as id_rank where false",
        int_identity_candidate_links="select 1 as id_rank_a, 1 as id_rank_b where false",
    )
    assert rows == []
