"""Destinations that take one value in two identity spaces for one person: what they must not be sent."""

from __future__ import annotations

from identity_graph.activation.ledger import Ledger
from identity_graph.activation.protocol import ADD, ERASED, UPDATE, Destination
from identity_graph.activation.writers import keeps_spaces
from identity_graph.project import CommandError


def refuse_mixed_spaces(ledger: Ledger, destination: Destination) -> None:
    """Refuse a destination that would take two persons for one, because its writer does not keep spaces apart.

    Logins and hashes of two spaces are soon alike, so that members of one space are all that it takes. Universal ids
    are ids of visitors, and alike only where one id was seen in both spaces.

    Raises:
        CommandError: it has to be told of members of several spaces.

    """
    if destination.space_id is not None or keeps_spaces(destination):
        return
    recipients = f"""
        select space_id, recipient, bool_or(is_member) as is_member
        from (
            select
                space_id,
                recipient,
                coalesce(max_by(operation, load_number) filter (operation != '{UPDATE}') = '{ADD}', false) as is_member
            from {ledger.told_changes()} as changes
            where destination_name = $destination
            group by audience_name, space_id, recipient
            having max_by(reason, load_number) != '{ERASED}'
        )
        group by space_id, recipient
    """
    name = {"destination": destination.name}
    if destination.identifier_type == "universal_id":
        ((count,),) = ledger.connection.execute(
            f"""
            select count(*)
            from (
                select recipient from ({recipients}) group by recipient having count(*) > 1 and bool_or(is_member)
            )
            """,
            name,
        ).fetchall()
        is_mixed, fault = count > 0, f"{count:,} of its universal ids are persons of several spaces"
    else:
        ((count,),) = ledger.connection.execute(
            f"select count(distinct space_id) from ({recipients}) where is_member", name
        ).fetchall()
        is_mixed, fault = count > 1, f"its members are of {count:,} spaces"
    if is_mixed:
        raise CommandError(
            f"the writer {destination.writer} takes one {destination.identifier_type} in two spaces for one person, and"
            f" {fault}: name one space for {destination.name} in the column space_id of the seed destinations, run dbt"
            " build, then activate. It was sent nothing."
        )
