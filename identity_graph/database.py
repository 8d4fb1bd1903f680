"""The DuckDB file of a build: where it is, opened so that every command says the same where it cannot be read.

The tables are called by the names that they have in the project itself (marts.users, intermediate.int_events and so
on; marts_masked has the masked views of the marts). Where another project has identity_graph as a package, their
schemas have other names: views give them these.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from identity_graph.project import CommandError, Project, find_project
from identity_graph.sql import quoted, sql_text

PATH_VARIABLE = "IDENTITY_DUCKDB_PATH"
MASKED = "_masked"
MASKED_MARTS = "marts" + MASKED
# A schema is known by what lies in it, whatever a project calls it.
KNOWN_BY = {
    "marts": ("event_volume", "identity_links", "users_history"),
    "intermediate": ("int_events_received", "int_identity_ids"),
    "seeds": (
        "channel_rules",
        "destinations",
        "event_taxonomy",
        "identity_key_rules",
        "identity_overrides",
        "identity_spaces",
    ),
    "staging": ("stg_privacy__erasure_requests",),
}


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
def open_database(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database of a build, only to read, with the tables under the names of the project itself.

    Raises:
        CommandError: a build writes to it, it is no database, a table that is asked for is missing, or a raw file is.

    """
    try:
        connection = duckdb.connect(str(file), read_only=True)
        if places := other_places(connection):
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
        full = re.search(rf"\b\w+[.]{re.escape(table[1])}\b", said)
        return no_table(file, full[0] if full else table[1])
    return no_build(file, said.splitlines()[0])


def no_table(file: Path, name: str) -> str:
    """A database lacks a table, as a sentence."""
    return no_build(file, f"there is no table {name}")


def no_build(file: Path, missing: str) -> str:
    """A database lacks something because no build made it, as a sentence."""
    return (
        f"{missing}: no build of this version wrote {file} to its end; run make build (in another project dbt build)."
    )


def other_places(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """Where the tables lie, by (schema and table of the project itself); nothing where they lie just there.

    Raises:
        CommandError: several schemas could be the one.

    """
    relations = connection.execute(
        """
        select schema_name, table_name from duckdb_tables() where database_name = current_database()
        union all
        select schema_name, view_name from duckdb_views() where database_name = current_database() and not internal
        order by all
        """
    ).fetchall()
    tables_of: dict[str, list[str]] = {}
    for schema, table in relations:
        tables_of.setdefault(schema, []).append(table)
    found = {name: schema for name in KNOWN_BY if (schema := schema_of(tables_of, name))}
    if all(name == schema for name, schema in found.items()):
        return {}
    if "marts" in found:
        found[MASKED_MARTS] = found["marts"] + MASKED
    places = {(name, table): schema for name, schema in found.items() for table in tables_of.get(schema, ())}
    # A project that changes a rule switches the package's seed off, and has one of the same name of its own.
    for schema in sorted(tables_of.keys() - found.values()):
        places.update({("seeds", table): schema for table in KNOWN_BY["seeds"] if table in tables_of[schema]})
    return places


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
    for name in (*KNOWN_BY, MASKED_MARTS):
        connection.execute(f"create schema {name}")
    for (name, table), schema in sorted(places.items()):
        connection.execute(
            f"create view {name}.{quoted(table)} as from {quoted(database)}.{quoted(schema)}.{quoted(table)}"
        )
    return connection


def schema_of(tables_of: Mapping[str, Collection[str]], name: str) -> str | None:
    """The schema that is what the project itself calls by this name: of one with other rules, all but these lie there.

    Raises:
        CommandError: several schemas could be the one.

    """
    counts = {
        schema: len(set(KNOWN_BY[name]) & set(tables))
        for schema, tables in tables_of.items()
        if not schema.endswith(MASKED)
    }
    most = max(counts.values(), default=0)
    if not most:
        return None
    schemas = sorted(schema for schema, count in counts.items() if count == most)
    if name in schemas:
        return name
    if len(schemas) > 1:
        raise CommandError(
            f"the database holds several builds, in the schemas {', '.join(schemas)}: name the file of one alone with"
            " --database FILE."
        )
    return schemas[0]
