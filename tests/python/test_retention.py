"""The dry run of retention periods tells what becomes of rows and persons."""

import os
import shutil
from pathlib import Path

import duckdb
import pytest
from dbt_runs import PROJECT
from test_incremental import in_long_runs

from identity_graph.cli import main
from identity_graph.project import CommandError
from identity_graph.retention_dry_run import trial_lines
from identity_graph.retention_trial import RetentionTrial, State, compare_persons, read_periods


def state(persons: dict[str, str], **row_counts: int) -> State:
    """A state of one space."""
    return State(row_counts, {("s", name): ("s", person) for name, person in persons.items()})


def test_persons_are_gone_or_divided():
    before = state({"a": "a", "b": "a", "c": "a", "d": "d", "e": "e", "f": "e"})
    after = state({"a": "a", "c": "c", "e": "f", "f": "f"})
    losses = compare_persons(before, after)
    assert losses.ids_gone == 2
    assert losses.persons_gone == 1, "d"
    assert losses.persons_divided == 1, "a and c"


def test_report_names_only_tables_that_change():
    report = "\n".join(trial_lines(RetentionTrial(state({}, users=3, sessions=7), state({}, users=2, sessions=7))))
    assert "users" in report
    assert "sessions" not in report
    assert "no table would change" in "\n".join(trial_lines(RetentionTrial(state({}, users=3), state({}, users=3))))


def test_file_of_other_columns_or_cells_is_refused(tmp_path, capsys):
    path = tmp_path / "periods.csv"
    for content, words in (
        ("layer,days\nevents,30\n", "its columns must be layer, days, owner, reason"),
        ("layer,days,owner,reason\nevents,30,growth,costs, mostly\n", "line 2: the line has not as many cells"),
        ("layer,days,owner,reason\nevents,-5,growth,costs\n", "days is -5, and has to be a whole number from 1 to"),
        ("layer,days,owner,reason\nevents,99999999999,growth,costs\n", "days is 99999999999, and has to be"),
    ):
        path.write_text(content)
        with pytest.raises(CommandError, match=words):
            read_periods(path)
    assert main(["retention-dry-run", str(path)]) == 2
    assert main(["retention-dry-run", "--database", str(tmp_path / "none.duckdb")]) == 2
    assert "run make build first" in capsys.readouterr().err


@in_long_runs
def test_demo_loses_what_is_older(demo_build, tmp_path, monkeypatch, capsys):
    for name, value in demo_build.env.items():
        if name.startswith("IDENTITY_") and name != "IDENTITY_DUCKDB_PATH":
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(PROJECT)
    monkeypatch.delitem(os.environ, "IDENTITY_EVENTS", raising=False)
    path = tmp_path / "periods.csv"
    rows = ["events,,p,r", "rejected_events,,p,r", "observations,1,p,r", "reported_users,1,p,r"]
    path.write_text("\n".join(["layer,days,owner,reason", *rows]) + "\n")
    database = Path(shutil.copy(demo_build.path, tmp_path))
    with duckdb.connect(str(database)) as connection:
        connection.execute("update snapshots.users_reported set dbt_valid_to = '2026-01-10' where anonymous_id < '1'")
    assert main(["retention-dry-run", str(path), "--database", str(database)]) == 0
    report = capsys.readouterr().out
    assert "marts.users" in report and "snapshots.users_reported" in report
    assert "marts.sessions" not in report, "events stay"
