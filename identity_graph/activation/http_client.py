"""Batches sent to a URL: repeated while a server is busy or silent, and never taken for sent before it says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from identity_graph.activation.protocol import DeliveryError, Destination, Settings, variable
from identity_graph.project import CommandError

# A server that answers so takes the same batch later, as after an error of its own.
LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
LONGEST_WAIT_SECONDS = 600


class NoRedirects(HTTPRedirectHandler):
    """A redirected post would become a get without a body, and take the token along."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow none."""


@dataclass(frozen=True)
class HttpClient:
    """A URL that takes batches.

    Attributes:
        url: where batches are posted to.
        token: sent as bearer, where there is one.
        timeout_seconds: how long a server may be silent.
        attempts: how often a batch is sent before the run gives up.
        wait: what waits between attempts, given seconds.

    """

    url: str
    token: str | None = None
    timeout_seconds: float = 30
    attempts: int = 5
    wait: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, destination: Destination, settings: Settings) -> HttpClient:
        """The URL and the token that the environment names for a destination.

        Raises:
            CommandError: there is no URL, or it is none of http.

        """
        url, name = settings.value(destination, "URL"), variable(destination, "URL")
        if url is None:
            raise CommandError(f"{destination.name} is sent to a URL: set the environment variable {name} to it.")
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise CommandError(f"{name} is no URL that begins with http:// or https://: set it to the destination's.")
        return cls(url, settings.value(destination, "TOKEN"))

    @property
    def place(self) -> str:
        """The server and its port: the rest of a URL can hold a secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")

    def post(self, content: bytes, idempotency_key: str) -> None:
        """Post lines of JSON until the server has them.

        Raises:
            DeliveryError: it refuses them, does not answer, or asks for more patience than a run has.

        """
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": idempotency_key}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = Request(self.url, content, headers, method="POST")
        opener = build_opener(NoRedirects)
        said = ""
        for attempt in range(1, self.attempts + 1):
            pause = float(2 ** (attempt - 1))
            try:
                with opener.open(request, timeout=self.timeout_seconds) as answer:
                    answer.read()
                return
            except HTTPError as error:
                said = f"it answered {error.code} {words(error)}".rstrip()
                if error.code < 500 and error.code not in LATER:
                    raise DeliveryError(
                        f"{said}, so that a repeat would not help: mend that, then activate again"
                    ) from error
                asked = asked_seconds(error.headers)
                if asked > LONGEST_WAIT_SECONDS:
                    raise DeliveryError(
                        f"{said} and asks for more than {LONGEST_WAIT_SECONDS // 60} minutes of patience (Retry-After:"
                        f" {error.headers['Retry-After'][:40]}): activate again when they are over"
                    ) from error
                pause = max(pause, asked)
            except (URLError, HTTPException, OSError) as error:
                said = f"it did not answer ({getattr(error, 'reason', None) or error or type(error).__name__})"
            if attempt < self.attempts:
                self.wait(pause)
        raise DeliveryError(f"{said}, {self.attempts} times: activate again when it is well")


def words(error: HTTPError) -> str:
    """What a server says of its refusal, in a line."""
    try:
        body = error.read(1000).decode("utf-8", "replace")
    except (HTTPException, OSError):
        body = ""
    return " ".join((body or str(error.reason)).split())[:200]


def asked_seconds(headers: Message) -> float:
    """Seconds that a server asks to be left alone for by Retry-After, a number or a date; 0 where it does not."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    until = moment(asked)
    # By the server's clock, where it tells that.
    now = moment(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else 0.0


def moment(text: str) -> datetime | None:
    """The moment that a date of HTTP names; None where it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
