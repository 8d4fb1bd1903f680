"""Paths, and what channels add to them: by hand, by exact fractions, and computed again from the demo's sessions."""

import csv
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import accumulate, groupby, pairwise, permutations
from math import factorial

import duckdb
import pytest
from conftest import OPTIONAL_MARTS
from dbt_runs import PROJECT, Dbt
from int_channel_effects import Paths, channel_effects, removal_effects, shapley_values, whole_weights

HUNDRED_MILLION = 10**8
TOUCHES = """
    select
        sessions.space_id, sessions.universal_id, sessions.anonymous_id, sessions.session_id,
        coalesce(campaigns.touch_number, 0), coalesce(campaigns.touched_at, sessions.session_started_at),
        coalesce(campaigns.channel, 'direct'), sessions.session_started_at, sessions.has_consent
    from marts.sessions as sessions
    join intermediate.int_sessions as counted using (session_id)
    left join (from intermediate.int_campaign_sessions where touch_number is not null) as campaigns
        on counted.id_number = campaigns.id_number and counted.session_started_at = campaigns.session_started_at
"""
CONVERSIONS = """
    select
        conversion_id, space_id, universal_id, anonymous_id, session_id, converted_at, revenue_amount, currency_code,
        has_consent
    from marts.conversions where not is_refund
"""
with (PROJECT / "seeds" / "attribution_models.csv").open(newline="") as seed:
    MODELS = {row["attribution_model"]: row for row in csv.DictReader(seed)}


# Effects, by exact fractions.


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Solve a linear system by Gauss and Jordan's elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for place in range(len(rows)):
        pivot = next(other for other in range(place, len(rows)) if rows[other][place])
        rows[place], rows[pivot] = rows[pivot], rows[place]
        rows[place] = [value / rows[place][place] for value in rows[place]]
        for other, row in enumerate(rows):
            if other != place and row[place]:
                rows[other] = [value - row[place] * by for value, by in zip(row, rows[place], strict=True)]
    return [row[-1] for row in rows]


def conversion_probability(paths: Paths, removed: str | None = None) -> Fraction:
    """The chance to convert from the start; who comes to the removed channel ends there."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for path, (conversions, others) in paths.items():
        for one, other in pairwise(("(start)", *path)):
            counts[one][other] += conversions + others
        counts[path[-1]]["(conversion)"] += conversions
        counts[path[-1]]["(null)"] += others
    states = [state for state in counts if state != removed]
    chances = {state: {to: Fraction(n, counts[state].total()) for to, n in counts[state].items()} for state in states}
    matrix = [[Fraction(one == other) - chances[one].get(other, 0) for other in states] for one in states]
    found = solve(matrix, [chances[state].get("(conversion)", Fraction(0)) for state in states])
    return found[states.index("(start)")]


def exact_removal_effects(paths: Paths) -> dict[str, Fraction]:
    """Each channel removed, and the chain solved anew."""
    whole = conversion_probability(paths)
    channels = {channel for path in paths for channel in path}
    return {
        channel: 1 - conversion_probability(paths, channel) / whole if whole else Fraction(0) for channel in channels
    }


def exact_shapley_values(paths: Paths) -> dict[str, Fraction]:
    """What a channel adds where it comes to those before it, the mean over all orders."""
    rates: dict[frozenset[str], Fraction] = {}

    def rate(present: frozenset[str]) -> Fraction:
        if present not in rates:
            within = [numbers for path, numbers in paths.items() if present.issuperset(path)]
            total = sum(map(sum, within))
            rates[present] = Fraction(sum(conversions for conversions, _ in within), total) if total else Fraction(0)
        return rates[present]

    channels = sorted({channel for path in paths for channel in path})
    added: dict[str, Fraction] = dict.fromkeys(channels, Fraction(0))
    for order in permutations(channels):
        for place, channel in enumerate(order):
            before = frozenset(order[:place])
            added[channel] += rate(before | {channel}) - rate(before)
    return {channel: value / factorial(len(channels)) for channel, value in added.items()}


def random_paths(seed: int, channel_count: int) -> Paths:
    """Paths in which channels come again, also in a row; at least one converts."""
    chance = random.Random(seed)
    channels = "abcdefghijklmnopqrst"[:channel_count]
    paths: Paths = {}
    for _ in range(chance.randint(1, 25)):
        path = tuple(chance.choice(channels) for _ in range(chance.randint(1, 6)))
        paths[path] = (chance.choice([0, 1, 3, 1000]), chance.randint(1, 2000))
    paths[tuple(channels[:2])] = (1, 0)
    return paths


def test_removal_effects_by_hand():
    """Worked out by hand.

    a > b converts twice, a and b alone each once do not: start -> a 3/4, -> b 1/4; a -> b 2/3, -> null 1/3;
    b -> conversion 2/3, -> null 1/3. P(conversion) = 3/4 * 2/3 * 2/3 + 1/4 * 2/3 = 1/2. Without a 1/4 * 2/3 = 1/6,
    without b 0.
    """
    found = removal_effects({("a", "b"): (2, 0), ("a",): (0, 1), ("b",): (0, 1)})
    assert found == pytest.approx({"a": 1 - (1 / 6) / (1 / 2), "b": 1})


def test_shapley_values_by_hand():
    """Worked out by hand.

    v(a) = 1/4, v(b) = 0, v(a, b) = 4/8: a adds 1/4 first and 1/2 after b, b 0 first and 1/4 after a.
    """
    paths = {("a",): (1, 3), ("b",): (0, 1), ("a", "b"): (2, 0), ("b", "a", "b"): (1, 0)}
    assert shapley_values(paths) == pytest.approx({"a": 3 / 8, "b": 1 / 8})


@pytest.mark.parametrize("seed", range(60))
def test_removal_effects_equal_a_chain_solved_anew_without_the_channel(seed):
    paths = random_paths(seed, channel_count=2 + seed % 7)
    exact = {channel: float(effect) for channel, effect in exact_removal_effects(paths).items()}
    assert removal_effects(paths) == pytest.approx(exact, abs=1e-11)


@pytest.mark.parametrize("seed", range(40))
def test_shapley_values_equal_the_mean_over_all_orders(seed):
    paths = random_paths(seed, channel_count=2 + seed % 5)
    exact = {channel: float(value) for channel, value in exact_shapley_values(paths).items()}
    assert shapley_values(paths) == pytest.approx(exact, abs=1e-11)


def test_random_paths_hold_effects_of_either_sign():
    values = [value for seed in range(40) for value in shapley_values(random_paths(seed, 5)).values()]
    assert min(values) < 0 < max(values)


@pytest.mark.parametrize("seed", range(10))
def test_the_rarest_channels_play_as_one_and_share_by_their_paths(seed):
    paths = random_paths(seed, channel_count=7)
    frequency = Counter[str]()
    for path, numbers in paths.items():
        frequency.update(dict.fromkeys(path, sum(numbers)))
    ranked = sorted(frequency, key=lambda channel: (-frequency[channel], channel))
    joined = ranked[3:]
    renamed: Paths = {}
    for path, (conversions, others) in paths.items():
        name = tuple("rest" if channel in joined else channel for channel in path)
        before = renamed.get(name, (0, 0))
        renamed[name] = (before[0] + conversions, before[1] + others)
    exact = exact_shapley_values(renamed)
    rest = exact.pop("rest", Fraction(0))
    expected = exact | {
        channel: rest * Fraction(frequency[channel], sum(frequency[other] for other in joined)) for channel in joined
    }
    found = shapley_values(paths, max_players=4)
    assert found == pytest.approx({channel: float(value) for channel, value in expected.items()}, abs=1e-11)


def test_values_of_many_channels_sum_to_the_conversion_rate():
    for channel_count in (12, 16, 20):
        paths = random_paths(1, channel_count) | {tuple("abcdefghijklmnopqrst"[:channel_count]): (3, 5)}
        conversions, others = (sum(numbers) for numbers in zip(*paths.values(), strict=True))
        values = shapley_values(paths)
        assert len(values) == channel_count
        assert sum(values.values()) == pytest.approx(conversions / (conversions + others))


def test_nothing_has_an_effect_where_nothing_converts():
    paths: Paths = {("a", "b"): (0, 2), ("b",): (0, 1)}
    assert removal_effects(paths) == shapley_values(paths) == {"a": 0.0, "b": 0.0}
    assert channel_effects([]) == []


def test_weights_are_parts_of_the_largest_effect_and_none_is_negative():
    effects = {"a": 0.5, "b": 0.25, "c": 0.0, "d": -0.1, "e": 1e-9}
    assert whole_weights(effects) == {"a": 10_000_000, "b": 5_000_000, "c": 0, "d": 0, "e": 1}
    assert whole_weights({"a": -0.1}) == {"a": 0}


def test_paths_of_several_currencies_are_added_up_and_order_does_not_matter():
    rows = [("s", "graph", "a > b", 1, 4), ("s", "graph", "b", 0, 2), ("t", "graph", "a > b", 7, 0)]
    apart = [("s", "graph", "a > b", 1, 0), ("s", "graph", "a > b", 0, 4), *rows[1:]]
    assert channel_effects(rows) == channel_effects(reversed(apart))


# The demo.


@dataclass(frozen=True, order=True)
class Touch:
    """A touch; touches are numbered in this order."""

    touched_at: datetime
    session_id: str
    touch_number: int
    channel: str
    session_started_at: datetime


# With the graph, what lacks consent is of nobody who gave it, whatever the name.
Owner = tuple[str, str, str, bool]


def written(channels: Iterable[str], transform: str) -> str:
    """A path as the transform writes it."""
    names = list(channels)
    if transform == "exposure_path":
        names = [name for name, _ in groupby(names)]
    if transform == "first_path":
        names = list(dict.fromkeys(names))
    return " > ".join(names)


def touches_by_owner(connection: duckdb.DuckDBPyConnection, with_consent: bool) -> dict[Owner, list[Touch]]:
    """All touches of each person and each cookie, in order, or those under consent."""
    found: dict[Owner, list[Touch]] = defaultdict(list)
    condition = "where sessions.has_consent" if with_consent else ""
    for space_id, person, cookie, *told in connection.execute(f"{TOUCHES} {condition}").fetchall():
        session_id, number, touched_at, channel, session_started_at, has_consent = told
        touch = Touch(touched_at, session_id, number, channel, session_started_at)
        found["graph", space_id, person, has_consent].append(touch)
        found["cookie", space_id, cookie, False].append(touch)
    return {owner: sorted(touches) for owner, touches in found.items()}


def expected_paths(
    connection: duckdb.DuckDBPyConnection, model: dict[str, str], transform: str
) -> tuple[dict[tuple[str, str], tuple], Counter]:
    """Paths of conversions by conversion and mode, and how often each path without one comes by space and mode."""
    window = timedelta(days=int(model["window_days"]))

    def is_credited(touch: Touch) -> bool:
        return touch.touch_number > 0 or model["excludes_direct"] == "false"

    is_looked_at = {
        owner: [touch for touch in path if is_credited(touch)]
        for owner, path in touches_by_owner(connection, with_consent=False).items()
    }
    last: dict[Owner, datetime] = {}
    noted_late = set()
    converting = {}
    for row in connection.execute(CONVERSIONS).fetchall():
        conversion_id, space_id, person, cookie, session_id, converted_at, revenue, currency, has_consent = row
        for owner in (("graph", space_id, person, has_consent), ("cookie", space_id, cookie, False)):
            late = [
                touch
                for touch in is_looked_at.get(owner, [])
                if touch.session_id == session_id
                and touch.touch_number <= 1
                and converted_at < touch.touched_at <= converted_at + timedelta(minutes=1)
                and touch.session_started_at >= converted_at - timedelta(minutes=1)
            ]
            before = [
                touch
                for touch in is_looked_at.get(owner, [])
                if timedelta(0) <= converted_at - touch.touched_at <= window
            ]
            noted_late |= {(owner, touch) for touch in late}
            last[owner] = max(converted_at, last.get(owner, converted_at))
            path = [*before, *late]
            first = min([path[0].touched_at, converted_at]) if path else None
            channels = [touch.channel for touch in path] or ["direct"]
            converting[conversion_id, owner[0]] = (written(channels, transform), len(path), first, revenue, currency)

    leading_nowhere: Counter[tuple[str, str, str]] = Counter()
    for owner, path in touches_by_owner(connection, with_consent=True).items():
        since = last.get(owner, datetime.min)
        after = [touch for touch in path if touch.touched_at > since and (owner, touch) not in noted_late]
        within = [touch for touch in after if after[-1].touched_at - touch.touched_at <= window]
        channels = [touch.channel for touch in within if is_credited(touch)] or ["direct"]
        if after:
            leading_nowhere[owner[1], owner[0], written(channels, transform)] += 1
    return converting, leading_nowhere


def stored_paths(connection: duckdb.DuckDBPyConnection) -> tuple[dict[tuple[str, str], tuple], Counter]:
    """The same, of the marts."""
    rows = connection.execute(
        """
        select conversion_id, identity_mode, channel_path, touch_count,
            case when touch_count > 0 then first_touched_at end, revenue_amount, currency_code
        from marts.conversion_paths
        """
    ).fetchall()
    counts = connection.execute(
        """
        select space_id, identity_mode, channel_path, non_conversion_count from marts.path_summary
        where non_conversion_count > 0
        """
    ).fetchall()
    return {row[:2]: row[2:] for row in rows}, Counter({row[:3]: row[3] for row in counts})


@pytest.fixture(scope="module")
def marts(optional_build):
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        yield connection


def test_paths_of_the_demo_are_those_of_its_touches(marts):
    converting, leading_nowhere = expected_paths(marts, MODELS["linear"], "exposure_path")
    found = stored_paths(marts)
    assert found[0] == converting
    assert found[1] == leading_nowhere
    # The demo holds all that the rules tell apart.
    assert {mode for _, mode, _ in leading_nowhere} == {"graph", "cookie"}
    assert leading_nowhere["default", "graph", "direct"] > 100
    assert max(path.count(">") for _, _, path in leading_nowhere) > 2


def test_summary_adds_up_the_paths_of_conversions(marts):
    expected: dict[tuple, list[tuple[Decimal | None, Decimal | None]]] = defaultdict(list)
    for *key, revenue, days in marts.execute(
        """
        select space_id, identity_mode, channel_path, currency_code, revenue_amount, days_to_convert
        from marts.conversion_paths where has_consent
        """
    ).fetchall():
        expected[tuple(key)].append((revenue, days))
    found = marts.execute(
        """
        select space_id, identity_mode, channel_path, currency_code, conversion_count, revenue, average_days_to_convert
        from marts.path_summary where conversion_count > 0
        """
    ).fetchall()
    assert {row[:4] for row in found} == set(expected)
    for *key, count, revenue, average in found:
        rows = expected[tuple(key)]
        days = [day for _, day in rows if day is not None]
        assert (count, revenue) == (len(rows), sum(amount or 0 for amount, _ in rows))
        assert (average is None) == (not days)
        assert not days or abs(average - sum(days) / len(days)) <= Decimal("0.0001")


def test_days_to_convert_are_whole_seconds(marts):
    rows = marts.execute(
        "select first_touched_at, converted_at, days_to_convert from marts.conversion_paths"
    ).fetchall()
    for first, converted_at, days in rows:
        if first is None:
            assert days is None
        else:
            seconds = (converted_at.replace(microsecond=0) - first.replace(microsecond=0)).total_seconds()
            assert abs(float(days) - seconds / 86400) <= 0.00006


def test_effects_of_the_demo_equal_exact_fractions(marts):
    paths_of: dict[tuple[str, str], Paths] = defaultdict(dict)
    for space_id, mode, path, conversions, others in marts.execute(
        """
        select space_id, identity_mode, channel_path, sum(conversion_count), sum(non_conversion_count)
        from marts.path_summary group by all
        """
    ).fetchall():
        paths_of[space_id, mode][tuple(path.split(" > "))] = (int(conversions), int(others))
    expected = {
        (*key, model, channel): float(effect)
        for key, paths in paths_of.items()
        for model, effects in (("markov", exact_removal_effects(paths)), ("shapley", exact_shapley_values(paths)))
        for channel, effect in effects.items()
    }
    found = {
        tuple(row[:4]): row[4]
        for row in marts.execute(
            "select space_id, identity_mode, attribution_model, channel, effect from intermediate.int_channel_effects"
        ).fetchall()
    }
    assert len(expected) > 20
    assert found == pytest.approx(expected, abs=1e-9)


def test_credits_of_the_demo_are_the_effects_of_the_touches(marts):
    weights = {
        tuple(row[:4]): row[4]
        for row in marts.execute(
            "select space_id, identity_mode, attribution_model, channel, weight from intermediate.int_channel_effects"
        ).fetchall()
    }
    paths: dict[tuple[str, str, str], list[tuple[int | None, str]]] = defaultdict(list)
    revenues = {}
    for space_id, mode, conversion_id, position, channel, revenue in marts.execute(
        """
        select space_id, identity_mode, conversion_id, touch_position, channel, revenue_amount
        from marts.attributed_conversions join marts.conversions using (space_id, conversion_id)
        where attribution_model = 'linear' order by touch_position
        """
    ).fetchall():
        paths[space_id, mode, conversion_id].append((position, channel))
        revenues[conversion_id] = revenue
    expected = []
    for (space_id, mode, conversion_id), path in paths.items():
        for model in ("markov", "shapley"):
            by_place = [(place, weights.get((space_id, mode, model, channel), 0)) for place, channel in path]
            credited = [(place, weight) for place, weight in by_place if weight] or [
                (place, 1) for place, _ in by_place
            ]
            total = sum(weight for _, weight in credited)
            parts = [HUNDRED_MILLION * weight // total for _, weight in credited]
            parts[-1] += HUNDRED_MILLION - sum(parts)
            credits = [Decimal(part) / HUNDRED_MILLION for part in parts]
            revenue = revenues[conversion_id]
            sums = [
                (revenue * share).quantize(Decimal("0.0001"), ROUND_HALF_UP)
                for share in accumulate(credits, initial=Decimal(0))
                if revenue is not None
            ]
            shares = [after - before for before, after in pairwise(sums)] or [None] * len(credits)
            expected += [
                (conversion_id, mode, model, place, credit, share)
                for (place, _), credit, share in zip(credited, credits, shares, strict=True)
            ]
    found = marts.execute(
        """
        select conversion_id, identity_mode, attribution_model, touch_position, credit, attributed_revenue
        from marts.data_driven_conversions
        """
    ).fetchall()
    assert Counter(found) == Counter(expected)
    assert any(len(path) > 3 for path in paths.values())


def test_credits_stand_in_one_table_with_those_of_the_rules(marts):
    columns = [
        [row[:2] for row in marts.execute(f"describe marts.{name}").fetchall()]
        for name in ("attributed_conversions", "data_driven_conversions")
    ]
    assert columns[0] == columns[1]
    kept = """
        conversion_id, identity_mode, touch_count, touch_position, touch_session_id, touched_at, channel, utm_campaign,
        click_id, space_id, identity_id, converted_at, is_refund, currency_code
    """
    touches = marts.table("marts.attributed_conversions").filter("attribution_model = 'linear'").project(kept)
    credited = marts.table("marts.data_driven_conversions").project(kept)
    assert set(credited.fetchall()) <= set(touches.fetchall())


@pytest.fixture(scope="module")
def elsewhere(optional_build, tmp_path_factory):
    """A copy of the demo, to build its paths by other vars."""
    dbt = Dbt(tmp_path_factory.mktemp("paths"))
    dbt.parse(*OPTIONAL_MARTS)
    shutil.copy(optional_build.path, dbt.database)
    return dbt


def test_paths_are_written_as_the_vars_say(elsewhere):
    choice = "{optional_marts: [paths], path_attribution_model: participation, path_transform: first_path}"
    done = elsewhere("run", "--select", "int_unconverted_touches+", "--vars", choice)
    assert done.success, done.output
    with duckdb.connect(str(elsewhere.database), read_only=True) as connection:
        expected = expected_paths(connection, MODELS["participation"], "first_path")
        assert stored_paths(connection) == expected
        assert expected != expected_paths(connection, MODELS["participation"], "exposure_path")


def test_model_that_credits_less_than_it_looks_at_makes_no_paths(elsewhere):
    choice = "{optional_marts: [paths], path_attribution_model: last_touch, path_transform: unique_path}"
    done = elsewhere("build", "--select", "int_path_touches", "conversion_paths", "--vars", choice)
    assert done.statuses["assert_path_model_credits_all_it_looks_at"] == "fail"
    with duckdb.connect(str(elsewhere.database), read_only=True) as connection:
        every_touch = connection.table("intermediate.int_path_touches").aggregate("bool_and(is_in_path)").fetchall()
    assert every_touch == [(True,)]
