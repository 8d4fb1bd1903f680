"""Paths, days to convert, and attribution models side by side."""

from __future__ import annotations

from collections import Counter

from identity_graph.page.charts import COOKIE, GRAPH, bars, grouped_columns, heat_map
from identity_graph.page.figures import Figure, Section, count, rate, why_missing, words
from identity_graph.page.marts import Marts, Row
from identity_graph.text import amount

MOST_PATHS = 12
MOST_CHANNELS = 13
OTHERS = "all others"

# Rows differ by currency, too; conversions add up.
PATHS = """
    select
        channel_path,
        sum(conversion_count) as conversions,
        sum(non_conversion_count) as non_conversions
    from path_summary
    where identity_mode = 'graph'
    group by channel_path
    having sum(conversion_count) > 0
    order by conversions desc, non_conversions, channel_path
    limit $most
"""
DAYS = """
    with bands as (
        select
            identity_mode,
            case
                when days_to_convert < 1 then 1 when days_to_convert < 2 then 2 when days_to_convert < 4 then 3
                when days_to_convert < 8 then 4 when days_to_convert < 15 then 5 else 6
            end as band
        from conversion_paths
        where days_to_convert is not null and touch_count > 0
    )

    select
        band,
        count(case when identity_mode = 'cookie' then 1 end) as "by cookie",
        count(case when identity_mode = 'graph' then 1 end) as "with the graph"
    from bands
    group by band
    order by band
"""
BANDS = ("under 1", "1", "2–3", "4–7", "8–14", "15+")
MODELS = """
    select attribution_model, channel, sum(graph_conversions) as conversions
    from attribution_comparison
    group by attribution_model, channel
    order by attribution_model, channel
"""
DATA_DRIVEN = """
    select attribution_model, channel, sum(credit) as conversions
    from data_driven_conversions
    where identity_mode = 'graph' and not is_refund
    group by attribution_model, channel
    order by attribution_model, channel
"""


def section(marts: Marts) -> Section:
    """Top paths, days to convert, shares of channels by attribution model."""
    no_paths = why_missing(marts, "Paths and days to convert", "path_summary", "conversion_paths")
    no_data_driven = why_missing(marts, "Markov and Shapley", "data_driven_conversions")
    figures = [] if no_paths else [*paths(marts), *days(marts)]
    return Section(
        "attribution",
        "Which touches lead to conversions?",
        "With the graph a path holds the touches of all devices of a person.",
        [*figures, *models(marts, is_data_driven=not no_data_driven)],
        absent=[reason for reason in (no_paths, no_data_driven) if reason],
    )


def paths(marts: Marts) -> list[Figure]:
    """The paths with most conversions."""
    rows = [
        row | {"of": f", and {amount(row['non_conversions'])} without"} for row in marts.rows(PATHS, most=MOST_PATHS)
    ]
    if not rows:
        return []
    return [
        Figure(
            "top_paths",
            "By which paths do people convert?",
            "Each bar is the conversions whose campaigns came in this order; behind it, how many persons went the same "
            "way without one. Only what happened under consent counts.",
            ("path_summary",),
            (
                words("path", "channel_path"),
                count("conversions", "conversions"),
                count("without one", "non_conversions"),
            ),
            rows,
            bars(rows, "channel_path", "conversions", "conversions", ",~r", note="of"),
        )
    ]


def days(marts: Marts) -> list[Figure]:
    """Days from the first touch of the path to the conversion."""
    rows = [row | {"days": BANDS[row["band"] - 1]} for row in marts.rows(DAYS)]
    if not rows:
        return []
    return [
        Figure(
            "days_to_convert",
            "How long does it take to convert?",
            "Each column is the conversions whose first touch lies so many whole days back. By cookie it seems fast: "
            "the beginning is on another device. As shipped, a path looks back 30 days, and a direct visit is no touch "
            "of it; conversions without a touch are left out. All others count, those too without consent.",
            ("conversion_paths",),
            (words("days", "days"), count(COOKIE, COOKIE), count(GRAPH, GRAPH)),
            rows,
            grouped_columns(rows, "days", "conversions", "days from the first touch to the conversion"),
        )
    ]


def models(marts: Marts, *, is_data_driven: bool) -> list[Figure]:
    """Shares of channels, a line per attribution model."""
    rows = with_shares(few_channels(marts.rows(MODELS) + (marts.rows(DATA_DRIVEN) if is_data_driven else [])))
    if not rows:
        return []
    first = ["first_touch", "last_touch", "last_touch_with_direct"]
    names = {row["attribution_model"] for row in rows}
    lines = [name for name in first if name in names] + sorted(names - set(first))
    return [
        Figure(
            "attribution_models",
            "Which channel gets which share, by which model?",
            "Each line is a model, each cell the share of conversions that it credits to the channel; a line "
            "adds up to 100%.",
            ("attribution_comparison", *["data_driven_conversions"] * is_data_driven),
            (
                words("model", "attribution_model"),
                words("channel", "channel"),
                count("conversions", "conversions", 1),
                rate("share", "share"),
            ),
            rows,
            heat_map(rows, "attribution_model", "channel", "share", (None, None), ".0%", lines=lines),
            is_wide=True,
        )
    ]


def few_channels(rows: list[Row]) -> list[Row]:
    """The rows as they are or, of many channels, the largest and all others as one."""
    of_channels, merged = Counter(), Counter()
    for row in rows:
        of_channels[row["channel"]] += row["conversions"]
    if len(of_channels) <= MOST_CHANNELS:
        return rows
    kept = sorted(of_channels, key=lambda name: (-round(of_channels[name], 6), name))[: MOST_CHANNELS - 1]
    for row in rows:
        channel = row["channel"] if row["channel"] in kept else OTHERS
        merged[row["attribution_model"], channel] += row["conversions"]
    return [
        {"attribution_model": model, "channel": channel, "conversions": conversions}
        for (model, channel), conversions in merged.items()
    ]


def with_shares(rows: list[Row]) -> list[Row]:
    """Each row with its share of its model, the largest channels first.

    By participation a conversion counts for each of its channels, so that only shares compare.
    """
    of_models, of_channels = Counter(), Counter()
    for row in rows:
        of_models[row["attribution_model"]] += row["conversions"]
        of_channels[row["channel"]] += row["conversions"]
    shared = [
        row | {"share": row["conversions"] / of_models[row["attribution_model"]]}
        for row in rows
        if of_models[row["attribution_model"]]
    ]
    return sorted(
        shared,
        key=lambda row: (
            row["channel"] == OTHERS,
            -round(of_channels[row["channel"]], 6),
            row["channel"],
            row["attribution_model"],
        ),
    )
