"""The retargeting test: whether first touches are of channels that reach only people who were here before."""

from __future__ import annotations

from identity_graph.page.charts import COOKIE, GRAPH, bars
from identity_graph.page.figures import Figure, Section, count, rate, words
from identity_graph.page.marts import Marts
from identity_graph.text import percent

# Both are those of the data test.
TEST = "assert_first_touch_of_retargeting_is_rare"
LIMIT = 0.1
ENOUGH = 100

# Who never touched anything has no first touch.
FIRST_TOUCHES = """
    select
        case identity_mode when 'graph' then $graph else $cookie end as mode,
        sum(case when channel = 'retargeting' then credit else 0 end) as retargeting,
        sum(case when channel = 'email' then credit else 0 end) as email,
        sum(credit) as conversions,
        sum(case when channel in ('retargeting', 'email') then credit else 0 end) / sum(credit) as share
    from attributed_conversions
    where attribution_model = 'first_touch' and not is_refund and touch_count > 0
    group by identity_mode
    order by identity_mode
"""


def section(marts: Marts) -> Section:
    """Share of first touches on retargeting and email, by cookie and with the graph."""
    rows = marts.rows(FIRST_TOUCHES, cookie=COOKIE, graph=GRAPH)
    shares = {row["mode"]: row["share"] for row in rows}
    findings = []
    if GRAPH in shares:
        verdict = "within" if shares[GRAPH] <= LIMIT else "above"
        findings.append(
            f"{percent(shares[GRAPH])} with the graph, {percent(shares.get(COOKIE, 0))} by cookie: "
            f"{verdict} the limit of {percent(LIMIT)}."
        )
    absent = []
    judged = sum(row["conversions"] for row in rows if row["mode"] == GRAPH)
    if judged < ENOUGH:
        absent.append(f"Fewer than {ENOUGH} conversions have a first touch, so the share says little yet.")
    figures = [
        Figure(
            "retargeting",
            "How many first touches are on retargeting or email?",
            f"Near zero is good. The dashed line is the limit of the data test {TEST}.",
            ("attributed_conversions",),
            (
                words("", "mode"),
                count("retargeting", "retargeting"),
                count("email", "email"),
                count("conversions with a first touch", "conversions"),
                rate("share", "share"),
            ),
            rows,
            bars(rows, "mode", "share", "share of first touches", ".1%", limit=LIMIT, is_by_mode=True),
        )
    ]
    return Section(
        "retargeting",
        "Does the graph find the beginning?",
        "Retargeting and newsletters reach people who were here before. A conversion that begins with one of them has "
        "lost its beginning: ids that belong together were not joined.",
        figures if rows else [],
        findings,
        absent,
    )
