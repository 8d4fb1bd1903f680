"""The demo built twice on the emulator and on DuckDB: with most of its events, and again when the rest has come."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from analyzer import Analyzer, statements_in
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

PROJECT = Path(__file__).parents[2]
HERE = Path(__file__).parent
sys.path.insert(0, str(PROJECT / "tests" / "python"))

from source_fixtures import fixture_sources, write_exports  # noqa: E402
from source_tables import land_source  # noqa: E402

TARGET = PROJECT / "target_bigquery"
SECRET = "demo secret, not for real data"
# What is received first, the partition that it lies in, and the clock of the run that reads it; then the rest.
LOADS = (
    ("received < '2026-02-15'", "2026-02-15", "2026-02-17 06:00:00"),
    ("received >= '2026-02-15'", "2026-03-04", "2026-03-10 06:00:00"),
)
SOURCES_AS_OF = "2026-03-01 00:00:00"
BIGQUERY_PROJECT = "p"
DATASET = "d"
PROFILE = """
identity_graph:
  target: bigquery
  outputs:
    bigquery:
      type: bigquery
      method: oauth-secrets
      token: none
      project: {project}
      dataset: {dataset}
      location: US
      threads: 4
      api_endpoint: "{endpoint}"
      job_execution_timeout_seconds: 3000
      job_retries: 0
"""
# A login of three devices that are one person with others.
ERASED = ("user_id", "u316", "2026-02-10T00:00:00Z")
EXPORT = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as database:
    for schema, name in database.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('marts', 'marts_masked', 'snapshots')"
    ).fetchall():
        database.execute(f"copy {schema}.{name} to '{sys.argv[2]}/{schema}.{name}.parquet'")
"""


@dataclass
class Builds:
    """What both engines made of the same events, and what the analyzer said of the SQL."""

    client: bigquery.Client
    env: dict[str, str]
    folder: Path
    dataset: str = DATASET
    target: Path = TARGET
    variables: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    analyzed_count: int = 0
    analyzer: Analyzer | None = None

    def dbt(self, *arguments: str, as_of: str) -> subprocess.CompletedProcess[str]:
        """Run dbt on the emulator."""
        return subprocess.run(
            [
                *(Path(sys.executable).with_name("dbt"), "--no-use-colors", *arguments),
                *("--target", "bigquery", "--target-path", self.target),
                *("--vars", json.dumps(self.variables | {"as_of": as_of})),
            ],
            cwd=PROJECT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, endpoint: str, *arguments: str, as_of: str) -> None:
        """Build on the emulator, and let the analyzer judge every statement."""
        built = self.dbt("build", *arguments, as_of=as_of)
        assert built.returncode == 0, built.stdout[-8000:] + built.stderr[-2000:]
        texts = statements_in([self.target / "compiled", self.target / "run"])
        self.analyzed_count += len(texts)
        self.analyzer = Analyzer(endpoint, BIGQUERY_PROJECT, self.analyzer)
        self.refusals |= self.analyzer.refusals(texts)

    def build_on_duckdb(self, as_of: str, **variables: str) -> None:
        """Build the same events in the project's own environment, and write each mart to a file.

        Args:
            as_of: the clock of the run.
            variables: where the events lie, as environment variables.

        """
        binaries = PROJECT / ".venv" / "bin"
        database = self.folder / "events.duckdb"
        profile = self.folder / "duckdb"
        profile.mkdir(exist_ok=True)
        shutil.copy(PROJECT / "profiles.example.yml", profile / "profiles.yml")
        environment = outer_environment() | {
            "DBT_PROFILES_DIR": str(profile),
            "DBT_LOG_PATH": str(profile / "logs"),
            "DBT_ENV_SECRET_IDENTITY_TOKEN": SECRET,
            "IDENTITY_DUCKDB_PATH": str(database),
        }
        arguments = ["build", "--exclude-resource-type", "test", "unit_test", "--target-path", str(profile / "target")]
        built = subprocess.run(
            [
                *(binaries / "dbt", "--no-use-colors", *arguments),
                *("--vars", json.dumps(self.variables | {"as_of": as_of})),
            ],
            cwd=PROJECT,
            env=environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert built.returncode == 0, built.stdout[-8000:] + built.stderr[-2000:]
        # Another version of DuckDB wrote the database than runs here.
        subprocess.run([binaries / "python", "-c", EXPORT, database, self.folder], check=True)


def outer_environment() -> dict[str, str]:
    """The environment without what configures the project."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("IDENTITY_", "DBT_"))}


def prepare(client: bigquery.Client, endpoint: str, folder: Path, dataset: str, **others: Any) -> Builds:
    """Write a profile, and make the secret that stands outside the project."""
    profiles = folder / "profiles.yml"
    profiles.write_text(PROFILE.format(endpoint=endpoint, project=BIGQUERY_PROJECT, dataset=dataset))
    client.query_and_wait(f"create schema {dataset}_secrets")
    client.query_and_wait(f"create table {dataset}_secrets.token_secret as select '{SECRET}' as secret")
    environment = outer_environment() | {"DBT_PROFILES_DIR": str(folder), "DBT_LOG_PATH": str(folder / "logs")}
    return Builds(client=client, env=environment, folder=folder, dataset=dataset, **others)


@contextmanager
def running_emulator(folder: Path) -> Iterator[str]:
    """Start the emulator on loopback, its data in a folder, and stop it at the end, whatever happened."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = [str(end.getsockname()[1]) for end in (one, other)]
    url = f"http://127.0.0.1:{ports[0]}"
    with (folder / "log").open("w") as log:
        emulator = subprocess.Popen(
            [sys.executable, HERE / "emulator.py", *ports, folder / "data"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/bigquery/v2/projects/{BIGQUERY_PROJECT}/datasets").close()
                break
            except (urllib.error.URLError, ConnectionError):
                assert emulator.poll() is None, (folder / "log").read_text()
                time.sleep(0.2)
        yield url
    finally:
        emulator.terminate()
        emulator.wait()


def client_of(endpoint: str) -> bigquery.Client:
    """Client of the emulator."""
    return bigquery.Client(
        project=BIGQUERY_PROJECT, credentials=AnonymousCredentials(), client_options={"api_endpoint": endpoint}
    )


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the emulator of the session listens."""
    with running_emulator(tmp_path_factory.mktemp("emulator")) as url:
        yield url


@pytest.fixture(scope="session")
def client(endpoint: str) -> bigquery.Client:
    """Client of the emulator of the session."""
    return client_of(endpoint)


@pytest.fixture(scope="session")
def builds(client: bigquery.Client, endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Build the demo in two loads on both engines, tests included on the emulator; the second erases a person."""
    shutil.rmtree(TARGET, ignore_errors=True)
    made = prepare(client, endpoint, tmp_path_factory.mktemp("builds"), DATASET)
    made.env["IDENTITY_TRUTH"] = "ids"
    prepare_demo(client)
    events = made.folder / "events"
    events.mkdir()
    for number, (condition, partition, as_of) in enumerate(LOADS):
        part = demo_events(condition)
        pq.write_table(part, events / f"events_{number}.parquet")
        requests = made.folder / "requests.csv"
        if number:
            requests.write_text("subject_type,subject,requested_at\n" + ",".join(ERASED) + "\n")
            client.query_and_wait("create schema privacy")
            client.query_and_wait(
                "create table privacy.erasure_requests as"
                " select '{}' as subject_type, '{}' as subject, '{}' as requested_at".format(*ERASED)
            )
        made.build_on_duckdb(
            as_of,
            IDENTITY_ERASURE_REQUESTS=str(requests),
            IDENTITY_EVENTS=str(events / "*.parquet"),
            IDENTITY_TRUTH=str(PROJECT / "seeds" / "demo" / "truth.parquet"),
        )
        insert_partition(client, part, partition)
        # Unit tests ask the same each time.
        excluded = ["--exclude-resource-type", "unit_test"] if number else []
        made.build(endpoint, *excluded, as_of=as_of)
    return made


@pytest.fixture(scope="session")
def source_builds(client: bigquery.Client, endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Build the exports of all sources on both engines, unit tests of the sources included on the emulator."""
    target = PROJECT / "target_bigquery_sources"
    shutil.rmtree(target, ignore_errors=True)
    variables = {
        "event_sources": fixture_sources(),
        "generic_events_schema": "generic",
        "segment_event_tables": ["order_completed", "checkout_paid"],
    }
    made = prepare(client, endpoint, tmp_path_factory.mktemp("sources"), "s", target=target, variables=variables)
    listed = made.dbt("--quiet", "ls", "--resource-type", "source", "--output", "json", as_of=SOURCES_AS_OF)
    assert listed.returncode == 0, listed.stdout + listed.stderr
    manifest = json.loads((target / "manifest.json").read_text())
    for source in fixture_sources():
        nodes = [node for node in manifest["sources"].values() if node["source_name"] == source]
        arrives_by = {node["name"]: node["config"]["meta"].get("arrives_by", "_partitiontime") for node in nodes}
        # A wildcard names the shards, not a table.
        identifiers = {node["name"]: node["identifier"] for node in nodes if not node["identifier"].endswith("*")}
        land_source(client, BIGQUERY_PROJECT, source, arrives_by, identifiers)
        write_exports(made.folder / "exports", source)
    made.build_on_duckdb(
        SOURCES_AS_OF,
        IDENTITY_EXPORTS=str(made.folder / "exports"),
        IDENTITY_EVENTS=str(made.folder / "exports" / "generic" / "*.ndjson"),
    )
    made.build(endpoint, as_of=SOURCES_AS_OF)
    return made


def demo_events(condition: str) -> pa.Table:
    """Events of the demo received in a time; what has no readable time was received in the first."""
    return duckdb.sql(f"""
        select * exclude (received)
        from (
            select *, coalesce(cast(cast(try_cast(received_at as timestamptz) as timestamp) as varchar), '') as received
            from '{PROJECT / "seeds" / "demo" / "events.parquet"}'
        )
        where {condition}
    """).to_arrow_table()


def load_table(client: bigquery.Client, name: str, rows: pa.Table) -> None:
    """Write rows in place of a table of the emulator."""
    file = BytesIO()
    pq.write_table(rows, file)
    file.seek(0)
    job = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")
    client.load_table_from_file(file, f"{BIGQUERY_PROJECT}.{name}", job_config=job).result()


def prepare_demo(client: bigquery.Client) -> None:
    """Make what the demo is read from: raw events without a row, and the truth about the ids."""
    client.query_and_wait("create schema raw")
    load_table(client, "raw.ids", pq.read_table(PROJECT / "seeds" / "demo" / "truth.parquet"))
    load_table(client, "raw.part", demo_events("false"))
    names = {"FLOAT": "float64", "BOOLEAN": "bool"}
    columns = [f"{column.name} {names.get(column.field_type, column.field_type)}" for column in part_schema(client)]
    client.query_and_wait(
        f"create table raw.events ({', '.join(columns)}) partition by _partitiondate"
        " options (require_partition_filter = true)"
    )


def part_schema(client: bigquery.Client) -> list[bigquery.SchemaField]:
    """Columns of the raw events."""
    return client.get_table(f"{BIGQUERY_PROJECT}.raw.part").schema


def insert_partition(client: bigquery.Client, rows: pa.Table, day: str) -> None:
    """Add rows to the raw events, as if they had been ingested on a day."""
    load_table(client, "raw.part", rows)
    columns = ", ".join(column.name for column in part_schema(client))
    client.query_and_wait(
        f"insert into raw.events (_partitiontime, {columns}) select timestamp '{day}', {columns} from raw.part"
    )
