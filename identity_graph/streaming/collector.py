"""Lines of payloads, judged one event at a time: what goes to the topic of events, and what to that of dead letters."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from identity_graph.streaming.contract import Contract
from identity_graph.streaming.payloads import (
    Json,
    Reading,
    content_hash,
    encoded,
    payloads_of,
    rows_of,
    stamped,
    text_of,
)

BLOCK = 1 << 18


@dataclass(frozen=True)
class Judged:
    """An event with the message that is made of it, and why it is refused; None if it is not."""

    event_id: str
    message: bytes
    reason: str | None
    is_registered: bool


@dataclass
class Totals:
    """What a run took in: lines that hold something, events, those refused by reason, and those the taxonomy lacks."""

    lines: int = 0
    accepted: int = 0
    unregistered: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        """All events."""
        return self.accepted + self.refused.total()

    def add(self, event: Judged) -> None:
        """Count an event; a place in a file is no reason of its own."""
        if event.reason is None:
            self.accepted += 1
            self.unregistered += not event.is_registered
        else:
            self.refused[event.reason.partition(": line ")[0]] += 1


@dataclass(frozen=True)
class Judge:
    """How lines become messages: what payloads are read by, what they are held to, and when they came in, if told."""

    reading: Reading
    contract: Contract

    def judge(self, lines: Sequence[tuple[int, bytes]], received_at: datetime | None = None) -> list[Judged]:
        """The events of numbered lines, in their order.

        Args:
            lines: number and content of each line; an empty one holds no event.
            received_at: when the lines came in, for events that do not say so.

        """
        found = [
            (number, payload, row)
            for number, line in lines
            if line.strip()
            for payload, row in self.events_of(line, received_at)
        ]
        self.contract.learn([row for _, _, row in found if row is not None])
        return [self.judged(number, payload, row) for number, payload, row in found]

    def events_of(self, line: bytes, received_at: datetime | None) -> list[tuple[Any, Json | None]]:
        """Payloads of a line with their rows; the row is None where there is none, and the payload then may be text."""
        try:
            body = parsed(line)
        except ValueError:
            return [(line.decode("utf-8", "backslashreplace").rstrip("\r\n"), None)]
        payloads = list(payloads_of(body))
        rows = rows_of(payloads, self.reading)
        if received_at is not None:
            rows = [row and stamped(row, received_at) for row in rows]
        return list(zip(payloads, rows, strict=True))

    def judged(self, number: int, payload: Any, row: Json | None) -> Judged:
        """An event with its message: the row, or the payload as it was sent with the reason why it is refused."""
        reason = f"malformed_row: line {number}" if row is None else self.contract.rejection(row)
        if row is not None and reason is None:
            return Judged(text_of(row["event_id"]) or "", encoded(row), None, self.contract.is_registered(row))
        event_id = text_of((row or {}).get("event_id")) or content_hash({"payload": payload})
        return Judged(event_id, encoded({"reason": reason, "payload": payload}), reason, False)


def parsed(line: bytes) -> Any:
    """The JSON of a line.

    Raises:
        ValueError: it is no JSON of numbers and texts that other readers take, too.

    """
    try:
        body = json.loads(line.decode("utf-8-sig"), parse_constant=refuse_constant)
        encoded(body)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    return body


def refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which are no JSON."""
    raise ValueError(f"{name} is no JSON")


def blocks_of(stream: BinaryIO) -> Iterator[list[tuple[int, bytes]]]:
    """Lines of a stream with their numbers, as many at a time as have come in: none waits for those that come later."""
    number, rest = 0, b""
    while block := stream.read1(BLOCK) if hasattr(stream, "read1") else stream.read(BLOCK):
        *whole, rest = (rest + block).split(b"\n")
        if whole:
            yield [(number + place, line) for place, line in enumerate(whole, 1)]
            number += len(whole)
    if rest:
        yield [(number + 1, rest)]


def count_lines(lines: Iterable[tuple[int, bytes]]) -> int:
    """Lines that hold something."""
    return sum(bool(line.strip()) for _, line in lines)
