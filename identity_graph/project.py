"""Where things are: the dbt project, the package in it, its sources, its profile and its database.

Every sub-command finds them here, so that all of them take the same project and say the same where one is missing.
"""

from __future__ import annotations

import csv
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import yaml

PACKAGE = "identity_graph"
TOKEN_SECRET = "VARIABLE identity_token_secret"


class CommandError(Exception):
    """Why a sub-command cannot run, as a sentence for whoever called it."""


@dataclass(frozen=True)
class Profile:
    """An output of profiles.yml as it is written there, with its environment variables unread."""

    name: str
    target: str
    engine: str
    output: dict[str, Any]

    @property
    def token_secret(self) -> str | None:
        """The secret of the tokens, where the output gives one.

        Raises:
            CommandError: it is an environment variable that is not set.

        """
        settings = self.output.get("settings") or {}
        return rendered(settings[TOKEN_SECRET]) if TOKEN_SECRET in settings else None


@dataclass(frozen=True)
class Project:
    """A dbt project that is identity_graph, or that uses it as a package."""

    folder: Path
    settings: dict[str, Any]
    package: Path

    @property
    def is_package_user(self) -> bool:
        """Whether identity_graph is a package of this project."""
        return self.package != self.folder

    @property
    def target(self) -> Path:
        """The folder that dbt writes to."""
        return self.folder / (os.environ.get("DBT_TARGET_PATH") or self.settings.get("target-path") or "target")

    def source_names(self) -> list[str]:
        """Sources that have a model of canonical events: those shipped, and those that the project adds."""
        folders = [
            self.package / "models",
            *(self.folder / path for path in self.settings.get("model-paths", ["models"])),
        ]
        found = {path.name for folder in folders for path in folder.rglob("stg_*__events.sql")}
        return sorted(re.sub("^stg_|__events[.]sql$", "", name) for name in found)

    def var(self, name: str, given: dict[str, Any]) -> Any:
        """Value of a var as dbt finds it: on the command line, in the project, in the package."""
        own, shipped = (
            read_yaml(folder / "dbt_project.yml").get("vars") or {} for folder in (self.folder, self.package)
        )
        for values in (given, own.get(PACKAGE) or {}, own, shipped.get(PACKAGE) or {}, shipped):
            if name in values:
                return values[name]
        return None

    def profile_places(self) -> list[Path]:
        """The folders in which dbt looks for a profiles.yml, the first one that has it being taken."""
        given = os.environ.get("DBT_PROFILES_DIR")
        return [*([Path(given)] if given else []), self.folder, Path.home() / ".dbt"]

    def profile(self) -> Profile:
        """The output of profiles.yml that dbt would take.

        Raises:
            CommandError: there is no profiles.yml, or it has no such output.

        """
        files = [place / "profiles.yml" for place in self.profile_places()]
        file = next((file for file in files if file.exists()), None)
        if file is None:
            raise CommandError(f"there is no profiles.yml in {self.folder}; `make setup` copies the example.")
        name = self.settings.get("profile", "")
        profile = read_yaml(file).get(name) or {}
        target = os.environ.get("DBT_TARGET") or rendered(profile.get("target", "default"))
        output = (profile.get("outputs") or {}).get(target)
        if output is None:
            raise CommandError(f"{file} has no output {target!r} of the profile {name!r}.")
        return Profile(name, target, rendered(output.get("type", "")), output)

    def duckdb_profile(self) -> Profile:
        """The output of profiles.yml that dbt would take, where it is a DuckDB file.

        Raises:
            CommandError: there is no such output, or it is another engine's.

        """
        profile = self.profile()
        if profile.engine != "duckdb":
            raise CommandError(
                f"this command works on DuckDB only, and the target is {profile.target}: set IDENTITY_TARGET=duckdb, or"
                " name a database where the command takes --database."
            )
        return profile

    def seed(self, name: str) -> Path:
        """The file of a seed: the project's own where it has one of that name, else the package's."""
        folders = [self.folder / path for path in self.settings.get("seed-paths", ["seeds"])]
        own = [file for folder in folders for file in sorted(folder.rglob(name))]
        return own[0] if own else self.package / "seeds" / name

    def database(self, profile: Profile) -> Path:
        """The DuckDB file that a build writes."""
        return self.folder / rendered(profile.output.get("path", ":memory:"))


def write_profile(profile: Profile, folder: Path, database: Path) -> None:
    """Write a profiles.yml: the user's output, its secrets unread, on another file; what it attaches is only read."""
    output = dict(profile.output) | {"path": str(database)}
    if "attach" in output:
        output["attach"] = [place | {"read_only": True} for place in output["attach"]]
    profiles = {profile.name: {"target": profile.target, "outputs": {profile.target: output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")


def find_project(start: Path | None = None) -> Project:
    """Find the dbt project of a folder, or of the nearest folder above it.

    Raises:
        CommandError: there is none, or it has no package identity_graph.

    """
    start = (start or Path.cwd()).resolve()
    folder = next((place for place in (start, *start.parents) if (place / "dbt_project.yml").exists()), None)
    if folder is None:
        raise CommandError(
            f"there is no dbt_project.yml in {start} or above it: run this in the folder of the dbt project."
        )
    settings = read_yaml(folder / "dbt_project.yml")
    package = folder
    if settings.get("name") != PACKAGE:
        package = folder / settings.get("packages-install-path", "dbt_packages") / PACKAGE
        if not (package / "dbt_project.yml").exists():
            raise CommandError(f"{folder} has no package {PACKAGE} in {package.parent}: run dbt deps.")
    return Project(folder, settings, package)


def given_vars(text: str, example: str) -> dict[str, Any]:
    """The vars of a command's --vars, which are YAML as in dbt.

    Raises:
        CommandError: they are no mapping; the example says what one looks like.

    """
    try:
        given = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise CommandError(f"--vars is no YAML: {error}") from error
    if not isinstance(given, dict):
        raise CommandError(f"--vars has to be a mapping, as {example}.")
    return given


@cache
def read_yaml(file: Path) -> dict[str, Any]:
    """Content of a YAML file that holds a mapping.

    Raises:
        CommandError: it is no YAML.

    """
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise CommandError(f"{file} is no YAML: {error}") from error


def read_csv(file: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of a CSV file.

    Raises:
        CommandError: it does not exist, is no text, or a line has more or fewer cells than the header.

    """
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            reader = csv.DictReader(lines)
            # Names are read when they are first asked for, so while the file is open.
            columns, rows = list(reader.fieldnames or []), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise CommandError(f"{file}, line {number}: the line has not as many cells as the header")
    return columns, rows


def rendered(value: Any) -> str:
    """A value of profiles.yml with its environment variables.

    Raises:
        CommandError: a variable is not set and has no default.

    """

    def env_var(name: str, default: str | None = None) -> str:
        found = os.environ.get(name, default)
        if found is None:
            raise CommandError(f"profiles.yml needs the environment variable {name}.")
        return found

    return jinja2.Environment().from_string(str(value)).render(env_var=env_var)
