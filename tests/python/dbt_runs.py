"""dbt in the process of the tests: parsed once for all of them, and again only where a project differs."""

import fcntl
import gc
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fast_dbt
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.artifacts.resources import FileHash
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt_common.tests import enable_test_caching

PROJECT = Path(__file__).parents[2]
# Where the processes of a session find the project as it was parsed first.
PARSED = "TESTS_PARSED_PROJECT"
PARTIAL_PARSE = "partial_parse.msgpack"
SETTINGS = ("IDENTITY_", "DBT_", "ACME_")
EVENTS = "source.identity_graph.generic.events"

# What dbt keeps in its own tests: how a template is parsed.
enable_test_caching()
fast_dbt.compile_templates_once()
fast_dbt.validate_once()
fast_dbt.make_no_debug_events()
fast_dbt.read_calendars_once()
fast_dbt.read_seeds_once()
fast_dbt.read_flags_once()
fast_dbt.make_macros_when_they_are_called()
fast_dbt.put_fixtures_before_queries()
fast_dbt.find_relations_by_name()
fast_dbt.make_a_macro_once_in_a_context()
fast_dbt.walk_the_graph_faster()

# dbt makes very many objects and drops few: by Python's own thresholds, a fifth of a run is spent looking for garbage.
gc.set_threshold(50_000, 20, 20)
# dbt parses a project anew for another connection. What is parsed knows the database's name, but not where it lies.
DuckDBCredentials._connection_keys = lambda _: ("database", "schema")


@dataclass(frozen=True)
class Done:
    """A finished dbt command: what it gives, and what it said, by how bad that is."""

    success: bool
    result: Any
    said: list[tuple[str, str]]

    @property
    def output(self) -> str:
        """All that it said."""
        return "\n".join(message for _, message in self.said)

    @property
    def errors(self) -> list[str]:
        """What failed."""
        return [] if self.success else [message for level, message in self.said if level == "error"]

    @property
    def statuses(self) -> dict[str, str]:
        """How each node ended, by name."""
        return {result.node.name: result.status.value for result in self.result.results}


@dataclass
class Dbt:
    """dbt on a project and on graph.duckdb in a folder, where its target and its logs lie too.

    All databases have one name, because DuckDB names a database after its file, and what is parsed knows the name.
    """

    folder: Path
    project: Path = PROJECT
    environment: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    manifest: Manifest | None = None

    @property
    def database(self) -> Path:
        """The database's file."""
        return self.folder / "graph.duckdb"

    @property
    def target(self) -> Path:
        """The folder of what dbt writes."""
        return self.folder / "target"

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables of a run; no other of the project's or of dbt's is set."""
        return {
            "DBT_PROFILES_DIR": str(parsed_project()),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_LOG_LEVEL": "none",
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            # What a run leaves beside the database is written where a test reads it.
            "DBT_WRITE_JSON": "false",
            # Tests come before the same models as ever, told by fewer edges.
            "DBT_USE_FAST_TEST_EDGES": "true",
            "IDENTITY_DUCKDB_PATH": str(self.database),
        } | self.environment

    def parse(self, *arguments: str) -> Done:
        """Parse the project, from what is parsed already where that helps; later runs go on from there."""
        self.manifest = None
        events = self.environment.get("IDENTITY_EVENTS", "")
        # A quote, a dollar sign and ** at the end stand otherwise in the manifest.
        if not events or set("'$") & set(events) or events.endswith("**"):
            done = self("parse", *arguments)
            assert done.success, done.output
            self.manifest = done.result
        else:
            done = self.parse_for_other_events(events, *arguments)
        for node in self.manifest.nodes.values():
            if node.resource_type == "seed":
                # Of what was parsed before, dbt keeps the folder too.
                node.root_path = str(self.project)
        return done

    def parse_for_other_events(self, events: str, *arguments: str) -> Done:
        """Parse as if raw events lay elsewhere, which is parsed already, and tell the manifest where they lie."""
        others = "raw/events" + "".join(Path(events).suffixes)
        self.target.mkdir(parents=True, exist_ok=True)
        shutil.copy(parsed_project(others, vars_of(arguments)) / PARTIAL_PARSE, self.target)
        done = self("parse", *arguments, IDENTITY_EVENTS=others)
        assert done.success, done.output
        self.manifest = done.result
        if EVENTS in self.manifest.sources:
            source = self.manifest.sources[EVENTS]
            source.relation_name = source.relation_name.replace(others, events)
            for meta in (source.meta, source.config.meta):
                meta["external_location"] = meta["external_location"].replace(others, events)
        return done

    def read_seeds_again(self) -> None:
        """Tell the manifest what its seeds hold now: nothing else of it differs where only their rows do."""
        assert self.manifest
        for node in self.manifest.nodes.values():
            # Of a large seed dbt knows the path alone.
            if node.resource_type == "seed" and node.checksum.name != "path":
                rows = (self.project / node.original_file_path).read_text(encoding="utf-8")
                node.checksum = FileHash.from_contents(rows.strip())
        # What macros see of it.
        self.manifest.build_flat_graph()

    def __call__(self, *arguments: str, **environment: str) -> Done:
        """Run a command, without parsing where the project was parsed by `parse`."""
        self.target.mkdir(parents=True, exist_ok=True)
        if self.manifest is None and not (self.target / PARTIAL_PARSE).exists():
            shutil.copy(parsed_project(variables=vars_of(arguments)) / PARTIAL_PARSE, self.target)
        return invoke(self.project, [*self.options, *arguments], self.settings | environment, self.manifest)


def invoke(project: Path, arguments: Sequence[str], settings: dict[str, str], manifest: Manifest | None = None) -> Done:
    """Run dbt in this process, with these settings and no others."""
    said: list[tuple[str, str]] = []

    def keep(event: Any) -> None:
        if event.info.level != "debug":
            said.append((event.info.level, event.info.msg))

    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(SETTINGS)]:
            patch.delenv(name)
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.chdir(project)
        # Or dbt-duckdb leaves the bytecode of each Python model among the temporary files.
        patch.setattr(sys, "dont_write_bytecode", True)
        done = dbtRunner(manifest=manifest, callbacks=[keep]).invoke([*arguments, "--project-dir", str(project)])
        DuckDBConnectionManager.close_all_connections()
    if done.exception and not any(level == "error" for level, _ in said):
        said.append(("error", str(done.exception)))
    return Done(done.success, done.result, said)


class DbtOfCommands:
    """What a command starts as a process of its own, run in this one: it takes the place of the module subprocess."""

    DEVNULL = None

    @staticmethod
    def run(command: Sequence[str], *, env: dict[str, str], **_: Any) -> SimpleNamespace:
        """Run dbt as the process would, on a database that is named graph."""
        assert env["PYTHONDONTWRITEBYTECODE"] == "1", "the process would leave bytecode among the temporary files"
        arguments = list(command[command.index("build") :])
        place = arguments.index("--project-dir")
        project = Path(arguments[place + 1])
        del arguments[place : place + 2]
        settings = {name: value for name, value in env.items() if name.startswith(SETTINGS)}
        dbt = Dbt(Path(settings["DBT_TARGET_PATH"]).parent, project, settings)
        dbt.parse()
        done = dbt(*arguments)
        return SimpleNamespace(returncode=int(not done.success), stdout=done.output, stderr="")


def parsed_project(events: str = "", variables: str = "") -> Path:
    """The folder of the project as it was parsed first, from nothing, with the profile and with the warnings.

    For raw events that lie elsewhere, and for other vars, what they change was parsed again in a folder of its own.
    """
    folder = Path(os.environ[PARSED])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "warnings.json").exists():
            (folder / "profiles.yml").write_text(profile_of_tests())
            done = parse_into(folder, "--no-partial-parse", "--show-all-deprecations")
            assert done.success, done.output
            warnings = [message for level, message in done.said if level in ("warn", "error")]
            (folder / "warnings.json").write_text(json.dumps(warnings))
        if variables:
            folder = parsed_from(folder, sha256(variables.encode()).hexdigest(), "--vars", variables)
        if events:
            vars_too = ("--vars", variables) if variables else ()
            folder = parsed_from(folder, Path(events).name, *vars_too, IDENTITY_EVENTS=events)
    return folder


def parsed_from(folder: Path, name: str, *arguments: str, **environment: str) -> Path:
    """A folder in another, where the project that was parsed there is parsed once more.

    Vars may name what only a test's copy of the project has: then it is the folder that was given.
    """
    other = folder / name
    if not other.exists():
        other.mkdir()
        for file in (PARTIAL_PARSE, "profiles.yml"):
            shutil.copy(folder / file, other)
        if not parse_into(other, *arguments, **environment).success:
            shutil.rmtree(other)
            return folder
    return other


def vars_of(arguments: Sequence[str]) -> str:
    """The vars of a command as they are written; nothing if there are none."""
    return arguments[arguments.index("--vars") + 1] if "--vars" in arguments else ""


def profile_of_tests() -> str:
    """The profile that is shipped, with one thread for DuckDB: more are waited for longer than few rows take."""
    shipped = (PROJECT / "profiles.example.yml").read_text()
    options = "config_options: {"
    assert shipped.count(options) == 1
    return shipped.replace(options, options + """threads: "{{ env_var('DBT_DUCKDB_THREADS', '1') | int }}", """)


def parse_into(folder: Path, *arguments: str, **environment: str) -> Done:
    """Parse the project into a folder that has a profile."""
    settings = {
        "DBT_PROFILES_DIR": str(folder),
        "DBT_TARGET_PATH": str(folder),
        "DBT_LOG_PATH": str(folder),
        "DBT_LOG_LEVEL": "none",
        "DBT_LOG_LEVEL_FILE": "none",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_WRITE_JSON": "false",
        "IDENTITY_DUCKDB_PATH": str(folder / "graph.duckdb"),
    }
    return invoke(PROJECT, ["parse", *arguments], settings | environment)


def first_parse() -> SimpleNamespace:
    """The manifest of the project as it was parsed from nothing, and what the parser warned of."""
    folder = parsed_project()
    return SimpleNamespace(
        manifest=Manifest.from_msgpack((folder / PARTIAL_PARSE).read_bytes()),
        warnings=json.loads((folder / "warnings.json").read_text()),
    )


def copy_of_project(folder: Path) -> Path:
    """Copy the project: its seeds may be rewritten, all else are links."""
    folder.mkdir()
    for name in ("models", "macros", "python_models", "snapshots", "analyses", "tests", "dbt_project.yml"):
        (folder / name).symlink_to(PROJECT / name)
    shutil.copytree(PROJECT / "seeds", folder / "seeds", ignore=shutil.ignore_patterns("demo"))
    (folder / "seeds" / "demo").symlink_to(PROJECT / "seeds" / "demo")
    return folder
