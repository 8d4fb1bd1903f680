"""Puts the server together."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from mcp.server.mcpserver import MCPServer

from identity_graph.mcp_server.attribution import AttributionTools
from identity_graph.mcp_server.database import Database
from identity_graph.mcp_server.health import HealthTools
from identity_graph.mcp_server.links import LinkTools
from identity_graph.mcp_server.metrics import MetricTools
from identity_graph.mcp_server.names import Names
from identity_graph.mcp_server.persons import PersonTools
from identity_graph.mcp_server.prompts import add_prompts
from identity_graph.mcp_server.resources import Resources
from identity_graph.mcp_server.rules import RuleTools
from identity_graph.mcp_server.semantics import Semantics
from identity_graph.mcp_server.statistics import StatisticsTools
from identity_graph.mcp_server.tools import make_tool
from identity_graph.project import PACKAGE

INSTRUCTIONS = """\
Answers come from the marts of an identity graph: who is one person, why, and what that does to attribution. All is
read-only. Every answer names the marts and the load that its figures come from: say both. Begin with
get_identity_graph_statistics for the whole, find_person for one person. {names}
Lists have a limit and a next_cursor. Revenue is summed in the currency as sent: never add currencies up. Attribution
models each credit everything: never add models up."""
MASKED = "Ids are masked: person-1 and id-2 are names of this conversation, which every tool takes."
UNMASKED = "Ids and values of keys are personal data: repeat only those that the question needs."


def make_server(database: Database) -> MCPServer[None]:
    """A server that answers from a database."""
    names, semantics = Names(database.is_masked), Semantics(database.project)
    persons, links = PersonTools(database, names), LinkTools(database, names)
    metrics, health = MetricTools(database, semantics), HealthTools(database)
    functions = (
        StatisticsTools(database).get_identity_graph_statistics,
        persons.find_person,
        persons.get_user_journey,
        links.explain_link,
        AttributionTools(database).compare_attribution,
        metrics.list_metrics,
        metrics.query_metrics,
        RuleTools(database).what_if_rules,
        health.get_data_health,
        health.get_restatements,
    )
    server: MCPServer[None] = MCPServer(
        PACKAGE.replace("_", "-"),
        title="Identity graph",
        instructions=INSTRUCTIONS.format(names=MASKED if database.is_masked else UNMASKED),
        version=own_version(),
        tools=[make_tool(function) for function in functions],
        # The log of a tool's failure goes to stderr, which clients keep; what was asked is left out.
        log_level="WARNING",
    )
    Resources(database, semantics).add_to(server)
    add_prompts(server)
    return server


def own_version() -> str:
    """The version of the package, where it is installed."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return ""
