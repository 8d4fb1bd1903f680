"""Told from the first row of the outbox on, a destination knows exactly who is in its audiences, after every load.

Who is in is told here anew from the marts, day by day of random streams: persons merge and part, withdraw consent,
complain and are erased, and runs break off.

    INCREMENTAL_DAYS=100 pytest tests/python/test_audience_changes.py   # many streams
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from day_streams import COLUMNS, START, Day, RawEvent, Stream, day_stream, timestamp
from dbt_runs import Done
from test_incremental import LONG_RUN_DAYS, Database, Harness, in_long_runs

from identity_graph.activation.erased import waiting_removals
from identity_graph.activation.ledger import Ledger, open_ledger
from identity_graph.cli import main
from identity_graph.erasure_search import verify
from identity_graph.verify_erasure import DEMO_SECRET

Row = dict[str, Any]
Recipient = tuple[str, str]  # space, recipient
Key = tuple[str, str, str, str]  # destination, audience, space, recipient

REASONS = {
    "qualified", "left", "suppressed", "consent_withdrawn", "merged_into", "merged_from", "split_from", "erased",
    "confidence_fell", "switched_off", "payload_changed", "new_episode",
}  # fmt: skip
KEY = ("destination_name", "audience_name", "space_id", "recipient")
SHORT_RUN = (7, 4)  # seed, number of days
DESTINATIONS = [
    # name, identifier_type, min_confidence, consent_category, sends_merges
    ("persons", "universal_id", 0.3, "", "true"),
    ("sure", "universal_id", 0.9, "", "false"),
    ("logins", "user_id", 0.3, "advertising", "false"),
    ("cookies", "anonymous_id", 0, "", "false"),
    ("clicks", "conversion_id", 0, "advertising", "false"),
]
AUDIENCES = [
    # destination, audience, min_days_in, min_days_out
    ("persons", "new_and_engaged", 0, 0),
    ("persons", "returning_not_converted", 1, 1),
    ("persons", "welcome", 0, 0),
    ("sure", "new_and_engaged", 2, 0),
    ("sure", "win_back", 0, 2),
    ("logins", "new_and_engaged", 0, 0),
    ("cookies", "returning_not_converted", 0, 1),
    ("cookies", "welcome", 1, 0),
    ("clicks", "offline_conversions", 0, 0),
]
SWITCHED_ON = {"optional_marts": ["activation"], "event_sources": ["generic", "records"]}
RECORD_COLUMNS = ("record_id", "channel", "record_type", "status", "recorded_at", "user_id", "email")


@dataclass
class Membership:
    """What a destination has been told of one audience, if it was told by nobody but this test."""

    entered: dict[Recipient, datetime] = field(default_factory=dict)
    left: dict[Recipient, datetime] = field(default_factory=dict)
    fired: dict[Recipient, datetime] = field(default_factory=dict)  # the last episode, of triggers
    continued: set[tuple[datetime, Recipient]] = field(default_factory=set)  # who went on by another name


@dataclass(frozen=True)
class Setting:
    """A destination and an audience, as the seeds have them."""

    destination: Row
    audience: Row

    @property
    def key(self) -> tuple[str, str]:
        """Names of both."""
        return self.audience["destination_name"], self.audience["audience_name"]

    @property
    def is_on(self) -> bool:
        """Whether the destination is told of the audience."""
        return self.destination["is_enabled"] == "true" and self.audience["is_enabled"] == "true"

    def takes(self, space: str) -> bool:
        """Whether the destination is told of a space."""
        return self.destination["space_id"] in ("", space)

    def days(self, name: str) -> timedelta:
        """min_days_in or min_days_out."""
        return timedelta(days=int(self.audience[name] or 0))


class Marts:
    """What the marts say after a load."""

    def __init__(self, database: Path, rules: list[Row]) -> None:
        """Read all that decides who is in an audience."""
        with duckdb.connect(str(database), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")

            def rows(sql: str) -> list[tuple]:
                return connection.execute(sql).fetchall()

            self.persons = {
                (space, person): (confidence, withdrawn or over)
                for space, person, confidence, withdrawn, over in rows(
                    """
                    select space_id, universal_id, identity_confidence, has_withdrawn_consent, is_over_limit
                    from marts.persons
                    """
                )
            }
            ((self.clock,),) = rows("select max(last_seen_at) from marts.persons")
            nodes = rows(
                """
                select space_id, anonymous_id, anonymous_id, universal_id from marts.users where not is_shared
                union all
                select space_id, anonymous_id, node_id, universal_id from marts.shared_devices
                """
            )
            self.person_of_node = {(space, node): person for space, _, node, person in nodes}
            self.holders: dict[str, dict[Recipient, set[str]]] = {
                name: defaultdict(set) for name in ("universal_id", "anonymous_id", "user_id", "conversion_id")
            }
            for space, name, _, person in nodes:
                self.holders["anonymous_id"][space, name].add(person)
                self.holders["universal_id"][space, person].add(person)
            for space, node, user in rows(
                """
                select events.space_id, coalesce(shared.node_id, events.anonymous_id), events.user_id
                from intermediate.int_events as events
                left join intermediate.int_shared_events as shared using (event_number)
                where events.is_observed and events.user_id is not null
                group by all
                """
            ):
                self.holders["user_id"][space, user].add(self.person_of_node[space, node])
            self.members: dict[str, dict[tuple[str, str], Any]] = defaultdict(dict)
            for cohort, space, person in rows("select cohort_name, space_id, universal_id from marts.audiences"):
                self.members[cohort][space, person] = None
            for trigger, space, person, episode in rows(
                """
                select trigger_name, space_id, universal_id, max(episode_started_at)
                from marts.person_triggers where ended_at is null group by all
                """
            ):
                self.members[trigger][space, person] = episode
            self.conversions = rows(
                "select space_id, conversion_id, universal_id, has_consent from marts.offline_conversions"
            )
            for space, conversion, person, _ in self.conversions:
                self.holders["conversion_id"][space, conversion].add(person)
            records = rows(
                """
                select space_id, universal_id, channel, record_type, status from marts.customer_records
                where has_consent
                """
            )
            self.suppressed_by_view = set(
                rows("select cohort_name, space_id, universal_id from marts.audiences where suppressed_by is not null")
            )
            statements = rows(
                """
                select events.space_id, events.anonymous_id, events.occurred_at, events.properties
                from intermediate.int_events as events
                where events.is_consent_change and events.properties is not null
                """
            )
        self.suppressed = {
            (space, person)
            for space, person, channel, kind, status in records
            for rule in rules
            if rule["is_enabled"] == "true"
            and rule["channel"] == channel
            and rule["record_type"] in ("", kind)
            and rule["status"] in ("", status)
        }
        answers: dict[tuple[str, str], dict[datetime, list[bool]]] = defaultdict(lambda: defaultdict(list))
        for space, name, moment, properties in statements:
            answer = (json.loads(properties).get("consent_categories") or {}).get("advertising")
            if answer is not None:
                answers[space, name][moment].append(answer is True or answer == "GRANTED")
        # Of two at one moment the refusal counts.
        refusing = {visitor for visitor, said in answers.items() if not all(said[max(said)])}
        self.refused = {(space, person) for space, name, _, person in nodes if (space, name) in refusing}

    def person_of(self, setting: Setting, recipient: Recipient) -> Recipient | None:
        """The one person whose name or value it is; None of what several have, and of conversions."""
        kind, space = setting.destination["identifier_type"], recipient[0]
        if kind == "universal_id":
            person = self.person_of_node.get(recipient)
            return person and (space, person)
        persons = self.holders[kind].get(recipient, set())
        return (space, *persons) if kind != "conversion_id" and len(persons) == 1 else None

    def is_blocked(self, setting: Setting, space: str, person: str) -> bool:
        """Whether the destination must not be told of a person."""
        confidence, is_out = self.persons[space, person]
        return (
            is_out
            or confidence < float(setting.destination["min_confidence"])
            or (bool(setting.destination["consent_category"]) and (space, person) in self.refused)
            or (setting.key[1] != "offline_conversions" and (space, person) in self.suppressed)
        )

    def belonging(self, setting: Setting) -> dict[Recipient, Any]:
        """Who should be in, with the episode of a trigger."""
        kind, audience = setting.destination["identifier_type"], setting.key[1]
        holders = self.holders[kind]
        if kind == "conversion_id":
            return {
                (space, conversion): None
                for space, conversion, person, has_consent in self.conversions
                if has_consent and (space, person) in self.persons and not self.is_blocked(setting, space, person)
            }
        found = {}
        for (space, recipient), persons in holders.items():
            for person in persons:
                named = (space, person) in self.members[audience]
                if named and len(persons) == 1 and not self.is_blocked(setting, space, person):
                    found[space, recipient] = self.members[audience][space, person]
        return found

    def may_stay(self, setting: Setting, recipient: Recipient) -> bool:
        """Whether nothing but having left the audience speaks against a recipient that it does not name."""
        kind = setting.destination["identifier_type"]
        space = recipient[0]
        persons = self.holders[kind].get(recipient, set())
        if kind == "conversion_id":
            return False
        if len(persons) != 1:
            return False
        (person,) = persons
        return (space, person) not in self.members[setting.key[1]] and not self.is_blocked(setting, space, person)


def follow(membership: Membership, setting: Setting, marts: Marts, clock: datetime) -> None:
    """What a load changes of an audience."""
    belonging = marts.belonging(setting) if setting.is_on else {}
    belonging = {recipient: episode for recipient, episode in belonging.items() if setting.takes(recipient[0])}
    was_in, had_left, had_fired = dict(membership.entered), dict(membership.left), dict(membership.fired)
    names: dict[Recipient, set[Recipient]] = defaultdict(set)
    for recipient in was_in.keys() | had_left.keys():
        if person := marts.person_of(setting, recipient):
            names[person].add(recipient)

    def has_waited(recipient: Recipient) -> bool:
        is_out = recipient in had_left and recipient not in was_in
        return not is_out or had_left[recipient] + setting.days("min_days_out") <= clock

    def has_fired(recipient: Recipient, episode: Any) -> bool:
        return episode is not None and had_fired.get(recipient) == episode

    for recipient, entered_at in was_in.items():
        is_held = setting.is_on and setting.takes(recipient[0]) and marts.may_stay(setting, recipient)
        if recipient not in belonging and not (is_held and entered_at + setting.days("min_days_in") > clock):
            del membership.entered[recipient]
            membership.left[recipient] = clock
    for recipient, episode in belonging.items():
        others = names[marts.person_of(setting, recipient)] - {recipient} if names else set()
        is_in_by_other = not others.isdisjoint(was_in)
        others_agree = all(has_waited(name) and not has_fired(name, episode) for name in others)
        is_ready = has_waited(recipient) and not has_fired(recipient, episode) and (is_in_by_other or others_agree)
        # A person has one name, so that one who is in by another goes on by this one, but for a new episode.
        is_known = episode is None or any(has_fired(name, episode) for name in (recipient, *others))
        goes_on = setting.destination["identifier_type"] == "universal_id" and is_in_by_other and is_known
        if recipient not in was_in and (goes_on or is_ready):
            membership.entered[recipient] = clock
            if goes_on:
                membership.continued.add((clock, recipient))
        if episode and recipient in membership.entered:
            membership.fired[recipient] = episode


def replayed(changes: list[Row]) -> dict[Key, str]:
    """Who is in, and what was told last, after a ledger was told to an empty destination."""
    members: dict[Key, str] = {}
    told: set[tuple] = set()
    for row in sorted(changes, key=lambda row: row["load_number"]):
        key = tuple(row[name] for name in ("destination_name", "audience_name", "space_id", "recipient"))
        if key[3] == "erased":
            continue
        assert (row["load_number"], *key) not in told, "a recipient is told of once in a load"
        told.add((row["load_number"], *key))
        text = "|".join((*key, str(row["load_number"]), row["operation"]))
        assert row["idempotency_key"] == hashlib.sha256(text.encode()).hexdigest()
        assert (row["related_recipient"] is not None) or row["reason"] not in ("merged_into", "merged_from")
        if row["operation"] == "add":
            assert key not in members, row
            members[key] = row["payload_checksum"]
        elif row["operation"] == "remove":
            assert key in members or row["reason"] == "erased", row
            members.pop(key, None)
        elif row["reason"] in ("payload_changed", "new_episode"):
            assert key in members and members[key] != row["payload_checksum"], row
            members[key] = row["payload_checksum"]
        else:
            assert key not in members and row["reason"] in ("merged_into", "split_from"), row
    return members


class OutboxDatabase(Database):
    """A database whose project is parsed with the outbox and the records switched on, which no later var can do."""

    def parse(self, *arguments: str) -> Done:
        """Parse the project with both."""
        return super().parse("--vars", json.dumps(SWITCHED_ON), *arguments)


class Outbox:
    """A harness with the outbox switched on, and what its destinations must have been told."""

    def __init__(self, folder: Path) -> None:
        """Copy the project, and read events of the generic source and records."""
        folder.mkdir()
        self.harness = Harness(folder)
        self.records = folder / "exports" / "records" / "records"
        self.records.mkdir(parents=True)
        self.requests = folder / "requests.csv"
        self.harness.incremental = OutboxDatabase(self.harness.incremental.folder, self.harness.project)
        self.harness.incremental.environment = {
            "IDENTITY_EXPORTS": str(folder / "exports"),
            "IDENTITY_ERASURE_REQUESTS": str(self.requests),
        }

    def start(self, stream: Stream) -> None:
        """Begin anew with a stream."""
        harness = self.harness
        harness.start(stream)
        harness.variables |= SWITCHED_ON
        for path in self.records.iterdir():
            path.unlink()
        self.requests.unlink(missing_ok=True)
        names = ("destination_name", "identifier_type", "min_confidence", "consent_category", "sends_merges")
        harness.write_seed(
            "destinations",
            [
                dict(zip(names, row, strict=True)) | {"writer": "csv", "is_enabled": "true", "owner": "growth"}
                for row in DESTINATIONS
            ],
        )
        names = ("destination_name", "audience_name", "min_days_in", "min_days_out")
        harness.write_seed(
            "destination_audiences", [dict(zip(names, row, strict=True)) | {"is_enabled": "true"} for row in AUDIENCES]
        )
        of_cohorts = {"max_days_since_first_seen": 2, "min_event_count": 2}
        harness.change_seed("cohort_definitions", {"cohort_name": "new_and_engaged"}, of_cohorts)
        of_cohorts = {"min_event_count": 2, "min_session_count": 1, "max_days_since_last_session": 2}
        harness.change_seed("cohort_definitions", {"cohort_name": "returning_not_converted"}, of_cohorts)
        harness.change_seed("trigger_definitions", {"trigger_name": "win_back"}, {"days": 1, "max_days": 2})
        harness.change_seed(
            "trigger_definitions", {"trigger_name": "welcome"}, {"days": 1, "max_days": 3, "is_enabled": "true"}
        )
        self.memberships: dict[tuple[str, str], Membership] = defaultdict(Membership)
        self.before: dict[str, Row] = {}
        self.clock = datetime(1970, 1, 1)
        self.reasons: Counter[str] = Counter()
        self.random = Random(f"outbox {stream.seed}")

    def settings(self) -> list[Setting]:
        """Each audience of each destination."""
        destinations = {row["destination_name"]: row for row in self.harness.seed_rows("destinations")}
        return [
            Setting(destinations[row["destination_name"]], row)
            for row in self.harness.seed_rows("destination_audiences")
        ]

    def land(self, day: Day) -> None:
        """Land a day's events, and with them what visitors say of advertising, and records of the support desk."""
        events = [event for file in day.files.values() for event in file if event["anonymous_id"]]
        said = [
            self.statement(day, number, event)
            for number, event in enumerate(self.random.sample(events, min(2, len(events))))
        ]
        self.harness.land(Day(day.number, day.as_of, {**day.files, f"said_{day.number}": said}, day.overrides))
        known = [event for event in events if event["user_id"] or event["email"]]
        complaints = [
            {
                "record_id": f"T-{self.random.randint(1, 3)}",
                "channel": "support",
                "record_type": "complaint",
                "status": self.random.choice(("open", "open", "closed")),
                "recorded_at": timestamp(START + timedelta(days=day.number - 1, hours=11)),
                "user_id": event["user_id"],
                "email": event["email"],
            }
            for event in self.random.sample(known, min(1, len(known)))
        ]
        schema = pa.schema([(name, pa.string()) for name in RECORD_COLUMNS])
        pq.write_table(pa.Table.from_pylist(complaints, schema), self.records / f"day_{day.number}.parquet")

    def statement(self, day: Day, number: int, event: RawEvent) -> RawEvent:
        """A visitor who says yes or no to advertising."""
        words = (True, "GRANTED") if self.random.random() < 0.3 else (False, "denied")
        answer = {"consent_categories": {"advertising": words[number % 2]}}
        moment = timestamp(START + timedelta(days=day.number - 1, hours=self.random.choice((8, 20))))
        return dict.fromkeys(COLUMNS) | {
            "event_id": f"a{day.number}-{number}",
            "event_name": "consent_updated",
            "occurred_at": moment,
            "anonymous_id": event["anonymous_id"],
            "space_id": event["space_id"],
            "properties": json.dumps(answer),
        }

    def erase(self, count: int, as_of: datetime) -> list[Recipient]:
        """Ask to erase persons whom a destination knows, and tell who they are."""
        members = sorted({(key[2], key[3]) for key in replayed(self.changes()) if key[0] == "persons"})
        with self.requests.open("a", newline="") as file:
            writer = csv.writer(file)
            if file.tell() == 0:
                writer.writerow(["subject_type", "subject", "requested_at", "space_id", "reason"])
            subjects = self.random.sample(members, min(count, len(members)))
            for space, person in subjects:
                writer.writerow(["universal_id", person, as_of.isoformat(), space, "asked by mail"])
        return subjects

    def note_what_the_command_told(self, erased: list[Recipient]) -> None:
        """Leave notes that "sure" was sent none of these persons, and "gone", which has no row, who is part of them."""
        with open_ledger(self.harness.incremental.database, read_only=False) as ledger:
            ledger.make_state()
            for name in ("sure", "gone"):
                ledger.connection.execute(
                    "insert into intermediate.activation_deliveries by name select $name as destination_name,"
                    " 1 as delivery_number, 1 as generation, 1 as load_number, 'csv' as writer, 'key' as batch_key,"
                    " 0 as add_count, 0 as remove_count, 0 as update_count",
                    {"name": name},
                )
            self.note_sent(
                "gone", [("a", space, f"old {n}", person) for n, (space, person) in enumerate(erased)], ledger
            )

    def note_sent(self, destination: str, rows: Iterable[tuple[str, str, str, str | None]], ledger: Ledger) -> None:
        """Leave notes that recipients were sent, each given as audience, space, recipient, and what it is part of."""
        ledger.connection.executemany(
            "insert into intermediate.activation_recipients by name select $1 as destination_name, $2 as audience_name,"
            " $3 as space_id, $4 as recipient, $5 as related_recipient, true as is_member",
            [(destination, *row) for row in rows],
        )

    def changes(self) -> list[Row]:
        """The ledger."""
        with self.harness.incremental.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            rows = connection.execute(
                """
                select changes.* from marts.audience_changes as changes
                inner join intermediate.event_loads as loads using (load_number) where loads.is_complete
                """
            )
            names = [column[0] for column in rows.description]
            return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]

    def check(self) -> None:
        """Compare what the destinations were told with the marts, after a load."""
        title = self.harness.title
        database = self.harness.incremental.database
        marts = Marts(database, self.harness.seed_rows("suppression_rules"))
        self.clock = max(self.clock, marts.clock or self.clock)
        changes = self.changes()
        members = replayed(changes)
        for setting in self.settings():
            membership = self.memberships[setting.key]
            follow(membership, setting, marts, self.clock)
            found = {key[2:] for key in members if key[:2] == setting.key}
            expected = set(membership.entered)
            assert found == expected, f"{title}, {setting.key}: too many {found - expected}, missing {expected - found}"
            continued = {
                (row["changed_at"], (row["space_id"], row["recipient"]))
                for row in changes
                if row["reason"] == "merged_from" and (row["destination_name"], row["audience_name"]) == setting.key
            }
            assert {member for member in continued if member[1][1] != "erased"} <= membership.continued, title
            assert {member for member in membership.continued if member[1] in expected} <= continued, title
        for cohort, space, person in marts.suppressed_by_view:
            assert (space, person) in marts.suppressed, f"{title}: {cohort} of {person}"
        self.check_payloads(marts, members)
        self.check_kept_rows(changes)
        with self.harness.incremental.connect() as connection:
            current = connection.execute(
                """
                select destination_name, audience_name, space_id, recipient from marts.audience_members where is_current
                """
            ).fetchall()
        assert sorted(current) == sorted(members), title

    def check_kept_rows(self, changes: list[Row]) -> None:
        """Rows of earlier loads are what they were, but that who was erased may be blanked."""
        rows = {row["idempotency_key"]: row for row in changes if row["recipient"] != "erased"}
        for key, before in self.before.items():
            row = rows.get(key, before)
            kept = row | {"related_recipient": before["related_recipient"]}
            assert kept == before and row["related_recipient"] in (before["related_recipient"], "erased"), before
        self.reasons.update(row["reason"] for key, row in rows.items() if key not in self.before)
        self.before = rows

    def check_payloads(self, marts: Marts, members: dict[Key, str]) -> None:
        """What is told of a member of a cohort is the confidence in percent."""
        for setting in self.settings():
            if setting.destination["identifier_type"] != "universal_id" or setting.key[1] in ("welcome", "win_back"):
                continue
            for space, person in marts.belonging(setting) if setting.is_on else ():
                key = (*setting.key, space, person)
                percent = str(int(marts.persons[space, person][0] * 100 + 0.5))
                expected = hashlib.md5(f"{len(percent)}:{percent}".encode()).hexdigest()
                assert members.get(key, expected) == expected, f"{self.harness.title}: {key}"


def go_through(outbox: Outbox, stream: Stream, day_count: int) -> Counter[str]:
    """Check the first days of a stream, and tell how often each reason was given."""
    outbox.start(stream)
    harness = outbox.harness
    for day in stream.days[:day_count]:
        harness.title = f"seed {stream.seed}, day {day.number}"
        outbox.land(day)
        if day.number == 3:
            outbox.note_what_the_command_told(outbox.erase(2, day.as_of))
            # What a run writes that breaks off is never told.
            harness.must_run(day.as_of, "--select", "resource_type:seed", "+audience_changes")
        if day.number == 4:
            harness.change_seed("destinations", {"destination_name": "cookies"}, {"is_enabled": "false"})
        if day.number == 5:
            harness.change_seed("destinations", {"destination_name": "logins"}, {"space_id": "second"})
        harness.must_run(day.as_of)
        outbox.check()
    return outbox.reasons


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Outbox:
    return Outbox(tmp_path_factory.mktemp("outbox") / "harness")


def test_outbox_told_to_an_empty_destination_gives_the_audience(outbox):
    seed, day_count = SHORT_RUN
    reasons = go_through(outbox, day_stream(seed), day_count)
    # No confidence changes alone in these days.
    assert set(reasons) == REASONS - {"payload_changed"}


def test_run_without_news_tells_nothing(outbox):
    before = outbox.changes()
    outbox.harness.must_run(day_stream(SHORT_RUN[0]).days[SHORT_RUN[1] - 1].as_of)
    assert outbox.changes() == before
    outbox.check()


def test_erased_recipients_are_kept_until_the_destination_knows(outbox, capsys):
    database = outbox.harness.incremental
    with database.connect() as connection:
        receipts = dict(
            connection.execute(
                """
                select table_name, sum(row_count) from marts.erasure_receipts
                where table_name like 'destination %' group by table_name
                """
            ).fetchall()
        )
        load_number = connection.execute("select max(load_number) from intermediate.event_loads").fetchall()[0][0]
    forgotten = {
        (row["destination_name"], row["audience_name"], row["space_id"], row["recipient"])
        for row in outbox.changes()
        if row["reason"] == "erased" and row["recipient"] != "erased"
    }
    # Each request names one person.
    assert {row["destination_name"] for row in outbox.changes() if row["recipient"] == "erased"} == {"sure"}
    assert "sure" not in {name for name, *_ in forgotten}
    assert receipts["destination persons"] == len(outbox.requests.read_text().splitlines()) - 1 > 0
    assert {key[3] for key in forgotten if key[0] == "persons"}
    # All that the ledger names, and one whom it does not.
    known = {tuple(row[name] for name in KEY[1:]) for row in outbox.changes() if row["destination_name"] == "persons"}
    with open_ledger(database.database, read_only=False) as ledger:
        sent = ledger.connection.execute(
            "select destination_name, related_recipient from intermediate.activation_recipients"
        )
        assert set(sent.fetchall()) == {("gone", "erased")}
        outbox.note_sent("persons", [(*key, None) for key in [*known, ("a", "default", "nobody")]], ledger)
    waiting = waiting_removals(database.database)
    expected = Counter({name: len({key[2:] for key in forgotten if key[0] == name}) for name, *_ in forgotten})
    assert waiting == expected + Counter({"persons": 1, "gone": receipts["destination persons"]})

    assert main(["verify-erasure", "--database", str(database.database), "--keep-file"]) == 1
    said = capsys.readouterr().out
    assert "destination persons has not acknowledged" in said

    for name in waiting:
        arguments = json.dumps({"destination": name, "load_number": load_number})
        done = database("run-operation", "acknowledge_changes", "--args", arguments)
        assert done.success, done.output
    kept = {
        (row["destination_name"], row["audience_name"], row["space_id"], row["recipient"]) for row in outbox.changes()
    }
    assert not forgotten & kept
    with database.connect() as connection:
        names = ", ".join(KEY)
        sent = connection.execute(f"select {names} from intermediate.activation_recipients").fetchall()
    assert sorted(sent) == sorted(key for key in kept if key[0] == "persons" and key[3] != "erased")
    assert waiting_removals(database.database) == Counter()
    _, findings = verify(database.database, secret=DEMO_SECRET, keep_file=True)
    held = ("audience_changes", "activation_recipients")
    assert not [finding for finding in findings if any(name in finding.place for name in held)]
    outbox.check()


def test_acknowledgement_names_a_destination_and_a_load(outbox):
    for arguments in ({"destination": 7, "load_number": 1}, {"destination": "persons", "load_number": "last"}):
        done = outbox.harness.incremental("run-operation", "acknowledge_changes", "--args", json.dumps(arguments))
        assert not done.success and "load_number: 7" in done.output


@in_long_runs
def test_long_run_of_outboxes(outbox, capsys):
    days, seed = 0, int(os.environ.get("INCREMENTAL_SEED") or 0)
    while days < LONG_RUN_DAYS:
        reasons = go_through(outbox, day_stream(seed), day_count=7)
        days += 7
        with capsys.disabled():
            print(f"\nseed {seed}: {dict(reasons)}, {days} days", end="", flush=True)
        seed += 1
