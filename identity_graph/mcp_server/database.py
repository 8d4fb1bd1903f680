"""Reads the DuckDB file of a build: opened for each question, read-only, with no way out to files or the network."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from mcp.server.mcpserver.exceptions import ToolError

from identity_graph.project import CommandError, Project, rendered

MARTS, MASKED_MARTS, TABLES, SEEDS = "marts", "marts_masked", "intermediate", "seeds"
QUERY_SECONDS = 60
# Set when the file is opened, so that no statement can write, read another file or set a variable of the engine.
LOCKED = {"enable_external_access": "false", "autoload_known_extensions": "false", "lock_configuration": "true"}
SECRET = "VARIABLE identity_token_secret"

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

    @property
    def public_marts(self) -> str:
        """Schema of the marts as a reader may see them; every id in it is null where answers are masked."""
        return MASKED_MARTS if self.is_masked else MARTS

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Rows of a query by column name; of the parameters those that it names are bound."""
        bound = {name: value for name, value in (parameters or {}).items() if f"${name}" in sql}
        cursor = self.connection.execute(sql, bound or None)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def has_mart(self, name: str) -> bool:
        """Whether the build made a mart."""
        found = "select 1 from information_schema.tables where table_schema = $schema and table_name = $name"
        return bool(self.rows(found, {"schema": MARTS, "name": name}))

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
    """A database file, and the project that builds it where there is one."""

    file: Path
    project: Project | None = None
    is_masked: bool = True

    @contextmanager
    def open(self) -> Iterator[Reader]:
        """Open the file for one question.

        Raises:
            ToolError: there is no file, a build holds it, a table is missing, or the question takes too long.

        """
        if not self.file.is_file():
            raise ToolError(f"There is no database at {self.file}. Run `make build`, or start with --database FILE.")
        try:
            connection = duckdb.connect(str(self.file), read_only=True, config=LOCKED)
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise ToolError("A build is running and holds the database. Ask again in a minute.") from error
            raise ToolError(f"{self.file} cannot be opened as a DuckDB database.") from error
        except duckdb.Error as error:
            raise ToolError(f"{self.file} cannot be opened as a DuckDB database.") from error
        alarm = threading.Timer(QUERY_SECONDS, connection.interrupt)
        alarm.daemon = True
        alarm.start()
        try:
            yield Reader(connection, self.is_masked)
        except duckdb.InterruptException as error:
            raise ToolError(
                f"That took longer than {QUERY_SECONDS} seconds. Ask for less: fewer days or rows."
            ) from error
        except duckdb.CatalogException as error:
            raise ToolError(
                "The database lacks a table that this answer needs. Build it with this version of the project:"
                " `make build`."
            ) from error
        finally:
            alarm.cancel()
            connection.close()

    def token_secret(self) -> str | None:
        """The secret of the tokens, where the project's profile gives it."""
        if self.project is None:
            return None
        try:
            settings = self.project.profile().output.get("settings") or {}
            return rendered(settings[SECRET]) if SECRET in settings else None
        except CommandError:
            return None
