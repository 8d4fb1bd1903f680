"""A database with a ledger made by hand, a server that fails as it is told, and a process that dies at any step."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest

from identity_graph.activation import delivery, records
from identity_graph.activation.delivery import deliver
from identity_graph.activation.protocol import Destination, Settings
from identity_graph.activation.writers import writer_of
from identity_graph.cli import main

BEGINNING = datetime(2026, 1, 1, 12)
CHANGE_COLUMNS = (
    "load_number, destination_name, audience_name, space_id, recipient, operation, reason, related_recipient,"
    " payload_checksum, changed_at, idempotency_key"
)
# name, identifier_type, writer, sends_merges, is_enabled
DESTINATIONS = [
    ("lines", "universal_id", "kissmetrics", True, True),
    ("posted", "universal_id", "kissmetrics_http", True, False),
    ("text", "user_id", "csv", False, False),
    ("objects", "user_id", "ndjson", False, False),
    ("columnar", "user_id", "parquet", False, False),
    ("here", "user_id", "table", False, True),
    ("google", "google_email_hash", "csv", False, False),
    ("meta", "meta_phone_hash", "csv", False, False),
    ("clicks", "conversion_id", "csv", False, False),
    ("logins", "user_id", "kissmetrics", False, False),
    ("odd", "user_id", "pigeon", False, False),
]
Change = tuple[str, str, str]


class Crash(BaseException):
    """The process dies here."""


class World:
    """A database with what activation reads, and the changes of each load put into it by hand."""

    def __init__(self, folder: Path) -> None:
        """Make the database, with nothing loaded; or take the one that is there."""
        self.file, self.out, self.load_number = folder / "graph.duckdb", folder / "out", 0
        if self.file.exists():
            return
        with self.connected() as connection:
            connection.execute(
                """
                create schema intermediate; create schema marts; create schema seeds;
                create table intermediate.event_loads (load_number bigint, is_complete boolean);
                create table seeds.destinations (
                    destination_name varchar, identifier_type varchar, writer varchar, sends_merges boolean,
                    is_enabled boolean, space_id varchar
                );
                create table seeds.trigger_definitions as select 'win_back' as trigger_name;
                create table marts.audience_changes (
                    load_number bigint, destination_name varchar, audience_name varchar, space_id varchar,
                    recipient varchar, operation varchar, reason varchar, related_recipient varchar,
                    payload_checksum varchar, changed_at timestamp, idempotency_key varchar
                );
                create table marts.offline_conversions as
                select * from (values
                    ('sale', 'default', 'g-1', 'gclid', 'purchase', timestamp '2026-01-03 08:00:01.5',
                        49.9::decimal(18, 4), 'EUR', 'order,1', true),
                    ('lead', 'default', 'f-2', 'fbclid', 'lead', timestamp '2026-01-04 08:00:00', null, null, null,
                        false)
                ) as rows (
                    conversion_id, space_id, click_id, click_id_type, event_name, converted_at, conversion_value,
                    currency_code, order_id, has_consent
                );
                """
            )
            connection.executemany("insert into seeds.destinations values (?, ?, ?, ?, ?, null)", DESTINATIONS)

    def connected(self) -> duckdb.DuckDBPyConnection:
        """A connection of the test's own."""
        return duckdb.connect(str(self.file))

    def load(self, destination: str, changes: str | list[dict[str, Any]], *, is_complete: bool = True) -> None:
        """Add a load: changes as dictionaries, or as 'add A, remove B left, remove C merged_into A'."""
        self.load_number += 1
        rows = parsed(changes) if isinstance(changes, str) else changes
        with self.connected() as connection:
            connection.execute("insert into intermediate.event_loads values (?, ?)", [self.load_number, is_complete])
            for row in rows:
                row = {"audience_name": "buyers", "space_id": "default", "related_recipient": None} | row
                parts = (destination, row["audience_name"], row["space_id"], row["recipient"], self.load_number)
                key = hashlib.sha256("|".join(map(str, (*parts, row["operation"]))).encode()).hexdigest()
                row |= {"load_number": self.load_number, "destination_name": destination, "idempotency_key": key}
                row |= {"changed_at": BEGINNING + timedelta(days=self.load_number)}
                row.setdefault("payload_checksum", "payload")
                names = CHANGE_COLUMNS.split(", ")
                marks = ", ".join("?" * len(names))
                connection.execute(
                    f"insert into marts.audience_changes ({CHANGE_COLUMNS}) values ({marks})",
                    [row[name] for name in names],
                )

    def blank(self, destination: str) -> None:
        """Blank a destination in the ledger, as a run that erases somebody does while the seed has no row of it."""
        with self.connected() as connection:
            connection.execute(
                "update marts.audience_changes set recipient = 'erased', related_recipient = null,"
                " payload_checksum = null, idempotency_key = 'erased' where destination_name = $destination",
                {"destination": destination},
            )

    def query(self, sql: str) -> list[tuple]:
        """The rows of a query."""
        with self.connected() as connection:
            return connection.execute(sql).fetchall()

    def destination(self, name: str) -> Destination:
        """A destination of the seed."""
        return next(Destination(*row) for row in DESTINATIONS if row[0] == name)

    def writer(self, name: str, **environment: str) -> Any:
        """The writer of a destination, as the command makes it."""
        return writer_of(self.destination(name), Settings(self.out, environment))

    def deliver(self, name: str, writer: Any = None, **options: Any) -> delivery.Delivery:
        """Send a destination what is pending."""
        return deliver(self.file, self.destination(name), writer or self.writer(name), **options)

    def activate(self, *arguments: str) -> int:
        """Run the command; its exit code."""
        return main(["activate", "--database", str(self.file), "--out", str(self.out), *arguments])

    def state(self) -> dict[str, list[tuple]]:
        """All that the command keeps, but for when it was."""
        tables = {
            "recipients": "select * from intermediate.activation_recipients order by all",
            "deliveries": "select * exclude (acknowledged_at, place), acknowledged_at is null"
            " from intermediate.activation_deliveries order by all",
            "ledger": "select * from marts.audience_changes order by all",
        }
        with self.connected() as connection:
            return {name: connection.execute(sql).fetchall() for name, sql in tables.items()}

    def sent(self, name: str) -> dict[str, bytes]:
        """The files of a destination."""
        return {file.name: file.read_bytes() for file in sorted((self.out / name).glob("*")) if file.is_file()}

    def lines(self, name: str) -> list[dict[str, Any]]:
        """All lines of JSON of a destination, in the order of its files."""
        return [json.loads(line) for content in self.sent(name).values() for line in content.decode().splitlines()]


def parsed(text: str) -> list[dict[str, Any]]:
    """Changes written in words: operation, recipient, reason, related recipient."""
    rows = []
    for operation, recipient, *rest in (part.split() for part in text.split(", ") if part):
        reason = rest[0] if rest else {"add": "qualified", "remove": "left", "update": "payload_changed"}[operation]
        payload = "other payload" if reason in ("payload_changed", "new_episode") else "payload"
        rows.append({"operation": operation, "recipient": recipient, "reason": reason, "payload_checksum": payload})
        rows[-1]["related_recipient"] = rest[1] if len(rest) > 1 else None
    return rows


@dataclasses.dataclass
class Server:
    """A destination behind a URL: answers as it is told, keeps each line of which it does not know the key."""

    url: str = ""
    # What it does with the next posts: a status, "silent" (it takes the batch and does not answer); else 200.
    answers: list[Any] = dataclasses.field(default_factory=list)
    retry_after: str = "7"
    posts: list[tuple[dict[str, str], bytes]] = dataclasses.field(default_factory=list)
    taken: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    aliases: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    arrived: threading.Event = dataclasses.field(default_factory=threading.Event)
    released: threading.Event = dataclasses.field(default_factory=threading.Event)

    def take(self, body: bytes) -> None:
        """Keep the lines of a batch."""
        for line in map(json.loads, body.splitlines()):
            if "_p2" in line:
                self.aliases.append((line["_p"], line["_p2"]))
            else:
                self.taken.setdefault(line["idempotency_key"], line)

    def members(self) -> set[tuple[str, str]]:
        """Who is in which audience."""
        return members_of_lines(list(self.taken.values()))


def members_of_lines(lines: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Who is in which audience after import lines."""
    members: set[tuple[str, str]] = set()
    persons: dict[str, str] = {}
    for line in lines:
        if "_p2" in line:
            old, new = line["_p"], line["_p2"]
            persons[old] = new
            members = {(audience, new if person == old else person) for audience, person in members}
        elif "_n" in line:
            change = members.add if line["_n"] == "Entered audience" else members.discard
            change((line["audience"], persons.get(line["_p"], line["_p"])))
    return members


@contextmanager
def serving() -> Iterator[Server]:
    """A server that listens on this machine."""
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.posts.append((dict(self.headers), body))
            answer = told.answers.pop(0) if told.answers else 200
            if answer in (200, "silent"):
                told.take(body)
            told.arrived.set()
            if answer == "silent":
                told.released.wait(20)
                return
            self.send_response(answer)
            if answer == 429:
                self.send_header("Retry-After", told.retry_after)
            if answer == 302:
                self.send_header("Location", told.url + "/elsewhere")
            said = b"column audience is unknown\nhere" if answer == 400 else b"{}"
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{listening.server_port}/import"
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield told
    told.released.set()
    listening.shutdown()
    listening.server_close()


class Steps:
    """Counts the steps of a run, and lets the process die at one of them."""

    def __init__(self, dies_at: int) -> None:
        """Die at the step of this number."""
        self.count, self.dies_at = 0, dies_at

    def step(self) -> None:
        """Go a step."""
        self.count += 1
        if self.count == self.dies_at:
            raise Crash

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function with a step before it and one after it."""

        def called(*arguments: Any, **options: Any) -> Any:
            self.step()
            answer = function(*arguments, **options)
            self.step()
            return answer

        return called


def run_dying_at(world: World, name: str, writer: Any, number: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Send in batches of four; whether the process died before the end."""
    steps = Steps(number)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "begin", steps.around(delivery.begin))
        patched.setattr(delivery, "record", steps.around(delivery.record))
        # Within the transactions of the begin and of the record.
        patched.setattr(records, "number_of", steps.around(records.number_of))
        patched.setattr(records, "forget_erased", steps.around(records.forget_erased))
        patched.setattr(writer, "record", steps.around(writer.record))
        patched.setattr(writer, "send", steps.around(writer.send))
        patched.setattr(os, "fsync", steps.around(os.fsync))
        patched.setattr(Path, "replace", steps.around(Path.replace))
        try:
            world.deliver(name, writer, batch_size=4)
        except Crash:
            return True
    return False
