"""The chart of a journey: a lane an id, with a switch between raw and stitched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import altair as alt

from identity_graph.page.charts import IS_NARROW, Spec, data, finished
from identity_graph.page.marts import Row

# The parameter that the page's switch sets.
MODE, RAW, STITCHED = "mode", "raw", "stitched"
IS_RAW, IS_STITCHED = f"{MODE} == '{RAW}'", f"{MODE} == '{STITCHED}'"
LANE_HEIGHT = 54
# An hour, in milliseconds.
LEAST_MARGIN = 3_600_000
FEW_DAYS = 5 * 24 * 3_600_000
# Texts whose moments are closer than this part of the whole time would overlap.
NEAR = 0.2
# The room that a channel needs, in pixels, and the part of the whole time that it may take.
ROOM, LONG = 110, 0.2
# One sign a channel in all journeys: a colour for each kind, and another shape within it.
CHANNELS = {
    "direct": ("theme:muted", "circle"),
    "organic_search": ("theme:green", "circle"),
    "organic_social": ("theme:green", "square"),
    "ai_assistant": ("theme:green", "triangle-up"),
    "referral": ("theme:green", "cross"),
    "paid_search": ("theme:orange", "circle"),
    "paid_social": ("theme:orange", "square"),
    "display": ("theme:orange", "triangle-up"),
    "affiliate": ("theme:orange", "cross"),
    "paid_other": ("theme:orange", "triangle-down"),
    "retargeting": ("theme:purple", "square"),
    "email": ("theme:sky", "triangle-up"),
    "other_campaign": ("theme:sky", "cross"),
}
# Channels of the project's own share one sign.
OTHER, OTHER_NAME = ("theme:muted", "triangle-down"), "other"


@dataclass(frozen=True)
class Axes:
    """The axes of a journey, the name of each lane by its id, and both ends of time in milliseconds."""

    names: Mapping[str, str]
    ends: tuple[float, float]
    time: alt.X
    lane: alt.Y


def at(moment: datetime) -> str:
    """A moment as the browser reads it, which would else take it for its own time zone."""
    return f"{moment.isoformat(timespec='seconds')}Z"


def journey_chart(
    names: Mapping[str, str],
    lanes: Mapping[str, Row],
    sessions: Sequence[Row],
    conversions: Sequence[Row],
    joins: Sequence[Row],
    refused: Sequence[Row],
) -> Spec:
    """The spec of a journey.

    Args:
        names: name of each lane by its id, in order.
        lanes: id, person, first and last moment of each lane.
        sessions: with happened_at, node_id, channel, event_count.
        conversions: with happened_at, node_id, value, cookie_channel, graph_channel.
        joins: links that joined two lanes, with happened_at, both ids and the evidence.
        refused: links that were refused.

    """
    ends = time_ends(lanes)
    axes = Axes(names, ends, time_axis(ends), lane_axis("lane", names))
    layers = [
        *lane_layers(axes, lanes),
        *link_layers(axes, joins, "theme:graph", "joined by"),
        *link_layers(axes, refused, "theme:alert", "refused:"),
        session_layer(axes, sessions),
        *conversion_layers(axes, conversions, [*joins, *refused]),
    ]
    mode = alt.param(name=MODE, value=STITCHED)
    chart = alt.layer(*layers).resolve_scale(color="independent", shape="independent").add_params(mode)
    return finished(chart, LANE_HEIGHT * len(names))


def lane_axis(field: str, names: Mapping[str, str]) -> alt.Y:
    """The axis of lanes, in their order."""
    axis = alt.Axis(domain=False, ticks=False, labelPadding=12, labelExpr="split(datum.label, '\\n')")
    return alt.Y(f"{field}:N", title=None, scale=alt.Scale(domain=list(names.values())), axis=axis)


def milliseconds(moment: datetime) -> float:
    """A moment (UTC) as a browser counts it."""
    return moment.replace(tzinfo=UTC).timestamp() * 1000


def time_ends(lanes: Mapping[str, Row]) -> tuple[float, float]:
    """From before the first moment to after the last, in milliseconds."""
    first = milliseconds(min(row["first_seen_at"] for row in lanes.values()))
    last = milliseconds(max(row["last_seen_at"] for row in lanes.values()))
    margin = max(0.04 * (last - first), LEAST_MARGIN)
    return round(first - margin), round(last + margin)


def part_of(axes: Axes, moment: datetime) -> float:
    """Where a moment lies between both ends of time: 0 to 1."""
    return (milliseconds(moment) - axes.ends[0]) / (axes.ends[1] - axes.ends[0])


def time_axis(ends: tuple[float, float]) -> alt.X:
    """The axis of time: days, or hours where days would repeat."""
    shape = "%-d %b" if ends[1] - ends[0] > FEW_DAYS else "%-d %b %H:%M"
    return alt.X(
        "at:T",
        title="time (UTC)",
        scale=alt.Scale(type="utc", domain=list(ends)),
        axis=alt.Axis(format=shape, tickCount=7, labelOverlap=True),
    )


def lane_layers(axes: Axes, lanes: Mapping[str, Row]) -> list[alt.Chart]:
    """A line from the first to the last moment of each id: apart in raw mode, in the colour of its person else."""
    people = list(dict.fromkeys(row["universal_id"] for row in lanes.values()))
    # Two points a lane: a rule from x to x2 would bring a second domain of time.
    rows = [
        {
            "lane": axes.names[name],
            "at": at(row[moment]),
            "person": f"person {people.index(row['universal_id']) + 1}",
        }
        for name, row in lanes.items()
        for moment in ("first_seen_at", "last_seen_at")
    ]
    base = alt.Chart(data(rows)).encode(x=axes.time, y=axes.lane, detail="lane:N", tooltip=["lane:N", "person:N"])
    palette = ["theme:lane-1", "theme:lane-2", "theme:lane-3"]
    known = [f"person {number + 1}" for number in range(len(people))]
    person = alt.Color(
        "person:N",
        scale=alt.Scale(domain=known, range=[palette[number % len(palette)] for number in range(len(people))]),
        legend=None,
    )
    return [
        base.transform_filter(IS_RAW).mark_line(strokeWidth=2, strokeDash=[2, 4], color="theme:muted"),
        base.transform_filter(IS_STITCHED).mark_line(strokeWidth=12, strokeCap="round").encode(color=person),
    ]


def link_layers(axes: Axes, links: Sequence[Row], colour: str, verb: str) -> list[alt.Chart]:
    """A line between two lanes at the moment of each link, with its evidence; in stitched mode only."""
    rows = [
        {
            "at": at(row["happened_at"]),
            "lane": axes.names[row["anonymous_id_a"]],
            "other": axes.names[row["anonymous_id_b"]],
            "evidence": row["evidence"],
            "text": f"{verb} {row['evidence']}",
        }
        for row in links
        if row["anonymous_id_a"] in axes.names and row["anonymous_id_b"] in axes.names
    ]
    if not rows:
        return []
    labels = link_labels(rows, list(axes.names.values()), axes.ends)
    dash: Spec = {"strokeDash": [4, 3]} if colour == "theme:alert" else {}
    base = alt.Chart(data(rows)).transform_filter(IS_STITCHED)
    text = {
        "align": alt.ExprRef("datum.is_late ? 'right' : 'left'"),
        "dx": alt.ExprRef("datum.is_late ? -9 : 9"),
        "dy": -17,
        "text": alt.ExprRef(f"{IS_NARROW} ? datum.keys : datum.evidence"),
        "limit": alt.ExprRef("(datum.is_late ? datum.place : 1 - datum.place) * width - 9"),
        "fontSize": 11,
        "fontStyle": "italic",
        "color": "theme:alert-text" if colour == "theme:alert" else colour,
    }
    return [
        base.mark_rule(strokeWidth=2, color=colour, **dash).encode(
            x=axes.time, y=axes.lane, y2="other:N", tooltip=["text:N"]
        ),
        base.transform_fold(["lane", "other"], as_=["end", "place"])
        .mark_point(size=110, filled=False, strokeWidth=2, color=colour, opacity=1)
        .encode(x=axes.time, y=lane_axis("place", axes.names)),
        alt.Chart(data(labels))
        .transform_filter(IS_STITCHED)
        .mark_text(**text)
        .encode(x=axes.time, y=lane_axis("lower", axes.names)),
    ]


def link_labels(rows: Sequence[Row], order: Sequence[str], ends: tuple[float, float]) -> list[Row]:
    """The evidence of links, above the lower of their lanes; what would overlap stands in one text."""
    span = ends[1] - ends[0]
    labels: list[Row] = []
    for row in rows:
        lower = max(row["lane"], row["other"], key=order.index)
        moment = milliseconds(datetime.fromisoformat(row["at"]))
        near = next((it for it in labels if it["lower"] == lower and moment - it["moment"] < NEAR * span), None)
        if near is None:
            place = (moment - ends[0]) / span
            near = {
                "lower": lower, "at": row["at"], "moment": moment, "place": place, "is_late": place > 0.5, "said": [],
            }  # fmt: skip
            labels.append(near)
        near["said"].append(row["evidence"])
    for label in labels:
        said = list(dict.fromkeys(label.pop("said")))
        label["evidence"] = "; ".join(said)
        label["keys"] = "; ".join(dict.fromkeys(evidence.partition(",")[0] for evidence in said))
    return labels


def session_layer(axes: Axes, sessions: Sequence[Row]) -> alt.Chart:
    """A point a session, with the sign of its channel."""
    rows = [
        {
            "at": at(row["happened_at"]),
            "lane": axes.names[row["node_id"]],
            "channel": row["channel"],
            "sign": row["channel"] if row["channel"] in CHANNELS else OTHER_NAME,
            "when": f"{row['happened_at']:%Y-%m-%d %H:%M}",
            "events": row["event_count"],
        }
        for row in sessions
    ]
    seen = {row["sign"] for row in rows}
    shown = [name for name in (*CHANNELS, OTHER_NAME) if name in seen]
    signs = [CHANNELS.get(name, OTHER) for name in shown]
    sign = {
        "legend": alt.Legend(
            title=None,
            orient="top",
            direction="horizontal",
            columns=alt.ExprRef(f"{IS_NARROW} ? 2 : 6"),
            symbolOpacity=1,
        )
    }
    return (
        alt.Chart(data(rows))
        .mark_point(filled=True, size=80, opacity=1, stroke="theme:page", strokeWidth=1)
        .encode(
            x=axes.time,
            y=axes.lane,
            color=alt.Color("sign:N", scale=alt.Scale(domain=shown, range=[c for c, _ in signs]), **sign),
            shape=alt.Shape("sign:N", scale=alt.Scale(domain=shown, range=[s for _, s in signs]), **sign),
            tooltip=["when:N", "channel:N", "events:Q"],
        )
    )


def conversion_layers(axes: Axes, conversions: Sequence[Row], links: Sequence[Row]) -> list[alt.Chart]:
    """A diamond a conversion; beside it the channel that last touch credits, by cookie or with the graph."""
    if not conversions:
        return []
    rows = [
        {
            "at": at(row["happened_at"]),
            "lane": axes.names[row["node_id"]],
            "conversion": row["value"],
            "when": f"{row['happened_at']:%Y-%m-%d %H:%M}",
            "by cookie": f"→ {row['cookie_channel']}",
            "with the graph": f"→ {row['graph_channel']}",
        }
        for row in conversions
    ]
    # A text needs room after the one before it on its lane, reaches over no end and, if it can, over no line of a link.
    lines = [part_of(axes, row["happened_at"]) for row in links]
    before: dict[str, tuple[float, str]] = {}
    for row in sorted(rows, key=lambda row: row["at"]):
        place = part_of(axes, datetime.fromisoformat(row["at"]))
        last, last_side = before.get(row["lane"], (-1, "right"))
        is_crossed = any(place < line < place + LONG for line in lines)
        row["side"] = "right" if place > 0.6 or (place > 0.4 and is_crossed) else "left"
        row["room"] = place - last
        row["needed"] = ROOM * ((last_side == "left") + (row["side"] == "right"))
        before[row["lane"]] = place, row["side"]
    base = alt.Chart(data(rows)).encode(
        x=axes.time, y=axes.lane, tooltip=["when:N", "conversion:N", "by cookie:N", "with the graph:N"]
    )

    def text(mode: str) -> Spec:
        gap = alt.ExprRef("datum.side == 'right' ? -8 : 8")
        shown = alt.ExprRef(f"datum.room * width >= datum.needed ? datum['{mode}'] : ''")
        return {
            "align": alt.ExprRef("datum.side"),
            "dx": gap,
            "dy": 17,
            "fontSize": 11,
            "color": "theme:text",
            "text": shown,
        }

    return [
        base.mark_point(shape="diamond", filled=True, size=230, opacity=1, color="theme:text", stroke="theme:page"),
        base.transform_filter(IS_RAW).mark_text(**text("by cookie")),
        base.transform_filter(IS_STITCHED).mark_text(**text("with the graph")),
    ]
