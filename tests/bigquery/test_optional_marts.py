"""Optional marts on the emulator, made of what DuckDB made of the demo: the same rows, and no statement is refused."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from analyzer import Analyzer
from conftest import BIGQUERY_PROJECT, LOADS, PROJECT, Builds, load_table, prepare
from google.cloud import bigquery
from test_bigquery import normal, rows_on_bigquery

OPTIONAL_MARTS = ["activation", "events", "funnels", "journeys", "paths", "reconciliation", "retention", "traits"]
AS_OF = LOADS[-1][2]
# With and without a space, of a channel and of a campaign, in two currencies.
SPEND = [
    {"date": "2026-01-20", "channel": "paid_search", "cost": "120.50", "currency": "EUR", "clicks": "1,000"},
    {"date": "2026-01-20", "channel": "paid_search", "cost": "7", "currency": "USD", "space_id": "default"},
    {"date": "2026-01-21", "utm_campaign": "Clearance", "cost": "30", "currency": "EUR", "space_id": "default"},
    {"date": "2026-01-21", "utm_campaign": "Clearance", "cost": "5", "currency": "EUR"},
]
SPEND_COLUMNS = ("date", "space_id", "channel", "utm_campaign", "cost", "currency", "impressions", "clicks")
# Times are of UTC; as Parquet has them otherwise, they are of no zone.
EXPORT = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as database:
    database.execute("set timezone = 'UTC'")
    for name in sys.argv[3:]:
        columns = ", ".join(
            f'cast("{column}" as timestamptz) as "{column}"' if kind == "TIMESTAMP" else f'"{column}"'
            for column, kind, *_ in database.execute(f"describe {name}").fetchall()
        )
        database.execute(f"copy (select {columns} from {name}) to '{sys.argv[2]}/{name}.parquet'")
"""
# Engines hash otherwise, and what is joined by number has to have the number of this one.
NUMBERED_ANEW = """
    create or replace table {0}.int_campaign_sessions as
    select
        campaigns.* except (id_number),
        farm_fingerprint(to_json_string([sessions.space_id, sessions.node_id])) >> 2 as id_number
    from {0}.int_campaign_sessions as campaigns
    inner join {0}.int_sessions as sessions using (id_number, session_started_at)
"""
# What these views show of the ledger is another after the run that wrote it.
BEFORE_THE_LEDGER = {"int_audience_states", "int_audience_comparisons"}

Node = dict[str, Any]


def nodes_of(builds: Builds) -> dict[str, Node]:
    return json.loads((builds.target / "manifest.json").read_text())["nodes"]


def schema_on_duckdb(node: Node) -> str:
    return node["schema"].removeprefix("o_")


def rows_on_duckdb(builds: Builds, node: Node) -> Counter[tuple[Any, ...]]:
    rows = pq.read_table(builds.folder / f"{schema_on_duckdb(node)}.{node['name']}.parquet").to_pylist()
    return Counter(tuple((key, normal(value)) for key, value in sorted(row.items())) for row in rows)


def upstream_first(models: list[Node]) -> list[Node]:
    ordered: list[Node] = []
    while len(ordered) < len(models):
        missing = {node["unique_id"] for node in models} - {node["unique_id"] for node in ordered}
        ordered += [
            node
            for node in models
            if node["unique_id"] in missing and not missing & set(node["depends_on"]["nodes"]) - {node["unique_id"]}
        ]
    return ordered


def test_optional_marts_are_the_same_on_both_engines(client: bigquery.Client, endpoint: str, tmp_path: Path) -> None:
    variables = {"optional_marts": OPTIONAL_MARTS}
    builds = prepare(client, endpoint, tmp_path, "o", target=tmp_path / "target", variables=variables)
    builds.env["IDENTITY_GRAPH_ENGINE"] = "python"
    builds.env["IDENTITY_AD_SPEND"] = str(tmp_path / "spend.parquet")
    spend = pa.Table.from_pylist(SPEND, pa.schema([(name, pa.string()) for name in SPEND_COLUMNS]))
    pq.write_table(spend, builds.env["IDENTITY_AD_SPEND"])
    client.query_and_wait("create schema ad_spend")
    load_table(client, "ad_spend.daily_spend", spend)
    events = str(PROJECT / "seeds" / "demo" / "events.parquet")
    builds.build_on_duckdb(AS_OF, IDENTITY_EVENTS=events, IDENTITY_AD_SPEND=builds.env["IDENTITY_AD_SPEND"])

    parsed = builds.dbt("parse", as_of=AS_OF)
    assert parsed.returncode == 0, parsed.stdout[-3000:]
    nodes = nodes_of(builds)
    optional = {
        key: node
        for key, node in nodes.items()
        if node["resource_type"] == "model" and node["config"]["meta"].get("is_optional")
    }
    assert len(optional) > 10
    tests = [
        node
        for node in nodes.values()
        if node["resource_type"] == "test" and set(node["depends_on"]["nodes"]) & set(optional)
    ]
    parents = {key for node in (*optional.values(), *tests) for key in node["depends_on"]["nodes"] if key in nodes}
    # Python runs elsewhere; what it gives is taken over, too.
    given = [nodes[key] for key in parents if key not in optional or nodes[key]["language"] == "python"]
    models = [node for node in optional.values() if node["language"] != "python"]

    names = ["intermediate.event_loads", *(f"{schema_on_duckdb(node)}.{node['name']}" for node in (*given, *models))]
    database = tmp_path / "events.duckdb"
    subprocess.run([PROJECT / ".venv" / "bin" / "python", "-c", EXPORT, database, tmp_path, *names], check=True)
    for schema in {node["schema"] for node in (*given, *models)}:
        client.query_and_wait(f"create schema {schema}")
    for node in given:
        rows = pq.read_table(tmp_path / f"{schema_on_duckdb(node)}.{node['name']}.parquet")
        load_table(client, f"{node['schema']}.{node['name']}", rows)
    load_table(client, "o_intermediate.event_loads", pq.read_table(tmp_path / "intermediate.event_loads.parquet"))
    client.query_and_wait(NUMBERED_ANEW.format("o_intermediate"))

    compiled = builds.dbt("compile", "--select", *(node["name"] for node in (*models, *tests)), as_of=AS_OF)
    assert compiled.returncode == 0, compiled.stdout[-3000:]
    nodes = nodes_of(builds)
    statements = {}
    for node in upstream_first(models):
        if node["config"]["meta"].get("class_of_other_columns"):
            # Its columns follow the rows of another optional mart, which is there only now.
            compiled = builds.dbt("compile", "--select", node["name"], as_of=AS_OF)
            assert compiled.returncode == 0, compiled.stdout[-3000:]
            nodes |= {node["unique_id"]: nodes_of(builds)[node["unique_id"]]}
        name, sql = node["name"], nodes[node["unique_id"]]["compiled_code"]
        client.query_and_wait(f"create table {node['schema']}.{name} as {sql}")
        statements[name] = f"create table `{BIGQUERY_PROJECT}`.`o_made`.`{name}` as {sql}"
        if name in BEFORE_THE_LEDGER:
            continue
        found, expected = rows_on_bigquery(builds, schema_on_duckdb(node), name), rows_on_duckdb(builds, node)
        assert found == expected, (
            name,
            list((found - expected).elements())[:2],
            list((expected - found).elements())[:2],
        )
    for node in tests:
        statements[node["name"]] = nodes[node["unique_id"]]["compiled_code"]
        assert list(client.query_and_wait(statements[node["name"]])) == [], node["name"]
    assert Analyzer(endpoint, BIGQUERY_PROJECT).refusals(statements) == {}
