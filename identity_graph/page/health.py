"""The strip of data health: each signal on each day."""

from __future__ import annotations

import altair as alt

from identity_graph.page.charts import Spec, data, finished, legend
from identity_graph.page.figures import Figure, Section, count, words
from identity_graph.page.marts import Marts, Row
from identity_graph.text import counted

MOST_DAYS = 60
LEVELS = {"not judged": "theme:faint", "as usual": "theme:good", "warning": "theme:warning", "alert": "theme:alert"}

# A day of a signal is as bad as its worst subject, and judged if one of them is.
DAYS = """
    select
        signal_name,
        health_date,
        case
            when count(case when alert_level = 'error' then 1 end) > 0 then 'alert'
            when count(case when alert_level = 'warn' then 1 end) > 0 then 'warning'
            when count(case when not_judged_reason is null then 1 end) > 0 then 'as usual'
            else 'not judged'
        end as level,
        count(*) as subjects,
        coalesce(
            string_agg(distinct subject, ', ' order by subject) filter (where alert_level != 'ok'), ''
        ) as conspicuous
    from data_health
    where health_date > (select max(health_date) from data_health) - cast($days as integer)
    group by signal_name, health_date
    order by signal_name, health_date
"""


def section(marts: Marts) -> Section:
    """Levels of the signals, day by day."""
    rows = marts.rows(DAYS, days=MOST_DAYS)
    bad = [row for row in rows if row["level"] in ("alert", "warning")]
    newest = {row["signal_name"]: row for row in rows}
    figures = []
    if rows:
        figures.append(
            Figure(
                "data_health",
                "Was a day unlike others?",
                "Each cell is a day of a signal, compared with the same weekdays of eight weeks before. The table "
                "names what was conspicuous, or the newest day of each signal; a day without enough history is not "
                "judged.",
                ("data_health",),
                (
                    words("day", "health_date"),
                    words("signal", "signal_name"),
                    words("level", "level"),
                    count("subjects", "subjects"),
                    words("conspicuous", "conspicuous"),
                ),
                bad or list(newest.values()),
                strip(rows),
                is_wide=True,
            )
        )
    alerts = sum(row["level"] == "alert" for row in bad)
    said = f"{counted(alerts, 'alert')} and {counted(len(bad) - alerts, 'warning')}"
    return Section(
        "health",
        "Is the data like it always is?",
        "Volume, rejected and late rows, keys, channels and stitching, each against its own past.",
        figures,
        [f"{said} in the last {MOST_DAYS} days of the data."] if rows else [],
    )


def strip(rows: list[Row]) -> Spec:
    """A line a signal, a cell a day."""
    first, last = min(row["health_date"] for row in rows), max(row["health_date"] for row in rows)
    days = (last - first).days + 1
    chart = (
        alt.Chart(data(rows))
        .mark_rect(stroke="theme:page", strokeWidth=1.5)
        .encode(
            x=alt.X(
                "health_date:O",
                title="day (UTC)",
                timeUnit="utcyearmonthdate",
                axis=alt.Axis(
                    format="%-d %b",
                    labelAngle=0,
                    labelOverlap="greedy",
                    ticks=False,
                    domain=False,
                    values=alt.Undefined,
                    labelSeparation=days // 10 + 6,
                ),
            ),
            y=alt.Y("signal_name:N", title="signal", axis=alt.Axis(domain=False, ticks=False)),
            color=alt.Color(
                "level:N", scale=alt.Scale(domain=list(LEVELS), range=list(LEVELS.values())), legend=legend()
            ),
            tooltip=[
                alt.Tooltip("health_date:N", title="day"),
                alt.Tooltip("signal_name:N", title="signal"),
                alt.Tooltip("level:N"),
                alt.Tooltip("conspicuous:N"),
            ],
        )
    )
    return finished(chart, 24 * len({row["signal_name"] for row in rows}))
