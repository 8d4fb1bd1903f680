"""A command of dbt in this process, in the folder that it runs in, without a line on the terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt_common.invocation import get_invocation_id

# What dbt puts before a message of this project's own, and the list of macros after it.
NOISE = re.compile(r"^.*?Compilation Error[^\n]*\n\s*|\n\s*> (in|called by) [^\n]*", re.S)
FAILED = ("error", "fail", "runtime error")


@dataclass(frozen=True)
class Done:
    """A finished command: whether it went well, the nodes that ran, and what it said as (level, message)."""

    success: bool
    results: list[Any]
    said: list[tuple[str, str]]
    invocation_id: str

    @property
    def has_built(self) -> bool:
        """Whether nodes ran, and none failed."""
        return self.success and bool(self.results)

    @property
    def errors(self) -> list[str]:
        """What went wrong, each once."""
        return list(dict.fromkeys(message.strip() for level, message in self.said if level == "error"))

    @property
    def failed_nodes(self) -> dict[str, str]:
        """Names of the nodes that failed, in the order in which they ran, with why."""
        return {result.node.name: result.message or "" for result in self.results if result.status in FAILED}

    @property
    def warned_nodes(self) -> list[str]:
        """Names of the tests that only warn, and found something."""
        return [result.node.name for result in self.results if result.status == "warn"]

    @property
    def reason(self) -> str:
        """Why it failed: the first node that did, else the first error."""
        return next(iter([*self.failed_nodes.values(), *self.errors]), "")


def in_one_line(message: str) -> str:
    """A message without what dbt adds to every one."""
    return " ".join(NOISE.sub("", message).split())


@contextmanager
def no_bytecode() -> Iterator[None]:
    """Keep what Python compiles in memory: dbt-duckdb imports each Python model from a temporary file, in each run."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def invoke(arguments: Sequence[str], manifest: Manifest | None = None) -> Done:
    """Run a command and close the database; of a manifest that is given nothing is parsed.

    The results of `parse` are the manifest alone.
    """
    said: list[tuple[str, str]] = []

    def keep(event: Any) -> None:
        if event.info.level != "debug":
            said.append((event.info.level, event.info.msg))

    place = ["--log-level", "none", "--no-use-colors", "--project-dir", "."]
    with no_bytecode():
        done = dbtRunner(manifest=manifest, callbacks=[keep]).invoke([*arguments, *place])
    DuckDBConnectionManager.close_all_connections()
    if done.exception and not any(level == "error" for level, _ in said):
        said.append(("error", str(done.exception)))
    results = [done.result] if isinstance(done.result, Manifest) else list(getattr(done.result, "results", []))
    return Done(done.success, results, said, get_invocation_id())
