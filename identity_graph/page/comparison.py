"""Before and after: what each channel is credited with, by cookie and with the graph."""

from __future__ import annotations

from identity_graph.page.charts import COOKIE, GRAPH, compared
from identity_graph.page.figures import Figure, Section, count, difference, sum_of, words
from identity_graph.page.marts import Marts, Row
from identity_graph.text import change, counted, money

# Rows of the seed attribution_models, with what analysts call them.
MODELS = {"first_touch": "first click", "last_touch": "last touch"}
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
# Masked views have no id of a conversion: there those of one kind and moment are one, so that moves to and fro cancel
# out. Of several in one the figure is the least that moved.
MOVED = """
    with conversions_of_channels as (
        select
            currency_code as currency,
            sum(case when identity_mode = 'graph' then credit else -credit end) as conversions,
            sum(case when identity_mode = 'graph' then attributed_revenue else -attributed_revenue end) as revenue
        from attributed_conversions
        where attribution_model = $model and not is_refund
        group by conversion_id, space_id, event_name, converted_at, currency_code, channel
    ),

    several as (
        select currency_code as currency
        from attributed_conversions
        where attribution_model = $model and identity_mode = 'cookie' and not is_refund
        group by conversion_id, space_id, event_name, converted_at, currency_code
        having round(sum(credit), 6) > 1
    )

    select
        currency,
        sum(abs(conversions)) / 2 as conversions,
        coalesce(sum(abs(revenue)) / 2, 0) as revenue,
        exists (
            select 1 from several where several.currency is not distinct from conversions_of_channels.currency
        ) as is_least
    from conversions_of_channels
    group by currency
    order by currency
"""
TOTALS = """
    select
        currency_code as currency,
        sum(credit) as conversions,
        coalesce(sum(attributed_revenue), 0) as revenue,
        sum(case when touch_count = 0 then credit else 0 end) as conversions_without_a_visit
    from attributed_conversions
    where attribution_model = $model and identity_mode = 'cookie' and not is_refund
    group by currency_code
    order by currency_code
"""


def section(marts: Marts) -> Section:
    """Conversions and revenue of each channel, by cookie and with the graph, for the first and for the last touch."""
    conversions = {model: marts.rows(CONVERSIONS, model=model) for model in MODELS}
    moved = {model: marts.rows(MOVED, model=model) for model in MODELS}
    totals = {model: marts.rows(TOTALS, model=model) for model in MODELS}
    currencies = [row["currency"] for row in marts.rows(CURRENCIES)]
    revenue = {
        (currency, model): marts.rows(REVENUE, model=model, currency=currency)
        for currency in currencies[:MOST_CURRENCIES]
        for model in MODELS
    }
    figures = [conversions_of(model, rows) for model, rows in conversions.items() if rows]
    figures += [revenue_of(model, rows, currency) for (currency, model), rows in revenue.items() if rows]
    absent = reported_by_servers(totals["first_touch"]) if figures else ["There are no conversions in this database."]
    if len(currencies) > MOST_CURRENCIES:
        others = ", ".join(currency or "(no currency)" for currency in currencies[MOST_CURRENCIES:])
        absent.append(f"Currencies with less revenue are in attribution_comparison: {others}.")
    return Section(
        "comparison",
        "What does the graph change?",
        "A tool without identity takes each cookie for a person: what happened on another device, or in another "
        "browser, did not happen. The graph puts it back. Currencies are never added up.",
        figures,
        [
            *(
                conversions_moved(model, rows, moved[model], totals[model])
                for model, rows in conversions.items()
                if rows
            ),
            *revenue_moved(moved["last_touch"], totals["last_touch"], currencies[:MOST_CURRENCIES]),
        ],
        absent,
    )


def conversions_moved(model: str, rows: list[Row], moved: list[Row], totals: list[Row]) -> str:
    """How many conversions have another channel with the graph, and which channels gain or lose most."""
    moved_count, total = (round(sum(row["conversions"] for row in found)) for found in (moved, totals))
    most = sorted(rows, key=lambda row: (-abs(row["difference"]), row["channel"]))[:3]
    named = ", ".join(f"{row['channel']} {change(row['difference'])}" for row in most if row["difference"])
    least = "at least " * any(row["is_least"] for row in moved)
    said = f"By {MODELS[model]}, {least}{moved_count:,} of {counted(total, 'conversion')} go to another channel"
    return f"{said}; on balance {named}." if named else f"{said}."


def revenue_moved(moved: list[Row], totals: list[Row], currencies: list[str | None]) -> list[str]:
    """How much money of conversions has another channel by last touch, in each currency."""
    moved_of, total_of = ({row["currency"]: row["revenue"] for row in found} for found in (moved, totals))
    least = {row["currency"]: "at least " * row["is_least"] for row in moved}
    return [
        f"By {MODELS['last_touch']}, {least[currency]}{money(moved_of[currency], currency)} of "
        f"{money(total_of[currency], currency)} before refunds go to another channel."
        for currency in currencies
        if currency in total_of
    ]


def reported_by_servers(totals: list[Row]) -> list[str]:
    """How many conversions no cookie has a visit for."""
    absent = round(sum(row["conversions_without_a_visit"] for row in totals))
    if not absent:
        return []
    total = round(sum(row["conversions"] for row in totals))
    return [
        f"{absent:,} of {counted(total, 'conversion')} lie on ids without a visit before them, as servers report them: "
        "by cookie they are direct here. A tool that counts in the browser shows them where its own tag saw them."
    ]


def conversions_of(model: str, rows: list[Row]) -> Figure:
    """Conversions of each channel."""
    return Figure(
        f"comparison_{model}_conversions",
        f"How many conversions does each channel have by {MODELS[model]}?",
        reading("conversions", model),
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
        reading(unit, model),
        ("attribution_comparison",),
        (
            words("channel", "channel"),
            *(sum_of(mode, mode, currency) for mode in (COOKIE, GRAPH)),
            difference(f"difference, {unit}", "difference", 2),
        ),
        rows,
        compared(rows, "channel", f"revenue, {unit}, refunds taken off", ",.0f", "+,.0f"),
    )


def reading(unit: str, model: str) -> str:
    """How to read a line."""
    direct = " A direct visit is a touch here." if model == "first_touch" else ""
    return (
        "The square takes each cookie for a person, the circle is what persons give; "
        f"the number is the difference in {unit}.{direct}"
    )
