"""Build whenever something is new: one process that keeps the parsed project, for loops of a minute and less.

    identity-graph watch
    identity-graph watch --every 10 --no-tests
    identity-graph watch --every 5 --once-idle --vars '{optional_marts: [events]}'

Looks every so many seconds at the raw files that the sources read (path, size, time of the last change) and at the
project's own files. Where one is new it runs what `make build` runs, `dbt build --exclude-resource-type unit_test`,
without starting, importing and parsing again; changed models, macros, seeds and profiles are parsed anew. It builds
once at its start, and at every look where a source is a table, which it cannot look at. Land files whole: under another
name first, which is then changed.

Prints a line a run: the load's number in event_loads, its raw rows, seconds, and what failed. A run that failed ends
nothing: it is tried again when something changes, and after pauses that grow. Between runs the database is closed, so
that other tools can open it; while one has it open to write, or to read, it waits. Ctrl-C or SIGTERM ends it after the
run that is going on.

Exit code: 0 = the last run went well, 1 = it failed, 2 = bad arguments or no project.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import signal
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from identity_graph.project import CommandError, find_project, given_vars

if TYPE_CHECKING:
    from identity_graph.watcher import Watcher

NAME = "watch"
# How long a signal may wait to be heard between runs.
MOMENT = 0.2
LONGEST_PAUSE = 3600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "--every", type=float, default=60.0, metavar="SECONDS", help="between two looks (default: %(default)s)"
    )
    parser.add_argument("--runs", type=int, metavar="N", help="end after so many runs")
    parser.add_argument(
        "--once-idle", action="store_true", help="end as soon as nothing is new (of tables, after a run)"
    )
    parser.add_argument(
        "--tests",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="run data tests, as make build does; without them a run takes two thirds of the time",
    )
    parser.add_argument("--select", nargs="+", metavar="NODES", help="what to build, as dbt selects it (default: all)")
    parser.add_argument("--exclude", nargs="+", metavar="NODES", help="what to leave out of it")
    parser.add_argument("--vars", default="{}", metavar="YAML", help="vars, as dbt takes them")


def run(options: argparse.Namespace) -> int:
    """Watch until told to stop, and return the exit code.

    Raises:
        CommandError: bad arguments, or no project.

    """
    if not 0 < options.every < math.inf:
        raise CommandError("--every has to be a number of seconds above 0.")
    if options.runs is not None and options.runs < 1:
        raise CommandError("--runs has to be 1 at least.")
    given = given_vars(options.vars, "{optional_marts: [events]}")
    project = find_project()
    # It brings dbt along, which takes seconds that other sub-commands do without.
    from identity_graph.watcher import Watcher

    with contextlib.chdir(project.folder), told_to_stop() as is_told:
        watcher = Watcher(project.folder, given, dbt_arguments(options))
        return loop(watcher, options, is_told)


def dbt_arguments(options: argparse.Namespace) -> list[str]:
    """What is added to `dbt build`."""
    left_out = ["unit_test"] if options.tests else ["unit_test", "test"]
    arguments = ["--exclude-resource-type", *left_out]
    for name in ("select", "exclude"):
        if getattr(options, name):
            arguments += [f"--{name}", *getattr(options, name)]
    return arguments


def loop(watcher: Watcher, options: argparse.Namespace, is_told: Callable[[], bool]) -> int:
    """Look and run until it is to end, and return the exit code."""
    failures = runs = 0
    waited_for = ""
    again_at = time.monotonic()
    while not is_told():
        looked_at = time.monotonic()
        # Who ends when idle has looked into the tables by a run.
        is_news = watcher.has_news(in_tables=not (options.once_idle and runs))
        if is_news or (failures and looked_at >= again_at):
            outcome = watcher.run()
            if outcome.is_kept_waiting:
                if outcome.text != waited_for:
                    say(f"{outcome.text}; tries again every {options.every:g} s")
                watcher.forget()
            else:
                runs += 1
                failures = failures + 1 if outcome.has_failed else 0
                again_at = time.monotonic() + min(options.every * 2**failures, LONGEST_PAUSE)
                say(outcome.text)
            waited_for = outcome.text if outcome.is_kept_waiting else ""
            if runs == options.runs:
                break
        elif options.once_idle:
            break
        wait_until(looked_at + options.every, is_told)
    return 1 if failures else 0


def say(text: str) -> None:
    """Print a line with the time (UTC), at once."""
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())}  {text}", flush=True)


def wait_until(moment: float, is_told: Callable[[], bool]) -> None:
    """Wait until a moment of the monotonic clock, or until told to stop."""
    while (left := moment - time.monotonic()) > 0 and not is_told():
        time.sleep(min(left, MOMENT))


@contextlib.contextmanager
def told_to_stop() -> Iterator[Callable[[], bool]]:
    """Give what says whether the process was told to stop, which then no longer ends it."""
    signals = list[int]()

    def stop(number: int, _: Any) -> None:
        if not signals:
            say("told to stop: ends after the run that is going on, if one is")
        signals.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(signals)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
