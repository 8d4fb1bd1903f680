"""A topic as Parquet files: their names say which offsets they hold, so the files themselves say where to go on.

A file is written under a name that no reader takes, and gets its own name when it is whole; then the offset is
committed. A process that ends in between has either left no file, or a file that is found again: what is read begins
behind the last file, whatever was committed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from identity_graph.durable_files import on_disk, put_in_place
from identity_graph.streaming.collector import parsed
from identity_graph.streaming.payloads import RAW_COLUMNS, encoded, generic_row, text_of

SCHEMA = pa.schema([(name, pa.string()) for name in RAW_COLUMNS])
DEAD_LETTERS = "dead-letters"


@dataclass(frozen=True)
class Received:
    """A message of a partition as it was read."""

    offset: int
    value: bytes | None


@dataclass(frozen=True)
class DeadLetter:
    """A message that is no event, and why."""

    offset: int
    reason: str
    value: bytes | None


def file_name(topic: str, partition: int, first: int, last: int, kind: str = "parquet") -> str:
    """Name of the file that holds what a partition has from one offset to another, both included."""
    return f"{topic}-{partition}-{first:020d}-{last:020d}.{kind}"


def landed_ranges(folder: Path, topic: str, partition: int, kind: str = "parquet") -> list[tuple[int, int]]:
    """First and last offset of each file of a partition that is in place, in their order."""
    pattern = re.compile(rf"{re.escape(topic)}-{partition}-(\d{{20}})-(\d{{20}})[.]{kind}")
    found = (pattern.fullmatch(file.name) for file in folder.glob(f"*.{kind}"))
    return sorted((int(match[1]), int(match[2])) for match in found if match)


def next_offset(folder: Path, topic: str, partition: int, committed: int | None) -> int | None:
    """Where to go on: behind the last file in place, or at the committed offset if that is further on; None = neither.

    Files may have been moved away once they were committed, and a file may not have been committed yet.
    """
    ends = [last + 1 for _, last in landed_ranges(folder, topic, partition)]
    return max([*ends, *([] if committed is None else [committed])], default=None)


def clear_unfinished(folder: Path, topic: str, partition: int, begin: int) -> None:
    """Delete what a process that ended early has left: half a file, and dead letters of messages to be read again."""
    part_file(folder, topic, partition).unlink(missing_ok=True)
    part_file(folder / DEAD_LETTERS, topic, partition).unlink(missing_ok=True)
    letters = folder / DEAD_LETTERS
    for first, last in landed_ranges(letters, topic, partition, "ndjson"):
        if first >= begin:
            (letters / file_name(topic, partition, first, last, "ndjson")).unlink()


def land(folder: Path, topic: str, partition: int, messages: Sequence[Received]) -> tuple[int, int]:
    """Put messages of a partition into files: events into one of Parquet, and what is no event beside it.

    Args:
        folder: where the files of events lie.
        topic: the topic that the messages came from.
        partition: its partition.
        messages: one at least, by offset.

    Returns:
        Number of events, and of messages that are none.

    """
    rows, letters = read_messages(messages)
    first, last = messages[0].offset, messages[-1].offset
    # The events come last: they say how far a partition is landed.
    if letters:
        write_letters(part_file(folder / DEAD_LETTERS, topic, partition), letters)
        name = file_name(topic, partition, first, last, "ndjson")
        put_in_place(part_file(folder / DEAD_LETTERS, topic, partition), folder / DEAD_LETTERS / name)
    if rows:
        write_events(part_file(folder, topic, partition), rows)
        put_in_place(part_file(folder, topic, partition), folder / file_name(topic, partition, first, last))
    return len(rows), len(letters)


def read_messages(messages: Sequence[Received]) -> tuple[list[dict[str, str]], list[DeadLetter]]:
    """Messages as rows of text, and those that are no object of JSON."""
    rows, letters = [], []
    for message in messages:
        try:
            content = parsed(message.value or b"")
            rows.append(text_row(content))
        except ValueError:
            letters.append(DeadLetter(message.offset, f"malformed_row: offset {message.offset}", message.value))
    return rows, letters


def text_row(content: Any) -> dict[str, str]:
    """An object in the columns of the generic source, as text; what nothing reads becomes a property.

    Raises:
        ValueError: it is no object.

    """
    if not isinstance(content, dict):
        raise ValueError("it is no object")
    return {name: text for name, value in generic_row(content).items() if (text := text_of(value)) is not None}


def part_file(folder: Path, topic: str, partition: int) -> Path:
    """A file that is being written: it is hidden, and its ending is that of no format."""
    return folder / f".{topic}-{partition}.part"


def write_events(file: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write rows of text as Parquet, down to the disk."""
    table = pa.table([pa.array([row.get(name) for row in rows], pa.string()) for name in RAW_COLUMNS], schema=SCHEMA)
    with on_disk(file) as target:
        pq.write_table(table, target, compression="zstd")


def write_letters(file: Path, letters: Sequence[DeadLetter]) -> None:
    """Write messages that are no events as lines of JSON, down to the disk; bytes that are no text are escaped."""
    file.parent.mkdir(exist_ok=True)
    with on_disk(file) as target:
        for letter in letters:
            value = None if letter.value is None else letter.value.decode("utf-8", "backslashreplace")
            target.write(encoded({"reason": letter.reason, "payload": value}) + b"\n")
