"""Searches a database for erased persons: every column of every table, and the bytes of its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from identity_graph.database import open_database, why_closed
from identity_graph.erasure_subjects import RUN, SESSION_TIMEOUT_MINUTES, Subjects, find_subjects
from identity_graph.project import CommandError
from identity_graph.sql import quoted, sql_text

# In a file's bytes, shorter values are found as parts of others.
SHORTEST_IN_BYTES = 12
CHUNK_BYTES = 1 << 26


@dataclass(frozen=True)
class Finding:
    """A place that still holds something."""

    place: str
    count: int
    example: str


def search_tables(connection: duckdb.DuckDBPyConnection, subjects: Subjects) -> Iterator[Finding]:
    """Search every column of every table: numbers as such, all else as text, whole or as a part of it."""
    connection.execute(
        "create temp table sought_texts (value varchar); create temp table sought_numbers (value bigint)"
    )
    if subjects.texts:
        connection.execute("insert into sought_texts select unnest(?)", [sorted(subjects.texts)])
    if subjects.numbers:
        connection.execute("insert into sought_numbers select unnest(?)", [sorted(subjects.numbers)])
    columns = connection.execute(
        """
        select
            columns.database_name, columns.schema_name, columns.table_name, columns.column_name, columns.data_type
        from duckdb_columns() as columns
        inner join duckdb_tables() as tables
            on columns.table_oid = tables.table_oid and columns.database_oid = tables.database_oid
        where not tables.temporary
        order by 1, 2, 3, columns.column_index
        """
    ).fetchall()
    for catalog, schema, table, name, data_type in columns:
        place = ".".join(quoted(part) for part in (catalog, schema, table))
        column = quoted(name)
        if data_type in ("BIGINT", "UBIGINT", "HUGEINT"):
            found = connection.execute(
                f"select count(*), min({column}) from {place} where {column} in (select value from sought_numbers)"
            ).fetchall()[0]
        elif data_type in ("BOOLEAN", "DATE", "DOUBLE", "INTEGER") or data_type.startswith(("TIMESTAMP", "DECIMAL")):
            continue
        else:
            found = connection.execute(
                f"""
                with texts as (
                    select cast({column} as varchar) as text, count(*) as row_count
                    from {place}
                    where {column} is not null
                    group by 1
                ),
                parts as (
                    select text, row_count, text as part from texts
                    union
                    select text, row_count, unnest(regexp_extract_all(text, '{RUN}')) from texts
                )
                select coalesce(sum(row_count), 0), min(part)
                from (
                    select text, any_value(row_count) as row_count, min(part) as part
                    from parts
                    where part in (select value from sought_texts)
                    group by text
                )
                """
            ).fetchall()[0]
        if found[0]:
            yield Finding(f"{schema}.{table}.{name}", int(found[0]), str(found[1]))
    connection.execute("drop table sought_texts; drop table sought_numbers")


def copy_database(source: Path, target: Path, compression: str = "auto") -> None:
    """Copy all that a database holds into a new file of the same format, without what deleted rows left behind."""
    with duckdb.connect() as connection:
        connection.execute(f"set force_compression = '{compression}'")
        connection.execute(f"attach {sql_text(str(source))} as source (read_only)")
        # Without it the copy has the newest format, which older tools do not open. The tag is like v1.2.0+.
        ((version,),) = connection.execute(
            "select rtrim(tags['storage_version'], '+') from duckdb_databases() where database_name = 'source'"
        ).fetchall()
        connection.execute(f"attach {sql_text(str(target))} as target (storage_version '{version}')")
        connection.execute("copy from database source to target")
        connection.execute("checkpoint target")


def search_bytes(path: Path, texts: Iterable[str]) -> Finding | None:
    """Search the bytes of a file for values, which stand there without anything between them."""
    sought = [text.encode() for text in sorted(texts) if len(text) >= SHORTEST_IN_BYTES]
    overlap = max(map(len, sought), default=1) - 1
    counts: dict[bytes, int] = {}
    with path.open("rb") as file:
        chunk = file.read(CHUNK_BYTES)
        while chunk:
            for value in sought:
                if found := chunk.count(value):
                    counts[value] = counts.get(value, 0) + found
            following = file.read(CHUNK_BYTES)
            chunk = chunk[len(chunk) - overlap :] + following if following and overlap else following
    if not counts:
        return None
    return Finding(f"bytes of {path.name}", sum(counts.values()), min(counts).decode())


def verify(
    database: Path,
    identifiers: Iterable[str] = (),
    *,
    secret: str,
    session_timeout_minutes: int = SESSION_TIMEOUT_MINUTES,
    keep_file: bool = False,
) -> tuple[Subjects, list[Finding]]:
    """Look for erased persons in a database and its file.

    Args:
        database: the database's file; replaced by a compacted copy unless keep_file.
        identifiers: further values that must be gone.
        secret: what tokens were made with.
        session_timeout_minutes: the project's var of that name.
        keep_file: leave the file as it is; what deleted rows left in it is then not searched.

    Returns:
        What must be gone, and where it was found.

    Raises:
        CommandError: the file is no database of this project, or another process writes to it.

    """
    with open_database(database) as connection:
        connection.execute("set variable identity_token_secret = $secret", {"secret": secret})
        found = find_subjects(connection, session_timeout_minutes)
        subjects = replace(found, texts=found.texts | frozenset(identifiers))
        findings = list(search_tables(connection, subjects))
    with TemporaryDirectory(dir=database.parent) as folder:
        # Uncompressed, because compressed text is not found by its bytes.
        copy = Path(folder) / "uncompressed.duckdb"
        try:
            copy_database(database, copy, "uncompressed")
            if in_copy := search_bytes(copy, subjects.texts):
                findings.append(in_copy)
            if not keep_file:
                compact = Path(folder) / database.name
                copy_database(database, compact)
                compact.replace(database)
                if in_file := search_bytes(database, subjects.texts):
                    findings.append(in_file)
        except duckdb.IOException as error:
            raise CommandError(why_closed(database, error)) from error
    return subjects, findings
