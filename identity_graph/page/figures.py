"""What a section of the page holds: charts with their question, their reading, their figures and their marts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from identity_graph.page.marts import Marts, Row
from identity_graph.text import amount, change, money, percent

DOCS_PAGE = "static_index.html"
# Marts that only a var makes, by the name that the var takes.
OPTIONAL = {
    "conversion_paths": "paths",
    "data_driven_conversions": "paths",
    "events": "events",
    "funnel_conversions": "funnels",
    "path_summary": "paths",
    "retention": "retention",
}


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, the field of the rows, and how a value is written."""

    title: str
    field: str
    write: Callable[[Any], str] = str
    is_number: bool = True

    def cell(self, row: Row) -> str:
        """The value of a row as text; null is a dash."""
        value = row[self.field]
        return "–" if value is None else self.write(value)


def words(title: str, field: str) -> Column:
    """A column of text."""
    return Column(title, field, str, is_number=False)


def count(title: str, field: str, digits: int = 0) -> Column:
    """A column of counts."""
    return Column(title, field, lambda value: amount(value, digits))


def difference(title: str, field: str, digits: int = 0) -> Column:
    """A column of differences."""
    return Column(title, field, lambda value: change(value, digits))


def rate(title: str, field: str) -> Column:
    """A column of shares."""
    return Column(title, field, percent)


def sum_of(title: str, field: str, currency: str | None) -> Column:
    """A column of money in one currency."""
    return Column(title, field, lambda value: money(value, currency))


@dataclass(frozen=True)
class Figure:
    """A chart or a table that answers a question.

    `spec` is Vega-Lite, with colours of the page's theme as "theme:<name>"; none = the table is shown alone.
    """

    name: str
    question: str
    reading: str
    marts: tuple[str, ...]
    columns: Sequence[Column]
    rows: Sequence[Row]
    spec: dict[str, Any] | None = None
    is_wide: bool = False

    @property
    def alternative(self) -> str:
        """What stands for the chart where nobody sees it."""
        return f"{self.question} {self.reading} The figures are in the table below."

    @property
    def sources(self) -> list[tuple[str, str]]:
        """Name and page of each mart that it is from."""
        return [(name, f"{DOCS_PAGE}#!/model/model.identity_graph.{name}") for name in self.marts]

    @property
    def cells(self) -> list[list[tuple[str, bool]]]:
        """Each row as cells: the text, and whether it is a number."""
        return [[(column.cell(row), column.is_number) for column in self.columns] for row in self.rows]


@dataclass(frozen=True)
class Section:
    """A part of the page: what it is about, what stands out, its figures, and why one is not there."""

    name: str
    title: str
    about: str
    figures: Sequence[Figure] = ()
    findings: Sequence[str] = ()
    absent: Sequence[str] = ()
    has_switch: bool = False


@dataclass(frozen=True)
class Tile:
    """A key figure: its name and value for programs, its text for people."""

    name: str
    value: str
    label: str
    text: str
    note: str = ""
    currency: str = ""


def why_missing(marts: Marts, subject: str, *names: str) -> str | None:
    """A sentence that says why a figure is not there and what makes it; none = all its marts are there."""
    missing = marts.missing(*names)
    if not missing:
        return None
    options = sorted({OPTIONAL[name] for name in missing if name in OPTIONAL})
    remedy = f"Name {' and '.join(options)} in the var optional_marts, and the" if options else "The"
    return f"{subject}: this database has no {' and no '.join(missing)}. {remedy} next dbt build makes it."
