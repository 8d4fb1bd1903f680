"""Tests of the benchmark against hand-written peers: what they write, how their answers are measured, its tables."""

import inspect
import re
import sys
from datetime import datetime, timedelta
from itertools import combinations

import duckdb
import pytest
from bench_peers import (
    METHOD_OF,
    PART,
    PART_SELECTION,
    WHOLE,
    answer_of,
    answer_table,
    pair_quality,
    read_truth,
    run_peer,
    time_table,
)
from bench_timing import Cost, NotWithinError, answer_of_process, cost_of_process, middle
from dbt_runs import PROJECT
from peer_methods import METHODS

MONDAY = datetime(2026, 1, 5, 12)
SHOP = "https://shop.example/"
NEWS = f"{SHOP}?utm_source=news&utm_medium=email&ehash="
ADDRESS = "Kim@Example.org "

# anonymous_id, minutes since Monday noon, event_name, user_id, email, page_url, order_id
EVENTS = [
    ("phone", 0, "page_view", None, None, SHOP, None),
    ("phone", 30, "page_view", None, None, SHOP, None),
    ("phone", 61, "logged_in", "kim", None, SHOP, None),
    ("laptop", 5, "newsletter_clicked", None, None, NEWS, None),
    ("laptop", 20, "logged_in", "kim", None, SHOP, None),
    ("tablet", 90, "order_completed", None, ADDRESS, SHOP, "o1"),
    ("tablet", 91, "logged_in", "lee", None, SHOP, None),
    ("kiosk", 0, "page_view", None, None, SHOP, None),
    ("late", 8 * 24 * 60, "order_completed", "kim", None, SHOP, "o2"),
]


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    path = tmp_path_factory.mktemp("events") / "events.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table given (
                anonymous_id varchar, minutes int, event_name varchar, user_id varchar, email varchar, page_url varchar,
                order_id varchar
            )
            """
        )
        connection.executemany("insert into given values (?, ?, ?, ?, ?, ?, ?)", EVENTS)
        connection.execute(
            f"""
            copy (
                select
                    * replace (
                        if(page_url like '%ehash=', page_url || sha256('kim@example.org'), page_url) as page_url
                    ),
                    cast(? as timestamp) + to_minutes(minutes) as occurred_at,
                    anonymous_id || minutes as event_id,
                    10.0 as revenue,
                    cast(null as varchar) as referrer
                from given
            ) to '{path}' (format parquet)
            """,
            [MONDAY],
        )
    return path


@pytest.fixture(scope="module")
def databases(events, tmp_path_factory):
    folder = tmp_path_factory.mktemp("peers")
    return {name: run_peer(name, events, folder / name, "1GB")[1] for name in METHODS}


def rows(database, query):
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def expected_sessions():
    """Walk through the events of each id in order of time."""
    sessions = []
    for name in {event[0] for event in EVENTS}:
        previous = None
        for minutes in sorted(event[1] for event in EVENTS if event[0] == name):
            if previous is None or minutes - previous > 30:
                sessions.append([name, minutes, 0])
            sessions[-1][2] += 1
            previous = minutes
    return sorted((name, MONDAY + timedelta(minutes=minutes), count) for name, minutes, count in sessions)


@pytest.mark.parametrize("name", METHODS)
def test_peers_find_the_same_sessions(databases, name):
    found = rows(databases[name], "select anonymous_id, session_started_at, event_count from sessions order by all")
    assert found == expected_sessions()


def test_stitching_gives_each_id_its_last_known_user(databases):
    found = dict(rows(databases["stitching"], "select * from user_stitching"))
    assert found == {"phone": "kim", "laptop": "kim", "tablet": "lee", "kiosk": None, "late": "kim"}


def test_script_joins_ids_by_login_and_by_hashed_email(databases):
    persons = dict(rows(databases["script"], "select * from persons"))
    assert {name for name, person in persons.items() if person == persons["phone"]} == set(persons) - {"kiosk"}
    assert persons["kiosk"] == "kiosk"


def test_script_credits_the_last_touch_of_seven_days_across_ids(databases):
    found = rows(databases["script"], "select order_id, utm_source, touched_at from attributed_conversions order by 1")
    assert found == [("o1", "news", MONDAY + timedelta(minutes=5)), ("o2", None, None)]


def test_pair_quality_counts_pairs():
    members = [(1, "a"), (1, "a"), (1, "b"), (2, "b"), (2, "b"), (3, "c"), (4, "a")]
    pairs = list(combinations(members, 2))
    correct = sum(one == other for one, other in pairs)
    linked = sum(one[0] == other[0] for one, other in pairs)
    true = sum(one[1] == other[1] for one, other in pairs)
    with duckdb.connect() as connection:
        connection.execute(
            "create table members as select unnest(?) as person_id, unnest(?) as true_person",
            [[person for person, _ in members], [person for _, person in members]],
        )
        quality = pair_quality(connection, "select * from members")
        alone = pair_quality(connection, "select 1 as person_id, 'a' as true_person")
    assert (quality.precision, quality.recall) == (correct / linked, correct / true)
    assert (alone.precision, alone.recall) == (None, None)


def test_the_part_builds_what_is_read_of_it(demo_build):
    listed = demo_build.dbt("ls", "--resource-type", "model", *PART_SELECTION)
    assert listed.success, listed.output
    built = {name.rpartition(".")[2] for name in listed.result}
    read = inspect.getsource(read_truth) + METHOD_OF[PART].persons
    assert set(re.findall(r"marts\.(\w+)", read)) == {"sessions", "users"} <= built


def test_quality_of_this_project_is_what_its_mart_says(demo_build):
    truth = PROJECT / "seeds" / "demo" / "truth.parquet"
    with duckdb.connect() as connection:
        read_truth(connection, truth, demo_build.path)
        answer = answer_of(connection, WHOLE, demo_build.path)
    query = "select scope, pair_precision, pair_recall from marts.identity_quality"
    scopes = {scope: figures for scope, *figures in rows(demo_build.path, query)}
    for quality, scope in ((answer.ids, ""), (answer.sessions, ", by session")):
        figures = [round(quality.precision, 4), round(quality.recall, 4)]
        assert figures == scopes[f"all keys, after closure{scope}"]


def test_tables_have_a_row_for_each_method(databases):
    assert set(METHOD_OF) == {WHOLE, PART, *METHODS}
    with duckdb.connect() as connection:
        people = (
            "select * from (values ('phone', 'a'), ('laptop', 'a'), ('tablet', 'b')) as ids (anonymous_id, true_person)"
        )
        connection.execute(f"create table known_ids as {people}")
        connection.execute("create table known_sessions as select *, 'x' as person_id from known_ids")
        found = {name: answer_of(connection, name, database) for name, database in databases.items()}
    assert (found["stitching"].ids.precision, found["stitching"].ids.recall) == (1, 1)
    assert (found["script"].ids.precision, found["script"].ids.recall) == (pytest.approx(1 / 3), 1)
    assert found["sessions"].rows == len(expected_sessions())

    own = {WHOLE: Cost(40, 60, 900), PART: Cost(20, 30, 800)}
    costs = own | {name: Cost(2, 3, 300) for name in METHODS}
    lines = time_table(costs, found | dict.fromkeys(own, found["script"])).splitlines()
    assert len(lines) == 2 + len(METHOD_OF)
    assert all(line.endswith("| 20.0x | 10.0x |") for line in lines[4:])
    assert len(answer_table(found).splitlines()) == 2 + len(METHODS)


def test_process_has_costs_of_its_own():
    python = sys.executable
    cost = cost_of_process([python, "-c", "sum(range(3_000_000))"])
    assert min(cost.seconds, cost.processor, cost.megabytes) > 0
    with pytest.raises(RuntimeError, match="no such thing"):
        cost_of_process([python, "-c", "raise SystemExit('no such thing')"])
    with pytest.raises(NotWithinError, match="not within 0 s"):
        answer_of_process([python, "-c", "import time; time.sleep(60)"], timeout=0.4)
    assert middle([Cost(1, 9, 5), Cost(3, 7, 6), Cost(2, 8, 4)]) == Cost(2, 8, 5)
