"""identity-graph activate: whatever breaks, and wherever, a destination ends with what the ledger says, sent once."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
from activation_world import BEGINNING, Crash, Server, Steps, World, members_of_lines, run_dying_at, serving
from dbt_runs import PROJECT

from identity_graph.activation import delivery
from identity_graph.activation.delivery import alone
from identity_graph.activation.erased import waiting_removals
from identity_graph.activation.http_client import HttpClient
from identity_graph.activation.protocol import DeliveryError, Destination, Settings
from identity_graph.activation.writers import WRITERS
from identity_graph.project import CommandError


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture
def posting(world: World, server: Server) -> SimpleNamespace:
    """A writer that posts to the server, without patience."""
    writer = world.writer(
        "posted", IDENTITY_DESTINATION_POSTED_URL=server.url, IDENTITY_DESTINATION_POSTED_TOKEN="t0ken"
    )
    waits: list[float] = []
    writer.client = dataclasses.replace(writer.client, timeout_seconds=0.3, attempts=3, wait=waits.append)
    return SimpleNamespace(writer=writer, waits=waits)


FIRST = "add A, add B, add C, add D, add E"
SECOND = "remove A merged_into F, remove B left, remove C erased, update D, add F, add G"


def test_what_is_pending_is_sent_once(world, capsys):
    world.load("lines", FIRST)
    assert world.activate("--destination", "lines", "--batch-size", "2") == 0
    assert capsys.readouterr().out == f"lines: 5 rows in 3 batches (5 add) to {world.out}/lines/000003.json\n"
    assert list(world.sent("lines")) == ["000001.json", "000002.json", "000003.json"]
    before = world.state()
    assert world.activate("--destination", "lines") == 0
    assert capsys.readouterr().out == "lines: nothing to send\n"
    assert world.state() == before
    assert members_of_lines(world.lines("lines")) == {("buyers", person) for person in "ABCDE"}


def test_a_dry_run_counts_by_operation_and_reason_and_changes_nothing(world, capsys):
    world.load("lines", FIRST)
    assert world.activate("--dry-run") == 0
    assert capsys.readouterr().out.splitlines() == [
        "here: nothing to send",
        "lines (kissmetrics, load 1): 5 rows to send",
        "  operation  reason     rows",
        "  add        qualified     5",
    ]
    world.deliver("lines")
    world.load("lines", SECOND)
    content = world.file.read_bytes()
    assert world.activate("--dry-run", "--destination", "lines") == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[2:]] == [
        ["add", "qualified", "2"],
        ["remove", "erased", "1"],
        ["remove", "left", "1"],
        ["remove", "merged_into", "1"],
        ["update", "payload_changed", "1"],
    ]
    assert world.file.read_bytes() == content
    assert list(world.sent("lines")) == ["000001.json"]


def test_import_lines_say_who_entered_left_and_became_another(world):
    world.load("lines", FIRST)
    world.deliver("lines")
    world.load("lines", SECOND)
    ledger = {key for (key,) in world.query("select idempotency_key from marts.audience_changes where load_number = 2")}
    world.deliver("lines")
    lines = [json.loads(line) for line in world.sent("lines")["000002.json"].splitlines()]
    seconds = int(datetime(2026, 1, 3, 12, tzinfo=UTC).timestamp())
    keys = [line.pop("idempotency_key", None) for line in lines]
    left = {"_t": seconds, "_n": "Left audience", "audience": "buyers", "space": "default"}
    entered = {"_t": seconds, "_n": "Entered audience", "audience": "buyers", "space": "default"}
    assert lines == [
        {"_p": "A", "_p2": "F"},
        {"_p": "B", **left, "reason": "left"},
        {"_p": "C", **left, "reason": "erased"},
        {"_p": "F", **entered},
        {"_p": "G", **entered},
    ]
    assert len(set(keys[1:])) == len(keys) - 1
    assert set(keys[1:]) < ledger
    # Kissmetrics has one person now, who did not leave.
    assert members_of_lines(world.lines("lines")) == {("buyers", person) for person in "DEFG"}


def names_in_lines(world, since=0):
    """Persons, aliases and events of Kissmetrics' lines."""
    return [(line["_p"], line.get("_p2"), line.get("_n")) for line in world.lines("lines")[since:]]


def let_a_member_go_on(world):
    """A is told of, then goes on as B, which is not told yet."""
    world.load("lines", "add A")
    world.deliver("lines")
    world.load("lines", "remove A merged_into B, add B merged_from A")


def test_who_goes_on_under_another_name_does_not_enter_again(world):
    let_a_member_go_on(world)
    world.load("lines", "add C")
    world.deliver("lines")
    assert names_in_lines(world, 1) == [
        ("A", "B", None),
        ("C", None, "Entered audience"),
    ]
    assert members_of_lines(world.lines("lines")) == {("buyers", "B"), ("buyers", "C")}
    # In one that was emptied nobody is by the old name. What a trigger tells anew of who is in is told.
    world.deliver("lines", is_resend=True)
    world.load("lines", "update B new_episode, update C payload_changed")
    world.deliver("lines")
    assert names_in_lines(world, 3) == [
        ("A", "B", None),
        ("B", None, "Entered audience"),
        ("C", None, "Entered audience"),
        ("B", None, "Entered audience"),
    ]


def test_a_name_that_parted_again_is_entered(world):
    let_a_member_go_on(world)
    world.load("lines", "add A split_from B")
    world.deliver("lines")
    assert names_in_lines(world, 1) == [("B", None, "Entered audience")]
    assert members_of_lines(world.lines("lines")) == {("buyers", "A"), ("buyers", "B")}


def test_who_went_on_under_two_more_names_does_not_enter_again(world):
    let_a_member_go_on(world)
    world.load("lines", "update A merged_into C, remove B merged_into C, add C merged_from B")
    world.deliver("lines")
    assert names_in_lines(world, 1) == [("A", "C", None)]


def test_a_new_name_is_known_before_the_old_one_is_forgotten(world, monkeypatch):
    let_a_member_go_on(world)
    writer = world.writer("lines")
    send, sent = writer.send, []

    def fail_once(batch):
        sent.append(batch)
        if len(sent) == 2:
            raise DeliveryError("it is busy")
        return send(batch)

    monkeypatch.setattr(writer, "send", fail_once)
    with pytest.raises(DeliveryError, match="it is busy"):
        world.deliver("lines", writer, batch_size=1)
    world.deliver("lines", writer, batch_size=1)
    assert len(sent) == 3
    assert names_in_lines(world, 1) == [("A", "B", None)]


def test_a_trigger_that_fired_again_between_two_sends_is_told(world):
    def told(operation, reason, payload):
        row = {"audience_name": "win_back", "recipient": "A", "operation": operation, "reason": reason}
        return [row | {"payload_checksum": payload}]

    world.load("lines", told("add", "qualified", "e1"))
    world.deliver("lines")
    world.load("lines", told("remove", "left", "e1"))
    world.load("lines", told("add", "qualified", "e2"))
    world.deliver("lines")
    world.load("lines", told("remove", "left", "e2"))
    world.load("lines", told("add", "qualified", "e2"))
    world.deliver("lines")
    assert names_in_lines(world) == [("A", None, "Entered audience")] * 2


def test_a_name_that_was_never_told_is_entered_by_the_other(world):
    world.load("lines", "add A")
    world.load("lines", "remove A merged_into B, add B merged_from A")
    world.deliver("lines")
    assert names_in_lines(world) == [("B", None, "Entered audience")]


def test_who_is_merged_into_somebody_outside_leaves_by_its_old_name(world):
    world.load("lines", "add A, add B")
    world.deliver("lines")
    world.load("lines", "remove A merged_into F, remove B")
    world.deliver("lines")
    assert [(line["_p"], line.get("_n"), line.get("reason")) for line in world.lines("lines")[2:]] == [
        ("A", None, None),
        ("A", "Left audience", "merged_into"),
        ("B", "Left audience", "left"),
    ]
    assert members_of_lines(world.lines("lines")) == set()


def test_what_came_and_went_in_between_sends_nothing(world):
    world.load("lines", "add A, add B")
    world.load("lines", "remove A, remove B merged_into C")
    assert world.deliver("lines").batch_count == 0
    world.load("lines", "add A")
    world.deliver("lines")
    world.load("lines", "remove A")
    world.load("lines", "add A")
    assert world.deliver("lines").batch_count == 0


def test_a_merge_is_told_once_also_of_two_audiences_and_of_who_left_before(world):
    world.load(
        "lines",
        [
            {"audience_name": name, "recipient": person, "operation": "add", "reason": "qualified"}
            for name in ("buyers", "readers")
            for person in "AB"
        ],
    )
    world.deliver("lines")
    world.load("lines", "remove A left")
    world.deliver("lines")
    merged = {"reason": "merged_into", "related_recipient": "B"}
    world.load(
        "lines",
        [
            {"audience_name": "buyers", "recipient": "A", "operation": "update", **merged},
            {"audience_name": "readers", "recipient": "A", "operation": "remove", **merged},
        ],
    )
    world.deliver("lines", batch_size=1)
    lines = world.lines("lines")
    assert [line for line in lines if "_p2" in line] == [{"_p": "A", "_p2": "B"}]
    assert members_of_lines(lines) == {("buyers", "B"), ("readers", "B")}
    world.load("lines", "update A split_from B")
    world.load("lines", "update A merged_into B")
    assert world.deliver("lines").batch_count == 0
    world.load("lines", "update A split_from B")
    world.deliver("lines")
    assert world.lines("lines") == lines


def test_a_destination_that_takes_no_merges_has_no_alias(world):
    with world.connected() as connection:
        connection.execute("update seeds.destinations set sends_merges = false")
    world.load("lines", "add A")
    assert world.activate("--destination", "lines") == 0
    world.load("lines", "remove A merged_into B, add B")
    assert world.activate("--destination", "lines") == 0
    assert [line.get("_n") for line in world.lines("lines")] == [
        "Entered audience",
        "Left audience",
        "Entered audience",
    ]


def test_files_hold_the_same_rows_in_every_format(world):
    for name in ("text", "objects", "columnar"):
        world.load(name, "add A")
        world.deliver(name)
    for name in ("text", "objects", "columnar"):
        world.load(name, "remove A merged_into B, add B")
        world.deliver(name)
    with (world.out / "text" / "000002.csv").open(newline="") as lines:
        text = [{name: value or None for name, value in row.items()} for row in csv.DictReader(lines)]
    objects = [json.loads(line) for line in world.sent("objects")["000002.ndjson"].splitlines()]
    columnar = pq.read_table(world.out / "columnar" / "000002.parquet").to_pylist()
    assert list(text[0]) == list(objects[0]) == list(columnar[0]) == [
        "operation", "audience_name", "space_id", "recipient", "reason", "related_recipient", "idempotency_key",
        "changed_at",
    ]  # fmt: skip
    for rows, load in ((text, 4), (objects, 5), (columnar, 6)):
        assert [row.pop("idempotency_key") for row in rows] == [
            key
            for (key,) in world.query(
                f"select idempotency_key from marts.audience_changes where load_number = {load} order by operation desc"
            )
        ]
        changed_at = f"2026-01-0{load + 1} 12:00:00+00:00"
        assert {str(row.pop("changed_at")) for row in rows} == {changed_at}
    assert text == objects == columnar
    assert [list(row.values()) for row in text] == [
        ["remove", "buyers", "default", "A", "merged_into", "B"],
        ["add", "buyers", "default", "B", "qualified", None],
    ]


def test_customer_lists_have_the_header_that_the_platform_asks_for(world):
    for name, header in (("google", "Email"), ("meta", "phone")):
        world.load(name, f"add {'a' * 64}")
        world.deliver(name)
        assert world.sent(name)["000001.csv"].decode().splitlines() == [
            f"operation,audience_name,space_id,{header}", f"add,buyers,default,{'a' * 64}"
        ]  # fmt: skip


def test_offline_conversions_come_with_their_click(world):
    world.load("clicks", "add sale, add lead, add gone")
    world.deliver("clicks")
    rows = list(csv.DictReader(world.sent("clicks")["000001.csv"].decode().splitlines()))
    assert [(row["conversion_id"], row["click_id"]) for row in rows] == [("gone", ""), ("lead", "f-2"), ("sale", "g-1")]
    sale = rows[2]
    assert len(sale.pop("idempotency_key")) == 64
    assert sale == {
        "operation": "add", "click_id_type": "gclid", "click_id": "g-1", "conversion_name": "purchase",
        "conversion_time": "2026-01-03 08:00:01+00:00", "conversion_value": "49.9000", "currency_code": "EUR",
        "consent": "granted", "order_id": "order,1", "conversion_id": "sale", "reason": "qualified",
    }  # fmt: skip
    assert (rows[1]["consent"], rows[1]["conversion_value"]) == ("denied", "")
    assert Decimal(sale["conversion_value"]) == Decimal("49.9")


def test_the_table_has_who_is_in(world):
    world.load("here", FIRST)
    world.deliver("here", batch_size=2)
    world.load("here", SECOND)
    world.deliver("here", batch_size=2)
    rows = world.query("select recipient, changed_at from activation.here order by all")
    assert rows == [(person, BEGINNING + timedelta(days=day)) for person, day in zip("DEFG", (2, 1, 2, 2), strict=True)]


@pytest.mark.parametrize("name", ["lines", "here", "posted"])
def test_killed_at_any_step_a_repeat_leaves_what_an_undisturbed_run_leaves(name, tmp_path, server, monkeypatch):
    def writer_in(world: World) -> Any:
        return world.writer(name, IDENTITY_DESTINATION_POSTED_URL=server.url)

    def seen(world: World) -> Any:
        if name == "here":
            return world.query("select * from activation.here order by all")
        return (list(server.taken), set(server.aliases)) if name == "posted" else world.sent(name)

    (tmp_path / "begun").mkdir()
    begun = World(tmp_path / "begun")
    begun.load(name, FIRST)
    begun.deliver(name, writer_in(begun))
    begun.load(name, SECOND)
    outcomes = []
    for step in itertools.count():
        server.taken.clear()
        world = World(Path(shutil.copytree(begun.file.parent, tmp_path / str(step))))
        died = step and run_dying_at(world, name, writer_in(world), step, monkeypatch)
        world.deliver(name, writer_in(world), batch_size=4)
        outcomes.append((world.state(), seen(world)))
        assert outcomes[-1] == outcomes[0], step
        if step and not died:
            break
    assert step > 20
    assert [row[5] for row in outcomes[0][0]["ledger"] if row[4] == "erased"] == ["add", "remove"]


def test_what_a_destination_may_have_is_taken_back_when_it_is_over(world):
    class Dying:
        def __init__(self, writer: Any) -> None:
            self.writer = writer

        def send(self, batch: Any) -> str:
            self.writer.send(batch)
            raise Crash

    world.load("text", "add A, add B, add C")
    with pytest.raises(Crash):
        world.deliver("text", Dying(world.writer("text")))
    # The consumer of the files has them, and nobody recorded it. Then A leaves, and C is erased.
    world.load("text", "remove A, remove C erased")
    world.deliver("text")
    rows = [row for content in world.sent("text").values() for row in csv.DictReader(content.decode().splitlines())]
    assert [(row["operation"], row["recipient"], row["reason"]) for row in rows] == [
        ("add", "A", "qualified"), ("add", "B", "qualified"), ("add", "C", "qualified"),
        ("remove", "A", "left"), ("remove", "C", "erased"), ("add", "B", "qualified"),
    ]  # fmt: skip
    assert rows[1]["idempotency_key"] == rows[5]["idempotency_key"]
    assert list(world.sent("text")) == ["000001.csv", "000002.csv"]
    assert [row[-1] for row in world.state()["deliveries"]] == [True, False]
    assert "C" not in str(world.state())


def test_a_server_that_fails_is_sent_the_same_again(world, server, posting):
    world.load("posted", FIRST)
    server.answers = [503, 429, 200]
    assert world.deliver("posted", posting.writer).rows["add"] == 5
    assert posting.waits == [1, 7]
    assert len({body for _, body in server.posts}) == 1
    assert len({headers["Idempotency-Key"] for headers, _ in server.posts}) == 1
    assert {headers["Authorization"] for headers, _ in server.posts} == {"Bearer t0ken"}
    assert world.deliver("posted", posting.writer).batch_count == 0


def test_a_server_that_took_a_batch_and_is_silent_is_sent_the_same_again(world, server, posting):
    world.load("posted", FIRST)
    server.answers = ["silent", 200]
    world.deliver("posted", posting.writer)
    assert len(server.posts) == 2
    assert len({body for _, body in server.posts}) == 1
    assert server.members() == {("buyers", person) for person in "ABCDE"}


def test_a_server_that_stays_silent_ends_the_run_and_the_next_goes_on(world, server, posting):
    world.load("posted", FIRST)
    server.answers = [200, "silent", "silent", "silent"]
    with pytest.raises(DeliveryError) as stopped:
        world.deliver("posted", posting.writer, batch_size=2)
    assert str(stopped.value) == (
        "posted did not take delivery 2: it did not answer (timed out), 3 times: activate again when it is well"
        " (2 rows in 1 batch (2 add) before it were acknowledged)."
    )
    assert world.deliver("posted", posting.writer, batch_size=2).rows["add"] == 3
    keys = [headers["Idempotency-Key"] for headers, _ in server.posts]
    assert len(set(keys)) == 3
    assert keys[1:4] == [keys[4]] * 3
    assert server.members() == {("buyers", person) for person in "ABCDE"}
    assert [row[1] for row in world.state()["deliveries"]] == [1, 2, 3]


@pytest.mark.parametrize(("status", "words"), [(400, "400 column audience is unknown here"), (302, "302")])
def test_a_refusal_is_said_and_not_repeated(world, server, posting, status, words):
    world.load("posted", FIRST)
    server.answers = [status]
    with pytest.raises(DeliveryError, match=words):
        world.deliver("posted", posting.writer)
    assert len(server.posts) == 1
    assert posting.waits == []


def test_killed_while_a_server_is_slow_nothing_is_lost_and_nothing_twice(world, server):
    world.load("posted", FIRST)
    server.answers = ["silent"]
    command = [sys.executable, "-m", "identity_graph", "activate", "--destination", "posted", "--database", world.file]
    settings = os.environ | {"IDENTITY_DESTINATION_POSTED_URL": server.url}
    process = subprocess.Popen(command, cwd=PROJECT, env=settings, stdout=subprocess.DEVNULL)
    assert server.arrived.wait(60)
    # The server has the batch and says nothing. Meanwhile others can write to the database.
    assert world.query("select attempted_operation from intermediate.activation_recipients limit 1") == [("add",)]
    with pytest.raises(CommandError, match="another activate sends"), alone(world.file):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    writer = world.writer("posted", IDENTITY_DESTINATION_POSTED_URL=server.url)
    world.deliver("posted", writer)
    (first, again) = server.posts
    assert first[1] == again[1]
    assert first[0]["Idempotency-Key"] == again[0]["Idempotency-Key"]
    assert len(server.taken) == 5


def test_a_destination_that_lost_all_is_sent_all_again(world, capsys):
    world.load("here", FIRST)
    world.deliver("here")
    world.load("here", "remove A")
    world.deliver("here")
    with world.connected() as connection:
        connection.execute("drop table activation.here")
    assert world.deliver("here").batch_count == 0
    assert world.activate("--destination", "here", "--resend", "--dry-run") == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[2:]] == [
        ["add", "qualified", "4"], ["remove", "left", "1"]
    ]  # fmt: skip
    assert world.activate("--destination", "here", "--resend", "--batch-size", "2") == 0
    rows = world.query("select recipient, idempotency_key from activation.here order by 1")
    keys = dict(world.query("select recipient, idempotency_key from marts.audience_changes where load_number = 1"))
    assert rows == [(person, f"{keys[person]}.2") for person in "BCDE"]
    assert world.activate("--destination", "here") == 0
    assert capsys.readouterr().out.endswith("here: nothing to send\n")
    world.load("here", "add F")
    world.deliver("here")
    assert world.query("select idempotency_key like '%.2' from activation.here where recipient = 'F'") == [(True,)]


def test_a_backup_that_was_put_back_is_told_who_left_since(world):
    world.load("lines", "add A, add B, add C")
    world.deliver("lines")
    backup = world.lines("lines")
    world.load("lines", "remove A merged_into B, remove C")
    world.deliver("lines")
    world.deliver("lines", is_resend=True)
    lines = [json.loads(line) for line in world.sent("lines")["000003.json"].splitlines()]
    assert [line for line in lines if "_p2" in line] == [{"_p": "A", "_p2": "B"}]
    assert members_of_lines(backup + lines) == {("buyers", "B")}


def test_killed_while_all_is_sent_again_the_rest_follows_without_the_flag(world, monkeypatch):
    world.load("here", FIRST)
    world.deliver("here")
    with monkeypatch.context() as patched:
        steps = Steps(6)
        patched.setattr(delivery, "record", steps.around(delivery.record))
        patched.setattr(delivery, "begin", steps.around(delivery.begin))
        with pytest.raises(Crash):
            world.deliver("here", batch_size=2, is_resend=True)
    assert world.deliver("here").rows["add"] == 3
    assert {row[0][-2:] for row in world.query("select idempotency_key from activation.here")} == {".2"}


def test_an_erased_recipient_is_removed_and_then_forgotten(world):
    world.load("lines", "add A, add B")
    world.deliver("lines")
    world.load("lines", "remove A merged_into B")
    world.deliver("lines")
    world.load("lines", "remove A erased, remove B erased, add C")
    # Another destination, which is told by other means, or not yet.
    world.load("text", "add Z")
    world.load("text", "remove Z erased")
    world.deliver("lines", batch_size=1)
    assert world.lines("lines")[-3]["_p"] == "A"
    assert [line.get("reason") for line in world.lines("lines")[-3:]] == ["erased", "erased", None]
    held = str(world.state())
    assert [person for person in "AB" if f"'{person}'" in held] == []
    recipients = "select recipient, count(*) from marts.audience_changes group by all order by all"
    assert world.query(recipients) == [("C", 1), ("Z", 2), ("erased", 5)]
    # Once it is activated, who was never sent is forgotten.
    assert world.deliver("text").batch_count == 0
    assert world.query(recipients) == [("C", 1), ("erased", 7)]
    assert world.deliver("lines").batch_count == 0
    # They come back as somebody new.
    world.load("lines", "add A")
    assert world.deliver("lines").rows == {"add": 1, "remove": 0, "update": 0}


def test_an_erased_recipient_is_kept_until_the_destination_removed_it(world, server, posting):
    world.load("posted", "add A")
    world.deliver("posted", posting.writer)
    world.load("posted", "remove A erased")
    server.answers = [400]
    with pytest.raises(DeliveryError):
        world.deliver("posted", posting.writer)
    assert world.query("select distinct recipient from marts.audience_changes") == [("A",)]
    world.deliver("posted", posting.writer)
    assert world.query("select distinct recipient from marts.audience_changes") == [("erased",)]
    assert server.members() == set()


def test_a_destination_that_was_gone_from_the_seed_removes_whom_nobody_names_any_more(world):
    world.load("lines", "add A, add B, add C")
    world.deliver("lines")
    world.load("lines", "remove C")
    world.deliver("lines")
    world.load("lines", "remove A switched_off, remove B switched_off")
    world.blank("lines")
    assert waiting_removals(world.file) == {"lines": 3}
    # The row is back; A is in an audience again, and of B and C, who was out, nobody knows whether they are erased.
    world.load("lines", "add A")
    assert waiting_removals(world.file) == {"lines": 2}
    world.deliver("lines")
    told = world.lines("lines")[4:]
    assert [(line["_p"], line["_n"], line["reason"]) for line in told] == [
        ("B", "Left audience", "erased"), ("C", "Left audience", "erased")
    ]  # fmt: skip
    assert {line["_t"] for line in told} == {int(datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp())}
    assert waiting_removals(world.file) == {}
    assert named(world) == {"A"}
    assert world.deliver("lines").batch_count == 0


def test_another_writer_is_sent_all_or_nothing(world, monkeypatch):
    world.load("lines", FIRST)
    world.deliver("lines")
    world.load("lines", SECOND)
    before = world.state()
    to_table = dataclasses.replace(world.destination("lines"), writer="table")
    monkeypatch.setattr(world, "destination", lambda _: to_table)
    with pytest.raises(CommandError, match="by the writer kissmetrics until now.*--destination lines --resend"):
        world.deliver("lines")
    assert world.state() == before
    world.deliver("lines", is_resend=True)
    assert {person for (person,) in world.query("select recipient from activation.lines")} == set("DEFG")
    assert world.deliver("lines").batch_count == 0


@pytest.mark.parametrize("is_resend", [False, True])
def test_whom_nobody_names_any_more_is_removed_with_the_same_key_until_it_is_acknowledged(
    world, server, posting, is_resend
):
    world.load("posted", "add A")
    server.answers = ["silent"] * 3
    with pytest.raises(DeliveryError):
        world.deliver("posted", posting.writer)
    world.blank("posted")
    server.answers = ["silent"] * 3
    with pytest.raises(DeliveryError):
        world.deliver("posted", posting.writer, is_resend=is_resend)
    world.load("posted", "")
    server.answers = []
    world.deliver("posted", posting.writer)
    posts = [[json.loads(line) for line in body.splitlines()] for _, body in server.posts]
    removals = [line for (line,) in posts[3:]]
    assert {(line["_p"], line["_n"], line["reason"]) for line in removals} == {("A", "Left audience", "erased")}
    assert len({line["idempotency_key"] for line in removals}) == 1
    assert server.members() == set()
    assert named(world) == set()
    # Later it is so again: that is another removal.
    world.load("posted", "add A")
    world.deliver("posted", posting.writer)
    world.blank("posted")
    world.deliver("posted", posting.writer)
    assert server.members() == set()


def test_who_is_erased_in_one_audience_and_back_in_another_does_not_wait_for_ever(world):
    row = {"recipient": "A", "audience_name": "readers"}
    world.load("lines", "add A")
    world.load("lines", [row | {"operation": "add", "reason": "qualified"}])
    world.deliver("lines")
    world.load("lines", "remove A erased")
    assert waiting_removals(world.file) == {"lines": 1}
    world.deliver("lines")
    assert waiting_removals(world.file) == {}
    assert members_of_lines(world.lines("lines")) == {("readers", "A")}


def test_a_run_that_did_not_finish_is_not_sent(world, capsys):
    world.load("lines", FIRST, is_complete=False)
    for arguments in ([], ["--dry-run"]):
        assert world.activate(*arguments) == 2
        assert "the last run (load 1) did not finish" in capsys.readouterr().err
    assert world.sent("lines") == {}


def test_a_build_between_two_batches_stops_the_run(world):
    world.load("here", FIRST)

    class Building:
        def __init__(self, writer: Any) -> None:
            self.writer = writer

        def send(self, batch: Any) -> str:
            world.load("here", "remove E")
            return self.writer.send(batch)

        def record(self, *arguments: Any) -> None:
            self.writer.record(*arguments)

    with pytest.raises(CommandError, match="a build ran meanwhile: activate again"):
        world.deliver("here", Building(world.writer("here")), batch_size=2)
    assert world.deliver("here").rows == {"add": 2, "remove": 0, "update": 0}
    assert world.query("select recipient from activation.here order by 1") == [(person,) for person in "ABCD"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--destination", "nowhere"], "the seed destinations has no 'nowhere': name one of clicks, columnar, google"),
        (["--destination", "posted"], "set the environment variable IDENTITY_DESTINATION_POSTED_URL"),
        (["--destination", "odd"], "the writer 'pigeon': name one of csv, parquet, ndjson, table, kissmetrics"),
        (["--resend"], "name the destination that lost it with --destination NAME"),
    ],
)
def test_what_cannot_be_sent_is_said(world, capsys, monkeypatch, arguments, said):
    monkeypatch.delenv("IDENTITY_DESTINATION_POSTED_URL", raising=False)
    world.load("lines", FIRST)
    assert world.activate(*arguments) == 2
    assert said in capsys.readouterr().err
    assert world.sent("lines") == {}


def test_a_url_of_another_kind_is_refused_and_the_place_holds_no_secret():
    destination = Destination("posted", "universal_id", "kissmetrics_http", True, True)
    for url in ("ftp://somewhere/", "file:///etc/passwd", "https://"):
        with pytest.raises(CommandError, match="is no URL that begins with http"):
            HttpClient.of(destination, Settings(Path(), {"IDENTITY_DESTINATION_POSTED_URL": url}))
    assert HttpClient("https://me:secret@km.test:8443/i?key=secret").place == "https://km.test:8443"


def test_without_the_suite_it_says_how_to_switch_it_on(world, capsys):
    world.load("lines", FIRST)
    with world.connected() as connection:
        connection.execute("drop table marts.audience_changes")
    assert world.activate() == 2
    assert "build once with --vars '{optional_marts: [activation]}'" in capsys.readouterr().err


def test_one_destination_that_fails_does_not_keep_the_others_from_theirs(world, capsys):
    world.load("lines", FIRST)
    world.load("here", FIRST)
    world.out.write_text("no folder")
    assert world.activate() == 1
    printed = capsys.readouterr()
    assert printed.out == 'here: 5 rows in 1 batch (5 add) to activation."here"\n'
    assert printed.err.startswith("identity-graph: lines did not take delivery 1: ")
    assert "name a folder with --out (nothing was sent before it)." in printed.err


@pytest.mark.parametrize("seed", range(4))
def test_random_ledgers_replayed_with_deaths_end_in_what_they_say(seed, tmp_path, monkeypatch):
    chance = random.Random(seed)
    name = ("lines", "here", "text")[seed % 3]
    world = World(tmp_path)
    wanted: dict[tuple[str, str], bool] = {}
    erased: set[str] = set()
    for _ in range(8):
        rows = []
        gone = {chance.choice("ABCDEFGH")} if chance.random() < 0.3 else set()
        for audience in ("buyers", "readers"):
            for person in "ABCDEFGH":
                place = (audience, person)
                was_in, is_in = wanted.get(place, False), chance.random() < 0.5 and person not in gone
                row = {"audience_name": audience, "recipient": person}
                if person in gone and place in wanted:
                    rows.append(row | {"operation": "remove", "reason": "erased"})
                    del wanted[place]
                    continue
                if is_in != was_in:
                    merged = {"reason": "merged_into", "related_recipient": chance.choice("XYZ")}
                    left = merged if chance.random() < 0.4 else {"reason": "left"}
                    change = {"operation": "add", "reason": "qualified"} if is_in else {"operation": "remove"} | left
                    rows.append(row | change)
                    wanted[place] = is_in
                elif is_in and chance.random() < 0.2:
                    payload = str(chance.random())
                    rows.append(row | {"operation": "update", "reason": "payload_changed", "payload_checksum": payload})
        world.load(name, rows)
        if chance.random() < 0.2:
            # The seed loses the destination while somebody is erased, and has it again in the next load.
            world.blank(name)
            wanted, gone = {}, set("ABCDEFGH")
        erased = (erased | gone) - {person for (_, person) in wanted}
        if chance.random() < 0.3:
            continue
        writer = world.writer(name)
        while run_dying_at(world, name, writer, chance.randrange(1, 30), monkeypatch):
            if chance.random() < 0.3:
                break
    world.deliver(name, batch_size=3, is_resend=seed == 3)
    members = {place for place, is_in in wanted.items() if is_in}
    if name == "here":
        assert set(world.query("select audience_name, recipient from activation.here")) == members
        ((count,),) = world.query("select count(*) from activation.here")
        assert count == len(members)
    elif name == "lines":
        # Whom these merge into is in no audience, and a person of its own again takes no alias back.
        assert members_of_lines([line for line in world.lines(name) if "_p2" not in line]) == members
    else:
        found: set[tuple[str, str]] = set()
        for content in world.sent(name).values():
            for row in csv.DictReader(content.decode().splitlines()):
                change = found.add if row["operation"] == "add" else found.discard
                if row["operation"] != "update":
                    change((row["audience_name"], row["recipient"]))
        assert found == members
    held = {row[:4] for row in world.query("select * from intermediate.activation_recipients where is_member")}
    assert held == {(name, audience, "default", person) for audience, person in members}
    assert waiting_removals(world.file) == {}
    assert named(world) & erased == set()
    assert world.deliver(name).batch_count == 0


def named(world: World) -> set[str]:
    """Whom the ledger and the notes of what was sent still name as recipients."""
    return {
        recipient
        for table in ("marts.audience_changes", "intermediate.activation_recipients")
        for (recipient,) in world.query(f"select distinct recipient from {table} where recipient != 'erased'")
    }


def test_writers_are_those_that_the_documentation_names():
    text = (PROJECT / "docs" / "activation.md").read_text(encoding="utf-8")
    assert [name for name in WRITERS if f"`{name}`" not in text] == []
