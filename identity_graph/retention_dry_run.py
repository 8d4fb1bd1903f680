"""Say what a change of the retention periods would remove, before it is made.

    python scripts/retention_dry_run.py [PERIODS.csv] [--database identity_graph.duckdb]

PERIODS.csv is a changed copy of seeds/retention_periods.csv; without it, the project's own periods are applied as the
next build would apply them. A copy of the database in a temporary folder is built on with them, from the same raw
events and by one clock, and compared with a copy that is built on with no period at all; the database itself is only
read. It runs on DuckDB only.

What is printed: the rows that each table would lose, the ids that would leave the graph, and the persons that would be
divided or gone. Tables of what a single run changes are left out.

Exit code: 0 = compared, 2 = the arguments or a file are wrong, or a build failed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from identity_graph.what_if import PROJECT, WhatIfError, make_project, one_clock, table

PERIODS = "retention_periods.csv"
COLUMNS = ["layer", "days", "owner", "reason"]


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
        WhatIfError: the file does not exist or has other columns.

    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise WhatIfError(f"{path} cannot be read: {error}") from error
    if reader.fieldnames != COLUMNS:
        raise WhatIfError(f"{path} is no file of retention periods: its columns must be {', '.join(COLUMNS)}")
    return rows


def read_state(database: Path, target: Path) -> State:
    """Count the rows of all tables that are kept from run to run, and read who is who."""
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    kept = {node["name"] for node in nodes if not node["config"].get("meta", {}).get("lasts_for_a_run")}
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            """
            select table_schema, table_name from information_schema.tables
            where table_type = 'BASE TABLE' and table_schema in ('intermediate', 'marts')
            order by all
            """
        ).fetchall()
        row_counts = {
            f"{schema}.{name}": connection.execute(f'select count(*) from "{schema}"."{name}"').fetchall()[0][0]
            for schema, name in names
            if name in kept
        }
        users = connection.execute("select space_id, anonymous_id, universal_id from marts.users").fetchall()
        observed = connection.execute(
            "select count(*) from intermediate.int_events_received"
            " where coalesce(rejection_reason, '') not in ('erased', 'expired')"
        ).fetchall()[0][0]
    row_counts["intermediate.int_events_received"] = observed
    return State(row_counts, {(space, name): (space, person) for space, name, person in users})


def build_on(project: Path, database: Path, periods: Sequence[Mapping[str, str]], clock: str) -> State:
    """Build on a copy of the database with the given periods, and read what it holds then."""
    shutil.copy(database, project.parent / database.name)
    with (project / "seeds" / PERIODS).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(periods)
    # From here, so that raw events and requests are found where the stored ones were.
    env = os.environ | {
        "IDENTITY_DUCKDB_PATH": str(project.parent / database.name),
        "DBT_PROFILES_DIR": str(project),
        "DBT_TARGET_PATH": str(project.parent / "target"),
        "DBT_LOG_PATH": str(project.parent / "logs"),
    }
    command = [
        sys.executable,
        "-m",
        "dbt.cli.main",
        "--quiet",
        "--no-use-colors",
        "build",
        "--project-dir",
        str(project),
    ]
    command += ["--exclude-resource-type", "test", "unit_test", "snapshot", "--vars", f"{{as_of: '{clock}'}}"]
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if result.returncode:
        raise WhatIfError(f"dbt build failed:\n{(result.stdout.strip() or result.stderr.strip())[-3000:]}")
    return read_state(project.parent / database.name, project.parent / "target")


def describe(before: State, after: State) -> list[str]:
    """Return the report."""
    rows = [
        (name, count, after.row_counts.get(name, 0), after.row_counts.get(name, 0) - count)
        for name, count in sorted(before.row_counts.items())
        if after.row_counts.get(name, 0) != count
    ]
    losses = compare_persons(before, after)
    return [
        "Rows:",
        *(table(("table", "now", "then", "difference"), rows) if rows else ["  no table would change"]),
        "Persons:",
        f"  {losses.ids_gone:,} ids would leave the graph",
        f"  {losses.persons_gone:,} persons would be gone",
        f"  {losses.persons_divided:,} persons would be divided",
    ]


def dry_run(periods: Sequence[Mapping[str, str]], database: Path, clock: str) -> list[str]:
    """Build a copy of the database without any period and one with these, and return the report.

    Raises:
        WhatIfError: there is no database, or a build failed.

    """
    if not database.exists():
        raise WhatIfError(f"there is no database {database}; build it first, or set IDENTITY_DUCKDB_PATH")
    without = [{**row, "days": ""} for row in periods]
    with TemporaryDirectory(prefix="retention_") as folder:
        project = make_project(Path(folder), PERIODS)
        before, after = (build_on(project, database, rows, clock) for rows in (without, periods))
    return describe(before, after)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print the report and return the exit code."""
    parser = argparse.ArgumentParser(description="Say what a change of the retention periods would remove.")
    parser.add_argument("periods", type=Path, nargs="?", metavar="PERIODS.csv", default=PROJECT / "seeds" / PERIODS)
    default = Path(os.environ.get("IDENTITY_DUCKDB_PATH") or "identity_graph.duckdb")
    parser.add_argument("--database", type=Path, default=default)
    options = parser.parse_args(arguments)
    try:
        if os.environ.get("IDENTITY_TARGET", "duckdb") != "duckdb":
            raise WhatIfError("IDENTITY_TARGET is not duckdb: periods are tried on DuckDB only.")
        report = dry_run(read_periods(options.periods), options.database, one_clock())
    except WhatIfError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
