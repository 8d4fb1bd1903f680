"""Resources: the rules of the last build, what each mart holds, and the catalogue of metrics."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError

from identity_graph.mcp_server.database import MARTS, SEEDS, Database
from identity_graph.mcp_server.semantics import Semantics
from identity_graph.project import read_yaml
from identity_graph.sql import quoted

SCHEME = "identity-graph"
# Seeds that say how the graph and what is made of it work; lists of words are left out for their length.
RULES = (
    "alert_acknowledgements",
    "attribution_models",
    "channel_rules",
    "click_id_parameters",
    "cohort_definitions",
    "event_taxonomy",
    "funnel_steps",
    "health_thresholds",
    "identity_key_rules",
    "identity_overrides",
    "identity_spaces",
    "metric_signoffs",
    "retention_periods",
    "suppression_rules",
    "trait_definitions",
)


@dataclass(frozen=True)
class Resources:
    """What an assistant may read beside asking."""

    database: Database
    semantics: Semantics

    def add_to(self, server: MCPServer[Any]) -> None:
        """Let a server offer them."""
        offered: tuple[tuple[str, str, str, str, Callable[..., str]], ...] = (
            ("rules", "rules", "Names of the rules", "text/plain", self.list_rules),
            ("rules/{name}", "rule", "A seed of rules, as of the last build", "text/csv", self.read_rule),
            ("marts", "marts", "Each mart by its one line", "text/markdown", self.list_marts),
            ("marts/{name}", "mart", "What a mart holds, column by column", "text/markdown", self.read_mart),
            ("metrics", "metrics", "The catalogue of metrics", "text/markdown", self.list_metrics),
        )
        for path, name, description, mime_type, function in offered:
            server.resource(f"{SCHEME}://{path}", name=name, description=description, mime_type=mime_type)(function)

    def list_rules(self) -> str:
        """The names of rules, one a line."""
        return "\n".join(f"{SCHEME}://rules/{name}" for name in RULES)

    def read_rule(self, name: str) -> str:
        """A seed as CSV; where answers are masked, without what names ids."""
        if name not in RULES:
            raise ResourceNotFoundError(f"There are no such rules. There are: {', '.join(RULES)}.")
        try:
            with self.database.open() as reader:
                rows = reader.rows(f"select * from {SEEDS}.{quoted(name)} order by all")
                classes = reader.classes() if reader.is_masked else {}
        except ToolError as error:
            raise ResourceError(str(error)) from error
        file = io.StringIO()
        if rows:
            shown = [column for column in rows[0] if classes.get(column, "none") == "none"]
            writer = csv.DictWriter(file, shown, lineterminator="\n", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return file.getvalue() or "No rows.\n"

    def list_marts(self) -> str:
        """One line a mart that the build made."""
        described = self.described()
        try:
            with self.database.open() as reader:
                described = {name: model for name, model in described.items() if reader.has_mart(name)}
        except ToolError as error:
            raise ResourceError(str(error)) from error
        return "\n".join(f"- `{name}`: {first_sentence(model)}" for name, model in sorted(described.items()))

    def read_mart(self, name: str) -> str:
        """A mart and its columns."""
        described = self.described()
        if name not in described:
            raise ResourceNotFoundError(f"There is no such mart. There are: {', '.join(sorted(described))}.")
        model = described[name]
        lines = [f"# {name}", "", one_line(model.get("description")), ""]
        lines += [
            f"- `{column['name']}` ({column.get('data_type', '')}): {one_line(column.get('description'))}"
            for column in model.get("columns") or []
        ]
        return "\n".join(lines) + f"\n\nSchema `{MARTS}`; masked views of the same names lie beside it.\n"

    def list_metrics(self) -> str:
        """Each metric with owner, version and dimensions."""
        try:
            metrics = self.semantics.metrics()
        except ToolError as error:
            raise ResourceError(str(error)) from error
        return "\n".join(
            f"- `{metric.name}` (version {metric.version}, {metric.status}, {metric.owner}): {metric.description}"
            f" By {', '.join(metric.dimensions)}."
            for metric in metrics
        )

    def described(self) -> dict[str, Any]:
        """The marts by name, as the package's YAML describes them."""
        project = self.database.project
        if project is None:
            raise ResourceError("The docs are those of a dbt project. Start the server with --project FOLDER.")
        return models_of(project.package / "models")


@cache
def models_of(folder: Path) -> dict[str, Any]:
    """The marts by name, and what the metrics bring, as the YAML files of a folder of models describe them."""
    return {
        model["name"]: model
        for place in ("marts", "metrics")
        for file in sorted((folder / place).rglob("*.yml"))
        for model in read_yaml(file).get("models") or []
    }


def one_line(text: str | None) -> str:
    """A description without its line breaks."""
    return " ".join((text or "").split())


def first_sentence(model: dict[str, Any]) -> str:
    """The grain, which every description says first."""
    return one_line(model.get("description")).partition(". ")[0].rstrip(".") + "."
