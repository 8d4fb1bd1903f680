"""What a destination has not acknowledged yet: the state of the ledger against that of the destination."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from identity_graph.activation.erased import erased_recipients
from identity_graph.activation.ledger import DELIVERIES, RECIPIENTS, Ledger
from identity_graph.activation.protocol import (
    ERASED,
    MERGED,
    MERGED_FROM,
    NEW_EPISODE,
    Destination,
    OfflineConversion,
    Row,
)
from identity_graph.project import CommandError

# The ledger tells what is to be: of the last change of a recipient, and of the last that let it in or out. What the
# destination was sent and did not acknowledge it may have or not, so that it is told again how things are now.
# An erased recipient is still to be removed wherever the destination once had it, also where the ledger, of which the
# destination's rows were blanked, has no name for it any more.
PENDING = """
with changes as (

    select * from {changes} as changes
    where destination_name = $destination

),

last_changes as (

    select
        audience_name,
        space_id,
        recipient,
        max_by(struct_pack(
            reason := reason, related := related_recipient, payload := payload_checksum, key := idempotency_key,
            at := changed_at
        ), load_number) as change,
        max_by(struct_pack(operation := operation, reason := reason, related := related_recipient), load_number)
            filter (operation != 'update') as move,
        max_by(struct_pack(reason := reason, related := nullif(related_recipient, $erased)), load_number)
            filter (operation = 'add' or reason in ($merged, 'split_from')) as merge
    from changes
    group by audience_name, space_id, recipient

),

wanted as (

    select
        *,
        coalesce(move.operation = 'add', false) as is_member,
        case when merge.reason = $merged and change.reason != $erased then merge.related end as merged_into
    from last_changes

),

had as (

    select
        audience_name,
        space_id,
        recipient,
        is_member and not $is_resend as is_member,
        case when not $is_resend then nullif(related_recipient, $erased) end as merged_into,
        case when not $is_resend then payload_checksum end as payload_checksum,
        case when $is_resend then 'add' else attempted_operation end as attempted_operation,
        delivery_number
    from {recipients}
    where destination_name = $destination

),

erased as (

    select * from {erased} as erased
    where destination_name = $destination

),

clock as (

    -- What the ledger has no name for came to be so with its newest change.
    select coalesce(max(changed_at), timestamp '1970-01-01') as changed_at from {ledger}

),

compared as (

    select
        audience_name,
        space_id,
        recipient,
        wanted.change,
        wanted.move,
        wanted.merged_into,
        coalesce(wanted.is_member, false) as is_member,
        erased.recipient is not null as is_erased,
        had.recipient is not null as is_known,
        had.delivery_number,
        coalesce(had.is_member, false) as was_member,
        had.attempted_operation,
        had.merged_into as was_merged_into,
        coalesce(had.attempted_operation in ('add', 'remove'), false) as may_have_moved,
        had.payload_checksum is distinct from wanted.change.payload as has_other_payload
    from wanted
    full join had using (audience_name, space_id, recipient)
    left join erased using (audience_name, space_id, recipient)

),

pending as (

    select
        *,
        case
            when is_member then if(not was_member or may_have_moved, 'add', 'update')
            else if(was_member or may_have_moved or is_erased, 'remove', 'update')
        end as operation
    from compared
    where
        is_member != was_member
        or (is_member and has_other_payload)
        or (is_known and (is_erased or attempted_operation is not null or merged_into is distinct from was_merged_into))

),

told as (

    select
        *,
        $sends_merges and merged_into is not null and not exists (
            select 1 from had
            where
                had.space_id = pending.space_id and had.recipient = pending.recipient
                and had.merged_into = pending.merged_into
        ) as has_news_of_merge,
        exists (
            select 1 from wanted
            where
                wanted.is_member and wanted.audience_name = pending.audience_name
                and wanted.space_id = pending.space_id and wanted.recipient = pending.merged_into
        ) as is_related_member,
        $sends_merges and coalesce(move.reason = $merged_from and change.reason != $new_episode, false) and exists (
            select 1
            from had
            inner join wanted as former using (audience_name, space_id, recipient)
            where
                had.is_member and had.audience_name = pending.audience_name
                and had.space_id = pending.space_id and former.merged_into = pending.recipient
        ) as was_related_member
    from pending

),

final as (

    select
        operation,
        audience_name,
        space_id,
        recipient,
        case
            when operation = 'add' then move.reason
            -- Who left and came back in between was told of another episode.
            when is_member and has_other_payload and change.reason in ('qualified', 'split_from') and audience_name in (
                select trigger_name from {triggers}
            ) then $new_episode
            else coalesce(change.reason, $erased)
        end as reason,
        if(operation = 'add', move.related, coalesce(merged_into, change.related)) as related_recipient,
        coalesce(change.key, sha256(concat_ws(
            '|', $destination, audience_name, space_id, recipient, delivery_number, $erased
        ))) as idempotency_key,
        coalesce(change.at, clock.changed_at) as changed_at,
        is_member,
        has_news_of_merge and row_number() over (
            partition by space_id, recipient, merged_into, has_news_of_merge order by audience_name
        ) = 1 as sends_alias,
        is_related_member,
        was_related_member,
        change.payload as payload_checksum,
        merged_into
    from told
    cross join clock

)

select * from final
order by
    -- Before the destination forgets the former name.
    not was_related_member, not sends_alias, case operation when 'remove' then 1 when 'update' then 2 else 3 end,
    audience_name, space_id, recipient
"""


@dataclass(frozen=True)
class Plan:
    """What is pending for a destination.

    Attributes:
        destination: who is to be sent it.
        load_number: the load that it leads to.
        generation: above 1 after the destination was sent all again.
        pending: the rows in the order in which they are to take effect.
        conversions: what is sent of offline conversions, by space and conversion_id.

    """

    destination: Destination
    load_number: int
    generation: int
    pending: pa.Table
    conversions: dict[tuple[str, str], OfflineConversion]

    def counts(self) -> list[tuple[str, str, int]]:
        """Rows by operation and reason, in the order of these."""
        grouped = self.pending.group_by(["operation", "reason"]).aggregate([([], "count_all")])
        return sorted(tuple(row[name] for name in ("operation", "reason", "count_all")) for row in grouped.to_pylist())

    def parts(self, size: int) -> Iterator[tuple[tuple[Row, ...], pa.Table]]:
        """The rows of each batch, as the destination is sent them and as the record needs them."""
        for start in range(0, self.pending.num_rows, size):
            part = self.pending.slice(start, size)
            yield tuple(self.row(found) for found in part.to_pylist()), part

    def row(self, found: dict) -> Row:
        """A row as the destination is sent it."""
        key = found["idempotency_key"]
        return Row(
            **{name: found[name] for name in Row.__dataclass_fields__ if name in found and name != "idempotency_key"},
            idempotency_key=key if self.generation == 1 else f"{key}.{self.generation}",
            conversion=self.conversions.get((found["space_id"], found["recipient"])),
        )


def plan(ledger: Ledger, destination: Destination, *, is_resend: bool = False) -> Plan:
    """What is pending for a destination; with is_resend what would be if it were sent all again.

    Raises:
        CommandError: nobody knows who is in an audience now, or the destination was sent by another writer until now.

    """
    load_number = ledger.last_load()
    if not is_resend:
        refuse_other_writer(ledger, destination)
    names = {
        "changes": ledger.told_changes(),
        "recipients": ledger.state(RECIPIENTS),
        "triggers": ledger.table("seeds", "trigger_definitions"),
        "erased": erased_recipients(ledger),
        "ledger": ledger.table("marts", "audience_changes"),
    }
    pending = ledger.connection.sql(
        PENDING.format(**names),
        params={
            "destination": destination.name,
            "erased": ERASED,
            "merged": MERGED,
            "merged_from": MERGED_FROM,
            "new_episode": NEW_EPISODE,
            "is_resend": is_resend,
            "sends_merges": destination.sends_merges,
        },
    ).to_arrow_table()
    conversions = conversions_of(ledger) if destination.identifier_type == "conversion_id" else {}
    return Plan(destination, load_number, generation_of(ledger, destination) + is_resend, pending, conversions)


def refuse_other_writer(ledger: Ledger, destination: Destination) -> None:
    """Refuse to send by another writer than before: where that writes to, nothing of what was acknowledged is."""
    writers = ledger.connection.execute(
        f"""
        select writer from {ledger.state(DELIVERIES)}
        where destination_name = $destination order by delivery_number desc limit 1
        """,
        {"destination": destination.name},
    ).fetchall()
    for (writer,) in writers:
        if writer != destination.writer:
            raise CommandError(
                f"{destination.name} was sent by the writer {writer} until now, so that {destination.writer} would be"
                f" told of changes alone: send it all with activate --destination {destination.name} --resend, or set"
                f" its writer in destinations to {writer} again."
            )


def generation_of(ledger: Ledger, destination: Destination) -> int:
    """How often a destination was sent all, the first time counted."""
    ((generation,),) = ledger.connection.execute(
        f"select coalesce(max(generation), 1) from {ledger.state(DELIVERIES)} where destination_name = $destination",
        {"destination": destination.name},
    ).fetchall()
    return generation


def conversions_of(ledger: Ledger) -> dict[tuple[str, str], OfflineConversion]:
    """What is sent of offline conversions, by space and conversion_id."""
    rows = ledger.connection.execute(
        f"""
        select
            space_id, conversion_id, click_id, click_id_type, event_name, converted_at, conversion_value, currency_code,
            order_id, has_consent
        from {ledger.table("marts", "offline_conversions")}
        """
    ).fetchall()
    return {(space_id, conversion_id): OfflineConversion(*rest) for space_id, conversion_id, *rest in rows}
