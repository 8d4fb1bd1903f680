"""Measure precision and recall of the stitching on a generated stream, under the default rules and two variants.

    python scripts/bench_quality.py --events 1000000 --seed 11

Prints one Markdown table a variant: pairs of ids linked, pair precision, true pairs and pair recall, over all persons
and by key; then how many persons hold two accounts.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from bench_build import generate_events

from identity_graph.identity_rules import RULES
from identity_graph.project import find_project
from identity_graph.trial import Trial

PROJECT = Path(__file__).resolve().parents[1]

CLOCK = "2100-01-01 00:00:00"  # after every generated event, so that none waits

# What quality_table reads.
SELECTION = ("+identity_quality", "+users")
# A variant is the cells of identity_key_rules.csv that it changes: (level, key type) -> column -> value.
Variant = dict[tuple[str, str], dict[str, str]]
VARIANTS: dict[str, Variant] = {
    "default rules": {},
    "max_values_per_profile empty on user_id": {("individual", "user_id"): {"max_values_per_profile": ""}},
    "corroboration off for ip_token": {("individual", "ip_token"): {"corroboration": "", "min_shared_days": ""}},
}


def write_rules(variant: Variant, target: Path) -> None:
    """Write the project's rules with a variant's cells changed."""
    with (PROJECT / "seeds" / RULES).open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        columns = list(reader.fieldnames or [])
    for row in rows:
        row.update(variant.get((row["resolution_level"], row["key_type"]), {}))
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def quality_table(database: Path) -> str:
    """Return identity_quality as a Markdown table, the persons first."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            """
            select scope, linked_pair_count, pair_precision, true_pair_count, pair_recall
            from marts.identity_quality order by scope not like 'all keys%', scope
            """
        ).fetchall()
        largest, two_accounts = connection.execute(
            """
            select
                (select max(component_size) from marts.users),
                (
                    select count(*) from (
                        select universal_id from marts.users
                        group by space_id, universal_id having count(distinct account_id) > 1
                    )
                )
            """
        ).fetchall()[0]
    lines = ["| scope | linked pairs | precision | true pairs | recall |", "|---|---:|---:|---:|---:|"]
    for scope, linked, precision, true_pairs, recall in rows:
        cells = (
            "" if linked is None else f"{linked:,}",
            "" if precision is None else f"{precision:.3f}",
            f"{true_pairs:,}",
            f"{recall:.3f}",
        )
        lines.append(f"| {scope} | " + " | ".join(cells) + " |")
    lines.append(f"\nLargest person: {largest} ids. Persons with two accounts: {two_accounts}.")
    return "\n".join(lines)


def main() -> int:
    """Generate the stream, build each variant, print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--shared-click-rate", type=float, default=0.01)
    parser.add_argument("--shared-device-rate", type=float, default=0, help="as generate_events.py takes it")
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        events, truth = folder / "events.parquet", folder / "truth.parquet"
        options = ["--truth", str(truth), "--seed", str(arguments.seed), "--days", "60", "--start", "2026-01-05"]
        options += ["--shared-click-rate", str(arguments.shared_click_rate)]
        options += ["--shared-device-rate", str(arguments.shared_device_rate)]
        generate_events(arguments.events, events, *options)
        os.environ |= {"IDENTITY_EVENTS": str(events), "IDENTITY_TRUTH": str(truth)}

        project = find_project(PROJECT)
        (folder / "trial").mkdir()
        trial = Trial(folder / "trial", project, project.seed(RULES), clock=CLOCK)
        for title, variant in VARIANTS.items():
            trial.begin()
            write_rules(variant, trial.seed)
            trial.build("--select", *SELECTION, "--exclude-resource-type", "test", "unit_test")
            print(f"\n**{title}**\n\n{quality_table(trial.database)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
