"""The DuckDB file of a build: where it is, opened so that every command says the same where it cannot be read.

The tables are called by the names that they have in the project itself (marts.users, intermediate.int_events and so
on; marts_masked has the masked views of the marts). Where another project has identity_graph as a package, their
schemas have other names: views give them these.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from identity_graph.project import CommandError, Project, find_project, rendered
from identity_graph.sql import quoted, sql_text

PATH_VARIABLE = "IDENTITY_DUCKDB_PATH"
MASKED = "_masked"
MASKED_MARTS = "marts" + MASKED
# Each build notes here, beside its events, in which schema each of its tables lies (macro note_relations).
NOTED = "build_relations"
LAYERS = ("marts", "intermediate", "seeds", "snapshots", "staging", MASKED_MARTS)


def add_database_argument(parser: argparse.ArgumentParser) -> None:
    """The argument by which every command that reads a database takes another one than the project's."""
    parser.add_argument(
        "--database",
        type=Path,
        metavar="FILE",
        help="the DuckDB file of a build (default: the one that the profile of the dbt project names)",
    )


def find_database(given: Path | None = None, project: Project | None = None) -> Path:
    """The file that a command reads: the one given, else the one that the project's profile names.

    Where there is no project, IDENTITY_DUCKDB_PATH names it.

    Raises:
        CommandError: there is no such file, no project, or the project's target is no DuckDB.

    """
    file = given
    if file is None:
        try:
            project = project or find_project()
            file = project.database(project.duckdb_profile())
        except CommandError:
            if project is not None or not os.environ.get(PATH_VARIABLE):
                raise
            file = Path(os.environ[PATH_VARIABLE])
    if not file.is_file():
        command = "dbt build" if project and project.is_package_user else "make build"
        raise CommandError(f"there is no database at {file}: run {command} first, or name one with --database FILE.")
    return file


@contextmanager
def open_database(file: Path, project: Project | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database of a build, only to read, with the tables under the names of the project itself.

    Args:
        file: the database.
        project: whose build is read where there are several; by default that of the folder.

    Raises:
        CommandError: a build writes to it, it is no database, a table that is asked for is missing, or a raw file is.

    """
    try:
        connection = duckdb.connect(str(file), read_only=True)
        if places := other_places(connection, project):
            connection.close()
            connection = connect_with_names(file, places)
    except duckdb.Error as error:
        raise CommandError(why_closed(file, error)) from error
    with connection:
        connection.execute("set TimeZone = 'UTC'")
        try:
            yield connection
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise CommandError(what_is_missing(file, error)) from error
        except duckdb.IOException as error:
            said = str(error).splitlines()[0]
            raise CommandError(
                f"a file that a view of {file} reads cannot be read: run this in the folder of the project, with"
                f" IDENTITY_EVENTS and IDENTITY_EXPORTS as the build had them ({said})."
            ) from error
        except duckdb.Error as error:
            if "Corrupt database file" not in str(error):
                raise
            said = str(error).splitlines()[0]
            raise CommandError(f"{file} is damaged: restore it, or build it anew ({said}).") from error


def tables_of_schema(connection: duckdb.DuckDBPyConnection, schema: str) -> frozenset[str]:
    """Names of the tables and views of a schema."""
    found = connection.execute(
        """
        select table_name from information_schema.tables
        where table_catalog = current_database() and table_schema = $schema
        """,
        {"schema": schema},
    ).fetchall()
    return frozenset(name for (name,) in found)


def note_unfinished_load(connection: duckdb.DuckDBPyConnection) -> None:
    """Say on standard error, before what is read, that the last build did not finish: only some tables are its own."""
    if "event_loads" not in tables_of_schema(connection, "intermediate"):
        return
    last = connection.execute(
        "select load_number, is_complete from intermediate.event_loads order by load_number desc limit 1"
    ).fetchone()
    if last and not last[1]:
        print(
            f"identity-graph: load {last[0]} did not finish, so some tables are of it and others of the load before:"
            " run make build (in another project dbt build) until it succeeds.",
            file=sys.stderr,
        )


def why_closed(file: Path, error: duckdb.Error) -> str:
    """Why DuckDB does not open a file, as a sentence."""
    said = str(error).splitlines()[0]
    if "lock on file" in said:
        holder = re.search(r"\(PID (\d+)\)", said)
        process = f"process {holder[1]}" if holder else "another process"
        return f"a build is running ({process}), or something else writes to {file}: try again when it has ended."
    return f"{file} cannot be opened as a DuckDB database: {said}"


def what_is_missing(file: Path, error: duckdb.Error) -> str:
    """What a database lacks, as a sentence."""
    said = str(error)
    if table := re.search(r"Table with name \"?([\w.]+)\"? does not exist", said):
        # The name as the query has it, with its schema, stands in the line that DuckDB quotes.
        full = re.search(rf"^LINE .*\b(\w+[.]{re.escape(table[1])})\b", said, flags=re.MULTILINE)
        return no_table(file, full[1] if full else table[1])
    return no_build(file, said.splitlines()[0])


def no_table(file: Path, name: str) -> str:
    """A database lacks a table, as a sentence."""
    perhaps = "" if name.startswith("intermediate.") else "the mart is switched off, or "
    return no_build(file, f"there is no table {name}", perhaps)


def no_build(file: Path, missing: str, perhaps: str = "") -> str:
    """A database lacks something because no build made it, as a sentence; what else may be the reason goes before."""
    return (
        f"{missing}: {perhaps}no build of this version wrote {file} to its end; run make build"
        " (in another project dbt build)."
    )


def other_places(connection: duckdb.DuckDBPyConnection, project: Project | None = None) -> dict[tuple[str, str], str]:
    """Where the tables lie, by (schema and table of the project itself); nothing where they lie just there.

    Raises:
        CommandError: several builds lie in the file, and none is the project's.

    """
    relations = set(
        connection.execute(
            """
            select schema_name, table_name from duckdb_tables() where database_name = current_database()
            union all
            select schema_name, view_name from duckdb_views() where database_name = current_database() and not internal
            """
        ).fetchall()
    )
    homes = sorted(schema for schema, table in relations if table == NOTED)
    if not homes:
        return {}
    home = homes[0] if len(homes) == 1 else build_of_the_project(connection, homes, project)
    # Hooks and commands keep tables beside the events, too.
    places = {("intermediate", table): schema for schema, table in relations if schema == home}
    noted = connection.execute(f"select layer, table_name, schema_name from {quoted(home)}.{NOTED}").fetchall()
    for layer, table, schema in noted:
        for suffix in ("", MASKED) if layer == "marts" else ("",):
            if (schema + suffix, table) in relations:
                places[layer + suffix, table] = schema + suffix
    return {} if all(layer == schema for (layer, _), schema in places.items()) else places


def build_of_the_project(
    connection: duckdb.DuckDBPyConnection, homes: Sequence[str], project: Project | None = None
) -> str:
    """Which of the builds of a file is that of the target of the project's profile, by the schema of its events.

    Raises:
        CommandError: none, or several.

    """
    builds = " union all ".join(
        f"select {sql_text(home)} as home, min(target_schema) as target_schema from {quoted(home)}.{NOTED}"
        for home in homes
    )
    found = connection.execute(f"select target_schema, home from ({builds}) order by all").fetchall()
    try:
        schema = rendered((project or find_project()).profile().output.get("schema", "main"))
    except CommandError:
        schema = None
    chosen = [home for target_schema, home in found if target_schema == schema]
    if len(chosen) != 1:
        raise CommandError(
            "the file holds several builds: their events lie in the schemas"
            f" {', '.join(home for _, home in found)}. Drop the schemas of those that are no longer built, and give"
            " each project a file of its own; of several targets, the one that the profile names is read."
        )
    return chosen[0]


def schema_of_marts(file: Path) -> str:
    """The schema in which a build's marts lie, as a query names it."""
    with duckdb.connect(file, read_only=True) as connection:
        return other_places(connection).get(("marts", "users_history"), "marts")


def connect_with_names(file: Path, places: Mapping[tuple[str, str], str]) -> duckdb.DuckDBPyConnection:
    """Connect to a database in memory, whose views show the tables of a file by other names."""
    connection = duckdb.connect()
    # Where DuckDB itself would spill beside the file.
    connection.execute("set temp_directory = $folder", {"folder": f"{file}.tmp"})
    connection.execute(f"attach {sql_text(str(file))} (read_only)")
    ((database,),) = connection.execute(
        "select database_name from duckdb_databases() where path is not null and not internal"
    ).fetchall()
    for name in LAYERS:
        connection.execute(f"create schema {name}")
    for (name, table), schema in sorted(places.items()):
        connection.execute(
            f"create view {name}.{quoted(table)} as from {quoted(database)}.{quoted(schema)}.{quoted(table)}"
        )
    return connection
