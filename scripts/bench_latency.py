"""Measure how long after its arrival an event stands in its cohort, with the lag of its channel beside it.

    python scripts/bench_latency.py --minutes 10 --every 5 --base-events 1000000
    python scripts/bench_latency.py --runner command

A history of --base-events is built first. Then one thread lands a file of events every --every seconds, received at
that moment, while the main thread builds again and again: as identity-graph watch does, or by command lines of dbt
(--runner command). After each run every event that has come to stand in conversion_cohorts, and whose load and channel
stand in segment_lag, has the time since its arrival recorded. Prints a Markdown table with the percentiles by channel.
With --watermark-minutes events are held back that long, as the var hold_back_watermark does it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from bench_build import generate_events

from identity_graph.trial import lay_links
from identity_graph.watch import dbt_arguments
from identity_graph.watcher import Watcher

PROJECT = Path(__file__).resolve().parents[1]

VISITORS = 500
REFERRERS = (
    "https://www.google.com/",
    "https://news.example.org/",
    "https://shop.example.com/?utm_source=newsletter&utm_medium=email",
    "",
)

VISIBLE = """
select raw.event_id, sessions.channel
from read_json(?, format = 'newline_delimited', columns = {event_id: 'varchar'}) as raw
inner join intermediate.int_events as events on raw.event_id = events.event_id
inner join marts.sessions as sessions
    on events.space_id = sessions.space_id
    and events.anonymous_id = sessions.anonymous_id
    and events.occurred_at between sessions.session_started_at and sessions.session_ended_at
inner join marts.segment_lag as lags on events.load_number = lags.load_number and sessions.channel = lags.channel
inner join marts.conversion_cohorts as cohorts
    on sessions.session_id = cohorts.session_id and lags.cohort_name = cohorts.cohort_name
group by all
"""


@dataclass
class Stream:
    """Lands files of events in a folder and remembers when each event arrived (seconds since the epoch)."""

    folder: Path
    every: float
    events_per_file: int
    arrivals: dict[str, float] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Land files until stopped. A file appears under its name only once it is whole."""
        random_number = random.Random(7)
        while not self.stopped.wait(self.every):
            now = datetime.now(UTC)
            rows = []
            for number in range(self.events_per_file):
                visitor = random_number.randrange(VISITORS)
                source = REFERRERS[visitor % len(REFERRERS)]
                is_campaign = "utm_" in source
                rows.append(
                    {
                        "event_id": f"live-{len(self.files)}-{number}",
                        "event_name": "page_view",
                        "occurred_at": now.isoformat(),
                        "received_at": now.isoformat(),
                        "anonymous_id": f"live-visitor-{visitor}",
                        "user_id": f"live-user-{visitor // 2}" if number % 5 == 0 else None,
                        "page_url": source if is_campaign else "https://shop.example.com/",
                        "referrer": None if is_campaign else source or None,
                    }
                )
            file = self.folder / f"live_{len(self.files):05d}.parquet"
            with duckdb.connect() as connection:
                text = self.folder.parent / "live.ndjson"
                text.write_text("\n".join(json.dumps(row) for row in rows))
                landing = file.with_suffix(".landing")
                connection.execute(f"copy (from read_json('{text}')) to '{landing}' (format parquet)")
            landing.rename(file)
            arrived = time.time()
            self.arrivals |= {row["event_id"]: arrived for row in rows}
            self.files.append(file)


class Commands:
    """Runs dbt by whole command lines, one after the other."""

    def __init__(self, project: Path, variables: dict[str, Any], arguments: list[str]) -> None:
        """Keep the command line."""
        dbt = str(Path(sys.executable).with_name("dbt"))
        self.command = [dbt, "--quiet", "build", "--project-dir", str(project)]
        self.command += [*arguments, "--vars", json.dumps(variables)]

    def run_if_new(self) -> bool:
        """Run the command, whatever is new.

        Raises:
            CalledProcessError: dbt failed.

        """
        subprocess.run(self.command, check=True)
        return True


class Watching:
    """Runs dbt as identity-graph watch does, looking every second."""

    def __init__(self, project: Path, variables: dict[str, Any], arguments: list[str]) -> None:
        """Begin to watch the project."""
        os.chdir(project)
        self.watcher = Watcher(project, variables, arguments)

    def run_if_new(self) -> bool:
        """Look, and build what is new; wait where nothing is.

        Raises:
            RuntimeError: the run failed.

        """
        if not self.watcher.has_news():
            time.sleep(1)
            return False
        outcome = self.watcher.run()
        if outcome.has_failed or outcome.is_kept_waiting:
            raise RuntimeError(outcome.text)
        return True


RUNNERS = {"command": Commands, "watch": Watching}


def newly_visible(database: Path, waiting: list[str], folder: Path) -> dict[str, str]:
    """Return the channel of each waiting event that stands in a cohort by now, with the lag of its channel."""
    if not waiting:
        return {}
    events = folder / "waiting.ndjson"
    events.write_text("\n".join(json.dumps({"event_id": event_id}) for event_id in waiting))
    with duckdb.connect(str(database), read_only=True) as connection:
        return dict(connection.execute(VISIBLE, [str(events)]).fetchall())


def processor_seconds() -> float:
    """Processor seconds of this process and of the commands that it ran."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def table(latencies: dict[str, list[float]], builds: list[float], processor: float, never: int) -> str:
    """Return the percentiles as a Markdown table.

    Args:
        latencies: seconds from arrival to visibility, by channel.
        builds: seconds of each run.
        processor: processor seconds of all runs.
        never: events that arrived in time and stand in no cohort (they qualify for none).

    """
    lines = ["| channel | events | median (s) | p95 (s) | most (s) |", "|---|---:|---:|---:|---:|"]
    everything = [value for values in latencies.values() for value in values]
    for channel, values in [*sorted(latencies.items()), ("all", everything)]:
        p95 = quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
        lines.append(f"| {channel} | {len(values):,} | {median(values):.0f} | {p95:.0f} | {max(values):.0f} |")
    lines.append("")
    lines.append(
        f"{len(builds)} runs of {median(builds):.1f} s (median) and {processor / len(builds):.1f} processor s (mean);"
        f" {never:,} events stand in no cohort, because their visitor"
        " qualifies for none."
    )
    return "\n".join(lines)


def main() -> int:
    """Run the loop and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", type=float, default=5, help="seconds between two files")
    parser.add_argument("--events-per-file", type=int, default=200)
    parser.add_argument("--base-events", type=int, default=1_000_000)
    parser.add_argument("--watermark-minutes", type=int, default=0)
    parser.add_argument(
        "--runner", choices=sorted(RUNNERS), default="watch", help="what runs dbt (default: %(default)s)"
    )
    parser.add_argument("--tests", action="store_true", help="run data tests, too")
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        project = folder / "project"
        lay_links(PROJECT, project, without=("profiles.yml",))
        # The example is sure to write to the database that is named below, whatever the user's own profile says.
        shutil.copy(PROJECT / "profiles.example.yml", project / "profiles.yml")
        landing = folder / "landing"
        landing.mkdir()
        generate_events(arguments.base_events, landing / "history.parquet")
        database = folder / "latency.duckdb"
        os.environ |= {
            "DBT_PROFILES_DIR": str(project),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "IDENTITY_EVENTS": str(landing / "*.parquet"),
            "IDENTITY_TRUTH": "",
            "IDENTITY_DUCKDB_PATH": str(database),
        }
        minutes = arguments.watermark_minutes
        variables = {"watermark_minutes": minutes, "hold_back_watermark": minutes > 0}
        selection = dbt_arguments(argparse.Namespace(tests=arguments.tests, select=None, exclude=None))
        runner = RUNNERS[arguments.runner](project, variables, selection)
        runner.run_if_new()

        stream = Stream(landing, arguments.every, arguments.events_per_file)
        thread = threading.Thread(target=stream.run)
        thread.start()
        latencies: defaultdict[str, list[float]] = defaultdict(list)
        builds: list[float] = []
        processor = 0.0
        visible: set[str] = set()
        started = time.time()
        # Events that arrive last are given the time that they are promised.
        end_of_stream = started + 60 * arguments.minutes
        end = end_of_stream + 60 * arguments.watermark_minutes + 120
        while time.time() < end:
            if time.time() > end_of_stream:
                stream.stopped.set()
            run_started, used = time.time(), processor_seconds()
            if not runner.run_if_new():
                continue
            seen_at = time.time()
            builds.append(seen_at - run_started)
            processor += processor_seconds() - used
            waiting = [event_id for event_id in list(stream.arrivals) if event_id not in visible]
            for event_id, channel in newly_visible(database, waiting, folder).items():
                latencies[channel].append(seen_at - stream.arrivals[event_id])
                visible.add(event_id)
        stream.stopped.set()
        thread.join()
        print(table(latencies, builds, processor, len(stream.arrivals) - len(visible)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
