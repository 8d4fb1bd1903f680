"""Tools about the data itself: get_data_health, get_restatements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from identity_graph.mcp_server.answers import (
    Cursor,
    Limit,
    ListAnswer,
    answer,
    check_known,
    check_range,
    number,
    read_page,
    source,
)
from identity_graph.mcp_server.database import TABLES, Database
from identity_graph.text import counted


class Signal(BaseModel):
    """A signal of one day beside what that weekday is like."""

    signal_name: str
    scope: str
    subject: str
    health_date: date
    measured_value: float | None = None
    expected_value: float | None = None
    z_score: float | None = None
    alert_level: str
    alert: str
    not_judged_reason: str | None = None
    acknowledged_until_date: date | None = None
    owner: str | None = None
    runbook: str | None = None


class Health(ListAnswer):
    """Signals of a day."""

    health_date: date | None = Field(
        None, description="The day asked for; none = the newest complete day of each signal"
    )
    count_by_level: dict[str, int]
    signals: list[Signal]


class Restatement(BaseModel):
    """A published value of a past day that a load changed."""

    load_number: int
    restated_at: datetime
    metric_name: str
    metric_date: date
    dimension_name: str
    dimension_value: str | None = None
    currency_code: str | None = None
    old_value: float | None = None
    new_value: float | None = None
    value_difference: float | None = None
    cause: str
    has_other_causes: bool | None = Field(None, description="None = nobody can tell")


class CauseSum(BaseModel):
    """Restatements of one cause."""

    cause: str
    restatement_count: int
    day_count: int


class Restatements(ListAnswer):
    """What changed in published numbers, and why."""

    causes: list[CauseSum]
    restatements: list[Restatement]


@dataclass(frozen=True)
class HealthTools:
    """Tools about the data itself."""

    database: Database

    def get_data_health(
        self,
        level: Literal["all", "warn", "error"] = "warn",
        health_date: Annotated[date | None, Field(description="Newest complete day if left out")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, Health]:
        """Is the data as on these weekdays before: volume, rejected and late rows, keys, channels, stitching.

        The level warn has errors, too.
        """
        asked = {"levels": {"all": None, "warn": ["warn", "error"], "error": ["error"]}[level], "day": health_date}
        with self.database.open() as reader:
            on_day = f"""
                from {reader.public_marts}.data_health
                where case when $day is null then is_newest_complete_day else health_date = $day end
            """
            counts = reader.rows(f"select alert_level, count(*) as n {on_day} group by all order by all", asked)
            page = read_page(
                reader,
                f"""
                select
                    signal_name, scope, subject, health_date, measured_value, expected_value, z_score, alert_level,
                    alert, not_judged_reason, acknowledged_until_date, owner, runbook
                {on_day} and ($levels is null or list_contains($levels, alert_level))
                """,
                asked,
                "case alert_level when 'error' then 0 when 'warn' then 1 else 2 end, signal_name, scope, subject,"
                " health_date",
                limit,
                cursor,
            )
            content = Health(
                source=source(reader, "data_health"),
                health_date=health_date,
                count_by_level={row["alert_level"]: row["n"] for row in counts},
                signals=[Signal(**row) for row in page.rows],
                **page.place,
            )
        levels = ", ".join(f"{count} {name}" for name, count in content.count_by_level.items()) or "none on that day"
        return answer(content, f"Signals: {levels}. Thresholds are rows of the rules' seed health_thresholds.")

    def get_restatements(
        self,
        metric_name: Annotated[str | None, Field(max_length=100)] = None,
        start_date: Annotated[date | None, Field(description="First UTC day of the metric")] = None,
        end_date: date | None = None,
        cause: Literal["rule_change", "rebuild", "consent", "erasure", "identity", "late_events", "retention"]
        | None = None,
        dimension_name: Literal["all", "session__channel", "credit__channel"] | None = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, Restatements]:
        """Why did this number change: published values of past days that a load changed, old, new and cause."""
        check_range(start_date, end_date)
        asked = {
            "metric": metric_name,
            "start": start_date,
            "end": end_date,
            "cause": cause,
            "dimension": dimension_name,
        }
        with self.database.open() as reader:
            known = reader.rows(f"select distinct metric_name from {TABLES}.int_metric_versions order by 1")
            check_known("published metric", [metric_name] if metric_name else [], [row["metric_name"] for row in known])
            restated = f"""
                from {reader.public_marts}.metric_restatements
                where
                    ($metric is null or metric_name = $metric)
                    and ($start is null or metric_date >= $start)
                    and ($end is null or metric_date <= $end)
                    and ($cause is null or cause = $cause)
                    and ($dimension is null or dimension_name = $dimension)
            """
            causes = reader.rows(
                f"""
                select cause, count(*) as restatement_count, count(distinct metric_date) as day_count
                {restated} group by cause order by restatement_count desc, cause
                """,
                asked,
            )
            page = read_page(
                reader,
                f"select * {restated}",
                asked,
                "load_number desc, metric_name, metric_date, dimension_name, dimension_value nulls first,"
                " currency_code nulls first",
                limit,
                cursor,
            )
            content = Restatements(
                source=source(reader, "metric_restatements"),
                causes=[CauseSum(**row) for row in causes],
                restatements=[
                    Restatement(
                        **row | {name: number(row[name]) for name in ("old_value", "new_value", "value_difference")}
                    )
                    for row in page.rows
                ],
                **page.place,
            )
        if not page.total:
            text = (
                "No published value of these changed. The newest day is still filling up: its growth is no restatement."
            )
        else:
            text = f"{counted(page.total, 'published value')} changed: " + ", ".join(
                f"{item.cause} {item.restatement_count}" for item in content.causes
            )
        return answer(content, text)
