"""Incremental = full rebuild: events land day by day, and after each day's run every mart is compared, row for row.

Database A is built from day to day, database B from all files that have landed by then, under the same clock.
The normal run goes through the first days of a few streams. The long one goes through stream after stream, and through
the directed tests that take long, of each changed rule among them:

    INCREMENTAL_DAYS=300 pytest tests/python/test_incremental.py
    INCREMENTAL_SEED=17 INCREMENTAL_DAYS=4 pytest tests/python/test_incremental.py -k long_run   # seed 17, days 1 to 4
"""

import csv
import hashlib
import json
import multiprocessing
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from time import monotonic, time_ns
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from day_streams import COLUMNS, Configuration, Day, RawEvent, Stream, day_stream
from dbt_runs import PROJECT, Dbt, copy_of_project

Row = dict[str, Any]

LONG_RUN_DAYS = int(os.environ.get("INCREMENTAL_DAYS") or 0)
FIRST_SEED = int(os.environ.get("INCREMENTAL_SEED") or 0)
SHORT_RUNS = [(7, 4)]  # seed, number of days
in_long_runs = pytest.mark.skipif(not LONG_RUN_DAYS, reason="takes long: only with INCREMENTAL_DAYS")

# Marts that describe runs, not events.
ABOUT_RUNS = frozenset({"segment_lag", "metric_restatements"})
# Where several marts differ, the rows of the first of these are shown: the others follow from them.
READING_ORDER = ["quarantined_events", "event_volume", "identity_links", "users", "users_history", "sessions"]
SHOWN_ROWS = 8

BUILD = ["build", "--exclude-resource-type", "test", "unit_test", "snapshot"]
FULL_REFRESH = "--full-refresh"


@dataclass
class Database(Dbt):
    """One database and the dbt that builds it, parsed again where its input lies elsewhere."""

    parsed: tuple[str, ...] = ()

    def run(self, events: str, variables: Row, arguments: list[str]) -> str:
        """Run dbt; tell the manifest first where the input's path or a seed has changed, because it knows both.

        Args:
            events: path or glob of the raw events.
            variables: vars of the project that differ from its own.
            arguments: the command with its options.

        Returns:
            The messages of what failed; empty if nothing did.

        """
        seeds = sorted((self.project / "seeds").glob("*.csv"))
        state = (events, *(hashlib.sha256(seed.read_bytes()).hexdigest() for seed in seeds))
        self.environment |= {"IDENTITY_EVENTS": events}
        if state[:1] != self.parsed[:1]:
            self.parse()
        elif state != self.parsed:
            self.read_seeds_again()
        self.parsed = state
        return "\n".join(self(*arguments, "--vars", json.dumps(variables)).errors)

    def models_made_anew(self) -> list[str]:
        """Names of incremental SQL models that the last run made anew, and did not continue."""
        made_anew = []
        for node in self.manifest.nodes.values() if self.manifest else ():
            if node.resource_type == "model" and node.config.materialized == "incremental" and node.language == "sql":
                executed = self.folder / "target" / "run" / node.package_name / node.original_file_path
                if executed.exists() and executed.read_text().lstrip().startswith("create"):
                    made_anew.append(node.name)
        return sorted(made_anew)

    def made_persons(self) -> bool:
        """Whether the last run made the persons, and did not leave them as they were."""
        model = self.manifest.nodes["model.identity_graph.persons"]
        executed = self.folder / "target" / "run" / model.package_name / model.original_file_path
        return "create" in executed.read_text()

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open the database read-only."""
        return duckdb.connect(str(self.database), read_only=True)

    def remove(self) -> None:
        """Begin with no database."""
        for path in self.folder.glob("graph.duckdb*"):
            path.unlink()


@cache
def database_of_worker(project: Path, folder: Path) -> Database:
    """The one database that a worker process builds; it keeps the manifest there."""
    return Database(folder, project)


def run_in_worker(project: Path, folder: Path, events: str, variables: Row, arguments: list[str]) -> str:
    """Run dbt in a worker process."""
    return database_of_worker(project, folder).run(events, variables, arguments)


@dataclass(frozen=True)
class Table:
    """The columns of a table with their types, and its rows as a multiset."""

    columns: list[tuple[str, str]]
    rows: Counter[tuple[str, ...]]

    def without(self, other: "Table") -> list[Row]:
        """Rows that the other table has not, or has less often."""
        names = [name for name, _ in self.columns]
        return [dict(zip(names, row, strict=True)) for row in sorted((self.rows - other.rows).elements())]


def tables(database: Database, schema: str = "marts") -> dict[str, Table]:
    """Every table and view of a schema."""
    with database.connect() as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = ? order by all", [schema]
        ).fetchall()
        return {
            name: Table(
                [tuple(column[:2]) for column in connection.execute(f'describe {schema}."{name}"').fetchall()],
                Counter(
                    tuple(map(repr, row)) for row in connection.execute(f'select * from {schema}."{name}"').fetchall()
                ),
            )
            for (name,) in names
            if name not in ABOUT_RUNS
        }


def difference(database: Database, expected: Database) -> str:
    """Tell what differs between the marts of two databases: empty if nothing does."""
    found = difference_of_tables(tables(database), tables(expected))
    if found:
        upstream = differing_tables(database, expected, "intermediate")
        found += f"\nIntermediate tables that differ (numbers of rows and ids may): {', '.join(upstream)}"
    return found


# What was published first of each day, with all that the ledger added to it since, less what stands now.
REPLAYED_LEDGER = """
    with movements as (
        select
            metric_name, metric_date, dimension_name, dimension_value, currency_code, new_value - old_value as movement
        from intermediate.int_metric_versions
        inner join intermediate.event_loads using (load_number)
        where is_complete and not is_restatement
        union all
        select metric_name, metric_date, dimension_name, dimension_value, currency_code, value_difference
        from marts.metric_restatements
        union all
        select metric_name, metric_date, dimension_name, dimension_value, currency_code, -metric_value
        from intermediate.int_metric_values
    )
    select metric_name, metric_date, dimension_name, dimension_value, currency_code, sum(movement) as difference
    from movements
    group by all
    having difference != 0
    union all by name
    select * from marts.metric_restatements where cause = 'unknown'
"""


def ledger_problems(database: Database) -> list[tuple]:
    """Values that differ from what the ledger of restatements adds up to, and restatements without a cause."""
    with database.connect() as connection:
        return connection.execute(REPLAYED_LEDGER).fetchall()


def ledger_rows(database: Database) -> list[tuple]:
    """The ledger of restatements."""
    with database.connect() as connection:
        return connection.execute("select * from marts.metric_restatements order by all").fetchall()


def differing_tables(database: Database, expected: Database, schema: str) -> list[str]:
    """Names of the tables that are not the same in both databases."""
    found, wanted = tables(database, schema), tables(expected, schema)
    return [name for name in sorted({*found, *wanted}) if found.get(name) != wanted.get(name)]


def difference_of_tables(found: dict[str, Table], wanted: dict[str, Table]) -> str:
    """Tell which tables differ, and the rows of the first of them."""
    assert len(wanted) > 10, "there are marts to compare"
    if found.keys() != wanted.keys():
        return f"Marts that only one has: {sorted(found.keys() ^ wanted.keys())}"
    differing = [name for name in found if found[name] != wanted[name]]
    if not differing:
        return ""
    name = min(differing, key=lambda name: (READING_ORDER + [name]).index(name))
    one, other = found[name], wanted[name]
    lines = [f"Marts that differ: {', '.join(differing)}. Of these, {name}:"]
    if one.columns != other.columns:
        return "\n".join([*lines, f"  incremental: {one.columns}", f"  rebuilt: {other.columns}"])
    for title, rows in (("only incremental", one.without(other)), ("only rebuilt", other.without(one))):
        lines += [f"  {title}: {len(rows)} row(s)", *(f"    {row}" for row in rows[:SHOWN_ROWS])]
    return "\n".join(lines)


@dataclass
class Harness:
    """A copy of the project with seeds of its own, files that land, and the two databases.

    With a pool the rebuild runs in a process of its own, at the same time as the incremental run.
    """

    folder: Path
    pool: ProcessPoolExecutor | None = None
    file_format: str = "ndjson"
    pattern: str = "*"
    variables: Row = field(default_factory=dict)
    title: str = ""

    def __post_init__(self) -> None:
        """Copy the project."""
        self.project = self.folder / "project"
        self.landing = self.folder / "landing"
        self.incremental = Database(self.folder / "incremental", self.project)
        self.rebuilt = Database(self.folder / "rebuilt", self.project)
        for folder in (self.landing, self.incremental.folder, self.rebuilt.folder):
            folder.mkdir()
        copy_of_project(self.project)

    def start(self, stream: Stream) -> None:
        """Begin anew, with a stream's configuration: no file, no database."""
        self.title = f"seed {stream.seed}"
        self.file_format = stream.file_format
        self.pattern = "*"
        self.variables = dict(stream.configuration.variables)
        for path in self.landing.iterdir():
            path.unlink()
        self.incremental.remove()
        self.rebuilt.remove()
        for path in (PROJECT / "seeds").glob("*.csv"):
            shutil.copy(path, self.project / "seeds")
        for change in stream.configuration.rules:
            key = {"key_type": change["key_type"], "resolution_level": change.get("resolution_level", "individual")}
            self.change_seed("identity_key_rules", key, change)
        for layer, days in stream.configuration.retention.items():
            self.change_seed("retention_periods", {"layer": layer}, {"days": days})

    def land(self, day: Day) -> None:
        """Let a day's files land, and the owners' decisions hold."""
        for name, events in day.files.items():
            self.write_file(name, events)
        self.write_seed("identity_overrides", day.overrides)

    def write_file(self, name: str, events: list[RawEvent]) -> Path:
        """Write a file of raw events, all columns text."""
        path = self.landing / f"{name}.{self.file_format}"
        if self.file_format == "parquet":
            schema = pa.schema([(column, pa.string()) for column in COLUMNS])
            pq.write_table(pa.Table.from_pylist(events, schema), path)
        elif self.file_format == "csv":
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS)
                writer.writeheader()
                writer.writerows(events)
        else:
            path.write_text("".join(json.dumps(event) + "\n" for event in events))
        return path

    def seed_rows(self, name: str) -> list[Row]:
        """Rows of a seed as they stand."""
        with (self.project / "seeds" / f"{name}.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def write_seed(self, name: str, rows: Iterable[Row]) -> None:
        """Replace the rows of a seed."""
        path = self.project / "seeds" / f"{name}.csv"
        with path.open(newline="") as file:
            columns = next(csv.reader(file))
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def change_seed(self, name: str, key: Row, cells: Row) -> None:
        """Change cells of the rows with a key; a new row where there is none."""
        rows = self.seed_rows(name)
        matching = [row for row in rows if key.items() <= row.items()]
        if not matching:
            rows.append(key | cells)
        for row in matching:
            row |= cells
        self.write_seed(name, rows)

    def command(self, as_of: datetime, arguments: Iterable[str]) -> tuple[str, Row, list[str]]:
        """The input, the vars and the command of a run."""
        variables = self.variables | {"as_of": as_of.isoformat(sep=" ")}
        return str(self.landing / f"{self.pattern}.{self.file_format}"), variables, [*BUILD, *arguments]

    def run(self, as_of: datetime, *arguments: str) -> str:
        """Run on the database that is kept, and return the messages of what failed."""
        return self.incremental.run(*self.command(as_of, arguments))

    def must_run(self, as_of: datetime, *arguments: str) -> None:
        """Run on the database that is kept."""
        problem = self.run(as_of, *arguments)
        assert not problem, f"{self.title}, as of {as_of}: {problem}"

    def begin_rebuild(self, as_of: datetime, *, is_fresh: bool = True) -> Future[str]:
        """Rebuild the other database from all files; a full refresh must not need an empty database."""
        if is_fresh:
            self.rebuilt.remove()
        return self.begin_run_on_rebuilt(*self.command(as_of, [FULL_REFRESH]))

    def begin_run_on_rebuilt(self, events: str, variables: Row, arguments: list[str]) -> Future[str]:
        """Run on the other database."""
        run = (self.project, self.rebuilt.folder, events, variables, arguments)
        if self.pool:
            return self.pool.submit(run_in_worker, *run)
        done: Future[str] = Future()
        done.set_result(run_in_worker(*run))
        return done

    def check(self, as_of: datetime, *arguments: str, is_fresh: bool = True) -> None:
        """Run on the database that is kept, rebuild the other one, and compare the two."""
        rebuild = self.begin_rebuild(as_of, is_fresh=is_fresh)
        problem = self.run(as_of, *arguments)
        problem_of_rebuild = rebuild.result()
        assert not problem_of_rebuild, f"{self.title}, as of {as_of}, rebuild: {problem_of_rebuild}"
        assert not problem, f"{self.title}, as of {as_of}: {problem}"
        found = difference(self.incremental, self.rebuilt) or ledger_problems(self.incremental)
        assert not found, f"{self.title}, as of {as_of}, files and databases in {self.folder}\n{found}"

    def check_day(self, day: Day) -> None:
        """Let a day land, run and compare."""
        self.land(day)
        self.title = f"{self.title.split(', day')[0]}, day {day.number}"
        self.check(day.as_of, is_fresh=day.number % 2 == 1)

    def load_count(self) -> int:
        """Number of runs that loaded the raw rows."""
        with self.incremental.connect() as connection:
            sql = "select count(distinct load_number) from intermediate.int_events_received"
            return connection.execute(sql).fetchall()[0][0]


@contextmanager
def process_of_rebuilds() -> Iterator[ProcessPoolExecutor | None]:
    """Give long runs a second process; others are one of several already, and it would have to load dbt anew."""
    if LONG_RUN_DAYS:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield pool
    else:
        yield None


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with process_of_rebuilds() as pool:
        yield Harness(tmp_path_factory.mktemp("incremental"), pool)


@dataclass(frozen=True)
class Facts:
    """What a rebuilt database says after one day, to count what happened since the day before."""

    as_of: datetime
    events: dict[tuple[str, str], tuple[datetime, datetime]]
    buffered: int
    rejected: set[str]
    sessions: dict[tuple[str, str], list[tuple[datetime, datetime]]]
    keys: dict[tuple[str, ...], tuple[str | None, int, datetime]]
    users: dict[tuple[str, str], tuple[str, datetime, bool, int]]
    refused: dict[tuple[str, ...], str]
    conversions: dict[str, tuple[Any, ...]]
    credits: dict[tuple[str, ...], tuple[Any, ...]]

    @property
    def persons(self) -> dict[tuple[str, str], frozenset[str]]:
        """The ids of each person."""
        persons = defaultdict(set)
        for (space_id, name), (universal_id, *_) in self.users.items():
            persons[space_id, universal_id].add(name)
        return {person: frozenset(names) for person, names in persons.items()}


def read_facts(database: Database, as_of: datetime) -> Facts:
    """Read what a database says."""
    with database.connect() as connection:

        def rows(sql: str) -> list[tuple]:
            return connection.execute(sql).fetchall()

        sessions = defaultdict(list)
        for space_id, name, *span in rows(
            "select space_id, anonymous_id, session_started_at, session_ended_at from marts.sessions"
        ):
            sessions[space_id, name].append(tuple(span))
        dispositions = rows("select disposition, reason, row_count from marts.event_volume")
        return Facts(
            as_of=as_of,
            events={
                (source, event): (occurred_at, received_at)
                for source, event, occurred_at, received_at in rows(
                    "select source_name, event_id, occurred_at, received_at from intermediate.int_events"
                )
            },
            buffered=sum(count for disposition, _, count in dispositions if disposition == "buffered"),
            rejected={reason for disposition, reason, _ in dispositions if disposition == "rejected"},
            sessions=dict(sessions),
            keys={
                tuple(key): (reason, id_count, last_observed_at)
                for *key, reason, id_count, last_observed_at in rows(
                    "select key_number, keys.drop_reason, keys.id_count, max(observations.last_observed_at)"
                    " from intermediate.int_identity_keys as keys"
                    " inner join intermediate.int_identity_observations as observations using (key_number) group by all"
                )
            },
            users={
                (space_id, name): tuple(values)
                for space_id, name, *values in rows(
                    "select space_id, anonymous_id, universal_id, first_visit_at, is_outlier_component, event_count"
                    " from marts.users"
                )
            },
            refused={
                tuple(pair): reason
                for *pair, reason in rows(
                    "select space_id, anonymous_id_a, anonymous_id_b, refusal_reason from marts.identity_links"
                    " where not is_accepted"
                )
            },
            conversions={
                conversion: tuple(values)
                for conversion, *values in rows(
                    "select conversion_id, anonymous_id, converted_at, revenue_amount from marts.conversions"
                )
            },
            credits={
                (conversion, model, mode): tuple(values)
                for conversion, model, mode, *values in rows(
                    "select conversion_id, attribution_model, identity_mode, touch_session_id, channel"
                    " from marts.attributed_conversions"
                )
            },
        )


def changed(before: dict, after: dict) -> int:
    """Number of entries of both that are not the same."""
    return sum(after[key] != value for key, value in before.items() if key in after)


def situations(before: Facts, after: Facts) -> Counter[str]:
    """Count what happened between two days that is hard for incremental models."""
    found: Counter[str] = Counter(f"rejected: {reason.split(':')[0]}" for reason in after.rejected - before.rejected)
    found["rows buffered"] = after.buffered
    for event, (occurred_at, received_at) in after.events.items():
        if event not in before.events:
            age = before.as_of - occurred_at
            found["events older than the last run"] += age > timedelta()
            found["events older than the last run by 7 days"] += age > timedelta(days=7)
            found["events received before the last run"] += received_at <= before.as_of - timedelta(minutes=10)
        elif received_at < before.events[event][1]:
            found["stored events replaced by a copy received earlier"] += 1
    found["stored events gone"] = len(before.events.keys() - after.events.keys())
    for visitor, spans in after.sessions.items():
        earlier = before.sessions.get(visitor, [])
        for started_at, ended_at in spans:
            within = [span for span in earlier if started_at <= span[0] and span[1] <= ended_at]
            found["sessions joined"] += len(within) > 1
            found["sessions that begin earlier"] += len(within) == 1 and within[0][0] > started_at
            found["sessions that go on"] += len(within) == 1 and within[0][1] < ended_at
        found["sessions gone with their events"] += sum(
            not any(span[0] <= session[1] and session[0] <= span[1] for session in spans) for span in earlier
        )
    for key, (reason, *seen) in after.keys.items():
        if key in before.keys:
            reason_before, *seen_before = before.keys[key]
            found[f"keys dropped: {reason}"] += reason_before is None and reason is not None
            found[f"keys taken back: {reason_before}"] += reason_before is not None and reason is None
            found["keys dropped or taken back that nobody was seen with"] += seen == seen_before and (
                reason is None
            ) != (reason_before is None)
    found["keys gone"] = len(before.keys.keys() - after.keys.keys())
    for reason in ("limit", "override"):
        pairs_before = {pair for pair, why in before.refused.items() if why.startswith(reason)}
        pairs_after = {pair for pair, why in after.refused.items() if why.startswith(reason)}
        found[f"pairs refused: {reason}"] = len(pairs_after - pairs_before)
        found[f"pairs refused no more: {reason}"] = len(pairs_before - pairs_after)
    for user, (universal_id, first_visit_at, is_outlier, event_count) in after.users.items():
        if user in before.users:
            is_quiet = event_count == before.users[user][3]
            found["ids dissolved or no longer, with no new event"] += is_quiet and is_outlier != before.users[user][2]
            found["ids of another person, with no new event"] += is_quiet and universal_id != before.users[user][0]
            found["first visits moved back"] += first_visit_at < before.users[user][1]
            found["first visits moved on"] += first_visit_at > before.users[user][1]
            found["ids dissolved by the cap"] += is_outlier and not before.users[user][2]
            found["ids no longer dissolved"] += before.users[user][2] and not is_outlier
        else:
            found["ids that consent after other visits"] += user in before.sessions
    found["ids gone"] = len(before.users.keys() - after.users.keys())
    persons_before, persons_after = before.persons, after.persons
    for person, names in persons_after.items():
        merged = {before.users[person[0], name][0] for name in names if (person[0], name) in before.users}
        found["persons merged"] += len(merged) > 1
    for (space_id, universal_id), names in persons_before.items():
        split = {after.users[space_id, name][0] for name in names if (space_id, name) in after.users}
        found["persons split"] += len(split) > 1
        anchor = after.users.get((space_id, universal_id), (universal_id,))[0]
        found["anchors moved within a person"] += anchor != universal_id and anchor in names
    found["conversions changed"] = changed(before.conversions, after.conversions)
    found["conversions gone"] = len(before.conversions.keys() - after.conversions.keys())
    found["credits moved"] = changed(before.credits, after.credits)
    return found


def go_through(harness: Harness, stream: Stream, day_count: int) -> Iterator[Counter[str]]:
    """Check the first days of a stream, and tell after each what happened on it."""
    harness.start(stream)
    before: Facts | None = None
    made_anew = []
    for day in stream.days[:day_count]:
        harness.check_day(day)
        made_anew.append(len(harness.incremental.models_made_anew()))
        after = read_facts(harness.rebuilt, day.as_of)
        yield situations(before, after) if before else Counter()
        before = after
    if day_count > 2:
        assert harness.load_count() != 1, "a day is added to those before"
        assert not any(made_anew[2:]), f"number of incremental models made anew on each day: {made_anew}"


@pytest.mark.parametrize(("seed", "day_count"), SHORT_RUNS)
def test_stream_equals_a_rebuild_after_every_day(harness, seed, day_count):
    stream = day_stream(seed)
    found = sum(go_through(harness, stream, day_count), Counter())
    # The test is about something.
    for situation in (
        "events older than the last run", "stored events replaced by a copy received earlier", "sessions joined",
        "persons merged", "persons split", "first visits moved back",
    ):  # fmt: skip
        assert found[situation], f"no {situation} in {day_count} days of seed {seed}"

    before, ledger_before = tables(harness.incremental), ledger_rows(harness.incremental)
    harness.must_run(stream.days[day_count - 1].as_of)
    assert not difference_of_tables(tables(harness.incremental), before), "the same day again changes nothing"
    assert ledger_rows(harness.incremental) == ledger_before


@in_long_runs
def test_long_run_of_streams_equals_rebuilds(harness, capsys):
    found: Counter[str] = Counter()
    days, seed, begun_at = 0, FIRST_SEED, monotonic()
    while days < LONG_RUN_DAYS:
        for of_the_day in go_through(harness, day_stream(seed), LONG_RUN_DAYS - days):
            found += of_the_day
            days += 1
        with capsys.disabled():
            print(f"\nseed {seed}: {days} days equal after {monotonic() - begun_at:.0f} s", end="", flush=True)
        seed += 1
    with capsys.disabled():
        print("", *(f"{count:8,} {situation}" for situation, count in sorted(found.items())), sep="\n")


def test_run_that_died_half_way_is_made_good_by_the_next(harness):
    harness.start(stream := day_stream(0))
    first, second, third, fourth = stream.days[:4]
    harness.land(first)
    harness.must_run(first.as_of)

    # The same day is tried again, a little later; what was read before, and not then, is read as well.
    harness.land(second)
    harness.variables["raw_files_like"] = f"%{next(iter(second.files))}%"
    only_events = ("--select", "resource_type:seed", "+int_events_received")
    harness.must_run(second.as_of - timedelta(minutes=15), FULL_REFRESH, *only_events)
    del harness.variables["raw_files_like"]
    harness.must_run(second.as_of - timedelta(minutes=10), *only_events)
    harness.must_run(second.as_of)

    # The next day's run finds what the last one left, and with it rules that nobody has any more.
    harness.land(third)
    domains = harness.seed_rows("own_domains")
    edited = [*domains, {"domain": "news.example.net", "description": "ours"}]
    harness.write_seed("own_domains", edited)
    harness.must_run(third.as_of, "--select", "resource_type:seed", "+int_metric_versions")
    harness.write_seed("own_domains", domains)
    assert "Seeds changed" in harness.run(fourth.as_of, "--exclude", "resource_type:seed")
    harness.land(fourth)
    harness.check(fourth.as_of)

    # Rules that were loaded alone, and taken back, stand in no file.
    events, variables, _ = harness.command(fourth.as_of, [])
    harness.write_seed("own_domains", edited)
    assert not harness.incremental.run(events, variables, ["seed", "--select", "own_domains"])
    harness.write_seed("own_domains", domains)
    assert "Seeds changed" in harness.run(fourth.as_of, "--exclude", "resource_type:seed")
    # Once all are loaded, every table is made by them, and by overrides; what did not change is loaded for nothing.
    decision = {"override_type": "never_link", "space_id": "default", "reason": "a test", "owner": "identity"}
    harness.write_seed("identity_overrides", [decision | {"anonymous_id_a": "none", "anonymous_id_b": "nobody"}])
    for is_new in (True, False):
        assert not harness.incremental.run(events, variables, ["seed"])
        harness.must_run(fourth.as_of, "--exclude", "resource_type:seed")
        assert harness.incremental.made_persons() == is_new
        before = tables(harness.incremental)
    # Nor what a table was made alone by.
    harness.variables["statistics_period_days"] = 1
    harness.must_run(fourth.as_of, "--select", "identity_statistics")
    del harness.variables["statistics_period_days"]
    assert difference_of_tables(tables(harness.incremental), before)
    harness.must_run(fourth.as_of, "--exclude", "resource_type:seed")
    assert not difference_of_tables(tables(harness.incremental), before)
    harness.write_seed("own_domains", edited)
    assert not harness.incremental.run(events, variables, ["seed"])
    harness.check(fourth.as_of, "--exclude", "resource_type:seed")


def test_run_that_would_leave_tables_inexact_is_refused(harness):
    harness.start(stream := day_stream(3))
    first, second = stream.days[:2]
    harness.land(first)
    name, events = next(iter(first.files.items()))
    path = harness.landing / f"{name}.{harness.file_format}"
    # As if it were written while the run begins: what is written within that second again has the same time.
    later = time_ns() + 3600 * 10**9
    os.utime(path, ns=(later, later))
    harness.must_run(first.as_of)
    before = tables(harness.incremental)
    harness.land(second)

    assert "The var as_of is" in harness.run(first.as_of - timedelta(days=1))
    assert "int_changed_persons" in harness.run(second.as_of, "--exclude", "int_changed_persons")
    assert "is left out" in harness.run(second.as_of, "--select", "int_events_received+")
    # What it reads of the run before is emptied by a run without news.
    assert "int_identity_components is left out" in harness.run(second.as_of, "--select", "int_identity_clusters")
    assert "--empty" in harness.run(second.as_of, "--empty")
    assert "--empty" in harness.run(second.as_of, "--empty", "--full-refresh")
    assert "--empty" in harness.run(second.as_of, "--empty", "--select", "data_health")
    assert "--empty" in harness.incremental("snapshot", "--empty").output
    assert "--sample would leave out events" in harness.run(second.as_of, "--sample", "3 days")
    harness.incremental.environment["DBT_ENV_SECRET_IDENTITY_TOKEN"] = "another"
    assert "token secret" in harness.run(second.as_of)
    del harness.incremental.environment["DBT_ENV_SECRET_IDENTITY_TOKEN"]
    cohorts = harness.seed_rows("cohort_definitions")
    harness.change_seed("cohort_definitions", {"cohort_name": "returning_customer"}, {"is_enabled": "true"})
    assert "Seeds changed" in harness.run(second.as_of, "--exclude", "resource_type:seed")
    harness.write_seed("cohort_definitions", cohorts)

    harness.pattern = "*_day_2_*"
    problem = harness.run(second.as_of)
    assert harness.pattern in problem, "files of the first day are missing there"
    assert FULL_REFRESH in problem
    # Another glob with all the files goes on.
    harness.pattern = "*_day_*"

    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    content = path.read_bytes()
    path.write_bytes(content.replace(b"page_view", b"page_seen"))
    os.utime(path, ns=times)
    assert path.read_bytes() != content
    problem = harness.run(second.as_of)
    assert path.name in problem
    assert "content" in problem
    harness.write_file(name, [event | {"event_name": "page_view"} for event in events[1:]])
    problem = harness.run(second.as_of)
    assert path.name in problem
    assert FULL_REFRESH in problem
    harness.write_file(name, events)
    os.utime(path, ns=times)
    assert not difference_of_tables(tables(harness.incremental), before), "a refused run changes nothing"

    harness.must_run(second.as_of)
    # A run without seeds does not know that overrides changed; the next one follows them all the same.
    harness.write_seed("identity_overrides", [])
    harness.must_run(second.as_of, "--exclude", "resource_type:seed")
    harness.check(second.as_of)
    with duckdb.connect(str(harness.incremental.database)) as connection:
        connection.execute("drop table intermediate.int_identity_ids")
    problem = harness.run(second.as_of)
    assert "int_identity_ids" in problem
    assert FULL_REFRESH in problem

    # Where a full refresh of other events broke off before it took one, those of before are stored.
    harness.pattern = "*_day_2_*"
    seed = harness.project / "seeds" / "ignored_values.csv"
    rows = seed.read_text(encoding="utf-8")
    seed.write_text(rows + "one,cell,too,many,for,a,row\n", encoding="utf-8")
    assert harness.run(second.as_of, FULL_REFRESH)
    seed.write_text(rows, encoding="utf-8")
    assert harness.pattern in harness.run(second.as_of)


def stream_of(files: list[list[RawEvent]], configuration: Configuration) -> Stream:
    """A stream with a file a day, from the 6th of January 2026 on."""
    days = [
        Day(number, datetime(2026, 1, 5 + number), {f"day_{number}": rows}, [])
        for number, rows in enumerate(files, start=1)
    ]
    return Stream(seed=0, configuration=configuration, file_format="ndjson", days=days)


def days_of_others() -> Stream:
    """Days on which nothing happens to the ids a and k, but much to what limits are measured by; o2 gets an account."""

    def event(name: str, day: int, **values: str) -> RawEvent:
        moment = f"2026-01-{day:02}T10:00:00"
        event = {"event_id": f"{name}-{day}", "event_name": "page_view", "occurred_at": moment, "anonymous_id": name}
        return dict.fromkeys(COLUMNS) | event | values

    def behind_one_ip(day: int, names: list[str], ip: str) -> list[RawEvent]:
        return [event(name, day, ip_address=ip) for name in names]

    files = [
        [event(f"a{number}", 5, device_id="d") for number in range(5)]
        + behind_one_ip(5, ["k1", "k2", "k3"], "ip k")
        + [event("o1", 5, email="o1@firm.example", account_id="one"), event("o2", 5, email="o2@firm.example")],
        behind_one_ip(6, ["m1"], "ip m1") + behind_one_ip(6, ["m2"], "ip m2") + [event("o2", 6, account_id="two")],
        [row for ip in "xyz" for row in behind_one_ip(7, [f"{ip}1", f"{ip}2", f"{ip}3"], f"ip {ip}")],
    ]
    rule = {"key_type": "ip_token", "corroboration": "", "outlier_percentile": 0.6, "outlier_floor_ids": 2}
    return stream_of(files, Configuration([rule], {"component_cap_floor": 3, "component_cap_percentile": 0.5}))


@in_long_runs
def test_limits_that_others_move_are_followed(harness):
    harness.start(stream := days_of_others())
    for day, expected in zip(stream.days, [(True, 3, "o1"), (False, 1, "o2"), (True, 3, "o2")], strict=True):
        harness.check_day(day)
        with harness.rebuilt.connect() as connection:
            found = connection.execute(
                """
                select
                    bool_or(is_outlier_component) filter (anonymous_id like 'a%'),
                    max(component_size) filter (anonymous_id like 'k%'),
                    max(organization_id) filter (anonymous_id = 'o2')
                from marts.users
                """
            ).fetchall()[0]
        assert found == expected


@in_long_runs
def test_withdrawal_that_an_earlier_copy_takes_back_is_followed(harness):
    def event(number: str, time: str, **values: str) -> RawEvent:
        return dict.fromkeys(COLUMNS) | {"event_id": number, "event_name": "page_view", "occurred_at": time} | values

    visits = [event(f"v{n}", f"2026-01-05T10:0{n}:00", anonymous_id="phone", user_id="ann") for n in range(8)]
    refusal = {"event_name": "consent_updated", "has_consent": "false"}
    said = event("said", "2026-01-05T11:00:00", received_at="2026-01-05T12:00:00", user_id="ann", **refusal)
    copy = said | {"received_at": "2026-01-05T11:30:00", "user_id": "bob"}
    harness.start(stream := stream_of([[*visits, said], [copy]], Configuration([], {})))
    for day, is_activatable in zip(stream.days, (False, True), strict=True):
        harness.check_day(day)
        with harness.incremental.connect() as connection:
            found = connection.execute(
                "select distinct is_activatable from marts.persons where universal_id = 'phone'"
                " union select distinct is_activatable from marts.conversion_cohorts where universal_id = 'phone'"
            ).fetchall()
        assert found == [(is_activatable,)]


@in_long_runs
def test_override_is_followed_and_forgotten(harness):
    harness.start(stream := day_stream(9))
    for day in stream.days[:4]:
        harness.land(replace(day, overrides=[]))
        harness.must_run(day.as_of)
    before = tables(harness.incremental)

    with harness.incremental.connect() as connection:
        space_id, one, other = connection.execute(
            "select space_id, anonymous_id_a, anonymous_id_b from marts.identity_links where is_accepted order by all"
        ).fetchall()[0]
        key_space, key_type, key_value = connection.execute(
            "select space_id, key_type, key_value from marts.identity_links where is_accepted order by all desc"
        ).fetchall()[0]
    decision = {"reason": "a test", "owner": "identity"}
    pair = {"override_type": "never_link", "space_id": space_id, "anonymous_id_a": one, "anonymous_id_b": other}
    key = {"override_type": "block_key", "space_id": key_space, "key_type": key_type, "key_value": key_value}
    for overrides in ([pair | decision], [pair | decision, key | decision], [key | decision], []):
        harness.land(Day(day.number, day.as_of, {}, overrides))
        harness.check(day.as_of)
        assert bool(difference_of_tables(tables(harness.incremental), before)) == bool(overrides)


@in_long_runs
def test_order_in_which_files_land_does_not_matter(harness):
    # The rebuild does not know the order, and equals the incremental run in the right order.
    harness.start(stream := day_stream(10))
    days = stream.days[:5]
    for day in reversed(days[1:]):
        harness.land(replace(day, overrides=days[-1].overrides))
        if day.files:
            harness.must_run(days[-1].as_of)
    harness.land(replace(days[0], overrides=days[-1].overrides))
    harness.check(days[-1].as_of)


@dataclass(frozen=True)
class Change:
    """A change of the configuration: cells of one seed's rows with a key, or vars."""

    seed: str = ""
    key: Row = field(default_factory=dict)
    cells: Row = field(default_factory=dict)
    variables: Row = field(default_factory=dict)


def of_rule(key_type: str, **cells: Any) -> Change:
    return Change("identity_key_rules", {"key_type": key_type, "resolution_level": "individual"}, cells)


NEW_RULE = {"is_enabled": "true", "is_sensitive": "false", "rule_version": 1, "owner": "identity"}
CHANGES = {
    "window_days": of_rule("user_id", window_days=0),
    "max_ids_per_key": of_rule("user_id", max_ids_per_key=2),
    "outlier_percentile": of_rule("ip_token", outlier_percentile=0.5),
    "max_values_per_profile": of_rule("user_id", max_values_per_profile=1),
    "confidence": of_rule("user_id", confidence=0.5),
    "canonical key on": of_rule("device_id", window_days=5, max_ids_per_key=9, confidence=0.5, priority=9, **NEW_RULE),
    "custom key on": of_rule("loyalty_card_id", is_enabled="true"),
    "custom key off": of_rule("checkout_id", is_enabled="false"),
    "custom key sensitive": of_rule("checkout_id", is_sensitive="true"),
    "household rule": Change(
        "identity_key_rules", {"key_type": "ip_token", "resolution_level": "household"}, {"is_enabled": "false"}
    ),
    "organization limit": Change(
        "identity_key_rules",
        {"key_type": "account_id", "resolution_level": "organization"},
        {"max_values_per_profile": 2},
    ),
    "conversion": Change("event_taxonomy", {"event_name": "logged_in"}, {"is_conversion": "true"}),
    "required property": Change("event_taxonomy", {"event_name": "page_view"}, {"required_properties": "user_id"}),
    "channel": Change("channel_rules", {"rule_order": "50"}, {"channel": "display"}),
    "cohort": Change("cohort_definitions", {"cohort_name": "returning_customer"}, {"is_enabled": "true"}),
    "placeholder": Change("ignored_values", {"ignored_value": "u1"}, {"description": "a test"}),
    "free mail": Change("free_mail_domains", {"domain": "acme.example.net"}),
    "session timeout": Change(variables={"session_timeout_minutes": 15}),
    "attribution window": Change("attribution_models", {"attribution_model": "last_touch"}, {"window_days": 1}),
    "activation gate": Change(variables={"activation_min_confidence": 0.99}),
    "cap": Change(variables={"component_cap_floor": 2, "component_cap_percentile": 0.3}),
    "watermark": Change(variables={"watermark_minutes": 180}),
    "unregistered events": Change(variables={"unregistered_events": "reject"}),
}


@in_long_runs
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changed_rule_is_followed_or_asks_for_a_full_refresh(harness, change):
    harness.start(stream := day_stream(6))
    first, second = stream.days[0], stream.days[2]
    harness.land(first)
    harness.land(stream.days[1])
    harness.must_run(stream.days[1].as_of)

    if change.seed:
        harness.change_seed(change.seed, change.key, change.cells)
    harness.variables |= change.variables
    harness.land(second)
    problem = harness.run(second.as_of)
    if problem:
        assert FULL_REFRESH in problem
        harness.check(second.as_of, FULL_REFRESH)
    else:
        harness.check(second.as_of)
