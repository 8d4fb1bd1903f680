"""What the benchmarks measure with: seconds, processor seconds and memory, of a process or of a call."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

SAID = 2000


@dataclass(frozen=True)
class Cost:
    """Wall seconds, seconds of all processors together, and peak memory in MB (that of the whole process)."""

    seconds: float
    processor: float
    megabytes: float


class NotWithinError(Exception):
    """A process took longer than it may; the message says how long that is."""


def cost_of_process(command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Cost:
    """Run a command in a process of its own, and return what it took from its start to its end.

    The peak is never below what this process has at that moment: Linux counts from there.

    Raises:
        RuntimeError: the command failed; the message is the end of what it printed.

    """
    with TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(output.read().decode(errors="replace")[-SAID:])
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def cost_of_call(call: Callable[[], object]) -> Cost:
    """Call a function and return what it took; the peak memory is that of the process up to then."""
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    call()
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Cost(seconds, processor, after.ru_maxrss / 1024)


def answer_of_process(command: Sequence[str], timeout: float | None = None) -> str:
    """Return the last line that a command prints.

    Raises:
        NotWithinError: it took more than so many seconds.
        RuntimeError: it failed; the message is the end of what it printed.

    """
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise NotWithinError(f"not within {timeout:.0f} s") from error
    if process.returncode:
        raise RuntimeError(process.stderr[-SAID:])
    return process.stdout.splitlines()[-1]


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the medians of several runs, each figure by itself."""
    return Cost(*(median(getattr(cost, name) for cost in costs) for name in ("seconds", "processor", "megabytes")))
