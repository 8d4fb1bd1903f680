"""The figures that a build found, read from its marts: where events went, persons, behaviour, revenue, attribution."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

SHOWN_CHANNELS = 8
SHOWN_EVENTS = 10


@dataclass(frozen=True)
class Disposition:
    """Raw rows that went one way (accepted, duplicate, rejected ...), and what some of them are."""

    name: str
    row_count: int
    late_count: int
    without_consent_count: int
    unregistered_count: int


@dataclass(frozen=True)
class ChannelCredit:
    """Conversions that the last touch credits to a channel, with the graph and by cookie."""

    channel: str
    graph_conversions: Decimal
    cookie_conversions: Decimal
    difference: Decimal


@dataclass(frozen=True)
class BuildSummary:
    """What a build found; lists have the most first."""

    dispositions: tuple[Disposition, ...]
    rejections: tuple[tuple[str, int], ...]  # reason, rows
    id_count: int
    person_count: int
    stitched_share: float  # of persons, those with two ids or more
    session_count: int
    conversion_count: int
    refund_count: int
    revenue: tuple[tuple[str | None, Decimal], ...]  # currency, amount after refunds
    unapplied_overrides: tuple[tuple[str, int], ...]  # status, rows
    channels: tuple[ChannelCredit, ...]
    unlisted_events: tuple[tuple[str, str, str], ...]  # name, version and type of what the taxonomy does not list


def read_summary(connection: duckdb.DuckDBPyConnection) -> BuildSummary:
    """Read the summary of a built database.

    Raises:
        duckdb.CatalogException: the marts were not built.

    """

    def rows(query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return connection.execute(query, parameters).fetchall()

    dispositions = rows(
        """
        select disposition, sum(row_count), sum(late_count), sum(without_consent_count), sum(unregistered_count)
        from marts.event_volume group by disposition order by 2 desc, 1
        """
    )
    rejections = rows(
        """
        select reason, sum(row_count) from marts.event_volume
        where reason is not null group by 1 order by 2 desc, 1
        """
    )
    ((ids, persons, stitched),) = rows(
        "select (select count(*) from marts.users), count(*), coalesce(avg(is_stitched::int), 0) from marts.persons"
    )
    ((sessions,),) = rows("select count(*) from marts.sessions")
    ((conversions, refunds),) = rows(
        "select count(*) filter (not is_refund), count(*) filter (is_refund) from marts.conversions"
    )
    revenue = rows(
        """
        select currency_code, sum(revenue_amount) from marts.conversions
        where revenue_amount is not null group by 1 order by 2 desc, 1
        """
    )
    overrides = rows(
        "select status, count(*) from marts.identity_override_report where status != 'applied' group by 1 order by 1"
    )
    channels = rows(
        """
        select channel, sum(graph_conversions), sum(cookie_conversions), sum(graph_conversions - cookie_conversions)
        from marts.attribution_comparison where attribution_model = 'last_touch'
        group by channel order by 2 desc, 1 limit $shown
        """,
        shown=SHOWN_CHANNELS,
    )
    unlisted = rows(
        """
        select event_name, coalesce(schema_version, '1'), mode(event_type order by event_type)
        from intermediate.int_events_received
        where not is_registered and rejection_reason is null and not is_duplicate
        group by 1, 2 order by count(*) desc, 1, 2 limit $shown
        """,
        shown=SHOWN_EVENTS,
    )
    return BuildSummary(
        dispositions=tuple(Disposition(*row) for row in dispositions),
        rejections=tuple(rejections),
        id_count=ids,
        person_count=persons,
        stitched_share=stitched,
        session_count=sessions,
        conversion_count=conversions,
        refund_count=refunds,
        revenue=tuple(revenue),
        unapplied_overrides=tuple(overrides),
        channels=tuple(ChannelCredit(*row) for row in channels),
        unlisted_events=tuple(unlisted),
    )
