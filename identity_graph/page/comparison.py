"""Before and after: what each channel is credited with, by cookie and with the graph."""

from __future__ import annotations

from identity_graph.page.charts import COOKIE, GRAPH, compared
from identity_graph.page.figures import Figure, Section, count, difference, sum_of, words
from identity_graph.page.marts import Marts, Row
from identity_graph.text import amount, change, counted, money

# Rows of the seed attribution_models, with what analysts call them.
MODELS = {"first_touch": "first click", "last_touch": "last touch (7 days)"}
MOST_CURRENCIES = 3

CONVERSIONS = """
    select
        channel,
        sum(cookie_conversions) as "by cookie",
        sum(graph_conversions) as "with the graph",
        sum(graph_conversions) - sum(cookie_conversions) as difference
    from attribution_comparison
    where attribution_model = $model
    group by channel
    having sum(cookie_conversions) > 0 or sum(graph_conversions) > 0
    order by "with the graph" desc, channel
"""
REVENUE = """
    select
        channel,
        cookie_revenue as "by cookie",
        graph_revenue as "with the graph",
        revenue_difference as difference
    from attribution_comparison
    where attribution_model = $model and currency_code is not distinct from $currency
    order by "with the graph" desc, channel
"""
# A refund may leave less than nothing; what counts is how much moves. Conversions without money have no currency.
CURRENCIES = """
    select currency_code as currency
    from attribution_comparison
    where attribution_model = 'last_touch'
    group by currency_code
    having sum(abs(graph_revenue)) + sum(abs(cookie_revenue)) > 0
    order by sum(abs(graph_revenue)) desc, currency_code
"""


def section(marts: Marts) -> Section:
    """Conversions and revenue of each channel, by cookie and with the graph, for the first and for the last touch."""
    conversions = {model: marts.rows(CONVERSIONS, model=model) for model in MODELS}
    currencies = [row["currency"] for row in marts.rows(CURRENCIES)]
    revenue = {
        (currency, model): marts.rows(REVENUE, model=model, currency=currency)
        for currency in currencies[:MOST_CURRENCIES]
        for model in MODELS
    }
    figures = [conversions_of(model, rows) for model, rows in conversions.items() if rows]
    figures += [revenue_of(model, rows, currency) for (currency, model), rows in revenue.items() if rows]
    absent = []
    if len(currencies) > MOST_CURRENCIES:
        others = ", ".join(currency or "(no currency)" for currency in currencies[MOST_CURRENCIES:])
        absent.append(f"Currencies with less revenue are in attribution_comparison: {others}.")
    return Section(
        "comparison",
        "What does the graph change?",
        "A tool without identity takes each cookie for a person: what happened on another device, or in another "
        "browser, did not happen. The graph puts it back. Currencies are never added up.",
        figures,
        [*map(conversions_moved, conversions, conversions.values()), *revenue_moved(revenue)],
        absent,
    )


def moved(rows: list[Row]) -> float:
    """What goes from one channel to another: what some gain, others lose."""
    return sum(abs(row["difference"]) for row in rows) / 2


def conversions_moved(model: str, rows: list[Row]) -> str:
    """How many conversions change their channel, and where most do."""
    total = round(sum(row[GRAPH] for row in rows))
    most = sorted(rows, key=lambda row: (-abs(row["difference"]), row["channel"]))[:3]
    named = ", ".join(f"{row['channel']} {change(row['difference'])}" for row in most if row["difference"])
    said = f"By {MODELS[model]}, {amount(moved(rows))} of {counted(total, 'conversion')} go to another channel"
    return f"{said}: {named}." if named else f"{said}."


def revenue_moved(revenue: dict[tuple[str | None, str], list[Row]]) -> list[str]:
    """How much money changes its channel, in each currency."""
    return [
        f"By {MODELS[model]}, {money(moved(rows), currency)} of {money(sum(row[GRAPH] for row in rows), currency)} "
        "go to another channel."
        for (currency, model), rows in revenue.items()
        if model == "last_touch" and rows
    ]


def conversions_of(model: str, rows: list[Row]) -> Figure:
    """Conversions of each channel."""
    return Figure(
        f"comparison_{model}_conversions",
        f"How many conversions does each channel have by {MODELS[model]}?",
        reading("conversions"),
        ("attribution_comparison",),
        (
            words("channel", "channel"),
            *(count(mode, mode) for mode in (COOKIE, GRAPH)),
            difference("difference", "difference"),
        ),
        rows,
        compared(rows, "channel", "conversions", ",.0f", "+,.0f"),
    )


def revenue_of(model: str, rows: list[Row], currency: str | None) -> Figure:
    """Revenue of each channel in one currency."""
    unit = currency or "(no currency)"
    return Figure(
        f"comparison_{model}_revenue_{(currency or 'none').lower()}",
        f"How much revenue in {unit} does each channel have by {MODELS[model]}?",
        reading(unit),
        ("attribution_comparison",),
        (
            words("channel", "channel"),
            *(sum_of(mode, mode, currency) for mode in (COOKIE, GRAPH)),
            difference(f"difference, {unit}", "difference", 2),
        ),
        rows,
        compared(rows, "channel", f"revenue, {unit}, refunds taken off", ",.0f", "+,.0f"),
    )


def reading(unit: str) -> str:
    """How to read a line."""
    return (
        "The square is what a cookie-based tool shows, the circle what persons give; "
        f"the number is the difference in {unit}."
    )
