"""The project as a package: another project installs it, feeds it its own model and keeps its own habits."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from test_build import DEMO_EVENTS, MARTS, mart_fingerprints

DBT = str(Path(sys.executable).with_name("dbt"))
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
        models:
          acme:
            staging: {+schema: staging, +materialized: view}
            marts: {+schema: marts, +materialized: table}
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
              settings:
                TimeZone: "{{ env_var('ACME_TIME_ZONE', 'UTC') }}"
                VARIABLE identity_token_secret: "{{ env_var('ACME_SECRET', 'demo secret, not for real data') }}"
            warehouse: {type: bigquery, method: oauth-secrets, token: none, project: p, dataset: d}
        """,
    "macros/generate_schema_name.sql": """
        {% macro generate_schema_name(custom_schema_name, node) -%}
            {{ 'prod_' ~ custom_schema_name if custom_schema_name else target.schema }}
        {%- endmacro %}
        """,
    # Half a day at first, later the rest of it, late rows, copies, and rows whose time of arrival cannot be read.
    "models/staging/web_events.sql": f"""
        select *, try_cast(received_at as timestamp) as loaded_at
        from read_parquet('{PROJECT / DEMO_EVENTS}')
        where coalesce(try_cast(received_at as timestamp), timestamp '2026-02-10') < '{{{{ env_var("ACME_UNTIL", "2100-01-01") }}}}'
        """,
    # A mart of the same name as one of the package's.
    "models/marts/users.sql": "select anonymous_id, universal_id from {{ ref('identity_graph', 'users') }}",
}


@dataclass(frozen=True)
class Acme:
    """A project that has identity_graph among its packages."""

    folder: Path

    def dbt(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("IDENTITY_", "DBT_"))}
        return subprocess.run(
            [DBT, "--no-use-colors", "--no-send-anonymous-usage-stats", *arguments],
            cwd=self.folder,
            env=env | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, *arguments: str, **environment: str) -> None:
        done = self.dbt("--warn-error", "build", *arguments, **environment)
        assert done.returncode == 0, done.stdout[-5000:]

    def refusal(self, **environment: str) -> str:
        """Return what a build says that is refused before anything is made."""
        done = self.dbt("build", **environment)
        assert done.returncode != 0
        assert "Nothing was built" in done.stdout
        return done.stdout

    def query(self, sql: str) -> list[tuple]:
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
    installed = project.dbt("deps")
    assert installed.returncode == 0, installed.stdout
    return project


def test_another_project_builds_the_same_marts_from_its_own_model(acme: Acme, demo_build):
    acme.build("--exclude-resource-type", "test", ACME_UNTIL="2026-02-03 12:00:00")
    first = acme.query(f"select count(*) from {MARTS_SCHEMA}.users")[0][0]
    acme.build("--show-all-deprecations")

    expected = mart_fingerprints(demo_build.path)
    assert 0 < first < expected["marts.users"][0]
    assert mart_fingerprints(acme.folder / "acme.duckdb", MARTS_SCHEMA) == expected
    schemas = {name for (name,) in acme.query("select distinct schema_name from duckdb_tables()")}
    assert {"staging", "intermediate", "marts", "seeds", "snapshots"}.isdisjoint(schemas)
    assert acme.query("select count(*) from prod_marts.users")[0][0] == expected["marts.users"][0]


def test_rows_that_are_gone_are_refused(acme: Acme):
    rows = f"select sum(row_count) from {MARTS_SCHEMA}.event_accounting"
    before = acme.query(rows)
    done = acme.dbt("build", ACME_UNTIL="2026-02-01")
    assert done.returncode != 0
    assert "holds fewer rows than were loaded that arrived on 2026-02-01" in done.stdout
    assert acme.query(rows) == before


def test_settings_of_the_profile_are_asked_for(acme: Acme):
    assert "VARIABLE identity_token_secret" in acme.refusal(ACME_SECRET="")
    assert "TimeZone: UTC" in acme.refusal(ACME_TIME_ZONE="Europe/Berlin")


def test_seeds_of_the_project_replace_those_of_the_package(acme: Acme):
    links = f"select count(*) from {MARTS_SCHEMA}.identity_links where key_type = 'ip_token'"
    assert acme.query(links)[0][0] > 0
    rules = (PROJECT / "seeds" / "identity_key_rules.csv").read_text().splitlines(keepends=True)
    (acme.folder / "seeds").mkdir()
    (acme.folder / "seeds" / "identity_key_rules.csv").write_text(
        "".join(line for line in rules if not line.startswith("ip_token,individual"))
    )
    acme.build("--exclude-resource-type", "test", ACME_RULES="1")
    assert acme.query(links)[0][0] == 0
