"""What a build knows about ids, read once: evidence of links, persons, limits, overrides, keys, and an id's life."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Evidence:
    """One row of identity_links, or of the links between persons, which tell no dates: a key that speaks for a link."""

    id_a: str
    id_b: str
    key_type: str
    key_value: str
    earlier_date: date | None
    later_date: date | None
    linked_at: datetime
    key_confidence: float
    confidence: float
    is_accepted: bool
    refusal_reason: str | None = None


@dataclass(frozen=True)
class Member:
    """An id of the graph, or a user's part of one: its person, and its cluster, if none were dissolved."""

    anonymous_id: str
    visitor_id: str  # the id itself, of a part
    person: str
    id_count: int  # of the person
    cluster: int
    cluster_size: int


@dataclass(frozen=True)
class LimitedValue:
    """A value of a key of which a person may hold only so many, and an id that was seen with it."""

    anonymous_id: str
    key_type: str
    key_value: str
    max_values: int
    value_count: int  # of the id, where logins that an alias names together are one


@dataclass(frozen=True)
class Override:
    """One row of the seed identity_overrides."""

    override_type: str
    id_a: str | None
    id_b: str | None
    key_type: str | None
    key_value: str | None
    reason: str
    owner: str
    created_on: date | None = None


@dataclass(frozen=True)
class SharedKey:
    """A key value that both ids were seen with; the rule's columns are null where it links no individuals."""

    key_type: str
    key_value: str
    gap_days: int
    shared_dates: tuple[date, ...]
    id_count: int | None
    max_ids: int | None
    drop_reason: str | None
    window_days: int | None
    corroboration: str | None
    min_shared_days: int | None


@dataclass(frozen=True)
class Partner:
    """An id that was seen with a corroborated key on the same dates as one of the two."""

    anonymous_id: str
    partner_id: str
    key_type: str
    shared_date_count: int


@dataclass(frozen=True)
class Chapter:
    """From users_history: whom an id belonged to from a moment on, what made it so, and who came through it."""

    valid_from: datetime
    person: str
    change_type: str
    key_type: str | None
    key_value: str | None
    linked_id: str | None
    newcomers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """From shared_devices: what one user did on an id that several shared; without a login, what cannot be told."""

    anonymous_id: str
    user: str | None
    account: str | None
    person: str
    session_count: int
    is_main: bool


@dataclass(frozen=True)
class Story:
    """All that is known about one id."""

    anonymous_id: str
    person: str
    confidence: float
    chapters: tuple[Chapter, ...] = ()
    others: tuple[str, ...] = ()
    groups: tuple[tuple[str, str, int], ...] = ()  # level, id of the group, its persons
    refusals: tuple[Evidence, ...] = ()
    parts: tuple[Part, ...] = ()  # where several users shared it


@dataclass(frozen=True)
class Case:
    """All that is known about two ids of one space, read once; everything after it is pure."""

    id_a: str
    id_b: str
    members: dict[str, Member] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    limited_values: tuple[LimitedValue, ...] = ()
    overrides: tuple[Override, ...] = ()
    shared_keys: tuple[SharedKey, ...] = ()
    partners: tuple[Partner, ...] = ()
    # What links the persons of a household or organization that both ids are of, by level.
    groups: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class UnknownId:
    """An id that the graph does not know, and what was seen of it."""

    anonymous_id: str
    has_refused_consent: bool = False
    is_waiting: bool = False  # its events lie after the last build's clock
    quarantine_reasons: tuple[str, ...] = ()
