"""Tests of the household and organization components: equal to networkx on person numbers with gaps."""

import inspect

import group_components
import int_identity_components
import networkx as nx
import numpy as np
import pytest
from group_components import group_anchors, model
from int_identity_components import component_anchors

NOTHING = np.empty(0, dtype=np.int64)


@pytest.mark.parametrize("seed", range(100))
def test_equals_networkx_on_random_graphs(seed):
    random = np.random.default_rng(seed)
    # Person numbers are numbers of anchors, so they have gaps.
    persons = np.sort(random.choice(1_000, size=int(random.integers(1, 60)), replace=False))
    links = random.choice(persons, size=(2, int(random.integers(0, 2 * persons.size))))

    graph = nx.Graph()
    graph.add_nodes_from(persons.tolist())
    graph.add_edges_from(links.T.tolist())
    expected = {person: min(component) for component in nx.connected_components(graph) for person in component}

    anchors = group_anchors(persons, *links)
    assert anchors.dtype == np.int64
    assert dict(zip(persons.tolist(), anchors.tolist(), strict=True)) == expected


@pytest.mark.parametrize("seed", range(10))
def test_order_direction_repetition_and_self_links_do_not_matter(seed):
    random = np.random.default_rng(seed)
    persons = np.sort(random.choice(500, size=40, replace=False))
    links = random.choice(persons, size=(2, 30))
    repeated = np.concatenate([links, links[::-1], links, np.tile(persons, (2, 1))], axis=1)
    shuffled = repeated[:, random.permutation(repeated.shape[1])]
    np.testing.assert_array_equal(group_anchors(persons, *shuffled), group_anchors(persons, *links))


def test_equals_the_components_of_ids_where_numbers_have_no_gap():
    links = np.random.default_rng(3).integers(0, 5_000, size=(2, 3_000))
    np.testing.assert_array_equal(group_anchors(np.arange(5_000), *links), component_anchors(5_000, *links))


def test_long_shuffled_path_is_one_group():
    path = np.random.default_rng(0).permutation(100_000) * 7 + 3
    assert set(group_anchors(np.sort(path), path[:-1], path[1:])) == {3}


def test_star_is_one_group():
    persons = np.arange(5, 50_005, 5)
    anchors = group_anchors(persons, np.full(persons.size - 1, 50_000), persons[:-1])
    assert set(anchors) == {5}


def test_person_without_links_is_alone():
    persons = np.array([2, 7, 11])
    np.testing.assert_array_equal(group_anchors(persons, NOTHING, NOTHING), persons)


def test_nobody_gives_nothing():
    anchors = group_anchors(NOTHING, NOTHING, NOTHING)
    assert anchors.shape == (0,) and anchors.dtype == np.int64


@pytest.mark.parametrize("stranger", [1, 5, 12])
def test_link_to_an_unknown_person_raises(stranger):
    with pytest.raises(ValueError, match="unknown person"):
        group_anchors(np.array([2, 7, 11]), np.array([2]), np.array([stranger]))


def test_links_without_a_second_end_raise():
    with pytest.raises(ValueError, match="length|shape|size"):
        group_anchors(np.array([2, 7, 11]), np.array([2, 7]), np.array([11]))


@pytest.mark.parametrize("seed", range(20))
def test_anchor_is_the_first_person_in_the_order_given(seed):
    random = np.random.default_rng(seed)
    persons = random.choice(1_000, size=40, replace=False)
    links = random.choice(persons, size=(2, 25))
    graph = nx.Graph()
    graph.add_nodes_from(persons.tolist())
    graph.add_edges_from(links.T.tolist())
    rank = {person: position for position, person in enumerate(persons.tolist())}
    expected = {
        person: min(component, key=rank.__getitem__)
        for component in nx.connected_components(graph)
        for person in component
    }
    assert dict(zip(persons.tolist(), group_anchors(persons, *links).tolist(), strict=True)) == expected


def test_model_keeps_the_levels_apart_and_names_groups_after_their_first_person(run_model):
    rows = run_model(
        model,
        int_group_persons="""
            select * from (
                values ('household', 10, 2), ('household', 20, 1), ('organization', 10, 1), ('organization', 20, 2)
            ) as persons (resolution_level, person_number, person_rank)
        """,
        int_group_links="""
            select * from (values ('household', 10, 20)) as links (resolution_level, person_number_a, person_number_b)
        """,
    )
    assert {(row["resolution_level"], row["person_number"]): row["group_number"] for row in rows} == {
        ("household", 10): 20,
        ("household", 20): 20,
        ("organization", 10): 10,
        ("organization", 20): 20,
    }


def test_both_models_find_components_on_spark_in_the_same_way():
    # A script for Spark holds all it needs, so the function stands in both files.
    modules = (group_components, int_identity_components)
    one, other = (inspect.getsource(module.smallest_neighbours) for module in modules)
    assert one == other
