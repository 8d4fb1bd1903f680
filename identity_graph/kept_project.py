"""A dbt project that stays parsed: a build in this process begins at once, and as if it was the first."""

from __future__ import annotations

import gc
import pickle
from dataclasses import dataclass, field
from typing import Any

from dbt.contracts.graph.manifest import Manifest

from identity_graph.dbt_command import Done, invoke

# Of a build's many objects few are garbage before its end; Python's own thresholds look for it all the time.
SELDOM = (50_000, 20, 20)


@dataclass
class KeptProject:
    """The project of the folder that the command runs in.

    Building writes into the manifest: a node keeps what was compiled, and dbt would not put an ephemeral model into it
    a second time; macros note in the graph what they read. So each build gets the nodes and the graph as they were
    parsed.
    """

    variables: str
    manifest: Manifest | None = None
    _nodes: bytes = b""
    _graph: dict[str, Any] = field(default_factory=dict)

    def parse(self) -> Done:
        """Parse the project. Where that fails, nothing is kept."""
        gc.set_threshold(*SELDOM)
        done = invoke(["parse", "--vars", self.variables])
        self.manifest = done.results[0] if done.success else None
        if self.manifest is not None:
            self._nodes, self._graph = pickle.dumps(self.manifest.nodes), self.manifest.flat_graph
        return done

    def build(self, *arguments: str) -> Done:
        """Run `dbt build` on the project as it was parsed.

        Raises:
            ValueError: it is not parsed.

        """
        if self.manifest is None:
            raise ValueError("the project is not parsed")
        self.manifest.nodes = pickle.loads(self._nodes)
        self.manifest.flat_graph = dict(self._graph)
        done = invoke(["build", *arguments, "--vars", self.variables], self.manifest)
        gc.collect()
        return done
