"""Ask the dbt project identity_graph what dbt cannot say by itself.

    identity-graph summary
    identity-graph explain 5a8815c9-6614-6b63-bbdd-debd32351af7
    identity-graph explain --help

Each command has a manual: what it answers, examples first, and what its exit code means. It runs in the folder of the
dbt project or below it, also where identity_graph is a package of that project. The database is the one that the
project's profile names (IDENTITY_DUCKDB_PATH in the shipped one, and where there is no project); --database FILE reads
another one instead. A command only reads it; verify-erasure puts a compacted copy in its place, unless it is told not
to.

Exit code: 0 = it ran, 1 = it ran and found something wrong (two ids apart, an erased person left, a build that would
be refused), 2 = it cannot run, and one sentence says what to do, 130 = Ctrl-C ended it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence

from identity_graph import (
    activate,
    check_source,
    collect,
    explain,
    export,
    land,
    mcp,
    publish,
    report,
    retention_dry_run,
    summary,
    verify_erasure,
    watch,
    what_if,
)
from identity_graph.project import CommandError

# Each module gives a NAME, a docstring, add_arguments(parser) and run(options), which returns the exit code.
COMMANDS = (
    check_source,
    watch,
    summary,
    report,
    explain,
    what_if,
    mcp,
    export,
    activate,
    collect,
    land,
    publish,
    verify_erasure,
    retention_dry_run,
)
CANNOT_RUN = 2
INTERRUPTED = 130  # As a shell says of what Ctrl-C ended.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command and return its exit code; 2 where it cannot run."""
    parser = argparse.ArgumentParser(
        prog="identity-graph", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for module in COMMANDS:
        about = (module.__doc__ or "").strip()
        command = commands.add_parser(
            module.NAME,
            help=about.partition("\n")[0],
            description=about,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    given = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args(given)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # An id is of any alphabet, and a terminal may know one alone.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        refuse_unreadable(given)
        code = options.run(options)
        sys.stdout.flush()
    except CommandError as error:
        print(f"identity-graph: {error}", file=sys.stderr)
        return CANNOT_RUN
    except KeyboardInterrupt:
        print("identity-graph: interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads it has read enough, as head has.
        drop_output()
        return 0
    except OSError as error:
        print(f"identity-graph: {error.strerror or error}: {error.filename or 'the output'}.", file=sys.stderr)
        drop_output()
        return CANNOT_RUN
    return code


def refuse_unreadable(arguments: Sequence[str]) -> None:
    """Refuse what a script hands on whose variable is not set, and what is no text.

    Raises:
        CommandError: an argument is empty, or not in UTF-8.

    """
    for argument in arguments:
        name, is_given, value = argument.partition("=")
        if not argument or (name.startswith("--") and is_given and not value):
            raise CommandError("an argument is empty: leave it out, or look which variable of a script is not set.")
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            raise CommandError(f"an argument is not in UTF-8: {argument!r}.") from error


def drop_output() -> None:
    """Let what is left of the output go nowhere, or Python complains at its end."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
