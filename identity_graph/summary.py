"""Say what a build found: events and where each went, ids, persons, sessions, conversions, attribution.

    identity-graph summary
    identity-graph summary --database /data/identity.duckdb

It is what make build prints at its end. Events that the taxonomy does not list come with the rows that list them, to be
pasted into seeds/event_taxonomy.csv.

Exit code: 0 = printed, 2 = bad arguments, no database, or one that no build finished.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from identity_graph.build_summary import BuildSummary, Disposition, read_summary
from identity_graph.database import (
    add_database_argument,
    find_database,
    note_unfinished_load,
    open_database,
    schema_of_marts,
)
from identity_graph.project import CommandError, find_project
from identity_graph.text import columns, counted

NAME = "summary"
TAXONOMY_COLUMNS = (
    "event_name", "schema_version", "event_type", "lifecycle_status", "required_properties", "property_types",
    "is_conversion", "conversion_kind", "is_consent_change", "owner", "description",
)  # fmt: skip
DEMO_SECRET_NOTE = (
    "Tokens were made with the demo's secret. Set DBT_ENV_SECRET_IDENTITY_TOKEN before you build on real data."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    add_database_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Print the summary and return the exit code.

    Raises:
        CommandError: there is no database, it cannot be read, or it lacks a mart.

    """
    database = find_database(options.database)
    with open_database(database) as connection:
        note_unfinished_load(connection)
        summary = read_summary(connection)
    print("\n".join(summary_lines(summary)))
    print(f"\nDatabase     {shown(database)} (schema {schema_of_marts(database)})")
    for name, page in [] if options.database else pages():
        print(f"{name:<11}  {shown(page)}")
    if os.environ.get("IDENTITY_EVENTS") and not os.environ.get("DBT_ENV_SECRET_IDENTITY_TOKEN"):
        print(f"\n{DEMO_SECRET_NOTE}")
    return 0


def summary_lines(summary: BuildSummary) -> list[str]:
    """The summary as text."""
    nothing = Disposition("accepted", 0, 0, 0, 0)
    accepted = next((each for each in summary.dispositions if each.name == "accepted"), nothing)
    lines = [
        f"Events     {sum(each.row_count for each in summary.dispositions):,} raw = "
        + " + ".join(f"{each.row_count:,} {each.name}" for each in summary.dispositions or [nothing]),
        f"           of the accepted: {accepted.late_count:,} late,"
        f" {accepted.without_consent_count:,} without consent, {accepted.unregistered_count:,} not in the taxonomy",
    ]
    if summary.rejections:
        reasons = ", ".join(f"{reason} ({count:,})" for reason, count in summary.rejections)
        lines.append(f"           rejected for {reasons}")
    lines += [
        f"People     {counted(summary.id_count, 'id is', 'ids are')} {counted(summary.person_count, 'person')};"
        f" {summary.stitched_share:.1%} have two ids or more",
        f"Behaviour  {counted(summary.session_count, 'session')}, {counted(summary.conversion_count, 'conversion')},"
        f" {counted(summary.refund_count, 'refund')}",
    ]
    if summary.revenue:
        amounts = ", ".join(f"{amount:,.0f} {currency or '(no currency)'}" for currency, amount in summary.revenue)
        lines.append(f"Revenue    {amounts}, refunds taken off")
    if summary.unapplied_overrides:
        statuses = ", ".join(f"{count} {status}" for status, count in summary.unapplied_overrides)
        lines.append(f"Overrides  NOT applied: {statuses} (see marts.identity_override_report)")
    if summary.channels:
        rows = [
            (
                credit.channel,
                f"{credit.graph_conversions:,.0f}",
                f"{credit.cookie_conversions:,.0f}",
                f"{credit.difference:+,.0f}",
            )
            for credit in summary.channels
        ]
        lines += ["", "Conversions by last touch"]
        lines += columns(("channel", "with the graph", "by cookie", "difference"), rows)
    if summary.unlisted_events:
        lines += [
            "",
            "Not in the taxonomy, so neither checked nor conversions. Rows for seeds/event_taxonomy.csv, to be given a",
            "conversion_kind (order, refund, lead, signup) where they are conversions; then dbt build --full-refresh:",
            taxonomy_rows(summary.unlisted_events),
        ]
    return lines


def taxonomy_rows(events: Iterable[tuple[str, str, str]]) -> str:
    """Rows to add to the taxonomy, for events of a name, version and type that it does not list."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for name, version, event_type in events:
        row = dict.fromkeys(TAXONOMY_COLUMNS, "") | {"lifecycle_status": "active", "is_consent_change": "false"}
        row |= {"event_name": name, "schema_version": version, "event_type": event_type, "is_conversion": "false"}
        writer.writerow((row | {"owner": "<team>", "description": "<what happened>"}).values())
    return text.getvalue().rstrip("\n")


def pages() -> list[tuple[str, Path]]:
    """The pages beside the project, by what they are called, where they were made."""
    try:
        target = find_project().target
    except CommandError:
        return []
    named = (("Docs page", "static_index.html"), ("Report page", "identity_report.html"))
    return [(name, target / file) for name, file in named if (target / file).is_file()]


def shown(file: Path) -> Path:
    """A file as it is called from the folder that the command runs in."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
