"""Looks for what is new to a project, and builds it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from identity_graph.database import open_database
from identity_graph.dbt_command import Done, in_one_line
from identity_graph.kept_project import KeptProject
from identity_graph.project import CommandError, Project, find_project, read_yaml
from identity_graph.text import counted, some, without_personal_data
from identity_graph.watched_files import Files, RawPlaces, changed, project_files, raw_files, raw_places

# Vars that name a table or model to read in place of files.
RELATIONS = ("generic_events_relation", "ad_spend_relation")
# dbt's log has the rest.
LONGEST_REASON = 300
LOCKED = re.compile(r'Could not set lock on file "([^"]+)".*?(?:\(PID (\d+)\)|$)', re.S)
LOAD = """
select loads.load_number, count(received.load_number) as row_count
from intermediate.event_loads as loads
left join intermediate.int_events_received as received on loads.load_number = received.load_number
where loads.invocation_id = $invocation_id
group by loads.load_number
"""


@dataclass(frozen=True)
class Outcome:
    """How a run ended, in a line."""

    text: str
    has_failed: bool = False
    is_kept_waiting: bool = False


@dataclass
class Watcher:
    """Watches the project of a folder, in which the command runs.

    Args:
        folder: of the project.
        variables: vars, as they are given to dbt.
        arguments: what is added to `dbt build`.

    """

    folder: Path
    variables: dict[str, Any]
    arguments: Sequence[str]
    project: Project = field(init=False)
    places: RawPlaces = RawPlaces((), ())
    _seen_project: Files = field(default_factory=dict)
    _seen_raw: Files | None = None
    _now_project: Files = field(default_factory=dict)
    _now_raw: Files = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the project."""
        self.project = find_project(self.folder)
        self.kept = KeptProject(json.dumps(self.variables, default=str))

    def has_news(self, *, in_tables: bool = True) -> bool:
        """Look, and say whether something is new since the last run began; in tables and models, whether it may be.

        Args:
            in_tables: whether tables and models count, into which only a run can look.

        """
        self._now_project = project_files(self.project)
        self._now_raw = raw_files(self.places)
        is_new = self._now_project != self._seen_project or self._now_raw != self._seen_raw
        return is_new or bool(in_tables and self.kept.manifest and self.places.others)

    def forget(self) -> None:
        """Find what is there new at the next look."""
        self._seen_raw = None

    def run(self) -> Outcome:
        """Build what the last look found, after parsing where the project changed."""
        started = time.monotonic()
        parsed = ""
        files = changed(self._seen_project, self._now_project)
        if files or self.kept.manifest is None:
            because = f" anew, for {self.named(files)}," if self._seen_project else ""
            refusal = self.parse()
            parsed = f" (parsed{because} in {time.monotonic() - started:.1f} s)"
        self._seen_project, self._seen_raw = self._now_project, self._now_raw
        if self.kept.manifest is None:
            return Outcome(f"failed: the project cannot be parsed - {refusal}", has_failed=True)
        done = self.kept.build(*self.arguments)
        if not done.success and (waiting := kept_waiting(done)):
            return Outcome(waiting, is_kept_waiting=True)
        said = f"{self.load_of(done)}{time.monotonic() - started:.1f} s{parsed}, {how_it_ended(done)}"
        return Outcome(said, has_failed=not done.has_built)

    def parse(self) -> str:
        """Parse the project and find where its sources lie; say why it cannot be parsed, if so."""
        read_yaml.cache_clear()
        try:
            self.project = find_project(self.folder)
            done = self.kept.parse()
            if self.kept.manifest is None:
                return in_one_line(done.reason)
            relations = [str(named) for name in RELATIONS if (named := self.project.var(name, self.variables))]
        except CommandError as error:
            return str(error)
        self.places = raw_places(self.kept.manifest, relations)
        self._now_raw = raw_files(self.places)
        return ""

    def named(self, files: Sequence[str]) -> str:
        """Files as they are called from the project's folder."""
        return some([file.removeprefix(f"{self.folder}/") for file in files], 3)

    def load_of(self, done: Done) -> str:
        """The load that a build was, and its rows, where it was one and its database is a file that can be read."""
        try:
            with open_database(self.project.database(self.project.duckdb_profile())) as connection:
                found = connection.execute(LOAD, {"invocation_id": done.invocation_id}).fetchall()
        except CommandError:
            return ""
        return "".join(f"load {number}: {counted(rows, 'new event')}, " for number, rows in found)


def how_it_ended(done: Done) -> str:
    """Ok, or what failed and why."""
    if done.has_built:
        warned = done.warned_nodes
        return f"ok; {counted(len(warned), 'warning')}: {some(warned, 3)}" if warned else "ok"
    reason = without_personal_data(in_one_line(done.reason)) or "the selection names nothing that could be built"
    reason = reason if len(reason) <= LONGEST_REASON else reason[:LONGEST_REASON] + "..."
    names = some(list(done.failed_nodes))
    return f"failed: {names} - {reason}" if names else f"failed: {reason}"


def kept_waiting(done: Done) -> str:
    """Who has the database, where that is why nothing ran."""
    for message in done.errors:
        if found := LOCKED.search(message):
            holder = f"process {found[2]}" if found[2] else "another process"
            return f"waits: {holder} has {found[1]} open"
    return ""
