"""Write the public marts as Parquet files, with a manifest that lists them, for tools that do not open the database.

    identity-graph export
    identity-graph export /data/export --masked
    identity-graph export --vars '{optional_marts: [events]}'

It is dbt's run-operation export_marts, for a database that a build finished; files of an export before are replaced.
The folder may be one of an object store that the profile of the project opens. docs/bi.md says what the files hold.

Exit code: 0 = written, 2 = bad arguments, no database, the last run of dbt did not finish, or the folder cannot be
written.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from identity_graph.database import add_database_argument, find_database, open_database
from identity_graph.project import CommandError, find_project, given_vars, write_profile

NAME = "export"
# What dbt puts before and after what a macro says.
NOISE = re.compile(r"^.*?(Compilation|Runtime|Database) Error[^\n]*\n\s*|\n\s*> (in|called by) [^\n]*", re.S)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "folder", nargs="?", default="target/export", help="the folder to write to (default: %(default)s)"
    )
    parser.add_argument(
        "--masked", action="store_true", help="the masked views, without what could name a person, not the marts"
    )
    parser.add_argument("--vars", default="{}", metavar="YAML", help="vars of the build, as dbt takes them")
    add_database_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Let dbt export, print what it says and return the exit code.

    Raises:
        CommandError: the vars are no mapping, there is no project, no database of a finished build, or dbt could not
            export it.

    """
    given = given_vars(options.vars, "{optional_marts: [events]}")
    project = find_project()
    profile = project.duckdb_profile()
    database = find_database(options.database, project)
    with open_database(database) as connection:
        connection.execute("select 1 from marts.users limit 1")
    # dbt runs in the project's folder.
    is_as_given = "://" in options.folder or Path.cwd() == project.folder
    folder = options.folder if is_as_given else str(Path.cwd() / options.folder)
    arguments = json.dumps({"folder": folder, "masked": options.masked})
    dbt = [sys.executable, "-m", "dbt.cli.main", "--quiet", "--no-use-colors"]
    command = [*dbt, "run-operation", "identity_graph.export_marts", "--args", arguments, "--vars", json.dumps(given)]
    with TemporaryDirectory(prefix="export_") as place:
        settings = {}
        if options.database:
            write_profile(profile, Path(place), database.resolve())
            settings = {"DBT_PROFILES_DIR": place}
        done = subprocess.run(
            command, cwd=project.folder, env=os.environ | settings, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise CommandError("nothing was exported: " + NOISE.sub("", done.stdout.strip() or done.stderr.strip()))
    print(done.stdout.strip())
    return 0
