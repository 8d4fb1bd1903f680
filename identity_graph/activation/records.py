"""What a destination was sent and what it acknowledged, each batch in a transaction of its own.

A batch is noted before it is sent: of a batch that nobody acknowledged it is known that the destination may have it.
"""

from __future__ import annotations

import pyarrow as pa

from identity_graph.activation.erased import forget_erased
from identity_graph.activation.ledger import DELIVERIES, RECIPIENTS, Ledger, transaction
from identity_graph.activation.pending import Plan
from identity_graph.activation.protocol import ADD, ERASED, REMOVE, UPDATE, Batch, Row, Writer, batch_key
from identity_graph.project import CommandError

SAME_RECIPIENT = """
    recipients.destination_name = $destination and recipients.audience_name = batch_rows.audience_name
    and recipients.space_id = batch_rows.space_id and recipients.recipient = batch_rows.recipient
"""


def begin(ledger: Ledger, plan: Plan, rows: tuple[Row, ...], part: pa.Table, *, is_resend: bool) -> Batch:
    """Note a batch that will be sent, and number it: a batch that was begun and not acknowledged keeps its number.

    Raises:
        CommandError: a build ran since the plan was made.

    """
    if ledger.last_load() != plan.load_number:
        raise CommandError(
            "a build ran meanwhile: activate again. What was acknowledged is recorded, the rest follows the new load."
        )
    recipients, deliveries = ledger.state(RECIPIENTS), ledger.state(DELIVERIES)
    name = {"destination": plan.destination.name}
    with transaction(ledger):
        if is_resend:
            # Nobody knows what a destination has that was restored or emptied. Any of these it may have.
            ledger.connection.execute(
                f"update {recipients} set is_member = false, payload_checksum = null, related_recipient = null,"
                f" attempted_operation = '{ADD}' where destination_name = $destination",
                name,
            )
        batch = Batch(plan.destination, number_of(ledger, plan, rows), plan.generation, plan.load_number, rows)
        ledger.connection.register("batch_rows", part)
        ledger.connection.execute(
            f"update {recipients} as recipients set attempted_operation = batch_rows.operation from batch_rows"
            f" where {SAME_RECIPIENT}",
            name,
        )
        ledger.connection.execute(
            f"""
            insert into {recipients} by name
            select
                $destination as destination_name, audience_name, space_id, recipient, false as is_member,
                $number as delivery_number, operation as attempted_operation
            from batch_rows
            where not exists (select 1 from {recipients} as recipients where {SAME_RECIPIENT})
            """,
            name | {"number": batch.delivery_number},
        )
        ledger.connection.execute(
            f"""
            insert into {deliveries} by name
            select
                $destination as destination_name, $number as delivery_number, $generation as generation,
                $load as load_number, $writer as writer, $key as batch_key, $add as add_count, $remove as remove_count,
                $update as update_count
            where not exists (
                select 1 from {deliveries} where destination_name = $destination and delivery_number = $number
            )
            """,
            name
            | {"number": batch.delivery_number, "generation": batch.generation, "load": batch.load_number}
            | {"writer": plan.destination.writer, "key": batch.idempotency_key}
            | {operation: batch.count(operation) for operation in (ADD, REMOVE, UPDATE)},
        )
        ledger.connection.unregister("batch_rows")
    return batch


def number_of(ledger: Ledger, plan: Plan, rows: tuple[Row, ...]) -> int:
    """Number of the next delivery: that of the last one, where it has the same rows and nobody acknowledged it."""
    last = ledger.connection.execute(
        f"""
        select delivery_number, batch_key, generation, acknowledged_at is null from {ledger.state(DELIVERIES)}
        where destination_name = $destination order by delivery_number desc limit 1
        """,
        {"destination": plan.destination.name},
    ).fetchall()
    if not last:
        return 1
    ((number, key, generation, is_open),) = last
    is_repeat = is_open and key == batch_key(rows) and generation == plan.generation
    return number if is_repeat else number + 1


def record(ledger: Ledger, batch: Batch, part: pa.Table, writer: Writer, place: str) -> None:
    """Record that a destination has a batch; whoever is erased, and has left, is forgotten."""
    recipients = ledger.state(RECIPIENTS)
    name = {"destination": batch.destination.name}
    numbers = pa.array([row.idempotency_key for row in batch.rows], pa.string())
    with transaction(ledger):
        writer.record(ledger.connection, batch)
        ledger.connection.register("batch_rows", part.append_column("sent_key", numbers))
        ledger.connection.execute(
            f"""
            update {recipients} as recipients
            set
                is_member = batch_rows.is_member, payload_checksum = batch_rows.payload_checksum,
                related_recipient = batch_rows.merged_into, idempotency_key = batch_rows.sent_key,
                delivery_number = $number, attempted_operation = null
            from batch_rows
            where {SAME_RECIPIENT}
            """,
            name | {"number": batch.delivery_number},
        )
        ledger.connection.execute(
            f"""
            delete from {recipients} as recipients using batch_rows
            where batch_rows.reason = '{ERASED}' and not batch_rows.is_member and {SAME_RECIPIENT}
            """,
            name,
        )
        ledger.connection.execute(
            f"""
            update {ledger.state(DELIVERIES)}
            set place = $place, acknowledged_at = cast(now() at time zone 'UTC' as timestamp)
            where destination_name = $destination and delivery_number = $number
            """,
            name | {"number": batch.delivery_number, "place": place},
        )
        ledger.connection.unregister("batch_rows")
        if any(row.reason == ERASED for row in batch.rows):
            forget_erased(ledger, batch.destination)
