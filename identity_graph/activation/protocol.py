"""What a writer is given, and what it promises.

A writer lets one destination have one batch of rows at a time. It promises two things: when send returns, the
destination has the whole batch; and a batch that is sent again, with the same rows, leaves there what sending it once
leaves. Whatever a destination needs to know a repeat by is in the batch: each row has an idempotency key, and so has
the batch; both are the same in a repeat.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

ADD, REMOVE, UPDATE = "add", "remove", "update"
OPERATIONS = (ADD, REMOVE, UPDATE)
MERGED, MERGED_FROM = "merged_into", "merged_from"
NEW_EPISODE = "new_episode"
ERASED = "erased"


class DeliveryError(Exception):
    """Why a destination did not take a batch, as a sentence that says what to do next."""


@dataclass(frozen=True)
class Destination:
    """A row of the seed destinations; without a space_id it is told of all identity spaces."""

    name: str
    identifier_type: str
    writer: str
    sends_merges: bool
    is_enabled: bool
    space_id: str | None = None


@dataclass(frozen=True)
class OfflineConversion:
    """A row of the mart offline_conversions, as a destination takes it; times are UTC without a zone."""

    click_id: str
    click_id_type: str | None
    event_name: str
    converted_at: datetime
    conversion_value: Decimal | None
    currency_code: str | None
    order_id: str | None
    has_consent: bool


@dataclass(frozen=True)
class Row:
    """What a destination is to do for a recipient of an audience.

    Attributes:
        operation: add, remove or update (of a payload, or of whom somebody has been merged into).
        audience_name: a cohort, a trigger, or offline_conversions.
        space_id: the identity space.
        recipient: a value of the destination's identifier type.
        reason: why, as in audience_changes.
        related_recipient: whom the recipient was merged into, or split from, or the name by which it was in.
        idempotency_key: the same in each repeat, and never that of another row.
        changed_at: when it came to be so, by the clock of the data; UTC without a zone.
        is_member: whether the recipient is in the audience afterwards.
        sends_alias: whether the destination is to be told by this row that the recipient is the related one now: it
            takes merges, and no other row tells it.
        is_related_member: whether whom the recipient was merged into is in the audience afterwards.
        was_related_member: whether the destination has the person in the audience by the former name, which it goes on.
        conversion: what is sent of an offline conversion; None for other recipients, and where the mart has it no more.

    """

    operation: str
    audience_name: str
    space_id: str
    recipient: str
    reason: str
    related_recipient: str | None
    idempotency_key: str
    changed_at: datetime
    is_member: bool
    sends_alias: bool = False
    is_related_member: bool = False
    was_related_member: bool = False
    conversion: OfflineConversion | None = None


@dataclass(frozen=True)
class Batch:
    """Rows that a destination takes at once.

    Attributes:
        destination: who takes them.
        delivery_number: counts the destination's deliveries; a repeat of the same rows has the same number.
        generation: above 1 after the destination was sent all again.
        load_number: the load whose audiences the rows lead to.
        rows: in the order in which they are to take effect; one for each audience, space and recipient.

    """

    destination: Destination
    delivery_number: int
    generation: int
    load_number: int
    rows: tuple[Row, ...]

    @property
    def idempotency_key(self) -> str:
        """Key of the whole batch: SHA-256 in hex of the keys of its rows."""
        return batch_key(self.rows)

    def count(self, operation: str) -> int:
        """Rows of an operation."""
        return Counter(row.operation for row in self.rows)[operation]


def batch_key(rows: tuple[Row, ...]) -> str:
    """SHA-256 in hex of what rows do and of their keys, in their order."""
    return hashlib.sha256("\n".join(f"{row.operation} {row.idempotency_key}" for row in rows).encode()).hexdigest()


class Writer(ABC):
    """How a kind of destination is sent a batch; WRITERS (activation/writers.py) names them all.

    Attributes:
        keeps_spaces: whether the destination can tell by what it is sent one value in two identity spaces apart.

    """

    keeps_spaces = True

    @abstractmethod
    def __init__(self, destination: Destination, settings: Settings) -> None:
        """Get ready for one destination and one run.

        Raises:
            CommandError: the environment lacks something.

        """

    @abstractmethod
    def send(self, batch: Batch) -> str:
        """Let the destination have the whole batch and return where it went, for people to read; no secret in it.

        The database is closed meanwhile, so it may take its time.

        Raises:
            DeliveryError: the destination did not take all of it.

        """

    def record(self, connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:  # noqa: B027
        """What is written to the database itself, in the transaction that records the batch; most write nothing."""

    def close(self) -> None:  # noqa: B027
        """Give back what the writer holds, after the last batch or an error."""


@dataclass(frozen=True)
class Settings:
    """What a writer is made with: the folder for files, and the environment."""

    out: Path
    environment: Mapping[str, str]

    def value(self, destination: Destination, name: str) -> str | None:
        """The environment variable of a destination that has this name; None where it is empty or not set."""
        return self.environment.get(variable(destination, name)) or None


def variable(destination: Destination, name: str) -> str:
    """Full name of a destination's environment variable: IDENTITY_DESTINATION_<DESTINATION>_<NAME>."""
    written = "".join(letter if letter.isalnum() else "_" for letter in destination.name.upper())
    return f"IDENTITY_DESTINATION_{written}_{name}"
