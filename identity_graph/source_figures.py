"""Lines of the report about what staging made of a sample: events, ids, keys and event names."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from identity_graph.raw_columns import FoundColumn
from identity_graph.staged_events import (
    CANONICAL_KEYS,
    Events,
    KeyFigures,
    Rule,
    add_column_values,
    candidates,
    make_key_values,
    read_event_names,
    read_events,
    read_key,
    verdict,
)
from identity_graph.text import MARKS, NOTE, WARNING, Finding, columns, counted, share

SHOWN_EVENT_NAMES = 15
# A source sends some of these as a matter of course.
ORDINARY_REJECTIONS = ("bot", "repeated_in_its_event_table")
KEY_HEADER = (
    "key", "rule", "filled", "values", "ids/value", "p99", "max", "values/id", "p99", "max", "what it does",
)  # fmt: skip


def describe_events(
    connection: duckdb.DuckDBPyConnection,
    source_name: str,
    events: str,
    rules: Sequence[Rule],
    ignored: str,
    unread: Sequence[tuple[FoundColumn, FoundColumn]] = (),
) -> tuple[list[str], list[Finding]]:
    """Lines about the events of a source, and what is to be found in them.

    Args:
        connection: a connection to the database in which the events were staged.
        source_name: the source.
        events: the table int_events_received.
        rules: rules of keys.
        ignored: the table ignored_values.
        unread: raw columns that nothing reads, each with the column of ids beside it.

    """
    found = read_events(connection, events, source_name)
    lines, findings = event_lines(found)
    make_key_values(connection, events, source_name, ignored)
    for column, id_column in unread:
        add_column_values(connection, column, id_column, ignored)
    of_source = [rule for rule in rules if rule.source_name in (None, source_name)]
    for more_lines, more_findings in (
        key_lines(connection, found, of_source, [rule.key_type for rule in rules]),
        name_lines(connection, source_name, events),
    ):
        lines += ["", *more_lines]
        findings += more_findings
    return lines, findings


def event_lines(found: Events) -> tuple[list[str], list[Finding]]:
    """Lines about all events, and which of them are rejected."""
    rows = found.row_count
    counts = (
        (found.accepted, "accepted"),
        (found.accepted_rows - found.accepted, "duplicate"),
        (rows - found.accepted_rows, "rejected"),
    )
    lines = [f"Events: {rows:,} rows = " + " + ".join(f"{count:,} {name}" for count, name in counts)]
    if found.first and found.last:
        span = f"{found.first:%Y-%m-%d %H:%M} to {found.last:%Y-%m-%d %H:%M} UTC"
        lines.append(f"Time: {span}; {share(found.unparsable_times, rows)} of times cannot be read")
    lines.append(
        f"Ids: {counted(found.id_count, 'id')}; anonymous_id in {share(found.with_anonymous_id, rows)} of rows;"
        f" no consent in {share(found.without_consent, rows)}"
    )
    findings = [
        Finding(
            WARNING if count > 0.01 * rows and reason not in ORDINARY_REJECTIONS else NOTE,
            f"{counted(count, 'row')} rejected ({share(count, rows)}): {reason}",
        )
        for reason, count in found.rejected
    ]
    if not found.accepted:
        findings.append(Finding(WARNING, "no event is accepted: nothing would come out of this source"))
    return lines, findings


def key_lines(
    connection: duckdb.DuckDBPyConnection, events: Events, rules: Sequence[Rule], named: Sequence[str]
) -> tuple[list[str], list[Finding]]:
    """Lines about the keys: those switched on, those switched off, and properties that no rule names.

    Args:
        connection: the connection that made the table of key values.
        events: figures of all events.
        rules: rules that hold for the source.
        named: keys that some rule names, of any source.

    """
    judged: list[tuple[str, str, KeyFigures | None, Rule | None]] = []
    for rule in sorted(rules, key=lambda rule: not rule.is_enabled):
        is_property = not rule.is_enabled and rule.key_type not in CANONICAL_KEYS
        figures = read_key(connection, rule.key_type, rule, is_property=is_property)
        judged.append((rule.key_type, "on" if rule.is_enabled else "off", figures, rule))
    for name in candidates(connection, named):
        judged.append((name, "no rule", read_key(connection, name, None, is_property=True), None))
    rows, findings = [], []
    for name, state, figures, rule in judged:
        if figures is None:
            continue
        level, text = verdict(figures, rule)
        filled = share(min(figures.event_count, events.accepted_rows), events.accepted_rows)
        spreads = [
            f"{number:,}"
            for spread in (figures.ids_per_value, figures.values_per_id)
            for number in (spread.median, spread.p99, spread.largest)
        ]
        rows.append((name, state, filled, figures.value_count, *spreads, f"{MARKS[level]} {text}"))
        if level == WARNING and state == "on":
            findings.append(Finding(WARNING, f"key {name}: {text}"))
    if not any(
        state == "on" and rule and rule.window_days is not None and figures for _, state, figures, rule in judged
    ):
        text = "no key that is switched on is in these events: no two ids would be joined"
        findings.append(Finding(WARNING, text))
    unseen = ", ".join(name for name, _, figures, _ in judged if figures is None)
    title = "Keys (median, 99th percentile and largest of the ids per value, and of the values per id)"
    table = columns(KEY_HEADER, rows) if rows else ["  no event has any key"]
    return [title, *table, *([f"  in no event: {unseen}"] if unseen else [])], findings


def name_lines(connection: duckdb.DuckDBPyConnection, source_name: str, events: str) -> tuple[list[str], list[Finding]]:
    """Lines about the event names, and what the taxonomy lacks."""
    names = read_event_names(connection, events, source_name)
    findings = []
    unregistered = [name for name in names if name.status == "unregistered"]
    if unregistered:
        rows = counted(sum(name.count for name in unregistered), "row")
        text = f"{counted(len(unregistered), 'event name is', 'event names are')} not in the taxonomy ({rows})"
        findings.append(Finding(NOTE, text))
    if names and not any(name.status == "conversion" for name in names):
        findings.append(Finding(NOTE, "no event name is a conversion by the taxonomy"))
    shown = [(name.name[:60], name.count, name.status, name.faults) for name in names[:SHOWN_EVENT_NAMES]]
    table = columns(("event name", "rows", "taxonomy", "break its contract"), shown)
    more = len(names) - SHOWN_EVENT_NAMES
    return ["Event names by the taxonomy", *table, *([f"  and {more:,} more"] if more > 0 else [])], findings
