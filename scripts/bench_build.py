"""Time full builds of the models, without tests, on generated streams.

    python scripts/bench_build.py --events 1000000 10000000

Prints a Markdown table: seconds, events a second, peak memory of the dbt process, size of the database, and the models
that took longest. The time is that of the whole process, start-up and parsing included.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from what_if import PROJECT, make_project

DBT = str(Path(sys.executable).with_name("dbt"))
SLOWEST = 6


def generate(events: int, folder: Path) -> Path:
    """Write a stream of so many events in the folder, with its truth, and return its path."""
    target = folder / "events.parquet"
    command = [sys.executable, str(PROJECT / "scripts" / "generate_events.py"), "--events", str(events)]
    command += ["--days", "60", "--start", "2026-01-05", "--out", str(target), "--truth", str(folder / "truth.parquet")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return target


def timed_build(project: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Run the models once; return seconds and peak memory in MB.

    Raises:
        RuntimeError: dbt failed; the message is the end of what it printed.

    """
    command = [DBT, "--no-use-colors", "run", "--vars", "{as_of: '2100-01-01 00:00:00'}"]
    started = time.perf_counter()
    with (project.parent / "output.txt").open("w") as output:
        process = subprocess.Popen(command, cwd=project, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError((project.parent / "output.txt").read_text()[-2000:])
    return seconds, usage.ru_maxrss / 1024


def slowest_models(run_results: Path) -> str:
    """Return the models with the largest share of the summed execution time."""
    results = json.loads(run_results.read_text())["results"]
    total = sum(result["execution_time"] for result in results)
    ranked = sorted(results, key=lambda result: -result["execution_time"])[:SLOWEST]
    return ", ".join(f"{r['unique_id'].split('.')[-1]} {r['execution_time'] / total:.0%}" for r in ranked)


def main() -> int:
    """Measure each size in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000])
    sizes = parser.parse_args().events
    print("| events | seconds | events a second | peak memory (MB) | database (MB) | largest shares |")
    print("|---:|---:|---:|---:|---:|---|")
    for events in sizes:
        with TemporaryDirectory() as name:
            folder = Path(name)
            project = make_project(folder)
            rules = PROJECT / "seeds" / "identity_key_rules.csv"
            (project / "seeds" / rules.name).symlink_to(rules)
            environment = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")} | {
                "DBT_PROFILES_DIR": str(project),
                "DBT_TARGET_PATH": str(folder / "target"),
                "DBT_LOG_PATH": str(folder / "logs"),
                "IDENTITY_EVENTS": str(generate(events, folder)),
                "IDENTITY_TRUTH": "",
                "IDENTITY_DUCKDB_PATH": str(folder / "bench.duckdb"),
            }
            subprocess.run([DBT, "--quiet", "seed"], cwd=project, env=environment, check=True)
            seconds, memory = timed_build(project, environment)
            size = (folder / "bench.duckdb").stat().st_size / 2**20
            shares = slowest_models(folder / "target" / "run_results.json")
        print(
            f"| {events:,} | {seconds:.0f} | {events / seconds:,.0f} | {memory:,.0f} | {size:,.0f} | {shares} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
