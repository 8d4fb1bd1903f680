"""Say what a build would make of a source's files, before anything is built.

    identity-graph check-source ga4
    identity-graph check-source segment --rows 50000 --vars '{segment_event_tables: [order_completed, checkout_paid]}'

Reads a sample of the raw files, lets dbt check and stage it in a DuckDB file of its own, and reports the tables and
columns found and missing, types that differ from what is expected, the span of time, ids and keys with how full they
are and whom they would join, properties that could be a key, and event names by the taxonomy. No value is printed,
only counts.

Reads files, and a relation of the project (generic_events_relation) in the DuckDB file of its profile; on a warehouse
target it says so and stops.

Exit code: 0 = a build would run, 1 = it would be refused, 2 = bad arguments or no project.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from identity_graph.project import CommandError, find_project, given_vars
from identity_graph.text import columns, counted, finding_lines, without_personal_data

if TYPE_CHECKING:
    from identity_graph.source_checker import Check

NAME = "check-source"
DEFAULT_ROWS = 200_000
WOULD_RUN, REFUSED = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "source_names",
        nargs="+",
        metavar="NAME",
        help="a source, as event_sources names it; several are checked as one build",
    )
    parser.add_argument(
        "--rows", type=int, default=DEFAULT_ROWS, help="rows of each raw table that are enough (default %(default)s)"
    )
    parser.add_argument("--vars", default="{}", metavar="YAML", help="vars, as dbt takes them")


def run(options: argparse.Namespace) -> int:
    """Check, print the report and return the exit code.

    Raises:
        CommandError: bad arguments, no project, or a target that is not DuckDB.

    """
    if options.rows < 1:
        raise CommandError("--rows has to be 1 at least.")
    given = given_vars(options.vars, "{segment_event_tables: [order_completed]}")
    # It brings dbt along, which takes two seconds that the other sub-commands do without.
    from identity_graph.source_checker import Checker

    project = find_project()
    # It brings dbt, which takes seconds that no other command needs.

    with tempfile.TemporaryDirectory(prefix="check-source-") as folder:
        checker = Checker(project, Path(folder), options.source_names, given)
        checks, is_refused = checker.check(options.rows)
    print("\n\n".join("\n".join(describe(check, options.rows, is_refused=is_refused)) for check in checks))
    return REFUSED if is_refused else WOULD_RUN


def describe(check: Check, rows: int, *, is_refused: bool) -> list[str]:
    """The report of a source."""
    lines = [f"{check.source_name}: {'a build would be refused' if is_refused else 'a build would run'}.", ""]
    if check.tables:
        lines += ["Tables", *columns(("table", "files", "rows", "columns", "where"), check.tables)]
    for table in check.absent:
        lines.append(f"  no {table.name}: nothing lies at {table.location}")
    for table in check.remote:
        lines.append(f"  {table.name}: read whole, as it is not on this machine: {table.location}")
    partial = [sample for sample in check.samples if not sample.is_whole]
    if partial:
        taken = "; ".join(
            f"{sample.table.name}: {'the first rows of ' if sample.cut else ''}{len(sample.files):,}"
            f" of {counted(sample.file_count, 'file')}"
            for sample in partial
        )
        lines.append(f"  A sample, of {rows:,} rows a table at most: {taken}.")
        lines.append("  In all the rows, ids share more values than in a sample.")
    lines += ["", "Findings, worst first", *(finding_lines(check.findings) or ["  none"])]
    if check.figures:
        lines += ["", *check.figures]
    return [without_personal_data(line) for line in lines]
