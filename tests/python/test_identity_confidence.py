"""Tests of the confidence of an id: the weakest link on its best path to the anchor, against brute force."""

import itertools

import networkx as nx
import numpy as np
import pytest
from int_identity_confidence import bottleneck_confidence, model

NOTHING = np.empty(0, dtype=np.int64)


def random_graph(seed: int, node_count: int, link_count: int) -> nx.Graph:
    """Graph on nodes 0 to node_count - 1 whose links carry one of few confidences, so that ties are common."""
    random = np.random.default_rng(seed)
    graph = nx.Graph()
    graph.add_nodes_from(range(node_count))
    pairs = list(itertools.combinations(range(node_count), 2))
    for index in random.choice(len(pairs), size=min(link_count, len(pairs)), replace=False):
        graph.add_edge(*pairs[index], confidence=float(random.choice([0.3, 0.85, 0.92, 0.98, 0.9998, 1.0])))
    return graph


def resolve(graph: nx.Graph) -> list[float]:
    anchors = np.empty(len(graph), dtype=np.int64)
    for component in nx.connected_components(graph):
        anchors[list(component)] = min(component)
    links = [(one, other, data["confidence"]) for one, other, data in graph.edges(data=True)]
    ends = np.array([link[:2] for link in links], dtype=np.int64).reshape(-1, 2)
    return bottleneck_confidence(anchors, *ends.T, np.array([link[2] for link in links])).tolist()


def weakest_link(graph: nx.Graph, path: list[int]) -> float:
    return min(graph.edges[step]["confidence"] for step in itertools.pairwise(path))


@pytest.mark.parametrize("seed", range(60))
def test_equals_the_best_of_all_simple_paths(seed):
    graph = random_graph(seed, node_count=7, link_count=seed % 12)
    expected = []
    for node in graph:
        anchor = min(nx.node_connected_component(graph, node))
        paths = nx.all_simple_paths(graph, anchor, node) if node != anchor else []
        expected.append(max((weakest_link(graph, path) for path in paths), default=1.0))
    assert resolve(graph) == expected


@pytest.mark.parametrize("seed", range(20))
def test_equals_networkx_maximum_spanning_tree(seed):
    graph = random_graph(seed, node_count=80, link_count=140)
    forest = nx.maximum_spanning_tree(graph, weight="confidence")
    expected = [1.0] * len(graph)
    for component in nx.connected_components(forest):
        for node, path in nx.single_source_shortest_path(forest, min(component)).items():
            if len(path) > 1:
                expected[node] = weakest_link(forest, path)
    assert resolve(graph) == expected


@pytest.mark.parametrize("seed", range(10))
def test_order_and_direction_of_links_do_not_matter(seed):
    random = np.random.default_rng(seed)
    ends = np.array(list(itertools.combinations(range(12), 2)))
    confidences = random.choice([0.5, 0.7, 0.9], size=len(ends))
    anchors = np.zeros(12, dtype=np.int64)
    expected = bottleneck_confidence(anchors, *ends.T, confidences)

    shuffle = random.permutation(len(ends))
    turned = np.where(random.random(len(ends))[:, None] < 0.5, ends, ends[:, ::-1])[shuffle]
    np.testing.assert_array_equal(bottleneck_confidence(anchors, *turned.T, confidences[shuffle]), expected)


def test_detour_over_strong_links_beats_a_weak_direct_link():
    confidence = bottleneck_confidence(
        np.zeros(3, dtype=np.int64), np.array([0, 0, 1]), np.array([2, 1, 2]), np.array([0.85, 0.99, 0.98])
    )
    assert confidence.tolist() == [1.0, 0.99, 0.98]


def test_anchor_and_single_id_are_certain():
    confidence = bottleneck_confidence(np.array([0, 1, 1]), np.array([1]), np.array([2]), np.array([0.5]))
    assert confidence.tolist() == [1.0, 1.0, 0.5]


def test_anchor_need_not_be_the_smallest_node():
    confidence = bottleneck_confidence(np.array([2, 2, 2]), np.array([0, 1]), np.array([1, 2]), np.array([0.4, 0.9]))
    assert confidence.tolist() == [0.4, 0.9, 1.0]


def test_weakest_link_of_a_long_shuffled_path_holds_for_all_behind_it():
    count, weak_at = 100_000, 70_000
    path = np.concatenate([[0], np.random.default_rng(4).permutation(np.arange(1, count))])
    confidences = np.full(count - 1, 0.99)
    confidences[weak_at] = 0.6
    confidence = bottleneck_confidence(np.zeros(count, dtype=np.int64), path[:-1], path[1:], confidences)
    assert confidence[0] == 1
    assert set(confidence[path[1 : weak_at + 1]]) == {0.99}
    assert set(confidence[path[weak_at + 1 :]]) == {0.6}


def test_star_gives_each_leaf_its_own_link():
    confidences = np.round(np.random.default_rng(5).uniform(0.1, 1, size=9_999), 6)
    confidence = bottleneck_confidence(
        np.zeros(10_000, dtype=np.int64), np.zeros(9_999, dtype=np.int64), np.arange(1, 10_000), confidences
    )
    np.testing.assert_array_equal(confidence[1:], confidences)


def test_empty_graph_gives_nothing():
    assert bottleneck_confidence(NOTHING, NOTHING, NOTHING, np.empty(0)).shape == (0,)


def test_ids_without_links_are_certain():
    assert bottleneck_confidence(np.arange(3), NOTHING, NOTHING, np.empty(0)).tolist() == [1.0, 1.0, 1.0]


def test_node_without_a_path_to_its_anchor_raises():
    with pytest.raises(ValueError, match="1 nodes have no path"):
        bottleneck_confidence(np.zeros(3, dtype=np.int64), np.array([0]), np.array([1]), np.array([0.9]))


def test_link_without_a_confidence_raises():
    with pytest.raises(ValueError):
        bottleneck_confidence(np.zeros(3, dtype=np.int64), np.array([0, 1]), np.array([1, 2]), np.array([0.9]))


def test_model_finds_the_anchor_by_its_number(run_model):
    rows = run_model(
        model,
        int_identity_links="""
            select * from (values (20, 50, 50, 0.9), (20, 90, 50, 0.8), (20, 70, null, 0.7))
            as links (id_number_a, id_number_b, person_number, confidence)
        """,
    )
    # 70 was refused.
    assert {row["id_number"]: row["identity_confidence"] for row in rows} == {20: 0.9, 50: 1.0, 90: 0.8}
