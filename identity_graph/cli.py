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
be refused), 2 = it cannot run, and one sentence says what to do.
"""

from __future__ import annotations

import argparse
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
    options = parser.parse_args(arguments)
    try:
        code = options.run(options)
        sys.stdout.flush()
    except CommandError as error:
        print(f"identity-graph: {error}", file=sys.stderr)
        return CANNOT_RUN
    except BrokenPipeError:
        # Whoever reads it has read enough, as head has. What is left goes nowhere, or Python complains at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code
