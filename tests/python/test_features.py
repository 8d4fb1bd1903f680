"""No leakage: features of a day are the same whether or not the database knows what came after that day.

The demo is built from all its events, and again from only those that occurred by the end of some day; every row up to
that day must be equal. What the graph's rules may take back later (docs/features.md) is told apart: under the project's
own rules all rows are equal but those of persons whose merges were judged anew; under rules that decide for good, all.

    INCREMENTAL_DAYS=1 pytest tests/python/test_features.py   # the latter too: three more builds
"""

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_runs import PROJECT, Dbt, copy_of_project
from test_incremental import in_long_runs

DAYS = ["2026-01-20", "2026-02-05"]
NEVER = 1_000_000
# Of the demo's rows up to the day, 11 in a thousand belong to persons whose merges were judged anew.
MAX_REVISED_SHARE = 0.02


def write_final_rules(source: Path, target: Path) -> None:
    """Write the key rules without those of which later events may take a link back."""
    with source.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["resolution_level"] == "individual":
            # A better partner, or a second account on the other side of a chain, may come later.
            if row["corroboration"] or row["max_values_per_profile"]:
                row["is_enabled"] = "false"
            row["max_ids_per_key"] = row["max_ids_per_key"] and str(NEVER)
    with target.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def copy_with_final_rules(folder: Path) -> Path:
    """Copy the project, with other key rules."""
    copy = copy_of_project(folder / "project")
    write_final_rules(PROJECT / "seeds" / "identity_key_rules.csv", copy / "seeds" / "identity_key_rules.csv")
    return copy


def write_events_until(database: Path, events: Path, day: str, path: Path) -> None:
    """Write the raw rows of the events that occurred by the end of a day, and those that are no events."""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(
            f"""
            copy (
                select * from read_parquet('{events}')
                where event_id not in (
                    select event_id
                    from intermediate.int_events
                    where occurred_at >= date '{day}' + interval 1 day
                )
            ) to '{path}'
            """
        )


def build_features(project: Path, folder: Path, variables: dict[str, Any], events: Path | None = None) -> Path:
    """Build the features and all that they are made from, and return the database's path."""
    dbt = Dbt(folder, project, {"IDENTITY_EVENTS": str(events)} if events else {})
    dbt.parse()
    arguments = ["--select", "+person_features", "+users_history", "--exclude-resource-type", "test", "unit_test"]
    done = dbt("build", *arguments, "--vars", json.dumps(variables))
    assert done.success, done.output
    return dbt.database


def compare(everything: Path, then: Path, day: str) -> duckdb.DuckDBPyConnection:
    """Open two databases side by side, with what each tells of the time up to a day and where they differ."""
    connection = duckdb.connect()
    for name, path in (("everything", everything), ("that_day", then)):
        connection.execute(f"attach '{path}' as {name} (read_only)")
        connection.execute(
            f"""
            create view features_{name} as
            select * from {name}.marts.person_features where feature_date <= date '{day}'
            """
        )
        connection.execute(
            f"""
            create view history_{name} as
            select space_id, anonymous_id, universal_id, valid_from_at
            from {name}.marts.users_history
            where valid_from_at < date '{day}' + interval 1 day
            """
        )
    for table in ("features", "history"):
        connection.execute(
            f"""
            create view differing_{table} as
            (select * from {table}_everything except select * from {table}_that_day)
            union all
            (select * from {table}_that_day except select * from {table}_everything)
            """
        )
    return connection


def assert_there_is_something_to_leak(connection: duckdb.DuckDBPyConnection, day: str) -> None:
    """Check that persons have several ids by then, and that others merge later."""
    merges_to_come = connection.execute(
        f"""
        select count(*)
        from everything.marts.users_history
        where change_type = 'merged' and valid_from_at >= date '{day}' + interval 1 day
        """
    ).fetchall()[0][0]
    rows, merged = connection.execute(
        "select count(*), count(*) filter (id_count > 1) from features_everything"
    ).fetchall()[0]
    assert rows > 500 and merged > 50 and merges_to_come > 50


@pytest.fixture
def demo_events(demo_build) -> Path:
    """The demo's raw events."""
    return demo_build.project / "seeds" / "demo" / "events.parquet"


def test_only_merges_that_are_judged_anew_change_the_past(demo_build, demo_events, tmp_path):
    day = DAYS[-1]
    events = tmp_path / "events.parquet"
    write_events_until(demo_build.path, demo_events, day, events)
    then = build_features(PROJECT, tmp_path / "then", {}, events)
    with compare(demo_build.path, then, day) as connection:
        assert_there_is_something_to_leak(connection, day)
        unexplained = connection.execute(
            """
            select *
            from differing_features
            where (space_id, universal_id) not in (
                select (history.space_id, history.universal_id)
                from (select * from history_everything union all select * from history_that_day) as history
                where (history.space_id, history.anonymous_id) in (
                    select (space_id, anonymous_id) from differing_history
                )
            )
            order by all
            """
        ).fetchall()
        assert unexplained == []
        rows, changed = connection.execute(
            """
            select
                (select count(*) from features_everything),
                (select count(distinct (space_id, universal_id, feature_date)) from differing_features)
            """
        ).fetchall()[0]
        assert 0 < changed < MAX_REVISED_SHARE * rows


@in_long_runs
def test_under_rules_that_decide_for_good_nothing_changes_the_past(demo_build, demo_events, tmp_path):
    project = copy_with_final_rules(tmp_path)
    variables = {"component_cap_floor": NEVER}
    everything = build_features(project, tmp_path / "everything", variables)
    for day in DAYS:
        events = tmp_path / f"{day}.parquet"
        write_events_until(everything, demo_events, day, events)
        then = build_features(project, tmp_path / day, variables, events)
        with compare(everything, then, day) as connection:
            assert_there_is_something_to_leak(connection, day)
            assert connection.execute("select * from differing_features order by all").fetchall() == []
