"""What changed in published numbers since a date."""

from __future__ import annotations

from datetime import date, timedelta

from identity_graph.page.charts import heat_map
from identity_graph.page.figures import Figure, Section, count, difference, words
from identity_graph.page.marts import Marts, Row
from identity_graph.text import counted

MOST_ROWS = 25

NEWEST = "select cast(max(restated_at) as date) as newest from metric_restatements"
COUNTS = """
    select metric_name, cause, count(*) as changes
    from metric_restatements
    where restated_at >= $since and dimension_name = 'all'
    group by metric_name, cause
    order by cause, metric_name
"""
# Values of several metrics, or of several currencies, have no order; each brings its largest change first.
LARGEST = """
    select
        metric_name, metric_date, dimension_name, dimension_value, currency_code,
        string_agg(distinct cause, ', ' order by cause) as causes,
        arg_min(old_value, load_number) as value_before,
        arg_max(new_value, load_number) as value_now,
        sum(value_difference) as difference
    from metric_restatements
    where restated_at >= $since
    group by metric_name, metric_date, dimension_name, dimension_value, currency_code
    order by
        row_number() over (
            partition by metric_name, currency_code
            order by abs(sum(value_difference)) desc, metric_date, dimension_name, dimension_value
        ),
        metric_name, currency_code
    limit $most
"""


def section(marts: Marts, since: date | None) -> Section:
    """Numbers of published days that changed since a day; by default since the Monday of the newest change."""
    newest = marts.one(NEWEST)["newest"]
    about = "A number of a past day changes where events come late, ids turn out to be one person, or rules change."
    title = "What changed in published numbers?"
    if since is None and newest is not None:
        since = newest - timedelta(days=newest.weekday())
    counts = marts.rows(COUNTS, since=since) if since else []
    largest = [row | {"where": place(row)} for row in marts.rows(LARGEST, since=since, most=MOST_ROWS)] if since else []
    if not largest:
        said = f"since {since:%Y-%m-%d}" if since else "since the first load"
        return Section("restatements", title, about, absent=[f"No published number has changed {said}."])
    figures = []
    if counts:
        figures.append(
            Figure(
                "restatements",
                f"Which metrics changed since {since:%Y-%m-%d}, and why?",
                "Each cell counts how often the published value of a day, in one currency, changed, by the cause.",
                ("metric_restatements",),
                (words("metric", "metric_name"), words("cause", "cause"), count("changes", "changes")),
                counts,
                heat_map(
                    counts,
                    "metric_name",
                    "cause",
                    "changes",
                    ("cause", None),
                    ",~r",
                    lines=sorted({row["metric_name"] for row in counts}),
                ),
            )
        )
    figures.append(
        Figure(
            "largest_restatements",
            f"Which changes since {since:%Y-%m-%d} are largest?",
            "Each line is the value of a metric on a day, as it was published and as it is now; the largest change of "
            "each metric and currency comes first.",
            ("metric_restatements",),
            (
                words("metric", "metric_name"),
                words("day", "metric_date"),
                words("of", "where"),
                count("before", "value_before", 2),
                count("now", "value_now", 2),
                difference("difference", "difference", 2),
                words("causes", "causes"),
            ),
            largest,
            is_wide=True,
        )
    )
    changes = sum(row["changes"] for row in counts)
    return Section(
        "restatements",
        title,
        about,
        figures,
        [f"Published values of whole days changed {counted(changes, 'time')} since {since:%Y-%m-%d}."],
    )


def place(row: Row) -> str:
    """Of what the value is: everything, or a channel, and its currency."""
    name = "all" if row["dimension_name"] == "all" else row["dimension_value"] or "(no channel)"
    return f"{name}, {row['currency_code']}" if row["currency_code"] else name
