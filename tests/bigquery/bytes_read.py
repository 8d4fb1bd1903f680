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


@dataclass(frozen=True)
class Read:
    """A column of a table that a statement reads, and the conditions that hold of its partitions; none is all."""

    statement: str
    table: str
    column: str
    conditions: tuple[tuple[str, tuple[str, ...]], ...]


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


def share(read: Read, day_share: float) -> float:
    """Part of a table's bytes that a read's conditions leave."""
    if not read.conditions:
        return 1
    return day_share


def whole(statement: str) -> str:
    """What a statement is for: the model, or the tests together."""
    return "tests" if statement.startswith("test.") else statement.split(".")[-1]


def read_file(path: Path) -> list[Read]:
    """Reads of a day, one for each statement, table and column; where one is whole, the others of it are in it."""
    reads = {}
    for statement, table, column, conditions in json.loads(path.read_text()):
        read = Read(statement, table, column, tuple((name, tuple(constants)) for name, constants in conditions))
        key = (statement, table, column)
        if key not in reads or not read.conditions:
            reads[key] = read
    return list(reads.values())


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

    database = duckdb.connect(str(options.database), read_only=True)
    tables = {
        f"{schema}.{name}": rows
        for schema, name, rows in database.sql(
            "select schema_name, table_name, estimated_size from duckdb_tables() where not internal"
        ).fetchall()
    }
    [[events]] = database.sql("select count(*) from intermediate.int_events_received").fetchall()
    reads = read_file(options.reads)
    sizes = {name: column_bytes(database, name, tables[name]) for name in {read.table for read in reads} & set(tables)}
    if options.raw:
        database.execute(f"create temp view raw_events as from '{options.raw}'")
        [[raw_rows]] = database.sql("select count(*) from raw_events").fetchall()
        found = column_bytes(database, "raw_events", 0)
        sizes["raw.events"] = {name: total * events / raw_rows for name, total in found.items()}

    by_table: dict[str, list[tuple[str, float]]] = defaultdict(list)
    by_statement: dict[str, float] = defaultdict(float)
    unknown = set()
    for read in reads:
        if read.table not in sizes:
            unknown.add(read.table)
            continue
        size = sizes[read.table].get(read.column, 0.0)
        is_constant = read.table.startswith("seeds.")
        scale = 1.0 if is_constant else options.events / events
        total = size * scale * share(read, options.day / options.events)
        by_table[read.table].append((read.statement, total))
        by_statement[read.statement] += total

    sums = {table: sum(total for _, total in found) for table, found in by_table.items()}
    rows: list[tuple[Any, ...]] = [("table", "statements", "of them tests", "bytes an event of history", "GB a day")]
    for table in sorted(sums, key=sums.__getitem__, reverse=True)[: options.top]:
        statements = {statement for statement, total in by_table[table] if total}
        tests = {statement for statement in statements if statement.startswith("test.")}
        rows.append(
            (table, len(statements), len(tests), f"{sums[table] / options.events:.1f}", f"{sums[table] / GB:.1f}")
        )
    print(markdown(rows))
    groups: dict[str, float] = defaultdict(float)
    for statement, total in by_statement.items():
        groups[whole(statement)] += total
    print()
    print(
        markdown(
            [
                ("statement", "GB a day"),
                *(
                    (name, f"{groups[name] / GB:.1f}")
                    for name in sorted(groups, key=groups.__getitem__, reverse=True)[: options.top]
                ),
            ]
        )
    )
    tests = sum(total for statement, total in by_statement.items() if statement.startswith("test."))
    together = sum(by_statement.values())
    print(f"\nTogether {together / GB:,.0f} GB a day: {(together - tests) / GB:,.0f} models, {tests / GB:,.0f} tests.")
    print(f"Not counted: {', '.join(sorted(unknown))}")


if __name__ == "__main__":
    main()
