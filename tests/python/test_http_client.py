"""How long a server that fails is left alone, without waiting for it."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message

import pytest
from activation_world import Server, serving

from identity_graph.activation.http_client import HttpClient, asked_seconds
from identity_graph.activation.protocol import DeliveryError


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


def posted(server: Server) -> list[float]:
    """Post a line, and tell the pauses that were made."""
    waits: list[float] = []
    HttpClient(server.url, wait=waits.append).post(b'{"idempotency_key": "k"}\n', "batch")
    return waits


@pytest.mark.parametrize(
    ("answers", "retry_after", "waits"),
    [
        ([408, 408], "", [1, 2]),
        ([429, 503, 429], "600", [600, 2, 600]),
        ([429, 429], "0", [1, 2]),
        ([429, 429], "soon", [1, 2]),
        ([429], "Thu, 01 Jan 1970 00:00:00 GMT", [1]),
    ],
)
def test_a_server_is_left_alone_as_long_as_it_asks(server, answers, retry_after, waits):
    server.answers, server.retry_after = list(answers), retry_after
    assert posted(server) == waits
    assert len(server.posts) == len(answers) + 1
    assert list(server.taken) == ["k"]


@pytest.mark.parametrize("retry_after", ["601", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_server_that_asks_for_more_patience_than_a_run_has_is_left_for_later(server, retry_after):
    server.answers, server.retry_after = [429], retry_after
    with pytest.raises(DeliveryError) as stopped:
        posted(server)
    assert str(stopped.value) == (
        "it answered 429 {} and asks for more than 10 minutes of patience (Retry-After:"
        f" {retry_after[:40]}): activate again when they are over"
    )
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        ("Fri, 02 Jan 2026 12:05:00 GMT", "Fri, 02 Jan 2026 12:00:00 GMT", 300),
        ("Fri, 02 Jan 2026 13:05:00 +0100", "Fri, 02 Jan 2026 12:00:00 -0000", 300),
        ("Fri, 02 Jan 2026 12:00:00 GMT", "Fri, 02 Jan 2026 12:05:00 GMT", 0),
        ("Fri, 02 Jan 2026 25:00:00 GMT", "Fri, 02 Jan 2026 12:00:00 GMT", 0),
        (" 30 ", "Fri, 02 Jan 2026 12:00:00 GMT", 30),
        ("-30", "", 0),
    ],
)
def test_a_pause_is_a_number_or_a_date_by_the_clock_of_the_server(retry_after, date, seconds):
    headers = Message()
    headers["Retry-After"], headers["Date"] = retry_after, date
    assert asked_seconds(headers) == seconds
