"""The command identity-graph: each sub-command has a manual, and says in a sentence why it cannot run."""

import argparse
import importlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from dbt_runs import PROJECT

from identity_graph import explain, mcp, summary
from identity_graph.cli import COMMANDS, main
from identity_graph.database import find_database, open_database
from identity_graph.project import CommandError, find_project
from identity_graph.summary import pages

NAMES = [module.NAME for module in COMMANDS]
# What a command cannot do without.
NEEDED = {"check-source": ["generic"], "explain": ["an-id"], "land": ["events"], "what-if": ["rules.csv"]}
# What only moves messages into files reads nothing of a project.
WITHOUT_PROJECT = {"land"}
# A server answers even without a database, and says so to who asks.
SERVERS = {"mcp"}
HOLD = "import duckdb, sys, time; held = duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(600)"


def manual(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command says of itself."""
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    return capsys.readouterr().out


def readers(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """The commands that read a database, with what else they need; a server begins, and tells its client instead."""
    reading = [name for name in NAMES if "--database FILE" in manual(name, capsys) and name != mcp.NAME]
    return [[name, *NEEDED.get(name, [])] for name in reading]


def refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The sentence by which a command says that it cannot run."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("identity-graph: ")
    assert printed.err.count("\n") == 1, printed.err
    return printed.err


@pytest.fixture
def in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in the project, on a database that does not exist."""
    monkeypatch.chdir(PROJECT)
    for name in ("IDENTITY_TARGET", "IDENTITY_EVENTS", "DBT_TARGET"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "profiles.yml").write_text((PROJECT / "profiles.example.yml").read_text())
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path / "profile"))
    monkeypatch.setenv("IDENTITY_DUCKDB_PATH", str(tmp_path / "mine.duckdb"))
    return tmp_path / "mine.duckdb"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A database that another process writes to, and the number of that process."""
    path = tmp_path / "held.duckdb"
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "held\n"
    yield path, process.pid
    process.kill()
    process.communicate()


def test_the_manual_names_every_command_and_says_what_exit_codes_mean(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = capsys.readouterr().out
    assert [name for name in NAMES if f"    {name}" not in printed] == []
    assert re.search(r"Exit code: 0 = .*, 1 = .*, 2 = ", printed, re.S)


@pytest.mark.parametrize("name", NAMES)
def test_a_command_has_a_manual_with_an_example_first(name, capsys):
    about = manual(name, capsys).split("\n\n", 1)[1]
    sentence, example, *_ = about.split("\n\n")
    assert sentence.endswith(".")
    assert example.startswith(f"    identity-graph {name}")
    assert re.search(r"Exit code: 0 = .*2 = ", about, re.S)


def test_commands_read_the_database_by_one_argument(capsys):
    texts = {re.search(r"--database FILE\s+((?:.+\n)+)", manual(name, capsys))[1] for name, *_ in readers(capsys)}
    assert len({" ".join(text.split()) for text in texts}) == 1
    assert len(readers(capsys)) >= 5


def test_a_missing_database_is_named(in_project, tmp_path, capsys):
    for command in readers(capsys):
        assert f"there is no database at {in_project}: run make build" in refusal(command, capsys)
        missing = str(tmp_path / "none.duckdb")
        assert f"there is no database at {missing}" in refusal([*command, "--database", missing], capsys)


def test_a_database_that_a_build_writes_to_is_not_opened(in_project, held, capsys):
    path, process = held
    for command in readers(capsys):
        assert f"a build is running (process {process})" in refusal([*command, "--database", str(path)], capsys)


def test_ctrl_c_ends_a_command_in_a_sentence(monkeypatch, capsys):
    def wait(_: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(summary, "run", wait)
    assert main(["summary"]) == 130
    assert capsys.readouterr().err == "identity-graph: interrupted.\n"


def test_a_database_without_marts_is_no_build(in_project, tmp_path, capsys):
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    for command in readers(capsys):
        said = refusal([*command, "--database", str(path)], capsys)
        assert re.search(
            r"there is no table (marts|marts_masked|intermediate)\.\w+: (the mart is switched off, or )?no build .*"
            r" run make build",
            said,
        ), said


def test_a_file_that_is_no_database_is_named(in_project, tmp_path, capsys):
    path = tmp_path / "text.duckdb"
    path.write_text("no database\n" * 1000)
    for command in readers(capsys):
        said = refusal([*command, "--database", str(path)], capsys)
        assert f"{path} cannot be opened as a DuckDB database" in said


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_argument_is_refused(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([name, *NEEDED.get(name, []), "--no-such-argument"])
    assert stopped.value.code == 2
    assert "unrecognized arguments: --no-such-argument" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["activate", "--destination", ""], "an argument is empty"),
        (["land", "events", "--group="], "an argument is empty"),
        (["explain", "\udcff"], "an argument is not in UTF-8"),
    ],
)
def test_what_names_nothing_is_refused(arguments, message, in_project, capsys):
    assert message in refusal(arguments, capsys)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITHOUT_PROJECT])
def test_outside_of_a_project_commands_say_where_to_run(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IDENTITY_DUCKDB_PATH", raising=False)
    said = refusal([name, *NEEDED.get(name, [])], capsys)
    assert "there is no dbt_project.yml" in said


def test_outside_of_a_project_the_environment_names_the_database(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IDENTITY_DUCKDB_PATH", str(tmp_path / "mine.duckdb"))
    for name in ("explain", "summary", "verify-erasure"):
        said = refusal([name, *NEEDED.get(name, [])], capsys)
        assert f"there is no database at {tmp_path / 'mine.duckdb'}" in said
    duckdb.connect(str(tmp_path / "mine.duckdb")).close()
    assert find_database() == tmp_path / "mine.duckdb"
    assert pages() == []
    monkeypatch.setenv("IDENTITY_DUCKDB_PATH", "")
    assert "there is no dbt_project.yml" in refusal(["summary"], capsys)


def test_an_empty_variable_names_no_database(in_project, monkeypatch):
    monkeypatch.setenv("IDENTITY_DUCKDB_PATH", "")
    project = find_project()
    assert project.database(project.duckdb_profile()) == PROJECT / "identity_graph.duckdb"


def test_the_server_says_at_its_start_that_there_is_no_database(tmp_path):
    command = [sys.executable, "-m", "identity_graph", "mcp", "--database", str(tmp_path / "none.duckdb")]
    done = subprocess.run(command, cwd=PROJECT, input="", capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert f"there is no database at {tmp_path / 'none.duckdb'}" in done.stderr


def test_another_target_than_duckdb_is_named(in_project, monkeypatch, capsys):
    monkeypatch.setenv("IDENTITY_TARGET", "bigquery")
    for command in readers(capsys):
        assert "works on DuckDB only, and the target is bigquery" in refusal(command, capsys)


def test_files_that_cannot_be_read_are_named(in_project, tmp_path, capsys):
    duckdb.connect(str(in_project)).close()
    for command in (["what-if"], ["retention-dry-run"], ["verify-erasure", "--identifiers"]):
        assert f"{tmp_path / 'none.csv'} cannot be read" in refusal([*command, str(tmp_path / "none.csv")], capsys)


def test_every_command_that_is_named_anywhere_exists():
    pages = [
        PROJECT / "Makefile",
        PROJECT / "README.md",
        PROJECT / "CONTRIBUTING.md",
        *(PROJECT / "docs").rglob("*.md"),
    ]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    named = set(re.findall(r"(?:\$\(BIN\)/|[`$] ?)identity-graph ([a-z][a-z-]+)", text))
    assert named - set(NAMES) == set()
    assert len(named) >= 5
    scripts = {path.name for path in (PROJECT / "scripts").glob("*.py")}
    assert set(re.findall(r"scripts/(\w+[.]py)", text)) <= scripts


def test_every_make_target_that_calls_the_command_names_one_that_exists():
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    called = re.findall(r"^\t\$\(BIN\)/identity-graph ([a-z-]+)", makefile, re.M)
    assert {"check-source", "export", "retention-dry-run", "summary", "verify-erasure"} <= set(called) <= set(NAMES)


@pytest.mark.parametrize("script", sorted((PROJECT / "scripts").glob("*.py")), ids=lambda path: path.stem)
def test_scripts_find_what_they_import(script):
    assert hasattr(importlib.import_module(script.stem), "main") == ("__main__" in script.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("target", "called"),
    [
        (["export"], "identity-graph export 'target/export'"),
        (["export", "FOLDER=it's here", "MASKED=true"], r"identity-graph export 'it'\''s here' --masked"),
        (["export", "MASKED=1"], "identity-graph export 'target/export' --masked"),
        (["export", "MASKED=false"], "identity-graph export 'target/export'"),
        (["export", "VARS={a: [b]}"], "identity-graph export 'target/export'  --vars '{a: [b]}'"),
        (["verify-erasure", "DATABASE=a.duckdb"], "identity-graph verify-erasure --database a.duckdb"),
        (["retention-dry-run", "PERIODS=p.csv"], "identity-graph retention-dry-run p.csv"),
    ],
)
def test_make_passes_its_arguments_on(target, called):
    # As if no other make called it: that one would have its say.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "-n", *target], cwd=PROJECT, env=alone, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == f".venv/bin/{called}"


def test_reader_who_has_read_enough_is_no_error(demo_build, monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        assert main(["summary", "--database", str(demo_build.path)]) == 0


def test_output_that_cannot_be_written_is_told_in_a_sentence(demo_build, monkeypatch, capsys):
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert main(["summary", "--database", str(demo_build.path)]) == 2
    assert capsys.readouterr().err == "identity-graph: No space left on device: the output.\n"


def test_id_of_any_alphabet_is_shown_whatever_the_terminal_knows(monkeypatch):
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", shown)
    monkeypatch.setattr(explain, "run", lambda options: print(options.id_a) or 0)
    assert main(["explain", "\u540d"]) == 0
    assert b"\\u540d" in shown.buffer.getvalue()


def test_damaged_database_is_told_in_a_sentence(tmp_path):
    path = tmp_path / "graph.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.users as select random() as number from range(300_000)")
    whole = path.read_bytes()
    said = set()
    # Three headers, then blocks.
    for block in range(3 * 4096, len(whole), 256 * 1024):
        path.write_bytes(whole[: block + 1000] + bytes([whole[block + 1000] ^ 255]) + whole[block + 1001 :])
        with pytest.raises(CommandError) as refused, open_database(path) as connection:
            connection.execute("select sum(number) from marts.users").fetchall()
        said.add(str(refused.value).removeprefix(f"{path} ").split(":")[0])
    assert said == {"is damaged", "cannot be opened as a DuckDB database"}


# --- Schemas of another project --------------------------------------------------------------------------------------
def make_build(path: Path, prefix: str, marts: str = "marts", target: str = "main") -> None:
    """Make tables of a build whose schemas have other names, and the note of where they lie."""
    lying = {
        "marts": (f"{prefix}{marts}", ("users", "users_history")),
        "intermediate": (f"{prefix}intermediate", ("int_events_received", "int_identity_ids")),
        "seeds": (f"{prefix}seeds", ("channel_rules", "identity_key_rules")),
    }
    noted = [(layer, table, schema) for layer, (schema, tables) in lying.items() for table in tables]
    noted.append(("seeds", "identity_overrides", "acme"))
    with duckdb.connect(str(path)) as connection:
        for _, table, schema in noted:
            connection.execute(f'create schema if not exists "{schema}"')
            connection.execute(f"create or replace table \"{schema}\".{table} as select '{schema}' as place")
        connection.execute(f'create schema "{prefix}{marts}_masked"')
        connection.execute(f"create view \"{prefix}{marts}_masked\".users as select 'masked' as place")
        rows = ", ".join(str((*row, target)) for row in noted)
        connection.execute(
            f'create view "{prefix}intermediate".build_relations as'
            f" from (values {rows}) as noted (layer, table_name, schema_name, target_schema)"
        )


def places(path: Path, *tables: str) -> list[str]:
    """In which schemas the tables lie that are asked for by the names of the project itself."""
    with open_database(path) as connection:
        return [connection.execute(f"select place from {table}").fetchall()[0][0] for table in tables]


def test_tables_are_found_where_the_build_noted_them(tmp_path):
    make_build(tmp_path / "other.duckdb", "prod-", "customers")
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        # Another table of that name, and what is left from when the schema had another name.
        connection.execute("create schema travel")
        connection.execute("create table travel.identity_overrides as select 'travel' as place")
        connection.execute("create schema marts")
        connection.execute("create table marts.users as select 'before' as place")
    tables = ("marts.users", "intermediate.int_identity_ids", "seeds.identity_key_rules", "seeds.identity_overrides")
    expected = ["prod-customers", "prod-intermediate", "prod-seeds", "acme"]
    assert places(tmp_path / "other.duckdb", *tables, "marts_masked.users") == [*expected, "masked"]


def test_of_two_builds_in_one_file_that_of_the_target_is_read(tmp_path, monkeypatch):
    file = tmp_path / "two.duckdb"
    for target in ("dev", "prod"):
        make_build(file, f"{target}_", target=target)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match="several builds: .* dev_intermediate, prod_intermediate"):
        places(file, "marts.users")
    project = {"name": "acme", "profile": "acme", "packages-install-path": "."}
    (tmp_path / "dbt_project.yml").write_text(json.dumps(project))
    outputs = {name: {"type": "duckdb", "path": "two.duckdb", "schema": name} for name in ("dev", "prod")}
    (tmp_path / "profiles.yml").write_text(json.dumps({"acme": {"target": "prod", "outputs": outputs}}))
    (tmp_path / "identity_graph").symlink_to(PROJECT)
    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)
    assert places(file, "marts.users") == ["prod_marts"]
    monkeypatch.setenv("DBT_TARGET", "dev")
    assert places(file, "marts.users") == ["dev_marts"]


def test_a_database_that_is_given_needs_no_project(tmp_path, monkeypatch):
    duckdb.connect(str(tmp_path / "any.duckdb")).close()
    monkeypatch.chdir(tmp_path)
    assert find_database(Path("any.duckdb")) == Path("any.duckdb")
