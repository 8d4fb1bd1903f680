"""Vendors' exports as they land on BigQuery: the tests' raw rows in tables partitioned or sharded as vendors do it."""

from __future__ import annotations

import json
from collections import defaultdict
from io import BytesIO
from typing import Any

from google.cloud import bigquery
from source_fixtures import FIXTURES, raw_tables, read_rows, schema

INGESTED_ON = "2026-02-21"
NAMES = {"INTEGER": "int64", "FLOAT": "float64", "BOOLEAN": "bool"}


def column_type(column: dict[str, Any]) -> str:
    """Type of a column in DDL, nested ones included."""
    if column["type"] == "RECORD":
        fields = (f"{field['name']} {column_type(field)}" for field in column["fields"])
        name = f"struct<{', '.join(fields)}>"
    else:
        name = NAMES.get(column["type"], column["type"].lower())
    return f"array<{name}>" if column.get("mode") == "REPEATED" else name


def land_source(
    client: bigquery.Client, project: str, source: str, arrives_by: dict[str, str], identifiers: dict[str, str]
) -> None:
    """Make the raw tables of a source.

    Args:
        client: client of the emulator.
        project: the project that the tables stand in.
        source: name of the source; its dataset is named alike.
        arrives_by: by table, what new rows are told by, as in the meta of the source's YAML.
        identifiers: by table, what the vendor calls it on BigQuery, where that is not its name.

    """
    client.query_and_wait(f"create schema {source}")
    tables = ["events"] if source == "generic" else raw_tables(source)
    for table in tables:
        path = FIXTURES / source / f"{table}.ndjson"
        if source != "generic" and [column["name"] for column in schema(source, table)] == ["line"]:
            # An export that lands line by line, whatever a line holds.
            rows = [{"line": line} for line in path.read_text(encoding="utf-8").splitlines()]
        else:
            rows = read_rows(path)
        if source == "generic":
            names = sorted({name for row in rows for name in row})
            columns = [{"name": name, "type": "STRING", "mode": "NULLABLE"} for name in names]
        else:
            columns = [as_text(column, rows) for column in schema(source, table)]
        kind = arrives_by.get(table, "_partitiontime")
        if kind == "_table_suffix":
            shards = defaultdict(list)
            for row in rows:
                shards[row["event_date"]].append(row)
            for suffix, part in shards.items():
                load_rows(client, f"{project}.{source}.{table}_{suffix}", part, columns)
            continue
        load_rows(client, f"{project}.{source}.part_of_{table}", rows, columns)
        landed = f"{source}.{identifiers.get(table, table)}"
        listed = ", ".join(f"`{column['name']}`" for column in columns)
        if kind == "_partitiontime":
            types = ", ".join(f"`{column['name']}` {column_type(column)}" for column in columns)
            client.query_and_wait(f"create table {landed} ({types}) partition by _partitiondate")
            client.query_and_wait(
                f"insert into {landed} (_partitiontime, {listed})"
                f" select timestamp '{INGESTED_ON}', {listed} from {source}.part_of_{table}"
            )
        else:
            client.query_and_wait(
                f"create table {landed} partition by timestamp_trunc({kind}, day) as"
                f" select {listed} from {source}.part_of_{table}"
            )


def as_text(column: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A column as a warehouse has it: where a row holds text in place of an object, JSON is text."""
    holds_text = any(isinstance(row.get(column["name"]), str) for row in rows)
    return column | {"type": "STRING"} if column["type"] == "JSON" and holds_text else column


def load_rows(client: bigquery.Client, name: str, rows: list[dict[str, Any]], columns: list[dict[str, Any]]) -> None:
    """Load rows of JSON into a table; what has no column is left out, an object in a text column is compact text."""
    types = {column["name"]: column["type"] for column in columns}

    def landed(column: str, value: Any) -> Any:
        if types[column] == "STRING" and isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return value

    known = [{name: landed(name, value) for name, value in row.items() if name in types} for row in rows]
    file = BytesIO("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in known).encode())
    job = bigquery.LoadJobConfig(
        source_format="NEWLINE_DELIMITED_JSON",
        write_disposition="WRITE_TRUNCATE",
        schema=[bigquery.SchemaField.from_api_repr(column) for column in columns],
    )
    client.load_table_from_file(file, name, job_config=job).result()
