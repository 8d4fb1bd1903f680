"""Tests of the rounds in SQL: the same rows as the Python models give, and few rounds even for a long path."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import int_group_components
import int_identity_components
import int_identity_confidence
import int_identity_limited_components
import int_identity_merges
import pyarrow as pa
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt_runs import PROJECT
from random_graphs import graph_tables

PYTHON_MODELS = {
    "int_identity_components": int_identity_components,
    "int_identity_limited_components": int_identity_limited_components,
    "int_identity_confidence": int_identity_confidence,
    "int_identity_merges": int_identity_merges,
    "int_group_components": int_group_components,
}


@dataclass(frozen=True)
class Found:
    """What the graph models found, and in how many rounds."""

    tables: dict[str, pa.Table]
    rounds: dict[str, int]


def sorted_rows(table: pa.Table) -> list[tuple[Any, ...]]:
    names = sorted(table.column_names)
    return sorted(zip(*(table.column(name).to_pylist() for name in names), strict=True))


def found_by_python(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    with duckdb.connect() as session:
        dbt = SimpleNamespace(config=lambda **_: None, ref=lambda name: session.from_arrow(tables[name]))
        return {name: module.model(dbt, session) for name, module in PYTHON_MODELS.items()}


@pytest.fixture(scope="module")
def find_by_rounds(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Found]:
    """Write tables to a database of its own and let dbt build models/intermediate/graph/warehouse on them."""
    folder = tmp_path_factory.mktemp("rounds")
    (folder / "profiles.yml").write_text((PROJECT / "profiles.example.yml").read_text())
    database = folder / "rounds.duckdb"
    env = {
        "DBT_PROFILES_DIR": str(folder),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_LOG_LEVEL_FILE": "none",
        "DBT_WRITE_JSON": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "IDENTITY_DUCKDB_PATH": str(database),
        "IDENTITY_GRAPH_ENGINE": "sql",
    }
    manifests: list[Any] = []

    def dbt(*arguments: str) -> Any:
        runner = dbtRunner(manifest=manifests[0] if manifests else None)
        common = ["--quiet", "--project-dir", str(PROJECT)]
        result = runner.invoke([*arguments, *common])
        DuckDBConnectionManager.close_all_connections()
        assert result.success, result.exception or [(one.node.name, one.message) for one in result.result]
        return result.result

    def find(tables: dict[str, pa.Table]) -> Found:
        Path(database).unlink(missing_ok=True)
        with duckdb.connect(str(database)) as session:
            session.execute("create schema intermediate")
            for name, table in tables.items():
                session.from_arrow(table).create(f"intermediate.{name}")
        with pytest.MonkeyPatch.context() as patch:
            for name in ("IDENTITY_EVENTS", "IDENTITY_TARGET"):
                patch.delenv(name, raising=False)
            for name, value in env.items():
                patch.setenv(name, value)
            if not manifests:
                manifests.append(dbt("parse"))
            results = dbt("run", "--select", "path:models/intermediate/graph/warehouse")
        rounds = {
            result.node.name: result.adapter_response["rows_affected"]
            for result in results
            if result.node.config.materialized == "rounds"
        }
        with duckdb.connect(str(database), read_only=True) as session:
            found = {name: session.table(f"intermediate.{name}").to_arrow_table() for name in PYTHON_MODELS}
        return Found(found, rounds)

    return find


@pytest.fixture
def count_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Any]:
    """Let dbt build a model that counts down from a number, a round a step, and may take three rounds."""
    (tmp_path / "macros").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "macros" / "rounds.sql").symlink_to(PROJECT / "macros" / "graph" / "rounds.sql")
    (tmp_path / "dbt_project.yml").write_text("name: count_down\nversion: 1.0.0\nprofile: count_down\n")
    (tmp_path / "profiles.yml").write_text(
        "count_down: {target: duckdb, outputs: {duckdb: {type: duckdb, path: count_down.duckdb}}}"
    )
    for name, value in {"PROFILES_DIR": tmp_path, "TARGET_PATH": tmp_path / "target", "LOG_PATH": tmp_path}.items():
        monkeypatch.setenv(f"DBT_{name}", str(value))
    monkeypatch.chdir(tmp_path)

    def build(start: int) -> Any:
        (tmp_path / "models" / "steps.sql").write_text(
            f"""
            {{{{ config(
                materialized='rounds',
                meta={{'max_rounds': 3}},
                pre_hook='create or replace table {{{{ this }}}} as select {start} as step'
            ) }}}}
            select greatest(step - 1, 0) as step, step > 0 as is_changed from {{{{ this }}}}
            """
        )
        result = dbtRunner().invoke(["run", "--quiet", "--project-dir", str(tmp_path)])
        DuckDBConnectionManager.close_all_connections()
        return result.result[0]

    return build


@pytest.mark.parametrize(("start", "rounds"), [(0, 1), (2, 3)])
def test_rounds_go_on_until_one_changes_nothing(count_down, start, rounds):
    result = count_down(start)
    assert (result.status, result.message) == ("success", f"{rounds} rounds")


def test_rounds_that_never_end_are_an_error(count_down):
    result = count_down(3)
    assert result.status == "error"
    assert "steps still changes after 3 rounds" in result.message


@pytest.mark.parametrize("seed", range(6))
def test_rounds_find_what_the_python_models_find(find_by_rounds, seed):
    tables = graph_tables(seed)
    found = find_by_rounds(tables)
    for name, expected in found_by_python(tables).items():
        assert sorted_rows(found.tables[name].select(expected.column_names)) == sorted_rows(expected), name
        assert expected.num_rows > 0


def test_long_shuffled_path_takes_few_rounds(find_by_rounds):
    tables = graph_tables(99, graph_count=20, path_length=10_000)
    found = find_by_rounds(tables)
    for name, expected in found_by_python(tables).items():
        assert sorted_rows(found.tables[name].select(expected.column_names)) == sorted_rows(expected), name
    print(found.rounds)
    assert found.rounds["int_identity_component_rounds"] <= 20
    assert found.rounds["int_group_components"] <= 20


def test_tables_without_rows_give_no_rows(find_by_rounds):
    found = find_by_rounds({name: table.slice(0, 0) for name, table in graph_tables(0).items()})
    assert all(table.num_rows == 0 for table in found.tables.values())
    assert set(found.rounds.values()) == {1}
