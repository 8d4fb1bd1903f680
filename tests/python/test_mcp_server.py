"""identity-graph mcp: what each tool says equals the marts, nothing masked leaves, and nothing can be written or read.

One process of the server answers most tests, through the SDK's own client.
"""

import asyncio
import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import duckdb
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from conftest import DemoBuild
from dbt_runs import PROJECT
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel

from identity_graph.evidence import Part
from identity_graph.explanation_text import explanation_lines
from identity_graph.explanations import explain
from identity_graph.mcp_server.database import Database
from identity_graph.mcp_server.links import renamed
from identity_graph.mcp_server.lookup import Found, find, stored_values
from identity_graph.mcp_server.names import Names
from identity_graph.mcp_server.persons import PersonTools, Touch
from identity_graph.mcp_server.rules import why_failed
from identity_graph.mcp_server.semantics import Semantics
from identity_graph.mcp_server.server import make_server
from identity_graph.mcp_server.statistics import Combination, KeyShare, alerts
from identity_graph.mcp_server.tools import make_tool
from identity_graph.project import Project, find_project

EVENTS = PROJECT / "seeds" / "demo" / "events.parquet"
TOOLS = {
    "get_identity_graph_statistics",
    "find_person",
    "get_user_journey",
    "explain_link",
    "compare_attribution",
    "list_metrics",
    "query_metrics",
    "what_if_rules",
    "get_data_health",
    "get_restatements",
}
# Whose answers are of no load, and say so.
IN_WORDS = {"list_metrics", "what_if_rules"}
TOKENS = 3000
SECONDS_TO_START = 15
# Three values of past days that a second load changed; the demo is one load, which restates nothing.
RESTATED = """
    insert into intermediate.int_metric_versions by name
    select
        2 as load_number, metric_name, date '2026-02-03' as metric_date, 'all' as dimension_name,
        null as dimension_value, currency_code, old_value, new_value, true as is_restatement, cause,
        false as has_other_causes
    from (
        values
            ('active_users', null, 10, 9, 'identity'),
            ('sessions', null, 20, 22, 'late_events'),
            ('revenue', 'EUR', 100.5, 120.25, 'late_events')
    ) as changed (metric_name, currency_code, old_value, new_value, cause)
"""
LOADED = """
    insert into intermediate.event_loads by name
    select 2 as load_number, timestamp '2026-03-02 08:00:00' as started_at, true as is_complete
    where (select max(load_number) from intermediate.event_loads) < 2
"""
HELD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@dataclass
class Server:
    """A running server, and the database that it reads."""

    portal: BlockingPortal
    client: Client
    file: Path
    log: Path
    started_in: float

    def call(self, name: str, **arguments: Any) -> Any:
        """The result of a tool, an error included."""
        return self.portal.call(self.client.call_tool, name, arguments)

    def ask(self, name: str, **arguments: Any) -> SimpleNamespace:
        """The data of an answer, and its short text as `text`."""
        result = self.call(name, **arguments)
        assert not result.is_error, result.content[0].text
        data = result.structured_content
        assert json.loads(result.content[1].text) == data
        assert name in IN_WORDS or (data["source"]["load_number"] == 2 and data["source"]["marts"])
        return SimpleNamespace(text=result.content[0].text, **data)

    def error(self, name: str, **arguments: Any) -> str:
        """What a tool says that cannot answer."""
        result = self.call(name, **arguments)
        assert result.is_error, result.content
        said = result.content[0].text
        assert "Traceback" not in said and "Error executing" not in said and said.rstrip().endswith((".", ".csv."))
        return said

    def pages(self, name: str, rows: str, **arguments: Any) -> list[Any]:
        """The rows of all pages."""
        found, cursor, pages = [], None, 0
        while pages < 100:
            page = self.ask(name, cursor=cursor, **arguments)
            found += getattr(page, rows)
            pages += 1
            cursor = getattr(page, "next_cursor", None)
            if cursor is None:
                assert len(found) == page.total
                return found
        raise AssertionError("the pages do not end")

    def sql(self, query: str, *parameters: Any) -> list[tuple]:
        """Rows of a query of the test's own."""
        with duckdb.connect(str(self.file), read_only=True) as connection:
            return connection.execute(query, parameters).fetchall()


@pytest.fixture(scope="module")
def database(optional_build: DemoBuild, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with all optional marts, after a second load that restated three values."""
    file = tmp_path_factory.mktemp("mcp") / "graph.duckdb"
    shutil.copy(optional_build.path, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute(LOADED)
        connection.execute(RESTATED)
    return file


@pytest.fixture(scope="module")
def parameters(optional_build: DemoBuild, database: Path) -> StdioServerParameters:
    """How a client starts the server."""
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "identity_graph", "mcp", "--project", str(PROJECT), "--database", str(database)],
        cwd=PROJECT,
        env=optional_build.env,
    )


@pytest.fixture(scope="module")
def server(parameters: StdioServerParameters, database: Path) -> Iterator[Server]:
    """The server in a process of its own, with a client."""
    log = database.with_suffix(".log")
    began = time.monotonic()
    with log.open("w") as errors, start_blocking_portal() as portal:
        client = Client(stdio_client(parameters, errlog=errors))
        with portal.wrap_async_context_manager(client):
            portal.call(client.list_tools)
            yield Server(portal, client, database, log, time.monotonic() - began)


@pytest.fixture(scope="module")
def unmasked(database: Path, optional_build: DemoBuild) -> Callable[..., Any]:
    """A tool's data of a server that does not mask, in this process."""
    made = make_server(Database(database, find_project(PROJECT), is_masked=False))

    def ask(name: str, **arguments: Any) -> Any:
        async def once() -> Any:
            async with Client(made) as client:
                return await client.call_tool(name, arguments)

        result = asyncio.run(once())
        assert not result.is_error, result.content
        return SimpleNamespace(**result.structured_content)

    return ask


@pytest.fixture(scope="module")
def hidden(server: Server) -> set[str]:
    """Everything that the masked marts hide, and the addresses and ips of the raw events."""
    classes = dict(server.sql("select column_name, classification from seeds.column_classes"))
    columns = server.sql(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and data_type = 'VARCHAR'"
        " order by all"
    )
    tables: defaultdict[str, dict[bool, list[str]]] = defaultdict(lambda: {True: [], False: []})
    for table, column in columns:
        if column not in ("page_path", "properties"):
            # What follows a seed, as traits do, has no class of its own, and is personal.
            tables[table][classes.get(column, "personal") != "none"].append(f'"{column}"')
    raw = server.sql(f"select distinct unnest([lower(email), email, ip_address, phone]) from '{EVENTS}'")

    def texts(is_hidden: bool) -> set[str]:
        return {
            value
            for table, by_class in tables.items()
            if by_class[is_hidden]
            for (value,) in server.sql(
                f'select distinct unnest([{", ".join(by_class[is_hidden])}]) from marts."{table}"'
            )
        }

    # A word like direct is one of a trait, too, which is hidden there and shown elsewhere.
    values, shown = texts(is_hidden=True), texts(is_hidden=False)
    values = {value for value in values | {value for (value,) in raw} if value} - shown
    return {value for value in values if len(value) > 2 and not re.fullmatch(r"[\d-]+[.]?\d*", value)}


def words(answer: Any) -> set[str]:
    """The words of an answer, ids and addresses among them."""
    return set(re.findall(r"[\w.@~+:/-]+", json.dumps(answer) if not isinstance(answer, str) else answer))


# --- The server ------------------------------------------------------------------------------------------------------
def test_starts_in_seconds(server):
    assert server.started_in < SECONDS_TO_START


def test_ten_tools_that_only_read_and_describe_themselves_in_few_words(server):
    tools = server.portal.call(server.client.list_tools).tools
    assert {tool.name for tool in tools} == TOOLS
    text = "".join(f"{tool.name}{tool.description}{json.dumps(tool.input_schema)}" for tool in tools)
    assert len(text) / 4 < TOKENS
    for tool in tools:
        assert tool.annotations.read_only_hint and tool.description and tool.output_schema["properties"]["source"]
        assert tool.input_schema["additionalProperties"] is False
        assert re.fullmatch("[a-z_]+", tool.name)
        for name, kind in tool.input_schema["properties"].items():
            assert re.fullmatch("[a-z_]+", name)
            assert is_limited(kind, tool.input_schema.get("$defs", {})), (tool.name, name)


def is_limited(kind: dict[str, Any], models: dict[str, Any]) -> bool:
    """Whether an input has an end."""
    if "$ref" in kind:
        model = models[kind["$ref"].rpartition("/")[2]]
        return all(is_limited(part, models) for part in model["properties"].values())
    if "anyOf" in kind:
        return all(is_limited(part, models) for part in kind["anyOf"])
    if kind.get("type") == "array":
        return "maxItems" in kind and is_limited(kind["items"], models)
    if kind.get("type") == "integer":
        return {"minimum", "maximum"} <= kind.keys()
    return kind.get("type") in ("boolean", "number", "null", "integer") or bool(
        {"maxLength", "enum", "const", "format"} & kind.keys()
    )


def test_ends_with_its_client(parameters):
    process = subprocess.Popen(
        [parameters.command, *parameters.args],
        cwd=parameters.cwd,
        env=parameters.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    said, errors = process.communicate(b"", timeout=30)
    assert (process.returncode, said, errors) == (0, b"", b"")


def change_of_nothing() -> dict[str, str]:
    """A rule's cell as it is."""
    with (PROJECT / "seeds" / "identity_key_rules.csv").open(newline="") as file:
        rule = next(csv.DictReader(file))
    same = {name: rule[name] for name in ("key_type", "resolution_level")}
    return same | {"column": "window_days", "value": rule["window_days"]}


def test_a_build_in_progress_is_told(server):
    held = subprocess.Popen(
        [sys.executable, "-c", HELD, str(server.file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert held.stdout.readline() == b"held\n"
        for name in ("get_identity_graph_statistics", "get_restatements"):
            assert "A build is running" in server.error(name)
        # These need no database, only the project.
        assert server.ask("list_metrics").total > 30
        told = server.ask("what_if_rules", changes=[change_of_nothing()], max_seconds=60)
        assert "nothing changes" in told.text and not hasattr(told, "persons")
        assert told.source == "built from the project's events now" and told.source in told.text
        assert "Ask again in a minute" in server.error("find_person", value="u27")
    finally:
        held.communicate()
    assert server.ask("find_person", value="u27").total == 1
    # Between questions the file is free for a build.
    with duckdb.connect(str(server.file)) as connection:
        connection.execute("select 1")


def test_no_database_is_told(tmp_path):
    with pytest.raises(ToolError, match="there is no database"), Database(tmp_path / "none.duckdb").open():
        pass
    (tmp_path / "text.duckdb").write_text("no database")
    with pytest.raises(ToolError, match="cannot be opened"), Database(tmp_path / "text.duckdb").open():
        pass
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(ToolError, match="no build"), Database(tmp_path / "empty.duckdb").open() as reader:
        _ = reader.load


# --- Statistics ------------------------------------------------------------------------------------------------------
def test_statistics_are_those_of_the_mart(server):
    for space in ("default", "partner_app"):
        told = server.ask("get_identity_graph_statistics", space_id=space, combinations=100)
        mart = {
            (metric, breakdown): (value, size)
            for metric, breakdown, value, size in server.sql(
                "select metric, breakdown, metric_value, sample_size from marts.identity_statistics where space_id = ?",
                space,
            )
        }
        for item in told.stitching:
            assert mart["ids_per_person", item["group"]] == (item["ids_per_person"], item["person_count"])
            share = item["share_of_persons_with_2_or_more_ids"]
            assert mart["share_of_persons_with_2_or_more_ids", item["group"]][0] == share
        covered = {item["key_type"]: item["share"] for item in told.key_coverage_of_converted_users}
        assert covered == {
            key: value[0] for (name, key), value in mart.items() if name == "key_coverage_of_ids_of_converted_users"
        }
        names = {"all": "stitching_rate", "converted": "stitching_rate_of_converted_users"}
        rates = {
            (f"{names[item['group']]}_by_key_combination", item["key_combination"]): (
                item["stitching_rate"],
                item["id_count"],
            )
            for item in told.combinations
        }
        assert rates == {key: value for key, value in mart.items() if key[0].endswith("_by_key_combination")}
        assert len(rates) == told.combination_total
        for group in names:
            shares = [item["share_of_stitched_ids"] for item in told.combinations if item["group"] == group]
            assert sum(shares) == pytest.approx(1, abs=0.01) and shares == sorted(shares, reverse=True)


def test_statistics_of_as_many_days_as_the_mart_has_are_those_of_the_mart(server):
    mart = server.ask("get_identity_graph_statistics", combinations=100)
    days = server.ask("get_identity_graph_statistics", days=90, combinations=100)
    assert (mart.days, mart.is_whole_graph, days.is_whole_graph) == (90, True, False)
    assert days.stitching[1] == mart.stitching[1]
    assert days.key_coverage_of_converted_users == mart.key_coverage_of_converted_users
    assert [item for item in days.combinations if item["group"] == "converted"] == [
        item for item in mart.combinations if item["group"] == "converted"
    ]


def test_statistics_of_days_count_whom_those_days_saw(server):
    ((newest,),) = server.sql("select max(session_ended_at) from marts.sessions")
    told = server.ask("get_identity_graph_statistics", days=7)
    ids = server.sql("select universal_id, last_seen_at from marts.users where space_id = 'default'")
    sizes = dict(server.sql("select universal_id, id_count from marts.persons where space_id = 'default'"))
    seen = {person for person, last in ids if last > newest - timedelta(days=7)}
    bought = {
        person
        for person, last in server.sql(
            "select universal_id, last_purchased_at from marts.persons where space_id = 'default'"
        )
        if last and last > newest - timedelta(days=7)
    }
    for group, persons in ({"group": "all"}, seen), ({"group": "converted"}, bought):
        item = next(item for item in told.stitching if item["group"] == group["group"])
        assert item["person_count"] == len(persons)
        assert item["ids_per_person"] == pytest.approx(sum(sizes[person] for person in persons) / len(persons))
        several = sum(sizes[person] > 1 for person in persons) / len(persons)
        assert item["share_of_persons_with_2_or_more_ids"] == pytest.approx(several, abs=1e-6)


def test_alerts_tell_what_drives_too_much():
    def combination(share: float, id_count: int = 100) -> Combination:
        return Combination(
            group="all", key_combination="ip_token", id_count=id_count, stitching_rate=0.5, share_of_stitched_ids=share
        )

    keys = [KeyShare(key_type="email_hash", share_of_links=0.41), KeyShare(key_type="user_id", share_of_links=0.4)]
    value = {"metric_value": 0.11, "sample_size": 100}
    told = alerts([combination(0.4), combination(0.4001)], keys, value)
    assert [(item.alert, item.share) for item in told] == [
        ("combination_drives_stitching", 0.4001),
        ("key_drives_links", 0.41),
        ("key_value_drives_links", 0.11),
    ]
    assert [item.alert for item in alerts([], keys, value | {"sample_size": 99})] == []
    assert alerts([combination(0.6), combination(0.4, id_count=98)], [], None) == []


# --- Persons ---------------------------------------------------------------------------------------------------------
def persons(server: Server, count: int) -> list[tuple[str, str]]:
    """Persons of one space with most ids, and an id of each that is not its name."""
    return server.sql(
        """
        select universal_id, max(anonymous_id) from marts.users
        where space_id = 'default' and anonymous_id != universal_id
        group by universal_id order by count(*) desc, universal_id limit ?
        """,
        count,
    )


def test_a_person_is_found_by_whatever_is_known(server, unmasked):
    rows = server.sql(
        """
        select anonymous_id, any_value(user_id), any_value(email) filter (email like '%+%' or email like '%.%@gmail%')
        from read_parquet(?)
        where user_id is not null and email is not null
        group by anonymous_id
        having count(distinct user_id) = 1
        order by anonymous_id
        """,
        str(EVENTS),
    )
    owners = dict(server.sql("select anonymous_id, universal_id from marts.users where space_id = 'default'"))
    asked = Counter()
    for anonymous_id, user_id, email in rows:
        if anonymous_id not in owners or asked.total() > 20:
            continue
        for value in filter(None, (anonymous_id, user_id, email)):
            # A limit may keep two users of one address apart.
            found = {item["person"] for item in unmasked("find_person", value=value).persons}
            assert owners[anonymous_id] in found, value
            asked[value == email] += 1
    assert asked[True] >= 2 and asked[False] >= 10
    orders = server.sql(
        "select order_id, universal_id from marts.conversions where order_id is not null and has_consent"
        " order by conversion_id limit 5"
    )
    for order, person in orders:
        assert person in {item["person"] for item in unmasked("find_person", value=order, kind="order_id").persons}
    conversion, person = server.sql(
        "select conversion_id, universal_id from marts.conversions where has_consent order by 1 limit 1"
    )[0]
    (item,) = unmasked("find_person", value=conversion).persons
    assert item["person"] == person and "conversion_id" in item["found_by"]
    # Whose name a cookie bears need not be who used it without consent.
    for table, column in (("conversions", "conversion_id"), ("sessions", "session_id")):
        refused = server.sql(f"select {column} from marts.{table} where not has_consent order by 1 limit 5")
        assert refused
        for (value,) in refused:
            assert unmasked("find_person", value=value).total == 0


def test_an_address_is_found_as_ingress_writes_it(server, unmasked):
    """Dots and plus of Gmail are no part of an address, nor is its case; its hash finds the same."""
    ((email, _),) = server.sql(
        """
        select email, count(*) from read_parquet(?)
        where email like '%.%@gmail.com' and has_consent is not false
        group by email order by count(*) desc, email limit 1
        """,
        str(EVENTS),
    )
    name = email.lower().partition("@")[0].partition("+")[0].replace(".", "")
    hashed = hashlib.sha256(f"{name}@gmail.com".encode()).hexdigest()
    answers = [
        unmasked("find_person", value=value, kind=kind).persons
        for value, kind in (
            (email, "email"),
            (f" {email.upper()} ", "any"),
            (f"{name}+shop@GoogleMail.com", "email"),
            (hashed, "email_hash"),
            (hashed.upper(), "any"),
        )
    ]
    assert answers[0] and all(answer == answers[0] for answer in answers)


def test_an_ip_is_found_by_the_secret_of_the_project(server, unmasked):
    ((ip,),) = server.sql(
        """
        select ip_address from read_parquet(?) where ip_address is not null
        group by 1 order by count(*) desc, 1 limit 1
        """,
        str(EVENTS),
    )
    assert unmasked("find_person", value=ip, kind="ip").total > 1
    without = Database(server.file)
    with without.open() as reader:
        assert find(without, reader, Names(), ip, "ip", None) == []


def test_a_phone_is_hashed_as_staging_does_however_it_is_written(server):
    (phone, stored) = server.sql(
        """
        select raw.phone, any_value(events.phone_hash)
        from read_parquet(?) as raw
        inner join intermediate.int_events as events on raw.event_id = events.event_id
        where raw.phone like '+49%' group by 1 order by 1 limit 1
        """,
        str(EVENTS),
    )[0]
    rest = phone.removeprefix("+49")
    asked = Database(server.file, find_project(PROJECT))
    with asked.open() as reader:
        for written in (phone, f"0049{rest}", f"+49 (0){rest[:3]} / {rest[3:]}", f"tel:+49-{rest}", f"{phone} ext. 12"):
            assert stored in stored_values(reader, written, asked.token_secret()), written
            assert stored not in stored_values(reader, written, None)
    # Nobody is found by a key whose rule is switched off, as the demo's of phones is.
    assert "There is no enabled kind of id" in server.error("find_person", value=phone, kind="phone")


def test_a_key_of_events_that_is_sensitive_is_found_by_its_value(database, tmp_path):
    """Its value stands as a token, which the secret of the project makes."""
    file = tmp_path / "graph.duckdb"
    shutil.copy(database, file)
    project = find_project(PROJECT)
    secret = Database(file, project).token_secret()
    token = hashlib.sha256(f"{secret}M-4711".encode()).hexdigest()
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into seeds.identity_key_rules by name"
            " select 'member_no' as key_type, true as is_sensitive, true as is_enabled"
        )
        ((person,),) = connection.execute(
            "select max(anonymous_id) from marts.users where space_id = 'default' and anonymous_id = universal_id"
        ).fetchall()
        connection.execute(
            """
            insert into intermediate.int_identity_observations by name
            select id_number, 'member_no' as key_type, cast(hash(space_id, 'member_no', $token) >> 2 as bigint)
                as key_number
            from intermediate.int_identity_ids where space_id = 'default' and node_id = $person
            """,
            {"token": token, "person": person},
        )
    asked = Database(file, project)
    with asked.open() as reader:
        for kind in ("member_no", "any"):
            assert [item.universal_id for item in find(asked, reader, Names(), "M-4711", kind, None)] == [person]
        without = Database(file)
        assert find(without, reader, Names(), "M-4711", "any", None) == []


def test_names_of_an_answer_are_understood_afterwards(server):
    """Of ids of another space, of values of keys; and where a kind is given, the stored value is meant."""
    ids = [
        server.sql("select max(anonymous_id) from marts.users where space_id = ?", space)[0][0]
        for space in ("default", "partner_app")
    ]
    journeys = [
        server.ask("get_user_journey", person=name, space_id=space)
        for name, space in zip(ids, ("default", "partner_app"), strict=True)
    ]
    names = [journey.ids[-1]["id"] for journey in journeys]
    told = server.ask("explain_link", id_a=names[0], id_b=names[1])
    assert told.verdict == "other_space" and f"{names[1]} is not in space default but in partner_app." in told.text
    assert server.ask("explain_link", id_a=names[1], id_b=names[0]).verdict == "other_space"
    told = server.ask("explain_link", id_a=ids[1], space_id="default")
    (name,) = set(re.findall(r"id-\d+", told.text))
    for asked in (name, names[1]):
        assert server.ask("get_user_journey", person=asked).person["person"] == journeys[1].person["person"]
    person, other = persons(server, 1)[0]
    linked = server.ask("get_user_journey", person=other, space_id="default")
    for link in linked.links[:5]:
        found = server.ask("find_person", value=link["key_value"]).persons
        assert linked.person["person"] in {item["person"] for item in found}
    assert server.ask("find_person", value=linked.ids[0]["id"], kind="order_id").total == 0


def test_each_page_names_its_own_persons_keys(server, monkeypatch):
    found = [Found("default", name, None, (f"key_{name}",)) for name, _ in persons(server, 2)]
    monkeypatch.setattr("identity_graph.mcp_server.persons.find", lambda *_: found)
    tools = PersonTools(Database(server.file, find_project(PROJECT)), Names())
    first = tools.find_person("x", limit=1)
    second = tools.find_person("x", limit=1, cursor=first.structured_content["next_cursor"])
    for result, item in ((first, found[0]), (second, found[1])):
        assert f"found by {item.found_by[0]}." in result.content[0].text


def test_all_pages_of_persons_are_all_persons_once(server):
    account, expected = server.sql(
        """
        select account_id, count(distinct universal_id) from marts.users where account_id is not null
        group by account_id order by 2 desc, 1 limit 1
        """
    )[0]
    found = server.pages("find_person", "persons", value=account, kind="account_id", limit=3)
    names = [item["person"] for item in found]
    assert len(names) == len(set(names)) >= expected > 3


def test_what_nobody_has_is_told_and_never_repeated(server):
    for value in ("nobody-at-all", "nobody@example.org", "203.0.113.250", "person-99999", "value-99999"):
        for name, field in (("find_person", "value"), ("get_user_journey", "person"), ("explain_link", "id_a")):
            result = server.call(name, **{field: value})
            said = "".join(block.text for block in result.content)
            assert value not in said
            assert name != "get_user_journey" or result.is_error
    assert "could" not in server.log.read_text()
    assert not words(server.log.read_text()) & {"nobody@example.org", "203.0.113.250"}
    assert server.ask("find_person", value="nobody-at-all").total == 0
    assert server.ask("explain_link", id_a="nobody-at-all").verdict == "unknown"
    assert "another conversation" in server.error("find_person", value="person-99999")
    assert "There are: " in server.error("find_person", value="x", kind="shoe_size")


def test_a_journey_is_that_of_the_marts(server, unmasked):
    for person, other in persons(server, 6):
        told = unmasked("get_user_journey", person=other, space_id="default", limit=200)
        assert told.person["person"] == person
        assert [item["session_id"] for item in told.sessions] == [
            session
            for (session,) in server.sql(
                """
                select session_id from marts.sessions where space_id = 'default' and universal_id = ? and has_consent
                order by session_started_at, session_id
                """,
                person,
            )
        ]
        ids = {name for (name,) in server.sql("select anonymous_id from marts.users where universal_id = ?", person)}
        assert {item["id"] for item in told.ids} == ids and len(ids) == told.id_total
        # The links of the answer join all ids of the person, and no others.
        joined = {person}
        for _ in ids:
            for link in told.links:
                if {link["id_a"], link["id_b"]} & joined:
                    joined |= {link["id_a"], link["id_b"]}
        assert joined == ids
        paths = defaultdict(list)
        for conversion, channel, credit in server.sql(
            """
            select conversion_id, channel, cast(credit as double) from marts.attributed_conversions
            where attribution_model = 'linear' and identity_mode = 'graph' and universal_id = ?
            order by touch_position
            """,
            person,
        ):
            paths[conversion].append((channel, credit))
        assert {
            item["conversion_id"]: [(touch["channel"], touch["credit"]) for touch in item["path"]]
            for item in told.conversions
        } == paths


def test_a_masked_journey_goes_page_by_page(server):
    person, other = persons(server, 1)[0]
    name = server.ask("find_person", value=other, space_id="default").persons[0]["person"]
    assert re.fullmatch(r"person-\d+", name)
    sessions = server.pages("get_user_journey", "sessions", person=name, limit=2)
    ((expected,),) = server.sql(
        "select count(*) from marts.sessions where space_id = 'default' and universal_id = ? and has_consent", person
    )
    assert len(sessions) == expected > 4
    assert sessions == sorted(sessions, key=lambda item: item["session_started_at"])
    first = server.ask("get_user_journey", person=name, limit=2)
    second = server.ask("get_user_journey", person=name, limit=2, cursor=first.next_cursor)
    assert first.ids and first.links and not hasattr(second, "ids")
    assert server.ask("get_user_journey", person=first.ids[0]["id"]).person["person"] == name
    models = server.ask("get_user_journey", person=name, attribution_model="markov")
    assert models.attribution_model == "markov"


# --- Links -----------------------------------------------------------------------------------------------------------
def pairs(server: Server) -> list[tuple[str, str]]:
    """Ids of one person, ids that a limit keeps apart, and ids that nothing links."""
    linked = server.sql(
        """
        select min(anonymous_id), max(anonymous_id) from marts.users where space_id = 'default'
        group by universal_id having count(*) > 2 order by count(*) desc, universal_id limit 3
        """
    )
    refused = server.sql(
        """
        select anonymous_id_a, anonymous_id_b from marts.identity_links
        where space_id = 'default' and not is_accepted
        group by all order by min(refusal_reason), anonymous_id_a, anonymous_id_b limit 3
        """
    )
    apart = server.sql(
        "select min(anonymous_id), max(anonymous_id) from marts.users where space_id = 'default' and component_size = 1"
    )
    return linked + refused + apart


def test_links_are_explained_as_by_the_command(server, unmasked):
    verdicts = Counter()
    for one, other in pairs(server):
        told = unmasked("explain_link", id_a=one, id_b=other, space_id="default")
        with duckdb.connect(str(server.file), read_only=True) as connection:
            assert told.explanation == explanation_lines(explain(connection, "default", one, other))
        masked = server.ask("explain_link", id_a=one, id_b=other, space_id="default")
        assert masked.verdict == told.verdict
        for link, plain in zip(masked.links, told.links, strict=True):
            hiding = ("id_a", "id_b", "key_value")
            assert {name: value for name, value in link.items() if name not in hiding} == {
                name: value for name, value in plain.items() if name not in hiding
            }
            evidence = server.sql(
                """
                select is_accepted from marts.identity_links
                where list_sort([anonymous_id_a, anonymous_id_b]) = list_sort([?, ?]) and key_type = ? and key_value = ?
                """,
                *(plain[name] for name in ("id_a", "id_b", "key_type", "key_value")),
            )
            assert evidence and evidence[0][0] == plain["is_accepted"]
        verdicts[told.verdict, bool(told.refused_link_count)] += 1
    assert verdicts["one_person", False] == 3 and verdicts["apart", True] >= 1


def test_the_story_of_one_id(server, unmasked):
    person, other = persons(server, 1)[0]
    told = unmasked("explain_link", id_a=other, space_id="default")
    assert (told.verdict, told.persons) == ("story", [person])
    masked = server.ask("explain_link", id_a=other, space_id="default")
    assert len(masked.explanation) == len(told.explanation)


# --- Attribution -----------------------------------------------------------------------------------------------------
def test_models_are_compared_as_in_the_mart(server):
    rows = server.pages("compare_attribution", "rows", limit=40)
    mart = {
        row[:3]: tuple(map(float, row[3:]))
        for row in server.sql(
            """
            select
                attribution_model, channel, currency_code, graph_conversions, cookie_conversions, graph_revenue,
                cookie_revenue, revenue_difference
            from marts.attribution_comparison
            """
        )
    }
    figures = ("graph_conversions", "cookie_conversions", "graph_revenue", "cookie_revenue", "revenue_difference")
    told = {
        (row["attribution_model"], row.get("group"), row.get("currency_code")): tuple(row[name] for name in figures)
        for row in rows
    }
    assert len(told) == len(rows)
    assert {key: value for key, value in told.items() if key[0] not in ("markov", "shapley")} == {
        key: pytest.approx(value) for key, value in mart.items()
    }
    assert {key[0] for key in told} - {key[0] for key in mart} == {"markov", "shapley"}
    # With participation, a conversion is credited once to each touch: its sums are no figures beside the others'.
    both = server.ask("compare_attribution", attribution_models=["participation", "last_touch"], limit=200)
    assert "but participation, which gives it whole to each touch" in both.text and "most at last_touch" in both.text
    assert "moves most" not in server.ask("compare_attribution", attribution_models=["participation"]).text
    windows = dict(server.sql("select attribution_model, window_days from seeds.attribution_models"))
    assert all(row.get("window_days") == windows.get(row["attribution_model"]) for row in rows)


def test_attribution_of_some_days_and_one_campaign(server):
    told = server.ask(
        "compare_attribution",
        attribution_models=["last_touch"],
        group_by="utm_campaign",
        start_date="2026-02-01",
        end_date="2026-02-10",
        currency_code="eur",
        space_id="default",
        limit=200,
    )
    revenue = dict(
        server.sql(
            """
            select utm_campaign, sum(attributed_revenue) from marts.attributed_conversions
            where attribution_model = 'last_touch' and identity_mode = 'graph' and currency_code = 'EUR'
                and space_id = 'default' and converted_at >= '2026-02-01' and converted_at < '2026-02-11'
            group by all
            """
        )
    )
    assert revenue and {row.get("group"): row["graph_revenue"] for row in told.rows if row["graph_revenue"]} == {
        campaign: pytest.approx(float(amount)) for campaign, amount in revenue.items() if amount
    }


# --- Metrics ---------------------------------------------------------------------------------------------------------
def test_metrics_are_listed_with_what_their_owners_say(server, optional_build):
    manifest = json.loads((optional_build.target / "semantic_manifest.json").read_text())
    listed = server.pages("list_metrics", "metrics", limit=10)
    assert [item["name"] for item in listed] == sorted(metric["name"] for metric in manifest["metrics"])
    for item, metric in zip(listed, sorted(manifest["metrics"], key=lambda item: item["name"]), strict=True):
        meta = metric["config"]["meta"]
        assert (item["owner"], item["version"], item["status"]) == (meta["owner"], meta["version"], meta["status"])
        assert item["dimensions"] == meta["allowed_dimensions"]
    found = server.ask("list_metrics", search="Retention")
    assert found.total and all("retention" in json.dumps(item).lower() for item in found.metrics)


@pytest.mark.parametrize(
    ("arguments", "sql"),
    [
        (
            {"metrics": ["sessions", "active_users"], "group_by": ["session__channel"], "order_by": "-sessions"},
            "select channel, count(*), count(distinct space_id || ':' || universal_id) from marts.sessions"
            " group by 1 order by 2 desc, 1",
        ),
        (
            {"metrics": ["sessions"], "group_by": ["metric_time__week"]},
            "select cast(date_trunc('week', session_started_at) as date), count(*) from marts.sessions"
            " group by 1 order by 1",
        ),
        (
            {
                "metrics": ["last_touch_revenue"],
                "group_by": ["credit__channel"],
                "filters": [{"dimension": "credit__currency_code", "values": ["EUR"]}],
                "start_date": "2026-02-01",
                "end_date": "2026-02-14",
            },
            "select channel, sum(case when not is_refund then attributed_revenue end) from marts.attributed_conversions"
            " where attribution_model = 'last_touch' and identity_mode = 'graph' and currency_code = 'EUR'"
            " and converted_at >= '2026-02-01' and converted_at < '2026-02-15' group by 1 order by 1",
        ),
        (
            {
                "metrics": ["sessions"],
                "filters": [
                    {"dimension": "session__channel", "operator": "in", "values": ["email", "direct"]},
                    {"dimension": "session__has_consent", "values": [True]},
                    {"dimension": "metric_time__day", "operator": ">=", "values": ["2026-02-01"]},
                ],
            },
            "select count(*) from marts.sessions where channel in ('email', 'direct') and has_consent"
            " and session_started_at >= '2026-02-01'",
        ),
        (
            {
                "metrics": ["sessions"],
                "group_by": ["metric_time__week"],
                "start_date": "2026-02-04",
                "end_date": "2026-02-05",
            },
            "select date '2026-02-02', count(*) from marts.sessions"
            " where session_started_at >= '2026-02-04' and session_started_at < '2026-02-06'",
        ),
        (
            {"metrics": ["sessions"], "start_date": "2026-02-04", "end_date": "9999-12-31"},
            "select count(*) from marts.sessions where session_started_at >= '2026-02-04'",
        ),
        (
            {
                "metrics": ["orders", "converting_sessions", "first_touch_retargeting_share"],
                "group_by": ["metric_time", "metric_time__day"],
                "start_date": "2026-02-04",
                "end_date": "2026-02-04",
            },
            """
            select
                date '2026-02-04', count(case when order_id is not null and revenue_amount is not null then 1 end),
                count(distinct session_id),
                (
                    select sum(case when channel in ('email', 'retargeting') then credit else 0 end) / sum(credit)
                    from marts.attributed_conversions
                    where attribution_model = 'first_touch' and identity_mode = 'graph' and not is_refund
                        and touch_session_id is not null
                        and converted_at >= '2026-02-04' and converted_at < '2026-02-05'
                )
            from marts.conversions
            where not is_refund and converted_at >= '2026-02-04' and converted_at < '2026-02-05'
            """,
        ),
        (
            {"metrics": ["ids_per_converted_user", "stitching_rate_of_converted_users"]},
            "select avg(id_count), avg(case when id_count > 1 then 1 else 0 end) from marts.persons where is_converted",
        ),
    ],
)
def test_metrics_equal_the_marts(server, arguments, sql):
    rows = server.ask("query_metrics", **arguments).rows
    expected = [[str(value) if hasattr(value, "year") else value for value in row] for row in server.sql(sql)]
    assert len(rows) == len(expected) > 0
    for row, wanted in zip(rows, expected, strict=True):
        assert row == [
            value if isinstance(value, str) else pytest.approx(float(value)) if value is not None else None
            for value in wanted
        ]


def test_a_sum_of_nothing_is_no_value(server):
    nothing = [{"dimension": "session__channel", "values": ["no such channel"]}]
    assert server.ask("query_metrics", metrics=["sessions"], filters=nothing).text.startswith("sessions: no value")


def test_metrics_go_page_by_page(server):
    asked = {"metrics": ["sessions"], "group_by": ["metric_time__day", "session__channel"], "order_by": "-sessions"}
    rows = server.pages("query_metrics", "rows", limit=50, **asked)
    assert rows == server.ask("query_metrics", limit=200, **asked).rows + rows[200:]
    assert len({tuple(row[:2]) for row in rows}) == len(rows) > 200


def test_metrics_and_groups_that_do_not_exist_are_told_with_those_that_do(server):
    said = server.error("query_metrics", metrics=["sessions"], group_by=["session__identity_confidence"])
    assert "session__channel" in said and "identity_confidence" not in said
    assert "active_users" in server.error("query_metrics", metrics=["users_of_mars"])
    for group in ("session", "person", "session__person", "session__universal_id", "metric_time__hour"):
        assert "There are: " in server.error("query_metrics", metrics=["sessions"], group_by=[group])
    said = server.error("query_metrics", metrics=["sessions", "last_touch_revenue"], group_by=["session__channel"])
    assert "metric_time" in said and "session__channel" not in said.partition("There are: ")[2]
    filters = [{"dimension": "session__channel", "values": ["a", "b"]}]
    assert "operator in" in server.error("query_metrics", metrics=["sessions"], filters=filters)


@pytest.fixture
def changed_metrics(tmp_path, database, optional_build, monkeypatch) -> Callable[..., Any]:
    """Asks a server, in this process, whose semantic manifest is that of the build with changes."""
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    manifest = json.loads((optional_build.target / "semantic_manifest.json").read_text())
    (tmp_path / "target").mkdir()

    def ask(
        change: Callable[[dict[str, Any]], None], *, file: Path = database, is_masked: bool = True, **arguments: Any
    ) -> Any:
        change(manifest)
        (tmp_path / "target" / "semantic_manifest.json").write_text(json.dumps(manifest))
        made = make_server(Database(file, Project(tmp_path, {}, PROJECT), is_masked=is_masked))

        async def once() -> Any:
            async with Client(made) as client:
                return await client.call_tool("query_metrics", arguments)

        return asyncio.run(once())

    return ask


def part_of(manifest: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """A part of a semantic manifest by its name."""
    return next(item for item in manifest[kind] if item["name"] == name)


@pytest.mark.parametrize(
    ("kind", "expression", "name"),
    [
        ("categorical", "anonymous_id", "who"),
        ("categorical", "upper(universal_id)", "who"),
        ("categorical", "case when channel = 'email' then anonymous_id else channel end", "who"),
        ("categorical", None, "session_id"),
        ("time", "cast(substr(universal_id, 1, 4) as datetime)", "who"),
    ],
)
def test_a_dimension_that_shows_what_is_masked_is_refused_whatever_its_name(changed_metrics, kind, expression, name):
    def change(manifest: dict[str, Any]) -> None:
        model = part_of(manifest, "semantic_models", "sessions")
        like = part_of(model, "dimensions", "session_started_at" if kind == "time" else "channel")
        model["dimensions"].append(like | {"name": name, "expr": expression})
        part_of(manifest, "metrics", "sessions")["config"]["meta"]["allowed_dimensions"].append(f"session__{name}")

    asked = f"session__{name}" + "__day" * (kind == "time")
    for arguments in ({"group_by": [asked]}, {"filters": [{"dimension": asked, "values": ["a"]}]}):
        result = changed_metrics(change, metrics=["sessions"], **arguments)
        assert result.is_error and f"session__{name} is masked" in result.content[0].text


def test_a_column_without_a_class_is_masked(changed_metrics, database, tmp_path):
    shutil.copy(database, tmp_path / "graph.duckdb")
    with duckdb.connect(str(tmp_path / "graph.duckdb")) as connection:
        connection.execute("delete from seeds.column_classes where column_name = 'utm_source'")
    asked = {"metrics": ["sessions"], "group_by": ["session__utm_source"], "file": tmp_path / "graph.duckdb"}
    assert changed_metrics(lambda _: None, **asked).is_error
    assert not changed_metrics(lambda _: None, **asked, is_masked=False).is_error


def test_a_measure_that_shows_what_is_masked_is_refused(changed_metrics):
    def change(manifest: dict[str, Any]) -> None:
        measure = part_of(part_of(manifest, "semantic_models", "sessions"), "measures", "session_count")
        measure.update(agg="max", expr="universal_id")

    result = changed_metrics(change, metrics=["sessions"])
    assert result.is_error and "session_count is masked" in result.content[0].text


def test_a_metric_of_another_model_is_refused(changed_metrics):
    def change(manifest: dict[str, Any]) -> None:
        relation = part_of(manifest, "semantic_models", "sessions")["node_relation"]
        relation.update(schema_name="analytics", relation_name='"graph"."analytics"."sessions"')

    for is_masked in (True, False):
        result = changed_metrics(change, metrics=["sessions"], is_masked=is_masked)
        assert result.is_error and "other models than the marts of identity_graph" in result.content[0].text


def test_metrics_that_are_being_written_are_told(tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "semantic_manifest.json").write_text('{"metrics": [{"na')
    with pytest.raises(ToolError, match="A build is running"):
        Semantics(Project(tmp_path, {"target-path": "target"}, PROJECT)).metrics()


# --- Health and restatements -----------------------------------------------------------------------------------------
def test_health_is_that_of_the_mart(server):
    newest = server.pages("get_data_health", "signals", level="all", limit=5)
    mart = "select signal_name, scope, subject, alert_level from marts.data_health where {} order by all"
    told = sorted((item["signal_name"], item["scope"], item["subject"], item["alert_level"]) for item in newest)
    assert told == server.sql(mart.format("is_newest_complete_day")) and told
    ((day, alarms),) = server.sql(
        """
        select health_date, count(*) from marts.data_health where alert_level != 'ok'
        group by 1 order by 2 desc, 1 limit 1
        """
    ) or [("2026-02-10", 0)]
    assert server.ask("get_data_health", health_date=str(day)).total == alarms
    counted = server.ask("get_data_health", health_date=str(day), level="error").count_by_level
    assert (
        sum(counted.values()) == server.sql("select count(*) from marts.data_health where health_date = ?", day)[0][0]
    )


def test_restatements_are_those_of_the_mart(server):
    told = server.pages("get_restatements", "restatements", limit=2)
    figures = [(item["metric_name"], item["old_value"], item["new_value"], item["cause"]) for item in told]
    assert figures == [
        ("active_users", 10, 9, "identity"),
        ("revenue", 100.5, 120.25, "late_events"),
        ("sessions", 20, 22, "late_events"),
    ]
    late = server.ask("get_restatements", cause="late_events", start_date="2026-02-03", end_date="2026-02-03")
    assert late.total == 2 and late.causes == [{"cause": "late_events", "restatement_count": 2, "day_count": 1}]
    assert server.ask("get_restatements", metric_name="sessions").restatements[0]["value_difference"] == 2
    assert server.ask("get_restatements", start_date="2026-02-04").total == 0


# --- Wrong input -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("get_identity_graph_statistics", {"days": 0}, "days"),
        ("get_identity_graph_statistics", {"space_id": "mars"}, "default, partner_app"),
        ("get_user_journey", {"person": "u27", "attribution_model": "coin"}, "last_touch"),
        ("get_user_journey", {"person": "u27", "limit": 201}, "limit"),
        ("find_person", {"value": "u27", "space_id": "mars"}, "default, partner_app"),
        ("get_user_journey", {"person": "u27", "space_id": "mars"}, "default, partner_app"),
        ("explain_link", {"id_a": "u27", "space_id": "mars"}, "default, partner_app"),
        ("compare_attribution", {"space_id": "mars"}, "default, partner_app"),
        ("compare_attribution", {"currency_code": "GBP"}, "EUR, USD"),
        ("get_restatements", {"metric_name": "shoes"}, "active_users, conversions"),
        ("get_user_journey", {}, "person"),
        ("find_person", {"value": "secret-value-" * 50}, "value"),
        ("find_person", {"value": "u27", "cursor": "1-2-3"}, "cursor"),
        ("find_person", {"value": "u27", "cursor": "x' or 1=1"}, "cursor"),
        ("find_person", {"value": "u27", "verbose": True}, "verbose"),
        ("compare_attribution", {"group_by": "universal_id"}, "group_by"),
        ("compare_attribution", {"attribution_models": ["coin"]}, "last_touch"),
        ("compare_attribution", {"start_date": "2026-02-02", "end_date": "2026-02-01"}, "start_date"),
        ("compare_attribution", {"start_date": "yesterday"}, "start_date"),
        ("query_metrics", {"metrics": []}, "metrics"),
        ("query_metrics", {"metrics": ["sessions"], "order_by": "universal_id"}, "sessions"),
        (
            "query_metrics",
            {"metrics": ["sessions"], "filters": [{"dimension": "session__has_consent", "values": ["maybe"]}]},
            "type",
        ),
        ("get_data_health", {"level": "loud"}, "level"),
        ("get_restatements", {"cause": "unknown"}, "cause"),
        ("get_restatements", {"dimension_name": "channel"}, "session__channel"),
        ("what_if_rules", {"changes": []}, "changes"),
        ("what_if_rules", {"changes": [{"key_type": "shoe", "column": "window_days", "value": "3"}]}, "email_hash"),
        ("what_if_rules", {"changes": [{"key_type": "email_hash", "column": "owner", "value": "me"}]}, "column"),
        ("what_if_rules", {"changes": [{"key_type": "email_hash", "column": "confidence", "value": "1;2"}]}, "value"),
    ],
)
def test_wrong_input_is_told_in_a_sentence(server, name, arguments, said):
    message = server.error(name, **arguments)
    assert said in message and "secret-value" not in message and "pydantic" not in message


def test_a_cursor_holds_for_its_question_and_its_load(server):
    first = server.ask("list_metrics", limit=5)
    assert "none of this question" in server.error("list_metrics", search="revenue", cursor=first.next_cursor)
    first = server.ask("compare_attribution", limit=5)
    place, load, question = first.next_cursor.split("-")
    stale = f"{place}-{int(load) - 1}-{question}"
    assert "built anew" in server.error("compare_attribution", limit=5, cursor=stale)


# --- Safety ----------------------------------------------------------------------------------------------------------
ATTEMPTS = (
    "x') ; copy marts.users to '{file}' ; drop table marts.users; --",
    "{{ Dimension('session__channel') }} = (select content || getvariable('identity_token_secret')"
    " from read_text('/etc/hostname'))",
)


def test_no_string_writes_or_reads(server, tmp_path):
    before = hashlib.sha256(server.file.read_bytes()).hexdigest()
    host = Path("/etc/hostname").read_text().strip() if Path("/etc/hostname").exists() else "no host"
    tools = server.portal.call(server.client.list_tools).tools
    for attempt in (text.replace("{file}", str(tmp_path / "stolen")) for text in ATTEMPTS):
        for tool in tools:
            if tool.name == "what_if_rules":
                continue
            required = {"find_person": {"value": "u27"}, "get_user_journey": {"person": "u27"}}.get(tool.name, {})
            required |= {"explain_link": {"id_a": "u27"}, "query_metrics": {"metrics": ["sessions"]}}.get(tool.name, {})
            for field, kind in tool.input_schema["properties"].items():
                if {"format", "enum", "minimum"} & kind.keys():
                    continue
                value = [attempt] if kind.get("type") == "array" else attempt
                result = server.call(tool.name, **required | {field: value})
                said = "".join(block.text for block in result.content)
                assert not {host} & words(said) and "demo secret" not in said, (tool.name, field)
        for filters in (
            [{"dimension": attempt, "values": ["email"]}],
            [{"dimension": "session__channel", "values": [attempt]}],
            [{"dimension": "session__channel", "operator": "in", "values": [attempt, "email"]}],
        ):
            result = server.call("query_metrics", metrics=["sessions"], filters=filters)
            said = "".join(block.text for block in result.content)
            assert not {host} & words(said)
            assert result.is_error or result.structured_content["rows"] in ([[None]], [[258]])
    assert hashlib.sha256(server.file.read_bytes()).hexdigest() == before
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "statement",
    [
        "create table marts.other as select 1",
        "delete from marts.users",
        "copy marts.users to 'users.csv'",
        "select * from read_csv('pyproject.toml')",
        "select * from 'seeds/demo/events.parquet'",
        "attach 'other.duckdb'",
        "install httpfs",
        "set enable_external_access = true",
        "set memory_limit = '1GB'",
    ],
)
def test_the_connection_lets_nothing_in_or_out(database, statement, monkeypatch):
    monkeypatch.chdir(PROJECT)
    with Database(database).open() as reader, pytest.raises(duckdb.Error):
        reader.connection.execute(statement)


def test_nothing_that_is_masked_leaves(server, hidden):
    """Not in one answer about the persons, the pairs and the figures that tell most."""
    said: list[tuple[str, Any]] = []

    def note(name: str, **arguments: Any) -> Any:
        result = server.call(name, **arguments)
        said.append((name, [block.text for block in result.content] + [result.structured_content]))
        return result.structured_content

    for _, other in persons(server, 4):
        found = note("find_person", value=other, space_id="default")["persons"][0]
        journey = note("get_user_journey", person=found["person"], limit=200)
        note("explain_link", id_a=journey["ids"][-1]["id"])
        note("explain_link", id_a=journey["ids"][0]["id"], id_b=journey["ids"][-1]["id"])
    for one, other in pairs(server):
        note("explain_link", id_a=one, id_b=other, space_id="default")
    for (email,) in server.sql(f"select distinct email from '{EVENTS}' where email is not null order by 1 limit 8"):
        note("find_person", value=email)
        note("find_person", value=f" {email} ", kind="shoe")
        note("get_user_journey", person=email, limit=0)
    for group in ("channel", "utm_campaign", "utm_source"):
        note("compare_attribution", group_by=group, limit=200)
    note("get_data_health", level="all", limit=200)
    note("get_identity_graph_statistics", combinations=100)
    note("get_restatements")
    for uri in ("rules/identity_overrides", "rules/identity_key_rules", "rules/event_taxonomy"):
        read = server.portal.call(server.client.read_resource, f"identity-graph://{uri}")
        said.append((uri, read.contents[0].text))
    for name, answer in said:
        assert not words(answer) & hidden, (name, sorted(words(answer) & hidden)[:3])


def test_users_and_accounts_of_a_shared_device_are_masked():
    part = Part("tab~1", "ann@home", "acme", "person of ann", 3, is_main=True)
    assert renamed(part, "default", Names()) == Part("id-1", "value-1", "value-2", "person-1", 3, is_main=True)


def test_what_may_be_null_may_be_missing():
    """An answer leaves out what is null, and clients hold it against the schema."""
    kinds = [BaseModel]
    for kind in kinds:
        kinds += [child for child in kind.__subclasses__() if child.__module__.startswith("identity_graph.mcp_server")]
    assert Touch in kinds
    for kind in kinds[1:]:
        for name, of in kind.model_fields.items():
            assert not of.is_required() or type(None) not in get_args(of.annotation), (kind, name)


def test_masked_names_mean_something_to_their_process_only():
    names, plain = Names(), Names(is_masked=False)
    assert names.person("default", "a") == names.person("default", "a") == "person-1"
    assert names.person("other", "a") == "person-2" and names.visitor("default", "a") == "id-1"
    assert names.meaning("person-2").space_id == "other" and names.meaning("id-1").stored == "a"
    assert names.meaning("person-3") is None and Names().meaning("person-1") is None
    assert names.value("default", "x") == "value-1" and names.meaning("value-1").stored == "x"
    assert plain.person("default", "a") == "a" and plain.meaning("a") is None


# --- What if ---------------------------------------------------------------------------------------------------------
def test_an_error_of_a_trial_holds_no_values_of_rows():
    said = """dbt build failed:
23:13:19    Database Error in model int_checked_events (models/intermediate/events/int_checked_events.sql)
  Conversion Error: Could not convert string "ann@example.org" to INT32
23:13:20  Failure in test rules_are_in_range (tests/rules_are_in_range.sql)
  Got 1 result for +49301234567"""
    shown = why_failed(said, is_masked=True)
    assert shown.startswith("model int_checked_events, test rules_are_in_range failed.") and shown.endswith(".")
    assert not words(shown) & {"ann@example.org", "+49301234567"}
    assert why_failed("dbt build failed:\nann@example.org", is_masked=True).startswith("dbt build failed.")
    assert "ann@example.org" in why_failed(said, is_masked=False)
    assert why_failed("the rules lack a column.\n", is_masked=True) == "the rules lack a column."


def test_a_trial_ends_with_its_time(server):
    began = time.monotonic()
    change = {"key_type": "click_id", "column": "window_days", "value": "1"}
    said = server.error("what_if_rules", changes=[change], max_seconds=2)
    assert "longer than 2 seconds" in said and time.monotonic() - began < 30
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(server.file.parent) not in "".join(line for line in running.splitlines() if "trial_process" in line)


# --- The docs --------------------------------------------------------------------------------------------------------
def test_the_conversation_of_the_docs_is_what_the_server_says(database, optional_build, monkeypatch):
    monkeypatch.setenv("DBT_TARGET_PATH", str(optional_build.target))
    page = (PROJECT / "docs" / "mcp.md").read_text(encoding="utf-8")
    blocks = [block for block in page.split("```")[1::2] if block.startswith("\n")]
    turns = [turn.split("\n", 1) for block in blocks for turn in block.strip().split("\n\n")]
    asked = [(*question.split(" ", 1), told) for question, told in turns]
    made = make_server(Database(database, find_project(PROJECT)))

    async def converse() -> list[str]:
        async with Client(made) as client:
            return [(await client.call_tool(name, json.loads(given))).content[0].text for name, given, _ in asked]

    said = [re.sub(r" [(]load \d+, .*[)]$", "", text) for text in asyncio.run(converse())]
    assert said == [told for _, _, told in asked] and len(said) == 6
    assert set(re.findall("^[|] `([a-z_]+)` [|]", page, flags=re.M)) == TOOLS


# --- Resources and prompts -------------------------------------------------------------------------------------------
def test_resources_are_the_rules_the_docs_and_the_metrics(server, optional_build):
    def read(path: str) -> str:
        return server.portal.call(server.client.read_resource, f"identity-graph://{path}").contents[0].text

    for uri in read("rules").splitlines():
        seed = uri.rpartition("/")[2]
        ((rows,),) = server.sql(f"select count(*) from seeds.{seed}")
        lines = read(f"rules/{seed}").splitlines()
        assert len(lines) == (rows + 1 if rows else 1), seed
    marts = {
        name for (name,) in server.sql("select table_name from information_schema.tables where table_schema='marts'")
    }
    listed = set(re.findall("^- `([a-z_]+)`: ", read("marts"), flags=re.M))
    assert marts == listed
    columns = [
        name
        for (name,) in server.sql(
            "select column_name from duckdb_columns() where schema_name = 'marts' and table_name = 'users'"
        )
    ]
    assert re.findall("^- `([a-z_]+)`", read("marts/users"), flags=re.M) == columns
    assert "`active_users` (version 1, active" in read("metrics")
    for path in ("rules/free_mail_domains", "marts/nothing", "rules/..%2F..%2Fprofiles.yml"):
        with pytest.raises(MCPError):
            read(path)


def test_prompts_name_the_tools(server):
    prompts = {prompt.name: prompt for prompt in server.portal.call(server.client.list_prompts).prompts}
    arguments = {
        "why_one_person": {"id_a": "id-1", "id_b": "id-2"},
        "why_did_this_number_change": {"metric_name": "revenue", "metric_date": "2026-02-03"},
        "is_the_graph_healthy": {},
    }
    assert prompts.keys() == arguments.keys()
    for name, given in arguments.items():
        text = server.portal.call(server.client.get_prompt, name, given).messages[0].content.text
        assert TOOLS & words(text.replace(".", " ").replace(",", " ")) and set(given.values()) <= words(text)


def test_a_tool_that_fails_gives_nothing_away(capsys):
    def broken(value: str) -> str:
        """Fail."""
        raise RuntimeError(f"with {value}")

    with pytest.raises(ToolError) as raised:
        asyncio.run(make_tool(broken).run({"value": "a-secret"}, None))
    log = capsys.readouterr().err
    assert "a-secret" not in str(raised.value) and "broken failed" in str(raised.value)
    assert "a-secret" not in log and "RuntimeError" in log and "test_mcp_server.py" in log


def test_a_question_that_takes_too_long_is_ended(database, monkeypatch):
    monkeypatch.setattr("identity_graph.mcp_server.database.QUERY_SECONDS", 0.3)
    with pytest.raises(ToolError, match="longer than"), Database(database).open() as reader:
        reader.rows("select count(*) from range(1000000) as a, range(1000000) as b where hash(a.range, b.range) = 1")
