"""Files of identity rules (copies of seeds/identity_key_rules.csv): read, and compared cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from identity_graph.project import CommandError, read_csv

RULES = "identity_key_rules.csv"
RULE_KEY = ("resolution_level", "key_type")
# What only tells people about a rule, and changes nothing.
WORDS_ONLY = ("owner", "description", "rule_version")

Rules = dict[tuple[str, ...], dict[str, str]]


@dataclass(frozen=True)
class CellChange:
    """A cell of a rule that differs; of a rule that is new, before is empty, of one that is gone, after."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class RuleChange:
    """A rule that differs, is new, or is gone."""

    resolution_level: str
    key_type: str
    is_new: bool = False
    is_removed: bool = False
    cells: tuple[CellChange, ...] = ()
    # The version, where what the rule does changed and its version did not.
    stale_version: str | None = None


def read_rules(path: Path) -> Rules:
    """Return the rules of a file by level and key type.

    Raises:
        CommandError: the file does not exist, lacks a column of the key, or has a rule twice.

    """
    columns, rows = read_csv(path)
    missing = set(RULE_KEY) - set(columns)
    if missing or not rows:
        raise CommandError(f"{path} is no rules file: " + (f"it lacks {sorted(missing)}" if missing else "it is empty"))
    rules: Rules = {}
    for number, row in enumerate(rows, start=2):
        key = tuple(row[column] for column in RULE_KEY)
        if key in rules:
            raise CommandError(f"{path}, line {number}: a second rule for {' '.join(key)}")
        rules[key] = row
    return rules


def compare_rules(before: Rules, after: Rules) -> list[RuleChange]:
    """Compare two versions of the rules; what is equal is left out.

    Raises:
        CommandError: they have different columns.

    """
    columns, others = (set(next(iter(rules.values()))) for rules in (before, after))
    if columns != others:
        raise CommandError(f"only one of the two rules files has: {', '.join(sorted(columns ^ others))}")
    changes = []
    for key in sorted(before.keys() | after.keys()):
        level, key_type = key
        if key not in after:
            changes.append(RuleChange(level, key_type, is_removed=True))
        elif key not in before:
            cells = tuple(
                CellChange(column, "", value)
                for column, value in after[key].items()
                if value and column not in (*RULE_KEY, *WORDS_ONLY)
            )
            changes.append(RuleChange(level, key_type, is_new=True, cells=cells))
        else:
            old, new = before[key], after[key]
            cells = tuple(CellChange(column, old[column], new[column]) for column in old if old[column] != new[column])
            changed = {cell.column for cell in cells}
            is_stale = bool(changed - set(WORDS_ONLY)) and "rule_version" not in changed
            if cells:
                stale = old["rule_version"] if is_stale else None
                changes.append(RuleChange(level, key_type, cells=cells, stale_version=stale))
    return changes
