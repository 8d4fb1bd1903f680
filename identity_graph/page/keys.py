"""Keys: which combinations are seen, what they join, how precise they are measured, and what was refused."""

from __future__ import annotations

import altair as alt

from identity_graph.page.charts import ROW_HEIGHT, Spec, bars, data, finished, legend
from identity_graph.page.figures import Figure, Section, count, rate, words
from identity_graph.page.marts import Marts, Row
from identity_graph.text import counted

MOST_COMBINATIONS = 12

COMBINATIONS = """
    select
        breakdown as combination,
        sum(sample_size) as ids,
        sum(metric_value * sample_size) / sum(sample_size) as share
    from identity_statistics
    where metric = 'stitching_rate_by_key_combination'
    group by breakdown
    order by ids desc, combination
    limit $most
"""
PRECISION = """
    select key_type, sample_size, agreeing_count, measured_precision, precision_lower_bound
    from identity_key_precision
    where gap_bucket = 'all'
    order by sample_size desc, key_type
"""
EVIDENCE = """
    select
        key_type,
        count(case when is_accepted then 1 end) as accepted,
        count(case when is_link then 1 end) as pairs,
        count(case when not is_accepted then 1 end) as refused,
        coalesce(string_agg(distinct refusal_reason, ', ' order by refusal_reason), '') as reasons
    from identity_links
    group by key_type
    order by count(*) desc, key_type
"""


def section(marts: Marts) -> Section:
    """Evidence by key, measured precision, stitching rate of combinations."""
    combinations = [
        row | {"of": f" of {counted(int(row['ids']), 'id')}"}
        for row in marts.rows(COMBINATIONS, most=MOST_COMBINATIONS)
    ]
    precision = [row | {"of": f" of {counted(row['sample_size'], 'pair')}"} for row in marts.rows(PRECISION)]
    evidence = marts.rows(EVIDENCE)
    figures = []
    if evidence:
        figures.append(
            Figure(
                "evidence",
                "Which keys join ids, and what was refused?",
                "Each bar counts evidence: two ids with one value of the key; a pair may share several values. Refused "
                "is what a limit or an owner keeps apart.",
                ("identity_links",),
                (
                    words("key", "key_type"),
                    count("accepted", "accepted"),
                    count("pairs joined", "pairs"),
                    count("refused", "refused"),
                    words("why refused", "reasons"),
                ),
                evidence,
                evidence_chart(evidence),
            )
        )
    if precision:
        figures.append(
            Figure(
                "key_precision",
                "Can a key be trusted?",
                "Of pairs that the key joins and that both logged in, the share with the same user. The line begins at "
                "the lower bound of 95% confidence: a long line is a small sample.",
                ("identity_key_precision",),
                (
                    words("key", "key_type"),
                    count("pairs", "sample_size"),
                    count("of these the same user", "agreeing_count"),
                    rate("precision", "measured_precision"),
                    rate("lower bound", "precision_lower_bound"),
                ),
                precision,
                bars(
                    precision,
                    "key_type",
                    "measured_precision",
                    "measured precision, and its lower bound",
                    ".1%",
                    note="of",
                    lower_limit="precision_lower_bound",
                ),
            )
        )
    if combinations:
        figures.append(
            Figure(
                "key_combinations",
                "Which keys are seen together, and do they join?",
                f"The {len(combinations)} most frequent combinations of keys on an id; the bar is the share of these "
                "ids that are joined to another.",
                ("identity_statistics",),
                (words("keys", "combination"), count("ids", "ids"), rate("joined", "share")),
                combinations,
                bars(combinations, "combination", "share", "share of ids that are joined to another", ".0%", note="of"),
                is_wide=True,
            )
        )
    return Section(
        "keys",
        "Which evidence joins ids?",
        "Ids are joined where they share the value of a key within its window, and by nothing else.",
        figures,
    )


def evidence_chart(rows: list[Row]) -> Spec:
    """Accepted and refused evidence of each key, end to end."""
    base = alt.Chart(data(rows)).transform_fold(["accepted", "refused"], as_=["outcome", "evidence"])
    chart = base.mark_bar(size=14).encode(
        x=alt.X("evidence:Q", title="pieces of evidence", axis=alt.Axis(format=",~r", tickCount=5)),
        y=alt.Y(
            "key_type:N", sort=[row["key_type"] for row in rows], title=None, axis=alt.Axis(domain=False, ticks=False)
        ),
        color=alt.Color(
            "outcome:N",
            scale=alt.Scale(domain=["accepted", "refused"], range=["theme:graph", "theme:alert"]),
            legend=legend(),
        ),
        order=alt.Order("outcome:O"),
        tooltip=[alt.Tooltip("key_type:N"), alt.Tooltip("outcome:N"), alt.Tooltip("evidence:Q", format=",")],
    )
    return finished(chart, ROW_HEIGHT * len(rows))
