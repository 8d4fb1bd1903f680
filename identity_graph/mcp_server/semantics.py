"""The governed metrics: what they are called, and the SQL that MetricFlow makes of a question about them.

MetricFlow only writes the SQL here. It reads the semantic manifest, knows no profile and opens no database.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from identity_graph.mcp_server.database import MARTS, Reader
from identity_graph.project import Project
from identity_graph.sql import quoted

MANIFEST = "semantic_manifest.json"
GRAINS = ("day", "week", "month", "quarter", "year")
METRIC_TIME = "metric_time"
# It lies where all marts of the package lie, whatever a project calls that schema.
OWN_MODEL = "attributed_conversions"
# A column of which an expression only says whether there is a value.
NULL_TEST = re.compile(r"\w+\s+is\s+(?:not\s+)?null", re.IGNORECASE)
RELATION = re.compile(r'"[^"]+"\."(?P<schema>[^"]+)"\."(?P<mart>[^"]+)"')


@dataclass(frozen=True)
class Metric:
    """A metric as its owner describes it."""

    name: str
    label: str
    description: str
    owner: str
    version: int
    status: str
    grain: str
    dimensions: tuple[str, ...]


@dataclass(frozen=True)
class Filter:
    """A condition on a dimension."""

    dimension: str
    operator: str
    values: Sequence[str | int | float | bool | date]


@dataclass(frozen=True)
class Shown:
    """A dimension or measure of a metric, the mart that it is of, where one is known, and its expression in SQL."""

    name: str
    mart: str | None
    expression: str

    def columns(self, known: Collection[str]) -> set[str]:
        """Columns of the mart whose values it shows; whether a column is null tells nobody."""
        return set(re.findall(r"\w+", NULL_TEST.sub("", self.expression))) & set(known)


@dataclass
class Semantics:
    """The semantic manifest of a project, read when it is first asked for and again when it was written anew."""

    project: Project | None
    _read: tuple[float, dict[str, Any], Any] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def metrics(self) -> list[Metric]:
        """Metrics by name."""
        return sorted((described(metric) for metric in self._manifest()["metrics"]), key=lambda metric: metric.name)

    def time_dimensions(self) -> set[str]:
        """Dimensions that are times, and so have a grain."""
        return {METRIC_TIME} | {
            f"{entity['name']}__{dimension['name']}"
            for model in self._manifest()["semantic_models"]
            for entity in model["entities"]
            for dimension in model["dimensions"]
            if dimension["type"] == "time" and entity["type"] == "primary"
        }

    def schema_of_marts(self) -> str | None:
        """The schema of the package's own marts, as the project calls it; nothing where their models are left out."""
        models = {model["name"]: model for model in self._manifest()["semantic_models"]}
        return models[OWN_MODEL]["node_relation"]["schema_name"] if OWN_MODEL in models else None

    def shown(self, metrics: Sequence[str], dimensions: Sequence[str]) -> list[Shown]:
        """Whose values an answer shows: dimensions but for a metric's own time, and measures that do not only count."""
        manifest, times = self._manifest(), self.time_dimensions()
        names = {without_grain(name, times) for name in dimensions}
        asked = [metric for metric in manifest["metrics"] if metric["name"] in metrics]
        measures = {item["name"] for metric in asked for item in metric["type_params"]["input_measures"]}
        found = [
            Shown(measure["name"], model["node_relation"]["alias"], measure["expr"] or measure["name"])
            for model in manifest["semantic_models"]
            for measure in model["measures"]
            if measure["name"] in measures and measure["agg"] not in ("count", "count_distinct")
        ]
        return found + [self._shown_by(name) for name in sorted(names - {METRIC_TIME})]

    def _shown_by(self, dimension: str) -> Shown:
        path, _, name = dimension.rpartition("__")
        for model in self._manifest()["semantic_models"]:
            if any(item["name"] == path.split("__")[-1] and item["type"] == "primary" for item in model["entities"]):
                for item in model["dimensions"]:
                    if item["name"] == name:
                        return Shown(dimension, model["node_relation"]["alias"], item["expr"] or name)
        return Shown(dimension, None, name)

    def sql(
        self,
        metrics: Sequence[str],
        group_by: Sequence[str],
        filters: Sequence[Filter],
        start: date | None,
        end: date | None,
    ) -> tuple[str, dict[str, Any]]:
        """SQL of a question and its parameters; a value of a filter never stands in the SQL."""
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
        from metricflow_semantics.errors.error_classes import InvalidQueryException

        # Not as a time constraint, which MetricFlow widens to whole weeks where the metric is grouped by weeks.
        days = [
            Filter(METRIC_TIME, operator, [day]) for operator, day in ((">=", start), ("<=", end)) if day is not None
        ]
        parameters: dict[str, Any] = {}
        conditions = [condition(item, parameters, self.time_dimensions()) for item in (*filters, *days)]
        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics),
            group_by_names=list(group_by) or None,
            where_constraints=conditions or None,
        )
        try:
            # It numbers what it names anew for each question, for all threads alike.
            with self._turn:
                statement = self._engine().explain(request).sql_statement.sql
        except InvalidQueryException as error:
            raise ToolError(
                "MetricFlow cannot group these metrics so: the dimensions have to fit each of the metrics."
                " list_metrics says which do."
            ) from error
        for name in parameters:
            statement = statement.replace(f"'{name}'", f"${name}")
        return statement, parameters

    def _manifest(self) -> dict[str, Any]:
        return self._current()[1]

    def _engine(self) -> Any:
        found = self._current()
        with self._lock:
            if self._read is None or self._read[2] is None:
                self._read = (found[0], found[1], engine(json.dumps(found[1])))
            return self._read[2]

    def _current(self) -> tuple[float, dict[str, Any], Any]:
        file = manifest_file(self.project)
        changed = file.stat().st_mtime
        with self._lock:
            if self._read is None or self._read[0] != changed:
                self._read = (changed, read_manifest(file), None)
            return self._read


def manifest_file(project: Project | None) -> Path:
    """The semantic manifest that dbt wrote.

    Raises:
        ToolError: there is none.

    """
    if project is None:
        raise ToolError("The metrics are those of a dbt project. Start the server with --project FOLDER.")
    file = project.target / MANIFEST
    if not file.exists():
        raise ToolError("dbt has written no metrics yet. Run `dbt parse` or `make build`, then ask again.")
    return file


def read_manifest(file: Path) -> dict[str, Any]:
    """The semantic manifest.

    Raises:
        ToolError: dbt has not written it to its end.

    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ToolError("A build is running and writes the metrics. Ask again in a minute.") from error


def described(metric: Mapping[str, Any]) -> Metric:
    """A metric of the manifest as its owner describes it."""
    meta = (metric.get("config") or {}).get("meta") or {}
    return Metric(
        name=metric["name"],
        label=metric.get("label") or metric["name"],
        description=" ".join((metric.get("description") or "").split()),
        owner=meta.get("owner", ""),
        version=meta.get("version", 1),
        status=meta.get("status", "active"),
        grain=meta.get("grain", ""),
        dimensions=tuple(meta.get("allowed_dimensions") or ()),
    )


def engine(manifest: str) -> Any:
    """MetricFlow on a semantic manifest, with a client that writes DuckDB's SQL and runs none."""
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    client = SimpleNamespace(sql_engine_type=SqlEngine.DUCKDB, sql_plan_renderer=DuckDbSqlPlanRenderer())
    return MetricFlowEngine(SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(manifest)), client)


def condition(item: Filter, parameters: dict[str, Any], times: set[str]) -> str:
    """A filter as MetricFlow writes conditions; its values become parameters, named by quoted words of their own."""
    names = []
    for value in item.values:
        names.append(f"filter_value_{len(parameters)}_of_this_question")
        parameters[names[-1]] = value
    entity, _, grain = item.dimension.rpartition("__")
    if entity in times and grain in GRAINS:
        subject = f"{{{{ TimeDimension('{entity}', '{grain}') }}}}"
    elif item.dimension in times:
        subject = f"{{{{ TimeDimension('{item.dimension}', 'day') }}}}"
    else:
        subject = f"{{{{ Dimension('{item.dimension}') }}}}"
    if item.operator == "in":
        return f"{subject} in ({', '.join(repr(name) for name in names)})"
    return f"{subject} {item.operator} '{names[0]}'"


def without_grain(dimension: str, times: Collection[str]) -> str:
    """The name of a dimension; of a time without its grain."""
    base, _, grain = dimension.rpartition("__")
    return base if base in times and grain in GRAINS else dimension


def readable_sql(
    statement: str, schema_of_marts: str | None, shown: Sequence[Shown], reader: Reader
) -> tuple[str, list[str]]:
    """The SQL on this file's own marts, and the marts that it reads.

    Where answers are masked, a mart is read from its masked view, unless the SQL names a column that the view hides:
    such a column then joins, filters or is counted, because none of what is shown may be made of it.

    Raises:
        ToolError: a metric is of another model than a mart of this package, or shows what is masked.

    """
    classes = reader.classes() if reader.is_masked else {}
    marts = sorted({match["mart"] for match in RELATION.finditer(statement)})
    columns = {mart: reader.columns(mart) for mart in marts}
    if any(match["schema"] != schema_of_marts for match in RELATION.finditer(statement)):
        raise ToolError(
            "These metrics are of other models than the marts of identity_graph, which alone are read here: ask"
            " MetricFlow itself (mf query)."
        )
    for item in shown if reader.is_masked else ():
        if item.mart not in columns or any(
            classes.get(column) != "none" for column in item.columns(columns[item.mart])
        ):
            raise ToolError(f"{item.name} is masked. Ask for another one, or start the server with --unmasked.")
    words = set(re.findall(r"\w+", statement))

    def relation(match: re.Match[str]) -> str:
        is_shown = all(classes.get(name) == "none" for name in columns[match["mart"]] & words)
        return f"{reader.public_marts if is_shown else MARTS}.{quoted(match['mart'])}"

    return RELATION.sub(relation, statement), marts
