"""Vendors' exports in their raw shape become canonical rows, and all sources together one graph.

Beside the exports lies a random stream of everything that the demo lacks: withdrawals of consent, a second identity
space, owners' overrides, late, repeated and rejected rows, people over a limit, and somebody who is erased. All data
tests run on it.
"""

import csv
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import adobe_parquet
import duckdb
import pytest
from day_streams import day_stream
from dbt_runs import PROJECT, Dbt, Done, copy_of_project
from source_fixtures import FIXTURES, expected_rows, fixture_sources, write_exports
from test_incremental import LONG_RUN_DAYS, in_long_runs

from identity_graph.source_figures import describe_events
from identity_graph.staged_events import read_rules

ALL_SOURCES = fixture_sources()
BUILD = ["build", "--exclude-resource-type", "test", "unit_test", "snapshot"]
RECEIVED = ["--select", "resource_type:seed", "+int_events_received"]
UNUSUAL = ["adobe", "heap", "mixpanel", "records", "segment", "snowplow"]
# A test of severity warn may find something in a stream like this; that it runs is what matters.
DATA_TESTS_MAY_WARN = ["--warn-error-options", '{"error": "all", "warn": ["LogTestResult"]}']
VARIABLES = {"as_of": "2026-03-01 00:00:00", "segment_event_tables": ["order_completed", "checkout_paid", "not_there"]}
STREAM = day_stream(10, 5)
# Two accounts on one id, two on one domain, a withdrawal, and a customer who must not be contacted.
CASES: list[dict[str, Any]] = [
    {"anonymous_id": "shared-desk", "account_id": "client-a", "email": "jane@agency.example"},
    {"anonymous_id": "shared-desk", "account_id": "client-b"},
    {"anonymous_id": "other-desk", "account_id": "client-b", "email": "max@agency.example"},
    {"anonymous_id": "withdrew"},
    {"anonymous_id": "withdrew", "event_name": "consent_updated", "has_consent": "false"},
    {"anonymous_id": "suppressed", "email": "jane.doe@gmail.com"},
    # The complaint is older than the window of an email address; five events of three visits are a returning customer.
    *(
        {
            "anonymous_id": "complained-long-ago",
            "email": "long.ago@mail.example",
            "occurred_at": f"2026-02-{day}T10:00:00Z",
        }
        for day in (10, 10, 11, 12, 12)
    ),
    # Two versions of a contact, an ad, and the order that the shop's server reports three hours later.
    *(
        {"event_name": "contact_updated", "user_id": "buyer", "occurred_at": f"2026-01-{day:02}T10:00:00Z"}
        for day in (2, 4)
    ),
    {
        "anonymous_id": "ad-click",
        "user_id": "buyer",
        "occurred_at": "2026-01-07T10:00:00Z",
        "page_url": "https://shop.example/?gclid=ad-1&utm_source=google&utm_medium=cpc",
    },
    *(
        {
            "event_name": "order_completed",
            "user_id": "buyer",
            "occurred_at": f"2026-01-07T13:0{number}:00Z",
            "order_id": f"server-{number}",
            "revenue": "50",
            "currency": "EUR",
        }
        | ids
        for number, ids in enumerate([{}, {"anonymous_id": "ad-click", "platform": "server"}])
    ),
    {"anonymous_id": "erased", "user_id": "erased-user", "space_id": "second"},
    *({"anonymous_id": name, "user_id": "kept apart"} for name in ("apart-1", "apart-2", "apart-3")),
    *({"anonymous_id": name, "user_id": "u-4711"} for name in ("joined-1", "joined-2")),
]
OVERRIDES = [
    *STREAM.days[-1].overrides,
    {"override_type": "never_link", "anonymous_id_a": "apart-1", "anonymous_id_b": "apart-2"},
    {"override_type": "always_link", "anonymous_id_a": "joined-1", "anonymous_id_b": "joined-2"},
    {"override_type": "block_key", "key_type": "user_id", "key_value": "u-4711"},
]


def dbt_on_exports(
    exports: Path,
    folder: Path,
    *,
    project: Path = PROJECT,
    sources: Sequence[str] = ALL_SOURCES,
    strictness: Sequence[str] = ("--warn-error",),
) -> Dbt:
    """Parse the project for the exports of a folder; the sources are those that it is then built with."""
    requests = exports / "erasure_requests.csv"
    environment = {
        "IDENTITY_EXPORTS": str(exports),
        "IDENTITY_EVENTS": str(exports / "generic" / "*.ndjson"),
        "IDENTITY_ERASURE_REQUESTS": str(requests if requests.exists() else ""),
    }
    dbt = Dbt(folder, project, environment, tuple(strictness))
    dbt.parse(*variables(sources))
    return dbt


def variables(sources: Sequence[str]) -> tuple[str, ...]:
    """The vars of a command in which these sources are on."""
    return ("--vars", json.dumps(VARIABLES | {"event_sources": list(sources)}))


def build(dbt: Dbt, *arguments: str, sources: Sequence[str] = ALL_SOURCES) -> Done:
    """Run a command that builds."""
    done = dbt(*arguments, *variables(sources))
    assert done.success, done.output[-8000:]
    return done


@pytest.fixture(scope="module")
def unusual(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """What is built from the unusual exports of several sources."""
    folder = tmp_path_factory.mktemp("unusual")
    writers = (
        write_unusual_feeds,
        write_unusual_heap_tables,
        write_mixpanel_of_years,
        write_unusual_records,
        write_unusual_segment_calls,
        write_unusual_snowplow_events,
    )
    for source, write in zip(UNUSUAL, writers, strict=True):
        write(folder / "exports" / source)
    dbt = dbt_on_exports(folder / "exports", folder, sources=UNUSUAL)
    build(dbt, *BUILD, *RECEIVED, sources=UNUSUAL)
    return dbt


@pytest.fixture
def unusual_events(unusual: Dbt) -> Iterator[duckdb.DuckDBPyConnection]:
    """The events of unusual exports, of a source each in a view of its name."""
    with duckdb.connect(str(unusual.database), read_only=True) as connection:
        for source in UNUSUAL:
            connection.execute(
                f"create temp view {source} as from intermediate.int_events_received where source_name = '{source}'"
            )
        yield connection


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dbt, Done]:
    """Build everything, data tests included, from the exports of every source and the stream at once."""
    folder = tmp_path_factory.mktemp("all_sources")
    for source in ALL_SOURCES:
        write_exports(folder / "exports", source)
    write_stream(folder / "exports")
    for unread in (
        "segment/video_played/a.parquet",
        "segment/users/a.parquet",
        "segment/tracks/a.csv",
        "ga4/users/a.json",
    ):
        (folder / "exports" / unread).parent.mkdir(exist_ok=True)
        (folder / "exports" / unread).touch()
    project = copy_of_project(folder / "project")
    overrides = project / "seeds" / "identity_overrides.csv"
    with overrides.open(newline="") as file:
        columns = next(csv.reader(file))
    with overrides.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        filled = {"space_id": "default", "reason": "a test", "owner": "identity", "created_on": "2026-01-10"}
        writer.writerows(filled | override for override in OVERRIDES)
    dbt = dbt_on_exports(folder / "exports", folder, project=project, strictness=DATA_TESTS_MAY_WARN)
    return dbt, build(dbt, "build", "--exclude-resource-type", "unit_test")


@pytest.fixture(scope="session")
def all_sources(built: tuple[Dbt, Done]) -> Path:
    """The database that was built from everything."""
    return built[0].database


def test_unit_tests_of_every_source_pass(built: tuple[Dbt, Done]) -> None:
    # Those of the generic source run with the demo's.
    selection = ("--select", "test_type:unit,path:models/staging", "--exclude", "path:models/staging/generic")
    done = build(built[0], "test", *selection)
    tests = [result.node for result in done.result.results if result.node.resource_type == "unit_test"]
    assert {*ALL_SOURCES} - {"generic"} <= {Path(test.original_file_path).parent.name for test in tests}
    assert set(done.statuses.values()) == {"pass", "success"}


def write_stream(exports: Path) -> None:
    """Write the stream and the cases beside the exports of the generic source."""
    rows: list[dict[str, Any]] = [row for day in STREAM.days for file in day.files.values() for row in file]
    for number, case in enumerate(CASES):
        moment = f"2026-01-06T10:{number:02}:00Z"
        rows.append({"event_id": f"case {number}", "event_name": "page_view", "occurred_at": moment} | case)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (exports / "generic" / "stream.ndjson").write_text(lines, encoding="utf-8")
    request = (
        "subject_type,subject,requested_at,space_id,reason\nuser_id,erased-user,2026-02-01 00:00:00,,asked by mail\n"
    )
    (exports / "erasure_requests.csv").write_text(request, encoding="utf-8")


def text(value: Any) -> str | None:
    """One form for what a canonical row and a line of JSON say."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    return None if value is None else str(value)


@pytest.mark.parametrize("source", ALL_SOURCES)
def test_every_raw_row_becomes_the_canonical_row_expected(all_sources: Path, source: str) -> None:
    with duckdb.connect(str(all_sources), read_only=True) as database:
        database.execute("set TimeZone = 'UTC'; set variable identity_token_secret = 'demo secret, not for real data'")
        cursor = database.execute(
            f"select * from staging.stg_{source}__events where not ends_with(raw_file, 'stream.ndjson')"
            " order by raw_file, raw_row_number"
        )
        names = [column[0] for column in cursor.description]
        left = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    missing = []
    for expected in expected_rows(source):
        wanted = {name: text(value) for name, value in expected.items()}
        match = next((row for row in left if all(text(row[name]) == value for name, value in wanted.items())), None)
        if match is None:
            missing.append(expected)
        else:
            left.remove(match)
    assert (missing, left) == ([], [])


@pytest.mark.parametrize("source", ALL_SOURCES)
def test_the_figures_of_a_source_tell_no_personal_value(all_sources: Path, source: str) -> None:
    with duckdb.connect(str(all_sources), read_only=True) as database:
        database.execute("set TimeZone = 'UTC'")
        rules = read_rules(database, "seeds.identity_key_rules")
        lines, findings = describe_events(
            database, source, "intermediate.int_events_received", rules, "seeds.ignored_values"
        )
    told = "\n".join([*lines, *(finding.text for finding in findings)])
    assert re.search(r"^Events: [1-9]", told)
    assert re.search(r"\n  \w+ +on ", told)
    assert re.search(r"\nEvent names by the taxonomy\n  event name .*\n  .* (un)?(registered|conversion) ", told)
    raw = "".join(path.read_text(encoding="utf-8") for path in (FIXTURES / source).glob("*.ndjson"))
    personal = set(re.findall(r"[\w.+-]+@[\w.-]+[.]\w+|\b(?:\d{1,3}[.]){3}\d{1,3}\b|[+]\d[\d ]{7,}", raw))
    assert personal
    assert [value for value in personal if value in told] == []


def test_tables_that_nothing_reads_are_named(built: tuple[Dbt, Done]) -> None:
    _, done = built
    for message in (
        "Source ga4: nothing reads users.\n",
        "Source segment: nothing reads tracks/a.csv, video_played. The table of an event is read once the var",
        "Source segment: there is no table not_there, which the var segment_event_tables names.",
    ):
        assert message in done.output + "\n"


def marts(database: Path) -> dict[str, list[str]]:
    """Rows of every mart, but what tells of runs and of files."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute("select table_name from information_schema.tables where table_schema = 'marts'")
        return {
            name: sorted(
                map(
                    str,
                    connection.execute(
                        f"select columns(lambda name: not starts_with(name, 'raw_')) from marts.{name}"
                    ).fetchall(),
                )
            )
            for (name,) in names.fetchall()
            if name not in ("segment_lag", "metric_restatements", "erasure_raw_files")
        }


@in_long_runs
def test_exports_that_arrive_in_parts_give_the_same_marts(all_sources: Path, tmp_path: Path) -> None:
    dbt = None
    for part in range(2):
        for source in ALL_SOURCES:
            write_exports(tmp_path / "exports", source, part=part, parts=2)
        if not part:
            write_stream(tmp_path / "exports")
        dbt = dbt or dbt_on_exports(tmp_path / "exports", tmp_path, project=all_sources.parent / "project")
        build(dbt, *BUILD)
    assert marts(dbt.database) == marts(all_sources)


def test_build_of_no_rows_asks_for_no_table_that_is_not_there(unusual: Dbt, tmp_path: Path) -> None:
    assert not (Path(unusual.environment["IDENTITY_EXPORTS"]) / "heap" / "all_events").exists()
    build(replace(unusual, folder=tmp_path), *BUILD, "--empty", *RECEIVED, sources=["heap"])


def test_table_that_repeats_rows_of_another_asks_to_read_all_again(unusual: Dbt, tmp_path: Path) -> None:
    """Heap's sessions stand in all_events, too: rows there are none where both tables are read."""
    # The project is parsed for this folder.
    exports = Path(unusual.environment["IDENTITY_EXPORTS"])
    (exports / "heap").rename(tmp_path / "heap")
    write_exports(exports, "heap")
    (exports / "heap" / "sessions").rename(tmp_path / "sessions")
    dbt = replace(unusual, folder=tmp_path)
    build(dbt, *BUILD, *RECEIVED, sources=["heap"])
    (tmp_path / "sessions").rename(exports / "heap" / "sessions")
    done = dbt(*BUILD, *RECEIVED, *variables(["heap"]))
    shutil.rmtree(exports / "heap")
    (tmp_path / "heap").rename(exports / "heap")
    assert not done.success and "--full-refresh" in done.output
    assert "source heap with the table sessions changed" in done.output


def test_source_that_is_switched_on_later_brings_its_rows(built: tuple[Dbt, Done], tmp_path: Path) -> None:
    at_once, _ = built
    later = replace(at_once, folder=tmp_path)
    # One of many tables, one whose ids are merged by what another table says, and one of records; in long runs all.
    switched_on = sorted(ALL_SOURCES if LONG_RUN_DAYS else ["generic", "posthog", "records", "segment"])
    for sources in (["generic"], switched_on):
        build(later, *BUILD, *RECEIVED, sources=sources)
    # Copies are marked, and erased rows emptied, by models after this one.
    rows = (
        "select * exclude (load_number, is_duplicate) from intermediate.int_events_received"
        " where not ends_with(raw_file, 'stream.ndjson') and list_contains(?, source_name) order by event_number"
    )
    with (
        duckdb.connect(str(later.database), read_only=True) as found,
        duckdb.connect(str(at_once.database), read_only=True) as expected,
    ):
        brought = found.execute(rows, [switched_on]).fetchall()
        assert brought == expected.execute(rows, [switched_on]).fetchall()
        names = found.execute("select distinct source_name from intermediate.int_events_received order by 1").fetchall()
    assert names == [(name,) for name in switched_on]


def test_record_in_force_suppresses_however_old_it_is(all_sources: Path) -> None:
    with duckdb.connect(str(all_sources), read_only=True) as database:
        members = database.execute(
            """
            select audiences.suppressed_by, audiences.is_activatable
            from marts.audiences as audiences
            inner join marts.users as users using (space_id, universal_id)
            where users.anonymous_id = 'complained-long-ago'
            """
        ).fetchall()
    assert set(members) == {("open_complaint", False)}


def test_records_and_servers_are_no_visits_and_their_orders_are_the_ads(all_sources: Path) -> None:
    with duckdb.connect(str(all_sources), read_only=True) as database:
        person = database.execute(
            "select anonymous_id = 'ad-click', has_visits, first_visit_at::varchar from marts.users"
            " where universal_id = 'ad-click' order by all"
        ).fetchall()
        sessions = database.execute(
            "select session_started_at::varchar, event_count from marts.sessions where universal_id = 'ad-click'"
        ).fetchall()
        cohorts = database.execute("select * from marts.conversion_cohorts where universal_id = 'ad-click'").fetchall()
        credits = database.execute(
            "select distinct order_id, identity_mode, channel, conversions.session_id is null"
            " from marts.attributed_conversions inner join marts.conversions using (conversion_id)"
            " where order_id like 'server-%' order by all"
        ).fetchall()
    assert person == [(False, False, "2026-01-02 10:00:00"), (True, True, "2026-01-07 10:00:00")]
    assert sessions == [("2026-01-07 10:00:00", 1)]
    assert cohorts == []
    assert credits == [
        ("server-0", "cookie", "direct", True),
        ("server-0", "graph", "paid_search", True),
        ("server-1", "cookie", "paid_search", True),
        ("server-1", "graph", "paid_search", True),
    ]


def test_what_the_demo_lacks_is_in_the_build(all_sources: Path) -> None:
    with duckdb.connect(str(all_sources), read_only=True) as database:
        found = database.execute(
            """
            select
                (select count(*) from marts.persons where has_withdrawn_consent),
                (select count(*) from marts.shared_devices),
                (select count(*) from marts.persons where space_id = 'second'),
                (select count(*) from marts.audiences where suppressed_by is not null),
                (select count(*) from marts.erasure_receipts),
                (select count(*) from marts.users where anonymous_id = 'erased'),
                (select count(distinct override_type) from marts.identity_override_report where status = 'applied'),
                (select count(distinct disposition) from marts.event_volume)
            """
        ).fetchall()[0]
    withdrawn, shared, second, suppressed, receipts, erased, overrides, dispositions = found
    assert min(withdrawn, shared, second, suppressed, receipts) > 0
    # Accepted, duplicate, rejected and erased rows; never_link, always_link and block_key.
    assert (erased, dispositions, overrides) == (0, 4, 3)


def test_person_met_by_many_sources_is_one_person_and_the_evidence_names_them(all_sources: Path) -> None:
    with duckdb.connect(str(all_sources), read_only=True) as database:
        persons = database.execute(
            """
            select universal_id, list(distinct source_names order by source_names)
            from marts.users
            where universal_id in (
                select users.universal_id
                from marts.users
                inner join intermediate.int_events as events using (space_id, anonymous_id)
                where events.user_id = 'u-100' or events.click_id = 'e2e-click-1'
            )
            group by universal_id
            """
        ).fetchall()
        evidence = database.execute(
            """
            select distinct a.source_names, b.source_names, links.key_type
            from marts.identity_links as links
            inner join marts.users as a on links.space_id = a.space_id and links.anonymous_id_a = a.anonymous_id
            inner join marts.users as b on links.space_id = b.space_id and links.anonymous_id_b = b.anonymous_id
            where links.is_accepted and a.universal_id = ?
            """,
            [persons[0][0]],
        ).fetchall()
    ((_, named),) = persons
    # An id that two sources met names both.
    assert {source for names in named for source in names.split(", ")} == set(ALL_SOURCES)
    ends = {end for one, other, _ in evidence for end in (one, other)}
    assert {source for names in ends for source in names.split(", ")} == set(ALL_SOURCES)
    assert {"user_id", "email_hash"} <= {key_type for _, _, key_type in evidence}


def write_unusual_heap_tables(heap: Path) -> None:
    """Write tables of Heap of other types and without columns."""
    tables = {
        # An export to S3, which has times in milliseconds, beside one that a tool wrote as text.
        "pageviews/s3": "select 11::bigint as event_id, 21::bigint as user_id, 1770026400000 as time, 'web' as library,"
        f" 'x' as {ODD_COLUMN}",
        "pageviews/tool": "select '12' as event_id, '22.0' as user_id, '2026-02-02T11:00:00+01:00' as time",
        "sessions/seconds": "select 31.0::double as session_id, 21.0::double as user_id, 1770026400.5 as time",
        "users/microseconds": "select 23 as user_id, 'u-1' as handle, 1770026400000000 as joindate",
        "user_migrations/without_time": "select 21 as from_user_id, 23 as to_user_id",
    }
    for name, rows in tables.items():
        target = heap / f"{name}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        duckdb.sql(f"copy ({rows}) to '{target}' (format parquet)")


def test_heap_tables_of_other_types_and_without_columns_are_read(unusual_events: duckdb.DuckDBPyConnection) -> None:
    found = unusual_events.execute(
        "select event_name, anonymous_id, user_id, occurred_at::varchar, rejection_reason"
        " from heap order by event_name, anonymous_id"
    ).fetchall()
    assert found == [
        ("alias", "21", None, None, "unparsable_time"),
        ("identify", "23", "u-1", "2026-02-02 10:00:00", None),
        ("page_view", "21", None, "2026-02-02 10:00:00", None),
        ("page_view", "22", None, "2026-02-02 10:00:00", None),
        ("session_start", "21", None, "2026-02-02 10:00:00.5", None),
    ]


# A property, and so a column, as a sender may name it.
ODD_NAME = """it's "10\\6" """.strip()
ODD_COLUMN = '"' + ODD_NAME.replace('"', '""') + '"'


def write_unusual_segment_calls(segment: Path) -> None:
    """Write calls with categories of consent and a property of an odd name."""
    (segment / "tracks").mkdir(parents=True)
    call = f"'clicked' as event, timestamp '2026-02-02 10:00:00' as received_at, 'x' as {ODD_COLUMN}"
    consent = "context_consent_category_preferences_ad_storage"
    calls = (f"select '{id}' as id, '{id}' as anonymous_id, {call}, {id != 'no'} as {consent}" for id in ("yes", "no"))
    duckdb.sql(f"copy ({' union all '.join(calls)}) to '{segment / 'tracks' / 'calls.parquet'}'")


def write_unusual_snowplow_events(snowplow: Path) -> None:
    """Write events whose data and entities are nested columns in one file, and JSON as text in another."""
    (snowplow / "events").mkdir(parents=True)
    session, data = "contexts_com_snowplowanalytics_snowplow_client_session_1", "unstruct_event_com_acme_click_1"
    for name, entities, said in (
        ("nested", "[{'userId': 'app', 'sessionId': 's1'}]", "{'a': 1, 'b': null::integer}"),
        ("text", """'[{"userId": "app", "sessionId": "s2"}]'""", """'{"a": 1}'"""),
    ):
        time = f"timestamp '2026-02-02 10:00:00' as collector_tstamp, {entities} as {session}, {said} as {data}"
        event = f"select 'unstruct' as event, '{name}' as event_id, null::varchar as domain_userid, {time}"
        duckdb.sql(f"copy ({event}) to '{snowplow / 'events' / name}.parquet'")


def write_unusual_records(records: Path) -> None:
    """Write contacts whose merged ids are a list in one file, and its text in another."""
    (records / "records").mkdir(parents=True)
    for record_id, merged_ids in ((1, "[3, 4]"), (2, "'[\"C-3\", C-4]'")):
        contact = f"select {record_id} as record_id, 'crm' as channel, 'contact' as record_type, 'u-1' as user_id"
        time = "timestamp '2026-02-02 10:00:00' as recorded_at"
        target = records / "records" / f"{record_id}.parquet"
        duckdb.sql(f"copy ({contact}, {time}, {merged_ids} as merged_record_ids) to '{target}'")


def test_list_in_one_file_and_text_in_another_are_read_as_one(unusual_events: duckdb.DuckDBPyConnection) -> None:
    found = unusual_events.execute("select custom_keys['contact_id'] from records order by 1").fetchall()
    assert [ids.split("\x1f") for (ids,) in found] == [["crm-1", "crm-3", "crm-4"], ["crm-2", "crm-C-3", "crm-C-4"]]


def test_nested_columns_and_json_as_text_are_read_as_one(unusual_events: duckdb.DuckDBPyConnection) -> None:
    found = unusual_events.execute(
        "select event_id, anonymous_id, source_session_id, properties from snowplow order by event_id"
    ).fetchall()
    assert found == [("nested", "app", "s1", '{"a":1,"b":null}'), ("text", "app", "s2", '{"a":1}')]


def test_property_of_any_name_is_read(unusual_events: duckdb.DuckDBPyConnection) -> None:
    for source in ("heap", "mixpanel", "segment"):
        properties = unusual_events.execute(f"select properties from {source} where properties like '%it''s%'")
        assert {json.loads(text)[ODD_NAME] for (text,) in properties.fetchall()} == {"x"}, source


def test_category_of_consent_is_the_one_that_is_meant_or_refused(unusual: Dbt, tmp_path: Path) -> None:
    dbt = replace(unusual, folder=tmp_path)

    def build_with(*categories: str) -> Done:
        chosen = VARIABLES | {"event_sources": ["segment"], "segment_consent_categories": categories}
        return dbt(*BUILD, *RECEIVED, "--vars", json.dumps(chosen))

    refused = build_with("Ad Storage", "C0002")
    assert not refused.success
    assert "no table has a column of (context_consent_category_preferences_c0002)" in refused.output
    assert build_with("Ad Storage").success
    with duckdb.connect(str(dbt.database), read_only=True) as connection:
        consents = "select event_id, has_consent from intermediate.int_events_received order by all"
        assert connection.execute(consents).fetchall() == [("no", False), ("yes", True)]


def test_a_file_of_a_kind_that_the_source_does_not_read_is_refused(unusual: Dbt, tmp_path: Path) -> None:
    # The project is parsed for this folder.
    other = Path(unusual.environment["IDENTITY_EXPORTS"]) / "mixpanel" / "events" / "notes.txt"
    other.write_text("event,time\n")
    refused = replace(unusual, folder=tmp_path)(*BUILD, *RECEIVED, *variables(["mixpanel"]))
    other.unlink()
    assert not refused.success
    assert "notes.txt is none of the kinds that are read" in refused.output
    assert ".csv" not in refused.output and ".jsonl" in refused.output


def test_time_zone_that_is_none_is_refused(unusual: Dbt, tmp_path: Path) -> None:
    chosen = VARIABLES | {"event_sources": ["mixpanel"], "mixpanel_time_zone": "Europe/Berln"}
    refused = replace(unusual, folder=tmp_path)(*BUILD, *RECEIVED, "--vars", json.dumps(chosen))
    assert not refused.success
    assert 'mixpanel_time_zone is "Europe/Berln"; it has to be the name of a time zone' in refused.output


def test_strangers_on_one_browser_or_one_id_of_posthog_are_not_joined(all_sources: Path) -> None:
    with duckdb.connect(str(all_sources), read_only=True) as database:
        logins = database.execute(
            "select user_id, universal_id from marts.shared_devices where user_id is not null"
            " and anonymous_id = '0194c8f0-1111-7aaa-8bbb-000000000001' order by user_id"
        ).fetchall()
        persons = dict(
            database.execute("select anonymous_id, universal_id from marts.users where component_size > 1").fetchall()
        )
    (one, first), (other, second) = logins
    assert (one, other, first == second) == ("u-100", "u-300", False)
    # Who came between them, before the second login; what was merged; and ids that are nobody's.
    assert persons["0194c8f0-2222-7aaa-8bbb-000000000002"] == second
    assert persons["0194c8f0-6666-7aaa-9bbb-000000000006"] == persons["u-100"] == first
    assert persons.keys().isdisjoint({"0194c8f0-8888-7aaa-8bbb-000000000030", "non-consent-ck-s1", "non-consent-ck-s2"})


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """The project with seeds and sources that a test may add to."""
    project = copy_of_project(tmp_path / "project")
    (project / "models").unlink()
    shutil.copytree(PROJECT / "models", project / "models")
    return project


def test_apps_of_different_spaces_are_never_joined(project_copy: Path, tmp_path: Path) -> None:
    with (project_copy / "seeds" / "identity_spaces.csv").open("a") as spaces:
        spaces.write("records,support,help_desk,support,The support desk must not be joined with the shop\n")
    sources = ["generic", "records"]
    for source in sources:
        write_exports(tmp_path / "exports", source)

    dbt = dbt_on_exports(tmp_path / "exports", tmp_path, project=project_copy, sources=sources)
    build(dbt, *BUILD, "--select", "+customer_records", "+users", sources=sources)
    with duckdb.connect(str(dbt.database), read_only=True) as connection:
        rows = connection.execute(
            """
            select records.record_id, records.space_id, users.component_size
            from marts.customer_records as records
            inner join marts.users as users using (space_id, anonymous_id)
            where records.record_id in ('C-1', 'T-7')
            order by all
            """
        ).fetchall()
    # Contact and complaint have the email address in common, which in one space makes them one person.
    (contact, shop, size_in_shop), (complaint, desk, size_at_desk) = rows
    assert (contact, shop, complaint, desk) == ("C-1", "default", "T-7", "help_desk")
    assert size_in_shop > 1
    assert size_at_desk == 1


DELIVERY = {
    "hitid_high": ["18446744073709551615", "18446744073709551615", "7"],
    "hitid_low": ["1", "2", "3"],
    "hit_time_gmt": ["1770022800", "1770022860", "1770022920"],
    "post_visid_high": ["2914561287436512876"] * 3,
    "post_visid_low": ["42"] * 3,
    "post_pagename": ["Caf\u00e9 \\\tcorner", 'a "quote', "two\\\nlines and a \\\\"],
    "post_event_list": ["", "1,200=5", ""],
    "product_list": ["", ";Shoes;1;69.95", ""],
}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_delivery_of_adobe_is_converted_value_for_value(tmp_path: Path, encoding: str) -> None:
    delivery = tmp_path / "suite_2026-02-02"
    write_delivery(delivery, encoding)
    adobe_parquet.main([*conversion(delivery, tmp_path), "--encoding", encoding])
    rows = duckdb.sql(f"select post_pagename, hitid_high from '{tmp_path}/hits/suite_2026-02-02-hit_data.parquet'")
    assert rows.fetchall() == [
        ("Caf\u00e9 \tcorner", "18446744073709551615"),
        ('a "quote', "18446744073709551615"),
        ("two\nlines and a \\", "7"),
    ]
    with pytest.raises(SystemExit, match="is there already"):
        adobe_parquet.main([*conversion(delivery, tmp_path), "--encoding", encoding])


def test_delivery_of_adobe_with_other_headers_or_encoding_is_refused(tmp_path: Path) -> None:
    delivery = tmp_path / "suite_2026-02-02"
    write_delivery(delivery, "latin-1")
    with pytest.raises(SystemExit, match="not utf-8"):
        adobe_parquet.main(conversion(delivery, tmp_path))
    (delivery / "column_headers.tsv").write_text("\t".join([*DELIVERY, "evar1"]) + "\n")
    with pytest.raises(SystemExit, match="Expected Number of Columns"):
        adobe_parquet.main([*conversion(delivery, tmp_path), "--encoding", "latin-1"])
    (delivery / "column_headers.tsv").write_text("\t".join([*DELIVERY][:-1]) + "\n")
    with pytest.raises(SystemExit, match=r"3 row\(s\) have more values than the 7 columns"):
        adobe_parquet.main([*conversion(delivery, tmp_path), "--encoding", "latin-1"])
    assert list((tmp_path / "hits").iterdir()) == []


def write_delivery(folder: Path, encoding: str) -> None:
    """Write the two files of a Data Feed that matter."""
    folder.mkdir()
    (folder / "column_headers.tsv").write_text("\t".join(DELIVERY) + "\n")
    lines = "".join("\t".join(row) + "\n" for row in zip(*DELIVERY.values(), strict=True))
    (folder / "hit_data.tsv").write_text(lines, encoding=encoding)


def conversion(delivery: Path, folder: Path) -> list[str]:
    """Arguments of the script."""
    headers = str(delivery / "column_headers.tsv")
    return [str(delivery / "hit_data.tsv"), "--headers", headers, "--into", str(folder / "hits")]


def write_unusual_feeds(adobe: Path) -> None:
    """Write feeds of Adobe with other columns and types."""
    delivery = adobe.parents[1] / "suite_2026-02-02"
    write_delivery(delivery, "utf-8")
    adobe_parquet.main(conversion(delivery, adobe))
    # Of a warehouse: ids as numbers, a time that is one, and no id of the hit; and of nothing but what must be there.
    duckdb.sql(f"""
        copy (
            select
                timestamp '2026-02-02 09:03:00' as hit_time_gmt, 2914561287436512876::ubigint as post_visid_high,
                42 as post_visid_low, 3 as visit_num, number::double as post_visid_type, 12 as post_event_list,
                '\\N' as ip, 5.5 as evar1
            from unnest([1, 3]) as types (number)
        ) to '{adobe}/hits/loaded.parquet'
    """)
    duckdb.sql(f"""
        copy (
            select '1770023040' as hit_time_gmt, '2914561287436512876' as post_visid_high, '0' as post_visid_low
        ) to '{adobe}/hits/short.parquet'
    """)


def test_feeds_of_adobe_with_other_columns_and_types_are_read_together(
    unusual_events: duckdb.DuckDBPyConnection,
) -> None:
    rows = unusual_events.execute(
        "select occurred_at::varchar, event_name, regexp_replace(anonymous_id, '-[0-9a-f]{32}$', ''),"
        " revenue_amount::varchar, rejection_reason from adobe order by all"
    ).fetchall()
    visitor = "2914561287436512876" + "42".zfill(19)
    assert rows == [
        ("2026-02-02 09:00:00", "page_view", visitor, None, None),
        ("2026-02-02 09:01:00", "purchase", visitor, "69.9500", None),
        ("2026-02-02 09:02:00", "page_view", visitor, None, None),
        ("2026-02-02 09:03:00", "add_to_cart", visitor, None, None),
        # Of ip and user agent, told as a floating-point number.
        ("2026-02-02 09:03:00", "add_to_cart", "non-consent", None, None),
        ("2026-02-02 09:04:00", "page_view", None, None, "missing_event_id"),
    ]


def test_worked_example_of_contributing_is_a_source(project_copy: Path, tmp_path: Path) -> None:
    contributing = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for comment, path, text in re.findall(r"```(?:yaml|sql|csv)\n(#|--) (\S+)\n((?:.*\n)+?)```", contributing):
        assert comment
        target = project_copy / path
        target.parent.mkdir(exist_ok=True)
        with target.open("a") as file:
            file.write(text)
    receipts = tmp_path / "exports" / "tills" / "receipts"
    receipts.mkdir(parents=True)
    duckdb.sql(f"""
        copy (
            select 'r1' as id, 't1' as till, '2026-02-01 10:00:00' as printed_at, 'card-1' as card, 9.5 as total
            union all select 'r2', 't1', '2026-02-02 10:00:00', 'undefined', 3
        ) to '{receipts}/part-0.parquet'
    """)
    dbt = dbt_on_exports(tmp_path / "exports", tmp_path, project=project_copy, sources=["tills"])
    build(dbt, *BUILD, "--select", "+int_events", sources=["tills"])
    with duckdb.connect(str(dbt.database), read_only=True) as connection:
        orders = connection.execute(
            "select order_id, user_id, revenue_amount, rejection_reason"
            " from intermediate.int_events_received order by order_id"
        ).fetchall()
    # A receipt without a card still has its own number to be known by.
    assert [(*order[:2], float(order[2]), order[3]) for order in orders] == [
        ("r1", "card-1", 9.5, None),
        ("r2", None, 3.0, None),
    ]


# Mixpanel's export of several years: a column for each property, properties as a record, text, and everything in JSON.
MIXPANEL_EXPORTS = {
    "2019.parquet": """
        select 'Viewed' as mp_event_name, 1767607200 as time, 'mp-1' as distinct_id, 'mp-1' as mp_device_id,
            'https://shop.example/p/1' as mp_current_url, 'Firefox' as mp_browser, 'a' as mp_insert_id,
            'x' as {odd}
    """,
    "2021.parquet": """
        select 'Viewed' as event_name, timestamp '2026-01-05 10:00:01' as time, 4711 as distinct_id, 7 as insert_id,
            'mp-1' as device_id, 4711::double as user_id,
            {'$current_url': 'https://shop.example/p/2', '$browser': 'Firefox'} as properties
    """,
    "2022.parquet": """
        select 'Viewed' as event_name, 1767607202.5::double as time, '$device:mp-2' as distinct_id,
            {'$current_url': 'https://shop.example/p/3', 'plan': {'name': 'pro'}} as properties
    """,
    "2023.parquet": """
        select 'Viewed' as event_name, '1767607203000' as time, '4711' as distinct_id, '{"$os":"iOS"}' as properties
    """,
}


def write_mixpanel_of_years(mixpanel: Path) -> None:
    """Write exports of Mixpanel of several years, and one of today with a line that is no JSON."""
    events = mixpanel / "events"
    events.mkdir(parents=True)
    for name, rows in MIXPANEL_EXPORTS.items():
        duckdb.sql(f"copy ({rows.replace('{odd}', ODD_COLUMN)}) to '{events / name}'")
    line = {"event": "Viewed", "properties": {"time": 1767607204, "distinct_id": "$device:mp-2"}}
    (events / "2025.jsonl").write_text(json.dumps(line) + "\nno JSON\n", encoding="utf-8")


def test_mixpanel_of_several_years_is_read_whatever_is_missing_or_typed_otherwise(
    unusual_events: duckdb.DuckDBPyConnection,
) -> None:
    rows = unusual_events.execute(
        "select occurred_at::varchar, anonymous_id, user_id, page_path, browser, os, rejection_reason"
        " from mixpanel where not is_anonymous_id_derived order by occurred_at"
    ).fetchall()
    others = unusual_events.execute(
        "select occurred_at::varchar, user_id, os, rejection_reason from mixpanel"
        " where is_anonymous_id_derived order by occurred_at"
    ).fetchall()
    assert rows == [
        ("2026-01-05 10:00:00", "mp-1", None, "/p/1", "firefox", None, None),
        ("2026-01-05 10:00:01", "mp-1", "4711", "/p/2", "firefox", None, None),
        ("2026-01-05 10:00:02.5", "mp-2", None, "/p/3", None, None, None),
        # An app that does not name its device.
        ("2026-01-05 10:00:03", "4711", "4711", None, None, "ios", None),
        ("2026-01-05 10:00:04", "mp-2", None, None, None, None, None),
    ]
    assert others == [
        (None, None, None, "malformed_row: line 2"),
    ]
