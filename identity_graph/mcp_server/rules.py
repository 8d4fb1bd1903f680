"""The tool what_if_rules: what a change of the identity rules would do, tried beside the project."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

import anyio
from anyio.abc import Process
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from identity_graph.build_changes import LinkChange
from identity_graph.identity_rules import RULES, read_rules
from identity_graph.mcp_server.answers import Answer, answer, check_known
from identity_graph.mcp_server.database import Database
from identity_graph.project import CommandError, Project

FAILED = 2
SECONDS_BETWEEN = 5
# As dbt tells of a failure, whose own words may hold values of rows.
FAILED_NODE = re.compile(r"(?:[A-Z]\w+ Error|Failure) in (\w+ \w+) [(]")


class RuleCell(BaseModel):
    """A cell of identity_key_rules to be changed; an empty value takes the limit away."""

    key_type: Annotated[str, Field(min_length=1, max_length=100)]
    resolution_level: Literal["individual", "household", "organization"] = "individual"
    column: Literal[
        "is_enabled",
        "window_days",
        "max_ids_per_key",
        "outlier_percentile",
        "outlier_floor_ids",
        "corroboration",
        "min_shared_days",
        "confidence",
        "priority",
        "max_values_per_profile",
    ]
    value: Annotated[str, Field(max_length=20, pattern=r"^[a-z0-9_.]*$")]


class BeforeAfter(BaseModel):
    """A figure under the rules of the project, and under the changed ones."""

    before: int
    after: int


class RefusalChange(BaseModel):
    """Refused links by reason."""

    reason: str
    before: int
    after: int


class ChannelChange(BaseModel):
    """Last touch with the graph, of one channel and currency."""

    channel: str
    currency_code: str | None = None
    conversions_before: int
    conversions_after: int
    revenue_before: float
    revenue_after: float


class WhatIf(Answer):
    """What the changed rules would do."""

    changes: list[str]
    persons: BeforeAfter | None = None
    largest_person_ids: BeforeAfter | None = None
    dissolved_ids: BeforeAfter | None = None
    merged_persons: int = 0
    split_persons: int = 0
    affected_ids: int = 0
    id_count: int | None = None
    keys: list[LinkChange] | None = None
    refusals: list[RefusalChange] | None = None
    channels: list[ChannelChange] | None = None
    moved_conversions: int = 0


@dataclass(frozen=True)
class RuleTools:
    """Changes of the rules, tried."""

    database: Database
    _turn: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))

    async def what_if_rules(
        self,
        changes: Annotated[list[RuleCell], Field(min_length=1, max_length=20)],
        context: Context[Any, Any],
        max_seconds: Annotated[int, Field(ge=2, le=3600)] = 600,
    ) -> Annotated[CallToolResult, WhatIf]:
        """Try changed cells of identity_key_rules: persons merged and split, links, revenue by channel.

        Builds twice beside the project, which takes a minute or more; the project and its database stay as they are.
        """
        project = self.database.project
        if project is None:
            raise ToolError("Rules are tried on a dbt project. Start the server with --project FOLDER.")
        if self._turn.borrowed_tokens:
            raise ToolError("Another change of rules is being tried. Ask again when it has ended.")
        async with self._turn:
            with TemporaryDirectory(prefix="what_if_rules_") as folder:
                rules = Path(folder) / RULES
                wanted = await anyio.to_thread.run_sync(write_rules, project, changes, rules)
                figures = await run_trial(self.database, Path(folder), rules, max_seconds, context)
        content = WhatIf(source="built from the project's events now", changes=wanted, **figures)
        return answer(content, in_words(content))


def write_rules(project: Project, changes: Sequence[RuleCell], file: Path) -> list[str]:
    """Write the project's rules with some cells changed, and say which.

    Raises:
        ToolError: there is no such rule, or the seed cannot be read.

    """
    try:
        rules = read_rules(project.seed(RULES))
    except CommandError as error:
        raise ToolError(f"The rules of the project cannot be read: {RULES}.") from error
    said = []
    for change in changes:
        names = [f"{key_type} of {level}" for level, key_type in sorted(rules)]
        check_known("rule", [f"{change.key_type} of {change.resolution_level}"], names)
        row = rules[change.resolution_level, change.key_type]
        said.append(
            f"{change.resolution_level} {change.key_type}: {change.column} {row[change.column] or '(empty)'} ->"
            f" {change.value or '(empty)'}"
        )
        row[change.column] = change.value
    with file.open("w", newline="", encoding="utf-8") as changed:
        writer = csv.DictWriter(changed, list(next(iter(rules.values()))), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rules.values())
    return said


async def run_trial(
    database: Database, folder: Path, rules: Path, max_seconds: int, context: Context[Any, Any]
) -> dict[str, Any]:
    """Try rules in a process of its own, which ends with its stdin, however this one ends.

    Raises:
        ToolError: the rules are wrong, a build failed, or the time is over.

    """
    project = database.project
    assert project is not None
    command = [sys.executable, "-m", "identity_graph.mcp_server.trial_process", str(project.folder), str(rules)]
    async with await anyio.open_process(
        command, cwd=project.folder, env=environment(folder), start_new_session=True
    ) as process:
        said, errors = bytearray(), bytearray()
        try:
            with anyio.move_on_after(max_seconds) as limit:
                async with anyio.create_task_group() as telling:
                    telling.start_soon(tell_progress, context, max_seconds)
                    async with anyio.create_task_group() as reading:
                        reading.start_soon(drain, process.stdout, said)
                        reading.start_soon(drain, process.stderr, errors)
                    await process.wait()
                    telling.cancel_scope.cancel()
        finally:
            await end(process)
    if limit.cancelled_caught:
        raise ToolError(
            f"That took longer than {max_seconds} seconds and was ended. Raise max_seconds, or run identity-graph"
            " what-if in a terminal."
        )
    if process.returncode == FAILED:
        reason = why_failed(errors.decode(errors="replace"), is_masked=database.is_masked)
        raise ToolError(f"The changed rules cannot be built: {reason}")
    if process.returncode:
        if not database.is_masked:
            print(errors.decode(errors="replace"), file=sys.stderr)
        raise ToolError("The trial failed. Run identity-graph what-if with these rules in a terminal: it says why.")
    return json.loads(said)


def why_failed(said: str, *, is_masked: bool) -> str:
    """Why a trial failed: the end of what was said; of what dbt says, where answers are masked, only what failed."""
    if is_masked and "dbt build failed" in said:
        failed = ", ".join(dict.fromkeys(FAILED_NODE.findall(said))) or "dbt build"
        return f"{failed} failed. Run identity-graph what-if with these rules in a terminal: it says why."
    return " ".join(said.strip().splitlines()[-5:])[-500:]


def environment(folder: Path) -> dict[str, str]:
    """The environment of a trial: this one's, what it writes for a time below a folder, this package found."""
    package = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return dict(os.environ) | {"TMPDIR": str(folder), "PYTHONPATH": path}


async def tell_progress(context: Context[Any, Any], max_seconds: int) -> None:
    """Tell the client every few seconds that a trial goes on, so that it goes on waiting."""
    for seconds in range(0, max_seconds, SECONDS_BETWEEN):
        await context.report_progress(seconds, max_seconds)
        await anyio.sleep(SECONDS_BETWEEN)


async def drain(stream: Any, into: bytearray) -> None:
    """Read a stream to its end."""
    async for part in stream:
        into.extend(part)


async def end(process: Process) -> None:
    """End a trial and the builds that it began: it does so itself once its stdin is closed."""
    with anyio.CancelScope(shield=True):
        if process.stdin is not None:
            await process.stdin.aclose()
        with anyio.move_on_after(5):
            await process.wait()
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()


def in_words(content: WhatIf) -> str:
    """What would change, in a sentence."""
    if content.persons is None:
        return "These are the project's rules already: nothing changes."
    return (
        f"{'; '.join(content.changes)}. Persons {content.persons.before:,} -> {content.persons.after:,}:"
        f" {content.merged_persons:,} would merge, {content.split_persons:,} would split,"
        f" {content.affected_ids:,} of {content.id_count or 0:,} ids affected;"
        f" {content.moved_conversions:,} conversions would be credited to another channel."
    )
