"""What DuckDB makes of texts, as a build does: times, numbers, and placeholders that are nobody's id."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime
from typing import Any

import duckdb

# So many texts of a kind are remembered.
KEPT = 200_000
PLAIN_NUMBER = re.compile(r"-?[0-9]{1,12}([.][0-9]{1,4})?")


class Casts:
    """Answers one by one, and faster those that were asked together before: planning a query costs most of it."""

    def __init__(self, placeholders: str) -> None:
        """Open a database in memory; the argument is the pattern of the macro known_value."""
        self.connection = duckdb.connect()
        self.connection.execute("set timezone = 'UTC'")
        self.placeholders = placeholders
        self.times: dict[str, datetime | None] = {}
        self.are_placeholders: dict[str, bool] = {}

    def learn(self, times: Collection[str], ids: Collection[str]) -> None:
        """Ask for texts at once: what times they are, and whether they are placeholders."""
        for known in (self.times, self.are_placeholders):
            if len(known) > KEPT:
                known.clear()
        new_times, new_ids = sorted(set(times) - self.times.keys()), sorted(set(ids) - self.are_placeholders.keys())
        if new_times:
            moments = self._all("try_cast(text as timestamptz) at time zone 'UTC'", new_times)
            self.times.update(zip(new_times, map(moment_of, moments), strict=True))
        if new_ids:
            composed = [unicodedata.normalize("NFC", text) for text in new_ids]
            found = self._all("regexp_matches(text, $pattern)", composed, pattern=self.placeholders)
            self.are_placeholders.update(zip(new_ids, found, strict=True))

    def time(self, text: str) -> datetime | None:
        """A time in UTC; None for what is none."""
        if text not in self.times:
            self.learn([text], [])
        return self.times[text]

    def is_placeholder(self, text: str) -> bool:
        """Whether a text is what many send where an id is missing."""
        if text not in self.are_placeholders:
            self.learn([], [text])
        return self.are_placeholders[text]

    def number(self, text: str) -> float | None:
        """A number; None for what is none."""
        return float(text) if PLAIN_NUMBER.fullmatch(text) else self._all("try_cast(text as double)", [text])[0]

    def is_amount(self, text: str) -> bool:
        """Whether a text is an amount as a machine writes it."""
        return (
            bool(PLAIN_NUMBER.fullmatch(text)) or self._all("try_cast(text as numeric(18, 4))", [text])[0] is not None
        )

    def _all(self, expression: str, texts: list[str], **values: str) -> list[Any]:
        numbered = "select unnest($texts) as text, generate_subscripts($texts, 1) as place"
        query = f"select {expression} from ({numbered}) order by place"
        return [value for (value,) in self.connection.execute(query, {"texts": texts} | values).fetchall()]


def moment_of(value: Any) -> datetime | None:
    """A time within Python's years; DuckDB gives another type for those beyond, and the last of them for infinity."""
    return value if isinstance(value, datetime) and datetime.min < value < datetime.max.replace(microsecond=0) else None
