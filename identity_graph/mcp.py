"""Let an assistant ask the graph: an MCP server over stdin and stdout, read-only, ids masked.

    identity-graph mcp --project /path/to/the/dbt/project
    claude mcp add identity-graph -- identity-graph mcp --project /path/to/the/dbt/project

Answers who is one person and why, how well ids are stitched, what attribution models say with the graph and without
it, what the governed metrics are, and why a published number changed; docs/mcp.md has the tools and the lines for
other clients. Reads the DuckDB file of the last build, opened for each question, so that a build never waits for more
than one. Ids, keys and orders are masked as in the masked marts; --unmasked shows them.

Exit code: 0 = the client ended, 2 = bad arguments, no project, or a target that is not DuckDB.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from identity_graph.database import PATH_VARIABLE, add_database_argument, find_database
from identity_graph.project import CommandError, Project, find_project

NAME = "mcp"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "--project", type=Path, metavar="FOLDER", help="the dbt project (default: the folder that it is started in)"
    )
    add_database_argument(parser)
    parser.add_argument("--unmasked", action="store_true", help="show ids, values of keys and orders as they are")


def run(options: argparse.Namespace) -> int:
    """Serve until the client ends.

    Raises:
        CommandError: there is no project and no database is named, or the project's target is no DuckDB.

    """
    project = project_of(options.project, options.database)
    try:
        find_database(options.database, project)
    except CommandError as error:
        # A build may make it at any time, so it serves, and says the same to who asks.
        print(f"identity-graph: {error}", file=sys.stderr)
    # What the server needs takes a second to import, which no other sub-command should pay.
    from identity_graph.mcp_server.database import Database
    from identity_graph.mcp_server.server import make_server

    file = options.database.resolve() if options.database else None
    make_server(Database(file, project, is_masked=not options.unmasked)).run("stdio")
    return 0


def project_of(folder: Path | None, database: Path | None) -> Project | None:
    """The project; none where a database is named and there is no project around.

    Raises:
        CommandError: there is none, and it is needed; or a build of it is no file.

    """
    try:
        project = find_project(folder)
    except CommandError:
        if folder is not None or not (database or os.environ.get(PATH_VARIABLE)):
            raise
        return None
    if database is None:
        project.duckdb_profile()
    return project
