"""How much is stitched: over time, by the number of keys, and how many keys converted users bring."""

from __future__ import annotations

from identity_graph.page.charts import bars, lines
from identity_graph.page.figures import Figure, Section, count, rate, words
from identity_graph.page.marts import Marts
from identity_graph.text import counted

MOST_WEEKS = 52
ALL, CONVERTED = "all persons", "who converted"

RATE_BY_WEEK = """
    with persons_of_weeks as (
        select cast(date_trunc('week', first_visit_at) as date) as week, is_stitched, is_converted
        from persons
        where first_visit_at is not null
    ),

    weeks as (
        select
            week, $all as persons_counted, count(*) as persons, avg(cast(is_stitched as integer)) as share
        from persons_of_weeks
        group by week
        union all
        select
            week, $converted as persons_counted, count(*) as persons, avg(cast(is_stitched as integer)) as share
        from persons_of_weeks
        where is_converted
        group by week
    )

    select * from weeks
    where week > (select max(week) from persons_of_weeks) - 7 * cast($weeks as integer)
    order by week, persons_counted
"""
# A share of several spaces is that of all their ids.
RATE_BY_KEYS = """
    select
        breakdown as key_types,
        sum(metric_value * sample_size) / sum(sample_size) as share,
        sum(sample_size) as ids
    from identity_statistics
    where metric = 'stitching_rate_by_key_type_count'
    group by breakdown
    order by cast(breakdown as integer)
"""
COVERAGE = """
    select
        breakdown as key_type,
        sum(metric_value * sample_size) as ids,
        sum(metric_value * sample_size)
        / (
            select sum(sample_size) from (
                select distinct space_id, sample_size
                from identity_statistics
                where metric = 'key_coverage_of_ids_of_converted_users'
            )
        ) as share
    from identity_statistics
    where metric = 'key_coverage_of_ids_of_converted_users'
    group by breakdown
    order by share desc, key_type
"""


def section(marts: Marts) -> Section:
    """Rate over time, rate by number of key types, coverage of converted users."""
    by_week = marts.rows(RATE_BY_WEEK, all=ALL, converted=CONVERTED, weeks=MOST_WEEKS)
    by_keys = [
        row | {"of": f" of {counted(int(row['ids']), 'id')}", "keys": keys_of(row["key_types"])}
        for row in marts.rows(RATE_BY_KEYS)
    ]
    coverage = marts.rows(COVERAGE)
    figures = []
    if by_week:
        figures.append(
            Figure(
                "stitching_by_week",
                "Which share of persons has two ids or more?",
                "Each point is the persons who first came in that week. Newer weeks are lower, because a second device "
                "may still come.",
                ("persons",),
                (
                    words("week", "week"),
                    words("", "persons_counted"),
                    count("persons", "persons"),
                    rate("with two ids or more", "share"),
                ),
                by_week,
                lines(
                    by_week,
                    "week",
                    "persons_counted",
                    "share",
                    ("week of the first visit (from Monday, UTC)", "share of persons"),
                    [ALL, CONVERTED],
                ),
            )
        )
    if by_keys:
        figures.append(
            Figure(
                "stitching_by_keys",
                "Does another key help?",
                "Each bar is the ids that were seen with so many types of keys, and how many of them were joined to "
                "another id.",
                ("identity_statistics",),
                (words("key types", "key_types"), count("ids", "ids"), rate("joined", "share")),
                by_keys,
                bars(by_keys, "keys", "share", "share of ids that are joined to another", ".0%", note="of"),
            )
        )
    if coverage:
        figures.append(
            Figure(
                "key_coverage",
                "With which keys are the ids of buyers seen?",
                "Each bar is the share of buyers' ids that were seen with the key. A short bar is a signal that could "
                "be sent more often.",
                ("identity_statistics",),
                (words("key", "key_type"), count("ids", "ids"), rate("share of ids", "share")),
                coverage,
                bars(coverage, "key_type", "share", "share of the ids of converted users", ".0%"),
            )
        )
    return Section(
        "stitching",
        "How much is stitched?",
        "A person with one id was seen on one device only, or brought no key that tells.",
        figures,
    )


def keys_of(number: str) -> str:
    """The name of a bar."""
    return f"{number} key type" + "s" * (number != "1")
