"""A build beside the project: the same models and events, one seed replaced, and a database of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from identity_graph.database import find_database, open_database
from identity_graph.project import CommandError, Project, write_profile

# What an installation or a run left in a project's folder.
OUTPUTS = ("target", "logs")
SAID = 3000


class Trial:
    """A folder of links to a project whose one seed may be replaced, and a database to build into.

    dbt runs in a process of its own, from the project's own folder: files that are named from there are found, and
    nothing of it is written.
    """

    def __init__(
        self, folder: Path, project: Project, seed: Path, database: Path | None = None, clock: str | None = None
    ) -> None:
        """Lay the links.

        Args:
            folder: an empty folder.
            project: the dbt project.
            seed: the file of the project, or of the package in it, that may be replaced.
            database: the file to begin builds with, where it is not to be from nothing.
            clock: the time of all builds in UTC, where it is neither the project's var as_of nor now.

        Raises:
            CommandError: the project's target is not DuckDB, or its events are a table and there is no database.

        """
        profile = project.duckdb_profile()
        self.folder, self.project = folder, project
        # Events that are a table of the project's lie in its database.
        is_relation = bool(project.var("generic_events_relation", {}))
        self.begin_with = database or (find_database(project=project) if is_relation else None)
        # DuckDB names a database after its file, and views name it.
        self.database = folder / "database" / (self.begin_with or project.database(profile)).name
        self.seed = folder / "project" / seed.relative_to(project.folder)
        self.target = folder / "target"
        self.clock = clock or str(project.var("as_of", {}) or datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"))
        self.database.parent.mkdir()
        lay_links(project.folder, folder / "project", seed.relative_to(project.folder).parts)
        write_profile(profile, folder, self.database)

    def begin(self) -> None:
        """Forget what was built, and begin anew."""
        for file in self.database.parent.iterdir():
            file.unlink()
        if self.begin_with:
            # While it is open, nothing writes to it.
            with open_database(self.begin_with):
                shutil.copy(self.begin_with, self.database)

    def take_seed(self, file: Path) -> None:
        """Let the next build read another file in place of the seed."""
        shutil.copy(file, self.seed)

    def build(self, *arguments: str) -> None:
        """Run dbt build, by the clock of the trial.

        Raises:
            CommandError: dbt failed; the message is the end of what it printed.

        """
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("DBT_") or name.startswith("DBT_ENV_")
        }
        settings = {
            "DBT_PROFILES_DIR": str(self.folder),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            # dbt-duckdb imports Python models from temporary files, and would leave their bytecode beside them.
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        dbt = [sys.executable, "-m", "dbt.cli.main", "--quiet", "--no-use-colors"]
        place = ["--project-dir", str(self.folder / "project"), "--vars", f"{{as_of: '{self.clock}'}}"]
        result = subprocess.run(
            [*dbt, "build", *arguments, *place],
            cwd=self.project.folder,
            env=kept | settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise CommandError(f"dbt build failed:\n{(result.stdout.strip() or result.stderr.strip())[-SAID:]}")


def lay_links(source: Path, target: Path, without: Sequence[str]) -> None:
    """Fill a new folder with links to what another holds, but for one file, whose folders are made anew.

    Args:
        source: the folder to link to; where it is a dbt project, what runs left there is not linked.
        target: the folder to make.
        without: the parts of the path, from the source on, of the file that is left out.

    """
    target.mkdir(parents=True)
    first, *rest = without
    is_project = (source / "dbt_project.yml").exists()
    for entry in source.iterdir():
        is_output = is_project and (entry.name.startswith((".", *OUTPUTS)) or ".duckdb" in entry.name)
        if entry.name != first and entry.name != "profiles.yml" and not is_output:
            (target / entry.name).symlink_to(entry)
    if rest:
        lay_links(source / first, target / first, rest)
