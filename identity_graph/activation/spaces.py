"""Destinations that take one value in two identity spaces for one person: what they must not be sent."""

from __future__ import annotations

from identity_graph.activation.ledger import Ledger
from identity_graph.activation.protocol import ADD, ERASED, UPDATE, Destination
from identity_graph.activation.writers import keeps_spaces
from identity_graph.project import CommandError


class MixedSpacesError(CommandError):
    """A destination would take persons of several spaces for one."""


def refuse_mixed_spaces(ledger: Ledger, destination: Destination) -> None:
    """Refuse a destination that would take two persons for one, because its writer does not keep spaces apart.

    Logins and hashes of two spaces are soon alike, so that members of one space are all that it takes. Universal ids
    are ids of visitors, and alike only where one id was seen in both spaces.

    Raises:
        MixedSpacesError: it has to be told of members of several spaces, or of another than the seed names by now.

    """
    if keeps_spaces(destination):
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
    if destination.space_id is not None:
        ((count,),) = ledger.connection.execute(
            f"select count(*) from ({recipients}) where is_member and space_id != $space",
            name | {"space": destination.space_id},
        ).fetchall()
        if count:
            raise MixedSpacesError(
                f"{destination.name} is told of the space {destination.space_id} only, and the last run of dbt did not"
                " know that yet: run dbt build, then activate. It was sent nothing."
            )
        return
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
        raise MixedSpacesError(
            f"the writer {destination.writer} takes one {destination.identifier_type} in two spaces for one person, and"
            f" {fault}: name one space for {destination.name} in the column space_id of the seed destinations, run dbt"
            " build, then activate. It was sent nothing."
        )
