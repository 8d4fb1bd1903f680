"""Who comes back, counted again person by person: on the demo and on random sessions and conversions."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from compiled_models import run_compiled

SESSIONS = "space_id, universal_id, anonymous_id, session_started_at"
CONVERSIONS = "space_id, universal_id, anonymous_id, converted_at, is_refund, revenue_amount, currency_code"
RETENTION = """
    space_id, identity_mode, cohort_period, cohort_date, period_number, period_date, is_complete_period, currency_code,
    person_count, active_person_count, converted_person_count, revenue
"""


@dataclass(frozen=True)
class Deed:
    """A session, a conversion or a refund of one person, or of one cookie."""

    day: date
    kind: str
    revenue: Decimal | None = None
    currency_code: str | None = None


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return date.fromisocalendar(*day.isocalendar()[:2], 1)


def month_of(day: date) -> date:
    """The first of a day's month."""
    return day.replace(day=1)


def after(cohort_period: str, period: date) -> date:
    """The first day of the next period."""
    return week_of(period + timedelta(days=7)) if cohort_period == "week" else month_of(period + timedelta(days=31))


def rows_of_cohort(cohort_period: str, cohort: date, newest: date, members: list[list[Deed]]) -> Iterator[tuple]:
    """Give the rows of one cohort, from its own period to the newest."""
    period_of = {"week": week_of, "month": month_of}[cohort_period]
    period, number = cohort, 0
    while period <= newest:
        done = [[deed for deed in deeds if period_of(deed.day) == period] for deeds in members]
        active = sum(any(deed.kind != "refund" for deed in deeds) for deeds in done)
        converted = sum(any(deed.kind == "conversion" for deed in deeds) for deeds in done)
        paid = defaultdict(list)
        for deed in (deed for deeds in done for deed in deeds if deed.revenue is not None):
            paid[deed.currency_code].append(deed.revenue)
        place = (cohort_period, cohort, number, period, after(cohort_period, period) <= newest)
        yield (*place, None, len(members), active, converted, sum(paid.pop(None, [])) if None in paid else None)
        for currency_code, amounts in paid.items():
            yield (*place, currency_code, None, None, None, sum(amounts))
        period, number = after(cohort_period, period), number + 1


def expected_rows(sessions: list[tuple], conversions: list[tuple]) -> list[tuple]:
    """Give the rows of retention."""
    deeds = defaultdict(list)
    for space_id, person, cookie, started_at in sessions:
        for identity in (("graph", person), ("cookie", cookie)):
            deeds[space_id, *identity].append(Deed(started_at.date(), "session"))
    for space_id, person, cookie, converted_at, is_refund, revenue, currency_code in conversions:
        for identity in (("graph", person), ("cookie", cookie)):
            kind = "refund" if is_refund else "conversion"
            deeds[space_id, *identity].append(Deed(converted_at.date(), kind, revenue, currency_code))

    newest = max(deed.day for of_identity in deeds.values() for deed in of_identity)
    rows = []
    for cohort_period, period_of in (("week", week_of), ("month", month_of)):
        cohorts = defaultdict(list)
        for (space_id, mode, _), of_identity in deeds.items():
            active_days = [deed.day for deed in of_identity if deed.kind != "refund"]
            if active_days:
                cohorts[space_id, mode, period_of(min(active_days))].append(of_identity)
        for (space_id, mode, cohort), members in cohorts.items():
            rows += [(space_id, mode, *row) for row in rows_of_cohort(cohort_period, cohort, newest, members)]
    return rows


def test_cohorts_of_the_demo_are_those_of_a_count_by_person(optional_build):
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        sessions = connection.execute(f"select {SESSIONS} from marts.sessions where has_consent").fetchall()
        conversions = connection.execute(f"select {CONVERSIONS} from marts.conversions where has_consent").fetchall()
        rows = connection.execute(f"select {RETENTION} from marts.retention").fetchall()
    assert len(rows) > 100
    assert sorted(rows, key=str) == sorted(expected_rows(sessions, conversions), key=str)


def test_money_of_the_demo_is_that_of_its_conversions(optional_build):
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        earned = connection.execute(
            """
            select currency_code, sum(revenue_amount)
            from marts.conversions
            where revenue_amount is not null and has_consent
            group by all
            """
        ).fetchall()
        told = connection.execute(
            """
            select identity_mode, cohort_period, currency_code, sum(revenue)
            from marts.retention
            where revenue is not null
            group by all
            """
        ).fetchall()
    expected = [(mode, period, *row) for mode in ("graph", "cookie") for period in ("week", "month") for row in earned]
    assert sorted(told) == sorted(expected)


@pytest.mark.parametrize("seed", range(5))
def test_cohorts_of_random_visitors_are_those_of_a_count_by_person(optional_build, seed):
    chance = random.Random(seed)
    first = datetime(2024, 12, 1)

    def visitor() -> tuple[str, str, str, datetime]:
        person = chance.randint(1, 40)
        moment = first + timedelta(days=chance.choice([0, 27, 29, 30, 31, 32, 35, 36, chance.randint(0, 430)]))
        moment += timedelta(microseconds=chance.choice([0, 86_399_999_999, chance.randint(0, 86_399_999_999)]))
        return chance.choice(["s", "t"]), f"p{person}", f"c{person}{chance.choice('ab')}", moment

    def money() -> tuple[bool, Decimal | None, str | None]:
        amount = Decimal(chance.randint(0, 10_000)) / 100
        is_refund = chance.random() < 0.3
        sent = chance.choice([amount, amount, None])
        return is_refund, -sent if is_refund and sent is not None else sent, chance.choice(["EUR", "USD", None])

    sessions = [visitor() for _ in range(150)]
    conversions = [(*visitor(), *money()) for _ in range(60)]
    rows = run_compiled(
        optional_build.target,
        "retention",
        {
            "marts.sessions": (
                "space_id text, universal_id text, anonymous_id text, session_started_at timestamp, has_consent bool",
                [(*row, True) for row in sessions] + [(*visitor(), False) for _ in range(20)],
            ),
            "marts.conversions": (
                "space_id text, universal_id text, anonymous_id text, converted_at timestamp, is_refund bool,"
                " revenue_amount numeric(18, 4), currency_code text, has_consent bool",
                [(*row, True) for row in conversions] + [(*visitor(), *money(), False) for _ in range(10)],
            ),
        },
    )
    assert any(active == 0 for *_, active, _, _ in rows)
    assert sorted(rows, key=str) == sorted(expected_rows(sessions, conversions), key=str)
