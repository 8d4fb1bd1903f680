"""Write which columns of which tables each statement of a day's run reads, as JSON for bytes_read.py.

Usage: python day_reads.py OUT.json

The demo is built on the emulator up to a day, without tests; then that day's events come, and everything is built as it
would be daily, data tests included. What dbt asked the emulator in that run is put through the analyzer.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from analyzer import Analyzer
from conftest import (
    BIGQUERY_PROJECT,
    DATASET,
    client_of,
    demo_events,
    insert_partition,
    prepare,
    prepare_demo,
    running_emulator,
)
from google.cloud import bigquery

DAY = "2026-02-15"
# What is received, the partition that it lies in, the clock of the run that reads it, and what that run leaves out.
RUNS = (
    (f"received < '{DAY}'", "2026-02-14", "2026-02-16 06:00:00", ["test", "unit_test"]),
    (f"received >= '{DAY}' and received < '2026-02-16'", DAY, "2026-02-17 06:00:00", ["unit_test"]),
)
NODE = re.compile(r'"node_id": "([^"]+)"')


def statements_since(client: bigquery.Client, start: datetime) -> dict[str, str]:
    """What was asked since a time, by the node of dbt that asked and a number."""
    jobs = client.list_jobs(min_creation_time=start, all_users=True)
    queries = [
        (job.created, job.query)
        for job in jobs
        if isinstance(job, bigquery.QueryJob) and job.parent_job_id is None and not job.dry_run
    ]
    numbers: Counter[str] = Counter()
    statements = {}
    for _, query in sorted(queries):
        node = match[1] if (match := NODE.search(query)) else "hooks"
        numbers[node] += 1
        statements[f"{node}#{numbers[node]}"] = query
    return statements


def write_reads(analyzer: Analyzer, statements: dict[str, str], out: Path) -> dict[str, str]:
    """Write what statements read, their tables without the name of the environment, and return what is refused."""
    refused = analyzer.refusals(statements)
    reads = analyzer.reads({name: text for name, text in statements.items() if name not in refused})
    rows = [
        {
            "statement": f"{name}.{number}",
            "table": read.table.removeprefix(f"{DATASET}_"),
            "column": read.column,
            "conditions": sorted([condition.comparison, *condition.constants] for condition in read.conditions),
            "is_rewritten": read.is_rewritten,
        }
        for name, found in reads.items()
        for number, of_statement in enumerate(found)
        for read in of_statement
    ]
    out.write_text(json.dumps(rows))
    return refused


def main() -> None:
    """Build, and write what was read."""
    out = Path(sys.argv[1])
    with TemporaryDirectory() as folder, running_emulator(Path(folder)) as endpoint:
        client = client_of(endpoint)
        target = Path(folder) / "target"
        builds = prepare(client, endpoint, Path(folder), DATASET, target=target)
        builds.env["IDENTITY_TRUTH"] = "ids"
        prepare_demo(client)
        for condition, partition, as_of, excluded in RUNS:
            insert_partition(client, demo_events(condition), partition)
            start = datetime.now(UTC)
            built = builds.dbt("build", "--exclude-resource-type", *excluded, as_of=as_of)
            assert built.returncode == 0, built.stdout[-5000:] + built.stderr[-1000:]
        analyzer = Analyzer(endpoint, BIGQUERY_PROJECT)
        statements = statements_since(client, start)
    refused = write_reads(analyzer, statements, out)
    print(f"{len(statements)} statements, {len(refused)} of them refused: {refused}")


if __name__ == "__main__":
    main()
