"""The report page: its figures are those of the marts, it needs no network, and it shows what a reader may see."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from dbt_runs import PROJECT
from page_reader import PageReader

from identity_graph.cli import main
from identity_graph.page import retargeting
from identity_graph.page.document import script_data, write_page
from identity_graph.page.journey import joining, section
from identity_graph.page.journey_chart import time_axis, time_ends
from identity_graph.page.marts import Marts, open_marts

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MOST_BYTES = 2_000_000
SECTIONS = [
    "comparison", "journey", "retargeting", "stitching", "components", "keys", "cohorts", "attribution", "health",
    "restatements",
]  # fmt: skip


def page_of(database: Path, *, is_masked: bool, **options) -> bytes:
    with open_marts(database, is_masked=is_masked) as marts:
        return write_page(marts, **options)


@pytest.fixture(scope="module")
def pages(optional_build, tmp_path_factory) -> SimpleNamespace:
    """The page of the demo, masked and not, as bytes, files and parts."""
    folder = tmp_path_factory.mktemp("report")
    made = SimpleNamespace(folder=folder)
    for name, is_masked in (("masked", True), ("unmasked", False)):
        content = page_of(optional_build.path, is_masked=is_masked)
        file = folder / f"{name}.html"
        file.write_bytes(content)
        setattr(made, name, SimpleNamespace(bytes=content, file=file, parts=PageReader(content.decode())))
    return made


@pytest.fixture(scope="module")
def marts(optional_build) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        connection.execute("set schema = 'marts'")
        yield connection


def number(text: str) -> float:
    """What a cell says, as a number."""
    value = float(re.sub(r"[^\d.-]", "", text))
    return value / 100 if text.endswith("%") else value


def test_tiles_are_figures_of_the_marts(pages, marts):
    ids, persons = marts.execute("select count(*), count(distinct space_id || universal_id) from users").fetchall()[0]
    stitched = marts.execute(
        """
        select avg(ids) from (
            select cast(count(*) > 1 as integer) as ids from users group by space_id, universal_id
        )
        """
    ).fetchall()[0][0]
    orders = marts.execute("select count(*) from conversions where not is_refund").fetchall()[0][0]
    revenue = marts.execute(
        "select currency_code, sum(revenue_amount) from conversions where revenue_amount is not null group by 1"
    ).fetchall()
    for page in (pages.masked, pages.unmasked):
        tiles = page.parts.tiles
        assert tiles["ids", ""] == str(ids)
        assert tiles["persons", ""] == str(persons)
        assert tiles["conversions", ""] == str(orders)
        assert float(tiles["stitching_rate", ""]) == pytest.approx(stitched, abs=1e-6)
        assert {key[1]: value for key, value in tiles.items() if key[0] == "revenue"} == {
            currency: f"{amount:.2f}" for currency, amount in revenue
        }
    assert "14,662.05 EUR" in pages.masked.parts.text
    assert "30.8%" in pages.masked.parts.text


@pytest.mark.parametrize("model", ["first_touch", "last_touch"])
def test_channels_are_those_of_attributed_conversions(pages, marts, model):
    credited = marts.execute(
        """
        select
            channel,
            count(distinct conversion_id) filter (identity_mode = 'cookie'),
            count(distinct conversion_id) filter (identity_mode = 'graph')
        from attributed_conversions where attribution_model = $model and not is_refund group by channel
        """,
        {"model": model},
    ).fetchall()
    shown = pages.masked.parts.rows(f"comparison_{model}_conversions")
    assert {(row[0], number(row[1]), number(row[2])) for row in shown} == set(credited)
    assert all(number(row[3]) == number(row[2]) - number(row[1]) for row in shown)


@pytest.mark.parametrize(("model", "name"), [("first_touch", "first click"), ("last_touch", "last touch")])
def test_conversions_that_move_are_counted_one_by_one(pages, marts, model, name):
    credited = marts.execute(
        """
        select identity_mode = 'graph', conversion_id, channel, currency_code, attributed_revenue
        from attributed_conversions where attribution_model = $model and not is_refund
        """,
        {"model": model},
    ).fetchall()
    by_mode = [{row[1]: row[2:] for row in credited if row[0] == is_graph} for is_graph in (False, True)]
    moved = [by_mode[1][name] for name, was in by_mode[0].items() if was[0] != by_mode[1][name][0]]
    assert moved
    for page in (pages.masked, pages.unmasked):
        assert f"By {name}, {len(moved)} of {len(by_mode[0])} conversions go to another channel" in page.parts.text
        for currency in ("EUR", "USD") if model == "last_touch" else ():
            money = sum(row[2] for row in moved if row[1] == currency)
            assert f"By {name}, {money:,.2f} {currency} of " in page.parts.text


def test_conversions_that_no_cookie_tells_of_are_counted(pages, marts):
    absent = marts.execute(
        """
        select count(*) from conversions where not is_refund and not exists (
            select 1 from sessions
            where sessions.space_id = conversions.space_id and sessions.anonymous_id = conversions.anonymous_id
                and sessions.session_started_at <= conversions.converted_at
        )
        """
    ).fetchall()[0][0]
    assert absent
    for page in (pages.masked, pages.unmasked):
        assert f"{absent} of 298 conversions lie on ids without a visit before them" in page.parts.text


def test_money_is_of_one_currency(pages, marts):
    for currency in ("EUR", "USD"):
        shown = pages.masked.parts.rows(f"comparison_last_touch_revenue_{currency.lower()}")
        assert all(cell.endswith(f" {currency}") for row in shown for cell in row[1:3])
        total = marts.execute(
            "select sum(revenue_amount) from conversions where currency_code = $currency", {"currency": currency}
        ).fetchall()[0][0]
        assert sum(number(row[2]) for row in shown) == pytest.approx(float(total), abs=0.05)


def test_the_retargeting_test_counts_first_touches(pages, marts):
    touches = marts.execute(
        """
        select identity_mode = 'graph', channel from attributed_conversions
        where attribution_model = 'first_touch' and not is_refund and touched_at is not null
        """
    ).fetchall()
    shown = {row[0]: row[1:] for row in pages.masked.parts.rows("retargeting")}
    for is_graph, name in ((False, "by cookie"), (True, "with the graph")):
        channels = [channel for mode, channel in touches if mode == is_graph]
        again = sum(channel in ("retargeting", "email") for channel in channels)
        assert number(shown[name][2]) == len(channels)
        assert number(shown[name][3]) == pytest.approx(again / len(channels), abs=0.0006)


def test_tables_equal_the_marts(pages, marts):
    parts = pages.masked.parts
    sizes = marts.execute(
        """
        select ids, count(*) from (select count(*) as ids from users group by space_id, universal_id) group by ids
        """
    ).fetchall()
    assert {(number(row[0]), number(row[1])) for row in parts.rows("component_sizes")} == set(sizes)
    evidence = marts.execute(
        """
        select
            key_type, count(*) filter (is_accepted),
            count(distinct (space_id, anonymous_id_a, anonymous_id_b)) filter (is_accepted),
            count(*) filter (not is_accepted)
        from identity_links group by key_type
        """
    ).fetchall()
    assert {(row[0], *map(number, row[1:4])) for row in parts.rows("evidence")} == set(evidence)
    weeks = marts.execute(
        "select date_trunc('week', first_visit_at)::date, count(*) from persons group by 1"
    ).fetchall()
    shown = [row for row in parts.rows("stitching_by_week") if row[1] == "all persons"]
    assert {(date.fromisoformat(row[0]), number(row[2])) for row in shown} == set(weeks)
    steps = marts.execute(
        """
        select step_number, count(distinct identity_id) filter (identity_mode = 'cookie'),
            count(distinct identity_id) filter (identity_mode = 'graph')
        from funnel_conversions where funnel_name = 'purchase' group by 1
        """
    ).fetchall()
    shown = parts.rows("funnel_purchase")
    assert {(int(row[0].split()[0]), number(row[1]), number(row[3])) for row in shown} == set(steps)
    # Without a touch a path begins with the converting session, which is no time that somebody took.
    days = marts.execute(
        """
        select floor(date_diff('second', first_touched_at, converted_at) / 86400), identity_mode = 'graph'
        from conversion_paths where channel_path != 'direct'
        """
    ).fetchall()
    bands = (("under 1", 0, 0), ("1", 1, 1), ("2–3", 2, 3), ("4–7", 4, 7), ("8–14", 8, 14), ("15+", 15, 30))
    assert parts.rows("days_to_convert") == [
        [name, *(str(sum(first <= day <= last for day, mode in days if mode == is_graph)) for is_graph in (0, 1))]
        for name, first, last in bands
    ]
    members = dict(marts.execute("select cohort_name, count(*) from audiences group by 1").fetchall())
    assert {row[0]: number(row[1]) for row in parts.rows("cohort_members")} == members
    shares: dict[str, float] = {}
    for row in parts.rows("attribution_models"):
        shares[row[0]] = shares.get(row[0], 0) + number(row[3])
    assert {"first_touch", "last_touch", "linear", "markov", "shapley"} <= set(shares)
    assert all(share == pytest.approx(1, abs=0.01) for share in shares.values())


def test_both_pages_hold_all_sections_and_are_small(pages):
    for page in (pages.masked, pages.unmasked):
        assert page.parts.sections == SECTIONS
        assert len(page.bytes) < MOST_BYTES
        assert page.bytes.count(b"vegaEmbed=") == 1
        charts = json.loads(page.parts.scripts["specs"])
        assert set(charts) == set(page.parts.tables) - {"largest_restatements"}


def test_links_lead_to_models_that_there_are(pages, optional_build):
    manifest = json.loads((optional_build.target / "manifest.json").read_text())
    models = {link.partition("#!/model/")[2] for link in pages.unmasked.parts.links if "#!/model/" in link}
    assert models
    assert models <= set(manifest["nodes"])


def test_masked_views_hide_every_id(pages, marts):
    hidden = marts.execute(
        """
        select anonymous_id from users union select universal_id from users union select user_id from events
        union select account_id from users union select session_id from sessions union select order_id from conversions
        union select conversion_id from conversions union select household_id from users
        union select key_value from identity_links union select evidence_key_value from users_history
        """
    ).fetchall()
    content = pages.masked.bytes.decode().replace(pages.masked.parts.scripts["vega"], "")
    words = set(re.findall(r"[\w@.-]+", content))
    ids = {value for (value,) in hidden if value}
    assert len(ids) > 5_000
    assert not ids & words
    assert not [value for value in ids if len(value) >= 12 and value in content]
    assert not [value for value in ids if len(value) == 36 and f"{value[:8]}" in words]
    assert "--unmasked" in pages.masked.parts.text
    assert not [name for name in pages.masked.parts.tables if name.startswith("journey_")]


def test_journeys_tell_what_joined_the_devices(pages, marts):
    told = pages.unmasked.parts.rows("journey_across_devices")
    assert {row[2].split()[0] for row in told} > {"session", "joined"}
    lanes = {row[1].split()[0] for row in told}
    persons = marts.execute(
        "select distinct universal_id from users where left(anonymous_id, 8) in $lanes", {"lanes": list(lanes)}
    ).fetchall()
    assert len(persons) == 1
    joins = [row for row in told if row[2].startswith("joined")]
    ids = marts.execute("select count(*) from users where universal_id = $person", {"person": persons[0][0]}).fetchall()
    assert len(joins) == ids[0][0] - 1
    assert any(row[3].startswith("click_id") for row in joins)
    assert any(row[2].startswith("refused") for row in pages.unmasked.parts.rows("journey_refused"))
    values = marts.execute("select distinct key_value from identity_links where key_type = 'email_hash'").fetchall()
    assert not [value for (value,) in values if value.encode() in pages.unmasked.bytes]


def test_only_links_that_join_what_was_apart_are_joins():
    links = [
        {"anonymous_id_a": a, "anonymous_id_b": b, "is_accepted": accepted}
        for a, b, accepted in (
            ("a", "b", True),
            ("b", "c", False),
            ("c", "d", True),
            ("a", "b", True),
            ("b", "d", True),
        )
    ] + [{"anonymous_id_a": "a", "anonymous_id_b": "c", "is_accepted": True}]
    assert [(row["anonymous_id_a"], row["anonymous_id_b"]) for row in joining(links)] == [
        ("a", "b"),
        ("c", "d"),
        ("b", "d"),
    ]


def test_a_named_person_is_shown(optional_build, marts, tmp_path, capsys):
    name = marts.execute("select max(anonymous_id) from users where component_size = 3 and has_visits").fetchall()[0][0]
    file = tmp_path / "deep" / "person.html"
    arguments = ["report", "--database", str(optional_build.path), "--out", str(file)]
    assert main([*arguments, "--unmasked", "--person", name]) == 0
    assert f"What did the person of {name} do" in PageReader(file.read_text()).text
    assert main([*arguments, "--person", name]) == 2
    assert "add --unmasked" in capsys.readouterr().err
    assert main([*arguments, "--unmasked", "--person", "nobody'; drop"]) == 2
    assert "no id or person is called" in capsys.readouterr().err
    assert main([*arguments, "--since", "monday"]) == 2
    assert "--since is no date" in capsys.readouterr().err


def test_a_journey_of_many_ids_shows_the_most_active(copy_of_marts):
    file = copy_of_marts("true")
    with duckdb.connect(str(file)) as connection:
        connection.execute("set schema = 'marts'")
        (person,) = connection.execute(
            "select universal_id from users where space_id = 'default' and component_size = 4 order by 1 limit 1"
        ).fetchall()[0]
        # Old ids with one event each, and sessions on an id that is not shown, newer than all others.
        connection.execute(
            """
            insert into users by name
            select * exclude (number) replace (
                'old' || number as anonymous_id, timestamp '2020-01-01' as first_seen_at, 0 as event_count
            )
            from (from users where anonymous_id = $person) cross join range(40) as numbers(number)
            """,
            {"person": person},
        )
        connection.execute(
            """
            insert into sessions by name
            select * exclude (number) replace (
                'old9' as anonymous_id, 'old9' as node_id, 'new' || number as session_id,
                timestamp '2030-01-01' as session_started_at
            )
            from (from sessions where universal_id = $person limit 1) cross join range(400) as numbers(number)
            """,
            {"person": person},
        )
        connection.execute("update persons set id_count = 44 where universal_id = $person", {"person": person})
        expected = connection.execute(
            "select count(*) from sessions where universal_id = $person and anonymous_id not like 'old%'",
            {"person": person},
        ).fetchall()[0][0]
    with open_marts(file, is_masked=False) as marts:
        journey = section(marts, person).figures[0]
    assert sum(row["what"] == "session" for row in journey.rows) == expected
    assert "These are the 16 most active of 44 ids." in journey.reading
    assert "newest" not in journey.reading


def test_a_journey_leaves_out_what_was_bought_without_consent(copy_of_marts):
    file, told = copy_of_marts("true"), []
    for change in ("select 1", "update conversions set has_consent = false"):
        with duckdb.connect(str(file)) as connection:
            connection.execute("set schema = 'marts'")
            connection.execute(change)
            person = connection.execute(
                "select universal_id from conversions where universal_id in (select universal_id from persons)"
                " and event_name = 'order_completed' and space_id = 'default' and session_id is not null"
                " and revenue_amount > 0 order by has_consent desc, conversion_id limit 1"
            ).fetchall()[0][0]
        with open_marts(file, is_masked=False) as marts:
            rows = section(marts, person).figures[0].rows
        told.append({row["what"].partition(" ")[0] for row in rows})
    assert "order_completed" in told[0]
    assert "order_completed" not in told[1]


def test_the_same_database_gives_the_same_bytes(optional_build, pages, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    assert page_of(optional_build.path, is_masked=False) == pages.unmasked.bytes


def test_what_is_not_there_is_said(pages, optional_build):
    with open_marts(optional_build.path, is_masked=True) as marts:
        fewer = Marts(
            marts.connection,
            marts.names
            - {"conversion_paths", "path_summary", "data_driven_conversions", "retention", "events"}
            - {"funnel_conversions"},
            marts.is_masked,
        )
        parts = PageReader(write_page(fewer).decode())
    assert parts.sections == SECTIONS
    for option in ("paths", "funnels", "retention"):
        assert f"Name {option} in the var optional_marts" in parts.text
    assert not {"top_paths", "retention", "funnel_purchase"} & set(parts.tables)
    assert "No published number has changed since the first load." in pages.masked.parts.text


@pytest.fixture
def copy_of_marts(optional_build, tmp_path):
    """Copy the marts as tables into a database of a test's own, with all rows or with none."""

    def copy(condition: str) -> Path:
        file = tmp_path / "copy.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.execute(f"attach '{optional_build.path}' as built (read_only)")
            for schema in ("marts", "marts_masked"):
                connection.execute(f"create schema {schema}")
                names = connection.execute(
                    """
                    select table_name from information_schema.tables
                    where table_catalog = 'built' and table_schema = $schema
                    """,
                    {"schema": schema},
                ).fetchall()
                for (name,) in names:
                    connection.execute(f"create table {schema}.{name} as from built.{schema}.{name} where {condition}")
        return file

    return copy


def test_a_database_without_events_gives_a_page_that_says_so(copy_of_marts):
    file = copy_of_marts("false")
    for is_masked in (True, False):
        parts = PageReader(page_of(file, is_masked=is_masked).decode())
        assert "There are no events in this database yet." in parts.text
        assert not parts.sections
        assert "vega" not in parts.scripts


@pytest.mark.parametrize(("is_masked", "moved"), [(True, "at least 0 of 2"), (False, "2 of 2")])
def test_moves_at_one_moment_cancel_out_only_where_no_id_tells_them_apart(copy_of_marts, is_masked, moved):
    file = copy_of_marts("true")
    mart = f"marts{'_masked' if is_masked else ''}.attributed_conversions"
    of_model = "attribution_model = 'last_touch' and not is_refund"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            f"""
            create temp table kept as
            select rowid as id, row_number() over (partition by identity_mode order by rowid) as number
            from {mart} where {of_model} qualify number <= 2;
            delete from {mart} where {of_model} and rowid not in (select id from kept);
            update {mart} set
                converted_at = '2026-01-20', space_id = 'default', event_name = 'order', currency_code = 'EUR',
                credit = 1, attributed_revenue = 10,
                conversion_id = case when conversion_id is not null then kept.number end,
                channel = case when (identity_mode = 'graph') = (kept.number = 1) then 'email' else 'direct' end
            from kept where kept.id = {mart}.rowid
            """
        )
    text = PageReader(page_of(file, is_masked=is_masked).decode()).text
    assert f"By last touch, {moved} conversions go to another channel" in text
    money = "at least 0.00 EUR" if is_masked else "20.00 EUR"
    assert f"By last touch, {money} of 20.00 EUR before refunds" in text


def test_restatements_are_summed_up_since_a_day(copy_of_marts):
    file = copy_of_marts("true")
    with duckdb.connect(str(file)) as connection:
        for load, restated, metric, day, value, currency, old, new, cause in (
            (2, "2026-02-02", "revenue", "2026-01-10", None, "EUR", 100, 120.5, "late_events"),
            (3, "2026-02-04", "revenue", "2026-01-10", None, "EUR", 120.5, 90, "identity"),
            (3, "2026-02-04", "sessions", "2026-01-11", None, None, 7, 8, "identity"),
            (1, "2026-01-20", "sessions", "2026-01-12", None, None, 1, 50, "identity"),
            (1, "2026-01-20", "revenue", "2026-01-08", None, "JPY", 90_000, 10_000, "identity"),
            (1, "2026-01-20", "revenue", "2026-01-07", None, "JPY", 90_000, 80_000, "identity"),
        ):
            connection.execute(
                "insert into marts_masked.metric_restatements values (?, ?, ?, ?, 'all', ?, ?, ?, ?, ?, ?, false)",
                [load, restated, metric, day, value, currency, old, new, new - old, cause],
            )
    parts = PageReader(page_of(file, is_masked=True).decode())
    assert parts.rows("largest_restatements") == [
        ["revenue", "2026-01-10", "all, EUR", "100.00", "90.00", "-10.00", "identity, late_events"],
        ["sessions", "2026-01-11", "all", "7.00", "8.00", "+1.00", "identity"],
    ]
    assert sorted(parts.rows("restatements")) == [
        ["revenue", "identity", "1"], ["revenue", "late_events", "1"], ["sessions", "identity", "1"],
    ]  # fmt: skip
    parts = PageReader(page_of(file, is_masked=True, since=date(2026, 1, 1)).decode())
    largest = [["revenue", "2026-01-10"], ["revenue", "2026-01-08"], ["sessions", "2026-01-12"]]
    assert [row[:2] for row in parts.rows("largest_restatements")] == [
        *largest, ["revenue", "2026-01-07"], ["sessions", "2026-01-11"],
    ]  # fmt: skip


def test_much_is_cut_and_what_is_cut_is_said(copy_of_marts):
    file = copy_of_marts("true")
    with duckdb.connect(str(file)) as connection:
        connection.execute("set schema = 'marts_masked'")
        connection.execute(
            """
            insert into attribution_comparison by name
            select * exclude (number) replace ('channel ' || number as channel)
            from (from attribution_comparison where channel = 'direct') cross join range(40) as numbers(number)
            """
        )
        connection.execute(
            """
            insert into funnel_conversions by name
            select * exclude (number) replace ('funnel ' || number as funnel_name)
            from (from funnel_conversions where step_number = 1 limit 5) cross join range(1, 6) as numbers(number)
            """
        )
        connection.execute("update data_health set alert_level = 'ok'")
        newest = connection.execute("select signal_name, max(health_date) from data_health group by 1").fetchall()
        whole = dict(
            connection.execute(
                "select attribution_model, sum(graph_conversions) from attribution_comparison group by 1"
            ).fetchall()
        )
        funnels = connection.execute(
            "select funnel_name from funnel_conversions group by 1 order by count(*) desc, 1"
        ).fetchall()
    parts = PageReader(page_of(file, is_masked=True).decode())
    cells = [row for row in parts.rows("attribution_models") if row[0] == "first_touch"]
    assert len(cells) == 13
    assert cells[-1][1] == "all others"
    assert sum(number(row[2]) for row in cells) == pytest.approx(float(whole["first_touch"]), abs=1)
    others = ", ".join(name for (name,) in funnels[4:])
    assert f"Funnels with fewer steps reached are in funnel_conversions: {others}." in parts.text
    assert {(row[1], date.fromisoformat(row[0])) for row in parts.rows("data_health")} == set(newest)


def test_without_conversions_the_page_says_so(copy_of_marts):
    file = copy_of_marts("true")
    with duckdb.connect(str(file)) as connection:
        for table in ("attribution_comparison", "attributed_conversions", "conversions"):
            connection.execute(f"delete from marts_masked.{table}")
    text = PageReader(page_of(file, is_masked=True).decode()).text
    assert "There are no conversions in this database." in text
    assert "of 0 conversions" not in text


def test_limits_of_the_retargeting_test_are_those_of_the_data_test():
    query = (PROJECT / "tests" / f"{retargeting.TEST}.sql").read_text()
    assert f"conversion_count >= {retargeting.ENOUGH} and retargeting_share > {retargeting.LIMIT}" in query


def test_an_unmasked_page_has_a_name_of_its_own(optional_build, tmp_path, monkeypatch):
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    arguments = ["report", "--database", str(optional_build.path)]
    assert main(arguments) == main([*arguments, "--unmasked"]) == 0
    assert "Not masked" in (tmp_path / "identity_report_unmasked.html").read_text()
    assert "Not masked" not in (tmp_path / "identity_report.html").read_text()


def test_a_short_journey_has_hours_on_its_axis():
    start = datetime(2026, 1, 5)
    for days, shape in ((0, "%-d %b %H:%M"), (3, "%-d %b %H:%M"), (9, "%-d %b")):
        ends = time_ends({"a": {"first_seen_at": start, "last_seen_at": start + timedelta(days=days)}})
        assert time_axis(ends).to_dict()["axis"]["format"] == shape


def test_a_database_without_marts_is_an_error_that_says_what_to_do(tmp_path, capsys):
    file = tmp_path / "empty.duckdb"
    out = tmp_path / "page.html"
    assert main(["report", "--database", str(file), "--out", str(out)]) == 2
    assert "make build" in capsys.readouterr().err
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table orders as select 1 as id")
    assert main(["report", "--database", str(file), "--out", str(out)]) == 2
    assert "there is no table marts_masked.attribution_comparison" in capsys.readouterr().err
    file.write_text("no database")
    assert main(["report", "--database", str(file), "--out", str(out)]) == 2
    assert "cannot be opened" in capsys.readouterr().err
    assert not out.exists()


def test_data_never_ends_the_script():
    written = script_data({"name": "</script><script>alert(1)</script><!-- & -->"})
    assert not set("<>&") & set(written)
    assert json.loads(written) == {"name": "</script><script>alert(1)</script><!-- & -->"}


def test_scripts_end_where_they_should(pages):
    for page in (pages.masked, pages.unmasked):
        assert page.bytes.lower().count(b"</script") == 3
        assert b"https://cdn" not in page.bytes


# What a browser shows.


@pytest.fixture(scope="module")
def browser() -> Iterator:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser on PATH: {', '.join(BROWSERS)}")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opened(browser):
    """Open a page's file, drawn; requests and what the console says are kept."""
    tabs = []

    def open_file(file: Path, width: int = 1280, scheme: str = "light", **options) -> SimpleNamespace:
        tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        tabs.append(tab)
        seen = SimpleNamespace(tab=tab, requests=[], said=[])
        tab.on("request", lambda request: seen.requests.append(request.url))
        tab.on("console", lambda message: seen.said.append((message.type, message.text)))
        tab.on("pageerror", lambda error: seen.said.append(("error", str(error))))
        tab.goto(file.as_uri())
        tab.wait_for_selector("html[data-drawn]")
        return seen

    yield open_file
    for tab in tabs:
        tab.close()


DRAWN = """
    [...document.querySelectorAll('.chart')].map(chart => [
        chart.dataset.chart,
        chart.querySelectorAll('svg .role-mark path, svg .role-mark line, svg .role-mark text').length
    ])
"""
CONTRASTS = """
    (() => {
        const levels = text => text.match(/[0-9.]+/g).slice(0, 3).map(value => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        const light = text => { const [r, g, b] = levels(text); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const page = light(getComputedStyle(document.body).backgroundColor);
        const ratio = other => (Math.max(page, other) + 0.05) / (Math.min(page, other) + 0.05);
        const chosen = document.querySelectorAll(
            'h1, h2, h3, p, th, td, a, summary, .tile span, svg text'
        );
        return Math.min(...[...chosen].map(part => {
            const style = getComputedStyle(part);
            return ratio(light(part.namespaceURI.endsWith('svg') ? style.fill : style.color));
        }));
    })()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_is_drawn_without_a_network_or_an_error(pages, opened, scheme):
    seen = opened(pages.unmasked.file, scheme=scheme)
    drawn = dict(seen.tab.evaluate(DRAWN))
    assert set(drawn) == set(json.loads(pages.unmasked.parts.scripts["specs"]))
    assert min(drawn.values()) > 0
    assert seen.said == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [pages.unmasked.file.as_uri()]
    assert seen.tab.evaluate(CONTRASTS) >= 4.5


def test_the_page_is_dark_where_the_reader_is(pages, opened):
    tab = opened(pages.masked.file).tab
    background = "getComputedStyle(document.body).backgroundColor"
    light, svg = tab.evaluate(background), tab.locator(".chart svg").first.inner_html()
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_selector("html[data-drawn='2']")
    assert tab.evaluate(background) != light
    assert tab.locator(".chart svg").first.inner_html() != svg


def test_nothing_is_wider_than_a_phone(pages, opened):
    for page in (pages.masked, pages.unmasked):
        tab = opened(page.file, width=390).tab
        tab.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        ends = tab.eval_on_selector_all(".chart svg", "all => all.map(one => one.getBoundingClientRect().right)")
        assert max(ends) <= 390


# Texts that reach over their chart, and those whose end is cut although the beginning is no value.
CUT = """
    [...document.querySelectorAll('.chart svg')].flatMap(svg => {
        const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter(text => {
            const place = text.getBoundingClientRect();
            return place.width && getComputedStyle(text).opacity !== '0' && (
                place.left < box.left - 1 || place.right > box.right + 1
                || place.top < box.top - 1 || place.bottom > box.bottom + 1
                || /^[^0-9]*…$/.test(text.textContent) && text.closest('.role-mark')
            );
        }).map(text => `${svg.closest('.chart').dataset.chart}: ${text.textContent}`);
    })
"""


@pytest.mark.parametrize("width", [390, 1280])
def test_no_text_of_a_chart_is_cut(pages, copy_of_marts, opened, width):
    assert opened(pages.unmasked.file, width=width).tab.evaluate(CUT) == []
    file = copy_of_marts("true")
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            """
            update marts_masked.attribution_comparison set
                graph_revenue = graph_revenue * 54321, cookie_revenue = cookie_revenue * 54321,
                revenue_difference = revenue_difference * 54321
            """
        )
    page = file.with_suffix(".html")
    page.write_bytes(page_of(file, is_masked=True))
    assert opened(page, width=width).tab.evaluate(CUT) == []


def test_the_switch_shows_strangers_or_persons(pages, opened):
    tab = opened(pages.unmasked.file).tab
    chart = tab.locator("[data-chart=journey_across_devices]")
    stitched = chart.inner_text()
    tab.get_by_role("button", name="Raw").click()
    tab.wait_for_selector("html[data-shown=raw]")
    raw = chart.inner_text()
    assert "click_id" in stitched
    assert "click_id" not in raw
    assert tab.get_attribute("[data-mode=raw]", "aria-pressed") == "true"
    moved = re.search(r"by cookie credited to (\w+), with the graph to (\w+)", pages.unmasked.parts.text)
    assert f"→ {moved[1]}" in raw
    assert f"→ {moved[2]}" in stitched
    tab.get_by_role("button", name="Stitched").click()
    tab.wait_for_selector("html[data-shown=stitched]")
    assert chart.inner_text() == stitched


def test_times_are_utc_wherever_the_reader_is(pages, opened):
    axes = "all => all.map(one => one.textContent)"
    labels = "[data-chart=journey_across_devices] .role-axis-label text"
    here, there = (
        opened(pages.unmasked.file, timezone_id=zone).tab.eval_on_selector_all(labels, axes)
        for zone in ("Pacific/Auckland", "America/Los_Angeles")
    )
    assert here == there


def test_charts_have_a_text_and_an_alternative(pages, opened):
    tab = opened(pages.masked.file).tab
    labels = tab.eval_on_selector_all(".chart", "all => all.map(one => one.getAttribute('aria-label') || '')")
    assert labels
    assert all("?" in label for label in labels)
    assert tab.evaluate("[...document.querySelectorAll('figure')].every(one => one.querySelector('h3, table'))")
