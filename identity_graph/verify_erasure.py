"""Prove that nothing of erased persons is left in the database: not in a column, not in the bytes of its file.

    python scripts/verify_erasure.py [--database identity_graph.duckdb] [--identifiers FILE] [--keep-file]

What must be gone is found in the raw events, as long as they still hold it: of the rows that the tombstones cover,
every id, token and order that no other row gives, and the numbers and session ids that are made of them. Where the raw
events were deleted already, --identifiers names a file with one value a line that must be gone as well.

Then every column of every table is searched. DuckDB does not clear the space that deleted rows took, so the database is
copied into a new file that takes the old one's place (--keep-file leaves it as it is), and once more, uncompressed,
into a temporary one; the bytes of both are searched for values of twelve characters and more.

A seed that names an erased person, as an override may, is its owner's to change; until then it is found as well.

Exit code: 0 = nothing is left, 1 = something is, one line each, 2 = the database cannot be read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

DEMO_SECRET = "demo secret, not for real data"
IDENTIFIERS = (
    "anonymous_id",
    "device_id",
    "user_id",
    "email_hash",
    "phone_hash",
    "ip_token",
    "click_id",
    "order_id",
    "event_id",
)
KEY_TYPES = ("user_id", "email_hash", "phone_hash", "ip_token", "click_id")
# In a file's bytes, shorter values are found as parts of others.
SHORTEST_IN_BYTES = 12
CHUNK_BYTES = 1 << 26
# What an identifier is made of; what stands between two such runs parts the values of a list or of JSON.
RUN = r"[A-Za-z0-9_.@:+-]+"


class VerificationError(Exception):
    """The database cannot be verified; the message says why."""


@dataclass(frozen=True)
class Subjects:
    """What must be gone: values as text, and the numbers that stand for them in the graph."""

    row_count: int  # raw rows that the tombstones cover
    raw_files: tuple[tuple[str, str, int], ...]  # source, file, rows that are covered
    texts: frozenset[str]
    numbers: frozenset[int]


@dataclass(frozen=True)
class Finding:
    """A place that still holds something."""

    place: str
    count: int
    example: str


def find_subjects(connection: duckdb.DuckDBPyConnection) -> Subjects:
    """Read what the raw events say of erased persons and of nobody else.

    The rows are judged as int_removed_events judges stored ones; hashes as in the macros hash_64, surrogate_key and
    erasure_token. Rows whose raw files are gone are not seen.

    Raises:
        VerificationError: the database has no tombstones, because it was not built with this project.

    """
    try:
        connection.execute("select 1 from intermediate.int_erasure_requests, intermediate.int_erased_ids limit 1")
    except duckdb.CatalogException as error:
        raise VerificationError("the database holds no tables of erasure; build it first") from error
    views = connection.execute(
        """
        select view_name from duckdb_views()
        where
            schema_name = 'staging'
            and view_name like 'stg!_%!_!_events' escape '!'
            and database_name = current_database()
        order by 1
        """
    ).fetchall()
    columns = ", ".join(
        [
            *("raw_file", "source_name", "space_id", "occurred_at", "received_at", "event_id", "platform"),
            *IDENTIFIERS,
            "custom_keys",
        ]
    )
    staged = " union all ".join(f"select {columns} from staging.{view}" for (view,) in views)
    connection.execute(
        f"""
        create temp table canonical as
        with staged as ({staged}),
        named as (
            select * replace (
                coalesce(
                    anonymous_id, 'user-' || md5(user_id), 'email-' || md5(email_hash), 'phone-' || md5(phone_hash),
                    'device-' || md5(device_id), 'order-' || md5(order_id)
                ) as anonymous_id
            )
            from staged
        ),
        -- Of an id that several users shared, a session is of the one who logged in, or logged in on both sides of it.
        visits as (
            select *, case when coalesce(platform, '') <> 'server' then occurred_at end as visited_at
            from named
        ),
        sessions as (
            select
                *,
                max(visited_at) over before as previous_visit_at,
                coalesce(visited_at - previous_visit_at > interval 30 minute, visited_at is not null) as is_new
            from visits
            window before as (
                partition by space_id, anonymous_id order by occurred_at, event_id, source_name
                rows between unbounded preceding and 1 preceding
            )
        ),
        numbered as (
            select *, sum(is_new::int) over so_far as session_number
            from sessions
            window so_far as (
                partition by space_id, anonymous_id order by occurred_at, event_id, source_name rows unbounded preceding
            )
        ),
        with_session_user as (
            select
                *,
                case when visited_at is not null then coalesce(
                    last_value(user_id ignore nulls) over so_far, first_value(user_id ignore nulls) over to_come
                ) end as session_user_id
            from numbered
            window
                so_far as (
                    partition by space_id, anonymous_id, session_number, visited_at is null
                    order by occurred_at, event_id, source_name rows unbounded preceding
                ),
                to_come as (
                    partition by space_id, anonymous_id, session_number, visited_at is null
                    order by occurred_at, event_id, source_name rows between current row and unbounded following
                )
        ),
        told as (
            select
                *,
                last_value(session_user_id ignore nulls) over so_far as user_before,
                first_value(session_user_id ignore nulls) over to_come as user_after,
                case when occurred_at is not null then coalesce(
                    user_id, session_user_id, case when user_before = user_after then user_before end
                ) end as told_user_id
            from with_session_user
            window
                so_far as (
                    partition by space_id, anonymous_id order by occurred_at, event_id, source_name
                    rows unbounded preceding
                ),
                to_come as (
                    partition by space_id, anonymous_id order by occurred_at, event_id, source_name
                    rows between current row and unbounded following
                )
        ),
        hashed as (
            select
                *,
                row_number() over () as row_id,
                sha256(getvariable('identity_token_secret') || 'erasure|' || told_user_id) as told_hash,
                anonymous_id || '~' || md5(length(told_user_id) || ':' || told_user_id || '0:')[:8] as node_id,
                sha256(getvariable('identity_token_secret') || 'erasure|' || user_id) as user_hash,
                sha256(getvariable('identity_token_secret') || 'erasure|' || email_hash) as address_hash,
                sha256(getvariable('identity_token_secret') || 'erasure|' || anonymous_id) as id_hash
            from told
        ),
        covered as (
            select hashed.row_id
            from hashed
            inner join intermediate.int_erasure_requests as requests
                on
                    (requests.space_id is null or requests.space_id = hashed.space_id)
                    and coalesce(least(hashed.occurred_at, hashed.received_at) <= requests.erased_until_at, true)
                    and (
                        (requests.identifier_type = 'user_id' and requests.identifier_hash = hashed.user_hash)
                        or (requests.identifier_type = 'email_hash' and requests.identifier_hash = hashed.address_hash)
                        or (requests.identifier_type = 'anonymous_id' and requests.identifier_hash = hashed.id_hash)
                    )
            union
            select hashed.row_id
            from hashed
            inner join intermediate.int_erased_ids as erased_ids
                on erased_ids.space_id = hashed.space_id and erased_ids.id_hash = hashed.id_hash
            where
                coalesce(least(hashed.occurred_at, hashed.received_at) <= erased_ids.erased_until_at, true)
                and (erased_ids.is_named or hashed.user_id is null)
                and coalesce(erased_ids.user_hash = hashed.told_hash, true)
        )
        select hashed.*, covered.row_id is not null as is_covered
        from hashed
        left join covered on hashed.row_id = covered.row_id
        """
    )
    values = " union all ".join(
        [
            *(f"select is_covered, cast({column} as varchar) as value from canonical" for column in IDENTIFIERS),
            "select is_covered, unnest(map_values(custom_keys)) from canonical",
            "select is_covered, node_id from canonical",
            *(
                f"""
                select is_covered, md5(
                    length(space_id) || ':' || space_id
                    || length({name}) || ':' || {name}
                    || length(cast(epoch_us(occurred_at) as varchar)) || ':' || epoch_us(occurred_at)
                )
                from canonical
                """
                for name in ("anonymous_id", "node_id")
            ),
            """
            select is_covered, md5(
                '5:order' || length(space_id) || ':' || space_id || length(order_id) || ':' || order_id
            )
            from canonical
            where order_id is not null
            """,
        ]
    )
    texts = connection.execute(
        f"select value from ({values}) where value is not null group by 1 having bool_and(is_covered) order by 1"
    ).fetchall()
    numbers = " union all ".join(
        [
            "select is_covered, hash(space_id, anonymous_id) >> 2 as number from canonical where anonymous_id <> ''",
            "select is_covered, hash(space_id, node_id) >> 2 from canonical where node_id is not null",
            *(
                f"select is_covered, hash(space_id, '{key}', {key}) >> 2 from canonical where {key} is not null"
                for key in KEY_TYPES
            ),
            """
            select is_covered, hash(space_id, key_type, key_value) >> 2
            from (
                select
                    is_covered,
                    space_id,
                    unnest(map_keys(custom_keys)) as key_type,
                    unnest(map_values(custom_keys)) as key_value
                from canonical
            )
            """,
        ]
    )
    found_numbers = connection.execute(
        f"select cast(number as bigint) from ({numbers}) group by 1 having bool_and(is_covered) order by 1"
    ).fetchall()
    raw_files = connection.execute(
        "select source_name, raw_file, count(*) from canonical where is_covered group by 1, 2 order by 1, 2"
    ).fetchall()
    connection.execute("drop table canonical")
    return Subjects(
        row_count=sum(row[2] for row in raw_files),
        raw_files=tuple(raw_files),
        texts=frozenset(text for (text,) in texts),
        numbers=frozenset(number for (number,) in found_numbers),
    )


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
        select columns.schema_name, columns.table_name, columns.column_name, columns.data_type
        from duckdb_columns() as columns
        inner join duckdb_tables() as tables
            on columns.table_oid = tables.table_oid and columns.database_oid = tables.database_oid
        where tables.database_name = current_database() and not tables.temporary
        order by 1, 2, columns.column_index
        """
    ).fetchall()
    for schema, table, column, data_type in columns:
        quoted = f'"{schema}"."{table}"'
        if data_type in ("BIGINT", "UBIGINT", "HUGEINT"):
            found = connection.execute(
                f'select count(*), min("{column}") from {quoted} where "{column}" in (select value from sought_numbers)'
            ).fetchall()[0]
        elif data_type in ("BOOLEAN", "DATE", "DOUBLE", "INTEGER") or data_type.startswith(("TIMESTAMP", "DECIMAL")):
            continue
        else:
            found = connection.execute(
                f"""
                with texts as (
                    select cast("{column}" as varchar) as text, count(*) as row_count
                    from {quoted}
                    where "{column}" is not null
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
            yield Finding(f"{schema}.{table}.{column}", int(found[0]), str(found[1]))
    connection.execute("drop table sought_texts; drop table sought_numbers")


def copy_database(source: Path, target: Path, compression: str = "auto") -> None:
    """Copy all that a database holds into a new file of the same format, without what deleted rows left behind."""
    with duckdb.connect() as connection:
        connection.execute(f"set force_compression = '{compression}'")
        connection.execute(f"attach '{quoted(source)}' as source (read_only)")
        # Without it the copy has the newest format, which older tools do not open. The tag is like v1.2.0+.
        ((version,),) = connection.execute(
            "select rtrim(tags['storage_version'], '+') from duckdb_databases() where database_name = 'source'"
        ).fetchall()
        connection.execute(f"attach '{quoted(target)}' as target (storage_version '{version}')")
        connection.execute("copy from database source to target")
        connection.execute("checkpoint target")


def quoted(path: Path) -> str:
    """Return a path as it stands between quotes in SQL."""
    return str(path).replace("'", "''")


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


def verify(database: Path, identifiers: Iterable[str], keep_file: bool) -> tuple[Subjects, list[Finding]]:
    """Look for erased persons in a database and its file.

    Args:
        database: the database's file; replaced by a compacted copy unless keep_file.
        identifiers: further values that must be gone.
        keep_file: leave the file as it is; what deleted rows left in it is then not searched.

    Returns:
        What must be gone, and where it was found.

    Raises:
        VerificationError: the file is no database of this project, or another process writes to it.

    """
    if not database.exists():
        raise VerificationError(f"there is no database {database}; build it first, or set IDENTITY_DUCKDB_PATH")
    secret = os.environ.get("DBT_ENV_SECRET_IDENTITY_TOKEN") or DEMO_SECRET
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"set variable identity_token_secret = '{secret.replace(chr(39), chr(39) * 2)}'")
            found = find_subjects(connection)
            subjects = Subjects(found.row_count, found.raw_files, found.texts | frozenset(identifiers), found.numbers)
            findings = list(search_tables(connection, subjects))
    except duckdb.IOException as error:
        raise VerificationError(str(error)) from error
    with TemporaryDirectory(dir=database.parent) as folder:
        # Uncompressed, because compressed text is not found by its bytes.
        copy = Path(folder) / "uncompressed.duckdb"
        copy_database(database, copy, "uncompressed")
        if in_copy := search_bytes(copy, subjects.texts):
            findings.append(in_copy)
        if not keep_file:
            compact = Path(folder) / database.name
            copy_database(database, compact)
            compact.replace(database)
            if in_file := search_bytes(database, subjects.texts):
                findings.append(in_file)
    return subjects, findings


def main(arguments: list[str] | None = None) -> int:
    """Verify and report; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--database", type=Path, default=Path(os.environ.get("IDENTITY_DUCKDB_PATH") or "identity_graph.duckdb")
    )
    parser.add_argument("--identifiers", type=Path, help="file with values that must be gone, one a line")
    parser.add_argument("--keep-file", action="store_true", help="do not replace the database by a compacted copy")
    options = parser.parse_args(arguments)
    try:
        identifiers = options.identifiers.read_text(encoding="utf-8").split("\n") if options.identifiers else []
        subjects, findings = verify(options.database, {line.strip() for line in identifiers} - {""}, options.keep_file)
    except (VerificationError, OSError) as error:
        print(f"verify_erasure: {error}", file=sys.stderr)
        return 2
    print(
        f"{subjects.row_count:,} raw rows of erased persons; {len(subjects.texts):,} values"
        f" and {len(subjects.numbers):,} numbers must be gone."
    )
    for source, raw_file, count in subjects.raw_files:
        print(f"  still in the raw events, for their owner to delete: {source}: {raw_file} ({count:,} rows)")
    for finding in findings:
        print(f"LEFT: {finding.place}: {finding.count:,} times, for example {finding.example}")
    if not findings:
        print("Nothing of them is left in any column of any table, nor in the bytes of the file.")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
