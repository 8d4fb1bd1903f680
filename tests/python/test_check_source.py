"""check-source: what lies there is told before anything is built, as a build would take it, and no value is printed.

The project is parsed once with all sources. Tables and columns are looked at without a build; what needs one is built
for few sources, and test_sources looks at the figures of all.
"""

import gzip
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt_runs import PARTIAL_PARSE, PROJECT, parsed_project
from source_fixtures import fixture_sources, raw_tables, schema, write_exports

from identity_graph.check_source import describe
from identity_graph.cli import main
from identity_graph.project import find_project
from identity_graph.raw_columns import name_findings, type_difference
from identity_graph.raw_files import RawFile, RawTable, spread, take_sample
from identity_graph.source_checker import Check, Checker
from identity_graph.staged_events import CANONICAL_KEYS, KeyFigures, Rule, Spread, verdict
from identity_graph.text import NOTE, REFUSED, WARNING, share

SOURCES = fixture_sources()
SETTINGS = ("IDENTITY_", "DBT_")
# Tables that nothing reads without a var.
UNREAD_TABLES = {"segment": {"checkout_paid"}}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports of all sources."""
    folder = tmp_path_factory.mktemp("exports")
    for source in SOURCES:
        write_exports(folder, source)
    return folder


@pytest.fixture(scope="module")
def checker(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    """Parse the project with all sources."""
    profiles = tmp_path_factory.mktemp("profiles")
    shutil.copy(PROJECT / "profiles.example.yml", profiles / "profiles.yml")
    with pytest.MonkeyPatch.context() as patch:
        clear_environment(patch)
        patch.setenv("DBT_PROFILES_DIR", str(profiles))
        patch.setenv("IDENTITY_EXPORTS", str(exports))
        patch.setenv("IDENTITY_EVENTS", str(exports / "generic" / "*.ndjson"))
        folder = tmp_path_factory.mktemp("check")
        (folder / "scratch" / "target").mkdir(parents=True)
        shutil.copy(parsed_project() / PARTIAL_PARSE, folder / "scratch" / "target")
        yield Checker(find_project(PROJECT), folder, SOURCES, {})


def clear_environment(patch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        patch.delenv(name)


def looked_at(checker: Checker, source: str, rows: int = 1000) -> Check:
    """Tables and columns of a source, without a build."""
    checker.forget_samples()
    with duckdb.connect() as connection:
        check = checker.take_samples(connection, source, rows)
        checker.look_at_columns(connection, check, None)
    return check


def texts(check: Check, level: int) -> list[str]:
    return [finding.text for finding in check.findings if finding.level == level]


def rewrite(exports: Path, source: str, table: str, query: str) -> None:
    """Replace the files of a table by what a query makes of them ({raw} stands for them)."""
    folder = exports / source / table
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        raw = f"read_parquet('{folder}/*.parquet')"
        connection.execute(f"create table changed as {query.format(raw=raw)}")
        shutil.rmtree(folder)
        folder.mkdir()
        connection.execute(f"copy changed to '{folder}/changed.parquet' (format parquet)")


@pytest.fixture
def changed(exports: Path, tmp_path: Path) -> Iterator[Path]:
    """Exports that a test may change."""
    shutil.copytree(exports, tmp_path / "unchanged")
    yield exports
    shutil.rmtree(exports)
    shutil.move(tmp_path / "unchanged", exports)


@pytest.mark.parametrize("source", SOURCES)
def test_types_of_the_catalogue_are_those_of_the_fixtures(source: str) -> None:
    (catalogue,) = yaml.safe_load(
        (PROJECT / "models" / "staging" / source / f"_{source}__sources.yml").read_text(encoding="utf-8")
    )["sources"]
    different = {}
    for table in catalogue["tables"]:
        types = {column["name"]: column.get("data_type") for column in table["columns"]}
        assert None not in types.values(), f"a column without data_type in {source}.{table['name']}: {types}"
        if table["name"] in raw_tables(source):
            for column in schema(source, table["name"]):
                # JSON text lies in a column of text.
                allowed = {column["type"].lower()} | ({"json"} if column["type"] == "STRING" else set())
                if types.get(column["name"], column["type"].lower()) not in allowed:
                    different[table["name"], column["name"]] = (types[column["name"]], column["type"])
    assert different == {}


@pytest.mark.parametrize("source", SOURCES)
def test_columns_that_the_models_read_are_in_the_catalogue(checker: Checker, source: str) -> None:
    tables = [table for table in checker.manifest.sources.values() if table.source_name == source]
    named = {name.lower() for table in tables for name in table.columns}
    models = (PROJECT / "models" / "staging" / source).glob("*.sql")
    sql = "".join(path.read_text(encoding="utf-8") for path in models)
    lists = re.findall(r"first_sent\(columns, \[([^]]*)\]", sql)
    assert (
        set(re.findall(r"raw_column\(columns, '(\w+)'", sql) + re.findall(r"'(\w+)'", " ".join(lists))) - named == set()
    )
    for table in tables:
        # Of files whose columns are listed, no other is read.
        listed = re.search(r"columns = \{(.*?)\}", table.config.meta.get("external_location", ""), re.DOTALL)
        if listed:
            names = {name.replace("$$", "$") for name in re.findall(r"([\w$]+)\"?: 'varchar'", listed[1])}
            assert names == set(table.columns)


@pytest.mark.parametrize("source", SOURCES)
def test_tables_and_columns_of_every_source_are_found(checker: Checker, source: str) -> None:
    check = looked_at(checker, source)
    expected = {
        table: len((PROJECT / "tests" / "fixtures" / source / f"{table}.ndjson").read_text().splitlines())
        for table in (raw_tables(source) or ["events"])
        if table not in UNREAD_TABLES.get(source, set())
    }
    assert {name: int(rows) for name, _, rows, _, _ in check.tables} == expected
    # The fixtures are of the shape that the catalogue says.
    assert texts(check, WARNING) == []
    assert check.absent == []


def test_a_column_that_is_read_from_another_is_not_missing() -> None:
    table = RawTable(
        "generic", "events", "", {"event_id": "string", "email": "string", "phone": "string"}, ("event_id",)
    )
    (finding,) = name_findings([(table, {})], None, {"email"})
    assert finding.text == "not there, read as null: phone"


def test_a_struct_and_an_epoch_are_told_from_what_is_expected(checker: Checker, changed: Path) -> None:
    rewrite(changed, "ping", "pings", "select * replace ({{'plan': 'basic'}} as properties) from {raw}")
    rewrite(changed, "snowplow", "events", "select * replace (1770000000 as refr_dvce_tstamp) from {raw}")
    rewrite(changed, "records", "records", "select * replace ('1770000000' as recorded_at) from {raw}")
    assert texts(looked_at(checker, "ping"), NOTE)[0] == (
        "pings.properties: a struct where JSON text is expected: it is read as JSON"
    )
    assert texts(looked_at(checker, "snowplow"), WARNING) == [
        "events.refr_dvce_tstamp: an epoch (INTEGER) where a timestamp is expected: it is read as null;"
        " write a timestamp or ISO 8601 text"
    ]
    assert texts(looked_at(checker, "records"), WARNING) == [
        "records.recorded_at: epochs as text (100% of its values) where a timestamp is expected: they are no times"
    ]


def test_a_struct_is_told_where_a_vendor_types_a_column_now_so_and_now_otherwise(
    checker: Checker, changed: Path
) -> None:
    rewrite(changed, "heap", "pageviews", "select * replace ({{'at': 1770000000}} as time) from {raw}")
    assert texts(looked_at(checker, "heap"), WARNING) == [
        "pageviews.time: record where a timestamp is expected: it is read as null"
    ]


def test_a_missing_table_is_told_and_the_others_are_read(checker: Checker, changed: Path) -> None:
    shutil.rmtree(changed / "segment" / "tracks")
    check = looked_at(checker, "segment")
    # What lies beside the sample is compared with all tables, those that are not there among them.
    sources = [source for source in checker.manifest.sources.values() if source.source_name == "segment"]
    assert all(str(checker.folder / "sample") in source.config.meta["external_location"] for source in sources)
    assert [table.name for table in check.absent] == ["tracks"]
    assert f"  no tracks: nothing lies at {changed}/segment/tracks/*.parquet" in describe(check, 1000, is_refused=False)
    assert "pages" in [name for name, *_ in check.tables]


def test_a_refused_build_is_refused_in_the_words_of_dbt(checker: Checker, changed: Path) -> None:
    rewrite(changed, "records", "records", "select * replace (1770000000 as recorded_at) from {raw}")
    (check,), is_refused = checker.check(1000, ["records"])
    assert is_refused
    (refusal,) = texts(check, REFUSED)
    assert refusal == (
        f"Source records: {changed}/records/records/changed.parquet holds times as numbers (INTEGER) in recorded_at:"
        " write them as timestamps or as ISO 8601 text."
    )
    assert "a build is refused" in texts(check, WARNING)[0]


def test_a_packed_file_that_is_cut_is_refused(checker: Checker, changed: Path) -> None:
    folder = changed / "posthog" / "events"
    rows = "\n".join(json.dumps({"uuid": f"{number}", "event": "$pageview"}) for number in range(3000))
    packed = gzip.compress(rows.encode())
    (folder / "cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (check,), is_refused = checker.check(1000, ["posthog"])
    assert is_refused
    assert str(folder / "cut.jsonl.gz") in texts(check, REFUSED)[0]


def test_an_empty_folder_is_refused_with_what_lies_there_instead(checker: Checker, changed: Path) -> None:
    shutil.rmtree(changed / "ping")
    (changed / "ping" / "pings").mkdir(parents=True)
    (changed / "ping" / "pings" / "pings.xml").touch()
    (check,), is_refused = checker.check(1000, ["ping"])
    assert is_refused
    place = f"{changed}/ping/pings"
    assert texts(check, REFUSED) == [
        f"Source ping: there is no file at {place}/*.parquet; there lie {place}/pings.xml."
    ]


def test_a_key_that_joins_strangers_is_seen_before_it_is_on(checker: Checker, changed: Path) -> None:
    """150 ids share a login, 15 an order and a till, two a member number. Beside them lies ga4."""
    rows = [
        {
            "event_id": f"e{number}",
            "event_name": "order_completed" if number % 2 else "not_registered",
            "occurred_at": "soon" if number == 0 else f"2026-02-01T10:{number % 60:02}:00Z",
            "anonymous_id": f"visitor {number}",
            "user_id": "everybody" if number < 151 else None,
            "order_id": f"order {number // 15}",
            "email": f"someone.{number}@mail.example",
            "ip_address": "203.0.113.77",
            "revenue": 1,
            "currency": "EUR",
            "crew": f"crew {number // 20}",
            "properties": {"member": f"m{number // 2}", "till": f"t{number // 15}", "phone": "+49 170 7654321"},
        }
        for number in range(300)
    ]
    shutil.rmtree(changed / "generic")
    (changed / "generic").mkdir()
    (changed / "generic" / "a.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (generic, ga4), is_refused = checker.check(1000, ["generic", "ga4"])
    report = "\n".join(describe(generic, 1000, is_refused=is_refused))
    assert report.startswith("generic: a build would run.\n")
    # The first has no time that can be read, so that 150 are left.
    assert "! key user_id: 1 value is shared by 150 ids: dropped (limit 100)" in report
    assert re.search(
        r"! key order_id: 20 values are shared by up to 15 ids: joins strangers unless these are one", report
    )
    assert re.search(r"\n  member +no rule +100% +150 +2 +2 +2 +1 +1 +1  - would join 298 ids\n", report)
    assert re.search(r"\n  till +no rule .* ! 20 values are shared by up to 15 ids: joins strangers", report)
    # A column that nothing reads, in rows that nobody judged.
    assert re.search(r"\n  crew +no rule .* ! 15 values are shared by up to 20 ids: joins strangers", report)
    assert "- nothing reads 1 column: crew\n" in report
    assert "- 1 row rejected (0.3%): unparsable_time\n" in report
    assert "Events: 300 rows = 299 accepted + 0 duplicate + 1 rejected\n" in report
    assert "Ids: 299 ids; " in report
    assert "Time: 2026-02-01 10:00 to 2026-02-01 10:59 UTC; 0.3% of times cannot be read\n" in report
    assert re.search(r"\n  not_registered +150 +unregistered +0\n  order_completed +150 +conversion +0", report)
    for value in ("everybody", "someone", "203.0.113", "7654321", "visitor 1"):
        assert value not in report
    shown = "\n".join(describe(ga4, 1000, is_refused=is_refused)).replace(str(changed), "exports")
    page = (PROJECT / "docs" / "sources" / "README.md").read_text(encoding="utf-8")
    example = page.partition("check-source ga4\n")[2].partition("```")[0]
    for line in example.splitlines():
        assert line.removesuffix("...") in shown


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["pong"], {}, "there is no source pong; those that are here: adobe, amplitude, ga4, "),
        (["ga4"], {"IDENTITY_TARGET": "bigquery"}, "check-source reads files and relations on DuckDB only"),
        (["ga4", "--rows", "0"], {}, "--rows has to be 1 at least"),
        (["ga4", "--vars", "[ga4]"], {}, "--vars has to be a mapping"),
    ],
)
def test_what_cannot_be_checked_is_said_in_one_line(
    arguments: list[str],
    environment: dict[str, str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clear_environment(monkeypatch)
    shutil.copy(PROJECT / "profiles.example.yml", tmp_path / "profiles.yml")
    for name, value in ({"DBT_PROFILES_DIR": str(tmp_path)} | environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(PROJECT / "models")
    assert main(["check-source", *arguments]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""


def test_whole_files_are_sampled_from_all_over_and_a_large_one_is_cut(tmp_path: Path) -> None:
    folder = tmp_path / "exports" / "own" / "events"
    folder.mkdir(parents=True)
    table = RawTable("own", "events", f"{folder}/*.parquet", {})
    with duckdb.connect() as connection:
        for day in range(9):
            connection.execute(f"copy (from range(100)) to '{folder}/{day}.parquet' (format parquet)")
        sample = take_sample(connection, table, 350, tmp_path / "sample")
        assert [Path(file.path).stem for file in sample.files] == ["8", "0", "4"]
        assert (sample.file_count, sample.row_count, sample.is_whole) == (9, 900, False)
        cut = take_sample(connection, table, 40, tmp_path / "cut")
        assert connection.execute(f"select count(*) from '{cut.staged[0]}'").fetchall() == [(40,)]
    lines = tmp_path / "lines.csv"
    lines.write_text('a,b\n1,"x\ny"\n2,z\n')
    with duckdb.connect() as connection:
        head = take_sample(connection, RawTable("own", "lines", str(lines), {}), 1, tmp_path / "head")
    # A row that holds a line break is not cut within.
    assert head.staged[0].read_text() == 'a,b\n1,"x\ny"\n'


def test_files_are_spread() -> None:
    files = [RawFile(str(number), 1, "csv") for number in range(6)]
    assert sorted(file.path for file in spread(files)) == list("012345")
    assert spread([]) == []


@pytest.mark.parametrize(
    ("expected", "found", "options", "words"),
    [
        ("json", "STRUCT(a INTEGER)", {}, "a struct where JSON text is expected"),
        ("record", "VARCHAR", {}, "JSON text where a record is expected"),
        ("record", "STRUCT(a INTEGER)[]", {}, None),
        ("timestamp", "BIGINT", {}, "it is read as null"),
        ("string", "BIGINT", {"is_time": True}, "a build is refused"),
        ("timestamp", "TIMESTAMP WITH TIME ZONE", {}, None),
        ("timestamp", "VARCHAR", {"is_time": True}, None),
        ("integer", "TIMESTAMP", {}, "a timestamp where integer is expected"),
        ("integer", "VARCHAR", {}, None),
        ("string", "BIGINT", {"is_id": True}, None),
        ("string", "DOUBLE", {"is_id": True}, "an id as DOUBLE"),
        ("string", "DOUBLE", {}, None),
        ("string", "STRUCT(a INTEGER)", {}, "a struct where text is expected"),
        ("json", "DOUBLE", {}, "nothing is found in it"),
        ("", "DOUBLE", {}, None),
    ],
)
def test_a_type_matters_where_it_is_read_otherwise(
    expected: str, found: str, options: dict[str, Any], words: str | None
) -> None:
    difference = type_difference(expected, found, **options)
    assert (difference is None) if words is None else (words in difference[1])


ON = Rule("user_id", True, window_days=180, max_ids_per_key=100)
ONE = Spread(1, 1, 1)


@pytest.mark.parametrize(
    ("figures", "rule", "expected"),
    [
        ({}, ON, (NOTE, "no value is seen with two ids")),
        ({"shared_values": 3, "joined_ids": 7}, ON, (NOTE, "joins 7 ids")),
        (
            {"shared_values": 1, "dropped": 1, "largest_dropped": 14000},
            Rule("card", False, window_days=30, max_ids_per_key=100),
            (WARNING, "1 value is shared by 14,000 ids: would be dropped (limit 100)"),
        ),
        ({}, Rule("account_id", True), (NOTE, "links nobody")),
        (
            {"values_per_id": Spread(5, 9, 40)},
            None,
            (NOTE, "an id has many of it: it tells visits or things, no person"),
        ),
    ],
)
def test_a_key_is_judged_by_its_rule(figures: dict[str, Any], rule: Rule | None, expected: tuple[int, str]) -> None:
    counts = {"event_count": 9, "value_count": 9, "id_count": 9, "ids_per_value": ONE, "values_per_id": ONE}
    assert verdict(KeyFigures("key", **(counts | figures)), rule) == expected
    assert verdict(None, rule) == (NOTE, "no event has it")


def test_a_share_is_never_nothing_or_all_by_rounding() -> None:
    assert [share(*of) for of in ((0, 9), (9, 9), (1, 10_000), (9_999, 10_000), (1, 3))] == [
        "0%",
        "100%",
        "<0.1%",
        "99.9%",
        "33.3%",
    ]


def test_keys_that_have_a_column_are_those_of_the_graph() -> None:
    macro = (PROJECT / "macros" / "graph" / "canonical_key_types.sql").read_text(encoding="utf-8")
    assert sorted(re.findall(r"'(\w+)'", macro)) == sorted(CANONICAL_KEYS)
