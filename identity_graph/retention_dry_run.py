"""Say what a change of the retention periods would remove, before it is made.

    identity-graph retention-dry-run changed_periods.csv
    identity-graph retention-dry-run

A file of periods is a changed copy of seeds/retention_periods.csv; without one, the project's own periods are applied
as the next build would apply them. A copy of the database in a temporary folder is built on with them, from the same
raw events and by one clock, and compared with a copy that is built on with no period at all; the database itself is
only read. It runs on DuckDB only.

What is printed: the rows that each table would lose, the ids that would leave the graph, and the persons that would be
divided or gone. Tables of what a single run changes are left out.

Exit code: 0 = compared, 2 = the arguments or a file are wrong, there is no database, or a build failed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from identity_graph.database import add_database_argument, find_database
from identity_graph.project import find_project
from identity_graph.retention_trial import PERIODS, RetentionTrial, try_periods
from identity_graph.text import columns

NAME = "retention-dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "periods",
        type=Path,
        nargs="?",
        metavar="PERIODS.csv",
        help=f"the changed periods (default: seeds/{PERIODS} of the project)",
    )
    add_database_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, print the report and return the exit code.

    Raises:
        CommandError: no project or database, a wrong file, a target that is not DuckDB, or a build that failed.

    """
    project = find_project()
    trial = try_periods(project, find_database(options.database, project), options.periods)
    print("\n".join(trial_lines(trial)))
    return 0


def trial_lines(trial: RetentionTrial) -> list[str]:
    """The report of a comparison."""
    rows = [(name, before, after, after - before) for name, (before, after) in trial.row_counts.items()]
    losses = trial.persons
    return [
        "Rows:",
        *(columns(("table", "now", "then", "difference"), rows) if rows else ["  no table would change"]),
        "Persons:",
        f"  {losses.ids_gone:,} ids would leave the graph",
        f"  {losses.persons_gone:,} persons would be gone",
        f"  {losses.persons_divided:,} persons would be divided",
    ]
