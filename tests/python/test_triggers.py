"""Episodes of triggers and offline conversions, told again person by person: on the demo and on random streams."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from compiled_models import run_compiled

DEFINITION = """
    trigger_name text, trigger_type text, days integer, funnel_name text, step_number integer, max_days integer,
    is_enabled bool
"""
EPISODE = f"""
    {DEFINITION}, space_id text, universal_id text, episode_started_at timestamp, converted_at timestamp,
    returned_at timestamp
"""
PERSON = """
    space_id text, universal_id text, first_visit_at timestamp, last_seen_at timestamp, identity_confidence double,
    is_activatable bool
"""
SESSION = """
    space_id text, universal_id text, session_id text, session_started_at timestamp, session_ended_at timestamp,
    has_consent bool, anonymous_id text, event_count bigint
"""
CONVERSION = """
    space_id text, universal_id text, conversion_id text, converted_at timestamp, has_consent bool, is_refund bool,
    session_id text
"""
STEP = """
    space_id text, identity_id text, identity_mode text, funnel_name text, step_number bigint, is_last_step bool,
    reached_at timestamp
"""
COHORT = """
    cohort_name text, max_days_since_first_seen integer, min_event_count integer, min_session_count integer,
    max_prior_conversions integer, min_days_since_last_session integer, max_days_since_last_session integer,
    min_days_since_last_conversion integer, max_days_since_last_conversion integer, is_enabled bool
"""

Person = tuple[str, str]


@dataclass(frozen=True)
class Definition:
    """A row of trigger_definitions."""

    trigger_name: str
    trigger_type: str
    days: int
    funnel_name: str | None = None
    step_number: int | None = None
    max_days: int | None = None
    is_enabled: bool = True

    @property
    def row(self) -> tuple:
        """As a row of the seed."""
        return tuple(vars(self).values())


@dataclass
class Stream:
    """What is known of persons, as rows of the tables."""

    persons: list[tuple]
    sessions: list[tuple]
    conversions: list[tuple]
    steps: list[tuple]


@dataclass
class Deeds:
    """What one person did under consent."""

    visits: list[tuple[datetime, datetime]] = field(default_factory=list)
    conversions: list[datetime] = field(default_factory=list)
    steps: dict[tuple[str, int], datetime] = field(default_factory=dict)
    last_steps: set[tuple[str, int]] = field(default_factory=set)


def deeds_of(stream: Stream) -> dict[Person, Deeds]:
    """What each did."""
    deeds = defaultdict(Deeds)
    for space_id, person, _, started_at, ended_at, has_consent, *_ in stream.sessions:
        if has_consent:
            deeds[space_id, person].visits.append((started_at, ended_at))
    for space_id, person, _, converted_at, has_consent, is_refund, _ in stream.conversions:
        if has_consent and not is_refund:
            deeds[space_id, person].conversions.append(converted_at)
    for space_id, person, mode, funnel_name, step_number, is_last_step, reached_at in stream.steps:
        if mode == "graph":
            deeds[space_id, person].steps[funnel_name, step_number] = reached_at
            if is_last_step:
                deeds[space_id, person].last_steps.add((funnel_name, step_number))
    return deeds


def pauses(definition: Definition, did: Deeds) -> Iterator[tuple]:
    """Each moment after which nothing was begun for so long, with the next conversion and the next visit."""
    pause = timedelta(days=definition.days)
    activity = did.visits + [(moment, moment) for moment in did.conversions]
    for quiet_at in {ended_at for _, ended_at in activity}:
        later = [started_at for started_at, ended_at in activity if ended_at > quiet_at]
        if min(did.conversions, default=datetime.max) <= quiet_at and all(start > quiet_at + pause for start in later):
            conversion = min((moment for moment in did.conversions if moment > quiet_at), default=None)
            visit = min((started_at for started_at, _ in did.visits if started_at > quiet_at), default=None)
            yield quiet_at, conversion, visit


def episodes(definition: Definition, first_visit_at: datetime, did: Deeds) -> Iterable[tuple]:
    """Beginnings of episodes, with the conversion and the return that end each."""
    if definition.trigger_type == "inactive_after_conversion":
        return pauses(definition, did)
    if definition.trigger_type == "days_since_first_seen":
        return [(first_visit_at, None, None)] if did.visits else []
    step = (definition.funnel_name, definition.step_number)
    if step not in did.steps or step in did.last_steps:
        return []
    reached_at = did.steps[step]
    conversion = min((moment for moment in did.conversions if moment > reached_at), default=None)
    return [(reached_at, conversion, did.steps.get((step[0], step[1] + 1)))]


def expected_rows(definitions: list[Definition], stream: Stream) -> list[tuple]:
    """Give the rows of person_triggers."""
    clock = max(person[3] for person in stream.persons)
    deeds = deeds_of(stream)
    rows = []
    for space_id, person, first_visit_at, _, confidence, is_activatable in stream.persons:
        for definition in definitions:
            for began_at, converted_at, returned_at in episodes(definition, first_visit_at, deeds[space_id, person]):
                fired_at = began_at + timedelta(days=definition.days)
                ends = [(converted_at, "converted"), (returned_at, "returned")]
                ends = [(moment, reason) for moment, reason in ends if moment is not None]
                if fired_at > clock or any(moment <= fired_at for moment, _ in ends):
                    continue
                if definition.max_days is not None:
                    ends.append((fired_at + timedelta(days=definition.max_days), "too_long_ago"))
                # In the order of the alphabet of two at one moment, which is that of the definition.
                ended_at, reason = min([end for end in ends if end[0] <= clock], default=(None, None))
                named = (definition.trigger_name, space_id, person)
                rows.append((*named, began_at, fired_at, ended_at, reason, confidence, is_activatable))
    return rows


def made_rows(target: Path, definitions: list[Definition], stream: Stream) -> list[tuple]:
    """Give the rows of person_triggers as the models make them."""
    made = run_compiled(
        target,
        "int_trigger_episodes",
        {
            "seeds.trigger_definitions": (DEFINITION, [definition.row for definition in definitions]),
            "marts.persons": (PERSON, stream.persons),
            "marts.sessions": (SESSION, stream.sessions),
            "marts.conversions": (CONVERSION, stream.conversions),
            "marts.funnel_conversions": (STEP, stream.steps),
        },
    )
    tables = {"intermediate.int_trigger_episodes": (EPISODE, made), "marts.persons": (PERSON, stream.persons)}
    return run_compiled(target, "person_triggers", tables)


def names(columns: str) -> str:
    """Names of columns, without their types."""
    return ", ".join(column.split()[0] for column in columns.split(","))


@pytest.fixture(scope="module")
def demo(optional_build) -> Stream:
    """The demo's persons."""
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        read = {
            table: connection.execute(f"select {names(columns)} from marts.{table}").fetchall()
            for table, columns in (
                ("persons", PERSON),
                ("sessions", SESSION),
                ("conversions", CONVERSION),
                ("funnel_conversions", STEP),
            )
        }
    return Stream(*read.values())


def test_episodes_of_the_demo_are_those_of_a_comparison_of_all_pairs(optional_build, demo):
    definitions = [
        Definition("win_back", "inactive_after_conversion", 30, max_days=60),
        Definition("soon", "inactive_after_conversion", 4, max_days=3),
        Definition("welcome", "days_since_first_seen", 7, max_days=14),
        Definition("viewed", "funnel_left", 1, "purchase", 1, 14),
        Definition("abandoned_cart", "funnel_left", 1, "purchase", 2),
        Definition("at_the_end", "funnel_left", 1, "purchase", 4),
    ]
    rows = made_rows(optional_build.target, definitions, demo)
    assert {row[0] for row in rows} == {"win_back", "soon", "welcome", "viewed", "abandoned_cart"}
    assert {row[6] for row in rows} == {"converted", "returned", "too_long_ago", None}
    assert sorted(rows, key=str) == sorted(expected_rows(definitions, demo), key=str)


def test_mart_of_the_demo_has_the_rows_of_the_enabled_trigger(optional_build, demo):
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        rows = connection.execute("select * from marts.person_triggers").fetchall()
    assert len(rows) > 0
    shipped = [Definition("win_back", "inactive_after_conversion", 30, max_days=60)]
    assert sorted(rows, key=str) == sorted(expected_rows(shipped, demo), key=str)


@pytest.mark.parametrize("seed", range(5))
def test_episodes_of_random_persons_are_those_of_a_comparison_of_all_pairs(optional_build, seed):
    chance = random.Random(seed)
    first = datetime(2026, 1, 1)

    def moment() -> datetime:
        # Whole days meet at the very moment at which a trigger fires or ends.
        whole = first + timedelta(days=chance.randint(0, 60))
        return whole + timedelta(microseconds=chance.choice([0, 0, 0, 1, chance.randint(0, 86_399_999_999)]))

    everyone = [(chance.choice("st"), f"p{number}") for number in range(30)]
    persons = [(*person, moment(), moment(), chance.random(), chance.random() < 0.8) for person in everyone]
    sessions, conversions, steps = [], [], []
    for number in range(150):
        started_at = moment()
        long = timedelta(minutes=chance.choice([0, 0, 30, 3000]))
        visit = (*chance.choice(everyone), f"s{number}", started_at, started_at + long, chance.random() < 0.9)
        sessions.append((*visit, f"a{number}", 1))
        if chance.random() < 0.4:
            # Also at the moment at which a session starts.
            at = chance.choice([started_at, started_at + long, moment()])
            conversions.append((*visit[:2], f"c{number}", at, chance.random() < 0.9, chance.random() < 0.2, None))
    for person in everyone:
        moments = sorted(moment() for _ in range(3))
        for mode in ("graph", "cookie"):
            for number, reached_at in enumerate(moments[: chance.randint(0, 3)], 1):
                steps.append((*person, mode, "buy", number, number == 3, reached_at))
    definitions = [
        Definition("soon", "inactive_after_conversion", 1),
        Definition("later", "inactive_after_conversion", 10, max_days=chance.randint(1, 20)),
        Definition("welcome", "days_since_first_seen", 7, max_days=chance.choice([None, 5])),
        Definition("left", "funnel_left", chance.randint(1, 9), "buy", 1, chance.choice([None, 5])),
        Definition("cart", "funnel_left", 3, "buy", 2, chance.choice([None, 5])),
        Definition("last", "funnel_left", 3, "buy", 3),
        Definition("off", "days_since_first_seen", 1, is_enabled=False),
    ]
    stream = Stream(persons, sessions, conversions, steps)
    rows = made_rows(optional_build.target, definitions, stream)
    enabled = [definition for definition in definitions if definition.is_enabled]
    assert len(rows) > 50
    assert sorted(rows, key=str) == sorted(expected_rows(enabled, stream), key=str)


def test_lapsed_customers_are_those_of_the_trigger(optional_build, demo_build, demo):
    days = 10
    fired = made_rows(optional_build.target, [Definition("lapsed", "inactive_after_conversion", days)], demo)
    cohorts = run_compiled(
        demo_build.target,
        "conversion_cohorts",
        {
            "seeds.cohort_definitions": (COHORT, [("lapsed", *[None] * 4, days, None, days, None, True)]),
            "marts.persons": (PERSON, demo.persons),
            "marts.sessions": (SESSION, demo.sessions),
            "marts.conversions": (CONVERSION, demo.conversions),
        },
    )
    clock = max(person[3] for person in demo.persons)
    lapsed = sorted((*row[1:3], row[5]) for row in cohorts if row[5] <= clock)
    assert len(lapsed) > 10
    # Conversions in no session begin a pause of their own.
    assert any(row[4] for row in cohorts)
    assert sorted((*row[1:3], row[4]) for row in fired) == lapsed


def test_offline_conversions_of_the_demo_have_the_click_of_their_last_touch(optional_build):
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        made = connection.execute("select * from marts.offline_conversions").fetchall()
        conversions = connection.execute(
            """
            select
                conversion_id, space_id, universal_id, converted_at, revenue_amount, currency_code, event_name,
                order_id, has_consent
            from marts.conversions
            where not is_refund
            """
        ).fetchall()
        touched = connection.execute(
            """
            select credits.conversion_id, credits.click_id, sessions.has_consent
            from marts.attributed_conversions as credits
            inner join marts.sessions as sessions on credits.touch_session_id = sessions.session_id
            where credits.attribution_model = 'last_touch' and credits.identity_mode = 'graph'
            """
        ).fetchall()
        named = connection.execute(
            """
            select click_id, min(click_id_type)
            from intermediate.int_events
            where click_id is not null
            group by click_id
            """
        ).fetchall()
        parameters = connection.execute("select lower(parameter), network from seeds.click_id_parameters").fetchall()
    touches = {conversion_id: touch for conversion_id, *touch in touched}
    types, networks = dict(named), dict(parameters)
    expected = []
    for conversion_id, space_id, person, converted_at, amount, currency_code, *of_event, has_consent in conversions:
        click_id, is_click_under_consent = touches.get(conversion_id, (None, None))
        if click_id is not None:
            click = (click_id, types[click_id], networks.get(types[click_id]))
            value = (converted_at, amount, currency_code, *of_event)
            expected.append((conversion_id, space_id, person, *click, *value, has_consent and is_click_under_consent))
    assert len(expected) > 10
    assert {row[4] for row in made} >= {"gclid", "fbclid"}
    assert sorted(made, key=str) == sorted(expected, key=str)
