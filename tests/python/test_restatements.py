"""The ledger of restatements: what runs changed in published days, and why, on a stream small enough to know by heart.

test_incremental.py replays the ledger of streams in which everything happens, and of a run that died; test_undo.py has
an override, and test_metrics.py compares the values with MetricFlow's.
"""

from datetime import datetime

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
