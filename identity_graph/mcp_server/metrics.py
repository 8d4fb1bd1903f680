"""Tools about the governed metrics: list_metrics, query_metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import duckdb
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from identity_graph.mcp_server.answers import (
    Cursor,
    Limit,
    ListAnswer,
    answer,
    check_known,
    check_range,
    list_page,
    read_page,
    source,
)
from identity_graph.mcp_server.database import Database
from identity_graph.mcp_server.semantics import METRIC_TIME, Filter, Metric, Semantics, readable_sql, without_grain
from identity_graph.text import counted

Cell = str | int | float | bool | None
Name = Annotated[str, Field(max_length=100)]


class MetricFilter(BaseModel):
    """A condition on a dimension."""

    dimension: Name
    operator: Literal["=", "!=", "<", "<=", ">", ">=", "in"] = "="
    values: Annotated[list[Annotated[str, Field(max_length=200)] | bool | float], Field(min_length=1, max_length=50)]


class Metrics(ListAnswer):
    """Governed metrics."""

    metrics: list[Metric]


class MetricRows(ListAnswer):
    """Values of metrics by their groups."""

    columns: list[str]
    rows: list[list[Cell]]


@dataclass(frozen=True)
class MetricTools:
    """The governed metrics."""

    database: Database
    semantics: Semantics

    def list_metrics(
        self,
        search: Annotated[str | None, Field(max_length=100, description="Word in name, label or description")] = None,
        limit: Limit = 15,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, Metrics]:
        """The governed metrics with owner, grain, version, and the dimensions that each may be grouped by."""
        found = [metric for metric in self.semantics.metrics() if is_about(metric, search)]
        page = list_page(found, 0, (search, [metric.name for metric in found]), limit, cursor)
        content = Metrics(
            source="the project's metrics, as dbt parsed them last",
            metrics=page.rows,
            **page.place,
        )
        return answer(content, f"{counted(page.total, 'metric')}: {', '.join(metric.name for metric in page.rows)}")

    def query_metrics(
        self,
        metrics: Annotated[list[Name], Field(min_length=1, max_length=8)],
        group_by: Annotated[
            list[Name] | None,
            Field(max_length=5, description="Dimensions of list_metrics; times as metric_time__week (day to year)"),
        ] = None,
        filters: Annotated[list[MetricFilter] | None, Field(max_length=8)] = None,
        start_date: Annotated[date | None, Field(description="First UTC day of metric_time")] = None,
        end_date: Annotated[date | None, Field(description="Last UTC day of metric_time")] = None,
        order_by: Annotated[Name | None, Field(description="A column of the answer; -name = falling")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, MetricRows]:
        """Values of governed metrics by dimensions; list_metrics names both.

        Group or filter revenue by currency.
        """
        check_range(start_date, end_date)
        known = {metric.name: metric for metric in self.semantics.metrics()}
        check_known("metric", metrics, sorted(known))
        metrics = list(dict.fromkeys(metrics))
        # A time without a grain is one by day, and so may be asked for twice.
        groups = list({self.column_name(name): name for name in group_by or []}.values())
        conditions = [Filter(item.dimension, item.operator, item.values) for item in filters or []]
        asked = [*groups, *(item.dimension for item in conditions)]
        self.check_dimensions([known[name] for name in metrics], asked)
        if any(item.operator != "in" and len(item.values) > 1 for item in conditions):
            raise ToolError("Several values need the operator in.")
        columns = [*(self.column_name(name) for name in groups), *metrics]
        order = ordering(order_by, columns, len(groups))
        statement, parameters = self.semantics.sql(metrics, groups, conditions, start_date, end_date)
        with self.database.open() as reader:
            shown = self.semantics.shown(metrics, asked)
            sql, marts = readable_sql(statement, self.semantics.schema_of_marts(), shown, reader)
            try:
                page = read_page(reader, sql, parameters, order, limit, cursor)
            except (duckdb.ConversionException, duckdb.BinderException) as error:
                raise ToolError("A value of a filter has not the type of its dimension. Mend it.") from error
            content = MetricRows(
                source=source(reader, *marts),
                columns=columns,
                rows=[[cell(row[column]) for column in columns] for row in page.rows],
                **page.place,
            )
        return answer(content, in_words(columns, content.rows, page.total, len(groups)))

    def check_dimensions(self, metrics: Sequence[Metric], asked: Sequence[str]) -> None:
        """Refuse a dimension that not each of the metrics allows, and say which do exist.

        Raises:
            ToolError: there is one.

        """
        allowed = set.intersection(*(set(metric.dimensions) for metric in metrics))
        times = self.semantics.time_dimensions()
        for name in asked:
            if without_grain(name, times) not in allowed:
                names = ", ".join(sorted(allowed)) or "none that all of them share"
                raise ToolError(
                    f"{', '.join(metric.name for metric in metrics)} cannot be grouped or filtered by that dimension."
                    f" There are: {names}. A time takes a grain, as in {METRIC_TIME}__week."
                )

    def column_name(self, group: str) -> str:
        """The column that MetricFlow gives a group: a time carries its grain, a day where none is asked."""
        return f"{group}__day" if group in self.semantics.time_dimensions() else group


def is_about(metric: Metric, search: str | None) -> bool:
    """Whether a metric has a word in its name, label or description."""
    return search is None or search.lower() in f"{metric.name} {metric.label} {metric.description}".lower()


def ordering(order_by: str | None, columns: Sequence[str], group_count: int) -> str:
    """Order of the rows: as asked, then by the groups, of which each row has others.

    Raises:
        ToolError: it is asked by something that is no column.

    """
    wanted = []
    if order_by is not None:
        name = order_by.removeprefix("-")
        name = name if name in columns else f"{name}__day"
        check_known("column of the answer", [name], columns)
        wanted = [f'"{name}" {"desc" if order_by.startswith("-") else "asc"} nulls last']
    return ", ".join([*wanted, *(f'"{column}" nulls last' for column in columns[:group_count])]) or "1"


def cell(value: Any) -> Cell:
    """A value that JSON knows; a moment at midnight is a day."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value


def in_words(columns: Sequence[str], rows: Sequence[Sequence[Cell]], total: int, group_count: int) -> str:
    """One row as a sentence, several as their number and the first."""
    if not rows:
        return "No rows: nothing fits the filters and days."
    first = ", ".join(
        f"{name}: no value" if value is None else f"{name} = {value}"
        for name, value in zip(columns, rows[0], strict=True)
    )
    return first if not group_count else f"{counted(total, 'row')}, the first: {first}"
