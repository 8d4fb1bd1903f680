"""Cohorts, funnels and retention."""

from __future__ import annotations

from identity_graph.page.charts import COOKIE, GRAPH, bars, grouped_columns, heat_map
from identity_graph.page.figures import Figure, Section, count, rate, why_missing, words
from identity_graph.page.marts import Marts
from identity_graph.text import amount, some

MOST_FUNNELS = 4
MOST_COHORTS = 12

MEMBERS = """
    select
        cohort_name,
        count(*) as members,
        count(case when is_activatable then 1 end) as activatable,
        count(case when suppressed_by is not null then 1 end) as suppressed
    from audiences
    group by cohort_name
    order by members desc, cohort_name
"""
FUNNEL_NAMES = """
    select funnel_name
    from funnel_conversions
    group by funnel_name
    order by count(*) desc, funnel_name
"""
STEPS = """
    select
        step_number,
        min(event_name) as event_name,
        count(case when identity_mode = 'cookie' then 1 end) as "by cookie",
        count(case when identity_mode = 'graph' then 1 end) as "with the graph"
    from funnel_conversions
    where funnel_name = $funnel
    group by step_number
    order by step_number
"""
# A cohort of several spaces is one; periods that are not over are left out.
RETENTION = """
    with cohorts as (
        select
            cohort_date, period_number, sum(active_person_count) as active, sum(person_count) as persons
        from retention
        where identity_mode = 'graph' and cohort_period = 'week' and currency_code is null and is_complete_period
        group by cohort_date, period_number
    )

    select *, active / persons as share
    from cohorts
    where cohort_date > (select max(cohort_date) from cohorts) - 7 * cast($most as integer) and period_number <= $most
    order by period_number, cohort_date
"""


def section(marts: Marts) -> Section:
    """Members of cohorts, steps of funnels, the triangle of retention."""
    members = [row | {"of": f", {amount(row['activatable'])} may be activated"} for row in marts.rows(MEMBERS)]
    figures, absent = [], []
    if members:
        figures.append(
            Figure(
                "cohort_members",
                "Who is in which cohort now?",
                "Each bar is the members by the clock of the data. Activated may be who is known with enough "
                "confidence and who did not withdraw consent.",
                ("audiences",),
                (
                    words("cohort", "cohort_name"),
                    count("members", "members"),
                    count("may be activated", "activatable"),
                    count("suppressed", "suppressed"),
                ),
                members,
                bars(members, "cohort_name", "members", "persons", ",~r", note="of"),
            )
        )
    no_funnel = why_missing(marts, "Funnels", "funnel_conversions")
    no_retention = why_missing(marts, "Retention", "retention")
    absent = [reason for reason in (no_funnel, no_retention) if reason]
    if not no_funnel:
        names = [row["funnel_name"] for row in marts.rows(FUNNEL_NAMES)]
        figures += funnels(marts, names[:MOST_FUNNELS])
        if names[MOST_FUNNELS:]:
            absent.append(f"Funnels with fewer steps reached are in funnel_conversions: {some(names[MOST_FUNNELS:])}.")
    if not no_retention:
        figures += retention(marts)
    return Section(
        "cohorts",
        "Who comes, who goes on, who comes back?",
        "Whoever looks on the phone and buys on the laptop leaves as one cookie and begins in the middle as another.",
        figures,
        absent=absent,
    )


def funnels(marts: Marts, names: list[str]) -> list[Figure]:
    """One figure a funnel."""
    figures = []
    for funnel in names:
        rows = marts.rows(STEPS, funnel=funnel)
        for place, row in enumerate(rows):
            row["name"] = f"{row['step_number']} {row['event_name']}"
            for mode in (COOKIE, GRAPH):
                before = rows[place - 1][mode] if place else 0
                row[f"rate {mode}"] = row[mode] / before if before else None
        figures.append(
            Figure(
                f"funnel_{funnel}",
                f"Where do people leave the funnel {funnel}?",
                "Each column is how many reached the step, in its order and time, as cookies and as persons.",
                ("funnel_conversions",),
                (
                    words("step", "name"),
                    count("cookies", COOKIE),
                    rate("of the step before", f"rate {COOKIE}"),
                    count("persons", GRAPH),
                    rate("of the step before", f"rate {GRAPH}"),
                ),
                rows,
                grouped_columns(rows, "name", "cookies, or persons", "step"),
            )
        )
    return figures


def retention(marts: Marts) -> list[Figure]:
    """The triangle of weekly cohorts."""
    rows = marts.rows(RETENTION, most=MOST_COHORTS)
    rows = [row | {"cohort": f"{row['cohort_date']:%Y-%m-%d}", "week": str(row["period_number"])} for row in rows]
    if not rows:
        return []
    return [
        Figure(
            "retention",
            "How many come back in the weeks after the first?",
            "Each line is the persons who first came in the week that begins on that Monday; each cell is the share "
            "who were active so many weeks later. Weeks that are not over are left out.",
            ("retention",),
            (
                words("first week", "cohort"),
                count("weeks later", "period_number"),
                count("persons", "persons"),
                count("active", "active"),
                rate("share", "share"),
            ),
            rows,
            heat_map(
                rows,
                "cohort",
                "week",
                "share",
                ("weeks after the first", "first week"),
                ".0%",
                lines=sorted({row["cohort"] for row in rows}),
            ),
        )
    ]
