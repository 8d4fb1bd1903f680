"""Raw tables of vendors' exports as readable files, and the Parquet files that DuckDB reads in their place.

`tests/fixtures/<source>/<table>.ndjson` holds raw rows, `<table>.schema.json` their types as BigQuery writes a schema,
and `expected.ndjson` what staging must make of each row.

    python tests/python/source_fixtures.py FOLDER   # writes the exports of all sources
"""

import gzip
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

FIXTURES = Path(__file__).parents[1] / "fixtures"
TYPES = {
    "STRING": "varchar",
    "INTEGER": "bigint",
    "FLOAT": "double",
    "NUMERIC": "decimal(38, 9)",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp",
    "DATE": "date",
    # BigQuery exports JSON as text.
    "JSON": "varchar",
}

# Sources whose export lands as it is, one JSON object a line, and how its files end.
ENDINGS = {"amplitude": "json.gz", "kissmetrics": "json"}


def fixture_sources() -> list[str]:
    """Names of the sources that have fixtures."""
    return sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir())


def raw_tables(source: str) -> list[str]:
    """Names of a source's raw tables."""
    return sorted(path.name.removesuffix(".schema.json") for path in (FIXTURES / source).glob("*.schema.json"))


def expected_rows(source: str) -> list[dict[str, Any]]:
    """The canonical rows, each with the columns that matter in it; a row without event_id says so with null."""
    return read_rows(FIXTURES / source / "expected.ndjson")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Objects of a file of one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def schema(source: str, table: str) -> list[dict[str, Any]]:
    """Columns of a raw table as BigQuery writes them: name, type, mode, fields."""
    return json.loads((FIXTURES / source / f"{table}.schema.json").read_text(encoding="utf-8"))


def duckdb_type(column: dict[str, Any]) -> str:
    """Type of a column, nested ones included."""
    if column["type"] == "RECORD":
        fields = ", ".join(f'"{field["name"]}" {duckdb_type(field)}' for field in column["fields"])
        name = f"struct({fields})"
    else:
        name = TYPES[column["type"]]
    return f"{name}[]" if column.get("mode") == "REPEATED" else name


def dealt_lines(source: str, table: str, part: int, parts: int) -> list[str]:
    """Lines of a raw table that fall to a part when its rows are dealt out one after the other."""
    text = (FIXTURES / source / f"{table}.ndjson").read_text(encoding="utf-8")
    return text.splitlines(keepends=True)[part::parts]


def write_exports(folder: Path, source: str, *, part: int = 0, parts: int = 1) -> None:
    """Write the raw tables of a source as a vendor's export lies on a disk.

    Args:
        folder: the folder that IDENTITY_EXPORTS names.
        source: name of the source.
        part: which of the parts to write, from 0, as one file a table.
        parts: number of parts that the rows of a table are dealt out to, one after the other.

    """
    if source == "generic":
        (folder / source).mkdir(parents=True, exist_ok=True)
        lines = dealt_lines(source, "events", part, parts)
        (folder / source / f"part-{part}.ndjson").write_text("".join(lines), encoding="utf-8")
        return
    for table in raw_tables(source):
        lines = dealt_lines(source, table, part, parts)
        if not lines:
            continue
        target = folder / source / table
        target.mkdir(parents=True, exist_ok=True)
        if source == "mixpanel":
            write_both_exports(target, lines, schema(source, table), part)
            continue
        if source == "ga4":
            write_days(target, lines, schema(source, table), part)
            continue
        if source == "posthog":
            write_batches(target, lines, schema(source, table), part)
            continue
        if source in ENDINGS:
            write = gzip.open if ENDINGS[source].endswith("gz") else open
            with write(target / f"part-{part}.{ENDINGS[source]}", "wt", encoding="utf-8") as file:
                file.writelines(lines)
            continue
        write_parquet(target / f"part-{part}.parquet", lines, schema(source, table))


def write_parquet(path: Path, lines: list[str], columns: list[dict[str, Any]]) -> None:
    """Write lines of JSON as a Parquet file of these columns."""
    rows = path.with_suffix(".rows")
    rows.write_text("".join(lines), encoding="utf-8")
    types = ", ".join(f"'{column['name']}': '{duckdb_type(column)}'" for column in columns)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        read = f"read_json('{rows}', format = 'newline_delimited', columns = {{{types}}})"
        connection.execute(f"copy (from {read}) to '{path}' (format parquet)")
    rows.unlink()


def write_both_exports(target: Path, lines: list[str], columns: list[dict[str, Any]], part: int) -> None:
    """Write rows of Mixpanel's raw export as they land, and those of its pipeline as a Parquet file."""
    raw = [line for line in lines if "event" in json.loads(line)]
    piped = [line for line in lines if line not in raw]
    if raw:
        with gzip.open(target / f"part-{part}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(raw)
    if piped:
        own = [column for column in columns if column["name"] != "event"]
        write_parquet(target / f"part-{part}.parquet", piped, own)


def write_days(target: Path, lines: list[str], columns: list[dict[str, Any]], part: int) -> None:
    """Write each day of GA4 as a file of its own shape: exports of no two years have the same fields.

    What no row of a day has is missing in its Parquet file, or a number that is always null, as in the vendor's public
    sample; every fifth day is NDJSON as `bq extract` writes it, whole numbers as text and nulls left out.
    """
    days: dict[str, list[dict[str, Any]]] = {}
    for row in map(json.loads, lines):
        days.setdefault(row["event_date"], []).append(row)
    for day, rows in days.items():
        if int(day) % 5 == 0:
            text = "".join(json.dumps(as_extracted(row, columns)) + "\n" for row in rows)
            (target / f"part-{part}-{day}.json").write_text(text, encoding="utf-8")
            continue
        sent = columns_sent(columns, rows, keep_nulls=int(day) % 2 == 0)
        texts = [json.dumps(row) + "\n" for row in rows]
        write_parquet(target / f"part-{part}-{day}.parquet", texts, sent)


def write_batches(target: Path, lines: list[str], columns: list[dict[str, Any]], part: int) -> None:
    """Write each day of PostHog as a file of its own kind: projects change the format, and copies have other types.

    A day is JSON lines beside their manifest, Parquet of the columns that its rows have, or Parquet with nested
    properties and with numbers for times.
    """
    days: dict[str, list[dict[str, Any]]] = {}
    for row in map(json.loads, lines):
        days.setdefault(row["timestamp"][:10], []).append(row)
    for day, rows in days.items():
        path, kind = target / f"part-{part}-{day}", int(day[-2:]) % 3
        if kind == 0:
            with gzip.open(f"{path}.jsonl.gz", "wt", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
            Path(f"{path}_manifest.json").write_text(json.dumps({"files": [f"{path.name}.jsonl.gz"]}), encoding="utf-8")
        elif kind == 1:
            texts = [json.dumps(row) + "\n" for row in rows]
            write_parquet(Path(f"{path}.parquet.zst"), texts, columns_sent(columns, rows, keep_nulls=False))
        else:
            texts = [json.dumps(row | numbered_times(row)) + "\n" for row in rows]
            Path(f"{path}.rows").write_text("".join(texts), encoding="utf-8")
            with duckdb.connect() as connection:
                read = f"read_json('{path}.rows', format = 'newline_delimited')"
                connection.execute(f"copy (from {read}) to '{path}.parquet' (format parquet)")
            Path(f"{path}.rows").unlink()


def numbered_times(row: dict[str, Any]) -> dict[str, int]:
    """Give the times of a row as numbers since 1970, some in milliseconds and some in seconds."""
    numbers = {name: int(datetime.fromisoformat(row[name]).timestamp()) for name in ("timestamp", "created_at")}
    return numbers | {"timestamp": numbers["timestamp"] * 1000}


def columns_sent(columns: list[dict[str, Any]], rows: list[Any], *, keep_nulls: bool) -> list[dict[str, Any]]:
    """Columns that some row has a value in, and so within records; the others, as numbers, if nulls are kept."""
    sent: list[dict[str, Any]] = []
    for column in columns:
        values = [row[column["name"]] for row in rows if row.get(column["name"]) is not None]
        if column.get("mode") == "REPEATED":
            values = [value for repeated in values for value in repeated]
        if values and column["type"] == "RECORD":
            fields = columns_sent(column["fields"], values, keep_nulls=keep_nulls)
            sent += [column | {"fields": fields}] if fields else []
        elif values:
            sent.append(column)
        elif keep_nulls:
            sent.append({"name": column["name"], "type": "INTEGER", "mode": column.get("mode")})
    return sent


def as_extracted(row: dict[str, Any], columns: list[dict[str, Any]]) -> dict[str, Any]:
    """Give a row as BigQuery writes it to JSON."""
    extracted: dict[str, Any] = {}
    for column in columns:
        value = row.get(column["name"])
        if value is None:
            continue
        if column["type"] == "RECORD":
            repeated = value if column.get("mode") == "REPEATED" else [value]
            records = [as_extracted(record, column["fields"]) for record in repeated]
            extracted[column["name"]] = records if column.get("mode") == "REPEATED" else records[0]
        else:
            extracted[column["name"]] = str(value) if column["type"] == "INTEGER" else value
    return extracted


if __name__ == "__main__":
    for name in fixture_sources():
        write_exports(Path(sys.argv[1]), name)
