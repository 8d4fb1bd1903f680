"""Compare the event taxonomy with that of another commit, and fail where a change breaks senders or readers.

    python scripts/check_taxonomy.py [--base main] [--database identity_graph.duckdb] [--days 30]

A version of an event is a promise: senders know what it demands, readers what it holds. In place, only these may
change:

- description and owner;
- one step forward in the lifecycle: draft, active, deprecated, retired;
- a type that becomes wider (integer, number, string; boolean or timestamp, string) or is no longer demanded;
- anything of a version that is a draft, which may also vanish; a retired version may vanish.

All else takes a new row with the next schema_version. With a database, versions that are retired by this change must
no longer have arrived in the last days that it knows (mart event_volume).

Exit code: 0 = nothing breaks, 1 = something does, one line each, 2 = bad arguments or a file that is no taxonomy.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parents[1]
TAXONOMY = "seeds/event_taxonomy.csv"
LIFECYCLE = ("draft", "active", "deprecated", "retired")
# Every value of the type on the left is one of the types on the right.
WIDER = {
    "integer": {"number", "string"},
    "number": {"string"},
    "boolean": {"string"},
    "timestamp": {"string"},
    "string": set(),
}
COLUMNS = {"event_name", "schema_version", "event_type", "lifecycle_status", "required_properties", "is_conversion"}

Row = Mapping[str, str]
Version = tuple[str, str]


class TaxonomyError(Exception):
    """What was given is no taxonomy."""


def read_taxonomy(text: str, name: str) -> dict[Version, Row]:
    """Rows of a taxonomy by event name and schema version.

    Raises:
        TaxonomyError: a column is missing, a version stands twice, or a status or type is unknown.

    """
    rows = list(csv.DictReader(io.StringIO(text)))
    missing = COLUMNS - set(rows[0] if rows else ())
    if missing:
        raise TaxonomyError(f"{name} is no taxonomy: it lacks {', '.join(sorted(missing))}")
    versions: dict[Version, Row] = {}
    for row in rows:
        version = (row["event_name"], row["schema_version"])
        if version in versions:
            raise TaxonomyError(f"{name}: {' '.join(version)} stands twice")
        if row["lifecycle_status"] not in LIFECYCLE:
            raise TaxonomyError(f"{name}: {' '.join(version)} has the unknown status {row['lifecycle_status']}")
        unknown = sorted(set(types_of(row).values()) - set(WIDER))
        if unknown:
            raise TaxonomyError(f"{name}: {' '.join(version)} has the unknown type {', '.join(unknown)}")
        versions[version] = row
    return versions


def types_of(row: Row) -> dict[str, str]:
    """Types of a version's properties by name."""
    pairs = (entry.partition(":") for entry in (row.get("property_types") or "").split("|") if entry)
    return {name: kind for name, _, kind in pairs}


def required_of(row: Row) -> set[str]:
    """Names of the properties that a version demands."""
    return {name for name in (row["required_properties"] or "").split("|") if name}


def breaking_changes(before: Mapping[Version, Row], after: Mapping[Version, Row]) -> list[str]:
    """Tell what breaks a promise that was made before, one line each, in the order of the versions."""
    found = []
    for version, old in sorted(before.items()):
        name = f"{version[0]} version {version[1]}"
        if old["lifecycle_status"] == "draft":
            continue
        new = after.get(version)
        if new is None:
            if old["lifecycle_status"] != "retired":
                found.append(f"{name} is gone, but was {old['lifecycle_status']}: retire it first")
            continue
        step = LIFECYCLE.index(new["lifecycle_status"]) - LIFECYCLE.index(old["lifecycle_status"])
        if step not in (0, 1):
            found.append(
                f"{name} goes from {old['lifecycle_status']} to {new['lifecycle_status']}: the lifecycle is"
                f" {', '.join(LIFECYCLE)}, one step at a time"
            )
        found += [
            f"{name} no longer requires {required}: who reads it relies on it"
            for required in sorted(required_of(old) - required_of(new))
        ]
        found += [
            f"{name} now requires {required}: who sends it does not know"
            for required in sorted(required_of(new) - required_of(old))
        ]
        old_types = types_of(old)
        for prop, kind in sorted(types_of(new).items()):
            old_kind = old_types.get(prop)
            if old_kind is None:
                found.append(f"{name}: the type of {prop} is narrowed from any to {kind}")
            elif kind != old_kind and kind not in WIDER[old_kind]:
                found.append(f"{name}: the type of {prop} is narrowed from {old_kind} to {kind}")
        found += [
            f"{name}: {column} changes from {old[column]} to {new[column]}"
            for column in ("event_type", "is_conversion", "conversion_kind", "is_consent_change")
            # A taxonomy of before a column existed breaks no promise of it.
            if column in old and column in new and old[column].lower() != new[column].lower()
        ]
    return found


def newly_retired(before: Mapping[Version, Row], after: Mapping[Version, Row]) -> list[Version]:
    """Versions that are retired now and were not, or are gone without having been a draft."""
    return sorted(
        version
        for version, old in before.items()
        if old["lifecycle_status"] not in ("draft", "retired")
        and (version not in after or after[version]["lifecycle_status"] == "retired")
    )


def still_arriving(
    versions: Iterable[Version], after: Mapping[Version, Row], connection: duckdb.DuckDBPyConnection, days: int
) -> list[str]:
    """Tell which versions arrived in the last days that the database knows, one line each.

    Events without a version are held to the current one, so they count for a name that has no version left.
    """
    kept_names = {name for (name, _), row in after.items() if row["lifecycle_status"] != "retired"}
    found = []
    for name, version in versions:
        (count,) = connection.execute(
            """
            select coalesce(sum(row_count), 0)
            from marts.event_volume
            where event_name = $1
                and (schema_version = $2 or (schema_version is null and $4))
                and received_date > (
                    -- A clock far ahead waits as buffered, or is rejected.
                    select max(received_date) from marts.event_volume where disposition in ('accepted', 'duplicate')
                ) - $3::integer
            """,
            [name, version, days, name not in kept_names],
        ).fetchall()[0]
        if count:
            found.append(f"{name} version {version} is retired, but arrived {count:,} times in the last {days} days")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print what breaks, and return the exit code."""
    parser = argparse.ArgumentParser(description="Compare the event taxonomy with that of another commit.")
    parser.add_argument("--base", default="main", help="commit, branch or tag to compare with")
    parser.add_argument("--database", type=Path, help="built database, to see whether retired versions still arrive")
    parser.add_argument("--days", type=int, default=30, help="how many of its last days to look at")
    options = parser.parse_args(arguments)
    shown = subprocess.run(
        ["git", "show", f"{options.base}:{TAXONOMY}"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    try:
        if shown.returncode != 0:
            raise TaxonomyError(f"there is no {TAXONOMY} in {options.base}: {shown.stderr.strip()}")
        before = read_taxonomy(shown.stdout, f"{options.base}:{TAXONOMY}")
        after = read_taxonomy((PROJECT / TAXONOMY).read_text(encoding="utf-8"), TAXONOMY)
        problems = breaking_changes(before, after)
        if options.database is not None:
            if not options.database.exists():
                raise TaxonomyError(f"there is no database {options.database}")
            with duckdb.connect(str(options.database), read_only=True) as connection:
                problems += still_arriving(newly_retired(before, after), after, connection, options.days)
    except TaxonomyError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(problems) if problems else f"The taxonomy keeps its promises since {options.base}.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
