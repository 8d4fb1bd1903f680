"""The ledger of restatements: what runs changed in published days, and why, on a stream small enough to know by heart.

test_incremental.py replays the ledger of streams in which everything happens, and of a run that died; test_undo.py has
an override, and test_metrics.py compares the values with MetricFlow's.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from day_streams import COLUMNS, Configuration, RawEvent, Stream
from test_incremental import Harness, ledger_problems

NEWSLETTER = "https://shop.example/?utm_source=newsletter&utm_medium=email"
FIRST, SECOND, THIRD = (datetime(2026, 1, day, 12) for day in (10, 12, 13))


def event(visitor: str, day: int, **values: str) -> RawEvent:
    """What a visitor did on a day, at ten o'clock."""
    moment = f"2026-01-{day:02}T10:00:00"
    event = {"event_id": f"{visitor}-{day}", "event_name": "page_view", "occurred_at": moment, "anonymous_id": visitor}
    return dict.fromkeys(COLUMNS) | event | values


ORDER = {"event_name": "order_completed", "order_id": "o1", "revenue": "100", "currency": "EUR"}
FIRST_FILE = [
    *(event("phone", 5, page_url=NEWSLETTER), event("phone", 7)),
    *(event("desktop", 6, **ORDER), event("desktop", 7)),
    *(event("other", 5), event("last", 9)),
]
# A visit comes late, and a login tells that phone and desktop are one person.
SECOND_FILE = [event("other", 8), event("phone", 11, user_id="u"), event("desktop", 11, user_id="u")]

# What a load must have made to be complete.
COMPLETE = [
    "--select",
    "+config.materialized:incremental",
    "+config.materialized:table_if_changed",
    "metric_restatements",
]
RESTATED = """
    select
        load_number, restated_at, metric_name, day(metric_date), dimension_value, currency_code, old_value::integer,
        new_value::integer, cause, has_other_causes
    from marts.metric_restatements
    order by all
"""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple]]:
    """The ledger after a run on the first file, one on the second, and one under another rule."""
    harness = Harness(tmp_path_factory.mktemp("restatements"))
    harness.start(Stream(0, Configuration([], {}), "ndjson", []))
    found = {}
    runs = [("first", FIRST, FIRST_FILE), ("second", SECOND, SECOND_FILE), ("other rule", THIRD, [])]
    for run, as_of, events in runs:
        if events:
            harness.write_file(run, events)
        else:
            harness.change_seed("attribution_models", {"attribution_model": "last_touch"}, {"window_days": 0})
        harness.must_run(as_of, *COMPLETE)
        assert ledger_problems(harness.incremental) == [], run
        with harness.incremental.connect() as connection:
            found[run] = connection.execute(RESTATED).fetchall()
    return found


def test_nothing_was_published_before_the_first_load(ledger):
    assert ledger["first"] == []


def test_late_event_and_merge_are_told_with_what_they_changed(ledger):
    late, merge = ("late_events", False), ("identity", False)
    assert ledger["second"] == [
        (2, SECOND, "active_users", 7, "all", None, 2, 1, *merge),
        (2, SECOND, "active_users", 7, "direct", None, 2, 1, *merge),
        (2, SECOND, "active_users", 8, "all", None, 0, 1, *late),
        (2, SECOND, "active_users", 8, "direct", None, 0, 1, *late),
        (2, SECOND, "last_touch_conversions", 6, "direct", None, 1, 0, *merge),
        (2, SECOND, "last_touch_conversions", 6, "email", None, 0, 1, *merge),
        (2, SECOND, "last_touch_revenue", 6, "direct", "EUR", 100, 0, *merge),
        (2, SECOND, "last_touch_revenue", 6, "email", "EUR", 0, 100, *merge),
        (2, SECOND, "sessions", 8, "all", None, 0, 1, *late),
        (2, SECOND, "sessions", 8, "direct", None, 0, 1, *late),
    ]


def test_changed_rule_is_compared_with_what_was_published(ledger):
    rule_change = ("rule_change", None)
    assert ledger["other rule"] == [
        *ledger["second"],
        (3, THIRD, "last_touch_conversions", 6, "direct", None, 0, 1, *rule_change),
        (3, THIRD, "last_touch_conversions", 6, "email", None, 1, 0, *rule_change),
        (3, THIRD, "last_touch_revenue", 6, "direct", "EUR", 0, 100, *rule_change),
        (3, THIRD, "last_touch_revenue", 6, "email", "EUR", 100, 0, *rule_change),
    ]


def moments(visitor: str, *told: tuple[datetime, dict[str, Any]]) -> list[RawEvent]:
    """What a visitor did when; received at once but where something else is said."""
    return [
        dict.fromkeys(COLUMNS)
        | {"event_id": f"{visitor}-{moment}", "event_name": "page_view", "occurred_at": moment.isoformat()}
        | {"anonymous_id": visitor, "received_at": moment.isoformat()}
        | values
        for moment, values in told
    ]


def test_each_change_has_its_cause_to_the_second(tmp_path):
    """In two runs with their data tests: what the second brings changes days before its own."""
    start, second, minute, day = datetime(2026, 3, 2), timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
    campaign, received = {"page_url": NEWSLETTER}, {"received_at": (start + 20 * day).isoformat()}

    def order(number: int, *, of_server: bool = False) -> dict[str, str]:
        told = ORDER | {"order_id": f"o{number}"}
        return told | {"platform": "server"} if of_server else told

    # The server says of each order a moment before the browser what it was.
    back_from_bank, to_midnight = start + 12 * 60 * minute, start + 2 * day
    first = [
        *moments("bank", (back_from_bank - 35 * minute, {}), (back_from_bank, order(1, of_server=True))),
        *moments("bank", (back_from_bank + 8 * second, order(1) | {"referrer": "https://www.paypal.com/checkout"})),
        *moments("midnight", (to_midnight - 10 * second, order(2, of_server=True))),
        # Its amount comes days later.
        *moments("without amount", (start + 3 * day, {"event_name": "purchase", "order_id": "o3"})),
        # Whose the last page is, the next login says.
        *moments("tablet", (start + 5 * day, {"user_id": "ann"}), (start + 6 * day, {"user_id": "bob"})),
        *moments("tablet", (start + 7 * day, {})),
        *moments("phone", (start + 6 * day + minute, {"user_id": "bob"}), (start + 7 * day, {})),
        # A session over midnight on an id that several users share.
        *moments("desk", (start + 8 * day, {"user_id": "cem"}), (start + 9 * day, {"user_id": "dee"})),
        *moments("desk", (start + 10 * day - 10 * minute, {"user_id": "cem"}), (start + 10 * day + 15 * minute, {})),
        # A screen that is on for days, but for a pause.
        *moments("screen", *((start + 11 * day + 20 * minute * step, {}) for step in range(71, 142) if step != 105)),
        *moments("last", (start + 18 * day, order(4))),
    ]
    then = [
        *moments("midnight", (to_midnight + 5 * second, campaign | received)),
        *moments("midnight", (to_midnight + 8 * second, order(2) | received)),
        *moments("server", (start + 20 * day, order(3, of_server=True))),
        *moments("tablet", (start + 20 * day, {"user_id": "bob"})),
        *moments("desk", (start + 10 * day + 10 * minute, campaign | received)),
        *moments("screen", (start + 11 * day + 20 * minute * 105, received)),
    ]
    harness = Harness(tmp_path)
    harness.start(Stream(0, Configuration([], {}), "ndjson", []))
    runs = [("first", start + 19 * day, first), ("then", start + 21 * day, then)]
    for name, as_of, events in runs:
        harness.write_file(name, events)
        events_path, variables, _ = harness.command(as_of, [])
        built = harness.incremental.run(events_path, variables, ["build", "--exclude-resource-type", "unit_test"])
        assert built == "", name
    assert ledger_problems(harness.incremental) == []
    with harness.incremental.connect() as connection:
        causes = connection.execute(
            "select metric_date - date '2026-03-02', list(distinct cause order by cause) from marts.metric_restatements"
            " group by metric_date order by metric_date"
        ).fetchall()
        touches = connection.execute(
            "select distinct attribution_model, channel, touched_at - converted_at from marts.attributed_conversions"
            " where identity_id = 'bank'"
            " and attribution_model in ('first_touch', 'last_touch', 'last_touch_with_direct') order by all"
        ).fetchall()
    late = ["late_events"]
    assert causes == [(1, late), (2, late), (3, late), (7, late), (9, late), (12, late)]
    at_once = timedelta()
    assert touches == [
        ("first_touch", "direct", -35 * minute),
        ("last_touch", "direct", at_once),
        ("last_touch_with_direct", "direct", at_once),
    ]
