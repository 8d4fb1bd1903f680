"""The credited revenue that dbt Labs' attribution playbook publishes, from its sessions by our models.

The rows are those of data/ in dbt-labs/attribution-playbook: the sessions of commit 7ca3d1a, without columns that no
model reads, and the conversions of commit fd07991.
"""

import csv
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from compiled_models import run_compiled
from conftest import DemoBuild
from test_attribution import CHANGED_COLUMNS, CONVERSION_COLUMNS, CREDITED_COLUMNS, MODEL_COLUMNS, TOUCH_COLUMNS

PLAYBOOK = Path(__file__).parent / "playbook"
SOURCES = ("adwords", "bing", "direct", "facebook_ads", "google")
# What the playbook shows of each source, and to how many digits.
PUBLISHED = {
    "first": ("1", (10, 0, 140, 95, 30)),
    "last": ("1", (15, 25, 145, 50, 40)),
    "linear": ("0.01", ("19.11", "6.43", "141.43", "70.18", "37.86")),
    "forty_twenty_forty": ("0.1", ("16.4", "10", "141.4", "71.4", "35.8")),
}
# All sessions of 30 days count, direct or not: rows of attribution_models as an adopter would write them.
ENDING = (None, False, True, 1, "growth", None)
MODELS = [
    ("first", "position_based", 30, 100, 0, 0, *ENDING),
    ("last", "position_based", 30, 0, 0, 100, *ENDING),
    ("linear", "linear", 30, None, None, None, *ENDING),
    ("forty_twenty_forty", "position_based", 30, 40, 20, 40, *ENDING),
]
SESSION_COLUMNS = """
    space_id varchar, universal_id varchar, anonymous_id varchar, node_id varchar, session_id varchar,
    session_started_at timestamp, has_consent boolean
"""
CAMPAIGN_COLUMNS = """
    id_number bigint, session_started_at timestamp, touch_number bigint, touched_at timestamp, channel varchar,
    utm_source varchar, utm_medium varchar, utm_campaign varchar, utm_content varchar, utm_term varchar,
    click_id varchar
"""


def rows_of(name: str) -> list[dict[str, str]]:
    """Rows of a file of the playbook."""
    with (PLAYBOOK / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def id_numbers(users: set[str]) -> dict[str, int]:
    """The number under which the tables of facts know each user."""
    with duckdb.connect() as connection:
        sql = "select cast(hash('default', ?) >> 2 as bigint)"
        return {user: connection.execute(sql, [user]).fetchall()[0][0] for user in users}


def credited_revenue(target: Path) -> dict[str, Counter[str]]:
    """Revenue by model and source, from the compiled models one after the other."""
    sessions, orders = rows_of("sessions"), rows_of("conversions")
    numbers = id_numbers({row["user_id"] for row in sessions})
    conversions = []
    for number, order in enumerate(orders):
        user, converted_at = order["user_id"], order["converted_at"]
        named = (f"order {number}", False, "order_completed", "default", user, user, None, converted_at, converted_at)
        conversions.append((*named, order["revenue"], "USD", True))
    stored = [
        ("default", row["user_id"], row["user_id"], row["user_id"], row["session_id"], row["started_at"], True)
        for row in sessions
    ]
    # A direct session brings no campaign. The channel of any other is its source.
    campaigns = [
        (numbers[row["user_id"]], row["started_at"], 1, row["started_at"], *[row["utm_source"]] * 2, *[None] * 5)
        for row in sessions
        if row["utm_source"] != "direct"
    ]
    tables: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
        "seeds.attribution_models": (MODEL_COLUMNS, MODELS),
        "marts.conversions": (CONVERSION_COLUMNS, conversions),
        "marts.sessions": (SESSION_COLUMNS, stored),
        "intermediate.int_campaign_sessions": (CAMPAIGN_COLUMNS, campaigns),
        "intermediate.int_changed_persons": (CHANGED_COLUMNS, [("default", user) for user in numbers]),
    }
    for name, columns in {"int_touches": TOUCH_COLUMNS, "int_credited_touches": CREDITED_COLUMNS}.items():
        tables[f"intermediate.{name}"] = (columns, run_compiled(target, name, tables))
    revenue: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in run_compiled(target, "attributed_conversions", tables):
        model, mode, channel, amount = row[3], row[4], row[14], row[22]
        if mode == "graph":
            revenue[model][channel] += amount
    return revenue


@pytest.fixture(scope="module")
def revenue(demo_build: DemoBuild) -> dict[str, Counter[str]]:
    return credited_revenue(demo_build.target)


def test_playbook_has_the_sessions_and_the_revenue_that_it_counts():
    assert len(rows_of("sessions")) == 90
    assert sum(Decimal(row["revenue"]) for row in rows_of("conversions")) == 275


@pytest.mark.parametrize("model", PUBLISHED)
def test_credited_revenue_is_what_the_playbook_publishes(revenue, model):
    digits, published = PUBLISHED[model]
    found = {source: Decimal(revenue[model][source]).quantize(Decimal(digits), ROUND_HALF_UP) for source in SOURCES}
    assert found == {source: Decimal(amount) for source, amount in zip(SOURCES, published, strict=True)}
    assert set(revenue[model]) <= set(SOURCES)
    assert sum(revenue[model].values()) == 275
