"""Tests of the graph benchmark on tiny input: every way finds the same persons, whatever it takes."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench_graph import (
    CHAIN,
    CORE,
    CTE,
    END_TO_END,
    HERE,
    NETWORKX,
    PAIRS,
    RECORDS,
    ROUNDS,
    DisagreementError,
    link,
    linking_table,
    partition_digest,
    random_links,
    random_observations,
    run_way,
    write_graph,
)

NODES = 300


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    folder = tmp_path_factory.mktemp("graph")
    write_graph(NODES, 3, folder)
    return folder


def digest(anchors):
    members = pa.table({"number": np.arange(len(anchors)), "anchor": anchors})
    with duckdb.connect() as connection:
        return partition_digest(connection.from_arrow(members))


@pytest.mark.parametrize("scope", [CORE, END_TO_END])
@pytest.mark.parametrize("name", [NETWORKX, CTE, ROUNDS])
def test_ways_agree(graph, name, scope):
    assert run_way(name, scope, graph).partition == run_way(HERE, CORE, graph).partition


def test_end_to_end_equals_the_core(graph):
    assert run_way(HERE, END_TO_END, graph).partition == run_way(HERE, CORE, graph).partition


def test_digest_sees_the_partition_not_the_anchors():
    assert digest([0, 0, 2, 2]) == digest([1, 1, 3, 3]) == digest(["x", "x", "a", "a"])
    assert digest([0, 0, 2, 2]) != digest([0, 0, 2, 3])
    assert digest([0, 0, 2, 2]) != digest([0, 1, 0, 1])


def test_links_are_the_same_for_a_seed_and_join_no_node_to_itself():
    links_a, links_b = random_links(NODES, 3)
    np.testing.assert_array_equal([links_a, links_b], random_links(NODES, 3))
    assert not np.array_equal(links_a, random_links(NODES, 4)[0])
    assert (links_a != links_b).all()
    assert set(np.concatenate([links_a, links_b])) < set(range(NODES))


def test_numbered_links_are_the_links_of_the_ids(graph):
    ids = pq.read_table(graph / "ids.parquet")["id"].to_numpy()
    links = pq.read_table(graph / "links.parquet")
    numbered = pq.read_table(graph / "numbered_links.parquet")
    expected = zip(ids[numbered["number_a"].to_numpy()], ids[numbered["number_b"].to_numpy()], strict=True)
    assert len(set(ids)) == NODES
    assert sorted(zip(links["id_a"].to_pylist(), links["id_b"].to_pylist(), strict=True)) == sorted(expected)


@pytest.mark.parametrize("window_days", [0, 3, 30])
@pytest.mark.parametrize("seed", range(5))
def test_chain_has_the_components_of_all_pairs(seed, window_days):
    observations = random_observations(60, 40, seed)
    chain, pairs = link(observations, CHAIN, window_days), link(observations, PAIRS, window_days)
    np.testing.assert_array_equal(chain.anchors, pairs.anchors)
    assert chain.kept <= pairs.kept and chain.found <= pairs.found


def test_table_has_a_row_for_each_method_and_size():
    lines = linking_table(20, [10, 20], 5, repeats=1, seed=0).splitlines()
    assert [line.split(" | ")[2] for line in lines[2:]] == ["chain", "pair join"] * 2


def test_disagreement_is_an_error(monkeypatch):
    monkeypatch.setattr("bench_graph.PAIRS", PAIRS.replace("<= {window_days}", "< 0"))
    with pytest.raises(DisagreementError, match="over 10 days"):
        linking_table(20, [10], 5, repeats=1, seed=0)
