"""Time a full build of the models, without tests, and the increment of one day, on generated streams.

    python scripts/bench_build.py --events 1000000 10000000
    python scripts/bench_build.py --events 100000000 --copies 10 --memory-limit 4GB

All files but that of one day are built from empty; then the day's file lands and the models run again. Prints a
Markdown table: seconds, seconds of both processors together (steadier on a busy machine), events a second, peak memory
of the dbt process, size of the database, the increment and its share of the full build, and the models that took
longest. Times are of the whole process; what start-up and parsing take of them is the time of a run that has nothing
to do. The events are spread over a year, so the increment is what a daily run brings to a year of history. --copies
makes a large stream of a smaller one: the copies share no id and no key, so that persons stay as large as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from bench_timing import Cost, cost_of_process

from identity_graph.trial import lay_links

PROJECT = Path(__file__).resolve().parents[1]

DBT = str(Path(sys.executable).with_name("dbt"))
SLOWEST = 6
DAYS = 365
FIRST_DAY = "2025-01-06"
LAST_DAY = "2026-01-04"
CLOCK = "2100-01-01 00:00:00"  # after every generated event, so that none waits

# What a copy's rows must not share with those of another.
PERSONAL_COLUMNS = (
    "event_id",
    "anonymous_id",
    "user_id",
    "device_id",
    "account_id",
    "click_id",
    "order_id",
    "ip_address",
)


@dataclass(frozen=True)
class Run:
    """One run of dbt: what its process took, and the execution seconds of each model."""

    cost: Cost
    models: dict[str, float]

    def shares(self) -> str:
        """Return the models with the largest shares of the summed execution time."""
        total = sum(self.models.values())
        ranked = sorted(self.models, key=self.models.__getitem__, reverse=True)[:SLOWEST]
        return ", ".join(f"{name} {self.models[name] / total:.0%}" for name in ranked)


def generate_events(events: int, out: Path, *options: str) -> None:
    """Write so many events by generate_events.py, with options of its own."""
    script = PROJECT / "scripts" / "generate_events.py"
    command = [sys.executable, str(script), "--events", str(events), "--out", str(out), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def generate(events: int, copies: int, target: Path) -> None:
    """Write a stream of so many events into a folder, one file a day of arrival."""
    generate_events(events // copies, target, "--days", str(DAYS), "--start", FIRST_DAY, "--partition-by-day")
    if copies > 1:
        for file in sorted(target.iterdir()):
            copy_rows(file, copies)


def copy_rows(file: Path, copies: int) -> None:
    """Replace a Parquet file by so many copies of its rows, each with ids and keys of its own."""
    renamed = ", ".join(f"{column} || '~' || copy as {column}" for column in PERSONAL_COLUMNS)
    addresses = "'c' || copy || '.' || email as email, sha256(email_hash || copy) as email_hash"
    larger = file.with_suffix(".copies")
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            f"copy (select * exclude (copy) replace ({renamed}, {addresses},"
            " regexp_replace(page_url, '((?:gclid|fbclid|ttclid|msclkid|ehash)=)', '\\1' || copy, 'g') as page_url,"
            " regexp_replace(properties, '(\"checkout_id\": *\")', '\\1' || copy) as properties)"
            f" from '{file}', range({copies}) as copies (copy)) to '{larger}' (format parquet)"
        )
    larger.rename(file)


def lay_project(folder: Path, events: str, memory_limit: str) -> tuple[Path, dict[str, str]]:
    """Lay links to this project and load its seeds into a new database; return where it lies, and its environment.

    Args:
        folder: where all of it goes, the database `bench.duckdb` included.
        events: path or glob of the raw events.
        memory_limit: what DuckDB may use.

    """
    project = folder / "project"
    lay_links(PROJECT, project, without=("profiles.yml",))
    # The example is sure to write to the database that is named below, whatever the user's own profile says.
    shutil.copy(PROJECT / "profiles.example.yml", project / "profiles.yml")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")} | {
        "DBT_PROFILES_DIR": str(project),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "IDENTITY_EVENTS": events,
        "IDENTITY_TRUTH": "",
        "IDENTITY_DUCKDB_PATH": str(folder / "bench.duckdb"),
        "IDENTITY_MEMORY_LIMIT": memory_limit,
    }
    subprocess.run([DBT, "--quiet", "seed"], cwd=project, env=environment, check=True)
    return project, environment


def run(project: Path, environment: dict[str, str], *selection: str) -> Run:
    """Run the models, or those that are selected, once.

    Raises:
        RuntimeError: dbt failed; the message is the end of what it printed.

    """
    command = [DBT, "--no-use-colors", "run", "--vars", f"{{as_of: '{CLOCK}'}}", *selection]
    cost = cost_of_process(command, project, environment)
    results = json.loads((Path(environment["DBT_TARGET_PATH"]) / "run_results.json").read_text())["results"]
    models = {result["unique_id"].split(".")[-1]: result["execution_time"] for result in results}
    return Run(cost, models)


def measure(stream: Path, memory_limit: str) -> str:
    """Build a stream without its last day, then that day, and return the row of the table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        days = folder / "days"
        days.mkdir()
        for file in stream.iterdir():
            (days / file.name).symlink_to(file)
        last_day = days / f"events_{LAST_DAY}.parquet"
        last_day.unlink()
        project, environment = lay_project(folder, str(days / "*.parquet"), memory_limit)
        full = run(project, environment)
        size = (folder / "bench.duckdb").stat().st_size / 2**20
        idle = run(project, environment)
        last_day.symlink_to(stream / last_day.name)
        day = run(project, environment)
        with duckdb.connect() as connection:
            count = "select count(*) from read_parquet(?)"
            rows = connection.execute(count, [str(days / "*.parquet")]).fetchall()[0][0]
            day_rows = connection.execute(count, [str(last_day)]).fetchall()[0][0]
    rows -= day_rows
    cells = [f"{rows:,}", f"{full.cost.seconds:.0f}", f"{full.cost.processor:.0f}", f"{rows / full.cost.seconds:,.0f}"]
    cells += [memory_limit, f"{full.cost.megabytes:,.0f}", f"{size:,.0f}", full.shares(), f"{day_rows:,}"]
    cells += [f"{day.cost.seconds:.0f}", f"{day.cost.processor:.0f}", f"{idle.cost.processor:.0f}"]
    cells += [f"{day.cost.processor / full.cost.processor:.0%}", f"{day.cost.megabytes:,.0f}", day.shares()]
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    """Measure each size in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--copies", type=int, default=1, help="make the stream of so many copies of a smaller one")
    parser.add_argument("--memory-limit", default="4GB", help="what DuckDB may use")
    parser.add_argument("--stream", type=Path, help="where the stream is kept, or was by a run before")
    arguments = parser.parse_args()
    print(
        "| events | full build (s) | processor (s) | events a second | memory limit | peak memory (MB) | database (MB)"
        " | largest shares | events of the day | its increment (s) | processor (s) | nothing new: processor (s)"
        " | of the full build | peak memory (MB) | largest shares |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|---|")
    for events in arguments.events:
        with TemporaryDirectory() as name:
            stream = arguments.stream or Path(name)
            if not any(stream.glob("*.parquet")):
                generate(events, arguments.copies, stream)
            print(measure(stream.resolve(), arguments.memory_limit), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
