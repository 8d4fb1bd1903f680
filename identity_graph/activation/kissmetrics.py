"""Writers of Kissmetrics: its import lines, as a file or sent to a URL.

Who enters or leaves an audience has an event, and a person who turns out to be another one has an alias. Kissmetrics
takes no alias back, so that a split is the end of one membership and the beginning of others. It knows a person by the
recipient alone: the space of a line is a property, and parts nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from identity_graph.activation.files import FileWriter, json_lines
from identity_graph.activation.http_client import HttpClient
from identity_graph.activation.protocol import (
    ADD,
    MERGED,
    NEW_EPISODE,
    REMOVE,
    Batch,
    Destination,
    Row,
    Settings,
    Writer,
)

ENTERED, LEFT = "Entered audience", "Left audience"


class KissmetricsFileWriter(FileWriter):
    """Writes a file of import lines."""

    ending = "json"
    keeps_spaces = False

    def content(self, batch: Batch) -> bytes:
        """The batch as import lines."""
        return json_lines(import_lines(batch))


class KissmetricsHttpWriter(Writer):
    """Sends import lines to the URL that IDENTITY_DESTINATION_<DESTINATION>_URL names."""

    keeps_spaces = False

    def __init__(self, destination: Destination, settings: Settings) -> None:
        """Know where the destination is, or say what the environment lacks."""
        self.client = HttpClient.of(destination, settings)

    def send(self, batch: Batch) -> str:
        """Post the lines, and return the server."""
        if content := json_lines(import_lines(batch)):
            self.client.post(content, batch.idempotency_key)
        return self.client.place


def import_lines(batch: Batch) -> Iterator[dict[str, Any]]:
    """The lines of a batch: aliases before all that is said of these persons."""
    for row in batch.rows:
        if row.sends_alias:
            yield {"_p": row.recipient, "_p2": row.related_recipient}
    for row in batch.rows:
        yield from audience_lines(row, batch.destination)


def audience_lines(row: Row, destination: Destination) -> Iterator[dict[str, Any]]:
    """The line that says what happened to a membership; none where only an alias, or another confidence, is told.

    After an alias both are one person there, who would leave by the one name what it stays in by the other, and enter
    by the other what it is in.
    """
    if row.was_related_member or destination.sends_merges and row.reason == MERGED and row.is_related_member:
        return
    who = {"_p": row.recipient, "_t": int(row.changed_at.replace(tzinfo=UTC).timestamp())}
    what = {"audience": row.audience_name, "space": row.space_id, "idempotency_key": row.idempotency_key}
    if row.operation == ADD or row.reason == NEW_EPISODE:
        yield who | {"_n": ENTERED} | what
    elif row.operation == REMOVE:
        yield who | {"_n": LEFT} | what | {"reason": row.reason}
