"""Erased = never there: who is erased leaves every table, and the others are what a build without the rows gives.

The same holds of what is older than its retention period.

Which rows are a person's is told here anew, row by row, from what staging says of them.

    INCREMENTAL_DAYS=100 pytest tests/python/test_erasure.py   # many streams, with several persons erased
"""

import csv
import hashlib
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from conftest import DemoBuild
from day_streams import Day, Stream, day_stream
from dbt_runs import PROJECT
from shared_ids import told_logins
from test_incremental import (
    BUILD,
    FULL_REFRESH,
    LONG_RUN_DAYS,
    Database,
    Harness,
    Table,
    difference_of_tables,
    in_long_runs,
    ledger_problems,
    process_of_rebuilds,
    tables,
)

from identity_graph.cli import main
from identity_graph.erasure_search import verify
from identity_graph.verify_erasure import DEMO_SECRET

DEMO_EVENTS = "seeds/demo/events.parquet"
BUILD_AND_TEST = ["build", "--exclude-resource-type", "unit_test", "snapshot"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A person to erase; for universal_id with the ids that the person had when it was taken up."""

    subject_type: str
    subject: str
    requested_at: datetime
    members: frozenset[tuple[str, str, str | None]] = frozenset()  # space, id and, where it is shared, the login

    @property
    def row(self) -> Row:
        """The request as its owner writes it."""
        return {
            "subject_type": self.subject_type,
            "subject": self.subject,
            "requested_at": self.requested_at.isoformat(),
            "space_id": "",
            "reason": "asked by mail",
        }


def staged_rows(database: Path) -> list[Row]:
    """All raw rows as staging reads them now, in the order of their files."""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set variable identity_token_secret = '{DEMO_SECRET}'")
        rows = connection.execute(
            """
            select
                raw_file, raw_row_number, space_id, event_name, occurred_at, received_at, anonymous_id, user_id,
                email_hash, event_id, platform
            from staging.stg_generic__events
            order by raw_file, raw_row_number
            """
        )
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def is_covered(row: Row, requested_at: datetime) -> bool:
    """Whether a row is from before a request; one whose time cannot be read is."""
    times = (row["occurred_at"], row["received_at"])
    return None in times or min(times) <= requested_at


def rows_of_subject(rows: list[Row], request: Request) -> set[int]:
    """Positions of the rows that a request erases."""
    covered = [number for number, row in enumerate(rows) if is_covered(row, request.requested_at)]
    users: set[tuple[str, str]] = set()
    email_hash = None
    if request.subject_type == "user_id":
        users = {(row["space_id"], request.subject) for row in rows}
    elif request.subject_type == "email":
        name, domain = request.subject.lower().split("@")
        address = f"{name.replace('.', '') if domain == 'gmail.com' else name}@{domain}"
        email_hash = hashlib.sha256(address.encode()).hexdigest()
        users = {(row["space_id"], email_hash) for row in rows} | {
            (rows[number]["space_id"], rows[number]["user_id"])
            for number in covered
            if rows[number]["email_hash"] == email_hash and rows[number]["user_id"]
        }
    seen: defaultdict[tuple[str, str], set[str | None]] = defaultdict(set)
    for number in covered:
        row = rows[number]
        if (row["space_id"], row["user_id"]) in users or (email_hash and row["email_hash"] == email_hash):
            seen[row["space_id"], row["anonymous_id"]].add(row["user_id"])
    told = told_logins(rows)
    found = set()
    for number in covered:
        row = rows[number]
        visitor = (row["space_id"], row["anonymous_id"])
        if (
            (row["space_id"], row["user_id"]) in users
            or visitor in users
            or (email_hash is not None and row["email_hash"] == email_hash)
            # A session of another login stays.
            or (
                row["anonymous_id"] is not None
                and visitor in seen
                and row["user_id"] is None
                and (told.get(number) is None or told[number] in seen[visitor])
            )
            or (request.subject_type == "anonymous_id" and row["anonymous_id"] == request.subject)
            or (*visitor, None) in request.members
            or any(
                (space, name) == visitor and login is not None and told.get(number) in (None, login)
                for space, name, login in request.members
            )
        ):
            found.add(number)
    return found


def comparable(database: Any) -> dict[str, Table]:
    """The marts without what a build that never saw the erased rows cannot know: that they were, and in which files."""
    found = tables(database)
    events = found["quarantined_events"]
    position = [column for column, _ in events.columns].index("raw_file")
    rows = type(events.rows)()
    for row, count in events.rows.items():
        rows[row[:position] + row[position + 1 :]] += count
    found["quarantined_events"] = Table(events.columns[:position] + events.columns[position + 1 :], rows)
    volume = found["event_volume"]
    position = [column for column, _ in volume.columns].index("disposition")
    gone = (repr("erased"), repr("expired"))
    kept = {row: count for row, count in volume.rows.items() if row[position] not in gone}
    found["event_volume"] = Table(volume.columns, type(volume.rows)(kept))
    found.pop("erasure_receipts", None)
    found.pop("erasure_raw_files", None)
    return found


def write_requests(path: Path, requests: list[Request]) -> None:
    """Write the requests' file."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["subject_type", "subject", "requested_at", "space_id", "reason"])
        writer.writeheader()
        writer.writerows(request.row for request in requests)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with process_of_rebuilds() as pool:
        harness = Harness(tmp_path_factory.mktemp("erasure"), pool)
        harness.incremental.environment = {"IDENTITY_ERASURE_REQUESTS": str(harness.folder / "requests.csv")}
        (harness.folder / "filtered").mkdir()
        yield harness


def choose(random: Random, harness: Harness, rows: list[Row], as_of: datetime) -> list[Request]:
    """Draw persons to erase, by every kind of subject; what they ask for may be some days old."""
    with harness.incremental.connect() as connection:
        users = connection.execute(
            """
            select space_id, anonymous_id, universal_id, null as login from marts.users where not is_shared
            union all
            select
                space_id, anonymous_id, universal_id,
                case when user_id is not null or account_id is null then coalesce(user_id, '') end
            from marts.shared_devices
            order by all
            """
        ).fetchall()
    requests = []
    for kind in random.sample(("user_id", "email", "anonymous_id", "universal_id"), random.choice((1, 1, 2))):
        requested_at = as_of - timedelta(hours=random.choice((0, 0, 5, 30)))
        if kind == "user_id":
            subject = random.choice(sorted({row["user_id"] for row in rows if row["user_id"]}))
        elif kind == "email":
            subject = random.choice(("p.0@acme.example.net", "p.1@corp.example.net", "P.2@gmail.com"))
        else:
            subject = random.choice(users)[1 if kind == "anonymous_id" else 2]
        members = {
            (space, name, login) for space, name, person, login in users if kind == "universal_id" and person == subject
        }
        requests.append(Request(kind, subject, requested_at, frozenset(members)))
    return requests


def go_through(harness: Harness, stream: Stream, day_count: int, erased_on: int) -> int:
    """Erase persons on a day of a stream, and compare that day and those after it; returns the rows erased.

    On the last day every row that was erased lands once more.
    """
    random = Random(stream.seed)
    requests_file = harness.folder / "requests.csv"
    requests_file.unlink(missing_ok=True)
    harness.start(stream)
    # What an event said that is gone already cannot be followed.
    harness.change_seed("retention_periods", {"layer": "events"}, {"days": ""})
    # Only its rows are numbered as they stand in the file.
    harness.file_format = "parquet"
    landed: dict[str, list[Any]] = {}
    requests: list[Request] = []
    erased: set[int] = set()
    for day in stream.days[:day_count]:
        harness.land(day)
        landed |= {str(harness.landing / f"{name}.{harness.file_format}"): events for name, events in day.files.items()}
        harness.title = f"seed {stream.seed}, day {day.number}, {requests}"
        if day.number == erased_on:
            requests = choose(random, harness, staged_rows(harness.incremental.database), day.as_of)
            write_requests(requests_file, requests)
            harness.title = f"seed {stream.seed}, day {day.number}, {requests}"
        if day.number == day_count:
            rows = staged_rows(harness.incremental.database)
            again = [event for position, event in raw_events(rows, landed) if position in erased]
            landed[str(harness.write_file("replayed", again))] = again
        harness.must_run(day.as_of)
        if day.number < erased_on:
            continue

        rows = staged_rows(harness.incremental.database)
        erased = set().union(*(rows_of_subject(rows, request) for request in requests))
        compare_with_build_without(harness, day, rows, landed, erased)
        _, findings = verify(harness.incremental.database, secret=DEMO_SECRET, keep_file=True)
        # An override that names the person is its owner's to delete.
        findings = [finding for finding in findings if "identity_override" not in finding.place]
        findings = [finding for finding in findings if "bytes" not in finding.place or not day.overrides]
        assert not findings, f"{harness.title}: {findings}"
    return len(erased)


def compare_with_build_without(
    harness: Harness, day: Day, rows: list[Row], landed: dict[str, list[Any]], gone: set[int]
) -> None:
    """Compare the marts with a build from files in which some rows never were."""
    write_filtered(harness, rows, landed, gone)
    command = harness.command(day.as_of, [FULL_REFRESH])
    command = (str(harness.folder / "filtered" / f"*.{harness.file_format}"), *command[1:])
    harness.rebuilt.remove()
    problem = harness.begin_run_on_rebuilt(*command).result()
    assert not problem, f"{harness.title}, rebuild: {problem}"
    found = difference_of_tables(comparable(harness.incremental), comparable(harness.rebuilt))
    assert not found, f"{harness.title}, files and databases in {harness.folder}\n{found}"
    assert not ledger_problems(harness.incremental), harness.title


def raw_events(rows: list[Row], landed: dict[str, list[Any]]) -> Iterator[tuple[int, Any]]:
    """Pair the position of each staged row with the raw event it was read from."""
    number_in_file: dict[str, int] = {}
    for position, row in enumerate(rows):
        number = number_in_file.get(row["raw_file"], 0)
        number_in_file[row["raw_file"]] = number + 1
        yield position, landed[row["raw_file"]][number]


def write_filtered(harness: Harness, rows: list[Row], landed: dict[str, list[Any]], erased: set[int]) -> None:
    """Write the files as if the erased rows had never been there."""
    kept: dict[str, list[Any]] = {name: [] for name in landed}
    for position, event in raw_events(rows, landed):
        if position not in erased:
            kept[rows[position]["raw_file"]].append(event)
    for path in (harness.folder / "filtered").iterdir():
        path.unlink()
    landing, harness.landing = harness.landing, harness.folder / "filtered"
    for name, events in kept.items():
        harness.write_file(Path(name).stem, events)
    harness.landing = landing


def test_erased_is_never_there(harness, capsys):
    stream = day_stream(4)
    assert go_through(harness, stream, day_count=3, erased_on=2) > 3

    # The raw files are read once more, and the requests are no longer there.
    (harness.folder / "requests.csv").unlink()
    harness.must_run(stream.days[2].as_of, FULL_REFRESH)
    assert difference_of_tables(comparable(harness.incremental), comparable(harness.rebuilt)) == ""
    assert main(["verify-erasure", "--database", str(harness.incremental.database), "--keep-file"]) == 0
    assert "Nothing of them is left" in capsys.readouterr().out


def answers_of_expired(harness: Harness) -> list[tuple]:
    """What is left of events that are too old: whose answer, the answers, when, and the names and pages that stayed."""
    with harness.incremental.connect() as connection:
        return connection.execute(
            """
            select anonymous_id, properties, occurred_at, coalesce(event_name, page_path, ip_token, event_id)
            from intermediate.int_events_received
            where rejection_reason = 'expired' and (properties is not null or anonymous_id is not null)
            order by all
            """
        ).fetchall()


def test_expired_is_never_there(harness):
    (harness.folder / "requests.csv").unlink(missing_ok=True)
    stream = day_stream(4)
    harness.start(stream)
    for layer in ("rejected_events", "observations"):
        harness.change_seed("retention_periods", {"layer": layer}, {"days": ""})
    harness.change_seed("retention_periods", {"layer": "events"}, {"days": "1"})
    harness.file_format = "parquet"
    landed: dict[str, list[Any]] = {}
    answers = {"consent_categories": {"advertising": False}}
    for event in chain.from_iterable(stream.days[0].files.values()):
        if event["event_name"] == "page_view" and event["properties"] is None:
            event["properties"] = json.dumps(answers | {"colour": "red"})
    for day in stream.days[:3]:
        harness.land(day)
        landed |= {str(harness.landing / f"{name}.{harness.file_format}"): events for name, events in day.files.items()}
        harness.title = f"seed {stream.seed}, day {day.number}"
        harness.must_run(day.as_of)
    rows = staged_rows(harness.incremental.database)
    first_day = datetime.combine(day.as_of.date() - timedelta(days=1), time())
    old = {number for number, row in enumerate(rows) if row["occurred_at"] and row["occurred_at"] < first_day}
    statements = {number for number in old if rows[number]["event_name"] == "consent_updated"}
    assert statements
    assert len(old) > 10 * len(statements)
    # A broken clock tells no age; the row stays in the quarantine.
    broken = {
        number
        for number in old
        if rows[number]["occurred_at"].year < 2000 and rows[number]["event_id"] and rows[number]["event_name"]
    }
    assert broken
    compare_with_build_without(harness, day, rows, landed, old - statements - broken)

    with harness.incremental.connect() as connection:
        users = set(connection.execute("select space_id, anonymous_id from marts.users").fetchall())
    known = {(row["space_id"], row["anonymous_id"]) for number, row in enumerate(rows) if number not in old}
    assert users <= known, "nobody is known by a statement of consent alone"
    kept = answers_of_expired(harness)
    assert kept
    assert {said for _, said, _, _ in kept} == {json.dumps(answers, separators=(",", ":"))}
    assert {(name, moment) for name, _, moment, _ in kept} <= {
        (rows[number]["anonymous_id"], rows[number]["occurred_at"]) for number in old
    }
    assert {said_more for _, _, _, said_more in kept} == {None}, "nothing else of the event"

    asked = Request("anonymous_id", kept[0][0], day.as_of)
    write_requests(harness.folder / "requests.csv", [asked])
    harness.must_run(day.as_of)
    assert {name for name, *_ in answers_of_expired(harness)} == {name for name, *_ in kept} - {asked.subject}


@in_long_runs
def test_long_run_of_erasures(harness, capsys):
    days, seed = 0, int(os.environ.get("INCREMENTAL_SEED") or 0)
    while days < LONG_RUN_DAYS:
        erased = go_through(harness, day_stream(seed), day_count=5, erased_on=2 + seed % 3)
        days += 5
        with capsys.disabled():
            print(f"\nseed {seed}: {erased} rows erased, {days} days", end="", flush=True)
        seed += 1


@pytest.fixture
def demo(demo_build: DemoBuild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A copy of the built demo, and who is to be erased in a file of requests."""
    monkeypatch.chdir(PROJECT)
    requests = {"IDENTITY_ERASURE_REQUESTS": str(tmp_path / "requests.csv")}
    database = Database(tmp_path / "demo", environment=requests)
    database.folder.mkdir()
    shutil.copy(demo_build.path, database.database)
    return database


def test_person_of_three_devices_and_more_leaves_the_demo(demo, tmp_path, capsys):
    with demo.connect() as connection:
        persons = connection.execute(
            """
            select
                users.universal_id, events.user_id, count(distinct users.anonymous_id),
                any_value(users.component_size)
            from intermediate.int_events as events
            inner join marts.users as users using (space_id, anonymous_id)
            where events.user_id is not null
            group by all
            """
        ).fetchall()
    of_three_devices = [person for person in persons if person[2] == 3]
    _, subject, device_count, size = max(of_three_devices, key=lambda person: (person[3], person[1]))
    assert size >= device_count + 2, "it holds two ids together with its own on which nobody logged in"

    with duckdb.connect(str(demo.database)) as connection:
        ((link_count,),) = connection.execute(
            """
            with devices as (select distinct anonymous_id from intermediate.int_events where user_id = ?)
            select count(*) from marts.identity_links
            where anonymous_id_a in (from devices) or anonymous_id_b in (from devices)
            """,
            [subject],
        ).fetchall()
        # What a data test once found names the person too.
        connection.execute(
            "create or replace table test_failures.assert_no_key_drives_the_stitching as from marts.users"
        )
    request = Request("user_id", subject, datetime(2026, 6, 1))
    write_requests(tmp_path / "requests.csv", [request])
    clock = {"as_of": "2026-07-01 00:00:00"}
    # Data tests look before the run ends, and find nothing that nobody holds any more.
    assert demo.run(DEMO_EVENTS, clock, BUILD_AND_TEST) == ""

    rows = staged_rows(demo.database)
    erased = rows_of_subject(rows, request)
    kept = duckdb.sql(
        f"select * exclude file_row_number from read_parquet('{DEMO_EVENTS}', file_row_number = true)"
        f" where file_row_number not in ({', '.join(str(rows[position]['raw_row_number']) for position in erased)})"
    )
    kept.write_parquet(str(tmp_path / "kept.parquet"))
    without = Database(tmp_path / "without")
    assert without.run(str(tmp_path / "kept.parquet"), clock, BUILD) == ""
    assert difference_of_tables(comparable(demo), comparable(without)) == ""
    with demo.connect() as connection:
        receipts = dict(connection.execute("select table_name, row_count from marts.erasure_receipts").fetchall())
        assert connection.execute("select row_count from marts.erasure_raw_files").fetchall() == [(len(erased),)]
        causes = connection.execute("select distinct cause from marts.metric_restatements").fetchall()
    assert causes == [("erasure",)]
    assert receipts["int_events_received"] == len(erased)
    assert receipts["users"] == device_count
    # A row that names two of them is one row.
    assert receipts["identity_links"] == link_count

    assert main(["verify-erasure", "--database", str(demo.database)]) == 0
    assert "Nothing of them is left" in capsys.readouterr().out


def test_file_may_be_rewritten_without_the_erased_rows(tmp_path):
    requests, landed = tmp_path / "requests.csv", tmp_path / "events.ndjson"
    graph = Database(tmp_path / "graph", environment={"IDENTITY_ERASURE_REQUESTS": str(requests)})
    at = "2026-03-01T10:00:00Z"
    events = [
        {"event_id": number, "event_name": "page_view", "anonymous_id": f"visitor {number}", "occurred_at": at}
        for number in range(4)
    ]
    events[1]["user_id"] = "u1"
    # On a tablet Ann opened her newsletter, without a login; the session of a day later is Bob's.
    events[2] |= {"anonymous_id": "tablet", "email": "ann@home.example"}
    events += [
        {"event_id": 4, "event_name": "page_view", "anonymous_id": "tablet", "occurred_at": "2026-03-02T10:00:00Z"},
        {**events[3], "event_id": 5, "anonymous_id": "tablet", "occurred_at": "2026-03-02T10:01:00Z", "user_id": "bob"},
    ]
    kinds = (("user_id", "u1"), ("email", "ann@home.example"))
    for kept, asked in (
        (events, []),
        (None, [Request(kind, subject, datetime(2026, 6, 1)) for kind, subject in kinds]),
        ([event for number, event in enumerate(events) if number not in (1, 2)], []),
    ):
        if kept:
            landed.write_text("".join(json.dumps(event) + "\n" for event in kept))
        write_requests(requests, asked)
        # Data tests count the raw rows, and find as many as are accounted for.
        assert graph.run(str(landed), {"as_of": "2026-07-01 00:00:00"}, BUILD_AND_TEST) == ""
    with graph.connect() as connection:
        left = connection.execute("select event_id from intermediate.int_events order by event_id").fetchall()
    assert left == [("0",), ("3",), ("4",), ("5",)]


def test_what_was_reported_of_who_came_back_stays_when_rules_change(tmp_path):
    requests, landed = tmp_path / "requests.csv", tmp_path / "events.ndjson"
    graph = Database(tmp_path / "graph", environment={"IDENTITY_ERASURE_REQUESTS": str(requests)})
    event = {"event_id": 1, "event_name": "page_view", "anonymous_id": "a", "occurred_at": "2026-03-01T10:00:00Z"}
    landed.write_text(json.dumps(event))
    write_requests(requests, [Request("anonymous_id", "a", datetime(2026, 3, 2))])
    reported = "select dbt_valid_to from snapshots.users_reported where anonymous_id = 'a'"
    assert graph.run(str(landed), {"as_of": "2026-03-03 00:00:00"}, BUILD) == ""
    with duckdb.connect(str(graph.database)) as connection:
        # As a snapshot, after he came back and became another person; and as if a rule were another since.
        connection.execute("create schema if not exists snapshots")
        connection.execute(
            """
            create or replace table snapshots.users_reported as
            select 'default' as space_id, 'a' as anonymous_id, 'a' as universal_id, null::varchar as household_id,
                null::varchar as organization_id, timestamp '2026-04-01' as dbt_valid_to
            """
        )
        connection.execute("update intermediate.event_loads set rules_fingerprint = 'others'")
    assert graph.run(str(landed), {"as_of": "2026-05-01 00:00:00"}, BUILD) == ""
    with graph.connect() as connection:
        assert connection.execute(reported).fetchall() == [(datetime(2026, 4, 1),)]


def test_receipt_of_a_late_event_counts_nobody_who_came_back(tmp_path):
    requests, folder = tmp_path / "requests.csv", tmp_path / "events"
    folder.mkdir()
    graph = Database(tmp_path / "graph", environment={"IDENTITY_ERASURE_REQUESTS": str(requests)})
    write_requests(requests, [Request("anonymous_id", "a", datetime(2026, 3, 2))])
    for number, days in enumerate([(1, 3), (1,)]):
        events = [
            {
                "event_id": f"{number} {day}",
                "event_name": "page_view",
                "anonymous_id": "a",
                "occurred_at": f"2026-03-0{day}T10:00:00Z",
            }
            for day in days
        ]
        (folder / f"{number}.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events))
        assert graph.run(str(folder / "*.ndjson"), {"as_of": "2026-07-01 00:00:00"}, BUILD) == ""
    clock = {"as_of": "2026-07-01 00:00:00"}
    assert graph.run(str(folder / "*.ndjson"), clock, (*BUILD, "--full-refresh")) == ""
    with graph.connect() as connection:
        receipts = connection.execute(
            "select table_name, row_count from intermediate.int_erasure_receipts order by load_number"
        ).fetchall()
        users = connection.execute("select anonymous_id from marts.users").fetchall()
    assert receipts == [("int_events_received", row_count) for row_count in (1, 1, 2)]
    assert users == [("a",)], "who came back is somebody new"


def test_verifier_finds_who_is_not_erased(demo_build, tmp_path, capsys):
    database = tmp_path / demo_build.path.name
    shutil.copy(demo_build.path, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"set variable identity_token_secret = '{DEMO_SECRET}'")
        (subject,) = connection.execute("select min(user_id) from intermediate.int_events").fetchone()
        connection.execute(
            """
            insert into intermediate.int_erasure_requests
            select
                'r', 'user_id', sha256(getvariable('identity_token_secret') || 'erasure|' || ?), null,
                timestamp '2026-06-01', 1
            """,
            [subject],
        )
    assert main(["verify-erasure", "--database", str(database), "--keep-file"]) == 1
    found = capsys.readouterr().out
    for place in (
        "intermediate.int_events_received.user_id",
        "intermediate.int_identity_observations.key_number",
        "bytes of",
    ):
        assert f"LEFT: {place}" in found


def test_verifier_needs_a_database(tmp_path, capsys):
    assert main(["verify-erasure", "--database", str(tmp_path / "none.duckdb")]) == 2
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    assert main(["verify-erasure", "--database", str(tmp_path / "empty.duckdb")]) == 2
    assert "there is no table intermediate.int_erasure_requests" in capsys.readouterr().err
