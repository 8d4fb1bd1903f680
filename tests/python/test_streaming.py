"""Events from SDKs through Kafka to files: brokers fail, processes are killed, and nothing is lost or there twice."""

import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import confluent_kafka
import duckdb
import pyarrow.parquet as pq
import pytest
from activation_world import World
from dbt_runs import PROJECT, Dbt
from killed_command import run_killed
from mock_kafka import (
    FETCH,
    NOT_ENOUGH_REPLICAS,
    NOT_LEADER,
    OFFSET_COMMIT,
    PRODUCE,
    REFUSED,
    TRANSPORT,
    Cluster,
    mock_cluster,
)

from identity_graph import collect
from identity_graph.activation.kafka_topic import KafkaWriter
from identity_graph.activation.protocol import Batch, DeliveryError, Destination, Row, Settings
from identity_graph.cli import main
from identity_graph.project import find_project
from identity_graph.streaming import kafka, lander, landing
from identity_graph.streaming.landing import Received


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with mock_cluster() as brokers:
        yield brokers


@pytest.fixture
def in_project(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in the project, with the brokers of the tests."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv(kafka.BOOTSTRAP_SERVERS, cluster.servers)
    monkeypatch.delenv(kafka.CONFIG, raising=False)


def publish(cluster: Cluster, topic: str, values: list[bytes | None], partition: int = -1) -> None:
    """Put messages into a topic, by a producer that knows nothing of the project."""
    producer = confluent_kafka.Producer({"bootstrap.servers": cluster.servers, "linger.ms": 0})
    for value in values:
        producer.produce(topic, value, **({"partition": partition} if partition >= 0 else {}))
    assert producer.flush(30) == 0


def read_topic(cluster: Cluster, topic: str) -> list[tuple[bytes, Any]]:
    """Keys and values of a topic, by partition and offset."""
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": cluster.servers, "group.id": "test", "enable.partition.eof": True, "log_level": 0}
    )
    partitions = sorted(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
    consumer.assign([confluent_kafka.TopicPartition(topic, number, 0) for number in partitions])
    found, open_partitions = [], set(partitions)
    while open_partitions:
        for message in consumer.consume(1000, 0.1):
            if message.error() is None:
                found.append((message.partition(), message.offset(), message.key(), json.loads(message.value())))
            elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                open_partitions.discard(message.partition())
    consumer.close()
    return [(key, value) for _, _, key, value in sorted(found, key=lambda message: message[:2])]


def row(number: int) -> dict[str, Any]:
    """An event in the generic source's columns."""
    moment = f"2026-01-05T10:{number % 60:02}:00Z"
    return {
        "event_id": f"e{number}",
        "event_name": "page_view",
        "occurred_at": moment,
        "anonymous_id": f"a{number % 7}",
    }


def rows_of(numbers: range) -> list[bytes]:
    return [json.dumps(row(number)).encode() for number in numbers]


def landed(folder: Path) -> list[str]:
    """Ids of events in all files, in no order."""
    return [name for file in folder.glob("*.parquet") for name in pq.read_table(file)["event_id"].to_pylist()]


def letters(folder: Path) -> list[str]:
    """Payloads of dead letters in all files."""
    files = (folder / "dead-letters").glob("*.ndjson")
    return [json.loads(line)["payload"] for file in files for line in file.read_text().splitlines()]


def assert_each_offset_once(folder: Path, topic: str, partitions: int) -> None:
    """The ranges of a partition's files follow each other without a gap, and hold as many rows as they say."""
    for number in range(partitions):
        ranges = landing.landed_ranges(folder, topic, number)
        assert [first for first, _ in ranges] == [0, *(last + 1 for _, last in ranges[:-1])][: len(ranges)]
    assert list(folder.glob(".*.part")) == []


# Collect, land


def test_what_is_collected_is_landed_once_while_brokers_fail(cluster, in_project, tmp_path, capsys):
    payloads = tmp_path / "payloads.ndjson"
    payloads.write_bytes(b"\n".join([*rows_of(range(900)), b"no json", b'{"event_name": "page_view"}']))
    cluster.create("flow", 3)
    cluster.fail(PRODUCE, NOT_LEADER, NOT_ENOUGH_REPLICAS, NOT_LEADER)
    arguments = ["--topic", "flow", "--dead-letter-topic", "flow-dead"]
    assert main(["collect", str(payloads), *arguments]) == 1
    said = capsys.readouterr().out
    assert "902 lines with 902 events: 900 accepted, 2 refused." in said
    assert "Acknowledged: 900 of 900 by flow, 2 of 2 by flow-dead." in said
    assert sorted((letter for _, letter in read_topic(cluster, "flow-dead")), key=str) == [
        {"reason": "malformed_row: line 901", "payload": "no json"},
        {"reason": "unparsable_time", "payload": {"event_name": "page_view"}},
    ]
    messages = read_topic(cluster, "flow")
    # The producer repeats what a broker did not take, and nothing is there twice.
    assert sorted(key.decode() for key, _ in messages) == sorted(f"e{number}" for number in range(900))
    assert all(key.decode() == value["event_id"] for key, value in messages)

    cluster.fail(FETCH, NOT_LEADER, TRANSPORT)
    land = ["land", str(tmp_path / "events"), "--topic", "flow", "--once", "--max-messages", "100"]
    assert main(land) == 0
    assert "900 events of flow landed" in capsys.readouterr().out
    assert sorted(landed(tmp_path / "events")) == sorted(f"e{number}" for number in range(900))
    assert_each_offset_once(tmp_path / "events", "flow", 3)
    files = sorted((tmp_path / "events").glob("*.parquet"))
    assert max(pq.read_metadata(file).num_rows for file in files) == 100

    assert main(land) == 0
    assert "0 events of flow landed in 0 files" in capsys.readouterr().out
    assert sorted((tmp_path / "events").glob("*.parquet")) == files


def test_a_connection_that_breaks_loses_nothing(cluster, in_project, tmp_path):
    payloads = tmp_path / "payloads.ndjson"
    payloads.write_bytes(b"\n".join([*rows_of(range(900)), b"no json"]))
    cluster.create("broken", 3)
    cluster.fail(PRODUCE, TRANSPORT, NOT_LEADER, TRANSPORT)
    assert main(["collect", str(payloads), "--topic", "broken", "--dead-letter-topic", "broken-dead"]) == 1
    # Mock brokers forget what they took over a broken connection. Should a real one, too, the copy is the same event.
    copies = Counter((key, json.dumps(value)) for key, value in read_topic(cluster, "broken"))
    assert sorted(key.decode() for key, _ in copies) == sorted(f"e{number}" for number in range(900))
    assert {letter["payload"] for _, letter in read_topic(cluster, "broken-dead")} == {"no json"}
    assert main(["land", str(tmp_path / "events"), "--topic", "broken", "--once"]) == 0
    assert Counter(landed(tmp_path / "events")) == Counter({key.decode(): n for (key, _), n in copies.items()})
    assert_each_offset_once(tmp_path / "events", "broken", 3)


def test_a_killed_collect_is_run_again_and_nothing_is_missing(cluster, in_project, tmp_path):
    payloads = tmp_path / "payloads.ndjson"
    payloads.write_bytes(b"\n".join(rows_of(range(400))))
    cluster.create("killed", 2)
    command = ["collect", str(payloads), "--topic", "killed"]
    for step, count, is_before in (("send", 200, True), ("acknowledge", 1, True), ("acknowledge", 150, False)):
        run_killed(step, count, is_before, *command)
    assert main(command) == 0
    counts = Counter(value["event_id"] for _, value in read_topic(cluster, "killed"))
    assert counts.keys() == {f"e{number}" for number in range(400)}
    # What was sent twice is the same event: a build takes one.
    assert max(counts.values()) > 1


def test_a_killed_land_leaves_each_message_in_one_file(cluster, in_project, tmp_path):
    cluster.create("steps", 2)
    values = [value for pair in zip(rows_of(range(150)), [b"no json"] * 150, strict=True) for value in pair]
    publish(cluster, "steps", values[:160], 0)
    publish(cluster, "steps", values[160:], 1)
    folder = tmp_path / "events"
    command = ["land", str(folder), "--topic", "steps", "--once"]
    for size, step in enumerate(("write_letters", "write_events", "put_in_place", "commit"), 6):
        for is_before in (True, False):
            run_killed(step, 3, is_before, *command, "--max-messages", str(size + is_before))
    assert main([*command, "--max-messages", "31"]) == 1
    assert sorted(landed(folder)) == sorted(f"e{number}" for number in range(150))
    assert letters(folder) == ["no json"] * 150
    assert_each_offset_once(folder, "steps", 2)


def test_files_say_where_to_go_on_when_nothing_is_committed(cluster, in_project, tmp_path, capsys):
    cluster.create("uncommitted", 1)
    publish(cluster, "uncommitted", rows_of(range(50)))
    cluster.fail(OFFSET_COMMIT, *[REFUSED] * 20)
    land = ["land", str(tmp_path), "--topic", "uncommitted", "--group", "none", "--once", "--max-messages", "20"]
    assert main(land) == 0
    assert "was not committed" in capsys.readouterr().err
    publish(cluster, "uncommitted", rows_of(range(50, 60)))
    cluster.mend(OFFSET_COMMIT)
    assert main([*land[:-1], "7"]) == 0
    assert sorted(landed(tmp_path)) == sorted(f"e{number}" for number in range(60))
    assert_each_offset_once(tmp_path, "uncommitted", 1)


def test_files_that_were_moved_away_are_not_landed_again(cluster, in_project, tmp_path):
    cluster.create("moved", 1)
    publish(cluster, "moved", rows_of(range(5)))
    land = ["land", str(tmp_path), "--topic", "moved", "--group", "mover", "--once"]
    assert main(land) == 0
    for file in tmp_path.glob("*.parquet"):
        file.unlink()
    publish(cluster, "moved", rows_of(range(5, 8)))
    assert main(land) == 0
    assert sorted(landed(tmp_path)) == ["e5", "e6", "e7"]


def test_messages_that_are_gone_are_told(cluster, in_project, tmp_path, capsys):
    cluster.create("gone", 1)
    publish(cluster, "gone", rows_of(range(5)))
    land = ["land", str(tmp_path), "--topic", "gone", "--group", "late", "--once"]
    assert main(land) == 0
    publish(cluster, "gone", rows_of(range(5, 20)))
    cluster.delete_before("gone", 0, 12)
    capsys.readouterr()
    assert main(land) == 1
    said = capsys.readouterr()
    assert "7 messages had been deleted" in said.out and "offsets 5 to 11 of partition 0" in said.err
    assert sorted(landed(tmp_path)) == sorted(f"e{number}" for number in [*range(5), *range(12, 20)])


def test_a_folder_of_another_topic_of_that_name_is_refused(cluster, in_project, tmp_path, capsys):
    cluster.create("renamed", 1)
    publish(cluster, "renamed", rows_of(range(3)))
    landing.land(tmp_path, "renamed", 0, [Received(7, rows_of(range(1))[0])])
    assert main(["land", str(tmp_path), "--topic", "renamed", "--once"]) == 2
    assert "land it in another folder" in capsys.readouterr().err


def test_two_do_not_land_a_topic_in_one_folder(cluster, in_project, tmp_path, capsys):
    cluster.create("held", 1)
    with lander.held(tmp_path, "held"):
        assert main(["land", str(tmp_path), "--topic", "held", "--once"]) == 2
    assert "another process lands held" in capsys.readouterr().err


def test_a_land_that_is_told_to_stop_lands_what_it_has(cluster, in_project, tmp_path):
    cluster.create("stopped", 1)
    publish(cluster, "stopped", rows_of(range(9)))
    limits = lander.Limits(max_messages=1000, max_seconds=600, is_once=False, patience=60)
    reading = lander.Lander({"bootstrap.servers": cluster.servers}, "stopped", "stopped", tmp_path, limits)
    totals = reading.run(lambda: reading.parts[0].position == 9)
    reading.close()
    assert totals.events == 9 and sorted(landed(tmp_path)) == sorted(f"e{number}" for number in range(9))


def test_a_broker_that_takes_nothing_is_told(cluster, in_project, tmp_path, monkeypatch, capsys):
    (tmp_path / "payloads.ndjson").write_bytes(b"\n".join(rows_of(range(10))))
    (tmp_path / "settings").write_text("# how long it is tried\n\nmessage.timeout.ms = 400\n")
    cluster.create("silent", 1)
    command = ["collect", str(tmp_path / "payloads.ndjson"), "--topic", "silent"]
    cluster.fail(PRODUCE, *[NOT_ENOUGH_REPLICAS] * 200)
    assert main([*command, "--config", str(tmp_path / "settings")]) == 1
    said = capsys.readouterr().out
    assert "Acknowledged: 0 of 10 by silent" in said and "Not acknowledged: 10" in said
    cluster.mend(PRODUCE)
    assert main(command) == 0
    assert {value["event_id"] for _, value in read_topic(cluster, "silent")} == {f"e{number}" for number in range(10)}


def test_an_error_that_can_be_mended_is_a_sentence(cluster, in_project, tmp_path, monkeypatch, capsys):
    (tmp_path / "broken").write_text("security.protocol=SSL\nsecret\n")
    (tmp_path / "unknown").write_text("no.such.setting=1\n")
    folder = str(tmp_path / "events")
    for arguments, sentence in (
        (["land", folder, "--topic", "none-such"], "there is no topic none-such"),
        (["land", folder, "--config", str(tmp_path / "broken")], "line 2 of .*broken is no setting"),
        (["land", folder, "--config", str(tmp_path / "unknown")], "Kafka's client refuses the settings: .*no.such"),
        (["land", folder, "--max-messages", "0"], "--max-messages, .* have to be above 0"),
        (["land", folder, "--max-seconds", "nan"], "--max-messages, .* have to be above 0"),
        (["collect", str(tmp_path / "none")], "none is no file"),
    ):
        assert main(arguments) == 2
        assert re.search(sentence, capsys.readouterr().err)
    monkeypatch.setattr(kafka, "ANSWER_SECONDS", 0.5)
    assert main(["collect", os.devnull, "--bootstrap-servers", "127.0.0.1:1"]) == 2
    assert "no broker answers" in capsys.readouterr().err
    monkeypatch.delenv(kafka.BOOTSTRAP_SERVERS)
    assert main(["land", folder]) == 2
    assert f"set {kafka.BOOTSTRAP_SERVERS}" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    assert main(["land", folder, "--bootstrap-servers", cluster.servers]) == 2
    assert "run make setup-kafka" in capsys.readouterr().err


class Killed(BaseException):
    """Stands for the end of a process: nothing catches it."""


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_borders_and_wherever_it_ends_each_message_is_landed_once(seed, tmp_path, monkeypatch):
    """Without brokers: batches of random sizes, commits that may be lost, ends at random steps of landing."""
    chance = random.Random(seed)
    log = [b"no json" if chance.random() < 0.3 else value for value in rows_of(range(120))]
    committed, ends = None, 0

    def ending(function: Callable[..., Any], *given: Any) -> Any:
        if chance.random() < 0.1:
            raise Killed
        result = function(*given)
        if chance.random() < 0.1:
            raise Killed
        return result

    for name in ("write_events", "write_letters", "put_in_place"):
        monkeypatch.setattr(landing, name, partial(ending, getattr(landing, name)))
    position = 0
    while position < len(log):
        try:
            position = landing.next_offset(tmp_path, "t", 0, committed) or 0
            landing.clear_unfinished(tmp_path, "t", 0, position)
            while position < len(log):
                end = min(position + chance.randrange(1, 12), len(log))
                landing.land(tmp_path, "t", 0, [Received(place, log[place]) for place in range(position, end)])
                position = end
                if chance.random() < 0.7:
                    committed = position
        except Killed:
            ends += 1
            position = 0
    assert ends > 3
    assert sorted(landed(tmp_path)) == sorted(f"e{place}" for place, value in enumerate(log) if value != b"no json")
    assert len(letters(tmp_path)) == log.count(b"no json")


def test_messages_of_any_sender_become_columns_of_text():
    values = [b'{"event_id": 7, "revenue": 1.50, "has_consent": false, "cart": [1], "properties": {"a": "\xc3\xa4"}}']
    (found,), none = landing.read_messages([Received(0, value) for value in values])
    assert none == []
    assert found == {
        "event_id": "7",
        "revenue": "1.5",
        "has_consent": "false",
        "properties": '{"cart":[1],"a":"ä"}',
    }
    (found,), none = landing.read_messages(
        [Received(1, b'{"event_id": "e", "cart": 1, "properties": "{\\"a\\": \\"\\\\ud800\\"}"}')]
    )
    assert (found, none) == ({"event_id": "e", "properties": '{"a": "\\ud800"}'}, [])
    rows, bad = landing.read_messages([Received(3, None), Received(4, b"[1]"), Received(5, b"\xff")])
    assert rows == [] and [letter.reason for letter in bad] == [f"malformed_row: offset {place}" for place in (3, 4, 5)]


# Publish


def batch_of(destination: Destination, numbers: range) -> Batch:
    rows = tuple(
        Row(
            "add",
            "buyers",
            "default",
            f"p{number}",
            "qualified",
            None,
            f"key{number}",
            datetime(2026, 1, 5),
            True,
        )
        for number in numbers
    )
    return Batch(destination, 1, 1, 1, rows)


def test_a_batch_is_published_whole_and_a_repeat_has_the_same_keys(cluster, in_project, tmp_path):
    destination = Destination("outbox_topic", "universal_id", "kafka", True, True)
    environment = {kafka.BOOTSTRAP_SERVERS: cluster.servers, "IDENTITY_DESTINATION_OUTBOX_TOPIC_TOPIC": "outbox"}
    cluster.create("outbox", 2)
    cluster.fail(PRODUCE, NOT_LEADER, NOT_ENOUGH_REPLICAS)
    batch = batch_of(destination, range(100))
    assert KafkaWriter(destination, Settings(tmp_path, environment)).send(batch) == "topic outbox"
    once = read_topic(cluster, "outbox")
    assert sorted(key.decode() for key, _ in once) == sorted(f"p{number}" for number in range(100))
    assert dict(once)[b"p3"] == {
        "idempotency_key": "key3",
        "destination_name": "outbox_topic",
        "audience_name": "buyers",
        "space_id": "default",
        "recipient": "p3",
        "operation": "add",
        "reason": "qualified",
        "related_recipient": None,
        "is_member": True,
        "changed_at": "2026-01-05T00:00:00+00:00",
    }
    # A process that ended before the batch was recorded.
    KafkaWriter(destination, Settings(tmp_path, environment)).send(batch)
    assert Counter(json.dumps(value) for _, value in read_topic(cluster, "outbox")) == Counter(
        {json.dumps(value): 2 for _, value in once}
    )


def test_a_batch_that_is_not_acknowledged_is_no_delivery(cluster, in_project, tmp_path):
    destination = Destination("outbox_topic", "universal_id", "kafka", True, True)
    (tmp_path / "settings").write_text("message.timeout.ms=300\n")
    environment = {kafka.BOOTSTRAP_SERVERS: cluster.servers, kafka.CONFIG: str(tmp_path / "settings")}
    cluster.create("identity-audience-changes", 1)
    writer = KafkaWriter(destination, Settings(tmp_path, environment))
    cluster.fail(PRODUCE, *[NOT_ENOUGH_REPLICAS] * 200)
    with pytest.raises(DeliveryError, match="5 of 5 messages were not acknowledged"):
        writer.send(batch_of(destination, range(5)))
    cluster.mend(PRODUCE)


def replayed(messages: list[tuple[bytes, Any]]) -> dict[str, bool]:
    """Who is a member after all messages, for a reader that leaves out keys that it has."""
    known, members = set(), {}
    for _, value in messages:
        if value["idempotency_key"] not in known:
            known.add(value["idempotency_key"])
            members[value["recipient"]] = value["is_member"]
    return members


def test_a_killed_publish_is_run_again_and_each_row_is_there_under_one_key(cluster, in_project, tmp_path, capsys):
    world = World(tmp_path)
    with world.connected() as connection:
        connection.execute(
            "insert into seeds.destinations values ('outbox_topic', 'universal_id', 'kafka', true, true, null)"
        )
    cluster.create("changes", 1)
    command = ["publish", "--topic", "changes", "--database", str(world.file), "--batch-size", "2"]
    world.load("outbox_topic", ", ".join(f"add P{number}" for number in range(9)))
    for step, count, is_before in (
        ("begin", 1, False),
        ("send", 2, True),
        ("acknowledge", 1, True),
        ("send_batch", 2, False),
        ("record", 1, True),
        ("record", 1, False),
    ):
        run_killed(step, count, is_before, *command)
    assert main([*command, "--dry-run"]) == 0
    assert main(command) == 0
    world.load("outbox_topic", "remove P1, remove P2 erased, add P9")
    run_killed("record", 1, True, *command)
    assert main(command) == 0
    capsys.readouterr()
    assert main(command) == 0
    assert "nothing to send" in capsys.readouterr().out

    messages = read_topic(cluster, "changes")
    keys = {(value["recipient"], value["operation"]): value["idempotency_key"] for _, value in messages}
    assert all(value["idempotency_key"] == keys[value["recipient"], value["operation"]] for _, value in messages)
    assert len(messages) > len(keys) == 12
    members = {f"P{number}": number not in (1, 2) for number in range(10)}
    assert replayed(messages) == members
    acknowledged = world.query("select recipient, is_member from intermediate.activation_recipients")
    # Whoever is erased is forgotten once the topic has the removal.
    assert dict(acknowledged) == {name: is_in for name, is_in in members.items() if name != "P2"}
    assert world.query("select count(*) from intermediate.activation_deliveries where acknowledged_at is null") == [
        (0,)
    ]

    assert main([*command, "--resend"]) == 0
    again = read_topic(cluster, "changes")[len(messages) :]
    assert {value["recipient"] for _, value in again if value["is_member"]} == {
        name for name in members if members[name]
    }
    assert not {value["idempotency_key"] for _, value in again} & set(keys.values())


def test_publish_refuses_a_destination_that_is_no_topic(in_project, tmp_path, capsys):
    world = World(tmp_path)
    world.load("lines", "add A")
    assert main(["publish", "--destination", "lines", "--database", str(world.file)]) == 2
    assert "lines has the writer kissmetrics: run identity-graph activate" in capsys.readouterr().err


# A build

WITHOUT_TESTS = ("--exclude-resource-type", "test", "unit_test")


def odd_events() -> list[dict[str, Any]]:
    """Events that a build accepts or rejects, each for one cause."""
    good = row(0) | {"anonymous_id": "visitor-1"}
    order = good | {"event_name": "order_completed", "order_id": "o-1", "revenue": 10, "currency": "EUR"}
    changes: list[dict[str, Any]] = [
        {},
        *({"event_name": name} for name in (None, "", " ", "never heard of", "screen_view")),
        *({"occurred_at": text} for text in (None, "", "soon", "1999-12-31", "2100-01-02", "2026-01-05", 1767607200)),
        *({"occurred_at": text} for text in ("infinity", "2026-01-05 10:00:00+02", "20260105", "2026-02-30T00:00:00Z")),
        {"received_at": "2026-01-03T09:00:00Z"},
        {"received_at": "2026-01-05T11:00:00Z", "sent_at": "2026-01-05T10:00:30Z"},
        {"received_at": "never", "sent_at": "never"},
        *({"anonymous_id": text} for text in (None, "", "null", "(not set)", "undefined", "00000000-0000", "x", 7, 0)),
        {"anonymous_id": "order-service"},
        {"anonymous_id": None, "user_id": "u-1"},
        {"anonymous_id": None, "user_id": "guest", "device_id": "0"},
        {"anonymous_id": None, "email": "ann@example.com"},
        {"anonymous_id": "none", "email": "ann"},
        {"anonymous_id": None, "email_hash": "ab" * 32},
        {"anonymous_id": None, "email_hash": "ab"},
        {"anonymous_id": None, "phone": "+49 30 1234567"},
        {"anonymous_id": None, "phone": "12345"},
        {"anonymous_id": None, "order_id": "o-9"},
        {"schema_version": "1"},
        {"schema_version": 99},
        *({"properties": value} for value in ("", "{", "[1]", "text", '{"a": 1}', {"a": None}, [1])),
        {"event_name": "quote_requested"},
        {"event_name": "quote_requested", "properties": {"quote_id": ""}},
        {"event_name": "quote_requested", "properties": {"quote_id": None}},
        {"event_name": "quote_requested", "properties": {"quote_id": 7}},
        {"event_name": "signed_up"},
        {"event_name": "signed_up", "user_id": "null"},
        {"event_name": "signed_up", "user_id": "u-2"},
        {"event_name": "joined_account", "account_id": "acme"},
        {"event_name": "joined_account", "account_id": " "},
    ]
    orders: list[dict[str, Any]] = [
        {},
        {"order_id": None},
        {"order_id": "n/a"},
        *({"revenue": value} for value in (None, "", "12.50", "12,50", "abc", "free", "n/a", -3, 1e30, True, 0)),
        *({"currency": value} for value in (None, "eur", "€", "US$", "XYZ", "EURO", "??", "none", 5)),
        {"currency": None, "schema_version": 1},
        *({"properties": {"revenue": value}} for value in ("ten", "10", 10, True, None, "1e3", "")),
        {"properties": {"currency": 5}},
    ]
    events = [good | change for change in changes] + [order | change for change in orders]
    return [
        {name: value for name, value in (event | {"event_id": f"odd-{place}"}).items() if value is not None}
        for place, event in enumerate(events)
    ]


@pytest.fixture(scope="module")
def built(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A build of what was landed, beside the same payloads as they are without being collected."""
    folder = tmp_path_factory.mktemp("streamed")
    segment = [
        {"type": "page", "messageId": f"s{n}", "anonymousId": f"v{n % 3}", "timestamp": "2026-01-06T10:00:00Z"}
        for n in range(20)
    ]
    ga4 = {
        "client_id": "5.5",
        "timestamp_micros": 1767700000000000,
        "events": [{"name": "page_view"}, {"name": "scroll"}],
    }
    lines = [json.dumps(body).encode() for body in [*odd_events(), {"batch": segment}, ga4]]
    (folder / "payloads.ndjson").write_bytes(b"\n".join(lines))
    cluster.create("odd", 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        patch.setenv(kafka.BOOTSTRAP_SERVERS, cluster.servers)
        names = ["--topic", "odd", "--dead-letter-topic", "odd-dead"]
        assert main(["collect", str(folder / "payloads.ndjson"), *names]) == 1
        # Twice: the second time is a retry.
        assert main(["collect", str(folder / "payloads.ndjson"), *names]) == 1
        assert main(["land", str(folder / "events"), "--topic", "odd", "--once", "--max-messages", "40"]) == 0
        judge = collect.judge_of(find_project())
    judged = judge.judge(list(enumerate(lines, 1)))
    raw = [row for line in lines for _, row in judge.events_of(line, None)]
    landing.write_events(folder / "events" / "uncollected.parquet", [landing.text_row(row) for row in raw])
    dbt = Dbt(folder, environment={"IDENTITY_EVENTS": str(folder / "events" / "*.parquet")})
    done = dbt("build", "--select", "+event_volume", "+quarantined_events", *WITHOUT_TESTS)
    assert done.success, "\n".join(done.errors)
    with duckdb.connect(str(dbt.database), read_only=True) as database:
        return {
            "judged": judged,
            "letters": [value for _, value in read_topic(cluster, "odd-dead")],
            "quarantined": database.execute("select event_id, reason from marts.quarantined_events").fetchall(),
            "volume": dict(
                database.execute("select disposition, sum(row_count) from marts.event_volume group by 1").fetchall()
            ),
        }


def test_what_collect_refuses_is_what_a_build_quarantines(built):
    refused = {event.event_id: event.reason for event in built["judged"] if event.reason}
    quarantined = dict(built["quarantined"])
    # An amount that a machine does not write so is left to the build.
    assert refused == quarantined
    assert len(refused) > 25 and len(built["judged"]) - len(refused) > 40
    assert len(set(refused.values())) > 8
    assert sorted(letter["reason"] for letter in built["letters"]) == sorted([*refused.values()] * 2)


def test_the_rows_of_what_was_landed_add_up(built):
    accepted = sum(event.reason is None for event in built["judged"])
    refused = len(built["judged"]) - accepted
    # Accepted events came three times: collected, collected again, and beside it.
    assert built["volume"] == {"accepted": accepted, "duplicate": 2 * accepted, "rejected": refused}
