"""Files that are there as a whole or not at all, also after the machine stops."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def on_disk(file: Path) -> Iterator[BinaryIO]:
    """A file to write to; what was written has reached the disk at the end."""
    with file.open("wb") as target:
        yield target
        target.flush()
        os.fsync(target.fileno())


def put_in_place(draft: Path, file: Path) -> None:
    """Give a whole file its name, so that it is there after a crash of the machine, too."""
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
