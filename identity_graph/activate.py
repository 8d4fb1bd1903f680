"""Send each destination what its audiences changed, and record what it acknowledged.

    identity-graph activate --dry-run
    identity-graph activate --destination kissmetrics
    identity-graph activate --destination crm --out /data/outbox --batch-size 500
    identity-graph activate --destination kissmetrics --resend

What is pending is the state of the mart audience_changes against what the destination acknowledged last. A row that was
not acknowledged is sent again, with the same idempotency key; one that was never is. Without a destination it goes
through all that the seed destinations has switched on. One that is switched off can be named: its members are removed.

--resend is for a destination that was restored or emptied: it is sent all members again, and the removal of everybody
whom it once had, under a new generation of idempotency keys.

The database is open only for moments, so that a build can run while a destination is slow; the marts must be those of a
run that finished. Files go to the folder --out, URLs and tokens come from IDENTITY_DESTINATION_<DESTINATION>_URL and
_TOKEN. docs/activation.md says what each writer sends.

Exit code: 0 = all was acknowledged (or counted), 1 = a destination did not take everything, 2 = bad arguments, no
database, the last run of dbt did not finish, or the one destination would take persons of several spaces for one.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from identity_graph.activation.delivery import alone, deliver
from identity_graph.activation.ledger import Ledger, open_ledger
from identity_graph.activation.pending import Plan, plan
from identity_graph.activation.protocol import DeliveryError, Destination, Settings
from identity_graph.activation.spaces import MixedSpacesError, refuse_mixed_spaces
from identity_graph.activation.writers import writer_of
from identity_graph.database import add_database_argument, find_database
from identity_graph.project import CommandError
from identity_graph.text import columns, counted

NAME = "activate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "--destination", metavar="NAME", help="a row of the seed destinations (default: all that are switched on)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only count what is pending, by operation and reason")
    parser.add_argument("--resend", action="store_true", help="send all again; needs --destination")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("target/activation"),
        metavar="FOLDER",
        help="the folder of files (default: %(default)s)",
    )
    parser.add_argument(
        "--batch-size",
        type=row_count,
        default=1000,
        metavar="ROWS",
        help="rows that are sent at once (default: %(default)s)",
    )
    add_database_argument(parser)


def row_count(text: str) -> int:
    """A number of rows, at least one."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def run(options: argparse.Namespace) -> int:
    """Send what is pending, or count it, and return the exit code."""
    return run_with(options, os.environ)


def run_with(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Send what is pending, or count it, and return the exit code; writers look into the environment given.

    Raises:
        CommandError: there is no database of a finished build, no such destination, the environment lacks something, or
            a destination would take persons of two spaces for one.

    """
    if options.resend and not options.destination:
        raise CommandError("--resend sends all again: name the destination that lost it with --destination NAME.")
    file = find_database(options.database)
    with open_ledger(file, read_only=True) as ledger:
        ledger.last_load()
        named = chosen(ledger.destinations(), options.destination)
        destinations = without_mixed_spaces(ledger, named)
        is_whole = destinations == named
        if options.dry_run:
            for destination in destinations:
                print("\n".join(dry_run_lines(plan(ledger, destination, is_resend=options.resend))))
            return 0 if is_whole else 1
    settings = Settings(options.out, environment)
    # Before anything is sent, so that nothing is half done for want of a variable.
    writers = {destination: writer_of(destination, settings) for destination in destinations}
    with alone(file):
        for destination, writer in writers.items():
            try:
                done = deliver(file, destination, writer, batch_size=options.batch_size, is_resend=options.resend)
                print(
                    f"{destination.name}: {f'{done.said()} to {done.place}' if done.batch_count else 'nothing to send'}"
                )
            except DeliveryError as error:
                is_whole = False
                print(f"identity-graph: {error}", file=sys.stderr)
            finally:
                writer.close()
    return 0 if is_whole else 1


def chosen(destinations: Sequence[Destination], name: str | None) -> list[Destination]:
    """The destination of a name, or all that are switched on.

    Raises:
        CommandError: there is none.

    """
    found = [place for place in destinations if (place.name == name if name else place.is_enabled)]
    if not found and name:
        known = ", ".join(place.name for place in destinations)
        raise CommandError(
            f"the seed destinations has no {name!r}: name one of {known}, or add a row and run dbt build."
        )
    if not found:
        raise CommandError("no destination is switched on: set is_enabled in the seed destinations, and run dbt build.")
    return found


def without_mixed_spaces(ledger: Ledger, destinations: list[Destination]) -> list[Destination]:
    """Those that would not take two persons for one; what is said of the others does not keep these from theirs.

    Raises:
        MixedSpacesError: the only destination would.

    """
    kept = []
    for destination in destinations:
        try:
            refuse_mixed_spaces(ledger, destination)
        except MixedSpacesError as error:
            if len(destinations) == 1:
                raise
            print(f"identity-graph: {error}", file=sys.stderr)
        else:
            kept.append(destination)
    return kept


def dry_run_lines(planned: Plan) -> list[str]:
    """What would be sent, by operation and reason."""
    destination, total = planned.destination, planned.pending.num_rows
    if not total:
        return [f"{destination.name}: nothing to send"]
    title = f"{destination.name} ({destination.writer}, load {planned.load_number}): {counted(total, 'row')} to send"
    return [title, *columns(("operation", "reason", "rows"), planned.counts())]
