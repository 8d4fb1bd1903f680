"""Columns of a raw table: which lie there, are missing, are read by nothing, or have another type than expected."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from identity_graph.raw_files import RawTable, Sample, kind_of, sql_list
from identity_graph.sql import quoted, sql_text
from identity_graph.text import NOTE, WARNING, Finding, counted, some

# What DuckDB calls a type, and what the catalogue does.
FAMILIES = (
    ("record", r"STRUCT|MAP|UNION|.*\]$"),
    ("integer", r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$"),
    ("float", r"FLOAT|DOUBLE"),
    ("numeric", r"DECIMAL"),
    ("boolean", r"BOOL"),
    ("timestamp", r"TIMESTAMP"),
    ("date", r"DATE"),
    ("json", r"JSON"),
    ("string", r"VARCHAR|UUID|ENUM"),
)
# In a file of JSON it is what it has to be.
STRUCT_FOR_JSON = (NOTE, "a struct where JSON text is expected: it is read as JSON")
NUMBERS = ("integer", "float", "numeric")
# A number of seconds, milliseconds, microseconds or nanoseconds since 1970.
EPOCH = r"\d{9,10}([.]\d+)?|\d{12,13}|\d{15,16}|\d{18,19}"


@dataclass(frozen=True)
class FoundColumn:
    """A column as it lies in the sample: its name, its types, and what reads the files that have it."""

    name: str
    types: tuple[str, ...]
    readers: tuple[str, ...] = ()


def found_columns(
    connection: duckdb.DuckDBPyConnection, sample: Sample, dialect: dict[str, Any]
) -> dict[str, FoundColumn]:
    """Columns of the sampled files by lower-case name; text files are one group, Parquet files one for each schema.

    Args:
        connection: any connection.
        sample: a table whose sample is laid out.
        dialect: the var csv_dialect.

    """
    if list(sample.table.expected) == ["line"]:
        return {"line": FoundColumn("line", ("VARCHAR",))}
    return columns_of(connection, readers_of(connection, sample, dialect))


def columns_of(connection: duckdb.DuckDBPyConnection, readers: Sequence[str]) -> dict[str, FoundColumn]:
    """Columns that readers or tables give, by lower-case name."""
    types: dict[str, set[str]] = defaultdict(set)
    names: dict[str, str] = {}
    found: dict[str, list[str]] = defaultdict(list)
    for reader in readers:
        try:
            described = connection.execute(f"describe select * from {reader}").fetchall()
        except duckdb.Error:
            # dbt's own check says what is wrong with the file.
            continue
        for name, data_type, *_ in described:
            names.setdefault(name.lower(), name)
            types[name.lower()].add(data_type)
            found[name.lower()].append(reader)
    return {name: FoundColumn(names[name], tuple(sorted(types[name])), tuple(found[name])) for name in sorted(names)}


def readers_of(connection: duckdb.DuckDBPyConnection, sample: Sample, dialect: dict[str, Any]) -> list[str]:
    """What reads the files of a sample: Parquet files of one schema together, JSON files too, CSV each by itself."""
    kinds: dict[str, list[Path]] = defaultdict(list)
    for path in sample.staged:
        if path.stat().st_size:
            kinds[kind_of(str(path))].append(path)
    readers: list[str] = []
    if kinds["parquet"]:
        schemas = (
            "select file_name, list({'a': name, 'b': duckdb_type, 'c': type, 'd': num_children} order by column_id)"
            f" as fields from parquet_schema({sql_list(kinds['parquet'])}) group by file_name"
        )
        query = f"select list(file_name order by file_name) from ({schemas}) group by fields order by 1"
        for (paths,) in connection.execute(query).fetchall():
            readers.append(f"read_parquet({sql_list(paths)}, hive_partitioning = false)")
    if kinds["json"]:
        options = "format = 'newline_delimited', ignore_errors = true, union_by_name = true, maximum_depth = 2"
        readers.append(f"read_json({sql_list(kinds['json'])}, {options}, hive_partitioning = false)")
    for path in kinds["csv"]:
        is_tabs = re.search(r"[.](tsv|tab)([.](gz|zst))?$", str(path).lower())
        delimiter = "\t" if is_tabs else dialect.get("delimiter", ",")
        options = "header = true, all_varchar = true, strict_mode = false, ignore_errors = true"
        options += f", delim = {sql_text(delimiter)}, quote = {sql_text(dialect.get('quote', chr(34)))}"
        options += f", skip = {int(dialect.get('skip', 0))}"
        readers.append(f"read_csv({sql_text(str(path))}, {options})")
    return readers


def family(data_type: str) -> str:
    """Name that the catalogue has for a type of DuckDB; `other` where it has none."""
    return next((name for name, pattern in FAMILIES if re.match(pattern, data_type)), "other")


def type_difference(expected: str, found: str, *, is_id: bool = False, is_time: bool = False) -> tuple[int, str] | None:
    """What a column of another type than expected means, and how bad it is; nothing where it is read as well.

    Args:
        expected: type in the catalogue.
        found: type as DuckDB names it.
        is_id: whether the catalogue lists it among the ids.
        is_time: whether the catalogue lists it among the times, which dbt refuses as numbers.

    """
    kind = family(found)
    if not expected or kind == expected:
        return None
    if expected in ("timestamp", "date") or is_time:
        if kind in NUMBERS:
            fate = "a build is refused" if is_time else "it is read as null"
            return (
                WARNING,
                f"an epoch ({found}) where a timestamp is expected: {fate}; write a timestamp or ISO 8601 text",
            )
        return (
            None
            if kind in ("timestamp", "date", "string")
            else (WARNING, f"{kind} where a timestamp is expected: it is read as null")
        )
    if expected == "json" and kind == "record":
        return STRUCT_FOR_JSON
    if expected == "record" and kind in ("string", "json"):
        return NOTE, "JSON text where a record is expected: it is read as JSON"
    if expected in NUMBERS and kind in ("timestamp", "date"):
        return WARNING, f"a timestamp where {expected} is expected: it is read as null"
    if expected in ("record", "json") and kind not in ("string", "json"):
        return (
            WARNING,
            f"{kind} where {'a record' if expected == 'record' else 'JSON text'} is expected: nothing is found in it",
        )
    if expected == "string" and kind == "record":
        return WARNING, "a struct where text is expected: its text is no value"
    if is_id and kind in ("float", "numeric"):
        return WARNING, f"an id as {found}: a fraction, or digits beyond 2^53, are refused, but for text files"
    if is_id and kind in ("timestamp", "date", "boolean"):
        return WARNING, f"an id as {found}: its text is the id"
    return None


def type_findings(
    connection: duckdb.DuckDBPyConnection, table: RawTable, found: dict[str, FoundColumn]
) -> list[Finding]:
    """Columns of a table that have another type than the catalogue says, where that matters.

    Args:
        connection: any connection.
        table: the table.
        found: columns of its sample by lower-case name.

    """
    findings = []
    for name, column in found.items():
        expected, is_time = table.expected.get(name, ""), name in table.times
        # What a vendor types now so and now otherwise is read as any of them; only a struct is no value.
        is_mixed = name in table.mixed
        for data_type in column.types:
            if is_mixed and (family(data_type) != "record" or expected in ("record", "json")):
                continue
            difference = type_difference(expected, data_type, is_id=name in table.ids, is_time=is_time)
            is_native = difference == STRUCT_FOR_JSON and all(
                reader.startswith("read_json") for reader in column.readers
            )
            if difference and not is_native and holds_value(connection, column, data_type):
                findings.append(Finding(difference[0], f"{table.name}.{column.name}: {difference[1]}"))
        if not is_mixed and "VARCHAR" in column.types and (expected in ("timestamp", "date") or is_time):
            epochs = epoch_share(connection, column)
            if epochs > 0.5:
                text = f"epochs as text ({epochs:.0%} of its values) where a timestamp is expected: they are no times"
                findings.append(Finding(WARNING, f"{table.name}.{column.name}: {text}"))
    return findings


def name_findings(
    tables: Sequence[tuple[RawTable, dict[str, FoundColumn]]],
    read: Collection[str] | None,
    mapped: Collection[str] = (),
) -> list[Finding]:
    """Columns of a source that are expected and missing, in all of its tables or in some, and those that nothing reads.

    Args:
        tables: each table with the columns of its sample by lower-case name.
        read: words of the compiled SQL that reads the source; unknown where a build was refused.
        mapped: names of the catalogue that are read from columns of other names.

    """
    wanted = dict.fromkeys(
        name for table, _ in tables for name in table.expected if name not in table.required and name not in mapped
    )
    there = {name: [name in found for table, found in tables if name in table.expected] for name in wanted}
    nowhere = [name for name in wanted if not any(there[name])]
    in_some = [name for name in wanted if any(there[name]) and not all(there[name])]
    sent = dict.fromkeys(column.name for _, found in tables for column in found.values())
    unread = [name for name in sent if read is not None and name.lower() not in read]
    findings = []
    if nowhere:
        findings.append(Finding(NOTE, f"not there, read as null: {some(nowhere)}"))
    if in_some:
        findings.append(Finding(NOTE, f"in some tables only, null in the others: {some(in_some)}"))
    if unread:
        findings.append(Finding(NOTE, f"nothing reads {counted(len(unread), 'column')}: {some(unread)}"))
    return findings


def holds_value(connection: duckdb.DuckDBPyConnection, column: FoundColumn, data_type: str) -> bool:
    """Whether any row has a value of a type: what is always null has the type that a tool made up."""
    name = quoted(column.name)
    for reader in column.readers:
        query = (
            f"select count(*) > 0 from (select {name} from {reader}) where {name} is not null and typeof({name}) = ?"
        )
        if connection.execute(query, [data_type]).fetchall()[0][0]:
            return True
    return not column.readers


def epoch_share(connection: duckdb.DuckDBPyConnection, column: FoundColumn) -> float:
    """Share of a text column's values that are numbers like an epoch."""
    value = f"cast({quoted(column.name)} as varchar)"
    is_epoch = f"cast(regexp_full_match({value}, {sql_text(EPOCH)}) as int)"
    query = f"select avg({is_epoch}) from (from {column.readers[0]} limit 10000)"
    return connection.execute(query).fetchall()[0][0] or 0.0
