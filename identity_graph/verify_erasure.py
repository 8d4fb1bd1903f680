"""Prove that nothing of erased persons is left in the database: not in a column, not in the bytes of its file.

    identity-graph verify-erasure
    identity-graph verify-erasure --identifiers values.txt --keep-file

What must be gone is found in the raw events, as long as they still hold it: of the rows that the tombstones cover,
every id, token and order that no other row gives, and the numbers and session ids that are made of them. Where the raw
events were deleted already, --identifiers names a file with one value a line that must be gone as well. Raw events and
the secret of tokens are the project's: set IDENTITY_EVENTS and the secret's variable as for its builds.

Then every column of every table is searched. DuckDB does not clear the space that deleted rows took, so the database is
copied into a new file that takes the old one's place (--keep-file leaves it as it is), and once more, uncompressed,
into a temporary one; the bytes of both are searched for values of twelve characters and more.

A seed that names an erased person, as an override may, is its owner's to change; until then it is found as well.

A destination of the outbox that has not acknowledged the removal of an erased recipient is named: until then the outbox
keeps the recipient, because nothing else can tell the destination. So is one that is gone from the seed destinations,
with all whom activate sent it: of these nobody knows any more who is erased.

Exit code: 0 = nothing is left, 1 = something is, one line each, 2 = bad arguments, or no database that can be read.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from identity_graph.activation.erased import waiting_removals
from identity_graph.database import add_database_argument, find_database
from identity_graph.erasure_search import Finding, verify
from identity_graph.erasure_subjects import SESSION_TIMEOUT_MINUTES, Subjects
from identity_graph.project import CommandError, Project, find_project
from identity_graph.text import counted

NAME = "verify-erasure"
CLEAN, LEFT = 0, 1
SECRET = "DBT_ENV_SECRET_IDENTITY_TOKEN"
DEMO_SECRET = "demo secret, not for real data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "--identifiers", type=Path, metavar="FILE", help="a file with values that must be gone, one a line"
    )
    parser.add_argument("--keep-file", action="store_true", help="do not replace the database by a compacted copy")
    add_database_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Verify, print the report and return the exit code.

    Raises:
        CommandError: there is no database, it cannot be read, or the file of identifiers cannot.

    """
    database = find_database(options.database).resolve()
    identifiers = read_identifiers(options.identifiers) if options.identifiers else set()
    project = project_here()
    timeout = project.var("session_timeout_minutes", {}) if project else SESSION_TIMEOUT_MINUTES
    # Raw files are named from the folder of the project.
    with contextlib.chdir(project.folder if project else Path.cwd()):
        subjects, findings = verify(
            database,
            identifiers,
            secret=token_secret(project),
            session_timeout_minutes=int(timeout),
            keep_file=options.keep_file,
        )
        waiting = waiting_removals(database)
    print("\n".join(report_lines(subjects, findings, waiting)))
    return LEFT if findings else CLEAN


def read_identifiers(file: Path) -> set[str]:
    """The values of a file, one a line.

    Raises:
        CommandError: it cannot be read.

    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    return {line.strip() for line in lines} - {""}


def project_here() -> Project | None:
    """The project of this folder, where there is one that builds on DuckDB."""
    try:
        project = find_project()
        project.duckdb_profile()
    except CommandError:
        return None
    return project


def token_secret(project: Project | None) -> str:
    """The secret that tokens were made with: the one of the project's profile, else the environment's or the demo's."""
    secret = project.duckdb_profile().token_secret if project else None
    return secret if secret is not None else os.environ.get(SECRET) or DEMO_SECRET


def report_lines(subjects: Subjects, findings: list[Finding], waiting: Mapping[str, int]) -> list[str]:
    """What must be gone, what is left, and which destinations do not know yet whom they have to forget."""
    lines = [
        f"{subjects.row_count:,} raw rows of erased persons; {len(subjects.texts):,} values"
        f" and {len(subjects.numbers):,} numbers must be gone."
    ]
    lines += [
        f"  still in the raw events, for their owner to delete: {source}: {raw_file} ({counted(count, 'row')})"
        for source, raw_file, count in subjects.raw_files
    ]
    lines += [f"LEFT: {found.place}: {found.count:,} times, for example {found.example}" for found in findings]
    lines += [
        f"  waiting: destination {name} has not acknowledged the removal of {counted(count, 'recipient')}, whom the"
        f" outbox names until it has: identity-graph activate --destination {name} (where the seed destinations has no"
        " row of it, put that back first, switched off, and build), or dbt run-operation acknowledge_changes where you"
        " tell it by other means, or it is no more."
        for name, count in sorted(waiting.items())
    ]
    if not findings:
        lines.append("Nothing of them is left in any column of any table, nor in the bytes of the file.")
    return lines
