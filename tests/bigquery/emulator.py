"""Start local-bigquery on loopback: the packages of the index as they are, and what they lack for an offline run.

Usage: python emulator.py PORT GRPC_PORT DATA_FOLDER

The emulator keeps its tables in DuckLake and asks DuckDB to download that extension; here it is loaded from its wheel.
Geography functions need an extension that this project has no use for, so they are left out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_ducklake
from local_bigquery import cli
from local_bigquery.engine import database
from local_bigquery.jobs import query
from local_bigquery.sql import rules
from local_bigquery.sql.rules import information_schema, tables
from sqlglot import exp

DUCKLAKE = next(Path(duckdb_extension_ducklake.__file__).parent.rglob("ducklake.duckdb_extension"))

connect_to_duckdb = duckdb.connect
execute_query = query.execute
partitions_of = information_schema._partitions
read_wildcard = tables.wildcard_table


def connect(*arguments: Any, config: dict[str, Any] | None = None, **options: Any) -> duckdb.DuckDBPyConnection:
    """Connect with DuckLake loaded; the time zone is a setting of an extension that only loads afterwards."""
    settings = dict(config or {})
    time_zone = settings.pop("TimeZone", None)
    connection = connect_to_duckdb(*arguments, config=settings, **options)
    connection.execute(f"install '{DUCKLAKE}'; load ducklake")
    if time_zone:
        connection.execute(f"set TimeZone = '{time_zone}'")
    return connection


def partitions(table: Any) -> list[tuple[str | None, int]]:
    """Name the partitions of a table that is partitioned by ingestion time, as BigQuery does."""
    partitioning = table.timePartitioning
    if partitioning is None or partitioning.field:
        return partitions_of(table)
    name = information_schema.tables.name(*information_schema._identity(table))
    return database.fetch(f"select strftime(\"_PARTITIONTIME\", '%Y%m%d'), count(*) from {name} group by 1 order by 1")


def wildcard_table(node: exp.Expression, context: Any) -> exp.Expression:
    """Read all rows of a wildcard's tables; the emulator drops those that are alike."""
    read = read_wildcard(node, context)
    if read is not node:
        for union in read.find_all(exp.Union):
            union.set("distinct", False)
    return read


def execute(*arguments: Any, **options: Any) -> tuple[Any, list[Any], Any]:
    """Name the table that `create table as` made as the destination of the job, as BigQuery does."""
    statistics, children, destination = execute_query(*arguments, **options)
    if destination is None and statistics.statementType == "CREATE_TABLE_AS_SELECT":
        destination = statistics.ddlTargetTable
    return statistics, children, destination


if __name__ == "__main__":
    port, grpc_port, folder = sys.argv[1:]
    database.duckdb.connect = connect
    database.FUNCTIONS = [path for path in database.FUNCTIONS if path.stem != "geography"]
    information_schema._partitions = partitions
    rules.NODE_RULES[rules.NODE_RULES.index(read_wildcard)] = wildcard_table
    query.execute = execute
    cli.main(["serve", "--host", "127.0.0.1", "--port", port, "--grpc-port", grpc_port, "--data-dir", folder])
