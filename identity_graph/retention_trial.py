"""Builds on copies of a database with and without retention periods, and says what the periods would remove."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from identity_graph.database import open_database
from identity_graph.project import PACKAGE, CommandError, Project, read_csv
from identity_graph.sql import quoted
from identity_graph.trial import Trial

PERIODS = "retention_periods.csv"
COLUMNS = ["layer", "days", "owner", "reason"]
# As the seed's data test says, and a build before it loads the seed: here nobody waits for a trial to be told.
LONGEST_PERIOD = 36500
# Rows that were emptied stay in it, to be counted.
EVENTS = "int_events_received"


@dataclass(frozen=True)
class State:
    """What a database holds: rows by table, and the person of each id (space, anonymous id)."""

    row_counts: Mapping[str, int]
    persons: Mapping[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class PersonLosses:
    """What becomes of persons when ids leave."""

    ids_gone: int
    persons_gone: int  # no id is left
    persons_divided: int  # their ids that are left belong to more than one person


def compare_persons(before: State, after: State) -> PersonLosses:
    """Compare the persons of two states; the second may hold fewer ids."""
    members = defaultdict(list)
    for name, person in before.persons.items():
        members[person].append(name)
    kept = {
        person: {after.persons[name] for name in names if name in after.persons} for person, names in members.items()
    }
    return PersonLosses(
        ids_gone=len(before.persons.keys() - after.persons.keys()),
        persons_gone=sum(not persons for persons in kept.values()),
        persons_divided=sum(len(persons) > 1 for persons in kept.values()),
    )


def read_periods(path: Path) -> list[dict[str, str]]:
    """Return the rows of a file of retention periods.

    Raises:
        CommandError: the file does not exist, has other columns, or days that no build would take.

    """
    columns, rows = read_csv(path)
    if columns != COLUMNS:
        raise CommandError(f"{path} is no file of retention periods: its columns must be {', '.join(COLUMNS)}")
    for row in rows:
        days = row["days"].strip()
        if days and not (days.isdecimal() and 1 <= int(days) <= LONGEST_PERIOD):
            raise CommandError(f"{path}: days is {days}, and has to be a whole number from 1 to {LONGEST_PERIOD}")
    return rows


@dataclass(frozen=True)
class RetentionTrial:
    """What a build would hold without any period, and with these."""

    before: State
    after: State

    @property
    def persons(self) -> PersonLosses:
        """What becomes of persons."""
        return compare_persons(self.before, self.after)

    @property
    def row_counts(self) -> dict[str, tuple[int, int]]:
        """Rows before and after of each table that would change, by its name."""
        return {
            name: (count, self.after.row_counts.get(name, 0))
            for name, count in sorted(self.before.row_counts.items())
            if self.after.row_counts.get(name, 0) != count
        }


def try_periods(project: Project, database: Path, periods: Path | None = None) -> RetentionTrial:
    """Build on a copy of the database without any period, and on one with these; nothing of the user's is written.

    Args:
        project: the dbt project whose events are built.
        database: the DuckDB file of a build.
        periods: a changed copy of the project's seed; the seed itself where none is given.

    Raises:
        CommandError: a file cannot be read, no build finished, the target is not DuckDB, or a build failed.

    """
    seed = project.seed(PERIODS)
    rows = read_periods(periods or seed)
    with open_database(database) as connection:
        connection.execute("select 1 from marts.users limit 1")
    with TemporaryDirectory(prefix="retention_") as folder:
        trial = Trial(Path(folder), project, seed, database)
        before = build_on(trial, [{**row, "days": ""} for row in rows])
        after = build_on(trial, rows)
    return RetentionTrial(before, after)


def build_on(trial: Trial, periods: Sequence[Mapping[str, str]]) -> State:
    """Build on a copy of the database with the given periods, and read what it holds then."""
    trial.begin()
    with trial.seed.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(periods)
    trial.build("--exclude-resource-type", "test", "unit_test", "snapshot")
    return read_state(trial.database, trial.target)


def read_state(database: Path, target: Path) -> State:
    """Count the rows of all tables that are kept from run to run, and read who is who."""
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    kept = {
        (node["schema"], node["alias"])
        for node in nodes
        if node["resource_type"] in ("model", "snapshot")
        and node["package_name"] == PACKAGE
        and not node["config"].get("meta", {}).get("lasts_for_a_run")
    }
    with open_database(database) as connection:
        tables = connection.execute(
            "select database_name, schema_name, table_name from duckdb_tables() where not temporary order by all"
        ).fetchall()
        row_counts = {}
        for catalog, schema, name in tables:
            if (schema, name) in kept:
                place = ".".join(quoted(part) for part in (catalog, schema, name))
                is_counted = "coalesce(rejection_reason, '') not in ('erased', 'expired')" if name == EVENTS else "true"
                ((row_count,),) = connection.execute(f"select count(*) from {place} where {is_counted}").fetchall()
                row_counts[f"{schema}.{name}"] = row_count
        users = connection.execute("select space_id, anonymous_id, universal_id from marts.users").fetchall()
    return State(row_counts, {(space, name): (space, person) for space, name, person in users})
