"""The project on BigQuery, as far as it can be proven without an account."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from analyzer import Analyzer, statements_in
from conftest import BIGQUERY_PROJECT, HERE, LOADS, PROJECT, TARGET, Builds, demo_events, insert_partition, prepare
from google.cloud import bigquery
from source_fixtures import FIXTURES, read_rows
from source_fixtures import schema as columns_of
from source_tables import load_rows

# Numbered anew by each build, and a file on one engine but a partition on the other.
NOT_COMPARED = ("dbt_scd_id", "raw_file")


def normal(value: Any) -> Any:
    """One form for what both engines mean: times in UTC, decimals without trailing zeros."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, Decimal):
        return value.normalize()
    return value


def rows_on_bigquery(builds: Builds, schema: str, name: str) -> Counter[tuple[Any, ...]]:
    rows = builds.client.query_and_wait(f"select * from {builds.dataset}_{schema}.{name}")
    return Counter(
        tuple((key, normal(value)) for key, value in sorted(row.items()) if key not in NOT_COMPARED) for row in rows
    )


def differences(builds: Builds) -> dict[str, Any]:
    """Marts and snapshots that are not the same on both engines, with some of the rows."""
    files = {tuple(path.stem.split(".")): path for path in builds.folder.glob("*.parquet")}
    on_bigquery = {
        (schema, table.table_id)
        for schema in ("marts", "marts_masked", "snapshots")
        for table in builds.client.list_tables(f"{builds.dataset}_{schema}")
    }
    assert on_bigquery == set(files)
    found_differences = {}
    for (schema, name), path in sorted(files.items()):
        if name == "erasure_raw_files":
            # A file on one engine, a partition on the other.
            continue
        expected = Counter(
            tuple((key, normal(value)) for key, value in sorted(row.items()) if key not in NOT_COMPARED)
            for row in pq.read_table(path).to_pylist()
        )
        found = rows_on_bigquery(builds, schema, name)
        if found != expected:
            found_differences[name] = {
                "only on DuckDB": list((expected - found).elements())[:3],
                "only on BigQuery": list((found - expected).elements())[:3],
                "rows": (expected.total(), found.total()),
            }
    return found_differences


def test_analyzer_accepts_every_statement(builds: Builds) -> None:
    assert builds.analyzed_count > 1000
    assert builds.refusals == {}


def test_analyzer_accepts_the_sql_of_every_metric(builds: Builds, endpoint: str, tmp_path: Path) -> None:
    # MetricFlow stands in the project's own environment, and reads the folder target.
    for entry in PROJECT.iterdir():
        if not entry.name.startswith(".") and entry.name not in ("target", "logs"):
            (tmp_path / entry.name).symlink_to(entry)
    (tmp_path / "target").symlink_to(TARGET)
    printed = subprocess.run(
        [PROJECT / ".venv" / "bin" / "python", HERE / "metrics_sql.py", builds.env["DBT_PROFILES_DIR"], tmp_path],
        env=builds.env,
        capture_output=True,
        text=True,
        check=True,
    )
    statements = json.loads(printed.stdout.splitlines()[-1])
    metrics = json.loads((TARGET / "manifest.json").read_text())["metrics"].values()
    assert set(statements) == {f"{metric['name']}{by}" for metric in metrics for by in ("", " by metric_time")}
    assert Analyzer(endpoint, BIGQUERY_PROJECT).refusals(statements) == {}


def test_no_statement_reads_raw_events_without_their_partitions(builds: Builds) -> None:
    # The table asks for them (require_partition_filter); the emulator does not mind.
    run, compiled = (TARGET / folder for folder in ("run", "compiled"))
    views = {path: text for path, text in statements_in([run]).items() if "create or replace view" in text}
    selects = {
        path: text
        for path, text in statements_in([compiled]).items()
        if str(run / Path(path).relative_to(compiled)) not in views
    }
    raw = {
        (name, read)
        for name, found in builds.analyzer.reads(views | selects).items()
        for statement in found
        for read in statement
        if read.table == "raw.events"
    }
    assert raw
    assert {name for name, read in raw if not read.conditions} == set()


def test_marts_are_the_same_on_both_engines(builds: Builds) -> None:
    assert differences(builds) == {}


def test_analyzer_accepts_every_statement_of_all_sources(source_builds: Builds) -> None:
    assert source_builds.refusals == {}


def test_marts_of_all_sources_are_the_same_on_both_engines(source_builds: Builds) -> None:
    assert differences(source_builds) == {}


def test_partition_that_grew_after_it_was_loaded_is_refused(builds: Builds) -> None:
    insert_partition(builds.client, demo_events("true").slice(0, 1), LOADS[-1][1])
    refused = builds.dbt("run", as_of=LOADS[-1][2])
    assert refused.returncode != 0
    assert "changed after it was loaded" in refused.stdout


@pytest.fixture(scope="module")
def analyzer(client: bigquery.Client, endpoint: str) -> Analyzer:
    client.query_and_wait("create schema if not exists judged")
    client.query_and_wait("create or replace table judged.numbers as select 1 as number, 'a' as word")
    return Analyzer(endpoint, BIGQUERY_PROJECT)


@pytest.mark.parametrize(
    "statement",
    [
        "select list_sort(array_agg(number)) from `p`.`judged`.`numbers`",
        "select * exclude (word) from `p`.`judged`.`numbers`",
        "select number::string from `p`.`judged`.`numbers`",
        "select absent from `p`.`judged`.`numbers`",
        "select a.* from `p`.`judged`.`numbers` as a left join `p`.`judged`.`numbers` as b on a.number < b.number",
        "create or replace table `p`.`judged`.`sorted` as (select list_sort([2, 1]) as numbers);",
    ],
)
def test_analyzer_refuses_what_only_duckdb_runs(analyzer: Analyzer, statement: str) -> None:
    assert list(analyzer.refusals({"statement": statement})) == ["statement"]


def test_analyzer_accepts_googlesql(analyzer: Analyzer) -> None:
    statement = (
        "select * except (word) from `p`.`judged`.`numbers` qualify row_number() over (order by number) = 1; select 1"
    )
    assert analyzer.refusals({"statement": statement}) == {}


def test_tables_of_days_are_read_again_when_they_grew(client: bigquery.Client, endpoint: str, tmp_path: Path) -> None:
    """GA4 adds rows to a day, and keeps a table of the running day until the whole one is there."""
    rows, columns = read_rows(FIXTURES / "ga4" / "events.ndjson"), columns_of("ga4", "events")
    builds = prepare(
        client,
        endpoint,
        tmp_path,
        "g",
        target=tmp_path / "target",
        variables={"event_sources": ["ga4"], "ga4_schema": "shards"},
    )
    client.query_and_wait("create schema shards")

    def stored(shards: dict[str, list[Any]]) -> Counter[str]:
        for suffix, part in shards.items():
            load_rows(client, f"{BIGQUERY_PROJECT}.shards.events_{suffix}", part, columns)
        selection = ["--select", "+int_raw_files", "--exclude-resource-type", "test", "unit_test"]
        built = builds.dbt("build", *selection, as_of="2026-03-01 00:00:00")
        assert built.returncode == 0, built.stdout[-5000:]
        found = client.query_and_wait("select raw_file, event_number from g_intermediate.int_events_received")
        numbers = [(row["raw_file"], row["event_number"]) for row in found]
        assert len(set(numbers)) == len(numbers)
        listed = client.query_and_wait("select raw_file, row_count from g_intermediate.int_raw_files")
        by_file = Counter(raw_file for raw_file, _ in numbers)
        assert {row["raw_file"]: row["row_count"] for row in listed} == by_file
        return by_file

    first = {"20260203": rows[:4], "intraday_20260204": rows[4:8]}
    assert stored(first) == {"20260203": 4, "intraday_20260204": 4}
    # The day of the one grew, and the other has its whole table beside it, with one event more.
    grown = {"20260203": rows[:6], "20260204": rows[4:9]}
    assert stored(grown) == {"20260203": 6, "intraday_20260204": 4, "20260204": 5}
    assert stored({}) == {"20260203": 6, "intraday_20260204": 4, "20260204": 5}
