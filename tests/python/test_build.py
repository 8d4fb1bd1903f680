"""Whole builds: repeatable, free of personal data, and clear about their input."""

import gzip
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import duckdb
import pytest
from dbt_runs import Dbt, parse_into, profile_of_tests

# Without news such a table stays as it is, or is emptied where it tells what a run changes.
STAYING = ("table_if_changed", "rounds")
DEMO_EVENTS = "seeds/demo/events.parquet"
MARTS = (
    "users",
    "users_history",
    "persons",
    "households",
    "organizations",
    "identity_links",
    "identity_statistics",
    "sessions",
    "conversions",
    "conversion_cohorts",
    "attributed_conversions",
    "quarantined_events",
)


@dataclass(frozen=True)
class Run:
    """One finished dbt command and the database that it wrote to."""

    success: bool
    output: str
    database: Path


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """Dbt on one database after the other, parsed once: raw events are always read from the same folder."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "raw").mkdir()
    dbt = Dbt(folder, environment={"IDENTITY_EVENTS": f"{folder}/raw/*"})
    dbt.parse()
    return dbt


@pytest.fixture
def raw(other: Dbt) -> Path:
    """The folder that raw events are read from, empty, while there is no database."""
    for path in [*other.folder.glob("graph.duckdb*"), *(other.folder / "raw").iterdir()]:
        path.unlink()
    return other.folder / "raw"


@pytest.fixture
def run_dbt(other: Dbt, raw: Path) -> Callable[..., Run]:
    """Run dbt on a new database; raw events that lie elsewhere are named in the environment."""

    def run(*arguments: str, **environment: str) -> Run:
        dbt = replace(other, environment=other.environment | environment)
        if environment:
            dbt.parse()
        done = dbt(*arguments)
        return Run(done.success, done.output, other.database)

    return run


BUILD_MODELS = ("build", "--exclude-resource-type", "test", "unit_test")
# Of a build, what reads raw events.
OF_EVENTS = ("--select", "resource_type:seed", "+int_events_received", *BUILD_MODELS[1:])
ONE_EVENT = "'e' as event_id, 'page_view' as event_name, '2026-02-09 10:00:00' as occurred_at, 'a' as anonymous_id"


def fingerprints(database: Path, schemas: tuple[str, ...] | None = None) -> dict[str, tuple[int, int]]:
    """Return the number of rows and an order-free hash of the rows of every table, the names of raw files left out."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            """
            select schema_name, table_name from duckdb_tables() where not temporary
            union all
            select schema_name, view_name from duckdb_views() where view_name = 'quarantined_events'
            order by all
            """
        ).fetchall()
        return {
            f"{schema}.{name}": connection.execute(
                f"""
                select count(*), coalesce(sum(hash(t)::hugeint), 0)
                from (select columns(lambda c: c <> 'raw_file') from "{schema}"."{name}") as t
                """
            ).fetchall()[0]
            for schema, name in tables
            if schemas is None or schema in schemas
        }


def mart_fingerprints(database: Path, schema: str = "marts") -> dict[str, tuple[int, int]]:
    tables = fingerprints(database, (schema,))
    return {f"marts.{name}": tables[f"{schema}.{name}"] for name in MARTS}


def tables_of_one_run(demo_build) -> set[str]:
    """Names of the intermediate tables that are made anew in each run, or emptied; most say what the run changes."""
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    return {
        f"intermediate.{node['alias']}"
        for node in manifest["nodes"].values()
        if node["schema"] == "intermediate" and node["config"]["materialized"] in ("table", *STAYING)
    }


def test_tables_that_stay_wait_until_it_is_known_who_changed(demo_build):
    models = {
        name: node
        for name, node in json.loads((demo_build.target / "manifest.json").read_text())["nodes"].items()
        if node["resource_type"] == "model"
    }

    @cache
    def ancestors(name: str) -> set[str]:
        parents = {parent for parent in models[name]["depends_on"]["nodes"] if parent in models}
        return parents.union(*map(ancestors, parents))

    staying = {name for name, node in models.items() if node["config"]["materialized"] in STAYING}
    assert len(staying) > 30
    hasty = {name for name in staying if "model.identity_graph.int_changed_visitors" not in ancestors(name)}
    # Its rows are the same in every run.
    assert hasty == {"model.identity_graph.time_spine_daily"}


def test_commands_read_no_table_that_lasts_for_a_run_only(demo_build):
    nodes = json.loads((demo_build.target / "manifest.json").read_text())["nodes"].values()
    emptied = {node["name"] for node in nodes if node["config"].get("meta", {}).get("lasts_for_a_run")}
    assert len(emptied) > 10
    files = [file for folder in ("identity_graph", "scripts") for file in (demo_build.project / folder).rglob("*.py")]
    files += (demo_build.project / "analyses").glob("*.sql")
    read = set(re.findall(r"(?:intermediate[.]|{TABLES}[.]|ref[(]')(int_\w+)", "".join(map(Path.read_text, files))))
    assert len(read) > 10
    assert not read & emptied


def test_second_build_changes_nothing(demo_build, tmp_path):
    before = fingerprints(demo_build.path)
    assert before["marts.users"][0] > 1000
    again = replace(demo_build.dbt, folder=tmp_path)
    shutil.copy(demo_build.path, again.database)
    assert again(*BUILD_MODELS).success
    after = fingerprints(again.database)
    assert after.keys() == before.keys()
    changed = {name for name in after if after[name] != before[name]}
    # The run is counted, and each table of changes says that there are none.
    assert "intermediate.event_loads" in changed
    assert changed <= {"intermediate.event_loads"} | tables_of_one_run(demo_build)
    assert {name for name in changed if after[name][0]} == {"intermediate.event_loads"}


def test_input_order_threads_and_formats_do_not_matter(demo_build, run_dbt, raw):
    events = f"from '{demo_build.project / DEMO_EVENTS}' order by hash(event_id), received_at desc"
    shuffled = f"(select row_number() over () as position, * {events})"
    for number, (name, options) in enumerate(
        [("a.csv", "(format csv, header)"), ("b.ndjson", "(format json)"), ("c.parquet", "(format parquet)")]
    ):
        duckdb.sql(
            f"copy (select * exclude position from {shuffled} where position % 3 = {number} order by position)"
            f" to '{raw}/{name}' {options}"
        )
    run = run_dbt(*BUILD_MODELS, "--threads", "4", DBT_DUCKDB_THREADS="4")
    assert run.success, run.output
    assert mart_fingerprints(run.database) == mart_fingerprints(demo_build.path)


def personal_values(events: Path) -> set[str]:
    """Return every raw email, phone and ip of the events, as sent and trimmed to lower case."""
    rows = duckdb.sql(f"select email, phone, ip_address, properties, page_url from '{events}'").fetchall()
    values: set[str] = set()
    for email, phone, ip_address, properties, page_url in rows:
        values.update(value for value in (email, phone, ip_address) if value)
        if properties:
            parsed = json.loads(properties)
            values.update(str(parsed[name]) for name in ("email", "phone") if parsed.get(name))
        if page_url and "email=" in page_url:
            values.add(unquote(page_url.split("email=")[1].split("&")[0]))
    return {value.strip().lower() for value in values}


def words(text: str) -> set[str]:
    """Split a cell into the pieces that an address, a phone number or an ip could be."""
    return {piece.strip(".") for piece in re.split(r"[\s\"'{}\[\]=&?,;<>()]+", unquote(text).lower())}


def leaks(connection: duckdb.DuckDBPyConnection, relation: str, values: set[str]) -> dict[str, set[str]]:
    """Return for each column of a relation the raw values that occur in it."""
    found: dict[str, set[str]] = {}
    for name, *_ in connection.execute(f"describe {relation}").fetchall():
        cells = connection.execute(f'select distinct cast("{name}" as varchar) from {relation}').fetchall()
        hits = set().union(*(words(cell) for (cell,) in cells if cell)) & values
        if hits:
            found[name] = hits
    return found


def test_no_raw_email_ip_or_phone_is_stored(demo_build):
    events = demo_build.project / DEMO_EVENTS
    values = personal_values(events)
    assert len(values) > 1000

    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        # The scan works: on the raw file it finds what it looks for, in each column that holds it.
        raw = leaks(connection, f"'{events}'", values)
        assert set(raw) >= {"email", "phone", "ip_address", "properties", "page_url"}

        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        assert len(tables) > 30
        found = {f"{s}.{t}": leaks(connection, f'"{s}"."{t}"', values) for s, t in tables}
    assert {table: columns for table, columns in found.items() if columns} == {}


def forms_of_addresses(number: int) -> list[str]:
    """Return one address, each time another's, in the forms that senders send addresses in."""
    forms = (
        "{}@example.com",
        "{}%40example.com",
        "{}%252540example.com",
        "{}%ff%40example.com",
        "{}&#64;example.com",
        "{}&amp;#x40;example.com",
        "{}&commat;example.com",
        "{}\\u0040example.com",
        "{}%u0040example.com",
        "{}\uff20example\uff0ecom",
        "{} @ example.com",
        "{}\u200b@example.com",
        "j\u00fcr.{}@ex\u00e4mple.de",
        "{}@xn--exmple-cua.de",
        '"{} lee"@example.com',
        "o'{}+tag@mail.example.co.uk",
        "mailto:{}@example.com",
    )
    return [form.format(f"zq{number}x{index}q") for index, form in enumerate(forms)]


def forms_of_phones_and_ips(number: int) -> list[str]:
    """Return phone numbers and ips, each time others, in the forms that senders send them in."""
    phones = (
        "+49151{0}{1}",
        "%2B49151{0}{1}",
        "+49 (0) 151 / {0} {1}",
        "+49-151-{0}-{1}",
        "0151.{0}{1}",
        "0151 {0}{1}",
        "0151-{0}{1}",
        "(555) {0}-{1}",
        "555-{0}-{1}",
        "555.{0}.{1}",
        "49 151 {0} {1}",
        "tel:0151{0}{1}",
        "\uff0b49151{0}{1}",
        "0151-{0}{1}_guest",
    )
    ips = (
        "203.{0}.113.7",
        "203%2E{0}%2E113%2E7",
        "2001:db8:{1}::7",
        "2001:db8:{1}:0:0:0:0:7",
        "2001%3Adb8%3A{1}%3A%3A8",
        "guest_203.{0}.114.7",
        "203.{0}.115.7_home",
        "ip203.{0}.116.7",
    )
    made = [form.format(f"{number:03}", f"{7000 + index}") for index, form in enumerate(phones)]
    return made + [form.format(number, f"{number:03}{index}") for index, form in enumerate(ips)]


def planted_events() -> dict[str, dict]:
    """Return one raw event for each column and form of personal data, by the value that is planted in it."""
    ids = (
        "event_id",
        "anonymous_id",
        "user_id",
        "device_id",
        "order_id",
        "account_id",
        "click_id",
        "space_id",
        "email_hash",
    )
    others = ("event_name", "event_type", "schema_version", "currency", "email", "phone", "ip_address", "user_agent")
    campaign = [f"utm_{name}" for name in ("source", "medium", "campaign", "content", "term")]
    properties = (
        lambda value: {"note": value},
        lambda value: {"cart_id": value},
        lambda value: {"a": {"b": [{"c": f"call {value}, please"}]}},
        lambda value: {value: 1},
        lambda value: {"payload": json.dumps({"inner": json.dumps({"note": value})})},
    )
    makers: list[Callable[[str], dict]] = [
        *(lambda value, name=name: {name: value} for name in ids + others),
        *(
            lambda value, name=name: {"page_url": f"https://shop.example/?{name}={quote(value)}"}
            for name in [*campaign, "gclid", "ehash"]
        ),
        lambda value: {"page_url": f"https://shop.example/u/{quote(value)}/orders"},
        lambda value: {"page_url": f"https://shop.example/u/{quote(quote(value))}"},
        lambda value: {"referrer": f"https://{value}/"},
        lambda value: {"referrer": f"https://example.org/{quote(value)}"},
        *(lambda value, make=make: {"properties": json.dumps(make(value))} for make in properties),
        lambda value: {"properties": json.dumps({"note": value}, ensure_ascii=False)[:-1]},
        lambda value: {"click_id": "click", "click_id_type": value},
        lambda value: {"properties": str({"phone": value})},
        lambda value: {"occurred_at": "no time", "properties": json.dumps({"note": value}), "order_id": value},
    ]
    named = (
        "cell",
        "whatsapp",
        "mail",
        "tel",
        "mobilePhone",
        "fax_number",
        "email2",
        "clientIp",
        "address1",
        "Telefonnummer",
        "handynummer",
        "correo",
        "lieferadresse",
        "shippingaddress",
    )
    deep = (
        lambda name, value: {name: value},
        lambda name, value: {"a": {"b": [{name: {"home": {"values": [value]}}}]}},
        lambda name, value: {"payload": json.dumps({"inner": {name: value}})},
        lambda name, value: {"payload": quote(json.dumps({name: value}))},
    )
    planted: dict[str, dict] = {}
    for number, make in enumerate(makers, start=100):
        planted |= {value: make(value) for value in forms_of_addresses(number) + forms_of_phones_and_ips(number)}
    for number, (name, make) in enumerate((name, make) for name in named for make in deep):
        # A name tells what no shape does: digits alone, and a street.
        planted |= {f"01518800{number:03}": {"properties": json.dumps(make(name, f"01518800{number:03}"))}}
        escaped = "".join(f"\\u{ord(letter):04x}" for letter in name)
        street = f"zqstreet {number}"
        planted |= {street: {"properties": json.dumps(make(name, street)).replace(f'"{name}"', f'"{escaped}"')}}
    usual = {"event_name": "page_view", "occurred_at": "2026-01-05T10:00:00Z", "received_at": "2026-01-05T10:00:00Z"}
    return {
        value: usual | {"event_id": f"event {index}", "anonymous_id": f"visitor {index}"} | event
        for index, (value, event) in enumerate(planted.items())
    }


def ways_to_read(value: str) -> set[str]:
    """Return a planted value, and what is left of it once it is decoded or its separators are gone, in lower case."""
    ways = {value, unquote(value), json.dumps(value)[1:-1]} | set(re.findall(r"zq\w+", value))
    digits = re.sub(r"\D", "", unquote(value))
    if "zq" not in value and len(digits) > 9:
        ways.add(digits)
    return {way.strip('"').lower() for way in ways}


def test_planted_personal_data_is_nowhere_in_the_database(run_dbt, raw):
    planted = planted_events()
    assert len(planted) > 1000
    events = raw / "events.ndjson"
    events.write_text("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in planted.values()))
    run = run_dbt(*BUILD_MODELS)
    assert run.success, run.output

    # The scan works: it finds every value in the raw file.
    text = unquote(unquote(events.read_text().lower()))
    assert [value for value in planted if not any(way in text for way in ways_to_read(value))] == []

    cells: dict[str, str] = {}
    with duckdb.connect(str(run.database), read_only=True) as connection:
        columns = connection.execute(
            """
            select schema_name, table_name, column_name
            from duckdb_columns()
            where
                -- Views of staging store nothing; what they give is closed where it is stored.
                not internal and schema_name <> 'staging'
                and (data_type = 'VARCHAR' or data_type like 'MAP%' or data_type like '%[]')
            order by all
            """
        ).fetchall()
        # A relation is read once, for a view of raw events takes long to be planned.
        for (schema, table), of_relation in groupby(columns, key=lambda column: column[:2]):
            texts = ", ".join(f"['{name}', cast(\"{name}\" as varchar)]" for _, _, name in of_relation)
            found_cells = connection.execute(f'select distinct unnest([{texts}]) from "{schema}"."{table}"').fetchall()
            cells |= {cell.lower(): f"{schema}.{table}.{name}" for ((name, cell),) in found_cells if cell}
        rows, kept = connection.execute(
            "select count(*), count(*) filter (where properties is not null) from intermediate.int_events_received"
        ).fetchall()[0]
    assert "page_view" in cells
    # Most ways hold letters that only planted values hold; the others are long numbers.
    text = "\n".join(cells)
    marked = "\n".join(cell for cell in cells if "zq" in cell)
    found = {value: way for value in planted for way in ways_to_read(value) if way in (marked if "zq" in way else text)}
    assert [(cells[cell], cell) for way in found.values() for cell in cells if way in cell] == []
    stored = run.database.read_bytes().lower()
    longest = max(len(value.encode()) for value in planted)
    near_marks = b"\n".join(
        stored[max(mark.start() - longest, 0) : mark.end() + longest] for mark in re.finditer(b"zq", stored)
    )
    lowered = {value: value.lower().encode() for value in planted}
    assert [value for value, low in lowered.items() if low in (near_marks if b"zq" in low else stored)] == []
    # Nothing is lost on the way.
    assert rows == len(planted)
    assert kept == sum("properties" in event for event in planted.values())


def test_the_token_secret_is_nowhere_in_compiled_sql_or_the_database(demo_build):
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        views = connection.execute("select sql from duckdb_views() where not internal").fetchall()
    compiled = [path.read_text() for path in demo_build.target.rglob("*.sql")]
    assert compiled
    assert not [text for text in [*compiled, *(sql for (sql,) in views)] if "demo secret" in text]


def test_users_hold_every_id_under_consent_once(demo_build):
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        missing, surplus, twice = connection.execute(
            """
            with expected as (
                select distinct space_id, anonymous_id from intermediate.int_events where has_consent
            )
            select
                (select count(*) from expected anti join marts.users using (space_id, anonymous_id)),
                (select count(*) from marts.users anti join expected using (space_id, anonymous_id)),
                (select count(*) - count(distinct (space_id, anonymous_id)) from marts.users)
            """
        ).fetchall()[0]
    assert (missing, surplus, twice) == (0, 0, 0)


def test_quality_against_the_truth_is_published(demo_build):
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        rows = dict(connection.execute("select scope, pair_precision from marts.identity_quality").fetchall())
    assert rows["all keys, after closure"] >= 0.95
    assert {"user_id", "email_hash", "click_id", "ip_token"} <= set(rows)


def test_the_four_required_columns_are_enough(demo_build, run_dbt, raw):
    formats = {"csv": "(format csv, header)", "ndjson": "(format json)", "parquet": "(format parquet)"}
    sent = []
    for number, (file_format, options) in enumerate(formats.items()):
        name = f"events.{file_format}"
        duckdb.sql(
            f"""
            copy (
                select event_id, event_name, occurred_at, anonymous_id from '{demo_build.project / DEMO_EVENTS}'
                where
                    event_name = 'page_view' and anonymous_id not like 'non-consent-%'
                    and coalesce(hash(anonymous_id), 0) % {len(formats)} = {number}
            ) to '{raw}/{name}' {options}
            """
        )
        sent += [(name, *duckdb.sql(f"select count(*) from '{raw}/{name}'").fetchall()[0])]
    run = run_dbt(*BUILD_MODELS)
    assert run.success, run.output
    with duckdb.connect(str(run.database), read_only=True) as connection:
        files = connection.execute(
            "select parse_filename(raw_file), row_count from intermediate.int_raw_files order by 1"
        ).fetchall()
        counted, sessions, largest = connection.execute(
            """
            select (select sum(row_count) from marts.event_volume),
                (select count(*) from marts.sessions), (select max(component_size) from marts.users)
            """
        ).fetchall()[0]
    assert files == sent
    assert counted == sum(count for _, count in sent)
    assert sessions > 1000
    assert largest == 1


def test_ugly_input_ends_in_rows_not_in_an_error(run_dbt, tmp_path):
    events = tmp_path / "it's $ugly.PARQUET".lower()
    duckdb.sql(
        """
        select *, 'red' as colour from (values
            (
                'good', timestamp '2026-01-05 10:00:00', timestamp '2026-01-05 10:00:00', null, 'a|b', 'c',
                {'quote_id': 'k1'}
            ),
            ('infinite', 'infinity', 'infinity', 'infinity', 'a', 'b|c', null),
            ('sent in year 1', '2026-01-05 10:00:00', '2026-01-05 10:00:01', '0001-01-01', 'a', 'b|c', null),
            ('received in 2300', '2026-01-05 10:00:00', '2300-01-01', null, 'a', 'd', null),
            ('in 1899', '1899-12-31 10:00:00', '2026-01-05 10:00:00', null, 'a', 'd', null),
            ('of the Stone Age', '290309-12-22 (BC)', '2026-01-05 10:00:00', null, 'a', 'd', null),
            ('received at zero', '2026-01-05 10:00:00', '1970-01-01', null, 'a', 'd', null),
            ('placeholder', '2026-01-05 10:00:00', '2026-01-05 10:00:00', null, 'a', 'undefined', null)
        ) as t (event_id, occurred_at, received_at, sent_at, space_id, anonymous_id, properties),
        (select 'quote_requested' as event_name)
        """
    ).write_parquet(str(events))
    run = run_dbt("build", "--exclude-resource-type", "unit_test", IDENTITY_EVENTS=str(events))
    assert run.success, run.output
    with duckdb.connect(str(run.database), read_only=True) as connection:
        reasons = dict(connection.execute("select event_id, reason from marts.quarantined_events").fetchall())
        sessions = connection.execute("select count(*) from marts.sessions").fetchall()[0][0]
    assert reasons == {
        "infinite": "unparsable_time",
        "sent in year 1": "missing_property: quote_id",
        "received in 2300": "implausible_time",
        "in 1899": "implausible_time",
        "of the Stone Age": "unparsable_time",
        "received at zero": "implausible_time",
        "placeholder": "no_identifier",
    }
    assert sessions == 1
    assert "nothing reads the column(s) colour." in run.output


OTHER_NAMES = {
    "event_id": '"Event ""ID"',
    "event_name": '"event"',
    "occurred_at": "make_timestamp(try_cast(ts_ms as bigint) * 1000)",
    "anonymous_id": "User_Pseudo",
    "page_url": "'https://' || host || path",
    "checkout_id": "basket",
    "user_id": "login",
}


def test_stream_of_other_names_is_read_by_a_map(run_dbt, raw):
    stream = """
        select
            id as "Event ""ID", "User_Pseudo", ts_ms, 'page_view' as event, 'x.example' as host, '/p' as path,
            'b' || id as basket, 'u' as user_id, 'x' as unread
        from (values ('1', 'a', '1767261600000'), ('2', 'b', '1767261600001'), ('3', 'b', 'no time'))
            as t (id, "User_Pseudo", ts_ms)
    """
    first = f"select * replace (cast(ts_ms as bigint) as ts_ms) from ({stream} where id = '1')"
    duckdb.sql(first).write_parquet(str(raw / "1.parquet"))
    duckdb.sql(f"{stream} where id = '2'").write_csv(str(raw / "2.csv"))
    duckdb.sql(f"copy ({stream} where id = '3') to '{raw / '3.ndjson'}' (format json)")
    run = run_dbt(
        "build",
        "--select",
        "+int_events_received",
        "--exclude-resource-type",
        "test",
        "unit_test",
        *read_by(OTHER_NAMES),
    )
    assert run.success, run.output
    with duckdb.connect(str(run.database), read_only=True) as connection:
        events = connection.execute(
            """
            select event_id, anonymous_id, occurred_at, page_path, user_id, custom_keys, rejection_reason
            from intermediate.int_events_received order by event_id
            """
        ).fetchall()
    at = datetime(2026, 1, 1, 10)
    assert events == [
        ("1", "a", at, "/p", None, {"checkout_id": "b1"}, None),
        ("2", "b", at + timedelta(milliseconds=1), "/p", None, {"checkout_id": "b2"}, None),
        ("3", "b", None, "/p", None, {"checkout_id": "b3"}, "unparsable_time"),
    ]
    # Of files of several kinds no one reader tells the columns.
    of_one_kind = {"IDENTITY_EVENTS": f"{raw}/1.parquet"}
    run = run_dbt("run", "--select", "+int_events_received", "--full-refresh", *read_by(OTHER_NAMES), **of_one_kind)
    assert "nothing reads the column(s) unread. A key" in run.output


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"anonymous_id": "visitor"}, "lacks the required column(s) visitor"),
        (
            {"anonymus_id": "visitor"},
            "The var generic_columns reads anonymus_id, which is no column of the generic source",
        ),
        (
            {"occurred_at": "epoch_ms(ts)"},
            "reads occurred_at by epoch_ms(ts), in which no column of IDENTITY_EVENTS is named",
        ),
        ({"occurred_at": "ts_ms"}, "holds times as numbers (BIGINT) in ts_ms"),
        ({"occurred_at": "ts_ms * 1000"}, "holds times as numbers (BIGINT) in occurred_at"),
        ({"user_id": "no_such_function(host)"}, "no_such_function"),
        ({"user_id": ["id"]}, "it has to be a mapping of columns to names or expressions"),
    ],
)
def test_map_that_cannot_be_read_ends_before_anything_is_built(run_dbt, raw, changed, message):
    duckdb.sql(
        """
        select
            '1' as "Event ""ID", 'page_view' as event, 'a' as "User_Pseudo", 1767261600000 as ts_ms, 'h' as host,
            '/' as path, 'b' as basket
        """
    ).write_parquet(str(raw / "1.parquet"))
    assert run_dbt("seed").success
    run = run_dbt("run", "--select", "+int_events_received", *read_by(OTHER_NAMES | changed))
    assert not run.success
    assert message in run.output
    assert "creating" not in run.output


def read_by(columns: dict[str, Any]) -> tuple[str, str]:
    """The argument that reads columns of the generic source by these names and expressions."""
    return "--vars", json.dumps({"generic_columns": columns})


def test_events_below_the_watermark_wait_for_the_next_run_where_held_back(demo_build, run_dbt, raw):
    (raw / "events.parquet").symlink_to(demo_build.project / DEMO_EVENTS)
    clock = "2026-02-01 12:00:00"
    variables = {"as_of": clock, "hold_back_watermark": True}
    # A link is a file, however the folder is named.
    selected = ("--select", "+event_volume", "--vars", json.dumps(variables))
    run = run_dbt(*BUILD_MODELS, *selected, IDENTITY_EVENTS=f"{raw}/**")
    assert run.success, run.output
    with duckdb.connect(str(run.database), read_only=True) as connection:
        counts = dict(
            connection.execute("select disposition, sum(row_count) from marts.event_volume group by 1").fetchall()
        )
        expected, raw = connection.execute(
            f"""
            select count(*) filter (received_at > timestamp '{clock}' - interval 10 minutes), count(*)
            from (select cast(received_at as timestamp) as received_at from '{DEMO_EVENTS}')
            """
        ).fetchall()[0]
    assert counts["buffered"] == expected > 0
    assert sum(counts.values()) == raw


def test_each_file_is_read_as_its_name_says_and_rows_that_do_not_fit_are_rejected_by_line(run_dbt, tmp_path):
    """Quotes, commas too many and half rows, in files of several kinds under one glob of a folder with brackets."""
    header = "order_id,event_id,event_name,occurred_at,anonymous_id,properties"
    time = "2026-01-05 10:00:00"
    columns = {"event_name": "page_view", "occurred_at": time, "anonymous_id": "a"}
    folder = tmp_path / "a [1]"
    folder.mkdir()
    (folder / "a.csv").write_bytes(
        "\n".join(
            [
                header,
                f"#1001,first column is no comment,page_view,{time},a,",
                f"1,one comma more,page_view,{time},a,b,c",
                "2,half a row,page_view",
                f'2,quotes escaped another way,page_view,{time},a,"{{\\"a\\": 1}}"',
                f'3,quoted,page_view,{time},a,"{{""a"": ""x, y""}}"',
                "",
                f'4,a line break,page_view,{time},"a\nb",',
            ]
        ).encode()
        + f"\n\xff,no text,page_view,{time},a,\n".encode("latin-1")
        + f'5,an open quote,page_view,{time},a,"open\n6,swallowed,page_view,{time},a,\n'.encode()
    )
    with gzip.open(folder / "b.CSV.gz", "wt", newline="\r\n") as file:
        file.write(f"{header}\n,packed,page_view,{time},a,\n")
    tabs = (folder / "c.tsv", ["\t".join(("event_id", *columns)), "\t".join(("tabs", *columns.values()))])
    # Letters whose bytes no single-byte alphabet knows, in files with a row that is none and, of CSV, no empty line.
    (folder / "i.csv").write_bytes(
        f"{header}\n,a letter,Straße,{time},a,\n".encode()
        + f'\xff,no text alone,page_view,{time},a,\n,open to the end,page_view,{time},a,"\n'.encode("latin-1")
    )
    (folder / "j.csv").write_text(f"{header}\n\n,a letter after a gap,10 € 日本,{time},a,\n", encoding="utf-8")
    (folder / "k.ndjson").write_bytes(
        json.dumps({"event_id": "a letter in JSON", **columns, "user_id": "Straße"}, ensure_ascii=False).encode()
        + b'\n\n\xff\n{"event_id": "\xff"}\n["after them"]\n'
        + json.dumps({"event_id": "after all", **columns}).encode()
        + b"\n{cut"
    )
    lines = [json.dumps({"event_id": "mark", **columns}), json.dumps({"event_id": "half a letter", **columns})[:-1]]
    lines[1] += ', "user_id": "\\ud83d"}'
    lines += ["[1]", "", json.dumps({"event_id": "number", **columns, "user_id": 7, "properties": {"a": None}})]
    for path, content in (tabs, (folder / "d.ndjson", [*lines, '{"event_id": "cut'])):
        path.write_bytes((b"\xef\xbb\xbf" if path.suffix == ".ndjson" else b"") + "\n".join(content).encode())
    event = ", ".join(f"'{value}' as {name}" for name, value in columns.items())
    duckdb.sql(f"copy (select 'zst' as event_id, {event}) to '{folder}/e.ndjson.zst' (format json, compression zstd)")
    duckdb.sql(f"select 'parquet' as event_id, {event}, {{'a': 1}} as properties").write_parquet(f"{folder}/f.parquet")
    # A float in one file takes no digit of a whole number in another.
    ids = "(values (7::double), (9007199254740985)) as ids (id)"
    floats = f"select 'float ' || id as event_id, {event}, id as user_id from {ids}"
    duckdb.sql(floats).write_parquet(f"{folder}/g.parquet")
    whole = f"select 'whole' as event_id, {event}, 9007199254740993 as user_id, 9007199254740993 as checkout_id"
    duckdb.sql(whole).write_parquet(f"{folder}/h.parquet")
    key = f"select 'key' as event_id, {event}, 7::double as checkout_id"
    duckdb.sql(key).write_parquet(f"{folder}/l.parquet")
    uuid = f"select 'uuid' as event_id, {event}, uuid '9cddc3a8-1144-4058-b5e0-544c00fbffdd' as user_id"
    duckdb.sql(uuid).write_parquet(f"{folder}/m.parquet")
    duckdb.sql(f"select 'text' as event_id, {event}, 'u-1' as user_id").write_parquet(f"{folder}/n.parquet")
    selection = [
        "build",
        "--select",
        "+event_volume",
        "+quarantined_events",
        "+int_events",
        "+int_raw_files",
    ]
    run = run_dbt(*selection, "--exclude-resource-type", "unit_test", "snapshot", IDENTITY_EVENTS=f"{tmp_path}/a [1]/*")
    assert run.success, run.output
    with duckdb.connect(str(run.database), read_only=True) as connection:
        stored = dict(
            connection.execute(
                "select event_id, properties from intermediate.int_events where source_name = 'generic'"
            ).fetchall()
        )
        rejected = connection.execute(
            "select parse_filename(raw_file), reason from marts.quarantined_events order by 1, length(reason), 2"
        ).fetchall()
        rows = connection.execute("select sum(row_count) from intermediate.int_raw_files").fetchall()
        keys = connection.execute(
            "select user_id, custom_keys['checkout_id'] from intermediate.int_events where event_id = 'whole'"
        ).fetchall()
        assert keys == [("9007199254740993", "9007199254740993")]
        users = connection.execute(
            "select user_id from intermediate.int_events where user_id is not null order by 1"
        ).fetchall()
    numbers = [("7",), ("7",), ("9007199254740985",), ("9007199254740993",)]
    assert users == [*numbers, ("9cddc3a8-1144-4058-b5e0-544c00fbffdd",), ("Straße",), ("u-1",)]
    assert stored == {
        "first column is no comment": None,
        "quoted": '{"a": "x, y"}',
        "a line break": None,
        "packed": None,
        "tabs": None,
        "mark": None,
        "number": '{"a":null}',
        "zst": None,
        "parquet": '{"a":1}',
        "float 7.0": None,
        "float 9007199254740985.0": None,
        "whole": None,
        "key": None,
        "uuid": None,
        "text": None,
        "a letter": None,
        "a letter after a gap": None,
        "a letter in JSON": None,
        "after all": None,
    }
    # The file's own lines; a line break within quotes counts as none.
    assert rejected == [
        ("a.csv", "malformed_row: line 3"),
        ("a.csv", "malformed_row: line 4"),
        ("a.csv", "malformed_row: line 5"),
        ("a.csv", "malformed_row: line 9"),
        ("a.csv", "malformed_row: line 10"),
        ("a.csv", "malformed_row: line 11"),
        ("d.ndjson", "malformed_row: line 2"),
        ("d.ndjson", "malformed_row: line 3"),
        ("d.ndjson", "malformed_row: line 6"),
        ("i.csv", "malformed_row: line 3"),
        ("i.csv", "malformed_row: line 4"),
        ("k.ndjson", "malformed_row: line 3"),
        ("k.ndjson", "malformed_row: line 4"),
        ("k.ndjson", "malformed_row: line 5"),
        ("k.ndjson", "malformed_row: line 7"),
    ]
    assert rows == [(len(stored) + len(rejected),)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no file at"),
        ("event_id,event_name,occurred_at,anonymous_id\n", "holds no event"),
        ("", "holds no event"),
        (
            "event_id,event_name,happened\n1,page_view,2026-01-01\n",
            'occurred_at, anonymous_id: its first line holds 3 column(s) between ",", of which event_id, event_name is',
        ),
        ("ann@example.com,Ann Smith\n1,page_view\n", '2 column(s) between ",", of which none is known'),
        ("\nevent_id,event_name,occurred_at,anonymous_id\n1,page_view,2026-01-01,a\n", "begins with an empty line"),
        (
            "event_id,event_name,occurred_at,anonymous_id,User_id,user_id\n1,page_view,2026-01-01,a,ann,bob\n",
            "names user_id twice in its first line",
        ),
    ],
)
def test_bad_input_is_one_clear_message_and_leaves_the_database(other, run_dbt, raw, content, message):
    database = other.database
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table kept as select 1 as answer")
    before = fingerprints(database)

    if content is not None:
        (raw / "events.csv").write_text(content)
    run = run_dbt("build")

    assert run.database == database
    assert not run.success
    assert message in run.output
    assert "the database is as it was" in run.output
    assert fingerprints(database) == before


def test_erasure_request_that_is_no_row_is_refused(other, raw):
    duckdb.sql(f"select {ONE_EVENT}").write_parquet(str(raw / "events.parquet"))
    requests = other.folder / "requests.csv"
    dbt = replace(other, environment=other.environment | {"IDENTITY_ERASURE_REQUESTS": str(requests)})
    dbt.parse()
    names, of_ann = "subject_type,subject,requested_at,space_id,reason", "user_id,ann,2026-03-01,,by mail"
    for content, message in {
        f"{names}\n{of_ann}\n{of_ann}, urgent\n": "line 3: no row of its 5 columns",
        f"{names}\n{of_ann}\nuser_id,ann\n": "line 3: no row of its 5 columns",
        f'{names}\nuser_id,"an"n,2026-03-01,,\n': "line 2: no row of its 5 columns",
        f"{of_ann}\n": "lacks the required column(s) subject_type, subject, requested_at in its first line",
        f"\n{names}\n{of_ann}\n": "lacks the required column(s)",
        f"{names}\n{of_ann}\n".replace(",", ";"): "It is read as CSV, with commas",
        '{"subject_type": "user_id", "subject": "ann", "requested_at": "2026-03-01"}\n': "lacks the required column(s)",
    }.items():
        requests.write_text(content)
        done = dbt(*BUILD_MODELS, *OF_EVENTS[:3])
        assert not done.success and message in done.output and "database is as it was" in done.output, content
        assert "ann" not in done.output
    quoted = of_ann.replace("by mail", '"by mail, at\nnoon"')
    for content, count in {"": 0, f"{names}\n": 0, f"\ufeff{names}\n{quoted}\n": 1}.items():
        requests.write_text(content)
        done = dbt(*BUILD_MODELS, "--select", "resource_type:seed", "+int_erasure_requests")
        assert done.success, done.output
        with duckdb.connect(str(dbt.database), read_only=True) as connection:
            requested = "select count(distinct request_id) from intermediate.int_erasure_requests"
            assert connection.execute(requested).fetchall() == [(count,)]


def test_part_of_the_project_is_built_alone_with_its_seeds(run_dbt, raw, other, tmp_path):
    # Nanoseconds are cut off, as those of text are.
    time = "timestamp_ns '2026-01-05 10:00:00.123456789' as occurred_at"
    columns = f"'e1' as event_id, 'page_view' as event_name, {time}, 'a' as anonymous_id"
    duckdb.sql(f"select {columns}").write_parquet(str(raw / "events.parquet"))
    run = run_dbt("compile", "--select", "int_erasure_requests", "int_erased_ids")
    assert run.success, run.output
    with duckdb.connect(str(run.database), read_only=True) as connection:
        assert connection.execute("select schema_name from duckdb_schemas() where not internal").fetchall() == []
    run = run_dbt("run", "--select", "+users")
    assert not run.success
    assert "is not in the database, and this run does not load it" in run.output
    # No test reads a model that is not made.
    run = run_dbt("build", "--select", "+users", "--exclude-resource-type", "unit_test")
    assert run.success, run.output
    with duckdb.connect(str(run.database), read_only=True) as connection:
        times = connection.execute("select occurred_at::varchar from intermediate.int_events").fetchall()
    assert times == [("2026-01-05 10:00:00.123456",)]
    # Who may only read can test what is built.
    profile = profile_of_tests().replace("config_options: {", "config_options: {access_mode: READ_ONLY, ")
    (tmp_path / "profiles.yml").write_text(profile)
    shutil.copy(run.database, tmp_path)
    copied = {"DBT_PROFILES_DIR": str(tmp_path), "IDENTITY_DUCKDB_PATH": str(tmp_path / run.database.name)}
    reader = replace(other, environment=other.environment | copied)
    done = reader("test", "--select", "users")
    assert done.success, done.output
    done = reader("run", "--select", "users")
    assert not done.success and "read-only" in done.output


def test_ids_with_a_fraction_are_refused(run_dbt, raw):
    duckdb.sql(
        """
        select 'e1' as event_id, 'page_view' as event_name, '2026-01-05' as occurred_at, 'a' as anonymous_id,
            7.5::double as User_ID, 9.5::double as revenue
        """
    ).write_parquet(str(raw / "events.parquet"))
    run = run_dbt("build")
    assert not run.success
    assert "floating-point numbers in user_id" in run.output


def test_full_refresh_says_what_it_cannot_read_again(run_dbt, raw):
    columns = "'page_view' as event_name, '2026-02-09 10:00:00' as occurred_at, 'a' as anonymous_id"
    for name, ids in (("kept", range(1)), ("archived", range(1, 4))):
        duckdb.sql(f"select unnest({[str(number) for number in ids]}) as event_id, {columns}").write_parquet(
            f"{raw}/{name}.parquet"
        )
    selection = ("--select", "resource_type:seed", "+int_raw_files", *BUILD_MODELS[1:])
    assert run_dbt("build", *selection).success
    (raw / "archived.parquet").unlink()
    assert run_dbt("build", *selection).success
    told = f"A full refresh does not read the 3 row(s) of {raw}/archived.parquet, which were loaded"
    judged_anew = ("--vars", '{"unregistered_events": "reject"}')
    refused = run_dbt("build", *selection, *judged_anew)
    assert not refused.success
    assert f"run dbt build --full-refresh. {told}" in refused.output
    run = run_dbt("build", *selection, *judged_anew, "--full-refresh")
    assert run.success
    assert told in run.output


def age_of_the_events(run_dbt, other, events: str, clock: str) -> tuple[str, dict]:
    """What `dbt source freshness` says of raw events, and by what limits."""
    vars_ = ("--vars", json.dumps({"as_of": clock}))
    run = run_dbt("source", "freshness", *vars_, IDENTITY_EVENTS=events, DBT_WRITE_JSON="true")
    assert run.success, run.output
    (result,) = json.loads((other.target / "sources.json").read_text())["results"]
    assert result["unique_id"] == "source.identity_graph.generic.events"
    return result["status"], result["criteria"]


def test_vars_without_a_value_are_refused(tmp_path):
    (tmp_path / "profiles.yml").write_text(profile_of_tests())
    done = parse_into(tmp_path, "--vars", json.dumps({"event_sources": None, "optional_marts": None}))
    assert not done.success and "is null; it has to be a list of" in done.output


def test_source_freshness_is_judged_by_the_clock_that_is_given(demo_build, other, run_dbt, raw):
    (raw / "events.parquet").symlink_to(demo_build.project / DEMO_EVENTS)
    with duckdb.connect() as connection:
        newest = connection.execute(
            f"""
            select max(moment)
            from (select try_cast(occurred_at as timestamptz) as moment from '{DEMO_EVENTS}')
            where moment < '2100-01-01'
            """
        ).fetchall()
    clock = f"{newest[0][0].date() + timedelta(days=4)} 00:00:00"
    status, criteria = age_of_the_events(run_dbt, other, f"{raw}/*.parquet", clock)
    assert status == "warn"
    assert (criteria["warn_after"]["count"], criteria["error_after"]["count"]) == (2, 7)


@pytest.mark.parametrize("pattern", ["*.ndjson.zst", "*.tab", "*"])
def test_files_of_any_kind_say_how_old_they_are(run_dbt, other, raw, pattern):
    duckdb.sql(f"copy (select {ONE_EVENT}) to '{raw}/e.ndjson.zst' (format json, compression zstd)")
    duckdb.sql(f"copy (select {ONE_EVENT}) to '{raw}/e.tab' (delimiter '\t')")
    # Of several kinds the time of the files tells, which are younger than that clock.
    expected = "pass" if pattern == "*" else "warn"
    assert age_of_the_events(run_dbt, other, f"{raw}/{pattern}", "2026-02-13 00:00:00")[0] == expected


def test_files_of_several_kinds_may_stay_unread(run_dbt, raw):
    for name in ("a.parquet", "b.csv"):
        (raw / name).touch()
    run = run_dbt("build", "--empty", *OF_EVENTS)
    assert run.success, run.output
    # Data tests find nothing wrong where there is nothing.
    tested = ("assert_raw_rows_are_all_accounted_for", "assert_models_of_the_metrics_are_enabled")
    selected = ("--select", *(f"+{test}" for test in tested), "--exclude-resource-type", "unit_test")
    run = run_dbt("build", "--empty", *selected, "--indirect-selection", "empty")
    assert run.success, run.output
    run = run_dbt("build", *OF_EVENTS, "--vars", '{"raw_files_like": "none of them"}')
    assert run.success, run.output


def test_kind_that_the_end_of_the_pattern_names_is_read(run_dbt, raw):
    duckdb.sql(f"copy (select {ONE_EVENT}, 1 as unread) to '{raw}/e.NDJSON.zst' (format json, compression zstd)")
    run = run_dbt("build", *OF_EVENTS, IDENTITY_EVENTS=f"{raw}/*.NDJSON.zst")
    assert run.success, run.output
    assert "nothing reads the column(s) unread." in run.output
    with duckdb.connect(str(run.database), read_only=True) as connection:
        assert connection.execute("select event_id from intermediate.int_events_received").fetchall() == [("e",)]


def test_line_that_is_no_utf_8_is_a_rejected_row(run_dbt, raw):
    named, line = "event_id,event_name,occurred_at,anonymous_id,utm_campaign\n", "{},view,2026-02-09,a,{}\n"
    (raw / "e.csv").write_bytes((named + line.format("e", "spring") + line.format("f", "Frühling")).encode("latin-1"))
    run = run_dbt("build", *OF_EVENTS, IDENTITY_EVENTS=f"{raw}/*.csv")
    assert run.success, run.output
    with duckdb.connect(str(run.database), read_only=True) as connection:
        stored = connection.execute(
            "select event_id, rejection_reason from intermediate.int_events_received"
        ).fetchall()
    assert sorted(stored, key=str) == [("e", None), (None, "malformed_row: line 3")]


def test_database_of_an_earlier_version_is_made_anew_by_a_full_refresh(other, raw, tmp_path):
    (raw / "a.ndjson").write_text(
        '{"event_id": "e", "event_name": "view", "occurred_at": "2026-02-09", "anonymous_id": "a"}\n'
    )
    requests = tmp_path / "requests.csv"
    requests.write_text("subject_type,subject,requested_at,space_id,reason\nuser_id,u,2026-02-01,,mail\n")
    dbt = replace(other, environment=other.environment | {"IDENTITY_ERASURE_REQUESTS": str(requests)})
    dbt.parse()
    run = (*BUILD_MODELS, "--select", "resource_type:seed", "+int_raw_files", "+int_erased_ids")
    done = dbt(*run)
    assert done.success, done.output
    with duckdb.connect(str(dbt.database)) as connection:
        # As it was before sources were told apart, and before an id had several users.
        connection.execute("create schema if not exists marts")
        connection.execute("alter table intermediate.int_raw_files drop column source_name")
        connection.execute("alter table intermediate.event_loads drop column overrides_fingerprint")
        connection.execute(
            "update intermediate.event_loads set events_fingerprint = replace(events_fingerprint, '.csv=', '.csv=old ')"
        )
        connection.execute("drop table intermediate.noted_raw_files")
        connection.execute("alter table intermediate.int_erased_ids drop column user_hash")
        connection.execute(
            "create table marts.users as select 'default' as space_id, 'a' as anonymous_id, 'p' as universal_id"
        )
    done = dbt(*run)
    assert not done.success and "dbt build --full-refresh" in done.output
    with requests.open("a") as file:
        file.write("universal_id,p,2026-02-10,,mail\n")
    for arguments in (("--full-refresh",), ()):
        done = dbt(*run, *arguments)
        assert done.success, done.output
    with duckdb.connect(str(dbt.database), read_only=True) as connection:
        named = "select space_id, is_named, user_hash from intermediate.int_erased_ids"
        assert connection.execute(named).fetchall() == [("default", True, None)]
        assert connection.execute("select max(load_number) from intermediate.event_loads").fetchall() == [(3,)]


def test_column_of_any_name_is_read_or_refused(run_dbt, raw):
    (raw / "a.csv").write_text('event_id,event_name,occurred_at,anonymous_id,"a ""b"""\ne,page_view,2026-02-09,a,"c\n')
    run = run_dbt("build", *OF_EVENTS)
    assert run.success, run.output
    duckdb.sql(f"select {ONE_EVENT}, 'x' as raw_file").write_parquet(str(raw / "b.parquet"))
    assert "b.parquet has a column raw_file" in run_dbt("build", *OF_EVENTS).output


def test_database_that_bears_a_schemas_name_is_refused(tmp_path):
    dbt = Dbt(tmp_path, environment={"IDENTITY_DUCKDB_PATH": str(tmp_path / "marts.duckdb")})
    assert "The database file is named marts, as a schema in it" in dbt("run", "--select", "int_event_taxonomy").output


def test_name_of_a_file_is_no_pattern(run_dbt, raw):
    kinds = {"csv": "csv", "ndjson": "json", "parquet": "parquet"}
    names = [f"{name}.{ending}" for name in ("a[1]", "a1", "b*", "b1", "c?", "cc") for ending in kinds]
    for name in names:
        event = ONE_EVENT.replace("'e'", f"'{name}'", 1)
        duckdb.sql(f"copy (select {event}) to '{raw}/{name}' (format {kinds[name.split('.')[-1]]})")
    run = run_dbt("build", *OF_EVENTS)
    assert run.success, run.output
    with duckdb.connect(str(run.database), read_only=True) as connection:
        rows = connection.execute("select event_id, parse_filename(raw_file) from intermediate.int_events_received")
        assert sorted(rows.fetchall()) == sorted(zip(names, names, strict=True))


def test_packed_file_whose_name_does_not_say_so_is_refused(run_dbt, raw):
    events = f"select {ONE_EVENT}, range as number from range(5000)"
    duckdb.sql(f"copy ({events}) to '{raw}/packed.json' (format json, compression gzip)")
    run = run_dbt("build", *OF_EVENTS)
    assert "packed.json holds no JSON object in any of its" in run.output


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", '[{"event_id": "e"}, {"event_id": "f"}]\n', "a.json holds no JSON object in any of its 1 line(s)"),
        ("a.json.gz", "", "not even what tells of their kind"),
        ("a.parquet", "", "not even what tells of their kind"),
    ],
)
def test_file_that_holds_no_rows_by_its_kind_is_refused(run_dbt, raw, name, content, message):
    (raw / name).write_text(content)
    assert message in run_dbt("build", *OF_EVENTS).output


def test_only_what_warnings_and_alerts_find_is_stored(demo_build):
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    to_look_at = {
        node["alias"]
        for node in tests
        if (node["config"]["severity"].lower() == "warn" or node["alias"].startswith("alert_"))
        # A view of raw events may show anything, an address among it.
        and ".stg_" not in (node.get("attached_node") or "")
    }
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        stored = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'test_failures'"
        ).fetchall()
        unnamed = connection.execute(
            """
            select table_name, column_name from duckdb_columns()
            where schema_name = 'test_failures' and not regexp_matches(column_name, '^[a-z][a-z0-9_]*$')
            """
        ).fetchall()
    assert to_look_at
    assert {name for (name,) in stored} == to_look_at
    # What an erasing run drops.
    assert {node["alias"] for node in tests if node["config"]["store_failures"]} == to_look_at
    # BigQuery stores no column without a name.
    assert unnamed == []


def test_a_constraint_has_no_data_test_beside_it(demo_build):
    nodes = json.loads((demo_build.target / "manifest.json").read_text())["nodes"]
    tested = {
        (node["attached_node"], node["column_name"])
        for node in nodes.values()
        if node["resource_type"] == "test" and node.get("test_metadata", {}).get("name") == "not_null"
    }
    promised = {
        (name, column["name"])
        for name, node in nodes.items()
        if node["resource_type"] == "model" and node["config"]["contract"]["enforced"]
        for column in node["columns"].values()
        if any(constraint["type"] == "not_null" for constraint in column["constraints"])
    }
    assert len(promised) > 100
    assert tested & promised == set()


def test_tables_that_may_be_switched_off_are_noted_for_an_erasure(demo_build):
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    made = {node["name"] for node in manifest["nodes"].values()}
    switched_off = {
        node["name"]: node["config"]["meta"]
        for nodes in manifest["disabled"].values()
        for node in nodes
        if node["resource_type"] == "model"
        and node["config"]["materialized"] not in ("view", "ephemeral")
        and node["name"] not in made
    }
    assert {"probabilistic_matches", "person_traits"} <= switched_off.keys()
    assert [
        name for name, meta in switched_off.items() if not (meta.get("is_optional") or meta.get("is_switched"))
    ] == []
