"""Print what a build found: events in and where each went, ids, persons, sessions, conversions, attribution."""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
from pathlib import Path

import duckdb

TAXONOMY_COLUMNS = (
    "event_name", "schema_version", "event_type", "lifecycle_status", "required_properties", "property_types",
    "is_conversion", "conversion_kind", "is_consent_change", "owner", "description",
)  # fmt: skip
DEMO_SECRET_NOTE = (
    "Tokens were made with the demo's secret. Set DBT_ENV_SECRET_IDENTITY_TOKEN before you build on real data."
)


def thousands(number: float) -> str:
    """Format a count or an amount with separators and no decimals."""
    return f"{number:,.0f}"


def counted(number: float, one: str, many: str) -> str:
    """Format a count with its noun."""
    return f"{thousands(number)} {one if number == 1 else many}"


def taxonomy_rows(events: list[tuple[str, str, str]]) -> str:
    """Lay out rows to add to the taxonomy, for events of a name, version and type that it does not list."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for name, version, event_type in events:
        row = dict.fromkeys(TAXONOMY_COLUMNS, "") | {"lifecycle_status": "active", "is_consent_change": "false"}
        row |= {"event_name": name, "schema_version": version, "event_type": event_type, "is_conversion": "false"}
        writer.writerow((row | {"owner": "<team>", "description": "<what happened>"}).values())
    return text.getvalue().rstrip("\n")


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Lay out rows of text in columns: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def summarize(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the summary of a built database as text.

    Raises:
        duckdb.CatalogException: the marts were not built.

    """

    def one(query: str) -> tuple:
        return connection.execute(query).fetchall()[0]

    dispositions = connection.execute(
        """
        select disposition, sum(row_count), sum(late_count), sum(without_consent_count), sum(unregistered_count)
        from marts.event_volume group by disposition order by 2 desc
        """
    ).fetchall()
    reasons = connection.execute(
        """
        select reason, sum(row_count) from marts.event_volume
        where reason is not null group by 1 order by 2 desc, 1
        """
    ).fetchall()
    ids, persons, stitched = one(
        "select (select count(*) from marts.users), count(*), coalesce(avg(is_stitched::int), 0) from marts.persons"
    )
    (sessions,) = one("select count(*) from marts.sessions")
    conversions, refunds = one(
        "select count(*) filter (not is_refund), count(*) filter (is_refund) from marts.conversions"
    )
    revenue = connection.execute(
        """
        select currency_code, sum(revenue_amount) from marts.conversions
        where revenue_amount is not null group by 1 order by 2 desc, 1
        """
    ).fetchall()
    comparison = connection.execute(
        """
        select channel, sum(graph_conversions), sum(cookie_conversions), sum(graph_conversions - cookie_conversions)
        from marts.attribution_comparison where attribution_model = 'last_touch'
        group by channel order by 2 desc, 1 limit 8
        """
    ).fetchall()

    overrides = connection.execute(
        "select status, count(*) from marts.identity_override_report where status != 'applied' group by 1 order by 1"
    ).fetchall()
    unlisted = connection.execute(
        """
        select event_name, coalesce(schema_version, '1'), mode(event_type)
        from intermediate.int_events_received
        where not is_registered and rejection_reason is null and not is_duplicate
        group by 1, 2 order by count(*) desc, 1, 2 limit 10
        """
    ).fetchall()

    accepted = next((row for row in dispositions if row[0] == "accepted"), ("accepted", 0, 0, 0, 0))
    parts = [
        f"Events     {thousands(sum(row[1] for row in dispositions))} raw = "
        + " + ".join(f"{thousands(row[1])} {row[0]}" for row in dispositions),
        f"           of the accepted: {thousands(accepted[2])} late, {thousands(accepted[3])} without consent, "
        f"{thousands(accepted[4])} not in the taxonomy",
    ]
    if reasons:
        parts.append("           rejected for " + ", ".join(f"{reason} ({thousands(n)})" for reason, n in reasons))
    parts += [
        f"People     {counted(ids, 'id is', 'ids are')} {counted(persons, 'person', 'persons')};"
        f" {stitched:.1%} have two ids or more",
        f"Behaviour  {counted(sessions, 'session', 'sessions')}, {counted(conversions, 'conversion', 'conversions')},"
        f" {counted(refunds, 'refund', 'refunds')}",
    ]
    if revenue:
        amounts = (f"{thousands(amount)} {currency or '(no currency)'}" for currency, amount in revenue)
        parts.append(f"Revenue    {', '.join(amounts)}, refunds taken off")
    if overrides:
        parts.append(
            "Overrides  NOT applied: "
            + ", ".join(f"{n} {status}" for status, n in overrides)
            + " (see marts.identity_override_report)"
        )
    if comparison:
        rows = [(str(c), thousands(g), thousands(k), f"{d:+,.0f}") for c, g, k, d in comparison]
        parts += [
            "",
            "Conversions by last touch, 7 days",
            table(("channel", "with the graph", "by cookie", "difference"), rows),
        ]
    if unlisted:
        parts += [
            "",
            "Not in the taxonomy, so neither checked nor conversions. Rows for seeds/event_taxonomy.csv, to be given a",
            "conversion_kind (order, refund, lead, signup) where they are conversions; then dbt build --full-refresh:",
            taxonomy_rows(unlisted),
        ]
    return "\n".join(parts)


def main() -> int:
    """Print the summary of the database that the profile builds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--database", type=Path, default=os.environ.get("IDENTITY_DUCKDB_PATH", "identity_graph.duckdb")
    )
    arguments = parser.parse_args()
    database = Path(arguments.database)
    if not database.is_file():
        print(f"There is no database at {database}: run `make build` first.", file=sys.stderr)
        return 2
    with duckdb.connect(str(database), read_only=True) as connection:
        try:
            print(summarize(connection))
        except duckdb.CatalogException as error:
            said = str(error).splitlines()[0]
            print(f"{database} lacks a mart, because no build reached its end: {said}", file=sys.stderr)
            return 2
    print(f"\nDatabase   {database} (schema marts)\nDocs page  target/static_index.html")
    if os.environ.get("IDENTITY_EVENTS") and not os.environ.get("DBT_ENV_SECRET_IDENTITY_TOKEN"):
        print(f"\n{DEMO_SECRET_NOTE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
