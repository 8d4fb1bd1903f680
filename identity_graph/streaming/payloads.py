"""Payloads of SDKs as rows of the generic source: Segment's calls, bodies of GA4's Measurement Protocol, plain rows."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

# The columns that the generic source reads, as docs/getting-started.md has them.
RAW_COLUMNS = (
    *("event_id", "event_name", "occurred_at", "anonymous_id", "event_type", "received_at", "sent_at", "user_id"),
    *("email", "email_hash", "phone", "ip_address", "account_id", "click_id", "click_id_type", "session_id"),
    *("device_id", "space_id", "app_id", "page_url", "referrer", "user_agent", "platform", "has_consent", "order_id"),
    *("revenue", "currency", "schema_version", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
    "properties",
)
CALLS = ("track", "page", "screen", "identify", "group", "alias")
# What an event of such a call is called, as in the sources of vendors.
CALL_NAMES = {"page": "page_view", "screen": "screen_view"}
GA4_TYPES = {"page_view": "page", "screen_view": "screen"}
GA4_PURCHASES = ("purchase", "ecommerce_purchase")
# Which try it was, and whose key it came with: the same event may come with another one.
OF_THE_REQUEST = ("sentAt", "receivedAt", "writeKey", "sent_at", "received_at")
SERVER_LIBRARY = re.compile(r"(?:[-_/.]|^)(?:node|python|ruby|java|go|php|net|rust|clojure)(?:[-_/]|$)", re.I)
EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Reading:
    """What payloads are read by.

    Attributes:
        event_names: names that the taxonomy lists.
        names: raw names of a canonical column, by source (segment, ga4) and column, the first before the next.
        consent_categories: categories of Segment's consent without which a visitor is not identified; none = all.

    """

    event_names: frozenset[str] = frozenset()
    names: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    consent_categories: tuple[str, ...] = ()

    def first(self, source: str, column: str, *places: Any) -> Any:
        """The first value of a column's raw names that is there, place by place."""
        names = self.names.get(source, {}).get(column, ())
        return first_of(*(place.get(name) for place in places if isinstance(place, dict) for name in names))


def payloads_of(body: Any) -> Iterator[Any]:
    """The payloads of a body, each as if it had been sent alone: of a batch of Segment's, of GA4's events; else itself.

    One that holds no event is itself, too, so that somebody hears of it.
    """
    if isinstance(body, dict) and isinstance(body.get("batch"), list) and body["batch"]:
        shared = {name: value for name, value in body.items() if name != "batch"}
        for payload in body["batch"]:
            yield shared | payload if isinstance(payload, dict) else payload
    elif is_ga4(body) and len(body["events"]) > 1:
        for event in body["events"]:
            yield body | {"events": [event]}
    else:
        yield body


def rows_of(payloads: Sequence[Any], reading: Reading) -> list[Json | None]:
    """A row of the generic source for each payload of a body; None for what is no object.

    An event without an id gets the hash of what was sent, so that it is the same event when it is sent again. Events of
    one body that are alike are counted, for then they are several.
    """
    seen: Counter[str] = Counter()
    rows = []
    for payload in payloads:
        row = row_of(payload, reading) if isinstance(payload, dict) else None
        if row is not None and not text_of(row.get("event_id")):
            digest = content_hash(payload)
            seen[digest] += 1
            row["event_id"] = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        rows.append(row)
    return rows


def row_of(payload: Json, reading: Reading) -> Json | None:
    """A payload in the columns of the generic source, without what is null; None where an event of GA4 is no object."""
    if is_ga4(payload):
        event = payload["events"][0] if payload["events"] else {}
        row = ga4_row(payload, event, reading) if isinstance(event, dict) else None
    elif "event_name" not in payload and payload.get("type") in CALLS:
        row = segment_row(payload, reading)
    else:
        row = generic_row(payload)
    return None if row is None else {name: value for name, value in row.items() if value is not None}


def generic_row(payload: Json) -> Json:
    """A payload whose names are the columns already; what nothing reads is a property."""
    others = {name: value for name, value in payload.items() if name not in RAW_COLUMNS}
    row = {name: payload.get(name) for name in RAW_COLUMNS}
    properties = json_of(row["properties"])
    if others and (properties is None or isinstance(properties, dict)):
        row["properties"] = others | (properties or {})
    return row


def segment_row(call: Json, reading: Reading) -> Json:
    """A call of Segment's spec (track, page, screen, identify, group, alias), as its SDKs send it."""
    kind = call["type"]
    context, properties = object_of(call.get("context")), object_of(call.get("properties"))
    traits, page, campaign = (
        object_of(call.get("traits")),
        object_of(context.get("page")),
        object_of(context.get("campaign")),
    )
    of_page = properties if kind == "page" else {}
    of_event = properties if kind == "track" else {}
    of_person = (traits if kind == "identify" else {}, of_event, object_of(context.get("traits")))
    is_server = bool(SERVER_LIBRARY.search(str(object_of(context.get("library")).get("name") or "")))
    anonymous_id = call.get("previousId") if kind == "alias" else call.get("anonymousId")
    # Both are there once Segment has corrected the client's clock; then that is done.
    is_corrected = bool(call.get("timestamp") and call.get("originalTimestamp"))
    url = first_of(page.get("url"), of_page.get("url"))
    search = first_of(page.get("search"), of_page.get("search"))
    return {
        "event_id": call.get("messageId"),
        "event_name": registered_name(call.get("event"), reading) if kind == "track" else CALL_NAMES.get(kind, kind),
        "occurred_at": first_of(call.get("timestamp"), call.get("originalTimestamp"), call.get("receivedAt")),
        "anonymous_id": anonymous_id,
        "event_type": kind,
        "received_at": call.get("receivedAt"),
        "sent_at": None if is_corrected else call.get("sentAt"),
        "user_id": call.get("userId"),
        "email": reading.first("segment", "email", *of_person),
        "phone": reading.first("segment", "phone", *of_person),
        # A server's own address is nobody's.
        "ip_address": context.get("ip") if anonymous_id and not is_server else None,
        "account_id": first_of(
            call.get("groupId"), context.get("groupId"), reading.first("segment", "account_id", of_event)
        ),
        "session_id": context.get("sessionId"),
        "device_id": object_of(context.get("device")).get("id"),
        "app_id": object_of(context.get("app")).get("name"),
        # A canonical address lacks the parameters that the visitor came with.
        "page_url": url + search if is_text(url, search) and "=" not in url and "=" in search else url,
        "referrer": first_of(page.get("referrer"), of_page.get("referrer")),
        "user_agent": context.get("userAgent"),
        "platform": "server" if is_server else None,
        "has_consent": consent_of(context, reading.consent_categories),
        "order_id": reading.first("segment", "order_id", of_event),
        "revenue": reading.first("segment", "revenue", of_event),
        "currency": reading.first("segment", "currency", of_event),
        "schema_version": object_of(context.get("protocols")).get("event_version"),
        "utm_source": campaign.get("source"),
        "utm_medium": campaign.get("medium"),
        "utm_campaign": campaign.get("name"),
        "utm_content": campaign.get("content"),
        "utm_term": campaign.get("term"),
        "properties": with_categories(traits if kind in ("identify", "group") else properties, answers_of(context)),
    }


def ga4_row(body: Json, event: Json, reading: Reading) -> Json:
    """An event of GA4's Measurement Protocol, of the web (client_id) or of an app (app_instance_id)."""
    parameters = object_of(event.get("params"))
    visitor = {
        name: value.get("value") if isinstance(value, dict) else value
        for name, value in object_of(body.get("user_properties")).items()
    }
    hashes = object_of(body.get("user_data")).get("sha256_email_address")
    name = event.get("name")
    of_order = parameters if name in GA4_PURCHASES else {}
    consent = object_of(body.get("consent"))
    return {
        "event_id": parameters.get("event_id"),
        "event_name": name,
        "occurred_at": time_of_microseconds(first_of(event.get("timestamp_micros"), body.get("timestamp_micros"))),
        "anonymous_id": first_of(body.get("client_id"), body.get("app_instance_id")),
        "event_type": GA4_TYPES.get(name, "track") if isinstance(name, str) else None,
        "received_at": body.get("received_at"),
        "user_id": body.get("user_id"),
        "email": reading.first("ga4", "email", parameters, visitor),
        "email_hash": hashes[0] if isinstance(hashes, list) and hashes else hashes if isinstance(hashes, str) else None,
        "phone": reading.first("ga4", "phone", parameters, visitor),
        "ip_address": body.get("ip_override"),
        "account_id": reading.first("ga4", "account_id", parameters, visitor),
        "click_id": first_of(parameters.get("gclid"), parameters.get("dclid")),
        "click_id_type": "gclid" if parameters.get("gclid") else "dclid" if parameters.get("dclid") else None,
        "session_id": first_of(parameters.get("session_id"), parameters.get("ga_session_id")),
        "page_url": parameters.get("page_location"),
        "referrer": parameters.get("page_referrer"),
        "user_agent": body.get("user_agent"),
        "has_consent": False if str(consent.get("analytics_storage")).lower() == "denied" else None,
        "order_id": reading.first("ga4", "order_id", parameters),
        # The value of anything but a purchase is no revenue.
        "revenue": reading.first("ga4", "revenue", of_order),
        "currency": reading.first("ga4", "currency", parameters),
        "properties": with_categories(parameters | ({"user_properties": visitor} if visitor else {}), consent),
    }


def is_ga4(body: Any) -> bool:
    """Whether a body is one of the Measurement Protocol."""
    return isinstance(body, dict) and isinstance(body.get("events"), list)


def registered_name(event: Any, reading: Reading) -> Any:
    """The name of an event as the taxonomy lists it: as sent, or as Segment's warehouses write it; else as sent."""
    if not isinstance(event, str) or event in reading.event_names:
        return event
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", event)
    written = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
    return written if written in reading.event_names else event


def preferences_of(context: Json) -> Json:
    """Segment's preferences, an answer for each category of consent."""
    return object_of(object_of(context.get("consent")).get("categoryPreferences"))


def answers_of(context: Json) -> Json:
    """Answers to categories of consent: Segment's preferences, and RudderStack's lists of allowed and denied ids."""
    answers = preferences_of(context)
    lists = object_of(context.get("consentManagement"))
    for name, answer in (("allowedConsentIds", True), ("deniedConsentIds", False)):
        listed = lists.get(name)
        names = [category for category in listed if is_text(category)] if isinstance(listed, list) else []
        answers = answers | dict.fromkeys(names, answer)
    return answers


def consent_of(context: Json, categories: Sequence[str]) -> bool | None:
    """What Segment's consent says as a whole; None where nobody asked. Missing means allowed."""
    preferences = preferences_of(context)
    asked = [preferences.get(name, True) for name in (categories or preferences)]
    return all(str(answer).lower() in ("true", "1") for answer in asked) if preferences else None


def with_categories(properties: Json, answers: Json) -> Json | None:
    """Properties with the answers to categories of consent that a call brings along; None where both are empty."""
    said = answers | object_of(properties.get("consent_categories"))
    return properties | ({"consent_categories": said} if answers else {}) or None


def time_of_microseconds(value: Any) -> str | None:
    """A number of microseconds since 1970 as ISO 8601 in UTC; what is no such number stays as it was sent."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return (EPOCH + timedelta(microseconds=int(value))).isoformat() + "Z"
    except (OverflowError, TypeError, ValueError):
        return text_of(value)


def stamped(row: Json, moment: datetime) -> Json:
    """A row as it came in at a moment: when it was received, and when it happened where it does not say so."""
    now = moment.astimezone(UTC).isoformat()
    return {"occurred_at": now, "received_at": now} | row


def content_hash(payload: Json) -> str:
    """SHA-256 in hex of what was sent, whatever the order of its names and whichever try it was."""
    content = {name: value for name, value in payload.items() if name not in OF_THE_REQUEST}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def text_of(value: Any) -> str | None:
    """A value of JSON as the text of a column: texts as they are, anything else as JSON writes it."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def object_of(value: Any) -> Json:
    """A value that is an object; an empty one in place of any other."""
    return value if isinstance(value, dict) else {}


def encoded(value: Any) -> bytes:
    """A value as JSON in UTF-8.

    Raises:
        ValueError: it holds half a character, or a number that is too large to be one.

    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def json_of(value: Any) -> Any:
    """What a text of JSON says; any other value as it is, and so a text that cannot be written again.

    That is one that is no JSON, is nested too deep, or holds half a character or a number too large to be one.
    """
    if not isinstance(value, str):
        return value
    try:
        content = json.loads(value)
        encoded(content)
    except (ValueError, RecursionError):
        return value
    return content


def is_text(*values: Any) -> bool:
    """Whether all of these are texts."""
    return all(isinstance(value, str) for value in values)


def first_of(*values: Any) -> Any:
    """The first that is neither null nor an empty text."""
    return next((value for value in values if value is not None and value != ""), None)


def raw_names(rows: Sequence[Mapping[str, str]], source: str) -> dict[str, list[str]]:
    """Raw names of each canonical column of a source, by rows of the seed raw_columns: its own before those of all."""
    names: dict[str, list[str]] = {}
    chosen = [row for row in rows if row["source_name"] in ("", source)]
    for row in sorted(chosen, key=lambda row: (not row["source_name"], int(row["priority"]), row["raw_column"])):
        names.setdefault(row["canonical_column"], []).append(row["raw_column"])
    return names
