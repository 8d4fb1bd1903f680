"""Tests of the replay of links: at any moment it names the components of the links known so far."""

import networkx as nx
import numpy as np
import pytest
from int_identity_components import component_anchors
from int_identity_merges import model, replay_merges

NOTHING = np.empty(0, dtype=np.int64)


def anchors_after(merges: tuple, node_count: int, link_count: int) -> list[int]:
    """Anchor of each node after the first links of a replay."""
    anchors = list(range(node_count))
    for node, anchor, position, _ in zip(*(column.tolist() for column in merges), strict=True):
        if position < link_count:
            anchors[node] = anchor
    return anchors


@pytest.mark.parametrize("seed", range(60))
def test_equals_the_components_of_the_links_known_so_far(seed):
    random = np.random.default_rng(seed)
    node_count = int(random.integers(2, 50))
    link_count = int(random.integers(0, 2 * node_count))
    links = random.integers(0, node_count, size=(2, link_count))
    merges = replay_merges(*links)
    for known in {0, link_count, *random.integers(0, link_count + 1, size=8).tolist()}:
        graph = nx.Graph()
        graph.add_nodes_from(range(node_count))
        graph.add_edges_from(links[:, :known].T.tolist())
        expected = {node: min(component) for component in nx.connected_components(graph) for node in component}
        assert anchors_after(merges, node_count, known) == [expected[node] for node in range(node_count)]


@pytest.mark.parametrize("seed", range(60))
def test_each_change_names_the_link_that_made_it(seed):
    random = np.random.default_rng(seed)
    links = random.integers(0, 30, size=(2, 40))
    nodes, anchors, positions, kept_ends = (column.tolist() for column in replay_merges(*links))
    assert positions == sorted(positions)

    known = list(range(30))
    for node, anchor, position, kept_end in zip(nodes, anchors, positions, kept_ends, strict=True):
        one, other = links[:, position].tolist()
        before = component_anchors(30, *links[:, :position]).tolist()
        moved_end = other if kept_end == one else one
        assert kept_end in (one, other)
        assert before[kept_end] == anchor
        assert before[node] == before[moved_end] == known[node]
        # A name is only ever given up for an earlier one.
        assert anchor < known[node]
        known[node] = anchor
    assert known == component_anchors(30, *links).tolist()


def test_last_state_of_a_long_shuffled_path_is_its_components():
    random = np.random.default_rng(6)
    path = random.permutation(100_000)
    order = random.permutation(99_999)
    links = np.stack([path[:-1], path[1:]])[:, order]
    nodes, anchors, _, _ = replay_merges(*links)
    last = np.arange(100_000)
    last[nodes] = anchors
    assert not last.any()


def test_star_renames_each_leaf_once():
    nodes, anchors, positions, kept_ends = replay_merges(np.zeros(999, dtype=np.int64), np.arange(1, 1_000))
    assert nodes.tolist() == list(range(1, 1_000))
    assert positions.tolist() == list(range(999))
    assert not anchors.any() and not kept_ends.any()


def test_merge_of_two_groups_renames_the_side_with_the_later_anchor():
    nodes, anchors, positions, kept_ends = replay_merges(np.array([4, 1, 2]), np.array([5, 2, 5]))
    assert list(zip(nodes, anchors, positions, kept_ends, strict=True)) == [
        (5, 4, 0, 4),
        (2, 1, 1, 1),
        (4, 1, 2, 2),
        (5, 1, 2, 2),
    ]


def test_repeated_links_and_self_links_change_nothing():
    nodes, *_ = replay_merges(np.array([3, 7, 7, 3]), np.array([7, 3, 7, 7]))
    assert nodes.tolist() == [7]


def test_no_links_give_no_changes():
    merges = replay_merges(NOTHING, NOTHING)
    assert [column.shape for column in merges] == [(0,)] * 4
    assert {column.dtype for column in merges} == {np.dtype(np.int64)}


def test_links_without_a_second_end_raise():
    with pytest.raises(ValueError, match="shorter"):
        replay_merges(np.array([0, 1]), np.array([1]))


def test_model_replays_in_event_time_and_gives_numbers_for_ranks(run_model):
    rows = run_model(
        model,
        int_identity_changed_ids="select unnest([10, 20, 30, 40]) as id_number, 30 as person_number",
        int_identity_links="""
            select *
            from (values
                (30, 10, 20, 3, 2, timestamp '2026-01-07'),
                (30, 10, 30, 3, 1, timestamp '2026-01-06'),
                (30, 20, 40, 2, 4, timestamp '2026-01-05'),
                -- Of a person that did not change, and between two.
                (50, 50, 60, 5, 6, timestamp '2026-01-05'),
                (null, 40, 50, 4, 5, timestamp '2026-01-04')
            ) as links (person_number, id_number_a, id_number_b, id_rank_a, id_rank_b, linked_at)
        """,
    )
    merges = [
        (row["id_number"], row["person_number"], row["merged_at"].day, row["id_number_a"], row["id_number_b"])
        + (row["linked_id_number"], row["replay_position"])
        for row in rows
    ]
    # 40 joins 20; 10 joins 30; then the two persons meet, and 20 and 40 take the name of the earlier one.
    assert merges == [
        (40, 20, 5, 20, 40, 20, 0),
        (10, 30, 6, 10, 30, 30, 1),
        (20, 30, 7, 10, 20, 10, 2),
        (40, 30, 7, 10, 20, 10, 2),
    ]


def test_model_without_links_gives_no_rows(run_model):
    rows = run_model(
        model,
        int_identity_changed_ids="select 7 as id_number, 7 as person_number",
        int_identity_links="""
            select
                7 as person_number, 7 as id_number_a, 8 as id_number_b, 1 as id_rank_a, 2 as id_rank_b,
                timestamp '2026-01-05' as linked_at
            where false
        """,
    )
    assert rows == []
