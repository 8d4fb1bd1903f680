"""Charts that several sections need, as Vega-Lite specs.

Colours are names of the page's theme ("theme:graph"), which the page replaces by those of light or dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt

from identity_graph.page.marts import Row

COOKIE, GRAPH = "by cookie", "with the graph"
MODES = alt.Scale(domain=[COOKIE, GRAPH], range=["theme:cookie", "theme:graph"])
ROW_HEIGHT = 30
MOST_LABELS = 6
# In pixels: more than a character of a number takes.
CHARACTER = 8
# A legend that breaks after the plot's width is known would be cut: the place's width is known before.
IS_NARROW = "containerSize()[0] < 480"
Spec = dict[str, Any]


def data(rows: Sequence[Row]) -> alt.InlineData:
    """Rows inside the spec; dates as text."""
    return alt.InlineData(
        values=[
            {
                name: value.isoformat() if hasattr(value, "isoformat") else value
                for name, value in row.items()
                if value is not None
            }
            for row in rows
        ]
    )


def epoch(day: date) -> int:
    """The beginning of a day (UTC) as a browser counts it, in milliseconds."""
    return (day - date(1970, 1, 1)).days * 86_400_000


def finished(chart: alt.LayerChart | alt.Chart, height: int, right: int = 8) -> Spec:
    """The spec of a chart as wide as its place on the page, without the settings that the page gives.

    Args:
        chart: what is drawn.
        height: of the plot, in pixels.
        right: room for what reaches over the plot's right end, in pixels.

    """
    spec = chart.properties(width="container", height=height).to_dict()
    for name in ("$schema", "config"):
        spec.pop(name, None)
    padding = {"left": 2, "right": right, "top": 4, "bottom": 4}
    return spec | {"autosize": {"type": "fit-x", "contains": "padding"}, "padding": padding}


def legend(**options: Any) -> alt.Legend:
    """A legend above the chart, without a title."""
    columns = alt.ExprRef(f"{IS_NARROW} ? 2 : 6")
    return alt.Legend(**({"title": None, "orient": "top", "direction": "horizontal", "columns": columns} | options))


def compared(rows: Sequence[Row], name: str, axis: str, shape: str, change_shape: str) -> Spec:
    """One line per name from its value by cookie to that with the graph, and the difference beside it.

    Args:
        rows: with `name`, "by cookie", "with the graph" and "difference", in the order of the lines.
        name: the field that names a line.
        axis: title of the values' axis, with their unit.
        shape: how values are written, as d3-format says it.
        change_shape: how the difference is written.

    """
    lines = alt.Y(
        f"{name}:N",
        sort=[row[name] for row in rows],
        title=None,
        axis=alt.Axis(domain=False, ticks=False, labelPadding=8),
    )
    base = alt.Chart(data(rows))
    values = [row[mode] for row in rows for mode in (COOKIE, GRAPH)]
    scale = alt.Scale(domain=[min(0, *values), max(0, *values) or 1], nice=False)
    tooltip = [
        alt.Tooltip(f"{name}:N"),
        alt.Tooltip(f"{COOKIE}:Q", format=shape),
        alt.Tooltip(f"{GRAPH}:Q", format=shape),
        alt.Tooltip("difference:Q", format=change_shape),
    ]
    bars = base.mark_rule(strokeWidth=3, opacity=0.35, color="theme:muted").encode(
        x=alt.X(f"{COOKIE}:Q", title=axis, scale=scale, axis=alt.Axis(format=shape, tickCount=5)),
        x2=f"{GRAPH}:Q",
        y=lines,
    )
    points = (
        base.transform_fold([COOKIE, GRAPH], as_=["mode", "value"])
        .mark_point(filled=True, size=95, opacity=1)
        .encode(
            x="value:Q",
            y=lines,
            color=alt.Color("mode:N", scale=MODES, legend=legend()),
            shape=alt.Shape("mode:N", scale=alt.Scale(domain=[COOKIE, GRAPH], range=["square", "circle"])),
            tooltip=tooltip,
        )
    )
    texts = (
        base.transform_calculate(
            end=f"max(datum['{COOKIE}'], datum['{GRAPH}'])",
            text=f"datum.difference == 0 ? '±0' : format(datum.difference, '{change_shape}')",
        )
        .mark_text(align="left", dx=10, color="theme:muted")
        .encode(x="end:Q", y=lines, text="text:N")
    )
    longest = max(len(f"{row['difference']:+,.0f}") for row in rows)
    return finished(alt.layer(bars, points, texts), ROW_HEIGHT * len(rows), right=12 + CHARACTER * longest)


def bars(
    rows: Sequence[Row],
    name: str,
    value: str,
    axis: str,
    shape: str,
    *,
    note: str | None = None,
    lower_limit: str | None = None,
    limit: float | None = None,
    is_by_mode: bool = False,
) -> Spec:
    """Horizontal bars in the order of the rows, each under its name, so that long names have room.

    Args:
        rows: with the fields below.
        name: the field that names a bar.
        value: the field of its length.
        axis: title of the values' axis, with their unit.
        shape: how values are written, as d3-format says it.
        note: a field of text to stand behind the value, before the name.
        lower_limit: a field with the lower end of the value's interval, drawn as a line.
        limit: a value to draw a line at.
        is_by_mode: whether the names are "by cookie" and "with the graph", in their colours.

    """
    place = alt.Y(f"{name}:N", sort=[row[name] for row in rows], axis=None, scale=alt.Scale(paddingInner=0.1))
    base = alt.Chart(data(rows))
    is_share = shape.endswith("%")
    largest = max([row[value] or 0 for row in rows] + [limit or 0])
    x = alt.X(
        f"{value}:Q",
        title=axis,
        axis=alt.Axis(format=".0%" if is_share else shape, tickCount=5),
        scale=alt.Scale(domain=[0, 1 if is_share and not limit else largest or 1]),
    )
    tooltip = [alt.Tooltip(f"{name}:N"), alt.Tooltip(f"{value}:Q", title=axis, format=shape)]
    colour = alt.Color(f"{name}:N", scale=MODES, legend=None) if is_by_mode else alt.value("theme:graph")
    layers = [base.mark_bar(size=10, yOffset=8, cornerRadiusEnd=2).encode(x=x, y=place, color=colour, tooltip=tooltip)]
    # A long name is cut, and no value.
    noted = f" + datum['{note}']" if note else ""
    labels = f"format(datum['{value}'], '{shape}'){noted} + ': ' + datum['{name}']"
    layers.append(
        base.transform_calculate(label=labels)
        .mark_text(align="left", baseline="middle", dy=-7, color="theme:text", limit=alt.ExprRef("width"))
        .encode(x=alt.value(0), y=place, text="label:N")
    )
    if lower_limit:
        layers.append(
            base.mark_rule(strokeWidth=2, yOffset=8, y2Offset=8, color="theme:cookie").encode(
                x=f"{lower_limit}:Q", x2=f"{value}:Q", y=place
            )
        )
        layers.append(
            base.mark_tick(thickness=2, size=14, yOffset=8, color="theme:cookie").encode(x=f"{lower_limit}:Q", y=place)
        )
    if limit is not None:
        layers.append(
            alt.Chart(alt.InlineData(values=[{"limit": limit}]))
            .mark_rule(strokeDash=[4, 3], color="theme:alert")
            .encode(x="limit:Q")
        )
    return finished(alt.layer(*layers), 38 * len(rows))


def grouped_columns(rows: Sequence[Row], name: str, axis: str, names_axis: str) -> Spec:
    """Pairs of columns, by cookie and with the graph, in the order of the rows."""
    order = [row[name] for row in rows]
    base = (
        alt.Chart(data(rows))
        .transform_fold([COOKIE, GRAPH], as_=["mode", "value"])
        .encode(
            x=alt.X(
                f"{name}:N",
                sort=order,
                title=names_axis,
                axis=alt.Axis(labelAngle=0, labelExpr="split(datum.label, '_')"),
            ),
            xOffset=alt.XOffset("mode:N", sort=[COOKIE, GRAPH]),
            y=alt.Y("value:Q", title=axis, axis=alt.Axis(format=",~r", tickCount=5)),
        )
    )
    columns = base.mark_bar(cornerRadiusEnd=2).encode(
        color=alt.Color("mode:N", scale=MODES, legend=legend(offset=18)),
        tooltip=[alt.Tooltip(f"{name}:N"), alt.Tooltip("mode:N"), alt.Tooltip("value:Q", format=",~r")],
    )
    texts = base.mark_text(dy=-6, fontSize=10, color="theme:muted").encode(text=alt.Text("value:Q", format=",~r"))
    return finished(alt.layer(columns, texts), 240)


def heat_map(
    rows: Sequence[Row],
    line: str,
    column: str,
    value: str,
    titles: tuple[str, str],
    shape: str,
    *,
    lines: Sequence[str],
) -> Spec:
    """Cells that are the darker the larger their value, which stands in them.

    Args:
        rows: one per cell, with the fields below.
        line: the field of the cell's line; `lines` has their order.
        column: the field of its column, in the order of the rows.
        value: the field of its value.
        titles: of the columns' axis and of the lines' axis.
        shape: how values are written, as d3-format says it.
        lines: names of the lines from above.

    """
    largest = max((row[value] or 0 for row in rows), default=0) or 1
    columns = list(dict.fromkeys(row[column] for row in rows))
    turned: Spec = (
        {"labelAngle": -40, "labelAlign": "left"} if max(map(len, columns), default=0) > 3 else {"labelAngle": 0}
    )
    base = alt.Chart(data(rows)).encode(
        x=alt.X(
            f"{column}:N",
            sort=columns,
            title=titles[0],
            axis=alt.Axis(orient="top", domain=False, ticks=False, **turned),
        ),
        y=alt.Y(f"{line}:N", sort=list(lines), title=titles[1], axis=alt.Axis(domain=False, ticks=False)),
    )
    cells = base.mark_rect(stroke="theme:page", strokeWidth=2, cornerRadius=2).encode(
        color=alt.Color(
            f"{value}:Q",
            scale=alt.Scale(domain=[0, largest], range=["theme:heat-low", "theme:heat-high"]),
            legend=None,
        ),
        tooltip=[alt.Tooltip(f"{line}:N"), alt.Tooltip(f"{column}:N"), alt.Tooltip(f"{value}:Q", format=shape)],
    )
    texts = base.mark_text(fontSize=11, color="theme:text").encode(text=alt.Text(f"{value}:Q", format=shape))
    return finished(alt.layer(cells, texts), 28 * len(lines), right=24)


def lines(
    rows: Sequence[Row], time: str, series: str, value: str, titles: tuple[str, str], order: Sequence[str]
) -> Spec:
    """One line a series over days, as shares; the first series in the colour of the graph.

    Args:
        rows: with the fields below, and `persons`.
        time: the field of the day.
        series: the field of the line's name; `order` has all names.
        value: the field of the share.
        titles: of the axis of time and of the axis of shares.
        order: names of the lines.

    """
    colours = ["theme:graph", "theme:cookie"][: len(order)]
    times = sorted({row[time] for row in rows})
    labelled = times[:: max(1, len(times) // MOST_LABELS)]
    chart = (
        alt.Chart(data(rows))
        .mark_line(point=alt.OverlayMarkDef(size=45, filled=True), strokeWidth=2)
        .encode(
            x=alt.X(
                f"{time}:T",
                title=titles[0],
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(format="%-d %b", values=[epoch(day) for day in labelled]),
            ),
            y=alt.Y(
                f"{value}:Q", title=titles[1], axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(domainMin=0)
            ),
            color=alt.Color(f"{series}:N", scale=alt.Scale(domain=list(order), range=colours), legend=legend()),
            strokeDash=alt.StrokeDash(
                f"{series}:N", scale=alt.Scale(domain=list(order), range=[[1, 0], [5, 3]]), legend=legend()
            ),
            tooltip=[
                alt.Tooltip(f"{time}:N"),
                alt.Tooltip(f"{series}:N"),
                alt.Tooltip(f"{value}:Q", format=".1%"),
                alt.Tooltip("persons:Q", format=","),
            ],
        )
    )
    return finished(chart, 240)
