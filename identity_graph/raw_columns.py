"""The columns of a raw table: which lie there, which are missing, which nothing reads, and which have another type than expected."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from identity_graph.raw_files import Sample, kind_of, sql_list, sql_text
from identity_graph.report import NOTE, WARNING, Finding, counted, some

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
NUMBERS = ("integer", "float", "numeric")
# A number of seconds, milliseconds, microseconds or nanoseconds since 1970.
EPOCH = r"\d{9,10}([.]\d+)?|\d{12,13}|\d{15,16}|\d{18,19}"


@dataclass(frozen=True)
class FoundColumn:
    """A column as it lies in the sample: its name, its types, and the files that have it."""

    name: str
    types: tuple[str, ...]
    file_count: int
    reader: str


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
        return {"line": FoundColumn("line", ("VARCHAR",), len(sample.staged), "")}
    types: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    names: dict[str, str] = {}
    readers: dict[str, list[str]] = defaultdict(list)
    for reader, files in groups(connection, sample, dialect):
        try:
            described = connection.execute(f"describe select * from {reader}").fetchall()
        except duckdb.Error:
            # dbt's own check says what is wrong with the file.
            continue
        for name, data_type, *_ in described:
            names.setdefault(name.lower(), name)
            types[name.lower()].add(data_type)
            counts[name.lower()] += len(files)
            readers[name.lower()].append(reader)
    return {
        name: FoundColumn(names[name], tuple(sorted(types[name])), counts[name], readers[name][0])
        for name in sorted(names)
    }


def groups(
    connection: duckdb.DuckDBPyConnection, sample: Sample, dialect: dict[str, Any]
) -> list[tuple[str, list[Path]]]:
    """Files that one reader reads, and that reader."""
    kinds: dict[str, list[Path]] = defaultdict(list)
    for path in sample.staged:
        if path.stat().st_size:
            kinds[kind_of(str(path))].append(path)
    found: list[tuple[str, list[Path]]] = []
    if kinds["parquet"]:
        query = (
            "select list(file_name order by file_name) from (select file_name, list(struct_pack(a := name, b := duckdb_type, c := type,"
            f" d := num_children) order by column_id) as fields from parquet_schema({sql_list(kinds['parquet'])}) group by file_name)"
            " group by fields order by 1"
        )
        for (paths,) in connection.execute(query).fetchall():
            found.append(
                (f"read_parquet({sql_list(paths)}, hive_partitioning = false)", [Path(path) for path in paths])
            )
    if kinds["json"]:
        options = "format = 'newline_delimited', ignore_errors = true, union_by_name = true, maximum_depth = 2, hive_partitioning = false"
        found.append((f"read_json({sql_list(kinds['json'])}, {options})", kinds["json"]))
    for path in kinds["csv"]:
        is_tabs = re.search(r"[.](tsv|tab)([.](gz|zst))?$", str(path).lower())
        delimiter = "\t" if is_tabs else dialect.get("delimiter", ",")
        options = f"header = true, all_varchar = true, strict_mode = false, ignore_errors = true, delim = {sql_text(delimiter)}"
        options += f", quote = {sql_text(dialect.get('quote', chr(34)))}, skip = {int(dialect.get('skip', 0))}"
        found.append((f"read_csv({sql_text(str(path))}, {options})", [path]))
    return found


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
                f"an epoch ({found}) where a timestamp is expected: {fate}; write it as a timestamp or as ISO 8601 text",
            )
        return (
            None
            if kind in ("timestamp", "date", "string")
            else (WARNING, f"{kind} where a timestamp is expected: it is read as null")
        )
    if expected == "json" and kind == "record":
        return NOTE, "a struct where JSON text is expected: it is read as JSON"
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
        return WARNING, f"an id as {found}: a fraction, or digits beyond 2^53, are refused"
    if is_id and kind in ("timestamp", "date", "boolean"):
        return WARNING, f"an id as {found}: its text is the id"
    return None


def column_findings(
    connection: duckdb.DuckDBPyConnection, sample: Sample, found: dict[str, FoundColumn], read: Collection[str] | None
) -> list[Finding]:
    """Findings about the columns of a table, its types first.

    Args:
        connection: any connection.
        sample: the table and what of it is looked at.
        found: columns of the sample by lower-case name.
        read: words of the compiled SQL that reads the source; unknown where a build was refused.

    """
    table, findings = sample.table, []
    for name, column in found.items():
        expected = table.expected.get(name, "")
        for data_type in column.types:
            difference = type_difference(expected, data_type, is_id=name in table.ids, is_time=name in table.times)
            if difference and holds_value(connection, column):
                findings.append(Finding(difference[0], f"{table.name}.{column.name}: {difference[1]}"))
        if "VARCHAR" in column.types and (expected in ("timestamp", "date") or name in table.times):
            epochs = epoch_share(connection, column)
            if epochs > 0.5:
                text = f"{table.name}.{column.name}: epochs as text ({epochs:.0%} of its values) where timestamps are expected: they are read as null"
                findings.append(Finding(WARNING, text))
    missing = [name for name in table.expected if name not in found and name not in table.required]
    if missing:
        findings.append(Finding(NOTE, f"{table.name}: not there, read as null: {some(missing)}"))
    unread = [column.name for name, column in found.items() if read is not None and name not in read]
    if unread:
        findings.append(Finding(NOTE, f"{table.name}: nothing reads {counted(len(unread), 'column')}: {some(unread)}"))
    return findings


def holds_value(connection: duckdb.DuckDBPyConnection, column: FoundColumn) -> bool:
    """Whether any row has a value: what is always null has the type that a tool made up."""
    if not column.reader:
        return True
    query = f"select count({quoted(column.name)}) > 0 from {column.reader}"
    return bool(connection.execute(query).fetchall()[0][0])


def epoch_share(connection: duckdb.DuckDBPyConnection, column: FoundColumn) -> float:
    """Share of a text column's values that are numbers like an epoch."""
    value = f"cast({quoted(column.name)} as varchar)"
    query = f"select avg(cast(regexp_full_match({value}, {sql_text(EPOCH)}) as int)) from (from {column.reader} limit 10000)"
    return connection.execute(query).fetchall()[0][0] or 0.0


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
