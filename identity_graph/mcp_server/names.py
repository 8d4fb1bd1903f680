"""Names of persons and ids in answers: as they are stored, or short ones that mean something to this process only."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["person", "id", "value"]
SHORT_NAME = re.compile(r"(person|id|value)-[1-9]\d{0,8}")


@dataclass(frozen=True)
class Meant:
    """What a short name stands for."""

    kind: Kind
    space_id: str
    stored: str


@dataclass
class Names:
    """Gives each person and id a name, and knows what names mean.

    Masked names are numbered in the order of first mention, live in memory, and end with the process: who reads them
    can ask on, and learns nothing that the masked marts hide.
    """

    is_masked: bool = True
    _names: dict[Meant, str] = field(default_factory=dict)
    _meanings: dict[str, Meant] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def person(self, space_id: str, universal_id: str) -> str:
        """Name of a person."""
        return self._name(Meant("person", space_id, universal_id))

    def visitor(self, space_id: str, anonymous_id: str) -> str:
        """Name of an anonymous id."""
        return self._name(Meant("id", space_id, anonymous_id))

    def value(self, space_id: str, key_value: str) -> str:
        """Name of a key's value, by which one sees where it comes again."""
        return self._name(Meant("value", space_id, key_value))

    def meaning(self, name: str) -> Meant | None:
        """What a short name stands for; nothing where it is none that was given."""
        return self._meanings.get(name) if SHORT_NAME.fullmatch(name) else None

    def _name(self, meant: Meant) -> str:
        if not self.is_masked:
            return meant.stored
        with self._lock:
            if meant not in self._names:
                self._counts[meant.kind] += 1
                self._names[meant] = f"{meant.kind}-{self._counts[meant.kind]}"
                self._meanings[self._names[meant]] = meant
            return self._names[meant]
