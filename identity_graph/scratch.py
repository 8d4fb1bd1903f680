"""dbt in this process, on a DuckDB file of its own: the user's database is never opened to write."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dbt.contracts.graph.manifest import Manifest

from identity_graph.dbt_command import Done, invoke
from identity_graph.project import Profile, Project, write_profile


@dataclass(frozen=True)
class Scratch:
    """A project whose profile leads to a scratch database."""

    folder: Path
    project: Project
    profile: Profile

    @property
    def database(self) -> Path:
        """The scratch file, named as the user's: DuckDB names a database after its file, dbt a relation after it."""
        return (
            self.folder
            / "database"
            / (self.project.database(self.profile).name.replace(":memory:", "memory") or "memory")
        )

    def prepare(self) -> None:
        """Write the profile, on the scratch file."""
        self.database.parent.mkdir(parents=True, exist_ok=True)
        write_profile(self.profile, self.folder, self.database)

    def parse(self, variables: str) -> Done:
        """Parse the project; `results` is the manifest alone."""
        return self._invoke(["parse", "--vars", variables])

    def build(self, manifest: Manifest, variables: str, *selection: str, before: Path | None = None) -> Done:
        """Build models and seeds from nothing, or on a database that holds what they read, without tests."""
        for file in self.database.parent.glob("*"):
            file.unlink()
        if before:
            before.rename(self.database)
        exclude = ["--exclude-resource-type", "test", "unit_test", "--full-refresh"]
        return self._invoke(["build", *selection, *exclude, "--vars", variables], manifest)

    def _invoke(self, arguments: Sequence[str], manifest: Manifest | None = None) -> Done:
        settings = {
            "DBT_PROFILES_DIR": str(self.folder),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_WRITE_JSON": "false",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        with environment(settings), contextlib.chdir(self.project.folder):
            return invoke(arguments, manifest)


@contextlib.contextmanager
def environment(settings: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
