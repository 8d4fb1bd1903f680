"""Recipients that are erased: nobody is known by them any more, and destinations that have them are to remove them.

This is the one place that says who they are. A run of dbt, which cannot call it, blanks by the same rule
(macros/privacy/erased_recipients.sql).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from identity_graph.activation.ledger import DELIVERIES, RECIPIENTS, Ledger, open_ledger
from identity_graph.activation.protocol import ERASED, Destination


def erased_recipients(ledger: Ledger) -> str:
    """A subquery with one row per destination, audience, space and recipient that is erased.

    Its last change says so, or the ledger has no name for it any more. is_sent: the destination was sent it, and has
    not acknowledged its removal.
    """
    return f"""
    (
        select
            destination_name, audience_name, space_id, recipient, sent.recipient is not null as is_sent
        from (
            select destination_name, audience_name, space_id, recipient, max_by(reason, load_number) as reason
            from {ledger.told_changes()} as changes
            group by all
        ) as last_changes
        full join {ledger.state(RECIPIENTS)} as sent using (destination_name, audience_name, space_id, recipient)
        where coalesce(last_changes.reason = '{ERASED}', true)
    )
    """


def forget_erased(ledger: Ledger, destination: Destination) -> None:
    """Blank the recipients in the ledger that are erased, wherever the destination has removed them or never had them.

    The rows stay, so that the counts of a load still add up. Destinations that were never sent anything by this command
    are told by other means, which may still need the names.
    """
    # The key is made of the name, and the checksum of what was known.
    ledger.connection.execute(
        f"""
        update {ledger.table("marts", "audience_changes")} as changes
        set recipient = '{ERASED}', related_recipient = null, payload_checksum = null, idempotency_key = '{ERASED}'
        from {erased_recipients(ledger)} as erased
        where
            not erased.is_sent
            and (
                erased.destination_name = $destination
                or erased.destination_name in (select destination_name from {ledger.state(DELIVERIES)})
            )
            and changes.destination_name = erased.destination_name and changes.audience_name = erased.audience_name
            and changes.space_id = erased.space_id and changes.recipient = erased.recipient
        """,
        {"destination": destination.name},
    )


def waiting_removals(database: Path) -> Counter[str]:
    """Erased recipients that the outbox still names, by destination that has not acknowledged their removal.

    Raises:
        CommandError: the file is no database of this project, or another process writes to it.

    """
    with open_ledger(database, read_only=True) as ledger:
        if not ledger.has(ledger.schema_of("marts", "audience_changes"), "audience_changes"):
            return Counter()
        return Counter(
            dict(
                ledger.connection.execute(
                    f"""
                    select destination_name, count(distinct (space_id, recipient))
                    from {erased_recipients(ledger)}
                    group by destination_name
                    order by destination_name
                    """
                ).fetchall()
            )
        )
