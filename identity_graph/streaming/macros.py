"""What macros of the package say in lists and patterns, so that it is written once: placeholders and currencies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import jinja2


def placeholder_pattern(package: Path, ignored: Sequence[str]) -> str:
    """The pattern of the macro known_value: what is nobody's id, given the rows of ignored_values."""
    patterns: list[str] = []

    def regexp_replaced(value: str, pattern: str, replacement: str) -> str:
        patterns.append(pattern)
        return value

    def id_text(value: str, is_trimmed: bool) -> str:
        return value

    macros = module(package, "staging/known_value.sql", regexp_replaced=regexp_replaced, id_text=id_text)
    macros.known_value("value", ignored)
    return patterns[0]


def currencies(package: Path) -> frozenset[str]:
    """The codes of the macro iso_currencies."""
    return frozenset(re.findall("[A-Z]{3}", str(module(package, "staging/money.sql").iso_currencies())))


def module(package: Path, file: str, **names: object) -> SimpleNamespace:
    """The macros of a file, with the names of dbt that they use."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    text = (package / "macros" / file).read_text(encoding="utf-8")
    values = {"modules": SimpleNamespace(re=re), "return": lambda value: value} | names
    return environment.from_string(text).make_module(values)
