"""What a build would reject: the rules of int_events_received, for one event at a time, before it is published."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from identity_graph.project import Project, read_csv
from identity_graph.streaming.casts import Casts
from identity_graph.streaming.macros import currencies, placeholder_pattern
from identity_graph.streaming.payloads import Json, object_of, text_of

LIFECYCLE = {"active": 1, "deprecated": 2, "draft": 3}
OLDEST, NEWEST = datetime(2000, 1, 1), datetime(2100, 1, 1)
# What a build looks for placeholders in, and reads as times.
IDS = (
    "anonymous_id",
    "user_id",
    "device_id",
    "order_id",
    "email",
    "email_hash",
    "account_id",
    "click_id",
    "revenue",
    "currency",
)
TIMES = ("occurred_at", "sent_at", "received_at")
ADDRESS = re.compile(r".*[^@]@.+", re.S)
HASH = re.compile(r"[0-9a-fA-F]{64}")
BLANK = ("Zs", "Zl", "Zp", "Cc", "Cf")


@dataclass(frozen=True)
class Contract:
    """The taxonomy and the vars that say what is refused, and what texts are read by."""

    versions: Mapping[str, Mapping[str, Mapping[str, str]]]
    current: Mapping[str, Mapping[str, str]]
    rejects_unregistered_events: bool
    rejects_unregistered_versions: bool
    rejects_retired_events: bool
    currency_codes: frozenset[str]
    casts: Casts

    def rejection(self, row: Json) -> str | None:
        """Why a build would reject a row of the generic source, as quarantined_events says it; None if it would not.

        What only the build can tell (an amount in words, parameters of an address) is left to it.
        """
        name, version = trimmed(row.get("event_name")), trimmed(row.get("schema_version"))
        listed = self.versions.get(name or "", {}).get(version or "")
        rule = listed or self.current.get(name or "")
        is_other_version = rule is not None and version is not None and listed is None
        return (
            self.unread_revenue(row)
            or ("missing_event_id" if trimmed(row.get("event_id")) is None else None)
            or ("missing_event_name" if name is None else None)
            or self.unfit_time(row)
            or ("no_identifier" if not self.has_identifier(row) else None)
            or ("unregistered_event" if rule is None and self.rejects_unregistered_events else None)
            or ("unregistered_version" if is_other_version and self.rejects_unregistered_versions else None)
            or ("retired_version" if is_retired(rule) and self.rejects_retired_events else None)
            or ("malformed_properties" if properties_of(row) is None else None)
            or self.unread_currency(row)
            or (self.unfit_property(row, rule) if rule else None)
        )

    def learn(self, rows: Sequence[Json]) -> None:
        """Look up at once what `rejection` will ask of these rows one by one."""
        self.casts.learn(
            times=[text for row in rows for name in TIMES if (text := text_of(row.get(name))) is not None],
            ids=[id_text for row in rows for name in IDS if (id_text := trimmed(row.get(name))) is not None],
        )

    def is_registered(self, row: Json) -> bool:
        """Whether the taxonomy lists the event, and its version where it has one."""
        listed = self.versions.get(trimmed(row.get("event_name")) or "", {})
        version = trimmed(row.get("schema_version"))
        return bool(listed) and (version is None or version in listed)

    def known(self, value: Any) -> str | None:
        """The text of an id; None where it is a placeholder."""
        text = trimmed(value)
        return None if text is None or self.casts.is_placeholder(text) else text

    def time(self, row: Json, column: str) -> datetime | None:
        """A time of a row; None where it is none."""
        text = text_of(row.get(column))
        return None if text is None else self.casts.time(text)

    def unfit_time(self, row: Json) -> str | None:
        """Why the time of a row cannot be: none, or one that lies before 2000, after 2100, or after its receipt."""
        sent_as, sent_at, received_at = (self.time(row, name) for name in ("occurred_at", "sent_at", "received_at"))
        if sent_as is None:
            return "unparsable_time"
        occurred_at, minute, month = sent_as, timedelta(minutes=1), timedelta(days=30)
        if received_at and sent_at and -minute <= sent_at - sent_as <= month:
            occurred_at = received_at - (sent_at - sent_as)
        arrived_at = received_at or sent_as
        is_odd = min(occurred_at, arrived_at) < OLDEST or max(occurred_at, arrived_at) > NEWEST
        return "implausible_time" if is_odd or occurred_at - arrived_at > timedelta(days=1) else None

    def has_identifier(self, row: Json) -> bool:
        """Whether anything in a row could tell whose it is."""
        return (
            any(self.known(row.get(name)) for name in ("anonymous_id", "user_id", "device_id", "order_id"))
            or self.has_email(row)
            or self.has_phone(row)
        )

    def has_email(self, row: Json) -> bool:
        """Whether a row has an address, or the hash of one, in a column or in the address of the page."""
        email, email_hash = self.known(row.get("email")), self.known(row.get("email_hash"))
        return bool(
            (email and ADDRESS.fullmatch(email))
            or (email_hash and (ADDRESS.fullmatch(email_hash) or HASH.fullmatch(email_hash)))
            or "ehash=" in (text_of(row.get("page_url")) or "")
        )

    def has_phone(self, row: Json) -> bool:
        """Whether a row has a phone number; less than seven digits are none."""
        return sum(letter.isdigit() for letter in trimmed(row.get("phone")) or "") >= 7

    def unread_revenue(self, row: Json) -> str | None:
        """Why a revenue is none: text without a digit. Whatever has digits and is no plain number the build reads."""
        text = self.known(row.get("revenue"))
        if text is None or any(letter.isdigit() for letter in text) or self.casts.is_amount(text):
            return None
        return f"wrong_type: revenue ({shape(text)})"

    def unread_currency(self, row: Json) -> str | None:
        """Why the currency of a readable revenue is none."""
        sent = text_of(row.get("currency")) or ""
        currency = self.known(sent) or (trimmed(sent) if "$" in sent else None)
        if currency is None or currency.upper() in self.currency_codes or not self.has_amount(row):
            return None
        return f"wrong_type: currency ({shape(currency.upper())})"

    def has_amount(self, row: Json) -> bool:
        """Whether a row has an amount, as far as that can be told here."""
        text = text_of(row.get("revenue"))
        return text is not None and self.casts.is_amount(text)

    def unfit_property(self, row: Json, rule: Mapping[str, str]) -> str | None:
        """Which required property is missing, or which has another type than the taxonomy says."""
        properties = properties_of(row) or {}
        for name in filter(None, rule["required_properties"].split("|")):
            if not (self.has_column(row, name) if name in COLUMNS else text_of(properties.get(name))):
                return f"missing_property: {name}"
        for typed in filter(None, rule["property_types"].split("|")):
            name, _, kind = typed.partition(":")
            text = text_of(properties.get(name))
            # An amount is read as people write it, by the build.
            is_amount = typed == "revenue:number" and any(letter.isdigit() for letter in text or "")
            if text is not None and text.strip(" ") and not is_amount and not self.is_of(kind, text):
                return f"wrong_type: {name}"
        return None

    def has_column(self, row: Json, name: str) -> bool:
        """Whether a required property that is a column of its own is there."""
        if name in ("email", "email_hash"):
            return self.has_email(row)
        if name == "phone":
            return self.has_phone(row)
        if name == "revenue":
            return self.has_amount(row) or any(letter.isdigit() for letter in self.known(row.get("revenue")) or "")
        if name == "click_id" and "=" in (text_of(row.get("page_url")) or ""):
            return True
        return self.known(row.get(name)) is not None

    def is_of(self, kind: str, text: str) -> bool:
        """Whether the text of a property can be read as a type of the taxonomy."""
        number = self.casts.number(text) if kind in ("number", "integer") else None
        return {
            "number": number is not None,
            "integer": number is not None and abs(number) < 1e38 and number == math.floor(number),
            "boolean": text.lower() in ("true", "false"),
            "timestamp": kind == "timestamp" and self.casts.time(text) is not None,
        }.get(kind, True)


# Required properties that are columns of their own, as int_checked_events looks them up.
COLUMNS = frozenset(
    ("order_id", "revenue", "currency", "user_id", "account_id", "anonymous_id", "device_id", "click_id")
    + ("email", "email_hash", "phone", "ip_address", "page_url", "referrer")
)


def contract_of(project: Project) -> Contract:
    """The contract of a project: its taxonomy, its vars, and what it takes for placeholders and currencies.

    Raises:
        CommandError: a seed cannot be read.

    """
    rows = read_csv(project.seed("event_taxonomy.csv"))[1]
    ignored = [row["ignored_value"] for row in read_csv(project.seed("ignored_values.csv"))[1]]
    sent = {row["sent_currency"].upper() for row in read_csv(project.seed("currency_codes.csv"))[1]}
    versions: dict[str, dict[str, Mapping[str, str]]] = {}
    for row in rows:
        versions.setdefault(row["event_name"], {})[row["schema_version"]] = row
    return Contract(
        versions=versions,
        current={name: current_version(list(listed.values())) for name, listed in versions.items()},
        rejects_unregistered_events=project.var("unregistered_events", {}) == "reject",
        rejects_unregistered_versions=project.var("unregistered_versions", {}) == "reject",
        rejects_retired_events=project.var("retired_events", {}) == "reject",
        currency_codes=frozenset(sent) | currencies(project.package),
        casts=Casts(placeholder_pattern(project.package, ignored)),
    )


def current_version(rows: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """The row that an event without a version is held to: the best status, then the greatest version, as text."""
    versions = sorted(rows, key=lambda row: (len(row["schema_version"]), row["schema_version"]), reverse=True)
    return min(versions, key=lambda row: LIFECYCLE.get(row["lifecycle_status"], 4))


def is_retired(rule: Mapping[str, str] | None) -> bool:
    """Whether a row of the taxonomy is retired."""
    return rule is not None and rule["lifecycle_status"] == "retired"


def properties_of(row: Json) -> Json | None:
    """The properties of a row, also where they were sent as text; None where that is no JSON, or nested too deep."""
    sent = row.get("properties")
    if not isinstance(sent, str):
        return object_of(sent)
    try:
        return object_of(json.loads(sent)) if sent.strip() else {}
    except (ValueError, RecursionError):
        return None


def trimmed(value: Any) -> str | None:
    """A value as text without blanks around it; None where nothing is left."""
    text = text_of(value) or ""
    first, last = 0, len(text)
    while first < last and unicodedata.category(text[first]) in BLANK:
        first += 1
    while last > first and unicodedata.category(text[last - 1]) in BLANK:
        last -= 1
    return text[first:last] or None


def shape(text: str) -> str:
    """How a text is written, and not what it says: 9 for a digit, a for a letter, ? for a sign that says nothing."""
    marks = []
    for letter in text[:40]:
        kind = unicodedata.category(letter)
        is_kept = letter in " .,()+-" or kind == "Sc"
        marks.append("9" if letter in "0123456789" else "a" if kind[0] == "L" else letter if is_kept else "?")
    return "".join(marks)
