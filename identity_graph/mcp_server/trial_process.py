"""The process in which rules are tried: prints the figures as JSON, and ends, builds too, once stdin is closed.

    python -m identity_graph.mcp_server.trial_process PROJECT_FOLDER RULES.csv

Exit code: 0 = tried, 2 = the rules are wrong, or a build failed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from identity_graph.project import CommandError, find_project
from identity_graph.rule_trial import RuleTrial, try_rules


def figures(trial: RuleTrial | None) -> dict[str, Any]:
    """What a trial says, without an id of anybody; nothing where the rules are the project's own."""
    if trial is None:
        return {}
    before, after, persons = trial.before, trial.after, trial.persons
    largest = [max(Counter(build.persons.values()).values(), default=0) for build in (before, after)]
    channels, moved = trial.revenue
    return {
        "persons": {"before": persons.persons_before, "after": persons.persons_after},
        "largest_person_ids": {"before": largest[0], "after": largest[1]},
        "dissolved_ids": {"before": before.dissolved_ids, "after": after.dissolved_ids},
        "merged_persons": len(set().union(*persons.merged.values())),
        "split_persons": len(persons.split),
        "affected_ids": len(persons.affected_ids),
        "id_count": len(trial.ids),
        "keys": [vars(change) for change in trial.links],
        "refusals": [
            {"reason": reason, "before": before.refusals[reason], "after": after.refusals[reason]}
            for reason in sorted(before.refusals | after.refusals)
        ],
        "channels": [
            {
                "channel": row.channel,
                "currency_code": row.currency or None,
                "conversions_before": row.conversions_before,
                "conversions_after": row.conversions_after,
                "revenue_before": float(row.before),
                "revenue_after": float(row.after),
            }
            for row in channels
        ],
        "moved_conversions": sum(count for count, _ in moved.values()),
    }


def end_with_stdin() -> None:
    """Wait until stdin is closed, and end all processes of the group."""
    # Not through sys.stdin: Python does not end while a thread holds its buffer.
    while os.read(0, 1024):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main(project: str, rules: str) -> int:
    """Try rules, print the figures, and return the exit code."""
    threading.Thread(target=end_with_stdin, daemon=True).start()
    try:
        print(json.dumps(figures(try_rules(find_project(Path(project)), Path(rules)))))
    except CommandError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
