"""Prompts: the questions that people have of a graph, as an assistant should go about them."""

from __future__ import annotations

from typing import Any

from mcp.server.mcpserver import MCPServer


def add_prompts(server: MCPServer[Any]) -> None:
    """Let a server offer the prompts."""
    server.prompt(name="why_one_person", description="Why are these ids one person, or why not?")(why_one_person)
    server.prompt(name="why_did_this_number_change", description="Why did a published number change?")(why_changed)
    server.prompt(name="is_the_graph_healthy", description="Is the graph healthy?")(is_healthy)


def why_one_person(id_a: str, id_b: str) -> str:
    """Ask for the chain of links between two ids."""
    return (
        f"Why are {id_a} and {id_b} one person, or why are they not? Use explain_link. Name each link with its key,"
        " dates and confidence, say which link is the weakest, and what was refused and why. Then use get_user_journey"
        " of the person and say whether the sessions look like one human being. Say what you do not know."
    )


def why_changed(metric_name: str, metric_date: str) -> str:
    """Ask what changed a published value."""
    return (
        f"Why did {metric_name} of {metric_date} change? Use get_restatements with that metric and day, first for the"
        " dimension all, then by channel. Give the old and the new value, each cause in plain words, and the load. If"
        " nothing was restated, query the metric with query_metrics and say that the day may still have been filling"
        " up, or that the two numbers are of different metrics, filters or identity modes."
    )


def is_healthy() -> str:
    """Ask for the state of the graph."""
    return (
        "Is the identity graph healthy? Use get_data_health, get_identity_graph_statistics, and get_restatements."
        " Report: alerts by how bad they are, with owner and runbook; stitching of converted users and all; whether"
        " one key or combination drives too much; what changed in published numbers. Begin with one line: healthy, or"
        " what to look at first. Name the load that the figures are of."
    )
