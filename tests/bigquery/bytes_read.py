"""Print what a day's run reads on BigQuery, by table: bytes an event of history, and GB with a long history.

Usage: python bytes_read.py READS DATABASE [--raw EVENTS.parquet] [--events 2000000000] [--day 2000000] [--top 25]

READS is what day_reads.py wrote: which statement reads which columns. DATABASE is one that DuckDB built of many events;
each column has there the bytes that BigQuery counts for its type. Bytes grow with the events, but those of seeds. A
condition on a table's partition column leaves the day's share of it. What a run makes for itself (temporary tables, the
persons that it touches) is not counted: it is as small as the day.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

# Logical bytes of a value as BigQuery's prices count them; null has none.
FIXED = {"boolean": 1, "decimal": 16, "hugeint": 16, "interval": 16, "uuid": 38}
OTHERS = 8
SAMPLED_ROWS = 1_000_000
GB = 1e9
SEEDS = "seeds."
# Part of the events that are conversions, by which stored events are clustered.
CONVERSIONS = 0.015


@dataclass(frozen=True)
class Read:
    """A column of a table that a statement reads.

    The conditions are those that hold of the table's partitions; none is all of them. Of what a statement deletes or
    updates BigQuery bills all columns besides: `is_rewritten`.
    """

    statement: str
    table: str
    column: str
    conditions: tuple[tuple[str, ...], ...]
    is_rewritten: bool

    @property
    def node(self) -> str:
        """What the statement is for: a model by its name, or tests together."""
        node = self.statement.partition("#")[0]
        return "tests" if node.startswith("test.") else node.split(".")[-1]


def value_bytes(value: str, kind: duckdb.DuckDBPyType) -> str:
    """SQL for the bytes of a value that is not null."""
    if kind.id in ("varchar", "json"):
        return f"2 + strlen({value})"
    if kind.id == "blob":
        return f"2 + octet_length({value})"
    if kind.id == "list":
        return (
            f"coalesce(list_sum(list_transform({value}, lambda part: {value_bytes('part', kind.children[0][1])})), 0)"
        )
    if kind.id == "struct":
        return " + ".join(f"coalesce({value_bytes(f'{value}.{name}', part)}, 0)" for name, part in kind.children)
    if kind.id == "map":
        parts = (value_bytes(f"entry.{name}", part) for name, part in kind.children)
        return f"coalesce(list_sum(list_transform(map_entries({value}), lambda entry: {' + '.join(parts)})), 0)"
    return str(FIXED.get(kind.id, OTHERS))


def column_bytes(database: duckdb.DuckDBPyConnection, table: str, rows: int) -> dict[str, float]:
    """Bytes of each column of a table, from a part of the rows where there are many."""
    step = max(1, rows // SAMPLED_ROWS)
    relation = database.sql(f"from {table} limit 0")
    columns = [(f'"{name}"', kind) for name, kind in zip(relation.columns, relation.types, strict=True)]
    sums = ", ".join(
        f"coalesce(sum(case when {name} is not null then {value_bytes(name, kind)} end), 0)" for name, kind in columns
    )
    sample = f"where rowid % {step} = 0" if step > 1 else ""
    [found] = database.sql(f"select {sums} from {table} {sample}").fetchall()
    return {name: float(total) * step for name, total in zip(relation.columns, found, strict=True)}


def part_read(read: Read, day: float) -> float:
    """Part of a table that a read's conditions leave: the day's partitions, or the rows of a flag that lie together.

    Loads up to the last one are all of the history, and loads before the first are none.
    """
    parts = [CONVERSIONS if comparison == "is" else day for comparison, *_ in read.conditions if comparison != "<="]
    return 0 if ("<=", "0") in read.conditions else min(parts, default=1)


def read_file(path: Path) -> list[Read]:
    """Reads of a day, one for each statement, table and column; where one is whole, the others of it are in it."""
    reads: dict[tuple[Any, ...], Read] = {}
    for row in json.loads(path.read_text()):
        read = Read(**row | {"conditions": tuple(tuple(condition) for condition in row["conditions"])})
        key = (read.statement, read.table, read.column, read.is_rewritten)
        if key not in reads or len(read.conditions) < len(reads[key].conditions):
            reads[key] = read
    return list(reads.values())


def table_bytes(database: duckdb.DuckDBPyConnection, names: set[str], raw: Path | None) -> dict[str, dict[str, float]]:
    """Bytes of each column of each table, for each event of the database; of seeds, of all its rows."""
    rows = {
        f"{schema}.{name}": count
        for schema, name, count in database.sql(
            "select schema_name, table_name, estimated_size from duckdb_tables() where not internal"
        ).fetchall()
    }
    [[events]] = database.sql("select count(*) from intermediate.int_events_received").fetchall()
    sizes = {name: column_bytes(database, name, rows[name]) for name in names & set(rows)}
    counts = {name: 1 if name.startswith(SEEDS) else events for name in sizes}
    if raw:
        database.execute(f"create temp view raw_events as from '{raw}'")
        sizes["raw.events"] = column_bytes(database, "raw_events", 0)
        [[counts["raw.events"]]] = database.sql("select count(*) from raw_events").fetchall()
    return {name: {column: size / counts[name] for column, size in columns.items()} for name, columns in sizes.items()}


def markdown(rows: Iterable[tuple[Any, ...]]) -> str:
    """Rows of a table, the first of them its head."""
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * lines[0].count(" | ") + "|---|", *lines[1:]])


def main() -> None:
    """Compute and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reads", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("--raw", type=Path, help="raw events, as the source has them")
    parser.add_argument("--events", type=float, default=2e9, help="events of the history")
    parser.add_argument("--day", type=float, default=2e6, help="events of a day")
    parser.add_argument("--top", type=int, default=25, help="tables and statements that are listed")
    options = parser.parse_args()

    reads = read_file(options.reads)
    with duckdb.connect(str(options.database), read_only=True) as database:
        sizes = table_bytes(database, {read.table for read in reads}, options.raw)
    gigabytes: dict[Read, float] = {}
    for read in reads:
        size = sizes.get(read.table, {}).get(read.column, 0.0)
        times = 1 if read.table.startswith(SEEDS) else options.events * part_read(read, options.day / options.events)
        gigabytes[read] = size * times / GB

    def together(*kinds: bool, **values: str) -> float:
        """GB of reads of some kinds (rewritten or not) whose attributes have given values."""
        return sum(
            size
            for read, size in gigabytes.items()
            if read.is_rewritten in kinds and all(getattr(read, name) == value for name, value in values.items())
        )

    for name in ("table", "node"):
        sums: dict[str, float] = defaultdict(float)
        for read, size in gigabytes.items():
            sums[getattr(read, name)] += size
        rows: list[tuple[Any, ...]] = [(name, "statements", "bytes an event of history", "GB read", "GB rewritten")]
        for value in sorted(sums, key=sums.__getitem__, reverse=True)[: options.top]:
            statements = {read.statement for read, size in gigabytes.items() if getattr(read, name) == value and size}
            sizes_of = [together(kind, **{name: value}) for kind in (False, True)]
            by_event = sums[value] * GB / options.events
            rows.append((value, len(statements), f"{by_event:.1f}", *(f"{size:.1f}" for size in sizes_of)))
        print(markdown(rows), "\n")
    tests = together(False, True, node="tests")
    everything = sum(gigabytes.values())
    print(f"Together {everything:,.0f} GB a day: {everything - tests:,.0f} of models, {tests:,.0f} of tests.")
    print("Not counted:", ", ".join(sorted({read.table for read in reads} - set(sizes))))


if __name__ == "__main__":
    main()
