"""The page: key figures and all sections, with Vega's code and the specs inside one file."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import jinja2
import vl_convert
from markupsafe import Markup

from identity_graph.page import (
    attribution,
    cohorts,
    comparison,
    components,
    health,
    journey,
    keys,
    restatements,
    retargeting,
    stitching,
)
from identity_graph.page.figures import Section, Tile
from identity_graph.page.marts import Marts, Row
from identity_graph.text import amount, counted, money, percent

FOLDER = Path(__file__).parent

COUNTS = """
    select
        (select count(*) from users) as ids,
        count(*) as persons,
        coalesce(avg(cast(is_stitched as integer)), 0) as stitching_rate,
        (select count(*) from conversions where not is_refund) as conversions,
        (select count(*) from conversions where is_refund) as refunds,
        (select coalesce(sum(row_count), 0) from event_volume) as events,
        (select min(first_seen_at) from users) as first_at,
        (select max(last_seen_at) from users) as last_at
    from persons
"""
REVENUE = """
    select currency_code, sum(revenue_amount) as revenue, count(*) as conversions
    from conversions
    where revenue_amount is not null
    group by currency_code
    order by revenue desc, currency_code
"""


def write_page(marts: Marts, *, person: str | None = None, since: date | None = None) -> bytes:
    """The page as the bytes of its file.

    Args:
        marts: what it may read.
        person: an id whose person's journey is shown as well.
        since: the day from which restatements are shown.

    Raises:
        CommandError: nobody has the id.

    """
    counts = marts.one(COUNTS)
    is_empty = not counts["persons"]
    sections = [] if is_empty else all_sections(marts, person, since)
    # Vega gives the description to screen readers, in the place of what the page says.
    specs = {
        figure.name: figure.spec | {"description": figure.alternative}
        for part in sections
        for figure in part.figures
        if figure.spec
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("page.html").render(
        style=Markup((FOLDER / "page.css").read_text(encoding="utf-8")),
        script=script((FOLDER / "page.js").read_text(encoding="utf-8")),
        vega=script(vl_convert.javascript_bundle()) if specs else "",
        specs=script_data(specs),
        is_masked=marts.is_masked,
        tiles=[] if is_empty else tiles(marts, counts),
        sections=sections,
        period="" if is_empty else f"{counts['first_at']:%-d %B %Y} to {counts['last_at']:%-d %B %Y}",
        events=counted(int(counts["events"]), "raw event is", "raw events are"),
        is_without_events=not counts["events"],
    )
    return page.encode()


def all_sections(marts: Marts, person: str | None, since: date | None) -> list[Section]:
    """The sections in their order."""
    return [
        comparison.section(marts),
        journey.section(marts, person),
        retargeting.section(marts),
        stitching.section(marts),
        components.section(marts),
        keys.section(marts),
        cohorts.section(marts),
        attribution.section(marts),
        health.section(marts),
        restatements.section(marts, since),
    ]


def tiles(marts: Marts, found: Row) -> list[Tile]:
    """Key figures, of what COUNTS found; each currency stands by itself."""
    said = [
        Tile("persons", str(found["persons"]), "persons", amount(found["persons"])),
        Tile("ids", str(found["ids"]), "anonymous ids", amount(found["ids"])),
        Tile(
            "conversions",
            str(found["conversions"]),
            "conversions",
            amount(found["conversions"]),
            counted(found["refunds"], "refund") if found["refunds"] else "",
        ),
    ]
    said += [
        Tile(
            "revenue",
            f"{row['revenue']:.2f}",
            f"revenue, {row['currency_code'] or 'no currency'}",
            money(row["revenue"], row["currency_code"]),
            "refunds taken off" if found["refunds"] else "",
            row["currency_code"] or "",
        )
        for row in marts.rows(REVENUE)
    ]
    rate = found["stitching_rate"]
    return [
        *said,
        Tile("stitching_rate", f"{rate:.6f}", "stitching rate", percent(rate), "persons with two ids or more"),
    ]


def script(code: str) -> Markup:
    """Code that may stand in a script element: nothing in it ends the element."""
    return Markup(re.sub("</(?=script)", r"<\\/", code, flags=re.IGNORECASE).replace("<!--", r"\x3C!--"))


def script_data(value: object) -> Markup:
    """JSON that may stand in a script element: nothing in it ends the element, or begins a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e"))
