"""Every credit of the demo, computed again from its sessions and touches by another way than by SQL."""

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import accumulate, pairwise
from math import floor

import duckdb
import pytest
from compiled_models import run_compiled
from dbt_runs import PROJECT

HUNDRED_MILLION = 10**8
# Time decay weighs in whole ten millionths, one at least.
TEN_MILLION = 10**7

with (PROJECT / "seeds" / "attribution_models.csv").open(newline="") as seed:
    MODELS = {row["attribution_model"]: row for row in csv.DictReader(seed)}
# Rows that a user may add: touches dozens of half-lives old, and weights that the method leaves unread.
WEIGHTS = {"first_weight": "50", "middle_weight": "0", "last_weight": "50"}
ADDED = {
    "decay_by_day": MODELS["time_decay"] | {"window_days": "", "half_life_days": "1"},
    "linear_with_weights": MODELS["linear"] | WEIGHTS,
}
ADDED = {name: row | {"attribution_model": name} for name, row in ADDED.items()}

TOUCHES = """
    select
        sessions.space_id, sessions.universal_id, sessions.anonymous_id, sessions.session_id,
        coalesce(campaigns.touch_number, 0), coalesce(campaigns.touched_at, sessions.session_started_at),
        sessions.session_started_at, sessions.has_consent
    from marts.sessions as sessions
    join intermediate.int_sessions as counted using (session_id)
    left join (from intermediate.int_campaign_sessions where touch_number is not null) as campaigns
        on counted.id_number = campaigns.id_number and counted.session_started_at = campaigns.session_started_at
"""
CONVERSIONS = """
    select
        conversion_id, space_id, universal_id, anonymous_id, session_id, attributed_at, revenue_amount, has_consent
    from marts.conversions
"""
CREDITS = """
    select
        attribution_model, identity_mode, conversion_id, touch_count, touch_position, touch_session_id, credit,
        attributed_revenue
    from marts.attributed_conversions
"""

START = datetime(2026, 1, 5, 8)
# Of tables that compiled models read.
MODEL_COLUMNS = """
    attribution_model varchar, method varchar, window_days integer, first_weight decimal(18, 3),
    middle_weight decimal(18, 3), last_weight decimal(18, 3), half_life_days decimal(18, 3), excludes_direct boolean,
    is_enabled boolean, version integer, owner varchar, description varchar
"""
TOUCH_COLUMNS = """
    identity_mode varchar, identity_id varchar, is_person boolean, space_id varchar, session_id varchar,
    session_started_at timestamp, touch_number bigint, touched_at timestamp, channel varchar, utm_source varchar,
    utm_medium varchar, utm_campaign varchar, utm_content varchar, utm_term varchar, click_id varchar,
    touch_place bigint, campaign_place bigint
"""
CONVERSION_COLUMNS = """
    conversion_id varchar, is_refund boolean, event_name varchar, space_id varchar, universal_id varchar,
    anonymous_id varchar, session_id varchar, converted_at timestamp, attributed_at timestamp,
    revenue_amount decimal(18, 4), currency_code varchar, has_consent boolean
"""
# What a run that goes on from another reads: all persons are changed ones, however the demo was compiled last.
CHANGED_COLUMNS = "space_id varchar, identity_id varchar"
SESSION_COLUMNS = """
    id_number bigint, session_id varchar, space_id varchar, anonymous_id varchar, has_consent boolean,
    session_started_at timestamp
"""
CAMPAIGN_COLUMNS = "id_number bigint, session_started_at timestamp, touch_number bigint, touched_at timestamp"
ATTRIBUTED_COLUMNS = """
    conversion_id varchar, attribution_model varchar, identity_mode varchar, converted_at timestamp, touch_count bigint,
    touch_position bigint, touched_at timestamp, channel varchar
"""
CREDITED_COLUMNS = """
    conversion_id varchar, identity_mode varchar, attribution_model varchar, method varchar, session_id varchar,
    touch_number bigint, touch_count bigint, touch_position bigint, weight bigint
"""


@dataclass(frozen=True, order=True)
class Touch:
    """A touch; touches are numbered in this order."""

    touched_at: datetime
    session_id: str
    touch_number: int
    session_started_at: datetime


def whole_seconds(moment: datetime) -> datetime:
    """A moment without the parts of its second; by these time decays."""
    return moment.replace(microsecond=0)


def credits_of_path(model: dict[str, str], ages: list[timedelta]) -> dict[int, Decimal]:
    """The credits of a path's touches by position; the last that has one takes what rounding leaves.

    Args:
        model: the row of attribution_models.
        ages: how long before the conversion each touch was, the first touch first.

    """
    count, method = len(ages), model["method"]
    weights = [Fraction(1)] * count
    if method == "time_decay":
        halvings = [(age - min(ages)) / timedelta(days=int(model["half_life_days"])) for age in ages]
        weights = [Fraction(max(1, floor(TEN_MILLION * 0.5**halving + 0.5))) for halving in halvings]
    if method == "position_based" and count > 1:
        first, middle, last = (Fraction(model[f"{place}_weight"]) for place in ("first", "middle", "last"))
        weights = [first, *(middle / (count - 2) for _ in range(count - 2)), last]
    if method == "participation":
        return {position: Decimal(1) for position in range(1, count + 1)}
    weighed = {position: weight for position, weight in enumerate(weights, 1) if weight}
    total = sum(weighed.values())
    parts = {position: HUNDRED_MILLION * weight // total for position, weight in weighed.items()}
    parts[max(parts)] += HUNDRED_MILLION - sum(parts.values())
    return {position: Decimal(part) / HUNDRED_MILLION for position, part in parts.items()}


def revenue_of_path(revenue: Decimal | None, credits: dict[int, Decimal], method: str) -> dict[int, Decimal | None]:
    """The revenue of each touch: what the sum so far, to four digits, grows by."""
    if revenue is None or method == "participation":
        return dict.fromkeys(credits, revenue)
    sums = [Decimal(0)]
    for share in accumulate(credits.values()):
        sums.append((revenue * share).quantize(Decimal("0.0001"), ROUND_HALF_UP))
    return {place: after - before for place, (before, after) in zip(credits, pairwise(sums), strict=True)}


@pytest.fixture(scope="module")
def marts(demo_build):
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        yield connection


Owner = tuple[str, str, str, bool]


def owners(space_id: str, person: str, cookie: str, has_consent: bool) -> tuple[Owner, Owner]:
    """Whose something is, with the graph and by cookie; what lacks consent is of no person, whatever its name."""
    return ("graph", space_id, person, has_consent), ("cookie", space_id, cookie, False)


def expected_credits(
    conversions: Iterable[tuple], paths: dict[Owner, list[Touch]], models: dict[str, dict[str, str]] = MODELS
) -> Iterator[tuple]:
    """Each credit of each model, in the columns of CREDITS.

    Args:
        conversions: in the columns of CONVERSIONS.
        paths: all touches by whose they are.
        models: rows of attribution_models by name.

    """
    for conversion_id, space_id, person, cookie, session_id, attributed_at, revenue, has_consent in conversions:
        for owner in owners(space_id, person, cookie, has_consent):
            mode, path = owner[0], sorted(paths[owner])
            for name, model in models.items():
                window = timedelta(days=int(model["window_days"] or 999_999))
                touches = [
                    touch
                    for touch in path
                    if (touch.touch_number or model["excludes_direct"] == "false")
                    and attributed_at - touch.touched_at <= window
                    and (
                        touch.touched_at <= attributed_at
                        or touch.session_id == session_id
                        and touch.touch_number <= 1
                        and touch.touched_at <= attributed_at + timedelta(minutes=1)
                        and touch.session_started_at >= attributed_at
                    )
                ]
                ages = [whole_seconds(attributed_at) - whole_seconds(touch.touched_at) for touch in touches]
                credits = credits_of_path(model, [max(age, timedelta(0)) for age in ages] or [timedelta(0)])
                shares = revenue_of_path(revenue, credits, model["method"])
                for place, credit in credits.items():
                    position, session = (place, touches[place - 1].session_id) if touches else (None, session_id)
                    yield name, mode, conversion_id, len(touches), position, session, credit, shares[place]


def test_credits_of_the_demo_are_those_of_each_model_touch_by_touch(marts):
    paths = defaultdict(list)
    for space_id, person, cookie, session_id, number, touched_at, started_at, has_consent in marts.execute(
        TOUCHES
    ).fetchall():
        for owner in owners(space_id, person, cookie, has_consent):
            paths[owner].append(Touch(touched_at, session_id, number, started_at))
    rows = marts.execute(CREDITS).fetchall()
    assert max(count for _, _, _, count, *_ in rows) > 5
    assert Counter(rows) == Counter(expected_credits(marts.execute(CONVERSIONS).fetchall(), paths))


def random_journeys(chance: random.Random) -> tuple[list[tuple], dict[Owner, list[Touch]]]:
    """Make conversions of persons with up to three cookies, and their touches, many of them in one second.

    A person is named for the first cookie; what lacks consent lies on any.
    """
    conversions, paths = [], defaultdict(list)
    for number in range(200):
        space_id, person = chance.choice(["s", "t"]), f"p{number}"
        cookies = [person, *(f"{person} {cookie}" for cookie in range(chance.randint(0, 2)))]
        is_direct_only = chance.random() < 0.2
        for session in range(chance.choice([0, 1, 1, 2, 5, 12])):
            cookie, has_consent = chance.choice(cookies), chance.random() < 0.8
            started_at = START + chance.choice([timedelta(minutes=1), timedelta(days=1)]) * chance.randint(0, 40)
            touch_count = 0 if is_direct_only else chance.choice([0, 1, 1, 3])
            for touch_number in range(1, touch_count + 1) if touch_count else [0]:
                touched_at = started_at + timedelta(seconds=chance.choice([0, 0, 30, 90, 150]) if touch_number else 0)
                for owner in owners(space_id, person if has_consent else cookie, cookie, has_consent):
                    paths[owner].append(Touch(touched_at, f"{person} session {session}", touch_number, started_at))
        for conversion in range(chance.choice([1, 1, 2])):
            cookie, has_consent = chance.choice(cookies), chance.random() < 0.8
            touch = chance.choice([*paths["cookie", space_id, cookie, False], None])
            session_id = touch.session_id if touch else None
            attributed_at = START + chance.choice([timedelta(minutes=1), timedelta(days=1)]) * chance.randint(0, 40)
            if touch and chance.random() < 0.5:
                attributed_at = touch.session_started_at + timedelta(seconds=chance.choice([-60, -30, 0, 1, 60, 120]))
            revenue = chance.choice([None, Decimal(0), Decimal("0.0001"), Decimal(chance.randint(1, 99999)) / 100])
            name = person if has_consent else cookie
            named = (f"{person} {conversion}", space_id, name, cookie, session_id, attributed_at)
            amount = revenue if revenue is None else revenue.quantize(Decimal("0.0001"))
            conversions.append((*named, amount, has_consent))
    return conversions, paths


@pytest.mark.parametrize("seed", range(3))
def test_credits_of_random_journeys_are_those_of_each_model(demo_build, seed):
    chance = random.Random(seed)
    conversions, paths = random_journeys(chance)
    touches = []
    for (mode, space_id, owner, is_person), path in paths.items():
        campaigns = 0
        for place, touch in enumerate(sorted(path), 1):
            campaigns += touch.touch_number > 0
            values = (mode, owner, is_person, space_id, touch.session_id, touch.session_started_at)
            touch_itself = (touch.touch_number, touch.touched_at, "email")
            touches.append((*values, *touch_itself, *[None] * 6, place, campaigns))
    models = MODELS | ADDED
    rows_of_models = [[value or None for value in model.values()] for model in models.values()]
    # A refund comes days after what it is credited by.
    days_later = [chance.choice([0, 0, 1]) for _ in conversions]
    stored = []
    for row, days in zip(conversions, days_later, strict=True):
        currency = None if row[6] is None else "EUR"
        moments = (row[5] + timedelta(days=days), row[5])
        stored.append((row[0], days > 0, "order", *row[1:5], *moments, row[6], currency, row[7]))
    # In any order.
    chance.shuffle(touches)
    chance.shuffle(stored)
    tables = {
        "seeds.attribution_models": (MODEL_COLUMNS, rows_of_models),
        "intermediate.int_touches": (TOUCH_COLUMNS, touches),
        "intermediate.int_changed_persons": (CHANGED_COLUMNS, {(row[1], row[2]) for row in conversions}),
        "marts.conversions": (CONVERSION_COLUMNS, stored),
    }
    credited = run_compiled(demo_build.target, "int_credited_touches", tables)
    assert {row[-3] for row in credited} >= {0, 1, 2, 3}
    tables["marts.sessions"] = ("session_id varchar, session_started_at timestamp", [])
    tables["intermediate.int_credited_touches"] = (CREDITED_COLUMNS, credited)
    rows = run_compiled(demo_build.target, "attributed_conversions", tables)
    # Model, mode and conversion, the touch's place and session, credit and revenue.
    credits = [(row[3], row[4], row[0], *row[10:13], *row[21:23]) for row in rows]
    assert Counter(credits) == Counter(expected_credits(conversions, paths, models))

    # The data test finds nothing wrong in what is right, and the touch that is missing in what is not.
    tables |= tables_of_sessions(paths)
    attributed = [(*row[:1], *row[3:5], *row[9:12], *row[13:15]) for row in rows]
    tables["marts.attributed_conversions"] = (ATTRIBUTED_COLUMNS, attributed)
    assert not run_compiled(demo_build.target, "assert_touches_credited_are_the_right_ones", tables)
    wrong = next(row for row in attributed if row[4] == 3)
    tables["marts.attributed_conversions"] = (ATTRIBUTED_COLUMNS, [(*wrong[:4], 2, *wrong[5:])])
    assert run_compiled(demo_build.target, "assert_touches_credited_are_the_right_ones", tables)


def tables_of_sessions(paths: dict[Owner, list[Touch]]) -> dict[str, tuple[str, list[tuple]]]:
    """Give the tables that tell of touches and whose they are, each session on an id of its own."""
    sessions: defaultdict[str, dict[str, tuple[Owner, set[Touch]]]] = defaultdict(dict)
    for owner, path in paths.items():
        for touch in path:
            sessions[touch.session_id].setdefault(owner[0], (owner, set()))[1].add(touch)
    counted, campaigns, ids = [], [], []
    for number, (session_id, known) in enumerate(sessions.items()):
        (_, space_id, cookie, _), touches = known["cookie"]
        (_, _, person, has_consent), _ = known["graph"]
        started_at = min(touches).session_started_at
        counted.append((number, session_id, space_id, cookie, has_consent, started_at))
        campaigns += [
            (number, started_at, touch.touch_number, touch.touched_at) for touch in touches if touch.touch_number
        ]
        ids.append((number, person))
    return {
        "intermediate.int_sessions": (SESSION_COLUMNS, counted),
        "intermediate.int_campaign_sessions": (CAMPAIGN_COLUMNS, campaigns),
        "intermediate.int_identity_resolved": (
            "id_number bigint, person_number bigint",
            [(row[0],) * 2 for row in ids],
        ),
        "intermediate.int_identity_ids": ("id_number bigint, node_id varchar", ids),
    }


def test_middle_is_spread_over_both_ends_of_two_touches():
    ages = [timedelta(days=2), timedelta(days=1)]
    halves, quarters = Decimal("0.5"), Decimal("0.25")
    assert credits_of_path(MODELS["position_based"], ages) == {1: halves, 2: halves}
    assert credits_of_path(MODELS["j_shaped"], ages) == {1: quarters, 2: 3 * quarters}
    assert credits_of_path(MODELS["inverse_j_shaped"], ages) == {1: 3 * quarters, 2: quarters}
