"""identity-graph watch: what it builds is what dbt builds, run after run, and no failure ends it."""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace

import duckdb
import pytest
from dbt_runs import PARTIAL_PARSE, SETTINGS, Dbt, copy_of_project, parsed_project

from identity_graph import watch
from identity_graph.cli import main
from identity_graph.dbt_command import Done
from identity_graph.kept_project import KeptProject
from identity_graph.project import find_project
from identity_graph.watched_files import changed, project_files, raw_files, raw_places
from identity_graph.watcher import Outcome, Watcher, how_it_ended

MARTS = (
    "users", "users_history", "identity_links", "sessions", "conversions", "attributed_conversions",
    "conversion_cohorts", "event_volume",
)  # fmt: skip
WITHOUT_TESTS = ["--exclude-resource-type", "unit_test", "test"]
EVENTS_OF_A_DAY = 40
HOLD = """
import duckdb, sys
held = duckdb.connect(sys.argv[1], read_only=True)
print("held", flush=True)
sys.stdin.read()
"""


def land(folder: Path, day: int) -> None:
    """Land a day of few visitors, who log in, share addresses and buy now and then."""
    random = Random(day)
    rows = []
    for number in range(EVENTS_OF_A_DAY):
        visitor = random.randrange(8)
        moment = f"2026-01-{day:02d}T{8 + number // 6:02d}:{10 * (number % 6):02d}:00Z"
        is_order = random.random() < 0.15
        rows.append(
            {
                "event_id": f"{day}-{number}",
                "event_name": "order_completed" if is_order else "page_view",
                "occurred_at": moment,
                "received_at": moment,
                "anonymous_id": f"visitor-{visitor}",
                "user_id": f"user-{visitor // 2}" if random.random() < 0.3 else None,
                "order_id": f"order-{day}-{number}" if is_order else None,
                "revenue": "20.50" if is_order else None,
                "currency": "EUR" if is_order else None,
                "referrer": random.choice(["https://www.google.com/", "https://news.example.org/", None]),
                "page_url": "https://shop.example.com/",
            }
        )
    (folder / f"landing-{day}").write_text("\n".join(json.dumps(row) for row in rows))
    (folder / f"landing-{day}").rename(folder / f"{day}.ndjson")


@dataclass
class Story:
    """What a watcher did, one look after the other, and what dbt made of the same files."""

    watched: Dbt
    built: Dbt
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    finds_news: dict[str, bool] = field(default_factory=dict)
    marts: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    loads: list[tuple] = field(default_factory=list)
    event_count: int = 0

    @property
    def temporary(self) -> Path:
        """Where temporary files of the watcher go."""
        return self.watched.folder.parent / "temporary"


def read_marts(database: Path) -> dict[str, list[str]]:
    """Rows of the marts that are compared, sorted."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            mart: sorted(repr(row) for row in connection.execute(f"select * from marts.{mart}").fetchall())
            for mart in MARTS
        }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Two days that land one after the other, a third while the database is open elsewhere and a seed is broken."""
    folder = tmp_path_factory.mktemp("watch")
    landing = folder / "landing"
    landing.mkdir()
    project = copy_of_project(folder / "project")
    events = {"IDENTITY_EVENTS": str(landing / "*.ndjson")}
    watched, built = (Dbt(folder / name, project, events) for name in ("watched", "built"))
    story = Story(watched, built)
    watched.target.mkdir(parents=True)
    shutil.copy(parsed_project() / PARTIAL_PARSE, watched.target)
    story.temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(story.temporary))
        patch.setattr(sys, "dont_write_bytecode", False)
        for name in [name for name in os.environ if name.startswith(SETTINGS)]:
            patch.delenv(name)
        for name, value in watched.settings.items():
            patch.setenv(name, value)
        patch.chdir(project)
        watcher = Watcher(project, {}, WITHOUT_TESTS)

        def look(name: str) -> None:
            story.finds_news[name] = watcher.has_news()
            if story.finds_news[name]:
                story.outcomes[name] = watcher.run()

        for day in (1, 2):
            land(landing, day)
            look(f"day {day}")
            # Parsed anew each time, as a command line does.
            done = built("build", *WITHOUT_TESTS)
            assert done.success, done.output[-3000:]
        look("nothing new")
        story.marts = {"watched": read_marts(watched.database), "built": read_marts(built.database)}

        land(landing, 3)
        command = [sys.executable, "-c", HOLD, str(watched.database)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout and holder.stdout.readline() == "held\n"
            look("held")
            holder.communicate("")
        watcher.forget()
        seed = project / "seeds" / "identity_key_rules.csv"
        whole = seed.read_text()
        seed.write_text(whole.replace(",0.99,", ",nearly sure,"))
        look("broken seed")
        look("still broken")
        seed.write_text(whole)
        look("mended seed")
        with duckdb.connect(str(watched.database), read_only=True) as connection:
            story.loads = connection.execute(
                "select load_number, started_at, invocation_id, is_complete from intermediate.event_loads order by 1"
            ).fetchall()
            story.event_count = connection.execute("select sum(row_count) from marts.event_volume").fetchall()[0][0]
    yield story


def test_two_loads_give_the_marts_that_the_same_loads_give_dbt(story):
    for mart in MARTS:
        assert story.marts["watched"][mart] == story.marts["built"][mart], mart
        assert story.marts["watched"][mart], mart
    for number in (1, 2):
        assert re.match(rf"load {number}: {EVENTS_OF_A_DAY} new events, [\d.]+ s", story.outcomes[f"day {number}"].text)


def test_each_run_has_an_id_and_a_clock_of_its_own(story):
    clocks = [started_at for _, started_at, *_ in story.loads]
    assert clocks == sorted(set(clocks))
    assert len({invocation_id for *_, invocation_id, _ in story.loads}) == len(story.loads)


def test_a_look_that_finds_nothing_new_builds_nothing(story):
    assert story.finds_news["day 2"]
    assert not story.finds_news["nothing new"]
    assert not story.finds_news["still broken"]


def test_nothing_is_left_among_the_temporary_files(story):
    # Of each Python model of each run dbt-duckdb would leave the bytecode.
    assert list(story.temporary.iterdir()) == []


def test_a_database_that_another_process_holds_is_waited_for(story):
    outcome = story.outcomes["held"]
    assert outcome.is_kept_waiting and not outcome.has_failed
    assert re.fullmatch(rf"waits: process \d+ has {story.watched.database} open", outcome.text)


def test_a_failed_run_names_what_failed_and_the_next_is_right(story):
    broken, mended = story.outcomes["broken seed"], story.outcomes["mended seed"]
    assert broken.has_failed
    assert "failed: identity_key_rules - " in broken.text and "nearly sure" in broken.text
    assert "\n" not in broken.text
    assert not mended.has_failed
    assert story.event_count == 3 * EVENTS_OF_A_DAY
    assert [is_complete for *_, is_complete in story.loads] == [True, True, False, True]


def test_changed_files_of_the_project_are_parsed_anew_and_named(story):
    assert "(parsed in " in story.outcomes["day 1"].text
    assert "parsed" not in story.outcomes["day 2"].text
    for name in ("broken seed", "mended seed"):
        assert "(parsed anew, for seeds/identity_key_rules.csv, in " in story.outcomes[name].text


def test_a_build_begins_with_the_project_as_it_was_parsed(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text("{name: shop, version: 1.0.0, config-version: 2, profile: shop}")
    output = {"type": "duckdb", "path": str(tmp_path / "shop.duckdb")}
    profile = {"shop": {"target": "here", "outputs": {"here": output}}}
    (tmp_path / "profiles.yml").write_text(json.dumps(profile))
    ephemeral = "{{ config(materialized='ephemeral') }} select '{{ invocation_id }}' as invocation_id"
    (tmp_path / "models" / "inner.sql").write_text(ephemeral)
    noted = "{% set before = graph.get('noted', 'nothing') %}{% do graph.update({'noted': 'something'}) if execute %}"
    (tmp_path / "models" / "shown.sql").write_text(
        noted + " select *, '{{ before }}' as noted_before from {{ ref('inner') }}"
    )
    for name, value in {"DBT_PROFILES_DIR": str(tmp_path), "DBT_TARGET_PATH": "target", "DBT_LOG_PATH": "logs"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    project = KeptProject("{}")
    assert project.parse().success
    for _ in range(2):
        done = project.build()
        assert done.success, done.reason
        with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
            assert connection.execute("from shown").fetchall() == [(done.invocation_id, "nothing")]


def test_new_files_of_a_project_and_of_its_packages_are_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    package = tmp_path / "dbt_packages" / "identity_graph"
    for folder in (tmp_path / "own", package / "python_models", package / "tests" / "python"):
        folder.mkdir(parents=True)
    (tmp_path / "dbt_project.yml").write_text("{name: shop, model-paths: [own]}")
    (package / "dbt_project.yml").write_text("{name: identity_graph, model-paths: [models, python_models]}")
    project = find_project(tmp_path)
    before = project_files(project)
    new = {tmp_path / "own" / "a.sql", package / "python_models" / "b.py", tmp_path / "profiles.yml"}
    for file in (*new, tmp_path / "own" / "notes.txt", package / "tests" / "python" / "test_c.py"):
        file.touch()
    now = project_files(project)
    assert changed(before, now) == sorted(map(str, new))
    (tmp_path / "own" / "a.sql").write_text("select 1")
    assert changed(now, project_files(project)) == [str(tmp_path / "own" / "a.sql")]


def source(name: str, relation: str) -> SimpleNamespace:
    source_name, _, table = name.partition(".")
    return SimpleNamespace(unique_id=f"source.{name}", source_name=source_name, name=table, relation_name=relation)


def manifest(*sources: SimpleNamespace) -> SimpleNamespace:
    """A manifest in which one model reads all sources but those of the name `unread`."""
    read = [each.unique_id for each in sources if each.name != "unread"]
    model = SimpleNamespace(resource_type="model", depends_on=SimpleNamespace(nodes=read))
    all_of_them = SimpleNamespace(nodes=[each.unique_id for each in sources])
    test = SimpleNamespace(resource_type="test", depends_on=all_of_them)
    return SimpleNamespace(nodes={"model": model, "test": test}, sources={each.unique_id: each for each in sources})


def test_sources_are_looked_at_where_they_are_files_on_this_machine(tmp_path):
    lake = "s3://lake/events/*.parquet"
    places = raw_places(
        manifest(
            source("generic.events", f"read_parquet('{tmp_path}/o''brien/*.parquet', union_by_name = true)"),
            source("segment.order_completed", f"read_parquet('{tmp_path}/segment/order_completed/*.parquet')"),
            source("ground_truth.unread", f"'{tmp_path}/truth.parquet'"),
            source("previous_run.users", '"graph"."marts"."users"'),
            source("web.visits", '"graph"."web"."visits"'),
            source("lake.events", f"read_parquet('{lake}')"),
        ),
        ["web_events"],
    )
    assert places.others == tuple(sorted([lake, "web.visits", "web_events"]))
    files = [tmp_path / "o'brien" / "a.parquet", tmp_path / "segment" / "checkout_paid" / "b.parquet"]
    for file in (*files, tmp_path / "o'brien" / "a.parquet.landing", tmp_path / "truth.parquet"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert sorted(raw_files(places)) == sorted(map(str, files))


class Fake:
    """A watcher whose looks find something new, whose run has an outcome, or nothing."""

    def __init__(self, *looks: Outcome | None) -> None:
        """Keep the looks."""
        self.looks, self.forgotten = list(looks), 0

    def has_news(self, *, in_tables: bool = True) -> bool:
        """Look."""
        if self.looks[0] is None:
            self.looks.pop(0)
            return False
        return in_tables or self.looks[0] is not OF_TABLE

    def run(self) -> Outcome:
        """Give the outcome of the last look."""
        return self.looks.pop(0)

    def forget(self) -> None:
        """Count how often it was to look again."""
        self.forgotten += 1


OK, FAILED, WAITS = Outcome("ok"), Outcome("failed: users", has_failed=True), Outcome("waits", is_kept_waiting=True)
OF_TABLE = Outcome("ok, whatever the table holds")


@pytest.mark.parametrize(
    ("looks", "options", "code", "left"),
    [
        ([OK, OK, OK], {"runs": 2}, 0, 1),
        ([FAILED, OK], {"runs": 2}, 0, 0),
        ([OK, FAILED], {"runs": 2}, 1, 0),
        ([WAITS, WAITS, OK], {"runs": 1}, 0, 0),
        ([OK, OK, None, OK], {"once_idle": True}, 0, 1),
        ([FAILED, None], {"once_idle": True}, 1, 0),
        ([OF_TABLE, OF_TABLE], {"once_idle": True}, 0, 1),
        ([OF_TABLE, OF_TABLE, OF_TABLE], {"runs": 2}, 0, 1),
    ],
)
def test_the_loop_ends_where_it_is_told_to_and_says_how_the_last_run_ended(looks, options, code, left, capsys):
    fake = Fake(*looks)
    given = argparse.Namespace(**{"every": 0.01, "runs": None, "once_idle": False} | options)
    assert watch.loop(fake, given, lambda: False) == code
    assert len(fake.looks) == left
    said = capsys.readouterr().out
    # The same holder of the lock is named once.
    assert said.count("waits; tries again every 0.01 s") == min(1, fake.forgotten)


def test_a_failed_run_is_tried_again_though_nothing_is_new(monkeypatch):
    fake, looks = Fake(FAILED, FAILED, OK), []
    monkeypatch.setattr(fake, "has_news", lambda **_: looks.append(len(fake.looks)) or len(looks) == 1)
    given = argparse.Namespace(every=0.2, runs=3, once_idle=False)
    assert watch.loop(fake, given, lambda: False) == 0
    # After twice the time between two looks, and then after four times.
    assert looks == [3, 2, 2, 1, 1, 1, 1]


def test_a_run_that_builds_nothing_is_not_ok():
    assert how_it_ended(Done(True, [], [], "")) == "failed: the selection names nothing that could be built"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_loop_after_the_run_that_is_going_on(number, monkeypatch, capsys):
    fake = Fake(OK, OK)

    def run() -> Outcome:
        os.kill(os.getpid(), number)
        return fake.looks.pop(0)

    monkeypatch.setattr(fake, "run", run)
    before = signal.getsignal(number)
    with watch.told_to_stop() as is_told:
        assert watch.loop(fake, argparse.Namespace(every=60, runs=None, once_idle=False), is_told) == 0
    assert signal.getsignal(number) == before
    assert len(fake.looks) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.split("  ", 1)[1] for line in said] == [
        "told to stop: ends after the run that is going on, if one is",
        "ok",
    ]


def test_what_is_added_to_the_build_is_what_dbt_calls_it():
    parser = argparse.ArgumentParser()
    watch.add_arguments(parser)
    assert watch.dbt_arguments(parser.parse_args([])) == ["--exclude-resource-type", "unit_test"]
    given = ["--no-tests", "--select", "+users", "sessions", "--exclude", "tag:slow"]
    expected = [
        "--exclude-resource-type",
        "unit_test",
        "test",
        "--select",
        "+users",
        "sessions",
        "--exclude",
        "tag:slow",
    ]
    assert watch.dbt_arguments(parser.parse_args(given)) == expected


@pytest.mark.parametrize(
    "arguments",
    [["--every", "0"], ["--every", "nan"], ["--every", "inf"], ["--runs", "0"], ["--vars", "a: [b"], ["--vars", "[a]"]],
)
def test_arguments_that_make_no_sense_are_refused(arguments, capsys):
    assert main(["watch", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"identity-graph: {arguments[0]}")
