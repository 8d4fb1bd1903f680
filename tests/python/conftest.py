"""Fixtures that several test files share."""

import csv
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from dbt_runs import PARSED, PROJECT, Dbt, Done, copy_of_project

GRAPH_MODELS = ["+users", "+users_history", "+identity_links", "+identity_override_report"]

# The files that build most, longest first: no process waits at the end for what another has just begun.
LONG_FILES = (
    "test_build",
    "test_incremental",
    "test_sources",
    "test_erasure",
    "test_package",
    "test_activation",
    "test_audience_changes",
    "test_report_page",
    "test_mcp_server",
    "test_identity_properties",
    "test_what_if",
    "test_streaming",
    "test_models",
    "test_watch",
    "test_ad_platform_hashes",
    "test_triggers",
    "test_restatements",
    "test_identity_graph",
    "test_rounds",
    "test_undo",
    "test_metrics",
    "test_export",
    "test_classification",
    "test_check_source",
    "test_probabilistic_matches",
    "test_explain",
    "test_injected_faults",
    "test_features",
    "test_docs",
    "test_channels",
)

# All marts that are made only where they are named.
OPTIONAL_MARTS = (
    "--vars",
    "{optional_marts: [activation, events, funnels, journeys, paths, reconciliation, retention, traits]}",
)

Row = dict[str, Any]
PARSED_FOLDER = pytest.StashKey[tempfile.TemporaryDirectory]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {name: rank for rank, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(ranks)))


def pytest_configure(config: pytest.Config) -> None:
    if PARSED not in os.environ:
        # What other processes of the session begin with, too.
        config.stash[PARSED_FOLDER] = tempfile.TemporaryDirectory(prefix="parsed-project-")
        os.environ[PARSED] = config.stash[PARSED_FOLDER].name
    config.addinivalue_line(
        "markers",
        "stream(*events, rules=(), overrides=()): raw events of the test's own identity space, changed rules, and"
        " owner overrides; tests with the same rules share one build, each in a space named after the test",
    )


@pytest.fixture
def run_model() -> Callable[..., list[Row]]:
    """Run the function `model` of a Python model on tables given as SQL, by the names of the models that it reads."""

    def run(model: Callable[..., Any], **tables: str) -> list[Row]:
        with duckdb.connect() as session:
            dbt = SimpleNamespace(config=lambda **_: None, ref=lambda name: session.sql(tables[name]))
            return model(dbt, session).to_pylist()

    return run


@dataclass(frozen=True)
class DemoBuild:
    """A finished build of the demo, and dbt to go on from it."""

    dbt: Dbt

    @property
    def path(self) -> Path:
        """The database's file."""
        return self.dbt.database

    @property
    def target(self) -> Path:
        """The folder of what dbt wrote."""
        return self.dbt.target

    @property
    def project(self) -> Path:
        """The project that was built."""
        return self.dbt.project

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command of its own."""
        kept = {name: value for name, value in os.environ.items() if name not in ("IDENTITY_EVENTS", "IDENTITY_TARGET")}
        return kept | {name: value for name, value in self.dbt.settings.items() if name != "DBT_LOG_LEVEL"}


def build_once(folder: Path, build: Callable[[], Done], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let one process of a session build into its folder, of which the others then have copies.

    Only one process may write a database, so each has its own.
    """
    is_one_of_many = "PYTEST_XDIST_WORKER" in os.environ
    built = tmp_path_factory.getbasetemp().parent / f"built_{folder.name}" if is_one_of_many else folder
    with built.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_one_of_many and built.exists():
            shutil.copytree(built, folder, dirs_exist_ok=True)
        else:
            done = build()
            assert done.success, done.output[-7000:]
            if is_one_of_many:
                shutil.copytree(folder, built)


@pytest.fixture(scope="session")
def demo_build(tmp_path_factory: pytest.TempPathFactory) -> DemoBuild:
    """Build the demo once per test session, away from the project's own database and target.

    Unit tests are left to test_models.
    """
    folder = tmp_path_factory.mktemp("demo")
    dbt = Dbt(folder, environment={"DBT_WRITE_JSON": "true"})
    build_once(folder, lambda: dbt("build", "--exclude-resource-type", "unit_test"), tmp_path_factory)
    return DemoBuild(dbt)


@pytest.fixture(scope="session")
def optional_build(demo_build: DemoBuild, tmp_path_factory: pytest.TempPathFactory) -> DemoBuild:
    """The demo with all optional marts, and their tests passed."""
    folder = tmp_path_factory.mktemp("optional")
    dbt = Dbt(folder, environment={"DBT_WRITE_JSON": "true"})

    def build() -> Done:
        shutil.copy(demo_build.path, dbt.database)
        return dbt("build", "--select", "config.meta.is_optional:true", *OPTIONAL_MARTS)

    build_once(folder, build, tmp_path_factory)
    return DemoBuild(dbt)


@dataclass
class GraphBuilder:
    """Builds the identity graph from rows of raw events.

    The project is parsed once. The source's path is part of the manifest, so every stream is written to one file.
    """

    dbt: Dbt
    build_count: int = 0

    def __call__(
        self,
        events: Iterable[Row],
        *,
        rules: Iterable[Row] = (),
        overrides: Iterable[Row] = (),
        variables: Row | None = None,
        models: Iterable[str] = GRAPH_MODELS,
    ) -> duckdb.DuckDBPyConnection:
        """Build the graph and open it read-only.

        Args:
            events: raw events by column name; event_id, event_name and anonymous_id are filled in where missing.
            rules: cells that replace those of a rule (key_type, resolution_level = individual), or a new rule.
            overrides: rows of identity_overrides; space_id, reason and owner are filled in where missing.
            variables: vars of the project that differ from its own.
            models: what is built, as dbt selects it.

        """
        self._write_events(events)
        self._write_seed("identity_key_rules", self.rules(rules))
        defaults = {"space_id": "default", "reason": "a test", "owner": "identity"}
        self._write_seed("identity_overrides", [defaults | override for override in overrides])

        if self.dbt.manifest is None:
            self.dbt.parse()
        selection = ["--select", *models, "--exclude-resource-type", "test", "unit_test"]
        done = self.dbt("build", *selection, "--vars", json.dumps(variables or {}))
        assert done.success, "\n".join(done.errors)

        self.build_count += 1
        finished = self.dbt.folder / f"graph_{self.build_count}.duckdb"
        self.dbt.database.rename(finished)
        return duckdb.connect(str(finished), read_only=True)

    def rules(self, changes: Iterable[Row] = ()) -> list[Row]:
        """Rows of identity_key_rules as the project ships them, with changes."""
        with (PROJECT / "seeds" / "identity_key_rules.csv").open(newline="") as file:
            rules = {(rule["key_type"], rule["resolution_level"]): rule for rule in csv.DictReader(file)}
        new_rule = {"is_enabled": "true", "is_sensitive": "false", "rule_version": 1, "owner": "identity"}
        for change in changes:
            level = change.get("resolution_level", "individual")
            rule = rules.setdefault((change["key_type"], level), dict(new_rule))
            rule |= {"resolution_level": level, **change}
        return list(rules.values())

    def _write_events(self, events: Iterable[Row]) -> None:
        with Path(self.dbt.environment["IDENTITY_EVENTS"]).open("w") as file:
            for number, event in enumerate(events):
                defaults = {"event_id": f"e{number}", "event_name": "page_view", "anonymous_id": None}
                file.write(json.dumps(defaults | event) + "\n")

    def _write_seed(self, name: str, rows: list[Row]) -> None:
        with (PROJECT / "seeds" / f"{name}.csv").open(newline="") as file:
            columns = next(csv.reader(file))
        with (self.dbt.project / "seeds" / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture(scope="session")
def build_graph(tmp_path_factory: pytest.TempPathFactory) -> GraphBuilder:
    """Builder of identity graphs on a copy of the project in which seeds may be rewritten."""
    folder = tmp_path_factory.mktemp("graph")
    environment = {"IDENTITY_EVENTS": str(folder / "events.ndjson")}
    return GraphBuilder(Dbt(folder, copy_of_project(folder / "project"), environment))
