"""Random inputs for whatever finds components, clusters, merges and confidences, as tables by the names of the models.

Many small graphs stand side by side in one table, so that a run tests all of them.
"""

from typing import Any

import numpy as np
import pyarrow as pa

START = np.datetime64("2026-01-05T00:00:00", "us")


def graph_tables(seed: int, graph_count: int = 150, path_length: int = 0) -> dict[str, pa.Table]:
    """Draw the inputs of every graph model.

    Args:
        seed: of the random generator.
        graph_count: number of small graphs.
        path_length: number of nodes of one more graph, a shuffled path; 0 = none.

    Returns:
        Arrow tables by model name. Ranks count from 1 over all graphs; numbers are in no order.

    """
    random = np.random.default_rng(seed)
    sizes = [*random.integers(1, 30, size=graph_count).tolist(), *([path_length] if path_length else [])]
    starts = np.cumsum([1, *sizes])
    ranks = [random.permutation(np.arange(start, start + size)) for start, size in zip(starts, sizes, strict=False)]
    numbers = np.concatenate([[0], random.permutation(10 * int(starts[-1]))[: int(starts[-1])] + 5])
    is_path = [path_length > 0 and size == path_length for size in sizes]

    tables: dict[str, pa.Table] = {}
    tables |= _component_tables(random, ranks, is_path, numbers)
    tables |= _contested_tables(random, ranks, is_path, numbers)
    tables |= _person_tables(random, ranks, is_path, numbers)
    return tables


def _loose_links(random: np.random.Generator, ranks: np.ndarray, is_path: bool) -> np.ndarray:
    """Links of shape (2, links) in any direction, self-links and repeated ones among them; some nodes have none."""
    if is_path:
        return np.stack([ranks[:-1], ranks[1:]])
    links = random.choice(ranks, size=(2, int(random.integers(0, 1.3 * ranks.size + 1))))
    return np.concatenate([links, links[::-1, : links.shape[1] // 3]], axis=1)


def _connected_links(random: np.random.Generator, ranks: np.ndarray, is_path: bool) -> np.ndarray:
    """Links of shape (2, links), each pair once and the smaller rank first, that make one component."""
    if is_path:
        links = np.stack([ranks[:-1], ranks[1:]])
    else:
        parents = np.array([int(random.integers(0, node)) for node in range(1, ranks.size)], dtype=np.int64)
        tree = np.stack([ranks[parents], ranks[1:]])
        more = random.choice(ranks, size=(2, int(random.integers(0, ranks.size + 1))))
        links = np.concatenate([tree, more[:, more[0] != more[1]]], axis=1)
    links = np.unique(np.sort(links, axis=0), axis=1)
    return links[:, random.permutation(links.shape[1])]


def _times(random: np.random.Generator, count: int) -> np.ndarray:
    """Few enough different times that ties are common."""
    return START + random.integers(0, max(2, count), size=count) * np.timedelta64(1, "m")


def _component_tables(random: Any, ranks: list[np.ndarray], is_path: list[bool], numbers: np.ndarray) -> dict:
    nodes = np.concatenate(ranks)
    links = np.concatenate([_loose_links(random, one, path) for one, path in zip(ranks, is_path, strict=True)], axis=1)
    # Not every link of households is one of organizations: person by person and link by link some are missing.
    linked = links[:, np.isin(links, nodes[random.random(nodes.size) < 0.7]).all(axis=0)]
    group_links = np.concatenate([2 * links, 2 * linked + 1], axis=1)
    return {
        "int_identity_ranked_ids": pa.table(
            {
                "id_number": numbers[nodes],
                "id_rank": nodes,
            }
        ),
        "int_identity_candidate_links": pa.table({"id_rank_a": links[0], "id_rank_b": links[1]}),
        "int_group_links": pa.table({"node_number_a": group_links[0], "node_number_b": group_links[1]}),
    }


def _contested_tables(random: Any, ranks: list[np.ndarray], is_path: list[bool], numbers: np.ndarray) -> dict:
    links = [_connected_links(random, one, path) for one, path in zip(ranks, is_path, strict=True)]
    # Take links away, so that some ids have none and some graphs are in pieces.
    links = [
        one if path else one[:, random.random(one.shape[1]) < 0.8] for one, path in zip(links, is_path, strict=True)
    ]
    ends = np.concatenate(links, axis=1)
    values = [
        (rank, key_type, int(random.integers(3)), 1 if key_type == "account_id" else 1 + graph % 2)
        for graph, one in enumerate(ranks)
        for rank in one.tolist()
        for key_type, share in (("account_id", 0.4), (f"user_id_{graph % 2}", 0.3))
        for _ in range(random.binomial(2, share))
    ]
    pairs = [random.choice(one, size=2) for one in ranks if one.size > 1 for _ in range(int(random.integers(0, 3)))]
    values += [(int(end), f"apart {sorted(pair)}", int(end), 1) for pair in pairs if pair[0] != pair[1] for end in pair]
    values = sorted(set(values))
    component_numbers = np.empty_like(numbers)
    for one in ranks:
        component_numbers[one] = numbers[one.min()]
    return {
        "int_identity_contested_evidence": pa.table(
            {
                "id_number_a": numbers[ends[0]],
                "id_number_b": numbers[ends[1]],
                "component_number": component_numbers[ends[0]],
                "id_rank_a": ends[0],
                "id_rank_b": ends[1],
                "key_number": np.arange(ends.shape[1]),
                "pair_priority": random.integers(0, 3, size=ends.shape[1]),
                "pair_evidence_count": random.integers(1, 3, size=ends.shape[1]),
                "pair_linked_at": _times(random, ends.shape[1]),
            }
        ),
        "int_identity_limited_values": pa.table(
            {
                "id_number": pa.array([int(numbers[value[0]]) for value in values], pa.int64()),
                "key_type": pa.array([value[1] for value in values], pa.string()),
                "key_number": pa.array([value[2] for value in values], pa.int64()),
                "max_values_per_profile": pa.array([value[3] for value in values], pa.int64()),
            }
        ),
    }


def _person_tables(random: Any, ranks: list[np.ndarray], is_path: list[bool], numbers: np.ndarray) -> dict:
    links = [_connected_links(random, one, path) for one, path in zip(ranks, is_path, strict=True)]
    nodes = np.concatenate(ranks)
    sizes = [one.size for one in ranks]
    persons = np.repeat([numbers[one.min()] for one in ranks], sizes)
    is_changed = np.repeat(random.random(len(ranks)) < 0.7, sizes) | np.repeat(is_path, sizes)
    # Some links lead from one person to another, because a limit refused them.
    strangers = random.choice(nodes.size, size=(2, len(ranks)))
    strangers = strangers[:, persons[strangers[0]] != persons[strangers[1]]]
    ends = np.concatenate([*links, nodes[strangers]], axis=1)
    is_refused = np.arange(ends.shape[1]) >= ends.shape[1] - strangers.shape[1]
    linked_persons = np.zeros(ends.max() + 1, dtype=np.int64)
    linked_persons[nodes] = persons
    by_number = numbers[ends].argsort(axis=0)
    return {
        "int_identity_changed_ids": pa.table(
            {
                "id_number": numbers[nodes][is_changed],
                "person_number": persons[is_changed],
            }
        ),
        "int_identity_links": pa.table(
            {
                "person_number": pa.array(linked_persons[ends[0]], mask=is_refused),
                "id_number_a": np.take_along_axis(numbers[ends], by_number, axis=0)[0],
                "id_number_b": np.take_along_axis(numbers[ends], by_number, axis=0)[1],
                "id_rank_a": np.take_along_axis(ends, by_number, axis=0)[0],
                "id_rank_b": np.take_along_axis(ends, by_number, axis=0)[1],
                "linked_at": _times(random, ends.shape[1]),
                "confidence": np.round(random.choice([0.7, 0.85, 0.9275, 0.98, 0.999999], size=ends.shape[1]), 6),
            }
        ),
    }
