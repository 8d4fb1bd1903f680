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
    Run,
    components_table,
    link,
    linking_table,
    partition_digest,
    random_links,
    random_observations,
    record_links,
    run_way,
    write_graph,
)
from bench_timing import Cost, NotWithinError
from int_identity_components import component_anchors

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


def test_records_are_linked_to_the_first_one_with_the_same_key():
    links_a, links_b = record_links(6_000, 3)
    np.testing.assert_array_equal([links_a, links_b], record_links(6_000, 3))
    assert (links_a != links_b).all()
    anchors = component_anchors(6_000, links_a, links_b)
    # As many a record as sql-identity-resolution publishes: 16,124,751 edges and 1,839,324 clusters of 10 million.
    assert links_a.size / 6_000 == pytest.approx(1.6124751, rel=0.03)
    assert len(set(anchors)) / 6_000 == pytest.approx(0.1839324, rel=0.05)


def test_ways_agree_on_records(tmp_path):
    write_graph(NODES, 3, tmp_path, RECORDS)
    assert len({run_way(name, CORE, tmp_path).partition for name in (HERE, NETWORKX, CTE, ROUNDS)}) == 1


def test_a_way_that_takes_too_long_is_named_so_and_not_run_again(graph, monkeypatch):
    asked = []

    def run(python, name, scope, folder, timeout):
        asked.append((name, scope))
        if name == NETWORKX:
            raise NotWithinError("not within 5 s")
        return Run(Cost(1.0, 2.0, 100.0) if name == HERE else Cost(3.0, 5.0, 100.0), "same")

    monkeypatch.setattr("bench_graph.run_in_process", run)
    lines = components_table(graph, 2, dict.fromkeys((HERE, NETWORKX, ROUNDS), "python"), 5).splitlines()
    assert asked.count((NETWORKX, CORE)) == 1 and asked.count((ROUNDS, CORE)) == 2
    assert lines[2] == "| this project (numpy) | 1.00 | 2.00 |  | 1.00 | 2.00 |  | 100 |"
    assert lines[3] == "| networkx | not within 5 s |  |  | not within 5 s |  |  |  |"
    assert lines[4].endswith(" | 3.00 | 5.00 | 2.5x | 3.00 | 5.00 | 2.5x | 100 |")


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
