"""Compare two versions of the identity rules on the same events, before the change is made.

    identity-graph what-if changed_rules.csv
    identity-graph what-if changed_rules.csv --baseline rules_of_last_year.csv

A rules file is a changed copy of seeds/identity_key_rules.csv; the baseline is the project's own seed. Both versions
are built from the events that the project reads (the demo where IDENTITY_EVENTS is unset) into a database in a
temporary folder, by one clock and from empty, so the project's database is not written and the two builds differ in
nothing but the rules. That costs two builds of the models needed; it runs on DuckDB only.

What is compared, by these words:

- A person merges where a new person holds ids of two or more old persons.
- A person splits where ids of one old person belong to two or more new persons.
- A person changes its anchor where the id it was named after now belongs to a person named after another id.
- An id is affected where it is together with other ids than before; it is renamed where its universal_id differs.
- Revenue moves where the last touch of a conversion (with the graph) lies in another channel than before.
- A link is an accepted pair of ids and the key type that speaks for it (is_link of identity_links). A gained link
  joins where its ids belonged to two old persons; a lost link parts where its ids belong to two new persons.

Exit code: 0 = compared, 2 = the arguments or a rules file are wrong, or a build failed.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from identity_graph.identity_rules import RULES, RuleChange
from identity_graph.project import find_project
from identity_graph.rule_trial import RuleTrial, try_rules
from identity_graph.text import columns

NAME = "what-if"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("rules", type=Path, metavar="RULES.csv", help="the changed rules")
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="RULES.csv",
        help=f"the rules to compare with (default: seeds/{RULES} of the project)",
    )


def run(options: argparse.Namespace) -> int:
    """Build both versions, print the report and return the exit code.

    Raises:
        CommandError: no project, a wrong file, a target that is not DuckDB, or a build that failed.

    """
    trial = try_rules(find_project(), options.rules, options.baseline)
    print("\n".join(trial_lines(trial)) if trial else "The two files hold the same rules: nothing changes.")
    return 0


def rule_lines(change: RuleChange) -> list[str]:
    """What differs in a rule, one line a cell."""
    name = f"{change.resolution_level} {change.key_type}"
    if change.is_removed:
        return [f"{name}: rule removed"]
    if change.is_new:
        cells = ", ".join(f"{cell.column} {cell.after}" for cell in change.cells)
        return [f"{name}: rule added ({cells})"]
    lines = [f"{name}: {cell.column} {cell.before or '(empty)'} -> {cell.after or '(empty)'}" for cell in change.cells]
    if change.stale_version is not None:
        lines.append(f"{name}: rule_version is still {change.stale_version}; raise it with the change")
    return lines


def trial_lines(trial: RuleTrial) -> list[str]:
    """The report of a comparison."""
    before, after, changes = trial.before, trial.after, trial.persons
    largest = [max(Counter(build.persons.values()).values(), default=0) for build in (before, after)]
    joined = len(set().union(*changes.merged.values()))
    lines = ["Rules that differ:"]
    lines += [f"  {line}" for change in trial.rule_changes for line in rule_lines(change)]
    lines += ["", "Persons:"]
    lines += columns(
        ("", "before", "after"),
        [
            ("persons", changes.persons_before, changes.persons_after),
            ("ids of the largest person", *largest),
            ("ids in dissolved components", before.dissolved_ids, after.dissolved_ids),
        ],
    )
    lines += [
        f"  merge: {joined:,} old persons become part of {len(changes.merged):,} new ones that hold several",
        f"  split: {len(changes.split):,} old persons are divided among several new ones",
        f"  change their anchor: {len(changes.changed_anchors):,} old persons",
        f"  ids affected: {len(changes.affected_ids):,} of {len(trial.ids):,} ({len(changes.renamed_ids):,} renamed)",
    ]
    for name, groups in (("household", trial.households), ("organization", trial.organizations)):
        lines.append(f"  ids that share their {name} with other ids than before: {len(groups.affected_ids):,}")

    lines += ["", "Keys that cause it (accepted links; a pair linked by two key types counts under both):"]
    lines += columns(
        ("key_type", "before", "after", "gained", "joining", "lost", "parting"),
        [
            (link.key_type, link.before, link.after, link.gained, link.joining, link.lost, link.parting)
            for link in trial.links
        ],
    )
    reasons = sorted(before.refusals | after.refusals)
    if reasons:
        lines += ["", "Links refused:"]
        lines += columns(
            ("reason", "before", "after"),
            [(reason, before.refusals[reason], after.refusals[reason]) for reason in reasons],
        )

    rows, moved = trial.revenue
    lines += ["", "Attributed revenue (last touch, with the graph):"]
    lines += columns(
        ("channel", "currency", "conversions before", "after", "revenue before", "after", "difference"),
        [
            (
                row.channel,
                row.currency or "none",
                row.conversions_before,
                row.conversions_after,
                row.before,
                row.after,
                row.after - row.before,
            )
            for row in rows
        ],
    )
    moves = (
        f"{count:,} conversions" + (f" with {amount:,.2f} {currency}" if currency else " without a currency")
        for currency, (count, amount) in moved.items()
    )
    lines.append(f"  Moved to another channel: {'; '.join(moves) or 'none'}.")
    return lines
