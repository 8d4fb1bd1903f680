"""What staging made of a sample: the span of time, ids and keys and how full they are, event names, and what was rejected.

Only counts leave the database, never a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from identity_graph.report import NOTE, WARNING, counted, share

CANONICAL_KEYS = (
    "user_id", "email_hash", "email_domain_hash", "phone_hash", "account_id", "ip_token", "click_id", "device_id", "order_id",
)  # fmt: skip
# More ids than one person's devices and cookies: a value that so many share is a crowd's.
CROWD = 10
# Fewer values than this tell nothing of a property.
CANDIDATE_VALUES = 10


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

    `shared_values` are seen with two ids or more, `crowds` with more than CROWD and not more than the limit, `dropped` with more
    than the limit within the window.
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
    """Figures of all events of a source."""

    row_count: int
    accepted: int
    repeated: int
    unparsable_times: int
    first: datetime | None
    last: datetime | None
    filled: dict[str, int]
    id_count: int
    without_consent: int
    rejected: list[tuple[str, int]]


def read_rules(connection: duckdb.DuckDBPyConnection, seed: str) -> list[Rule]:
    """Rules on the level of individuals, as the project has them."""
    query = (
        "select key_type, is_enabled, window_days, max_ids_per_key, max_values_per_profile, corroboration, source_name"
        f" from {seed} where resolution_level = 'individual' order by priority, key_type"
    )
    return [Rule(*row) for row in connection.execute(query).fetchall()]


def read_events(connection: duckdb.DuckDBPyConnection, events: str, source: str) -> Events:
    """Count the events of a source."""
    filled = ("anonymous_id", "source_session_id", "revenue_amount", "page_path")
    counts = {"anonymous_id": "not is_anonymous_id_derived and anonymous_id is not null"}
    aggregates = ", ".join(f"count(*) filter (where {counts.get(name, f'{name} is not null')})" for name in filled)
    (row,) = connection.execute(
        f"select count(*), count(*) filter (where rejection_reason is null), count(*) filter (where occurred_at is null),"
        " count(*) filter (where rejection_reason is null)"
        " - count(distinct event_hash) filter (where rejection_reason is null),"
        " min(occurred_at) filter (where rejection_reason is null), max(occurred_at) filter (where rejection_reason is null),"
        " count(distinct id_number) filter (where anonymous_id is not null), count(*) filter (where not has_consent),"
        f" {aggregates} from {events} where source_name = ?",
        [source],
    ).fetchall()
    rejected = connection.execute(
        f"select rejection_reason, count(*) from (select case when rejection_reason like 'malformed_row%' then 'malformed_row'"
        f" else rejection_reason end as rejection_reason from {events} where source_name = ? and rejection_reason is not null)"
        " group by 1 order by 2 desc, 1",
        [source],
    ).fetchall()
    total, accepted, unparsable, repeated, first, last, ids, refused, *counts_of = row
    return Events(
        total,
        accepted,
        repeated,
        unparsable,
        first,
        last,
        dict(zip(filled, counts_of, strict=True)),
        ids,
        refused,
        rejected,
    )


def read_event_names(connection: duckdb.DuckDBPyConnection, events: str, source: str) -> list[EventName]:
    """Event names of a source, the most frequent first."""
    query = (
        "select event_name, count(*), case when not bool_or(is_registered) then 'unregistered' when bool_or(is_conversion)"
        " then 'conversion' else 'registered' end, count(*) filter (where rejection_reason like 'missing_property%'"
        f" or rejection_reason like 'wrong_type%') from {events} where source_name = ? and event_name is not null"
        " group by 1 order by 2 desc, 1"
    )
    return [EventName(*row) for row in connection.execute(query, [source]).fetchall()]


def make_key_values(connection: duckdb.DuckDBPyConnection, events: str, source: str) -> None:
    """Make the temporary table of an event's keys: canonical columns, custom keys, and what properties hold in one text or number.

    The grain is (is_property, key_type, value_number, id_number, day): only numbers stand for values.
    """
    seen = (
        f"(select *, cast(occurred_at as date) as day from {events} where source_name = ? and rejection_reason is null"
        " and has_consent and anonymous_id is not null)"
    )
    keys = [
        f"select false as is_property, '{key}' as key_type, hash(space_id, {key}) as value_number, id_number, day from {seen}"
        f" where {key} is not null"
        for key in CANONICAL_KEYS
    ]
    keys.append(
        "select false, entry.key, hash(space_id, unnest(split(entry.value, chr(31)))), id_number, day from"
        f" (select space_id, id_number, day, unnest(map_entries(custom_keys)) as entry from {seen} where custom_keys is not null)"
    )
    keys.append(
        "select true, entry.key, hash(space_id, json_extract_string(entry.value, '$')), id_number, day from (select space_id,"
        f" id_number, day, unnest(map_entries(json_transform(properties, '\"MAP(VARCHAR, JSON)\"'))) as entry from {seen}"
        " where json_valid(properties) and left(ltrim(properties), 1) = '{') where json_type(entry.value) in"
        " ('VARCHAR', 'BIGINT', 'UBIGINT') and json_extract_string(entry.value, '$') not in ('', '[removed]')"
    )
    connection.execute(
        "create or replace temporary table key_values as select *, count(*) as event_count from ("
        + " union all ".join(keys)
        + ") group by all",
        [source] * len(keys),
    )


def read_key(
    connection: duckdb.DuckDBPyConnection, key_type: str, rule: Rule | None, *, is_property: bool
) -> KeyFigures | None:
    """Figures of a key from the table of `make_key_values`; nothing where no event has it.

    Args:
        connection: the connection that made the table.
        key_type: name of the key.
        rule: the rule that names it, or that one would write for it.
        is_property: whether it is looked for among the properties.

    """
    found = "(select * from key_values where key_type = ? and is_property = ?)"
    parameters = [key_type, is_property]
    limit = rule.max_ids_per_key if rule else None
    (of_values,) = connection.execute(
        f"select sum(events), count(*), quantile_disc(ids, 0.5), quantile_disc(ids, 0.99), max(ids), count(*) filter (ids > 1)"
        f" from (select value_number, sum(event_count) as events, count(distinct id_number) as ids from {found} group by 1)",
        parameters,
    ).fetchall()
    if not of_values[1]:
        return None
    (of_ids,) = connection.execute(
        f"select count(*), quantile_disc(keys, 0.5), quantile_disc(keys, 0.99), max(keys), count(*) filter (keys > 1) from"
        f" (select id_number, count(distinct value_number) as keys from {found} group by 1)",
        parameters,
    ).fetchall()
    # Of values that many ids share, how many share it within the window of the rule.
    window = rule.window_days if rule and rule.window_days is not None else 100_000
    sizes = connection.execute(
        f"with seen as {found}, crowded as (select value_number from seen group by 1 having count(distinct id_number) > {CROWD})"
        " select max(ids) as ids from (select days.value_number, days.day, count(distinct seen.id_number) as ids from"
        " (select distinct value_number, day from seen semi join crowded using (value_number)) as days"
        " inner join seen on seen.value_number = days.value_number and seen.day between days.day and days.day + ?"
        " group by all) group by value_number",
        [*parameters, window],
    ).fetchall()
    dropped = [size for (size,) in sizes if limit is not None and size > limit]
    (joined,) = connection.execute(
        f"with seen as {found} select count(distinct id_number) from seen where value_number in"
        f" (select value_number from seen group by 1 having count(distinct id_number) between 2 and {limit or 2**62})",
        parameters,
    ).fetchall()
    return KeyFigures(
        key_type,
        int(of_values[0]),
        of_values[1],
        of_ids[0],
        Spread(*of_values[2:5]),
        Spread(*of_ids[1:4]),
        of_values[5],
        joined[0],
        sum(CROWD < size and (limit is None or size <= limit) for (size,) in sizes),
        len(dropped),
        max(dropped, default=0),
        of_ids[4],
    )


def candidates(connection: duckdb.DuckDBPyConnection, known: Sequence[str], limit: int = 8) -> list[str]:
    """Names of properties that no rule names and whose values are many: what could be a key, the most shared first."""
    query = (
        "select key_type from (select key_type, value_number, count(distinct id_number) as ids from key_values where is_property"
        " and not list_contains(?, key_type) and regexp_full_match(key_type, '[A-Za-z_$][A-Za-z0-9_ .$-]{0,50}') group by 1, 2)"
        f" group by 1 having count(*) >= {CANDIDATE_VALUES} and count(*) >= 0.1 * sum(ids)"
        f" order by sum(ids) filter (ids between 2 and {CROWD}) desc nulls last, count(*) desc, 1 limit {limit}"
    )
    return [name for (name,) in connection.execute(query, [list(known)]).fetchall()]


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
        shared = (
            f"{counted(figures.dropped, 'value is', 'values are')} shared by {'up to ' if figures.dropped > 1 else ''}"
        )
        parts.append(
            f"{shared}{figures.largest_dropped:,} ids: {would}dropped (limit {rule.max_ids_per_key if rule else 0:,})"
        )
    if figures.crowds and (rule is None or rule.corroboration != "mutual_best"):
        level = WARNING
        parts.append(
            f"{counted(figures.crowds, 'value is', 'values are')} shared by more than {CROWD} ids: would join strangers"
        )
    if rule is None and figures.values_per_id.median > 3:
        return level, "; ".join([*parts, "an id has many of it: it tells visits or things, no person"])
    if rule is not None and rule.max_values_per_profile == 1 and figures.ids_with_several:
        parts.append(f"{counted(figures.ids_with_several, 'id')} with several of it: divided by it")
    if figures.joined_ids and not (rule is None and figures.crowds):
        joins = "can join" if rule is not None and rule.corroboration else "joins" if is_on else "would join"
        parts.append(f"{joins} {figures.joined_ids:,} ids")
    return level, "; ".join(parts or ["no value is seen with two ids" if not figures.shared_values else "joins nobody"])


def filled_share(figures: KeyFigures | None, events: Events) -> str:
    """Share of accepted events that have the key."""
    return share(figures.event_count if figures else 0, events.accepted)
