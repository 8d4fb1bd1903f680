"""What BI tools open: the database in an older DuckDB, and the marts as Parquet files with their manifest."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import OPTIONAL_MARTS
from dbt_runs import PROJECT, Dbt
from read_tables import read_tables
from test_classification import class_of

from identity_graph.cli import main
from identity_graph.erasure_search import copy_database

OLDER_PYTHON = "IDENTITY_DUCKDB14_PYTHON"
CONVERSION = re.search(r"```sql\n(attach (?:.*\n)+?)```", (PROJECT / "docs" / "bi.md").read_text(encoding="utf-8"))[1]

Node = dict[str, Any]
Tables = dict[str, dict[str, Any]]


@dataclass
class Project:
    """dbt on one database after the other; all have the name that the demo's has."""

    dbt: Dbt

    def __call__(self, database: Path, *arguments: str) -> list[str]:
        """Run a dbt command on a database; return the errors that it gave."""
        return self.dbt(*arguments, IDENTITY_DUCKDB_PATH=str(database)).errors

    def export(self, database: Path, folder: Any, *arguments: str, **options: Any) -> list[str]:
        """Export the marts; return the errors."""
        return self(
            database, "run-operation", "export_marts", "--args", json.dumps({"folder": folder} | options), *arguments
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    dbt = Dbt(tmp_path_factory.mktemp("exporting"))
    dbt.parse()
    return Project(dbt)


@pytest.fixture
def copied(demo_build, tmp_path: Path) -> Path:
    """The demo's database in a folder of its own, to change."""
    return Path(shutil.copy(demo_build.path, tmp_path))


@pytest.fixture(scope="module")
def marts(demo_build) -> dict[str, Node]:
    """The public marts by name, as dbt knows them."""
    nodes = json.loads((demo_build.target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    public = {node["name"]: node for node in nodes if node["resource_type"] == "model" and node["access"] == "public"}
    assert len(public) > 20
    return public


@pytest.fixture(scope="module")
def places(marts) -> dict[str, str]:
    """Where each mart lies in the database."""
    return {name: f'"{node["schema"]}"."{node["alias"]}"' for name, node in marts.items()}


@pytest.fixture(scope="module")
def exported(project, demo_build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's marts in a folder whose parent was not there either, and whose name has to be quoted."""
    folder = tmp_path_factory.mktemp("export") / "it's" / 'a "new" one'
    assert project.export(demo_build.path, str(folder)) == []
    return folder


@pytest.fixture(scope="module")
def read_with_older() -> Callable[[Path | None, dict[str, str]], Tables]:
    """Read tables with DuckDB 1.4, in its own environment."""
    python = os.environ.get(OLDER_PYTHON)
    if not python:
        pytest.skip(f"{OLDER_PYTHON} names no Python with DuckDB 1.4; make test sets it")

    def read(database: Path | None, tables: dict[str, str]) -> Tables:
        asked = {"database": database and str(database), "tables": tables}
        script = Path(__file__).with_name("read_tables.py")
        done = subprocess.run([python, script], input=json.dumps(asked), capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(done.stderr)
        answer = json.loads(done.stdout)
        assert answer["version"].startswith("1.4.")
        return answer["tables"]

    return read


def manifest_of(folder: Path) -> Node:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def files_of(folder: Path) -> dict[str, str]:
    """The files that the manifest lists, by mart, to be read by DuckDB."""
    listed = {mart["name"]: str(folder / mart["file"]).replace("'", "''") for mart in manifest_of(folder)["marts"]}
    return {name: f"read_parquet('{file}')" for name, file in listed.items()}


def test_older_duckdb_reads_the_database(demo_build, places, read_with_older):
    assert read_with_older(demo_build.path, places) == read_tables(str(demo_build.path), places)


def test_older_duckdb_reads_the_database_after_another_run(project, copied, places, read_with_older):
    assert project(copied, "run") == []
    with duckdb.connect(str(copied), read_only=True) as connection:
        loads = connection.execute(
            "select load_number, is_complete from intermediate.event_loads order by 1"
        ).fetchall()
    assert loads == [(1, True), (2, True)]
    assert read_with_older(copied, places) == read_tables(str(copied), places)


def test_older_duckdb_reads_the_database_that_verify_erasure_compacted(copied, places, read_with_older):
    compact = copied.with_name("compact.duckdb")
    copy_database(copied, compact)
    assert read_with_older(compact, {"users": places["users"]}) == read_tables(str(copied), {"users": places["users"]})


def test_a_database_in_the_newest_format_goes_on_and_can_be_converted(
    project, demo_build, places, read_with_older, tmp_path, monkeypatch
):
    newest = tmp_path / demo_build.path.name
    with duckdb.connect() as connection:
        connection.execute(f"attach '{demo_build.path}' as built (read_only); attach '{newest}' as newest")
        connection.execute("copy from database built to newest")
    with pytest.raises(OSError, match="version number"):
        read_with_older(newest, places)
    # The profile's setting does not keep the file from being opened; the seeds are written into it.
    assert project(newest, "seed") == []
    with pytest.raises(OSError, match="version number"):
        read_with_older(newest, places)

    newest.rename(tmp_path / "identity_graph.duckdb")
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        connection.execute(CONVERSION)
    (converted,) = set(tmp_path.glob("*.duckdb")) - {tmp_path / "identity_graph.duckdb"}
    assert read_with_older(converted, places) == read_tables(str(demo_build.path), places)


def test_every_public_mart_is_exported_as_it_is(demo_build, exported, marts, places, read_with_older):
    files = files_of(exported)
    assert list(files) == sorted(marts)
    assert {path.name for path in exported.iterdir()} == {"manifest.json", *(f"{name}.parquet" for name in marts)}
    built = read_tables(str(demo_build.path), places)
    assert read_tables(None, files) == built
    assert read_with_older(None, files) == built
    assert sum(table["rows"] > 0 for table in built.values()) > 20


def test_the_manifest_says_what_the_files_hold(demo_build, exported, marts):
    manifest = manifest_of(exported)
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        ((load_number, started_at),) = connection.execute(
            "select load_number, started_at from intermediate.event_loads"
        ).fetchall()
    assert manifest["load"] == {"load_number": load_number, "started_at": started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    assert manifest["masked"] is False
    held = read_tables(None, files_of(exported))
    for mart in manifest["marts"]:
        name, node = mart["name"], marts[mart["name"]]
        assert mart["row_count"] == held[name]["rows"], name
        assert [[column["name"], column["type"]] for column in mart["columns"]] == held[name]["columns"], name
        assert mart["description"] == node["description"].strip()
        for column in mart["columns"]:
            documented = node["columns"][column["name"]]
            assert column["description"] == documented["description"].strip()
            assert column["classification"] == class_of(documented)


def test_an_export_again_gives_the_same_manifest(project, demo_build, exported):
    before = (exported / "manifest.json").read_bytes()
    assert project.export(demo_build.path, f"{exported}/") == []
    assert (exported / "manifest.json").read_bytes() == before


def test_a_masked_export_tells_nobody(project, demo_build, exported, tmp_path):
    folder = tmp_path / "masked"
    assert project.export(demo_build.path, str(folder), masked=True) == []
    manifest = manifest_of(folder)
    assert manifest["masked"] is True
    plain = manifest_of(exported)
    assert manifest["load"] == plain["load"]
    assert manifest["marts"] == plain["marts"]
    masked_count = 0
    files, plain_files = files_of(folder), files_of(exported)
    with duckdb.connect() as connection:
        for mart in manifest["marts"]:
            told = [column["name"] for column in mart["columns"] if column["classification"] != "none"]
            masked_count += len(told)
            counts = ", ".join(["count(*) - count(*)", *(f'count("{name}")' for name in told)])
            assert set(connection.execute(f"select {counts} from {files[mart['name']]}").fetchall()[0]) == {0}, mart
            shown = [f'"{column["name"]}"' for column in mart["columns"] if column["classification"] == "none"]
            rows, plain_rows = (
                sorted(map(repr, connection.execute(f"select {', '.join(shown)} from {place}").fetchall()))
                for place in (files[mart["name"]], plain_files[mart["name"]])
            )
            assert rows == plain_rows, mart["name"]
    assert masked_count > 40


def test_a_mart_that_is_gone_is_not_listed(project, copied, tmp_path):
    folder = tmp_path / "export"
    assert project.export(copied, str(folder)) == []
    with duckdb.connect(str(copied)) as connection:
        connection.execute("drop table marts.devices")
    assert project.export(copied, str(folder)) == []
    assert "devices" not in files_of(folder)
    assert "users" in files_of(folder)


def test_marts_that_vars_switch_off_are_named_and_exported_with_the_vars(project, optional_build, tmp_path):
    arguments = ["run-operation", "export_marts", "--args", json.dumps({"folder": str(tmp_path)})]
    done = project.dbt(*arguments, IDENTITY_DUCKDB_PATH=str(optional_build.path))
    without = {mart["name"] for mart in manifest_of(tmp_path)["marts"]}
    assert "person_traits" not in without
    said = "\n".join(message for _, message in done.said)
    left = set(re.search(r" Not (.*): vars switch them off, so name those of the build", said).group(1).split(", "))
    dbt = Dbt(tmp_path / "with_vars")
    assert dbt(*arguments, *OPTIONAL_MARTS, IDENTITY_DUCKDB_PATH=str(optional_build.path)).success
    assert {mart["name"] for mart in manifest_of(tmp_path)["marts"]} == without | left


@pytest.mark.parametrize("variables", ["a: [b", "[a]"])
def test_vars_that_are_none_are_refused_in_a_sentence(variables, capsys):
    assert main(["export", "--vars", variables]) == 2
    assert capsys.readouterr().err.startswith("identity-graph: --vars")


def test_an_export_that_broke_off_lists_nothing(project, copied, tmp_path):
    folder = tmp_path / "export"
    assert project.export(copied, str(folder)) == []
    with duckdb.connect(str(copied)) as connection:
        # A view reads it, of a mart that comes after others.
        connection.execute("drop table seeds.metric_signoffs")
    (error,) = project.export(copied, str(folder))
    assert "metric_signoffs" in error
    assert manifest_of(folder) == {"marts": []}


def test_nothing_is_exported_before_a_build(project, demo_build, tmp_path):
    (error,) = project.export(tmp_path / demo_build.path.name, str(tmp_path / "export"))
    assert "Nothing is built yet: run dbt build" in error
    assert not (tmp_path / "export").exists()


def test_marts_of_a_run_that_broke_off_are_refused(project, copied, tmp_path):
    with duckdb.connect(str(copied)) as connection:
        connection.execute(
            "insert into intermediate.event_loads by name"
            " select load_number + 1 as load_number, started_at, false as is_complete from intermediate.event_loads"
        )
    (error,) = project.export(copied, str(tmp_path / "export"))
    assert "The last run (load 2) did not finish" in error
    assert "Run dbt build until it succeeds" in error
    assert not (tmp_path / "export").exists()


@pytest.mark.parametrize(
    ("folder", "options", "message"),
    [
        ("", {}, "folder is the path of the folder to write to"),
        (" ", {}, "folder is the path of the folder to write to"),
        (None, {}, "folder is the path of the folder to write to"),
        (7, {}, "folder is the path of the folder to write to"),
        ("unused", {"masked": "false"}, "masked is true (the masked views) or false (the marts), and not 'false'"),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused(project, demo_build, folder, options, message):
    (error,) = project.export(demo_build.path, folder, **options)
    assert message in error


def test_on_a_warehouse_bi_tools_read_the_marts_there(project, demo_build, tmp_path):
    # Credentials that nobody asks a server about before the first statement.
    output = {"type": "bigquery", "method": "oauth-secrets", "token": "none", "project": "none", "dataset": "none"}
    profiles = {"identity_graph": {"target": "warehouse", "outputs": {"warehouse": output}}}
    (tmp_path / "profiles.yml").write_text(json.dumps(profiles))
    (error,) = project.export(demo_build.path, "unused", "--profiles-dir", str(tmp_path))
    assert "On bigquery BI tools read the marts in the warehouse itself" in error
