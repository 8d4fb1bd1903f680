"""Text for people: numbers, columns, findings in the order of how bad they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

# How bad a finding is, and the mark before its line.
REFUSED, WARNING, NOTE = 0, 1, 2
MARKS = {REFUSED: "x", WARNING: "!", NOTE: "-"}
PERSONAL = re.compile(r"[^\s'\"(),;:|]+@[^\s'\"(),;:|]+|\b(?:\d{1,3}[.]){3}\d{1,3}\b")


@dataclass(frozen=True, order=True)
class Finding:
    """One line of a report."""

    level: int
    text: str


def counted(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def share(part: int, whole: int) -> str:
    """A share in percent; nothing of nothing is 0%."""
    return in_percent(100 * part / whole) if whole else "0%"


def some(names: Sequence[str], limit: int = 12) -> str:
    """The first names of a list, and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more:,} more" if more > 0 else "")


def shorten(value: str, length: int = 12) -> str:
    """A value, or its beginning where it is a long token."""
    return value if len(value) <= length + 4 else value[:length] + "..."


def columns(header: Sequence[str], rows: Iterable[Sequence[str | int | Decimal]]) -> list[str]:
    """Rows as lines of aligned columns: numbers to the right, amounts with two decimals, text to the left."""
    formats = {int: ",", Decimal: ",.2f"}
    cells = [[format(cell, formats.get(type(cell), "")) for cell in row] for row in rows]
    lines = [list(header), *cells]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    is_number = [
        all(re.fullmatch(r"[<~+-]?[\d,.]+[%d]?|-?", row[place]) for row in cells) for place in range(len(header))
    ]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in lines
    ]


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """Findings, the worst first, one a line, each once."""
    ordered = sorted(dict.fromkeys(findings), key=lambda finding: finding.level)
    return [f"  {MARKS[finding.level]} {finding.text}" for finding in ordered]


def without_personal_data(text: str) -> str:
    """Cut out what looks like an address or an ip: the first line of a file without a header, say."""
    return PERSONAL.sub("[removed]", text)


def amount(value: float, digits: int = 0) -> str:
    """A number with separators, and as many decimals as are asked for; never minus nothing."""
    written = f"{value:,.{digits}f}"
    return written.lstrip("-") if not float(written.replace(",", "")) else written


def change(value: float, digits: int = 0) -> str:
    """A difference with its sign, or 0."""
    written = amount(value, digits)
    return written if written.startswith("-") or not float(written.replace(",", "")) else f"+{written}"


def percent(value: float) -> str:
    """A share between 0 and 1 in percent."""
    return in_percent(100 * value)


def in_percent(value: float) -> str:
    """Percent as people write them; what is little, and not nothing, never reads as nothing or as all."""
    if value in (0, 100):
        return f"{value:.0f}%"
    return "<0.1%" if 0 < value < 0.1 else f"{min(value, 99.9) if value < 100 else value:.1f}%"


def money(value: float, currency: str | None) -> str:
    """An amount with its currency."""
    return f"{amount(value, 2)} {currency or '(no currency)'}"
