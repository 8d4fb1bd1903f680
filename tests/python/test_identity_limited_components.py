"""Tests of clustering within limits: against a brute-force formulation on small random graphs."""

import itertools
from collections.abc import Iterable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from int_identity_limited_components import cluster_within_limits, model

Values = list[tuple[int, str, str]]
Links = list[tuple[int, int]]


def breaks_a_limit(cluster: Iterable[int], values: Values, max_values: dict[str, int]) -> bool:
    members = set(cluster)
    return any(
        len({value for node, kind, value in values if kind == key_type and node in members}) > limit
        for key_type, limit in max_values.items()
    )


def reference_clusters(links: Links, values: Values, max_values: dict[str, int]) -> set[frozenset[int]]:
    clusters = {frozenset([node]) for link in links for node in link}
    for link in links:
        touched = {cluster for cluster in clusters if cluster & set(link)}
        union = frozenset().union(*touched)
        if not breaks_a_limit(union, values, max_values):
            clusters = clusters - touched | {union}
    return clusters


def clusters_of(anchors: dict[int, int]) -> set[frozenset[int]]:
    return {frozenset(node for node in anchors if anchors[node] == anchor) for anchor in anchors.values()}


def apart_as_limits(pairs: Iterable[tuple[int, int]]) -> tuple[Values, dict[str, int]]:
    """Values and limits that keep the ends of each pair apart."""
    values = [(end, f"apart {sorted(pair)}", str(end)) for pair in pairs for end in pair]
    return values, {key_type: 1 for _, key_type, _ in values}


def random_case(seed: int) -> dict[str, Any]:
    """Draw a small graph in which many nodes hold values, some too many, and some pairs may not meet."""
    random = np.random.default_rng(seed)
    node_count = int(random.integers(2, 14))
    pairs = list(itertools.combinations(range(node_count), 2))
    link_count = int(random.integers(1, min(len(pairs), 3 * node_count) + 1))
    links = [pairs[index] for index in random.choice(len(pairs), size=link_count, replace=False)]
    links = [link if random.random() < 0.5 else link[::-1] for link in links]
    values = [
        (node, key_type, f"{key_type}-{random.integers(3)}")
        for node in range(node_count)
        for key_type, share in (("account_id", 0.5), ("user_id", 0.4))
        for _ in range(random.binomial(2, share))
    ]
    apart, one_each = apart_as_limits(
        pairs[index] for index in random.choice(len(pairs), size=int(random.integers(0, 3)))
    )
    max_values = {"account_id": 1, "user_id": int(random.integers(1, 3)), **one_each}
    return {"links": links, "values": values + apart, "max_values": max_values}


CASES = [pytest.param(random_case(seed), id=str(seed)) for seed in range(250)]


@pytest.mark.parametrize("case", CASES)
def test_equals_brute_force(case):
    anchors = cluster_within_limits(**case)
    # A node that breaks a limit alone makes every union break it, so brute force leaves it alone too.
    assert clusters_of(anchors) == reference_clusters(**case)
    assert all(anchor == min(cluster) for cluster in clusters_of(anchors) for anchor in {anchors[n] for n in cluster})


@pytest.mark.parametrize("case", CASES)
def test_no_cluster_breaks_a_limit(case):
    limits = {name: case[name] for name in ("values", "max_values")}
    for cluster in clusters_of(cluster_within_limits(**case)):
        assert len(cluster) == 1 or not breaks_a_limit(cluster, **limits)


@pytest.mark.parametrize("case", CASES)
def test_link_between_two_clusters_would_break_a_limit(case):
    limits = {name: case[name] for name in ("values", "max_values")}
    anchors = cluster_within_limits(**case)
    clusters = {anchors[node]: cluster for cluster in clusters_of(anchors) for node in cluster}
    for one, other in case["links"]:
        if anchors[one] != anchors[other]:
            assert breaks_a_limit(clusters[anchors[one]] | clusters[anchors[other]], **limits)


@pytest.mark.parametrize("case", CASES[:100])
def test_refused_link_stays_refused(case):
    for known in range(1, len(case["links"])):
        anchors = cluster_within_limits(**(case | {"links": case["links"][:known]}))
        last_link = case["links"][known - 1]
        if anchors[last_link[0]] != anchors[last_link[1]]:
            in_the_end = cluster_within_limits(**case)
            assert in_the_end[last_link[0]] != in_the_end[last_link[1]]


@pytest.mark.parametrize("case", CASES[:100])
def test_repeated_and_turned_links_change_nothing(case):
    again = case | {"links": [*case["links"], *(link[::-1] for link in case["links"]), *case["links"]]}
    assert cluster_within_limits(**again) == cluster_within_limits(**case)


@pytest.mark.parametrize("case", CASES[:100])
def test_without_limits_equals_connected_components(case):
    anchors = cluster_within_limits(case["links"], [], {})
    assert clusters_of(anchors) == {frozenset(c) for c in nx.connected_components(nx.Graph(case["links"]))}


@pytest.mark.parametrize("case", CASES[:100])
def test_limits_that_nothing_reaches_equal_connected_components(case):
    anchors = cluster_within_limits(case["links"], case["values"], dict.fromkeys(case["max_values"], 99))
    assert clusters_of(anchors) == {frozenset(c) for c in nx.connected_components(nx.Graph(case["links"]))}


def test_stronger_link_comes_first():
    values = [(1, "account_id", "one"), (2, "account_id", "two")]
    limit = {"account_id": 1}
    assert cluster_within_limits([(1, 3), (2, 3)], values, limit) == {1: 1, 2: 2, 3: 1}
    assert cluster_within_limits([(2, 3), (1, 3)], values, limit) == {1: 1, 2: 2, 3: 2}


def test_limit_holds_through_a_third_id():
    values = [(1, "account_id", "one"), (4, "account_id", "two")]
    assert cluster_within_limits([(1, 2), (3, 4), (2, 3)], values, {"account_id": 1}) == {1: 1, 2: 1, 3: 3, 4: 3}


def test_id_over_the_limit_alone_stands_alone():
    values = [(2, "account_id", "one"), (2, "account_id", "two"), (1, "account_id", "one")]
    anchors = cluster_within_limits([(1, 2), (2, 3), (2, 4), (3, 4)], values, {"account_id": 1})
    assert anchors == {1: 1, 2: 2, 3: 3, 4: 3}


def test_id_at_the_limit_merges_with_ids_that_add_nothing():
    values = [(1, "user_id", "u"), (1, "user_id", "v"), (2, "user_id", "u"), (3, "user_id", "w")]
    anchors = cluster_within_limits([(1, 2), (1, 3), (1, 4)], values, {"user_id": 2})
    assert anchors == {1: 1, 2: 1, 3: 3, 4: 1}


def test_same_value_under_two_keys_is_two_values():
    values = [(1, "account_id", "same"), (2, "user_id", "same"), (3, "user_id", "other")]
    anchors = cluster_within_limits([(1, 2), (1, 3)], values, {"account_id": 1, "user_id": 1})
    assert anchors == {1: 1, 2: 1, 3: 3}


@pytest.mark.parametrize("never", [(1, 4), (4, 1)])
def test_never_link_holds_through_third_ids(never):
    anchors = cluster_within_limits([(1, 2), (3, 4), (2, 3)], *apart_as_limits([never]))
    assert anchors == {1: 1, 2: 1, 3: 3, 4: 3}


def test_never_links_of_both_sides_move_with_a_merge():
    links = [(3, 4), (1, 2), (5, 6), (2, 5), (4, 6)]
    anchors = cluster_within_limits(links, *apart_as_limits([(1, 6), (4, 5)]))
    assert anchors == {1: 1, 2: 1, 3: 3, 4: 3, 5: 5, 6: 5}


def test_never_link_of_ids_that_nothing_links_changes_nothing():
    assert cluster_within_limits([(1, 2)], *apart_as_limits([(7, 8), (1, 9)])) == {1: 1, 2: 1}


def test_no_links_give_no_clusters():
    assert cluster_within_limits([], [(1, "account_id", "one")], {"account_id": 1}) == {}


def test_self_link_is_no_merge():
    values = [(1, "account_id", "one"), (1, "account_id", "two")]
    assert cluster_within_limits([(1, 1)], values, {"account_id": 1}) == {1: 1}


def test_long_shuffled_path_is_one_cluster():
    path = np.random.default_rng(7).permutation(100_000).tolist()
    links = list(itertools.pairwise(path))
    order = np.random.default_rng(8).permutation(len(links))
    anchors = cluster_within_limits((links[index] for index in order), [(5, "account_id", "one")], {"account_id": 1})
    assert set(anchors.values()) == {0}


def test_long_path_of_two_accounts_is_two_clusters():
    values = [(0, "account_id", "one"), (99_999, "account_id", "two")]
    anchors = cluster_within_limits(itertools.pairwise(range(100_000)), values, {"account_id": 1})
    assert set(anchors.values()) == {0, 99_999}


def test_star_of_two_accounts_keeps_the_account_that_came_first():
    values = [(leaf, "account_id", f"account-{leaf % 2}") for leaf in range(1, 10_000)]
    anchors = cluster_within_limits([(0, leaf) for leaf in range(1, 10_000)], values, {"account_id": 1})
    assert all(anchors[leaf] == (0 if leaf % 2 else leaf) for leaf in range(1, 10_000))


def test_value_of_a_key_without_a_limit_raises():
    with pytest.raises(KeyError, match="email_hash"):
        cluster_within_limits([(1, 2)], [(1, "email_hash", "e")], {"account_id": 1})


def test_model_takes_the_strongest_link_first_and_gives_numbers_for_ranks(run_model):
    # Rank 4 may go with one account only; priority decides, then evidence, then time, then ranks.
    tables = {
        "int_identity_limited_values": """
            select *, 1 as max_values_per_profile
            from (
                values (90, 'account_id', 11), (80, 'account_id', 12), (70, 'account_id', 13),
                    (60, 'apart', 60), (50, 'apart', 50)
            ) as held (id_number, key_type, key_number)
        """,
    }
    links = """
        select
            * replace (cast(pair_linked_at as timestamp) as pair_linked_at),
            100 - 10 * id_rank_a as id_number_a,
            100 - 10 * id_rank_b as id_number_b,
            90 as component_number
        from (values {}) as links (id_rank_a, id_rank_b, pair_priority, pair_evidence_count, pair_linked_at)
    """
    weak, strong, more, earlier = (
        "(1, 4, 2, 1, '2026-01-05')",
        "(2, 4, 1, 1, '2026-01-06')",
        "(2, 4, 2, 2, '2026-01-06')",
        "(2, 4, 2, 1, '2026-01-04')",
    )
    apart = "(4, 5, 3, 9, '2026-01-01')"
    for stronger in (strong, more, earlier):
        rows = run_model(
            model, int_identity_contested_evidence=links.format(", ".join((weak, stronger, apart))), **tables
        )
        assert {row["id_number"]: row["component_number"] for row in rows} == {90: 90, 80: 80, 60: 80, 50: 50}
    alike = "(2, 4, 2, 1, '2026-01-05')"
    rows = run_model(model, int_identity_contested_evidence=links.format(", ".join((alike, weak))), **tables)
    assert {row["id_number"]: row["component_number"] for row in rows} == {90: 90, 80: 80, 60: 90}
