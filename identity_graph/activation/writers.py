"""The writers by the names that the seed destinations calls them by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from identity_graph.activation.protocol import Destination, Settings, Writer
from identity_graph.project import CommandError

Maker = Callable[[Destination, Settings], Writer]

# Each is made for one destination and one run. A maker raises a CommandError where the environment lacks something.
WRITERS: Mapping[str, Maker] = {}


def writer_of(destination: Destination, settings: Settings, writers: Mapping[str, Any] = WRITERS) -> Writer:
    """The writer of a destination.

    Raises:
        CommandError: there is none of that name, or the environment lacks what it needs.

    """
    if destination.writer not in writers:
        raise CommandError(
            f"the seed destinations gives {destination.name} the writer {destination.writer!r}: name one of"
            f" {', '.join(writers)}."
        )
    return writers[destination.writer](destination, settings)
