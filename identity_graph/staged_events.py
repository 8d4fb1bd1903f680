"""What staging made of a sample: the span of time, ids, keys and how full they are, event names, and what was rejected.

Only counts leave the database, never a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from identity_graph.raw_columns import FoundColumn
from identity_graph.sql import quoted
from identity_graph.text import NOTE, WARNING, counted

CANONICAL_KEYS = (
    "user_id", "email_hash", "email_domain_hash", "phone_hash", "account_id", "ip_token", "click_id", "device_id",
    "order_id",
)  # fmt: skip
# More ids than one person's devices and cookies: a value that so many share is a crowd's.
CROWD = 10
# Fewer values than this tell nothing of a property.
CANDIDATE_VALUES = 10
# Days of a window that has no end.
EVER = 100_000


@dataclass(frozen=True)
class Rule:
    """A rule of identity_key_rules on the level of individuals."""

    key_type: str
    is_enabled: bool
    window_days: int | None = None
    max_ids_per_key: int | None = None
    max_values_per_profile: int | None = None
    corroboration: str | None = None
    source_name: str | None = None


@dataclass(frozen=True)
class Spread:
    """How a count is distributed."""

    median: int
    p99: int
    largest: int


@dataclass(frozen=True)
class KeyFigures:
    """What a key would do: counts only.

    `shared_values` are seen with two ids or more, `crowds` with more than CROWD and not more than the limit, `dropped`
    with more than the limit within the window.
    """

    key_type: str
    event_count: int
    value_count: int
    id_count: int
    ids_per_value: Spread
    values_per_id: Spread
    shared_values: int = 0
    joined_ids: int = 0
    crowds: int = 0
    largest_crowd: int = 0
    dropped: int = 0
    largest_dropped: int = 0
    ids_with_several: int = 0


@dataclass(frozen=True)
class EventName:
    """An event name, what the taxonomy says of it, and how often it was sent."""

    name: str
    count: int
    status: str
    faults: int


@dataclass(frozen=True)
class Events:
    """Figures of all events of a source; `accepted_rows` are the accepted events and copies of them."""

    row_count: int
    accepted_rows: int
    accepted: int
    unparsable_times: int
    first: datetime | None
    last: datetime | None
    with_anonymous_id: int
    id_count: int
    without_consent: int
    rejected: list[tuple[str, int]]


def read_rules(connection: duckdb.DuckDBPyConnection, seed: str) -> list[Rule]:
    """Rules on the level of individuals, as the project has them."""
    rows = connection.execute(f"""
        select
            key_type, is_enabled, window_days, max_ids_per_key, max_values_per_profile, corroboration, source_name
        from {seed}
        where resolution_level = 'individual'
        order by priority, key_type
    """).fetchall()
    return [Rule(*row) for row in rows]


def read_events(connection: duckdb.DuckDBPyConnection, events: str, source: str) -> Events:
    """Count the events of a source."""
    (row,) = connection.execute(
        f"""
        with events as (
            select *, rejection_reason is null as is_accepted from {events} where source_name = ?
        )
        select
            count(*),
            count(*) filter (is_accepted),
            count(distinct event_hash) filter (is_accepted),
            count(*) filter (occurred_at is null),
            min(occurred_at) filter (is_accepted),
            max(occurred_at) filter (is_accepted),
            count(*) filter (anonymous_id is not null and not is_anonymous_id_derived),
            count(distinct id_number) filter (is_accepted and anonymous_id is not null),
            count(*) filter (not has_consent)
        from events
        """,
        [source],
    ).fetchall()
    rejected = connection.execute(
        f"""
        select split_part(rejection_reason, ': line ', 1) as reason, count(*) as row_count
        from {events}
        where source_name = ? and rejection_reason is not null
        group by reason
        order by row_count desc, reason
        """,
        [source],
    ).fetchall()
    return Events(*row, rejected)


def read_event_names(connection: duckdb.DuckDBPyConnection, events: str, source: str) -> list[EventName]:
    """Event names of a source, the most frequent first."""
    rows = connection.execute(
        f"""
        select
            event_name,
            count(*) as row_count,
            case
                when not bool_or(is_registered) then 'unregistered'
                when bool_or(is_conversion) then 'conversion'
                else 'registered'
            end,
            count(*) filter (split_part(rejection_reason, ':', 1) in ('missing_property', 'wrong_type'))
        from {events}
        where source_name = ? and event_name is not null
        group by event_name
        order by row_count desc, event_name
        """,
        [source],
    ).fetchall()
    return [EventName(*row) for row in rows]


def make_key_values(connection: duckdb.DuckDBPyConnection, events: str, source: str, ignored: str) -> None:
    """Make the temporary table key_values: which id was seen with which value of a key, on which day.

    One row per (is_property, key_type, value_number, id_number, day). Canonical columns and custom keys are keys; what
    properties hold as one text or whole number could be one. Only numbers stand for values.

    Args:
        connection: a connection to the database in which the events were staged.
        events: the table int_events_received.
        source: name of the source.
        ignored: the table ignored_values.

    """
    canonical = " union all ".join(
        f"select false, '{key}', hash(space_id, {key}), id_number, day from seen where {key} is not null"
        for key in CANONICAL_KEYS
    )
    connection.execute(
        f"""
        create or replace temporary table key_values as
        with seen as (
            select *, cast(occurred_at as date) as day
            from {events}
            where source_name = ? and rejection_reason is null and has_consent and anonymous_id is not null
        ),
        custom_keys as (
            select space_id, id_number, day, unnest(map_entries(custom_keys)) as entry from seen
        ),
        custom_values as (
            select space_id, id_number, day, entry.key as name, unnest(split(entry.value, chr(31))) as value
            from custom_keys
        ),
        properties as (
            select
                space_id,
                id_number,
                day,
                unnest(map_entries(json_transform(properties, '"MAP(VARCHAR, JSON)"'))) as entry
            from seen
            where json_valid(properties) and starts_with(ltrim(properties), '{{')
        ),
        property_values as (
            select space_id, id_number, day, entry.key as name, trim(json_extract_string(entry.value, '$')) as value
            from properties
            where json_type(entry.value) in ('VARCHAR', 'BIGINT', 'UBIGINT')
        ),
        all_values (is_property, key_type, value_number, id_number, day) as (
            {canonical}
            union all
            select false, name, hash(space_id, value), id_number, day from custom_values
            union all
            select true, name, hash(space_id, value), id_number, day from property_values
            where {is_value("value", ignored)}
        )
        select *, count(*) as event_count from all_values group by all
        """,
        [source],
    )


def add_column_values(
    connection: duckdb.DuckDBPyConnection, column: FoundColumn, id_column: FoundColumn, ignored: str
) -> None:
    """Add a raw column that nothing reads to the table of `make_key_values`, as if it were a property.

    Its rows are not judged, and all of one day.
    """
    value, node = (f"trim(cast({quoted(found.name)} as varchar))" for found in (column, id_column))
    for reader in column.readers:
        connection.execute(
            f"""
            insert into key_values
            select true, ?, hash(value), cast(hash(node) >> 1 as bigint), date '2000-01-01', count(*)
            from (select {value} as value, {node} as node from {reader})
            where {is_value("value", ignored)} and {is_value("node", ignored)}
            group by all
            """,
            [column.name],
        )


def is_value(text: str, ignored: str) -> str:
    """SQL that leaves out what is no value of a key."""
    return (
        f"lower({text}) not in ('', '[removed]') and lower({text}) not in (select lower(ignored_value) from {ignored})"
    )


def read_key(
    connection: duckdb.DuckDBPyConnection, key_type: str, rule: Rule | None, *, is_property: bool
) -> KeyFigures | None:
    """Figures of a key from the table of `make_key_values`; nothing where no event has it.

    Args:
        connection: the connection that made the table.
        key_type: name of the key.
        rule: the rule that names it.
        is_property: whether it is looked for among the properties.

    """
    seen = "with seen as (from key_values where key_type = ? and is_property = ?)"
    parameters = [key_type, is_property]
    limit = rule.max_ids_per_key if rule else None
    ((event_count, value_count, *ids_per_value, shared),) = connection.execute(
        f"""
        {seen}
        select
            sum(events),
            count(*),
            quantile_disc(ids, 0.5),
            quantile_disc(ids, 0.99),
            max(ids),
            count(*) filter (ids > 1)
        from (
            select sum(event_count) as events, count(distinct id_number) as ids from seen group by value_number
        )
        """,
        parameters,
    ).fetchall()
    if not value_count:
        return None
    ((id_count, *values_per_id, several),) = connection.execute(
        f"""
        {seen}
        select
            count(*), quantile_disc(held, 0.5), quantile_disc(held, 0.99), max(held), count(*) filter (held > 1)
        from (select count(distinct value_number) as held from seen group by id_number)
        """,
        parameters,
    ).fetchall()
    ((joined,),) = connection.execute(
        f"""
        {seen}, joining as (
            select value_number from seen
            group by value_number
            having count(distinct id_number) > 1 and (? is null or count(distinct id_number) <= ?)
        )
        select count(distinct id_number) from seen semi join joining using (value_number)
        """,
        [*parameters, limit, limit],
    ).fetchall()
    # Of values that a crowd shares, how many ids share each within the window of the rule.
    window = rule.window_days if rule and rule.window_days is not None else EVER
    crowds = connection.execute(
        f"""
        {seen}, crowded as (
            select value_number from seen group by value_number having count(distinct id_number) > {CROWD}
        ),
        days as (select distinct value_number, day from seen semi join crowded using (value_number)),
        sizes as (
            select days.value_number, days.day, count(distinct seen.id_number) as ids
            from days
            inner join seen on days.value_number = seen.value_number and seen.day between days.day and days.day + ?
            group by all
        )
        select max(ids) from sizes group by value_number
        """,
        [*parameters, window],
    ).fetchall()
    sizes = [size for (size,) in crowds]
    dropped = [size for size in sizes if limit is not None and size > limit]
    crowding = [size for size in sizes if size > CROWD and (limit is None or size <= limit)]
    return KeyFigures(
        key_type=key_type,
        event_count=int(event_count),
        value_count=value_count,
        id_count=id_count,
        ids_per_value=Spread(*ids_per_value),
        values_per_id=Spread(*values_per_id),
        shared_values=shared,
        joined_ids=joined,
        crowds=len(crowding),
        largest_crowd=max(crowding, default=0),
        dropped=len(dropped),
        largest_dropped=max(dropped, default=0),
        ids_with_several=several,
    )


def candidates(connection: duckdb.DuckDBPyConnection, known: Sequence[str], limit: int = 8) -> list[str]:
    """Names of properties that no rule names and whose values are many, the most shared first: they could be keys."""
    rows = connection.execute(
        f"""
        with sharing as (
            select key_type, value_number, count(distinct id_number) as ids
            from key_values
            where is_property and key_type not in (select unnest(?))
            group by all
        )
        select key_type
        from sharing
        where regexp_full_match(key_type, '[A-Za-z_$][A-Za-z0-9_ .$-]{{0,50}}')
        group by key_type
        having count(*) >= {CANDIDATE_VALUES} and count(*) >= 0.01 * sum(ids)
        order by sum(ids) filter (ids between 2 and {CROWD}) desc nulls last, count(*) desc, key_type
        limit {limit}
        """,
        [list(known)],
    ).fetchall()
    return [name for (name,) in rows]


def verdict(figures: KeyFigures | None, rule: Rule | None) -> tuple[int, str]:
    """What a key does or would do, in one sentence, and how bad that is.

    Args:
        figures: its counts; nothing where no event has it.
        rule: the rule that names it; nothing for a property that none names.

    """
    if figures is None:
        return NOTE, "no event has it"
    is_on = rule is not None and rule.is_enabled
    would = "" if is_on else "would be "
    if rule is not None and rule.window_days is None:
        if figures.ids_with_several and rule.max_values_per_profile == 1:
            return NOTE, f"links nobody; {counted(figures.ids_with_several, 'id')} with several of it {would}divided"
        return NOTE, "links nobody"
    parts: list[str] = []
    level = NOTE
    if figures.dropped:
        level = WARNING
        shared = shared_by(figures.dropped, figures.largest_dropped)
        parts.append(f"{shared}: {would}dropped (limit {rule.max_ids_per_key if rule else 0:,})")
    if figures.crowds and (rule is None or rule.corroboration != "mutual_best"):
        level = WARNING
        parts.append(f"{shared_by(figures.crowds, figures.largest_crowd)}: joins strangers unless these are one person")
    if rule is None and (figures.values_per_id.median > 3 or figures.values_per_id.p99 > 5):
        return level, "; ".join([*parts, "an id has many of it: it tells visits or things, no person"])
    if rule is not None and rule.max_values_per_profile == 1 and figures.ids_with_several:
        parts.append(f"{counted(figures.ids_with_several, 'id')} with several of it: divided by it")
    if figures.joined_ids and not (rule is None and figures.crowds):
        joins = "can join" if rule is not None and rule.corroboration else "joins" if is_on else "would join"
        parts.append(f"{joins} {figures.joined_ids:,} ids")
    return level, "; ".join(parts or ["no value is seen with two ids" if not figures.shared_values else "joins nobody"])


def shared_by(value_count: int, id_count: int) -> str:
    """How many values are shared by how many ids."""
    values = counted(value_count, "value is", "values are")
    return f"{values} shared by {'up to ' if value_count > 1 else ''}{id_count:,} ids"
