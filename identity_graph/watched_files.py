"""What a watcher looks at: the files of a project, and the raw files that its sources read."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
from dbt.contracts.graph.manifest import Manifest

from identity_graph.project import Project, read_yaml
from identity_graph.raw_files import paths_of

# Path -> size, time of the last change in nanoseconds.
Files = dict[str, tuple[int, int]]

# Setting of a project -> its folders where it says nothing, and the files of them that dbt parses.
YAML = (".yml", ".yaml")
PATHS = {
    "model-paths": (["models"], (".sql", ".py", ".md", *YAML)),
    "seed-paths": (["seeds"], (".csv", *YAML)),
    "macro-paths": (["macros"], (".sql", *YAML)),
    "snapshot-paths": (["snapshots"], (".sql", *YAML)),
    "test-paths": (["tests"], (".sql", *YAML)),
}
ROOT_FILES = ("dbt_project.yml", "packages.yml", "dependencies.yml", "package-lock.yml")
TEXT = re.compile(r"'((?:[^']|'')*)'")
# The table that stands for all of a source's tables of one event each.
EVENT_TABLE = "order_completed"


@dataclass(frozen=True)
class RawPlaces:
    """Where the sources of a project lie: patterns of files on this machine, and what has no files to look at."""

    patterns: tuple[str, ...]
    others: tuple[str, ...]


def project_files(project: Project) -> Files:
    """The files that dbt parses, of the project and of its packages, and the profile."""
    packages = project.folder / project.settings.get("packages-install-path", "dbt_packages")
    folders = [project.folder, *(file.parent for file in sorted(packages.glob("*/dbt_project.yml")))]
    profiles = [place / "profiles.yml" for place in project.profile_places()]
    return as_they_are([*profiles, *(file for folder in folders for file in parsed_files(folder))])


def parsed_files(folder: Path) -> Iterator[Path]:
    """The files that dbt parses in the folder of a project or of a package."""
    settings = read_yaml(folder / "dbt_project.yml")
    yield from (folder / name for name in ROOT_FILES)
    for setting, (usual, endings) in PATHS.items():
        for path in settings.get(setting, usual):
            yield from (file for file in (folder / path).rglob("*") if file.suffix in endings)


def raw_files(places: RawPlaces) -> Files:
    """The raw files that lie there now. Patterns are relative to the folder that the command runs in."""
    with duckdb.connect() as connection:
        return as_they_are(Path(path) for pattern in places.patterns for path in paths_of(connection, pattern))


def as_they_are(paths: Iterable[Path]) -> Files:
    """Those of the files that exist, with their sizes and times."""
    found = {}
    for path in paths:
        # A file may go between the moment it was listed and this one.
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            found[str(path)] = (status.st_size, status.st_mtime_ns)
    return found


def changed(before: Files, now: Files) -> list[str]:
    """Paths of the files that came, went, or are others than before."""
    return sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))


def raw_places(manifest: Manifest, relations: Iterable[str]) -> RawPlaces:
    """Where the sources that models read lie.

    Args:
        manifest: the parsed project.
        relations: tables or models that are read in place of files, where vars name any.

    """
    made = [node for node in manifest.nodes.values() if node.resource_type not in ("seed", "test")]
    read = {name for node in made for name in node.depends_on.nodes}
    patterns: set[str] = set()
    others = set(relations)
    for source in manifest.sources.values():
        # What the run before left is no source of anything new.
        if source.unique_id not in read or source.source_name == "previous_run":
            continue
        texts = [text.replace("''", "'") for text in TEXT.findall(source.relation_name or "")]
        if not texts:
            others.add(f"{source.source_name}.{source.name}")
        others.update(text for text in texts if "://" in text)
        # Among the texts are words of the reader, too; no file is called like these.
        one, each = (f"/{source.source_name}/{table}/" for table in (EVENT_TABLE, "*"))
        patterns.update(text.replace(one, each) for text in texts if text and "://" not in text)
    return RawPlaces(tuple(sorted(patterns)), tuple(sorted(others)))
