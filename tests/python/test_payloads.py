"""Payloads of SDKs as rows of the generic source, and what is refused of them."""

import json
import random
from datetime import UTC, datetime

import pytest
from dbt_runs import PROJECT

from identity_graph.collect import judge_of
from identity_graph.project import find_project
from identity_graph.streaming.collector import Judge

CONTEXT = {
    "page": {"url": "https://shop.example/p", "search": "?gclid=Cj1", "referrer": "https://search.example/"},
    "userAgent": "Mozilla/5.0",
    "ip": "203.0.113.7",
    "app": {"name": "Shop"},
    "device": {"id": "d1"},
    "campaign": {"source": "news", "name": "spring"},
    "library": {"name": "analytics.js"},
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return judge_of(find_project(PROJECT))


def rows(judge: Judge, *bodies: object) -> list[dict]:
    """What is published of accepted events."""
    judged = judge.judge([(place, json.dumps(body).encode()) for place, body in enumerate(bodies, 1)])
    assert [event.reason for event in judged if event.reason] == []
    return [json.loads(event.message) for event in judged]


def reasons(judge: Judge, *lines: bytes) -> list[str | None]:
    """Why events of lines are refused."""
    return [event.reason for event in judge.judge(list(enumerate(lines, 1)))]


def test_a_track_call_is_an_event_with_its_order(judge):
    (row,) = rows(
        judge,
        {
            "type": "track",
            "messageId": "m1",
            "event": "Order Completed",
            "anonymousId": "a1",
            "userId": "u1",
            "timestamp": "2026-02-02T10:00:00.000Z",
            "sentAt": "2026-02-02T10:00:01.000Z",
            "properties": {"order_id": "o1", "total": 12.5, "currency": "EUR", "email": "ann@example.com"},
            "context": CONTEXT,
        },
    )
    assert row == {
        "event_id": "m1",
        "event_name": "order_completed",
        "event_type": "track",
        "occurred_at": "2026-02-02T10:00:00.000Z",
        "sent_at": "2026-02-02T10:00:01.000Z",
        "anonymous_id": "a1",
        "user_id": "u1",
        "email": "ann@example.com",
        "ip_address": "203.0.113.7",
        "device_id": "d1",
        "app_id": "Shop",
        "page_url": "https://shop.example/p?gclid=Cj1",
        "referrer": "https://search.example/",
        "user_agent": "Mozilla/5.0",
        "order_id": "o1",
        "revenue": 12.5,
        "currency": "EUR",
        "utm_source": "news",
        "utm_campaign": "spring",
        "properties": {"order_id": "o1", "total": 12.5, "currency": "EUR", "email": "ann@example.com"},
    }


def test_other_calls_have_names_of_their_own(judge):
    shared = {"timestamp": "2026-02-02T10:00:00Z", "anonymousId": "a1"}
    page, screen, identify, group, alias = rows(
        judge,
        shared | {"type": "page", "properties": {"url": "https://shop.example/", "referrer": "https://x.example/"}},
        shared | {"type": "screen", "name": "Start"},
        shared | {"type": "identify", "userId": "u1", "traits": {"email": "ann@example.com", "phone": "+4930123456"}},
        shared | {"type": "group", "userId": "u1", "groupId": "g1", "traits": {"email": "office@example.com"}},
        {"type": "alias", "userId": "u1", "previousId": "a0", "timestamp": "2026-02-02T10:00:00Z"},
    )
    assert [row["event_name"] for row in (page, screen, identify, group, alias)] == [
        "page_view",
        "screen_view",
        "identify",
        "group",
        "alias",
    ]
    assert page["page_url"] == "https://shop.example/" and page["referrer"] == "https://x.example/"
    assert identify["email"] == "ann@example.com" and identify["phone"] == "+4930123456"
    # The address of a group is not its member's.
    assert group["account_id"] == "g1" and "email" not in group
    assert alias["anonymous_id"] == "a0" and alias["user_id"] == "u1"


def test_a_corrected_time_is_not_corrected_again_and_a_server_is_no_visitor(judge):
    (row,) = rows(
        judge,
        {
            "type": "track",
            "event": "page_view",
            "userId": "u1",
            "anonymousId": "a1",
            "timestamp": "2026-02-02T10:00:00Z",
            "originalTimestamp": "2026-02-02T09:00:00Z",
            "sentAt": "2026-02-02T09:00:00Z",
            "receivedAt": "2026-02-02T10:00:00Z",
            "context": CONTEXT | {"library": {"name": "@segment/analytics-node"}},
        },
    )
    assert row["occurred_at"] == "2026-02-02T10:00:00Z" and "sent_at" not in row
    assert row["platform"] == "server" and "ip_address" not in row


@pytest.mark.parametrize(
    ("preferences", "consent"), [({"ads": True}, True), ({"ads": False}, False), ({"ads": True, "x": "false"}, False)]
)
def test_a_refused_category_is_no_consent(judge, preferences, consent):
    call = {"type": "page", "anonymousId": "a1", "timestamp": "2026-02-02T10:00:00Z"}
    asked, silent = rows(judge, call | {"context": {"consent": {"categoryPreferences": preferences}}}, call)
    assert asked["has_consent"] is consent and "has_consent" not in silent
    assert asked["properties"] == {"consent_categories": preferences} and "properties" not in silent


def test_lists_of_consent_are_answers_too(judge):
    lists = {"allowedConsentIds": ["analytics"], "deniedConsentIds": ["ads"]}
    call = {"type": "page", "anonymousId": "a1", "timestamp": "2026-02-02T10:00:00Z"}
    (row,) = rows(judge, call | {"context": {"consentManagement": lists}})
    assert "has_consent" not in row
    assert row["properties"] == {"consent_categories": {"analytics": True, "ads": False}}


def test_answers_to_categories_of_consent_are_properties(judge):
    body = {"client_id": "1.2", "timestamp_micros": 1770000000000000, "events": [{"name": "page_view"}]}
    answers = {"ad_user_data": "DENIED", "ad_personalization": "GRANTED"}
    of_event = {"name": "page_view", "params": {"consent_categories": {"ad_user_data": "GRANTED"}}}
    refused, restored = rows(judge, body | {"consent": answers}, body | {"consent": answers, "events": [of_event]})
    assert "has_consent" not in refused
    assert refused["properties"] == {"consent_categories": answers}
    # What the event says itself comes first.
    assert restored["properties"]["consent_categories"] == answers | {"ad_user_data": "GRANTED"}


def test_a_batch_is_several_calls(judge):
    calls = [{"type": "page", "anonymousId": f"a{number}", "messageId": f"m{number}"} for number in range(3)]
    shared = {"timestamp": "2026-02-02T10:00:00Z", "sentAt": "2026-02-02T10:00:00Z"}
    assert rows(judge, shared | {"batch": calls}) == rows(judge, *(shared | call for call in calls))


def test_a_body_of_the_measurement_protocol_is_several_events(judge):
    purchase, view = rows(
        judge,
        {
            "client_id": "1.2",
            "user_id": "u1",
            "timestamp_micros": "1770026400000000",
            "user_properties": {"tier": {"value": "gold"}},
            "user_data": {"sha256_email_address": ["ab" * 32]},
            "consent": {"ad_user_data": "DENIED"},
            "events": [
                {"name": "purchase", "params": {"transaction_id": "t1", "value": 9.5, "currency": "USD"}},
                {
                    "name": "page_view",
                    "timestamp_micros": 1770026401500000,
                    "params": {"page_location": "https://shop.example/", "value": 3, "session_id": "s1"},
                },
            ],
        },
    )
    assert purchase | {"event_id": None} == {
        "event_id": None,
        "event_name": "purchase",
        "event_type": "track",
        "occurred_at": "2026-02-02T10:00:00Z",
        "anonymous_id": "1.2",
        "user_id": "u1",
        "email_hash": "ab" * 32,
        "order_id": "t1",
        "revenue": 9.5,
        "currency": "USD",
        "properties": {
            "transaction_id": "t1",
            "value": 9.5,
            "currency": "USD",
            "user_properties": {"tier": "gold"},
            "consent_categories": {"ad_user_data": "DENIED"},
        },
    }
    assert view["event_type"] == "page" and view["occurred_at"] == "2026-02-02T10:00:01.500000Z"
    # What a page is worth is no revenue.
    assert "revenue" not in view and view["page_url"] == "https://shop.example/" and view["session_id"] == "s1"
    assert len(purchase["event_id"]) == 64 and purchase["event_id"] != view["event_id"]


def test_an_event_without_an_id_is_the_same_event_when_it_is_sent_again(judge):
    call = {"type": "page", "anonymousId": "a1", "timestamp": "2026-02-02T10:00:00Z", "sentAt": "2026-02-02T10:00:01Z"}
    retried = dict(reversed((call | {"sentAt": "2026-02-02T11:00:00Z"}).items()))
    other = call | {"anonymousId": "a2"}
    first, again, another = (row["event_id"] for row in rows(judge, call, retried, other))
    assert first == again != another
    # In another process, on another day.
    assert first == judge.judge([(9, json.dumps(call).encode())], datetime.now(UTC))[0].event_id


def test_events_that_are_alike_in_one_body_are_several(judge):
    body = {"client_id": "1.2", "timestamp_micros": 1770026400000000, "events": [{"name": "scroll"}] * 3}
    once, twice = ([row["event_id"] for row in rows(judge, body)] for _ in range(2))
    assert len(set(once)) == 3 and once == twice


def test_what_nothing_reads_of_a_plain_row_is_a_property(judge):
    row = {"event_id": "e1", "event_name": "page_view", "occurred_at": "2026-02-02", "anonymous_id": "a1"}
    (found,) = rows(judge, row | {"cart_id": "c1", "properties": '{"a": 1}'})
    assert found == row | {"properties": {"cart_id": "c1", "a": 1}}


@pytest.mark.parametrize("text", ['{"a": "\\ud800"}', '{"a": NaN}', '{"a": 1e999}'])
def test_properties_that_cannot_be_written_again_stay_the_text_that_they_are(judge, text):
    row = {"event_id": "e1", "event_name": "page_view", "occurred_at": "2026-02-02", "anonymous_id": "a1"}
    (found,) = rows(judge, row | {"cart_id": "c1", "properties": text})
    assert found == row | {"properties": text}


def test_a_stream_is_stamped_where_it_does_not_say_when(judge):
    body = json.dumps({"client_id": "1.2", "events": [{"name": "scroll"}]}).encode()
    assert reasons(judge, body) == ["unparsable_time"]
    (event,) = judge.judge([(1, body)], datetime(2026, 2, 2, 10, tzinfo=UTC))
    row = json.loads(event.message)
    assert row["occurred_at"] == row["received_at"] == "2026-02-02T10:00:00+00:00"


def test_what_is_no_object_is_refused_with_its_line(judge):
    lines = [
        b"no json",
        b"\xff\xfe",
        b"[1]",
        b'"text"',
        b'{"a": NaN}',
        b'"\\ud800"',
        b"[" * 50_000,
        b"{} {}",
        b'{"a": 1e400}',
    ]
    assert reasons(judge, *lines) == [f"malformed_row: line {place}" for place in range(1, len(lines) + 1)]
    assert reasons(judge, b"", b"  ", b"\r\n") == []
    assert reasons(judge, b'{"batch": ["x"]}', b'{"client_id": "1", "events": [7]}') == [
        "malformed_row: line 1",
        "malformed_row: line 2",
    ]
    deep = json.dumps({"event_id": "1", "event_name": "page_view", "properties": "[" * 100_000}).encode()
    assert reasons(judge, deep) != []
    # A body without events is told, too.
    assert reasons(judge, b'{"client_id": "1", "events": []}', b'{"batch": []}', b"{}") == ["missing_event_name"] * 3


def test_a_dead_letter_can_be_collected_again_and_holds_nothing_else(judge):
    body = {"timestamp": "no time", "batch": [{"type": "page", "anonymousId": "a1"}, {"type": "page"}]}
    judged = judge.judge([(1, json.dumps(body).encode())])
    letters = [json.loads(event.message) for event in judged]
    assert [set(letter) for letter in letters] == [{"reason", "payload"}] * 2
    again = judge.judge([(place, json.dumps(letter["payload"]).encode()) for place, letter in enumerate(letters, 1)])
    assert [(event.event_id, event.reason) for event in again] == [(event.event_id, event.reason) for event in judged]


def test_whatever_is_sent_is_judged(judge):
    """No shape of a payload ends in an exception, and each line has one event at least."""
    chance = random.Random(5)
    names = ["type", "event", "batch", "events", "client_id", "properties", "context", "traits", "timestamp", "params"]
    names += ["name", "messageId", "anonymousId", "user_properties", "event_name", "occurred_at", "revenue", "consent"]
    leaves = [
        None,
        True,
        0,
        -1.5,
        10**30,
        1e300,
        "",
        "track",
        "page",
        "2026-01-05",
        "12,50 €",
        "null",
        "ann@example.com",
    ]

    def value(depth: int) -> object:
        kind = chance.random()
        if depth == 0 or kind < 0.4:
            return chance.choice(leaves)
        if kind < 0.6:
            return [value(depth - 1) for _ in range(chance.randrange(3))]
        return {chance.choice(names): value(depth - 1) for _ in range(chance.randrange(5))}

    lines = [json.dumps(value(4)).encode() for _ in range(3000)]
    for place, line in enumerate(lines, 1):
        assert judge.judge([(place, line)]), line
    together = judge.judge(list(enumerate(lines, 1)))
    assert together == [event for place, line in enumerate(lines, 1) for event in judge.judge([(place, line)])]
