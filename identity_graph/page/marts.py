"""The marts that a page may read: those of a schema, or their masked views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from identity_graph.database import MASKED_MARTS, no_table, note_unfinished_load, open_database, tables_of_schema
from identity_graph.project import CommandError

# Every build makes both.
SIGN = ("attribution_comparison", "users_history")

Row = dict[str, Any]


@dataclass(frozen=True)
class Marts:
    """Marts of an open database; a query names them without a schema."""

    connection: duckdb.DuckDBPyConnection
    names: frozenset[str]
    is_masked: bool

    def missing(self, *names: str) -> list[str]:
        """Which of these are not there."""
        return [name for name in names if name not in self.names]

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        """Rows by column name, decimals as floats."""
        cursor = self.connection.execute(query, parameters)
        names = [column[0] for column in cursor.description]
        return [
            {
                name: float(value) if isinstance(value, Decimal) else value
                for name, value in zip(names, row, strict=True)
            }
            for row in cursor.fetchall()
        ]

    def one(self, query: str, **parameters: Any) -> Row:
        """The only row of a query."""
        return self.rows(query, **parameters)[0]


@contextmanager
def open_marts(database: Path, *, is_masked: bool) -> Iterator[Marts]:
    """Open a DuckDB file read-only, with the marts or their masked views.

    Raises:
        CommandError: a build writes to it, it is no database, or no marts lie in it.

    """
    with open_database(database) as connection:
        note_unfinished_load(connection)
        # One thread: sums of floats then add up in one order, so that the same database gives the same bytes.
        connection.execute("set threads = 1")
        schema = MASKED_MARTS if is_masked else "marts"
        names = tables_of_schema(connection, schema)
        if missing := sorted(set(SIGN) - names):
            raise CommandError(no_table(database, f"{schema}.{missing[0]}"))
        connection.execute(f"set schema = {schema}")
        yield Marts(connection, names, is_masked)
