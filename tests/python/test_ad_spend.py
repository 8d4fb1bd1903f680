"""Ad spend beside the conversions that it is credited with, in the mart and in what a media-mix model reads."""

import shutil
from collections import Counter, defaultdict
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from dbt_runs import Dbt, Done
from test_attribution import MODELS

SPEND_MODELS = ("stg_ad_spend__daily_spend", "int_channel_spend", "channel_performance")
SPEND = """date,channel,utm_campaign,cost,currency,impressions,clicks
2026-01-20,paid_search,,120.50,EUR,1000,12
2026-01-20,,unseen,80,EUR,,
2026-02-01,paid_social,,"1,200.00",USD,,
"""
PERFORMANCE = """
    select currency_code, sum(spend), sum(conversions), sum(revenue) from marts.channel_performance
    where (attribution_model, identity_mode) = ('{}', '{}') group by 1
"""
ATTRIBUTED = """
    select currency_code, sum(case when is_refund then 0 else credit end), coalesce(sum(attributed_revenue), 0)
    from marts.attributed_conversions where (attribution_model, identity_mode) = ('{}', '{}') group by 1
"""


KINDS = """
    select
        attribution_model, identity_mode, cast(credited.converted_at as date), credited.space_id, lower(channel),
        lower(utm_campaign), case when credited.is_refund then 'order' else conversion_kind end, credited.currency_code,
        credited.is_refund, credit, attributed_revenue
    from marts.attributed_conversions as credited join marts.conversions using (conversion_id)
"""
BESIDE = """
    select
        attribution_model, identity_mode, performance_date, space_id, channel, utm_campaign, conversion_kind,
        currency_code, conversions, revenue, spend_of_all_kinds, spend_currency_code, cost_per_conversion,
        return_on_ad_spend
    from marts.channel_performance where conversion_kind is not null
"""


@pytest.fixture(scope="module")
def with_spend(demo_build, tmp_path_factory):
    """The demo with what was spent on ads."""
    folder = tmp_path_factory.mktemp("spend")
    shutil.copy(demo_build.path, folder / "graph.duckdb")
    return Dbt(folder, environment={"IDENTITY_AD_SPEND": str(folder / "spend.csv")})


def build_performance(dbt: Dbt, spend: str) -> Done:
    """Build what reads the spend, and its unit tests."""
    Path(dbt.environment["IDENTITY_AD_SPEND"]).write_text(spend)
    return dbt("build", "--select", *SPEND_MODELS)


def test_performance_holds_all_spend_and_all_that_is_attributed(with_spend):
    done = build_performance(with_spend, SPEND)
    assert done.success, done.output
    units = {
        "row_of_spend_that_cannot_be_read_says_why",
        "spend_of_a_campaign_is_of_the_channel_that_its_visitors_came_by",
    }
    assert units <= done.statuses.keys()
    assert "warn" not in done.statuses.values()
    with duckdb.connect(str(with_spend.database), read_only=True) as connection:
        for model in MODELS:
            for mode in ("graph", "cookie"):
                found = {row[0]: row[1:] for row in connection.execute(PERFORMANCE.format(model, mode)).fetchall()}
                attributed = connection.execute(ATTRIBUTED.format(model, mode)).fetchall()
                assert {currency: spend for currency, (spend, *_) in found.items() if spend} == {
                    "EUR": Decimal("200.5"),
                    "USD": 1200,
                }
                assert {(currency, *amounts) for currency, (_, *amounts) in found.items() if currency != "USD"} == {
                    row for row in attributed if row[0] != "USD"
                }


def test_conversions_of_each_kind_stand_beside_all_that_was_spent(with_spend):
    places = "select distinct cast(converted_at as date), lower(channel), lower(utm_campaign), space_id"
    sql = f"{places} from marts.attributed_conversions where utm_campaign is not null order by all"
    with duckdb.connect(str(with_spend.database), read_only=True) as connection:
        found = connection.execute(sql).fetchall()
    spend = []
    for number, (day, channel, campaign, space_id) in enumerate(found):
        spend.append((day, channel, campaign, None, "EUR", Decimal(number + 1)))
        spend += [(day, channel, campaign, space_id, "EUR", Decimal("0.5"))] * (number % 2)
        spend += [(day, channel, campaign, None, "USD", Decimal(3))] * (number % 3 == 0)
    lines = [
        f"{day},{channel},{campaign},{space or ''},{cost},{code}" for day, channel, campaign, space, code, cost in spend
    ]
    text = "\n".join(["date,channel,utm_campaign,space_id,cost,currency", *lines])
    done = build_performance(with_spend, text + "\n")
    assert done.success, done.output

    with duckdb.connect(str(with_spend.database), read_only=True) as connection:
        credits = connection.execute(KINDS).fetchall()
        rows = connection.execute(BESIDE).fetchall()
        total = connection.execute("select sum(spend) from marts.channel_performance").fetchall()
    sums = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for *key, is_refund, credit, revenue in credits:
        sums[tuple(key)][0] += 0 if is_refund else credit
        sums[tuple(key)][1] += revenue or 0
    expected = []
    for key, (count, revenue) in sums.items():
        *_, day, space_id, channel, campaign, _, currency = key
        amounts = defaultdict(Decimal)
        for spent_on, of_channel, of_campaign, of_space, code, cost in spend:
            if (day, channel, campaign) == (spent_on, of_channel, of_campaign):
                amounts[code] += cost if of_space in (None, space_id) and currency in (None, code) else 0
        (code, whole), *others = [item for item in amounts.items() if item[1]] or [(None, None)]
        code, whole = (None, None) if others else (code, whole)
        cost = whole and count and (whole / count).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        gain = whole and code == currency and (revenue / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        expected.append((*key, count, revenue, whole, code, cost or None, None if gain in (None, False) else gain))
    assert Counter(rows) == Counter(expected)
    assert {row[6] for row in rows} >= {"order", "signup"}
    assert {row[7] for row in rows if row[-2]} >= {None, "EUR", "USD"}
    assert total == [(sum(cost for *_, cost in spend) * 2 * len(MODELS),)]


def test_spend_on_an_unknown_space_is_a_warning(with_spend):
    done = build_performance(with_spend, "date,channel,space_id,cost,currency\n2026-01-20,email,nowhere,5,EUR\n")
    assert done.success, done.output
    assert done.statuses["assert_spaces_of_ad_spend_are_known"] == "warn"


def test_spend_on_a_space_where_nobody_converted_yet_is_no_warning(with_spend, tmp_path):
    shutil.copy(with_spend.database, tmp_path)
    other = Dbt(tmp_path, environment={"IDENTITY_AD_SPEND": str(tmp_path / "spend.csv")})
    with duckdb.connect(str(other.database)) as connection:
        connection.execute("delete from marts.conversions where space_id = 'partner_app'")
    Path(other.environment["IDENTITY_AD_SPEND"]).write_text(
        "date,channel,space_id,cost,currency\n2026-01-20,email,partner_app,5,EUR\n"
    )
    done = other("build", "--select", *SPEND_MODELS[:2], "assert_spaces_of_ad_spend_are_known")
    assert done.statuses["assert_spaces_of_ad_spend_are_known"] == "pass", done.output


def test_spend_on_an_unknown_channel_is_a_warning(with_spend):
    done = build_performance(with_spend, SPEND + "2026-01-20,google_ads,,5,EUR,,\n")
    assert done.success, done.output
    assert done.statuses["assert_channels_of_ad_spend_are_in_the_rules"] == "warn"


def test_campaign_whose_name_begins_with_a_hash_is_spent_on(with_spend):
    rows = [("", "email", 10), ("", "email", 10), ("#summer", "email", 200), ("#summer", "email", 300)]
    spend = "".join(
        f"{campaign},2026-01-2{day},{channel},{cost},EUR\n" for day, (campaign, channel, cost) in enumerate(rows)
    )
    Path(with_spend.environment["IDENTITY_AD_SPEND"]).write_text("utm_campaign,date,channel,cost,currency\n" + spend)
    done = with_spend("build", "--select", "stg_ad_spend__daily_spend", "--exclude-resource-type", "unit_test")
    assert done.success, done.output
    with duckdb.connect(str(with_spend.database), read_only=True) as connection:
        total = "select sum(cost_amount)::integer from staging.stg_ad_spend__daily_spend"
        assert connection.execute(total).fetchall() == [(520,)]


@pytest.mark.parametrize(
    ("spend", "message"),
    [
        ("day,cost\n2026-01-20,5\n", "lacks the column(s) date, currency"),
        (SPEND + "2026-01-20,email,,free,EUR,,\n", "rows_of_ad_spend_can_be_read"),
    ],
)
def test_spend_that_cannot_be_read_ends_the_build(with_spend, spend, message):
    done = build_performance(with_spend, spend)
    assert not done.success
    assert message in done.output


def test_file_of_spend_that_is_missing_ends_the_build(with_spend):
    Path(with_spend.environment["IDENTITY_AD_SPEND"]).unlink()
    done = with_spend("build", "--select", *SPEND_MODELS)
    assert not done.success
    assert "is not there" in done.output


def test_media_mix_has_each_week_with_all_spend_and_all_conversions(with_spend):
    done = build_performance(with_spend, SPEND.replace("USD", "EUR") + "2026-02-02,Google Ads,,5,EUR,30,\n")
    assert done.success, done.output
    shown = with_spend("show", "--select", "media_mix", "--limit", "-1")
    assert shown.success, shown.output
    table = shown.result.results[0].agate_table
    paid = ["google_ads_spend", "google_ads_impression", "paid_search_spend", "paid_search_impression"]
    assert list(table.column_names) == [
        *(
            "geo",
            "time",
            *paid,
            "paid_social_spend",
            "unassigned_spend",
            "conversions",
            "revenue",
            "revenue_per_conversion",
        )
    ]
    assert [sum(table.columns[name].values()) for name in paid] == [5, 30, Decimal("120.5"), 1000]
    weeks = [row["time"] for row in table.rows]
    assert all(after - before == timedelta(days=7) for before, after in pairwise(weeks))
    assert {week.isoweekday() for week in weeks} == {1}
    with duckdb.connect(str(with_spend.database), read_only=True) as connection:
        expected = connection.execute(
            """
            select
                count(case when not is_refund then 1 end),
                sum(case when currency_code = 'EUR' then revenue_amount end)
            from marts.conversions
            where currency_code = 'EUR' or currency_code is null
            """
        ).fetchall()
    assert (sum(table.columns["conversions"].values()), sum(table.columns["revenue"].values())) == expected[0]


@pytest.mark.parametrize(
    "channels", [("360 video",), ("Paid Search", "paid_search"), ("\u043f\u043e\u0438\u0441\u043a",)]
)
def test_media_mix_refuses_channels_that_give_no_column(with_spend, channels):
    rows = "".join(f"2026-02-02,{channel},5,EUR\n" for channel in channels)
    done = build_performance(with_spend, f"date,channel,cost,currency\n{rows}")
    assert done.success, done.output
    shown = with_spend("show", "--select", "media_mix")
    assert not shown.success
    assert f"the channel {channels[-1]} has no name of its own" in shown.output
