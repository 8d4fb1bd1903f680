"""A destination is sent what is pending, batch by batch; the database is open only between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from identity_graph.activation.erased import forget_erased
from identity_graph.activation.ledger import Ledger, open_ledger, transaction
from identity_graph.activation.pending import Plan, plan
from identity_graph.activation.protocol import OPERATIONS, Batch, DeliveryError, Destination, Row, Writer
from identity_graph.activation.records import begin, record
from identity_graph.activation.spaces import refuse_mixed_spaces
from identity_graph.project import CommandError
from identity_graph.text import counted


@dataclass
class Delivery:
    """What a destination acknowledged in one run: its batches, rows by operation, and the place of the last batch."""

    batch_count: int = 0
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OPERATIONS, 0))
    place: str = ""

    def add(self, batch: Batch, place: str) -> None:
        """Count a batch that was acknowledged."""
        self.batch_count += 1
        self.place = place
        for operation in OPERATIONS:
            self.rows[operation] += batch.count(operation)

    def said(self) -> str:
        """The delivery as part of a sentence."""
        operations = ", ".join(f"{number:,} {operation}" for operation, number in self.rows.items() if number)
        total = counted(sum(self.rows.values()), "row")
        return f"{total} in {counted(self.batch_count, 'batch', 'batches')} ({operations})"


def deliver(
    file: Path, destination: Destination, writer: Writer, *, batch_size: int = 1000, is_resend: bool = False
) -> Delivery:
    """Send a destination what is pending, and record each batch that it acknowledges.

    Raises:
        CommandError: the database cannot be written now, a build ran meanwhile, or persons of two spaces would be one.
        DeliveryError: the destination did not take a batch; what it took before is recorded.

    """
    done = Delivery()
    with open_ledger(file, read_only=False) as ledger:
        ledger.last_load()
        with transaction(ledger):
            ledger.make_state()
            forget_erased(ledger, destination)
        refuse_mixed_spaces(ledger, destination)
        planned = plan(ledger, destination, is_resend=is_resend)
        parts = planned.parts(batch_size)
        begun = begin_next(ledger, planned, parts, is_resend=is_resend)
    while begun:
        batch, part = begun
        try:
            place = writer.send(batch)
        except DeliveryError as error:
            before = f"{done.said()} before it were acknowledged" if done.batch_count else "nothing was sent before it"
            raise DeliveryError(
                f"{destination.name} did not take delivery {batch.delivery_number}: {error} ({before})."
            ) from error
        with open_ledger(file, read_only=False) as ledger:
            record(ledger, batch, part, writer, place)
            done.add(batch, place)
            begun = begin_next(ledger, planned, parts, is_resend=False)
    return done


def begin_next(
    ledger: Ledger, planned: Plan, parts: Iterator[tuple[tuple[Row, ...], pa.Table]], *, is_resend: bool
) -> tuple[Batch, pa.Table] | None:
    """Note the next batch, with what its record needs; None where nothing is left."""
    for rows, part in parts:
        return begin(ledger, planned, rows, part, is_resend=is_resend), part
    return None


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Let one process at a time send from a database: two would not know of each other what they have sent.

    Raises:
        CommandError: another one does.

    """
    # Not on every system, and no other command needs it.
    import fcntl

    with file.with_name(f"{file.name}.activate.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(f"another activate sends from {file}: try again when it has ended.") from error
        yield
