"""The marts that a page may read: those of a schema, or their masked views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from identity_graph.database import connect, explained_errors, no_table
from identity_graph.project import CommandError

MASKED = "_masked"
# Both are made by every build, and no other schema has them.
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
        CommandError: it is open elsewhere, it is no database, or no marts lie in it.

    """
    connection = connect(database)
    with connection, explained_errors(database):
        # One thread: sums of floats then add up in one order, so that the same database gives the same bytes.
        connection.execute("set threads = 1")
        schema = find_schema(connection, database, is_masked=is_masked)
        connection.execute(f'set schema = "{schema}"')
        found = connection.execute(
            """
            select table_name from information_schema.tables
            where table_catalog = current_database() and table_schema = $schema
            """,
            {"schema": schema},
        ).fetchall()
        yield Marts(connection, frozenset(name for (name,) in found), is_masked)


def find_schema(connection: duckdb.DuckDBPyConnection, database: Path, *, is_masked: bool) -> str:
    """The schema of the marts, whatever a project that uses the package calls it, or of their masked views.

    Raises:
        CommandError: there is none, or there are several.

    """
    found = connection.execute(
        """
        select table_schema from information_schema.tables
        where table_catalog = current_database() and table_name in $sign
        group by table_schema
        having count(*) = len($sign)
        order by table_schema
        """,
        {"sign": list(SIGN)},
    ).fetchall()
    schemas = [schema for (schema,) in found]
    marts = [schema for schema in schemas if not schema.endswith(MASKED)]
    if not marts:
        raise CommandError(no_table(database, f"marts.{SIGN[0]}"))
    if len(marts) > 1 and "marts" not in marts:
        raise CommandError(f"{database} holds marts in {', '.join(marts)}: keep one environment in a file.")
    schema = "marts" if "marts" in marts else marts[0]
    if not is_masked:
        return schema
    if schema + MASKED not in schemas:
        raise CommandError(f"{database} holds no masked views: build again, or show what they hide with --unmasked.")
    return schema + MASKED
