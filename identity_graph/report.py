"""Write what the graph found as one HTML page, which opens without a network.

    identity-graph report
    identity-graph report --unmasked --person 9cc4479d-a0ee-10e5-30ed-c9b0ae2408d0 --out person.html

The page says what each channel is credited with and without the graph, how devices become a person, what is stitched
and by which evidence, who comes back, by which paths people convert, and which published numbers changed. Charts need
nothing but the file; each has its figures as a table, and a link to the mart that they are from.

It reads the masked views, so that no id of a visitor, a person or an order is in the file. With --unmasked it reads the
marts: only then it shows journeys of persons, and the file has another name. The same database gives the same file.

Exit code: 0 = the page is written, 2 = bad arguments, no project, no database or no marts.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from identity_graph.database import add_database_argument, find_database
from identity_graph.project import CommandError, find_project
from identity_graph.text import amount

NAME = "report"
FILE_NAME, UNMASKED_FILE_NAME = "identity_report.html", "identity_report_unmasked.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"the page (default: {FILE_NAME} or {UNMASKED_FILE_NAME} in dbt's target)",
    )
    parser.add_argument("--unmasked", action="store_true", help="read the marts, not their masked views")
    parser.add_argument("--person", metavar="ID", help="show the journey of the person with this id; needs --unmasked")
    parser.add_argument(
        "--since", metavar="DATE", help="show restatements since this day (default: the Monday before the newest)"
    )
    add_database_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Write the page and return the exit code.

    Raises:
        CommandError: bad arguments, no project, no database or no marts.

    """
    if options.person and not options.unmasked:
        raise CommandError("--person shows ids, which masked views hide: add --unmasked.")
    try:
        since = date.fromisoformat(options.since) if options.since else None
    except ValueError as error:
        raise CommandError(f"--since is no date: {options.since!r}; write it as 2026-02-02.") from error
    database = find_database(options.database)
    name = UNMASKED_FILE_NAME if options.unmasked else FILE_NAME
    file = (options.out or find_project().target / name).resolve()

    # Altair takes a second, and no other command needs it.
    from identity_graph.page.document import write_page
    from identity_graph.page.marts import open_marts

    with open_marts(database, is_masked=not options.unmasked) as marts:
        page = write_page(marts, person=options.person, since=since)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(page)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
    masked = "ids are masked" if not options.unmasked else "with ids of persons"
    print(f"Report     {file} ({amount(len(page) / 1024)} KiB, {masked})")
    return 0
