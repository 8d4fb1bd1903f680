"""The entry point: chooses the sub-command, and says in one line on stderr why one cannot run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from identity_graph import check_source, explain, export, mcp, retention_dry_run, summary, verify_erasure, what_if
from identity_graph.project import CommandError

# Each module gives a NAME, a docstring, add_arguments(parser) and run(options), which returns the exit code.
COMMANDS = (check_source, summary, explain, what_if, mcp, export, verify_erasure, retention_dry_run)
CANNOT_RUN = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command and return its exit code; 2 where it cannot run."""
    parser = argparse.ArgumentParser(prog="identity-graph", description="Commands of the dbt project identity_graph.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
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
        return options.run(options)
    except CommandError as error:
        print(f"identity-graph: {error}", file=sys.stderr)
        return CANNOT_RUN
