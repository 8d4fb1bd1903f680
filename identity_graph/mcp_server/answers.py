"""How answers are laid out: where figures come from, pages of long lists, text beside the data."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel, Field

from identity_graph.mcp_server.database import Reader, Row

Limit = Annotated[int, Field(ge=1, le=200)]
Cursor = Annotated[str | None, Field(max_length=60, description="next_cursor of the page before")]
Space = Annotated[str | None, Field(max_length=100, description="Identity space; all if left out")]
CURSOR = re.compile(r"(\d{1,9})-(\d{1,12})-(\d{1,10})")


class Source(BaseModel):
    """Where the figures of an answer come from."""

    marts: list[str]
    load_number: int
    loaded_at: datetime
    is_masked: bool
    has_unfinished_load: bool = False


class Answer(BaseModel):
    """What every answer has: the load that it is of, or in words what it was made from."""

    source: Source | str


class ListAnswer(Answer):
    """An answer with a list that has pages."""

    total: int = Field(description="Rows on all pages together")
    limit: int
    next_cursor: str | None = None


@dataclass(frozen=True)
class Page:
    """Some rows of a list."""

    rows: list[Row]
    total: int
    limit: int
    next_cursor: str | None

    @property
    def place(self) -> dict[str, Any]:
        """What a ListAnswer says of it."""
        return {"total": self.total, "limit": self.limit, "next_cursor": self.next_cursor}


def source(reader: Reader, *marts: str) -> Source:
    """The marts that were read, at their load."""
    load = reader.load
    return Source(
        marts=list(marts),
        load_number=load.load_number,
        loaded_at=load.loaded_at,
        is_masked=reader.is_masked,
        has_unfinished_load=load.has_unfinished_load,
    )


def read_page(
    reader: Reader,
    sql: str,
    parameters: Mapping[str, Any],
    order: str,
    limit: int,
    cursor: str | None,
    asked: object = None,
) -> Page:
    """Read a page of a query.

    Args:
        reader: the open database.
        sql: the query, without an order.
        parameters: its parameters.
        order: columns that order its rows, none equal to another.
        limit: rows of the page.
        cursor: where the page begins; nothing for the first.
        asked: what the client asked, which makes the list another one, where the parameters hold what it may not see.

    Raises:
        ToolError: the cursor is none of this query, or of another load.

    """
    number = zlib.crc32(f"{sql} {order} {asked or sorted(parameters.items())}".encode())
    offset = offset_of(cursor, reader.load.load_number, number)
    rows = reader.rows(
        f"""
        select *, count(*) over () as total_row_count
        from ({sql})
        order by {order}
        limit $page_rows offset $page_from
        """,
        {**parameters, "page_rows": limit, "page_from": offset},
    )
    total = rows[0]["total_row_count"] if rows else 0
    kept = [{name: value for name, value in row.items() if name != "total_row_count"} for row in rows]
    return page_of(kept, total, limit, offset, reader.load.load_number, number)


def list_page(items: Sequence[Any], load_number: int, asked: object, limit: int, cursor: str | None) -> Page:
    """A page of what is read already; `asked` is what makes the list another one."""
    number = zlib.crc32(repr(asked).encode())
    offset = offset_of(cursor, load_number, number)
    return page_of(list(items[offset : offset + limit]), len(items), limit, offset, load_number, number)


def page_of(rows: list[Any], total: int, limit: int, offset: int, load_number: int, asked: int) -> Page:
    """Rows of a list from an offset on, with the cursor of those that follow; offset_of reads it."""
    end = offset + len(rows)
    return Page(rows, total, limit, f"{end}-{load_number}-{asked}" if end < total else None)


def offset_of(cursor: str | None, load_number: int, asked: int) -> int:
    """Rows before the page that a cursor names.

    Raises:
        ToolError: the cursor is none of this question, or of another load.

    """
    if cursor is None:
        return 0
    parts = CURSOR.fullmatch(cursor)
    if parts is None or int(parts[3]) != asked:
        raise ToolError("That cursor is none of this question. Repeat the question as it was, or leave the cursor out.")
    if int(parts[2]) != load_number:
        raise ToolError("The marts were built anew since that page. Leave the cursor out and begin at the first page.")
    return int(parts[1])


def answer(content: Answer, text: str) -> CallToolResult:
    """The answer as data, with a short text beside it, and once more as text for clients that read no data."""
    data = content.model_dump(mode="json", exclude_none=True)
    origin = content.source
    is_of_load = isinstance(origin, Source)
    text += f" (load {origin.load_number}, {', '.join(origin.marts)})" if is_of_load else f" ({origin})"
    if is_of_load and origin.has_unfinished_load:
        text += " A later build did not end, so marts may stand at different loads: build again."
    blocks = [text, json.dumps(data, ensure_ascii=False, separators=(",", ":"))]
    return CallToolResult(content=[TextContent(type="text", text=block) for block in blocks], structured_content=data)


def check_range(start: date | None, end: date | None) -> None:
    """Refuse a range that ends before it begins.

    Raises:
        ToolError: it does.

    """
    if start is not None and end is not None and end < start:
        raise ToolError(f"end_date {end} lies before start_date {start}. Swap them.")


def check_known(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    """Refuse what does not exist, and say what does.

    Raises:
        ToolError: one of the given is not known.

    """
    missing = [name for name in given if name not in known]
    if missing:
        raise ToolError(f"There is no {what} of that name. There are: {', '.join(known) or 'none'}.")


def number(value: Any) -> float | None:
    """A figure as a float, which JSON knows."""
    return None if value is None else float(value)
