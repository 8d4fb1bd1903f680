"""The project as a package: another project installs it, feeds it its own model and keeps its own habits."""

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.resources.types import AccessType
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from mcp.client.client import Client
from test_build import DEMO_EVENTS, mart_fingerprints

from identity_graph.cli import main
from identity_graph.database import other_places
from identity_graph.mcp_server.database import Database
from identity_graph.mcp_server.server import make_server
from identity_graph.project import find_project

PROJECT = Path(__file__).parents[2]
MARTS_SCHEMA = "prod_identity_graph_marts"

FILES = {
    "packages.yml": f"packages:\n  - local: {PROJECT}\n",
    "dbt_project.yml": """
        name: acme
        version: "1.0"
        profile: acme
        flags:
          require_ref_searches_node_package_before_root: true
        vars:
          identity_graph:
            generic_events_relation: web_events
            generic_arrives_by: loaded_at
            ad_spend_relation: ads_paid
            optional_marts: [activation, events, funnels, journeys, paths, reconciliation, retention, traits]
            generic_columns:
              {event_id: '"Event ID"', occurred_at: OccurredAt, anonymous_id: visitor, page_url: "url || ''"}
        models:
          acme:
            staging: {+schema: staging, +materialized: view}
            marts: {+schema: marts, +materialized: table}
          identity_graph:
            # A hook of SQL before a model of Python.
            int_identity_components: {+pre-hook: "insert into {{ target.schema }}.runs values ('2026-01-01')"}
            intermediate: {persons: {int_identity_outlier_rounds: {+persist_docs: {relation: true, columns: true}}}}
        seeds:
          identity_graph:
            identity_key_rules:
              +enabled: "{{ env_var('ACME_RULES', '') == '' }}"
        on-run-start: "create table if not exists {{ target.schema }}.runs (started_at timestamp)"
        """,
    "profiles.yml": """
        acme:
          target: dev
          outputs:
            dev:
              type: duckdb
              path: acme.duckdb
              threads: 2
              attach: [{path: ":memory:", alias: lake}]
              settings:
                TimeZone: "{{ env_var('ACME_TIME_ZONE', 'UTC') }}"
                VARIABLE identity_token_secret: "{{ env_var('ACME_SECRET', 'demo secret, not for real data') }}"
                default_order: "{{ env_var('ACME_ORDER', 'asc') }}"
                default_null_order: "{{ env_var('ACME_NULL_ORDER', 'nulls_last') }}"
                default_collation: "{{ env_var('ACME_COLLATION', '') }}"
                integer_division: "{{ env_var('ACME_DIVISION', 'false') }}"
            warehouse: {type: bigquery, method: oauth-secrets, token: none, project: p, dataset: d}
        """,
    "macros/generate_schema_name.sql": """
        {% macro generate_schema_name(custom_schema_name, node) -%}
            {{ 'prod_' ~ custom_schema_name if custom_schema_name else target.schema }}
        {%- endmacro %}
        """,
    # Half a day at first, later the rest of it, late rows, copies, and rows whose time of arrival cannot be read.
    "models/staging/web_events.sql": f"""
        select
            * exclude (event_id, occurred_at, anonymous_id, page_url), event_id as "Event ID",
            occurred_at as "OccurredAt", anonymous_id as visitor, page_url as url,
            try_cast(received_at as timestamp) as loaded_at, 'mine' as raw_file,
            null::varchar as "order"
        from read_parquet('{PROJECT / DEMO_EVENTS}')
        where
            coalesce(try_cast(received_at as timestamp), timestamp '2026-02-10')
            < '{{{{ env_var("ACME_UNTIL", "2100-01-01") }}}}'
        """,
    "models/staging/other_events.sql": "select * from {{ ref('web_events') }}",
    "models/staging/ads_paid.sql": """
        select
            date '2026-01-20' as date, 'paid_search' as channel, 'brand' as utm_campaign,
            120.5 as cost, 'EUR' as currency, 9 as clicks
        """,
    # A mart of the same name as one of the package's.
    "models/marts/users.sql": "select anonymous_id, universal_id from {{ ref('identity_graph', 'users') }}",
}


@dataclass
class Acme:
    """A project that has identity_graph among its packages; parsed once, for it is run in this process."""

    folder: Path
    options: tuple[str, ...] = ("--quiet", "--warn-error", "--no-send-anonymous-usage-stats")
    manifest: Manifest | None = None

    def dbt(self, *arguments: str, **environment: str) -> tuple[bool, str]:
        """Run dbt in the project and return whether it succeeded, and what it said."""
        messages: list[str] = []
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith(("IDENTITY_", "DBT_"))]:
                patch.delenv(name)
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            runner = dbtRunner(manifest=self.manifest, callbacks=[lambda event: messages.append(event.info.msg)])
            result = runner.invoke([*self.options, *arguments])
            DuckDBConnectionManager.close_all_connections()
        if isinstance(result.result, Manifest):
            self.manifest = result.result
        return result.success, "\n".join([*messages, str(result.exception)])

    def build(self, *arguments: str, **environment: str) -> None:
        """Build, and fail where dbt warns of anything."""
        succeeded, output = self.dbt("build", *arguments, **environment)
        assert succeeded, output[-5000:]

    def refusal(self, **environment: str) -> str:
        """Return what a build says that is refused."""
        succeeded, output = self.dbt("build", **environment)
        assert not succeeded
        return output

    def query(self, sql: str) -> list[tuple]:
        """Ask the database that the project builds."""
        with duckdb.connect(str(self.folder / "acme.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Acme:
    folder = tmp_path_factory.mktemp("acme")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        lines = text.splitlines()
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        (folder / name).write_text("\n".join(line[indent:] for line in lines).strip() + "\n")
    project = Acme(folder)
    for arguments in (["deps"], ["parse", "--show-all-deprecations"]):
        succeeded, output = project.dbt(*arguments)
        assert succeeded, output
    return project


def test_another_project_builds_the_same_marts_from_its_own_model(acme: Acme, demo_build):
    # The project's own models need nothing of the package.
    acme.build("--select", "web_events", ACME_UNTIL="2026-02-03 12:00:00")
    acme.build("--exclude-resource-type", "test", ACME_UNTIL="2026-02-03 12:00:00")
    first = acme.query(f"select count(*) from {MARTS_SCHEMA}.users")[0][0]
    acme.build()

    expected = mart_fingerprints(demo_build.path)
    assert 0 < first < expected["marts.users"][0]
    assert mart_fingerprints(acme.folder / "acme.duckdb", MARTS_SCHEMA) == expected
    schemas = {name for (name,) in acme.query("select distinct schema_name from duckdb_tables()")}
    assert {"staging", "intermediate", "marts", "seeds", "snapshots"}.isdisjoint(schemas)
    assert acme.query("select count(*) from prod_marts.users")[0][0] == expected["marts.users"][0]


def test_unit_tests_of_the_package_do_not_run_in_the_project(acme: Acme):
    assert acme.manifest.unit_tests == {}


def test_spend_of_the_project_is_read(acme: Acme):
    performance = f"from {MARTS_SCHEMA}.channel_performance where attribution_model = 'last_touch'"
    found = acme.query(f"select identity_mode, channel, utm_campaign, click_count {performance} and spend = 120.5")
    assert sorted(found) == [("cookie", "paid_search", "brand", 9), ("graph", "paid_search", "brand", 9)]


def test_the_project_exports_the_marts(acme: Acme):
    succeeded, output = acme.dbt("run-operation", "identity_graph.export_marts", "--args", "{folder: out}")
    assert succeeded, output
    manifest = json.loads((acme.folder / "out" / "manifest.json").read_text())
    rows = {mart["name"]: mart["row_count"] for mart in manifest["marts"]}
    assert len(rows) > 20
    assert rows["users"] == acme.query(f"select count(*) from {MARTS_SCHEMA}.users")[0][0]


def test_commands_find_the_schemas_of_the_project(acme: Acme, demo_build, monkeypatch, capsys):
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        pair = connection.execute(
            "select anonymous_id_a, anonymous_id_b from marts.identity_links where refusal_reason = 'limit: account_id'"
            " and space_id = 'default' order by all limit 1"
        ).fetchall()[0]
    for name in [name for name in os.environ if name.startswith(("IDENTITY_", "DBT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(acme.folder)
    for command, code in ((["explain", *pair], 1), (["explain", pair[0]], 0), (["summary"], 0)):
        assert main(command) == code
        found, _, where = capsys.readouterr().out.partition("\nDatabase")
        assert main([*command, "--database", str(demo_build.path)]) == code
        assert capsys.readouterr().out.split("\nDatabase")[0] == found
    assert f"(schema {MARTS_SCHEMA})" in where
    assert main(["verify-erasure", "--keep-file"]) == 0
    assert "Nothing of them is left" in capsys.readouterr().out


def test_the_mcp_server_finds_the_schemas_of_the_project(acme: Acme, demo_build, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("IDENTITY_", "DBT_"))]:
        monkeypatch.delenv(name)
    project = find_project(acme.folder)
    with duckdb.connect() as connection:
        ((email,),) = connection.execute(
            "select min(email) from read_parquet(?) where email like '%@gmail.com'", [str(PROJECT / DEMO_EVENTS)]
        ).fetchall()
    questions = {
        "get_identity_graph_statistics": {"days": 30},
        "find_person": {"value": email},
        "get_user_journey": {"person": email},
        "explain_link": {"id_a": email},
        "compare_attribution": {"attribution_models": ["last_touch"]},
        "query_metrics": {"metrics": ["sessions", "active_users"], "group_by": ["session__channel"]},
        "get_data_health": {"level": "all"},
    }

    async def answers(file: Path | None) -> list[dict]:
        async with Client(make_server(Database(file, project))) as client:
            found = [await client.call_tool(name, arguments) for name, arguments in questions.items()]
        assert not any(answer.is_error for answer in found), [answer.content[0].text for answer in found]
        return [{**answer.structured_content, "source": None, "next_cursor": None} for answer in found]

    assert asyncio.run(answers(None)) == asyncio.run(answers(demo_build.path))


def test_rows_that_are_gone_are_refused(acme: Acme):
    rows = f"select sum(row_count) from {MARTS_SCHEMA}.event_volume"
    before = acme.query(rows)
    message = "holds fewer rows than were loaded of those that arrived on 2026-02-01"
    assert message in acme.refusal(ACME_UNTIL="2026-02-01")
    assert acme.query(rows) == before


def test_events_of_another_relation_are_refused(acme: Acme):
    other = "--vars", "generic_events_relation: other_events"
    assert acme.dbt("run", "--select", "other_events")[0]
    succeeded, output = acme.dbt("build", *other)
    assert not succeeded
    assert "The stored events were read from generic: acme.prod_staging.web_events" in output
    # The first load knows it, too: the relation was made within the run.
    loads = "select load_number, raw_location from prod_identity_graph_intermediate.event_loads order by all limit 1"
    assert acme.query(loads) == [(1, "generic: acme.prod_staging.web_events")]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"ACME_SECRET": ""}, "VARIABLE identity_token_secret"),
        ({"ACME_TIME_ZONE": "Europe/London"}, "TimeZone: UTC"),
        ({"ACME_TIME_ZONE": "Atlantic/Azores"}, "TimeZone: UTC"),
        ({"ACME_ORDER": "desc", "ACME_NULL_ORDER": "nulls_first"}, "default_order, default_null_order"),
        ({"ACME_COLLATION": "nocase", "ACME_DIVISION": "true"}, "default_collation, integer_division"),
    ],
)
def test_settings_of_the_profile_are_asked_for(acme: Acme, setting: dict[str, str], message: str):
    refusal = acme.refusal(**setting)
    assert message in refusal
    assert "Nothing was built" in refusal


@pytest.mark.parametrize(
    ("node", "where", "value", "message"),
    [
        ("model.acme.web_events", "materialized", "ephemeral", "(web_events) is ephemeral"),
        ("model.identity_graph.int_events_received", "database", "lake", "and +database says lake"),
        (
            "model.identity_graph.attributed_conversions",
            "materialized",
            "table",
            "attributed_conversions (materialized: table)",
        ),
        ("model.identity_graph.persons", "materialized", "view", "persons (materialized: view)"),
        ("model.identity_graph.sessions", "incremental_strategy", "append", "sessions (incremental_strategy: append)"),
        ("model.identity_graph.sessions", "full_refresh", False, "sessions (full_refresh: false)"),
        ("model.identity_graph.int_events_received", "full_refresh", True, "int_events_received (full_refresh: true)"),
        ("model.identity_graph.persons", "access", AccessType.Protected, "persons (access: protected)"),
        ("seed.identity_graph.channel_rules", "delimiter", ";", "sets delimiter for seeds of identity_graph"),
    ],
)
def test_what_no_build_can_read_or_write_is_refused(acme: Acme, monkeypatch, node, where, value, message):
    changed = acme.manifest.nodes[node]
    monkeypatch.setattr(changed if where in ("database", "access") else changed.config, where, value)
    acme.manifest.build_flat_graph()
    refusal = acme.refusal()
    monkeypatch.undo()
    acme.manifest.build_flat_graph()
    assert message in refusal


def test_freshness_is_not_asked_of_files_that_are_not_read(acme: Acme):
    assert not acme.manifest.sources["source.identity_graph.generic.events"].has_freshness


def test_models_of_the_same_name_need_dbts_flag(acme: Acme):
    project = acme.folder / "dbt_project.yml"
    with_flag = project.read_text()
    project.write_text(with_flag.replace("before_root: true", "before_root: false"))
    # dbt itself only warns.
    other = Acme(acme.folder, options=("--quiet",))
    assert other.dbt("parse")[0]
    refusal = other.refusal()
    project.write_text(with_flag)
    assert "Models of acme have names of identity_graph (users)" in refusal
    assert "require_ref_searches_node_package_before_root: true" in refusal


def test_seeds_of_the_project_replace_those_of_the_package(acme: Acme):
    links = f"select count(*) from {MARTS_SCHEMA}.identity_links where key_type = 'ip_token'"
    assert acme.query(links)[0][0] > 0
    rules = (PROJECT / "seeds" / "identity_key_rules.csv").read_text().splitlines(keepends=True)
    (acme.folder / "seeds").mkdir()
    (acme.folder / "seeds" / "identity_key_rules.csv").write_text(
        "".join(line for line in rules if not line.startswith("ip_token,individual"))
        # A column may have a name that is a word of SQL.
        + "order,individual,180,100,,,,,0.99,1,,,true,false,1,identity,Same number of an order\n"
    )
    other = Acme(acme.folder)
    assert other.dbt("parse", ACME_RULES="1")[0]
    other.build("--select", "web_events", ACME_RULES="1")
    selected = ("--select", "+identity_links", "--exclude-resource-type", "test")
    other.build(*selected, "--full-refresh", ACME_RULES="1")
    assert acme.query(links)[0][0] == 0
    # Commands read the seed that the build read.
    with duckdb.connect(str(acme.folder / "acme.duckdb"), read_only=True) as connection:
        places = other_places(connection)
    assert places["seeds", "identity_key_rules"] == "main"
    assert places["seeds", "channel_rules"] == "prod_identity_graph_seeds"


def test_the_project_is_parsed_for_bigquery_and_dbt_names_the_schemas(acme: Acme):
    (acme.folder / "macros" / "generate_schema_name.sql").unlink()
    other = Acme(acme.folder)
    succeeded, output = other.dbt("parse", "--target", "warehouse", "--no-partial-parse", "--show-all-deprecations")
    assert succeeded, output
    assert other.manifest.metadata.adapter_type == "bigquery"
    assert other.manifest.nodes["model.identity_graph.users"].schema == "d_identity_graph_marts"
