"""Writer of a Kafka topic: a message for each row, with the recipient as key."""

from __future__ import annotations

import json
from datetime import UTC

from identity_graph.activation.files import as_text, conversion_cells
from identity_graph.activation.protocol import Batch, DeliveryError, Destination, Row, Settings, Writer
from identity_graph.streaming.kafka import Publisher, client_settings

TOPIC = "identity-audience-changes"


class KafkaWriter(Writer):
    """Publishes rows, and takes a batch for sent once the brokers have acknowledged each of them.

    A batch that is sent again has the same messages: the topic then holds them twice, under the same idempotency keys.
    """

    def __init__(self, destination: Destination, settings: Settings) -> None:
        """Open a producer.

        Raises:
            CommandError: no broker is named or answers, or confluent-kafka is not installed.

        """
        self.topic = settings.value(destination, "TOPIC") or TOPIC
        self.publisher = Publisher(client_settings(None, None, settings.environment))

    def send(self, batch: Batch) -> str:
        """Publish the rows in their order, and return the topic.

        Raises:
            DeliveryError: a broker did not acknowledge all of them.

        """
        for row in batch.rows:
            self.publisher.send(self.topic, row.recipient, message(batch.destination, row))
        if not self.publisher.flush():
            missing = sum(self.publisher.failed.values())
            raise DeliveryError(
                f"{missing:,} of {len(batch.rows):,} messages were not acknowledged, the last because of"
                f" {self.publisher.last_error}: activate again when the brokers are well"
            )
        return f"topic {self.topic}"


def message(destination: Destination, row: Row) -> bytes:
    """A row as JSON; of the same row the same bytes."""
    content: dict[str, object] = {
        "idempotency_key": row.idempotency_key,
        "destination_name": destination.name,
        "audience_name": row.audience_name,
        "space_id": row.space_id,
        "recipient": row.recipient,
        "operation": row.operation,
        "reason": row.reason,
        "related_recipient": row.related_recipient,
        "is_member": row.is_member,
        "changed_at": row.changed_at.replace(tzinfo=UTC).isoformat(),
    }
    if row.conversion:
        content["conversion"] = {name: as_text(cell) for name, cell in conversion_cells(row).items()}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
