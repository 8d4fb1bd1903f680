"""Chains of links: the graph that evidence makes, and the best way through it from one id to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

from identity_graph.evidence import Evidence

CONFIDENCE_STEPS = 1_000_000  # confidences are rounded to six digits


@dataclass(frozen=True)
class ChainLink:
    """A link of a chain, its ends in the order of the chain and its evidence the most convincing first."""

    id_a: str
    id_b: str
    evidence: tuple[Evidence, ...]

    @property
    def confidence(self) -> float:
        """How sure the link is, from 0 to 1."""
        return self.evidence[0].confidence

    @property
    def is_accepted(self) -> bool:
        """Whether the link makes its two ends one."""
        return self.evidence[0].is_accepted

    @property
    def refusal_reason(self) -> str | None:
        """Why the link was refused."""
        return self.evidence[0].refusal_reason


@dataclass(frozen=True)
class Chain:
    """Links that lead from one id to another."""

    links: tuple[ChainLink, ...]

    @property
    def refused(self) -> tuple[ChainLink, ...]:
        """The links that were refused."""
        return tuple(link for link in self.links if not link.is_accepted)

    @property
    def weakest(self) -> ChainLink | None:
        """The first of the least sure accepted links, where there are several to choose from."""
        accepted = [link for link in self.links if link.is_accepted]
        return min(accepted, key=lambda link: link.confidence) if len(accepted) > 1 else None


def make_graph(evidence: Iterable[Evidence]) -> nx.Graph:
    """Give the graph of ids; each edge holds its evidence, the most convincing first.

    Nodes and edges are inserted in order of their names, so that equal evidence gives an equal graph in any order.
    """
    by_pair: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
    for item in evidence:
        by_pair[min(item.id_a, item.id_b), max(item.id_a, item.id_b)].append(item)
    graph = nx.Graph()
    for pair in sorted(by_pair):
        items = sorted(
            by_pair[pair], key=lambda item: (-item.key_confidence, item.linked_at, item.key_type, item.key_value)
        )
        graph.add_edge(*pair, evidence=tuple(items))
    return graph


def find_path(graph: nx.Graph, id_a: str, id_b: str) -> list[str] | None:
    """Give the ids of the best chain between two ids, or None where there is none.

    Best is, in this order: the fewest refused links, the fewest links, the least doubt in sum. An accepted chain is
    therefore preferred to any other. The chain from b to a is the one from a to b, reversed.
    """
    if id_a not in graph or id_b not in graph:
        return None
    # Whole numbers, so that the three orders never mix and no rounding decides. A chain has fewer links than ids.
    link_cost = CONFIDENCE_STEPS * graph.number_of_nodes()
    refused_cost = 2 * link_cost * graph.number_of_nodes()

    def cost(_one: str, _other: str, edge: dict[str, Any]) -> int:
        best: Evidence = edge["evidence"][0]
        doubt = round((1 - best.confidence) * CONFIDENCE_STEPS)
        return doubt + link_cost + (0 if best.is_accepted else refused_cost)

    start, end = sorted((id_a, id_b))
    try:
        path = nx.dijkstra_path(graph, start, end, weight=cost)
    except nx.NetworkXNoPath:
        return None
    return path if start == id_a else path[::-1]


def chain_along(graph: nx.Graph, path: Sequence[str]) -> Chain:
    """Give the links along a path of the graph."""
    return Chain(
        tuple(
            ChainLink(one, other, graph.edges[one, other]["evidence"])
            for one, other in zip(path, path[1:], strict=False)
        )
    )


def find_chain(evidence: Iterable[Evidence], id_a: str, id_b: str) -> Chain | None:
    """Give the best chain between two ids, as find_path chooses it, or None where there is none."""
    graph = make_graph(evidence)
    path = find_path(graph, id_a, id_b)
    return None if path is None else chain_along(graph, path)
