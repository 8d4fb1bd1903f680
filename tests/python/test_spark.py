"""Tests of the Python models on Spark: the scripts that dbt would send to Dataproc, run as they are on local Spark."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt.adapters.base import PythonJobHelper
from dbt.adapters.bigquery import BigQueryAdapter
from dbt.adapters.bigquery.connections import BigQueryConnectionManager
from dbt.cli.main import dbtRunner
from dbt_runs import PROJECT
from random_graphs import graph_tables
from test_rounds import PYTHON_MODELS, found_by_python, sorted_rows

# PySpark and what it needs are large, so they may stand in an environment of their own (make test-spark).
SPARK_PYTHON = os.environ.get("IDENTITY_SPARK_PYTHON", sys.executable)

PROFILE = """
identity_graph:
  target: bigquery
  outputs:
    bigquery:
      type: bigquery
      method: oauth-secrets
      token: none
      project: project
      dataset: dataset
      threads: 1
      gcs_bucket: bucket
      compute_region: region
"""


def missing_for_spark() -> str | None:
    if shutil.which("java") is None:
        return "Spark needs Java 17"
    check = [SPARK_PYTHON, "-c", "import pyarrow, pyspark, scipy"]
    if subprocess.run(check, capture_output=True, check=False).returncode != 0:
        return "PySpark is not installed; `make test-spark` installs it"
    return None


MISSING = missing_for_spark()


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Let dbt build the Python models for BigQuery, and keep what it submits instead of submitting it."""
    folder = tmp_path_factory.mktemp("scripts")
    (folder / "profiles.yml").write_text(PROFILE)
    kept: dict[str, Path] = {}

    class KeepScript(PythonJobHelper):
        def __init__(self, parsed_model: dict[str, Any], credentials: Any) -> None:
            self.name = parsed_model["name"]

        def submit(self, compiled_code: str) -> None:
            kept[self.name] = folder / f"{self.name}.py"
            kept[self.name].write_text(compiled_code)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("nothing but Python models may run")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("IDENTITY_EVENTS", "IDENTITY_TARGET"):
            patch.delenv(name, raising=False)
        for name, value in {"PROFILES_DIR": folder, "TARGET_PATH": folder / "target", "LOG_PATH": folder}.items():
            patch.setenv(f"DBT_{name}", str(value))
        patch.setattr(BigQueryAdapter, "python_submission_helpers", {"serverless": KeepScript})
        patch.setattr(BigQueryAdapter, "list_schemas", lambda *_, **__: [])
        patch.setattr(BigQueryAdapter, "create_schema", lambda *_, **__: None)
        patch.setattr(BigQueryAdapter, "list_relations_without_caching", lambda *_, **__: [])
        patch.setattr(BigQueryAdapter, "get_relation", lambda *_, **__: None)
        patch.setattr(BigQueryConnectionManager, "execute", refuse)
        patch.setenv("IDENTITY_GRAPH_ENGINE", "python")
        arguments = ["--select", "path:python_models", "--project-dir", str(PROJECT)]
        result = dbtRunner().invoke(["run", "--quiet", *arguments])
    assert result.success, result.exception
    return kept


def in_zone(table: pa.Table, zone: str | None) -> pa.Table:
    """Return the table with its times in a zone, or in none."""
    types = [pa.timestamp("us", zone) if pa.types.is_timestamp(field.type) else field.type for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, types, strict=True))))


def run_on_spark(
    scripts: dict[str, Path], tables: dict[str, pa.Table], folder: Path
) -> tuple[dict[str, pa.Table], str]:
    """Run all scripts in one process and read back what they wrote, by the name of the model, with what they said."""
    for name, table in tables.items():
        path = folder / f"project.dataset_intermediate.{name}"
        path.mkdir()
        pq.write_table(in_zone(table, "UTC"), path / "input.parquet")
    run = subprocess.run(
        [SPARK_PYTHON, Path(__file__).with_name("spark_runner.py"), folder, *scripts.values()],
        env=os.environ | {"PYSPARK_PYTHON": SPARK_PYTHON, "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-5000:]
    return {name: pq.read_table(folder / f"project.dataset_intermediate.{name}") for name in scripts}, run.stdout


def test_scripts_can_be_read_by_python(scripts):
    assert set(scripts) == {module.__name__ for module in PYTHON_MODELS.values()}
    for name, script in scripts.items():
        compile(script.read_text(), name, "exec")


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_scripts_find_what_the_models_find_on_duckdb(scripts, tmp_path):
    tables = graph_tables(7, graph_count=200, path_length=10_000)
    found, said = run_on_spark(scripts, tables, tmp_path)
    expected = found_by_python(tables)
    for name, module in PYTHON_MODELS.items():
        assert sorted_rows(in_zone(found[module.__name__], None)) == sorted_rows(expected[name]), name
    rounds = [int(number) for number in re.findall(r"(\d+) rounds", said)]
    print(rounds)
    assert len(rounds) == 2 and max(rounds) <= 20
