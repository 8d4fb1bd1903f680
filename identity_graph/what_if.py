"""Compare two versions of the identity rules on the same events, before the change is made.

    python scripts/what_if.py RULES.csv [--baseline RULES.csv]

RULES.csv is a changed copy of seeds/identity_key_rules.csv; the baseline is the project's own seed. Both versions are
built from the events that IDENTITY_EVENTS names (the demo where it is unset) into databases of their own in a
temporary folder, by one clock and from empty, so the project's database is neither read nor written and the two builds
differ in nothing but the rules. That costs two builds of the models needed; it runs on DuckDB only.

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
import csv
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import yaml

PROJECT = Path(__file__).resolve().parents[1]
RULES = "identity_key_rules.csv"
RULE_KEY = ("resolution_level", "key_type")
WORDS_ONLY = ("owner", "description", "rule_version")
MODELS = ("+users", "+identity_links", "+attributed_conversions")

Labels = Mapping[Hashable, Hashable]  # id -> the person it belongs to
Rules = dict[tuple[str, ...], dict[str, str]]
Link = tuple[Hashable, Hashable, str]  # id, id, key type
Credits = Mapping[str, tuple[str, str, Decimal]]  # conversion -> channel, currency (empty = none), revenue


class WhatIfError(Exception):
    """The comparison cannot be made; the message says why."""


# --- Persons ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class PersonChanges:
    """How the persons of one labelling of the ids became those of another."""

    persons_before: int
    persons_after: int
    merged: dict[Hashable, set[Hashable]]  # new person -> the old persons it holds ids of, two or more
    split: dict[Hashable, set[Hashable]]  # old person -> the new persons that hold its ids, two or more
    changed_anchors: set[Hashable]  # old persons whose own id is now named otherwise
    affected_ids: set[Hashable]
    renamed_ids: set[Hashable]


def compare_persons(before: Labels, after: Labels) -> PersonChanges:
    """Compare two labellings of the same ids; a person is named after one of its ids.

    Raises:
        ValueError: the two labellings do not name the same ids.

    """
    if before.keys() != after.keys():
        raise ValueError(f"{len(before.keys() ^ after.keys())} ids are in one of the two labellings only")
    old_members: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
    new_members: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
    for anonymous_id, person in before.items():
        old_members[person].add(anonymous_id)
        new_members[after[anonymous_id]].add(anonymous_id)

    merged, split, affected = {}, {}, set()
    for person, members in new_members.items():
        sources = {before[anonymous_id] for anonymous_id in members}
        if len(sources) > 1:
            merged[person] = sources
        if len(sources) > 1 or members != old_members[before[next(iter(members))]]:
            affected |= members
    for person, members in old_members.items():
        targets = {after[anonymous_id] for anonymous_id in members}
        if len(targets) > 1:
            split[person] = targets
    return PersonChanges(
        persons_before=len(old_members),
        persons_after=len(new_members),
        merged=merged,
        split=split,
        changed_anchors={person for person in old_members if after.get(person, person) != person},
        affected_ids=affected,
        renamed_ids={anonymous_id for anonymous_id, person in before.items() if after[anonymous_id] != person},
    )


# --- Links, rules, revenue -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class LinkChange:
    """Accepted links of one key type, before and after."""

    key_type: str
    before: int
    after: int
    gained: int
    joining: int
    lost: int
    parting: int


def compare_links(
    before: set[Link], after: set[Link], persons_before: Labels, persons_after: Labels
) -> list[LinkChange]:
    """Compare the accepted links by key type, and count those that join old persons or part them."""
    gained, lost = after - before, before - after
    joining = {link for link in gained if persons_before[link[0]] != persons_before[link[1]]}
    parting = {link for link in lost if persons_after[link[0]] != persons_after[link[1]]}
    counts = [Counter(link[2] for link in links) for links in (before, after, gained, joining, lost, parting)]
    return [LinkChange(key_type, *(count[key_type] for count in counts)) for key_type in sorted(counts[0] | counts[1])]


def compare_rules(before: Rules, after: Rules) -> list[str]:
    """Return one line for each cell of the rules that differs, and for each rule added or removed."""
    lines = []
    for key in sorted(before.keys() | after.keys()):
        name = " ".join(key)
        if key not in after:
            lines.append(f"{name}: rule removed")
        elif key not in before:
            cells = (f"{column} {value}" for column, value in after[key].items() if value and column not in WORDS_ONLY)
            lines.append(f"{name}: rule added ({', '.join(cells)})")
        else:
            changed = [column for column in before[key] if before[key][column] != after[key][column]]
            lines += [
                f"{name}: {column} {before[key][column] or '(empty)'} -> {after[key][column] or '(empty)'}"
                for column in changed
            ]
            if set(changed) - set(WORDS_ONLY) and "rule_version" not in changed:
                lines.append(f"{name}: rule_version is still {before[key]['rule_version']}; raise it with the change")
    return lines


@dataclass(frozen=True)
class RevenueChange:
    """Conversions credited to one channel and currency, and their revenue, before and after."""

    channel: str
    currency: str
    conversions_before: int
    conversions_after: int
    before: Decimal
    after: Decimal


def compare_revenue(before: Credits, after: Credits) -> tuple[list[RevenueChange], dict[str, tuple[int, Decimal]]]:
    """Compare the credits of the same conversions.

    Returns:
        One row per channel and currency, and per currency how many conversions changed their channel and the revenue
        that moved with them.

    Raises:
        ValueError: the two sides do not credit the same conversions with the same revenue.

    """
    if before.keys() != after.keys():
        raise ValueError(f"{len(before.keys() ^ after.keys())} conversions are credited on one side only")
    counts: Counter[tuple[str, str, int]] = Counter()
    sums: defaultdict[tuple[str, str, int], Decimal] = defaultdict(Decimal)
    moved: defaultdict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for conversion_id, (old_channel, currency, revenue) in before.items():
        new_channel, *unchanged = after[conversion_id]
        if unchanged != [currency, revenue]:
            raise ValueError(f"conversion {conversion_id} has another revenue than before")
        for side, channel in enumerate((old_channel, new_channel)):
            counts[channel, currency, side] += 1
            sums[channel, currency, side] += revenue
        if old_channel != new_channel:
            count, amount = moved[currency]
            moved[currency] = (count + 1, amount + revenue)
    rows = [
        RevenueChange(
            channel, currency, *(by_side[channel, currency, side] for by_side in (counts, sums) for side in (0, 1))
        )
        for channel, currency in sorted({key[:2] for key in counts})
    ]
    return rows, dict(sorted(moved.items()))


# --- The two builds --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Build:
    """What a build under one version of the rules says."""

    persons: Labels
    households: Labels
    organizations: Labels
    dissolved_ids: int
    links: set[Link]
    refusals: Counter[str]
    credits: Credits


def read_rules(path: Path) -> Rules:
    """Return the rules of a file by level and key type.

    Raises:
        WhatIfError: the file does not exist, lacks a column of the key, or has a rule twice.

    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = reader.fieldnames or []
    except (OSError, UnicodeDecodeError) as error:
        raise WhatIfError(f"{path} cannot be read: {error}") from error
    missing = set(RULE_KEY) - set(columns)
    if missing or not rows:
        raise WhatIfError(f"{path} is no rules file: " + (f"it lacks {sorted(missing)}" if missing else "it is empty"))
    rules: Rules = {}
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise WhatIfError(f"{path}, line {number}: the line has not as many cells as the header")
        key = tuple(row[column] for column in RULE_KEY)
        if key in rules:
            raise WhatIfError(f"{path}, line {number}: a second rule for {' '.join(key)}")
        rules[key] = row
    return rules


def make_project(folder: Path, seed: str = RULES) -> Path:
    """Make a folder of links to this project without one of its seeds, and return it."""
    project = folder / "project"
    (project / "seeds").mkdir(parents=True)
    for entry in PROJECT.iterdir():
        is_output = entry.name.startswith((".", "target", "logs")) or ".duckdb" in entry.name
        if not is_output and entry.name not in ("seeds", "profiles.yml"):
            (project / entry.name).symlink_to(entry)
    for entry in (PROJECT / "seeds").iterdir():
        if entry.name != seed:
            (project / "seeds" / entry.name).symlink_to(entry)
    # The example is sure to write to the database that is named below, whatever the user's own profile says.
    shutil.copy(PROJECT / "profiles.example.yml", project / "profiles.yml")
    return project


def run_dbt(project: Path, arguments: Sequence[str], clock: str) -> None:
    """Run dbt in a project made by make_project; its outputs stay beside the project.

    Raises:
        WhatIfError: dbt failed; the message is the end of what it printed.

    """
    env = {
        name: value
        for name, value in os.environ.items()
        if name != "IDENTITY_TARGET" and (not name.startswith("DBT_") or name.startswith("DBT_ENV_"))
    }
    paths = ("IDENTITY_EVENTS", "IDENTITY_EXPORTS", "IDENTITY_PINGS", "IDENTITY_ERASURE_REQUESTS", "IDENTITY_TRUTH")
    for name in paths:
        if env.get(name) and "://" not in env[name]:
            env[name] = str(PROJECT / env[name])
    env |= {
        "IDENTITY_DUCKDB_PATH": str(project.parent / "what_if.duckdb"),
        "DBT_PROFILES_DIR": str(project),
        "DBT_TARGET_PATH": str(project.parent / "target"),
        "DBT_LOG_PATH": str(project.parent / "logs"),
    }
    command = [
        sys.executable,
        "-m",
        "dbt.cli.main",
        "--quiet",
        "--no-use-colors",
        "build",
        *arguments,
        "--vars",
        f"{{as_of: '{clock}'}}",
    ]
    result = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    if result.returncode:
        raise WhatIfError(f"dbt build failed:\n{(result.stdout.strip() or result.stderr.strip())[-3000:]}")


def read_build(database: Path) -> Build:
    """Read the persons, links and credits of a finished build."""
    with duckdb.connect(str(database), read_only=True) as connection:
        users = connection.execute(
            """
            select
                space_id, anonymous_id, universal_id, household_id, coalesce(organization_id, anonymous_id),
                is_outlier_component
            from marts.users
            """
        ).fetchall()
        links = connection.execute(
            """
            select space_id, anonymous_id_a, anonymous_id_b, key_type
            from marts.identity_links
            where is_link
            """
        ).fetchall()
        refusals = connection.execute(
            """
            select refusal_reason, count(distinct (space_id, anonymous_id_a, anonymous_id_b))
            from marts.identity_links
            where not is_accepted and refusal_reason is not null
            group by refusal_reason
            """
        ).fetchall()
        credits = connection.execute(
            """
            select conversion_id, channel, coalesce(currency_code, ''), coalesce(attributed_revenue, 0)
            from marts.attributed_conversions
            where attribution_model = 'last_touch' and identity_mode = 'graph'
            """
        ).fetchall()
    persons, households, organizations = (
        {(row[0], row[1]): (row[0], row[column]) for row in users} for column in (2, 3, 4)
    )
    return Build(
        persons=persons,
        households=households,
        organizations=organizations,
        dissolved_ids=sum(row[5] for row in users),
        links={((space, one), (space, other), key_type) for space, one, other, key_type in links},
        refusals=Counter(dict(refusals)),
        credits={row[0]: row[1:] for row in credits},
    )


def check_rules(project: Path, rules: Path, clock: str) -> None:
    """Load one version of the rules with the seed's own data tests: a wrong rule is told by name, before the work."""
    shutil.copy(rules, project / "seeds" / RULES)
    run_dbt(project, ["--select", Path(RULES).stem, "--indirect-selection", "cautious"], clock)


def build_with(project: Path, rules: Path, clock: str) -> Build:
    """Build the models needed under one version of the rules, from empty, and read what they say."""
    database = project.parent / "what_if.duckdb"
    database.unlink(missing_ok=True)
    shutil.copy(rules, project / "seeds" / RULES)
    run_dbt(project, ["--select", *MODELS, "--resource-type", "model", "--resource-type", "seed"], clock)
    return read_build(database)


def one_clock() -> str:
    """Return the clock of both builds: the project's var `as_of`, else now."""
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return str(settings.get("vars", {}).get("as_of") or datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"))


# --- Words -----------------------------------------------------------------------------------------------------------
def table(header: Sequence[str], rows: Sequence[Sequence[str | int | Decimal]]) -> list[str]:
    """Return rows as lines of aligned columns, text to the left and numbers to the right."""
    is_text = [all(isinstance(row[column], str) for row in rows) for column in range(len(header))]
    formats = {str: "", int: ",", Decimal: ",.2f"}
    cells = [list(header), *([format(cell, formats[type(cell)]) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(row, widths, is_text, strict=True)
        ).rstrip()
        for row in cells
    ]


def describe(before: Build, after: Build, rule_changes: Sequence[str]) -> list[str]:
    """Return the report of a comparison."""
    changes = compare_persons(before.persons, after.persons)
    largest = [max(Counter(build.persons.values()).values(), default=0) for build in (before, after)]
    joined = len(set().union(*changes.merged.values()))
    lines = ["Rules that differ:", *(f"  {line}" for line in rule_changes), "", "Persons:"]
    lines += table(
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
        f"  ids affected: {len(changes.affected_ids):,} of {len(before.persons):,}"
        f" ({len(changes.renamed_ids):,} renamed)",
    ]
    for name, groups in (
        ("household", (before.households, after.households)),
        ("organization", (before.organizations, after.organizations)),
    ):
        lines.append(
            f"  ids that share their {name} with other ids than before: {len(compare_persons(*groups).affected_ids):,}"
        )

    lines += ["", "Keys that cause it (accepted links; a pair linked by two key types counts under both):"]
    lines += table(
        ("key_type", "before", "after", "gained", "joining", "lost", "parting"),
        [
            (link.key_type, link.before, link.after, link.gained, link.joining, link.lost, link.parting)
            for link in compare_links(before.links, after.links, before.persons, after.persons)
        ],
    )
    reasons = sorted(before.refusals | after.refusals)
    if reasons:
        lines += ["", "Links refused:"]
        lines += table(
            ("reason", "before", "after"),
            [(reason, before.refusals[reason], after.refusals[reason]) for reason in reasons],
        )

    rows, moved = compare_revenue(before.credits, after.credits)
    lines += ["", "Attributed revenue (last touch, with the graph):"]
    lines += table(
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


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description="Compare two versions of the identity rules on the same events, before the change is made."
    )
    parser.add_argument("rules", type=Path, metavar="RULES.csv", help="the changed rules")
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="RULES.csv",
        default=PROJECT / "seeds" / RULES,
        help=f"the rules to compare with (default: seeds/{RULES})",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build both versions, print the report and return the exit code."""
    options = parse_arguments(arguments)
    try:
        if os.environ.get("IDENTITY_TARGET", "duckdb") != "duckdb":
            raise WhatIfError("IDENTITY_TARGET is not duckdb: rules are compared on DuckDB only.")
        rule_changes = compare_rules(read_rules(options.baseline), read_rules(options.rules))
        if not rule_changes:
            print("The two files hold the same rules: nothing changes.")
            return 0
        clock = one_clock()
        with TemporaryDirectory(prefix="what_if_") as folder:
            project = make_project(Path(folder))
            for rules in (options.baseline, options.rules):
                if rules.resolve() != PROJECT / "seeds" / RULES:
                    check_rules(project, rules, clock)
            before, after = (build_with(project, rules, clock) for rules in (options.baseline, options.rules))
    except WhatIfError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(describe(before, after, rule_changes)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
