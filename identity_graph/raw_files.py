"""The raw files of a source: which lie there, and a sample of them beside the scratch database.

The sample lies in a folder of its own under the paths of the files themselves. dbt then reads it by its own checks, and
in what it says the folder only has to be cut out for the paths to be the user's.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from identity_graph.sql import sql_text

PATTERN = re.compile(r"[(]'((?:[^']|'')*)'")
KINDS = {
    "parquet": ("parquet", "pq", "parq"),
    "csv": ("csv", "tsv", "tab", "txt"),
    "json": ("ndjson", "jsonl", "json"),
}
EXAMINED_FILES = 2000
# What Python says of a packed file that was cut off, or is none.
BROKEN_PACKING = (EOFError, gzip.BadGzipFile, zlib.error)
# So deep that a path that goes up from the project's folder stays within the sample's.
UP = "0/0/0/0/0/0/0/0/"


@dataclass(frozen=True)
class RawTable:
    """A raw table as the catalogue has it: where its files are, the columns that are read by name, and their types."""

    source_name: str
    name: str
    location: str
    expected: dict[str, str]
    required: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether its files lie on this machine."""
        return bool(self.location) and "://" not in self.location


@dataclass(frozen=True)
class RawFile:
    """A raw file, and how many rows it holds: counted in Parquet, estimated from the first lines of text."""

    path: str
    size: int
    kind: str
    rows: int = 0


@dataclass
class Sample:
    """What was found of a raw table, and what of it is looked at."""

    table: RawTable
    file_count: int = 0
    size: int = 0
    row_count: int = 0
    is_counted: bool = False
    files: list[RawFile] = field(default_factory=list)
    staged: list[Path] = field(default_factory=list)
    cut: RawFile | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all files are looked at, to their last row."""
        return len(self.files) == self.file_count and self.cut is None


def raw_tables(source: Any, event_tables: Sequence[str]) -> list[RawTable]:
    """Raw tables of an entry in dbt's manifest: one, or a table for each of the chosen events.

    Args:
        source: the source definition of the manifest.
        event_tables: names of the tables that are read as the entry's own, this one among them.

    """
    meta = source.config.meta or source.meta or {}
    reader = source.relation_name or ""
    found = PATTERN.search(reader)
    location = found.group(1).replace("''", "'") if found else ""
    # A bracket may be part of a name as well as of a pattern; dbt asks the same.
    folder = f"/{source.source_name}/{source.name}/"
    return [
        RawTable(
            source_name=source.source_name,
            name=name,
            location=location.replace(folder, f"/{source.source_name}/{name}/"),
            expected={column.name.lower(): column.data_type or "" for column in source.columns.values()},
            required=tuple(meta.get("required_columns", ())),
            ids=tuple(meta.get("id_columns", ())),
            times=tuple(meta.get("time_columns", ())),
            mixed=tuple(meta.get("mixed_columns", ())),
        )
        for name in event_tables or [source.name]
    ]


def moved(reader: str, folder: Path) -> str:
    """What reads a table, on the sample in a folder."""
    return PATTERN.sub(lambda match: f"('{place_of(match.group(1), folder)}'", reader, count=1)


def place_of(path: str, folder: Path) -> str:
    """Where a path, or a pattern of paths, is found among the sampled files of a folder."""
    return f"{folder}/root{path}" if path.startswith("/") else f"{folder}/here/{UP}{path}"


def own_paths(text: str, folder: Path) -> str:
    """Text in which sampled files bear their own paths again."""
    return text.replace(f"{folder}/here/{UP}", "").replace(f"{folder}/root", "")


def take_sample(connection: duckdb.DuckDBPyConnection, table: RawTable, rows: int, folder: Path) -> Sample:
    """Find the files of a table, choose some of them, and lay these into a folder.

    Whole files first, from all over the list, because an old file may have another shape than a new one. Where none is
    small enough, one is cut.

    Args:
        connection: any connection, whose working directory is the project's.
        table: a table whose files lie on this machine.
        rows: how many rows are enough.
        folder: where the sample is laid.

    Raises:
        duckdb.Error: a Parquet file is damaged.

    """
    files = list_files(connection, table.location)
    sample = Sample(table, len(files), sum(file.size for file in files))
    examined = with_row_counts(connection, spread(files)[:EXAMINED_FILES])
    examined_size = sum(file.size for file in examined)
    counted_rows = sum(file.rows for file in examined)
    sample.row_count = (
        counted_rows if len(examined) == len(files) else counted_rows * sample.size // max(examined_size, 1)
    )
    sample.is_counted = len(examined) == len(files) and all(file.kind == "parquet" for file in files)
    taken = 0
    for file in examined:
        if taken + file.rows <= rows:
            sample.files.append(file)
            taken += file.rows
    if not sample.files and examined:
        sample.cut = examined[0]
        sample.files.append(examined[0])
    for file in sample.files:
        target = Path(place_of(file.path, folder))
        target.parent.mkdir(parents=True, exist_ok=True)
        if file is sample.cut:
            write_head(connection, file, rows, target)
        elif not target.exists():
            target.symlink_to(Path(file.path).absolute())
        sample.staged.append(target)
    return sample


def lay_beside(connection: duckdb.DuckDBPyConnection, tables: Sequence[RawTable], folder: Path) -> None:
    """Let files that lie beside those of a source, and that nothing reads, be seen there too, so that dbt names them.

    Args:
        connection: any connection, whose working directory is the project's.
        tables: all tables of one source.
        folder: where the sample is laid.

    """
    read = {file.path for table in tables for file in list_files(connection, table.location)}
    homes = {
        table.location.partition(marker)[0] + f"/{table.source_name}"
        for table in tables
        if (marker := f"/{table.source_name}/{table.name}/") in table.location
    }
    for home in homes:
        for file in [file for file in list_files(connection, f"{home}/**/*") if file.path not in read][:EXAMINED_FILES]:
            target = Path(place_of(file.path, folder))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()


def list_files(connection: duckdb.DuckDBPyConnection, pattern: str) -> list[RawFile]:
    """Files of a pattern as DuckDB reads it, by path, without opening them."""
    return [RawFile(path, Path(path).stat().st_size, kind_of(path)) for path in paths_of(connection, pattern)]


def paths_of(connection: duckdb.DuckDBPyConnection, pattern: str) -> list[str]:
    """Paths of the files of a pattern as DuckDB reads it."""
    paths = [path for (path,) in connection.execute("select file from glob(?) order by 1", [pattern]).fetchall()]
    if not paths and "[" in pattern:
        literal = pattern.replace("[", "[[]")
        paths = [path for (path,) in connection.execute("select file from glob(?) order by 1", [literal]).fetchall()]
    return paths


def kind_of(path: str) -> str:
    """Format of a file by the end of its name, as dbt tells it."""
    ending = re.sub(r"[.](gz|zst)$", "", path.lower()).rpartition(".")[2]
    return next((kind for kind, endings in KINDS.items() if ending in endings), "unknown")


def spread(items: Sequence[RawFile]) -> list[RawFile]:
    """The last, the first, then those between at ever finer steps: any beginning of it is spread over the whole."""
    order, steps = [], 1
    seen: set[int] = set()
    while len(seen) < len(items):
        for step in range(steps + 1):
            place = round((len(items) - 1) * (1 - step / steps))
            if place not in seen:
                seen.add(place)
                order.append(items[place])
        steps *= 2
    return order


def with_row_counts(connection: duckdb.DuckDBPyConnection, files: Sequence[RawFile]) -> list[RawFile]:
    """The same files with their rows."""
    parquet = [file.path for file in files if file.kind == "parquet"]
    counts: dict[str, int] = {}
    if parquet:
        query = "select file_name, num_rows from parquet_file_metadata(?)"
        counts = dict(connection.execute(query, [parquet]).fetchall())
    return [
        RawFile(file.path, file.size, file.kind, counts[file.path] if file.path in counts else estimated_rows(file))
        for file in files
    ]


def estimated_rows(file: RawFile, head: int = 1_000_000) -> int:
    """Lines of a text file, without that of the names of CSV; of a large one estimated from its first part."""
    if file.path.endswith(".zst") or file.kind == "unknown":
        return file.size // 200
    with Path(file.path).open("rb") as raw:
        try:
            text = gzip.GzipFile(fileobj=raw).read(head) if file.path.endswith(".gz") else raw.read(head)
        except BROKEN_PACKING:
            return file.size // 200
        read = raw.tell()
    lines = text.count(b"\n") + (not text.endswith(b"\n") and len(text) < head) - (file.kind == "csv")
    return lines if len(text) < head else lines * file.size // max(min(read, file.size), 1)


def write_head(connection: duckdb.DuckDBPyConnection, file: RawFile, rows: int, target: Path) -> None:
    """Write the first rows of a file; a packed file that Python cannot unpack stays whole."""
    if file.kind == "parquet":
        connection.execute(
            f"copy (from read_parquet({sql_text(file.path)}) limit {rows}) to {sql_text(str(target))} (format parquet)"
        )
        return
    if file.path.endswith(".zst") or file.kind == "unknown":
        target.symlink_to(Path(file.path).absolute())
        return
    open_file = gzip.open if file.path.endswith(".gz") else open
    try:
        with open_file(file.path, "rb") as source, open_file(target, "wb") as head:
            quotes = 0
            for number, line in enumerate(source):
                # A row of CSV may hold line breaks: it ends where no quote is open.
                if number > rows and (file.kind != "csv" or quotes % 2 == 0):
                    break
                quotes += line.count(b'"')
                head.write(line)
    except BROKEN_PACKING:
        target.unlink()
        target.symlink_to(Path(file.path).absolute())


def sql_list(values: Iterable[str | Path]) -> str:
    """A list of texts as SQL writes it."""
    return "[" + ", ".join(sql_text(str(value)) for value in values) + "]"
