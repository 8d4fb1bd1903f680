"""Reads the DuckDB file of a build: opened for each question, read-only, with no way out to files or the network."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from mcp.server.mcpserver.exceptions import ToolError

from identity_graph.database import MASKED_MARTS, find_database, open_database, tables_of_schema
from identity_graph.project import CommandError, Project
from identity_graph.sql import quoted

MARTS, TABLES, SEEDS = "marts", "intermediate", "seeds"
QUERY_SECONDS = 60
# No statement can then write, read another file, or give itself back what is taken from it here.
LOCKS = ("set enable_external_access = false", "set lock_configuration = true")
# Each id of the graph, or one user's part of an id that several shared, and the person that it is of.
NODES = f"""(
    select ids.*, anchors.node_id as universal_id, resolved.component_size
    from {TABLES}.int_identity_ids as ids
    inner join {TABLES}.int_identity_resolved as resolved on ids.id_number = resolved.id_number
    inner join {TABLES}.int_identity_ids as anchors on resolved.person_number = anchors.id_number
)"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Load:
    """The newest complete load of a database, and whether a later one was begun and did not end."""

    load_number: int
    loaded_at: datetime
    has_unfinished_load: bool


@dataclass(frozen=True)
class Reader:
    """An open connection."""

    connection: duckdb.DuckDBPyConnection
    is_masked: bool

    @cached_property
    def public_marts(self) -> str:
        """Schema of the marts as a reader may see them; every id in it is null where answers are masked.

        Raises:
            ToolError: there are no masked marts.

        """
        if not self.is_masked:
            return MARTS
        if not tables_of_schema(self.connection, MASKED_MARTS):
            raise ToolError("The database has no masked marts. Run `make build` with this version of the project.")
        return MASKED_MARTS

    def hashed(self, function: str, value: str, secret: str) -> str | None:
        """What staging stores of a value, by a function of the build: hashed_if_address for ids, or phone_hash.

        Raises:
            ToolError: the build stored no such function.

        """
        ((here,),) = self.connection.execute("select current_database()").fetchall()
        places = self.rows(
            """
            select distinct database_name, schema_name from duckdb_functions()
            where function_name = $function and not internal order by all
            """,
            {"function": function},
        )
        if not places:
            raise ToolError("The database was built by another version of the project. Run `make build`.")
        try:
            # It calls others by their schema, which are found in its own database alone.
            self.connection.execute(f"use {quoted(places[0]['database_name'])}")
            name = f"{quoted(places[0]['schema_name'])}.{quoted(function)}"
            rows = self.rows(f"select {name}($value, $secret) as hashed", {"value": value, "secret": secret})
        finally:
            self.connection.execute(f"use {quoted(here)}")
        return rows[0]["hashed"]

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Rows of a query by column name; of the parameters those that it names are bound."""
        bound = {name: value for name, value in (parameters or {}).items() if f"${name}" in sql}
        cursor = self.connection.execute(sql, bound or None)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def columns(self, mart: str) -> set[str]:
        """Names of the columns of a mart."""
        rows = self.rows(
            "select column_name from duckdb_columns()"
            " where database_name = current_database() and schema_name = $schema and table_name = $mart",
            {"schema": MARTS, "mart": mart},
        )
        return {row["column_name"] for row in rows}

    def has_mart(self, name: str) -> bool:
        """Whether the build made a mart."""
        return name in tables_of_schema(self.connection, MARTS)

    def classes(self) -> dict[str, str]:
        """The class of each column name: none, pseudonymous, personal or secret."""
        rows = self.rows(f"select column_name, classification from {SEEDS}.column_classes")
        return {row["column_name"]: row["classification"] for row in rows}

    @cached_property
    def load(self) -> Load:
        """The load that the marts stand at.

        Raises:
            ToolError: no build has ended yet.

        """
        rows = self.rows(
            f"""
            select
                max(load_number) filter (is_complete) as load_number,
                max(started_at) filter (is_complete) as loaded_at,
                max(load_number) > max(load_number) filter (is_complete) as has_unfinished_load
            from {TABLES}.event_loads
            """
        )
        if rows[0]["load_number"] is None:
            raise ToolError("No build of this database has ended. Run `make build`, then ask again.")
        return Load(**rows[0])


@dataclass(frozen=True)
class Database:
    """The file that a question is asked of: the one given, else the one of the project."""

    file: Path | None = None
    project: Project | None = None
    is_masked: bool = True
    # One connection at a time: what it is locked to holds for all of a process.
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def open(self) -> Iterator[Reader]:
        """Open the file for one question, so that a build finds it closed at any other time.

        Raises:
            ToolError: there is no file, a build holds it, a table is missing, or the question takes too long.

        """
        try:
            with self._turn, open_database(find_database(self.file, self.project), self.project) as connection:
                for statement in LOCKS:
                    connection.execute(statement)
                alarm = threading.Timer(QUERY_SECONDS, connection.interrupt)
                alarm.daemon = True
                alarm.start()
                try:
                    yield Reader(connection, self.is_masked)
                finally:
                    alarm.cancel()
        except CommandError as error:
            said = str(error)
            if said.startswith("a build is running"):
                raise ToolError("A build is running and holds the database. Ask again in a minute.") from error
            raise ToolError(f"The database cannot be read: {said}") from error
        except duckdb.InterruptException as error:
            raise ToolError(
                f"That took longer than {QUERY_SECONDS} seconds. Ask for less: fewer days or rows."
            ) from error

    def token_secret(self) -> str | None:
        """The secret of the tokens, where the project's profile gives it."""
        if self.project is None:
            return None
        try:
            return self.project.profile().token_secret
        except CommandError:
            return None
