"""Reads the partitions of a topic, lands what it reads, and commits what is landed."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from identity_graph.project import CommandError
from identity_graph.streaming.kafka import ANSWER_SECONDS, library, open_consumer, partitions_of
from identity_graph.streaming.landing import Received, clear_unfinished, land, next_offset

if TYPE_CHECKING:
    from confluent_kafka import Message

# How many messages are taken from librdkafka at once, and how long it is waited for the first.
TAKEN_AT_ONCE, WAIT_SECONDS = 1000, 0.1
# How often it is asked whether the topic has grown more partitions.
LOOK_SECONDS = 60.0


@dataclass(frozen=True)
class Limits:
    """When a file is closed, and when a run ends.

    Attributes:
        max_messages: of a file.
        max_seconds: from the first message of a file on.
        is_once: to the end of the partitions as they are at the beginning, and no further.
        patience: seconds without an answer, after which a run to the end gives up.

    """

    max_messages: int
    max_seconds: float
    is_once: bool
    patience: float


@dataclass
class Totals:
    """What a run landed: files of events, events, messages that are none, and messages that were gone already."""

    files: int = 0
    events: int = 0
    dead_letters: int = 0
    gone: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass
class Part:
    """A partition while it is read: where it ends for this run, and what is read and not yet landed."""

    end: int | None
    position: int
    messages: list[Received] = field(default_factory=list)
    begun_at: float = 0.0
    is_done: bool = False


class Lander:
    """Lands a topic in a folder. Only one may do so at a time; `held` sees to it."""

    def __init__(self, settings: Mapping[str, str], group: str, topic: str, folder: Path, limits: Limits) -> None:
        """Open a consumer and find where each partition goes on.

        Raises:
            CommandError: Kafka cannot be reached, the topic does not exist, or the folder holds another topic's files.

        """
        self.kafka, self.topic, self.folder, self.limits = library(), topic, folder, limits
        self.totals, self.parts = Totals(), dict[int, Part]()
        self.consumer = open_consumer(settings, group)
        if not self.look_for_partitions():
            raise CommandError(f"there is no topic {topic}: name another with --topic, or let collect make it first.")

    def look_for_partitions(self) -> bool:
        """Begin to read partitions that are not read yet; whether there are any at all."""
        new = [number for number in partitions_of(self.kafka, self.consumer, self.topic) if number not in self.parts]
        places = [self.kafka.TopicPartition(self.topic, number) for number in new]
        try:
            for place in self.consumer.committed(places, timeout=ANSWER_SECONDS) if places else []:
                low, high = self.consumer.get_watermark_offsets(place, timeout=ANSWER_SECONDS)
                committed = place.offset if place.offset >= 0 else None
                self.parts[place.partition] = self.part_of(place.partition, committed, low, high)
        except self.kafka.KafkaException as error:
            raise CommandError(f"the topic {self.topic} cannot be read: {error.args[0].str()}.") from error
        if new:
            self.consumer.incremental_assign(
                [self.kafka.TopicPartition(self.topic, number, self.parts[number].position) for number in new]
            )
        return bool(self.parts)

    def part_of(self, partition: int, committed: int | None, low: int, high: int) -> Part:
        """Where a partition begins and ends for this run, with what an earlier process left half done cleared away.

        Args:
            partition: its number.
            committed: the group's offset; None if it has none.
            low: offset of the first message that is still there.
            high: offset that the next message will have.

        Raises:
            CommandError: the files go further than the partition does.

        """
        begin = next_offset(self.folder, self.topic, partition, committed)
        if begin is not None and begin > high:
            raise CommandError(
                f"{self.folder} goes up to offset {begin - 1} of partition {partition} of {self.topic}, which ends at"
                f" {high - 1}: it is another topic of that name, so land it in another folder, by another --group."
            )
        if begin is not None and begin < low:
            self.totals.gone += low - begin
            self.totals.notes.append(f"offsets {begin} to {low - 1} of partition {partition}")
        start = low if begin is None else max(begin, low)
        clear_unfinished(self.folder, self.topic, partition, start)
        end = high if self.limits.is_once else None
        return Part(end=end, position=start, is_done=end is not None and start >= end)

    def run(self, is_stopped: Callable[[], bool]) -> Totals:
        """Read until the end of the partitions, or until it is told to stop, and land all that was read.

        Raises:
            CommandError: Kafka gives no answer, or an error that reading again does not mend.

        """
        heard_at = looked_at = time.monotonic()
        while not is_stopped() and not all(part.is_done for part in self.parts.values()):
            messages = self.consumer.consume(TAKEN_AT_ONCE, WAIT_SECONDS)
            now = time.monotonic()
            for message in messages:
                self.take(message, now)
            self.land_parts(now)
            heard_at = now if any(self.is_answer(message) for message in messages) else heard_at
            if self.limits.is_once and now - heard_at > self.limits.patience:
                raise CommandError(f"no message came for {self.limits.patience:.0f} seconds: look at the brokers.")
            if not self.limits.is_once and now - looked_at > LOOK_SECONDS:
                self.look_for_partitions()
                looked_at = now
        self.land_parts(None)
        return self.totals

    def take(self, message: Message, now: float) -> None:
        """Keep a message until its file is written, or note that its partition is read to its end."""
        error, part = message.error(), self.parts.get(message.partition() or 0)
        if error is not None and self.is_answer(message) and part is not None:
            part.is_done = part.end is not None
        elif error is not None and (error.fatal() or error.code() in self.final_errors()):
            raise CommandError(f"the topic {self.topic} cannot be read on: {error.str()}.")
        offset = message.offset()
        # Of a run to the end, what has come in since is left for the next.
        if error is not None or part is None or part.is_done or offset is None or offset < part.position:
            return
        if not part.messages:
            part.begun_at = now
        part.messages.append(Received(offset, message.value()))
        part.position = offset + 1
        part.is_done = part.end is not None and part.position >= part.end
        if len(part.messages) >= self.limits.max_messages:
            self.land_part(message.partition() or 0, part)

    def is_answer(self, message: Message) -> bool:
        """Whether it is a message, or says that a partition is read to its end; other errors are no answer."""
        error = message.error()
        return error is None or error.code() == self.kafka.KafkaError._PARTITION_EOF

    def final_errors(self) -> tuple[int, ...]:
        """Errors that waiting does not mend: messages that are gone, a topic that is, or may not be seen."""
        codes = self.kafka.KafkaError
        return codes._AUTO_OFFSET_RESET, codes.UNKNOWN_TOPIC_OR_PART, codes.TOPIC_AUTHORIZATION_FAILED

    def land_parts(self, now: float | None) -> None:
        """Land what has waited long enough, or all of it where no time is given."""
        for number, part in self.parts.items():
            is_old = now is None or part.is_done or now - part.begun_at >= self.limits.max_seconds
            if part.messages and is_old:
                self.land_part(number, part)

    def land_part(self, number: int, part: Part) -> None:
        """Put what was read of a partition into a file, and only then commit its offset."""
        events, letters = land(self.folder, self.topic, number, part.messages)
        part.messages.clear()
        self.totals.files += events > 0
        self.totals.events += events
        self.totals.dead_letters += letters
        self.commit(number, part.position)

    def commit(self, number: int, offset: int) -> None:
        """Commit an offset. Where that fails the files still say how far it went, so it is only noted."""
        place = self.kafka.TopicPartition(self.topic, number, offset)
        try:
            self.consumer.commit(offsets=[place], asynchronous=False)
        except self.kafka.KafkaException as error:
            self.totals.notes.append(f"offset {offset} of partition {number} was not committed: {error.args[0].str()}")

    def close(self) -> None:
        """Give back the consumer."""
        self.consumer.close()


@contextmanager
def held(folder: Path, topic: str) -> Iterator[None]:
    """Keep other processes from landing the same topic in a folder; the folder is made if need be.

    Raises:
        CommandError: another process does so, or the folder cannot be written.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / f".{topic}.lock").open("w")
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"another process lands {topic} in {folder}: stop it first.") from error
        yield
