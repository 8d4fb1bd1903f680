"""One person's journey: what happened on each id, what joined them, and what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from identity_graph.page.figures import Figure, Section, words
from identity_graph.page.journey_chart import journey_chart
from identity_graph.page.journey_choice import Choice, chosen, named
from identity_graph.page.marts import Marts, Row
from identity_graph.project import CommandError
from identity_graph.text import counted, money

MOST_SESSIONS = 300
MOST_LANES = 16

# Ids and, of an id that several users shared, the part of each user; by turns the most active of each person.
LANES = """
    with lanes as (
        select
            space_id, anonymous_id as node_id, anonymous_id, universal_id, first_seen_at, last_seen_at, event_count,
            has_visits, false as is_shared
        from users
        where not is_shared
        union all
        select
            space_id, node_id, anonymous_id, universal_id, first_seen_at, last_seen_at, event_count,
            session_count > 0 as has_visits, true as is_shared
        from shared_devices
    ),

    shown as (
        select *
        from lanes
        where space_id = $space and universal_id in $persons
        order by
            row_number() over (partition by universal_id order by event_count desc, node_id), event_count desc, node_id
        limit $most
    )

    select * from shown
    order by first_seen_at, node_id
"""
PERSONS = """
    select
        count(*) as persons, coalesce(sum(id_count), 0) as ids, min(identity_confidence) as confidence
    from persons
    where space_id = $space and universal_id in $persons
"""
SESSIONS = """
    select node_id, session_started_at as happened_at, channel, event_count, count(*) over () as found
    from sessions
    where space_id = $space and node_id in $ids and has_consent
    order by session_started_at desc, session_id
    limit $most
"""
CONVERSIONS = """
    select
        conversions.node_id, conversions.converted_at as happened_at, conversions.event_name,
        conversions.revenue_amount, conversions.currency_code, count(*) over () as found,
        max(case when credited.identity_mode = 'cookie' then credited.channel end) as cookie_channel,
        max(case when credited.identity_mode = 'graph' then credited.channel end) as graph_channel
    from conversions
    inner join attributed_conversions as credited on conversions.conversion_id = credited.conversion_id
    where
        conversions.space_id = $space and conversions.node_id in $ids and conversions.has_consent
        and credited.attribution_model = 'last_touch'
    group by
        conversions.conversion_id, conversions.node_id, conversions.converted_at, conversions.event_name,
        conversions.revenue_amount, conversions.currency_code
    order by conversions.converted_at desc, conversions.conversion_id
    limit $most
"""
LINKS = """
    select
        anonymous_id_a, anonymous_id_b, key_type, linked_at as happened_at,
        date_diff('day', earlier_date, later_date) as days, is_accepted, refusal_reason
    from identity_links
    where space_id = $space and anonymous_id_a in $ids and anonymous_id_b in $ids and (is_link or not is_accepted)
    order by linked_at, confidence desc, anonymous_id_a, anonymous_id_b, key_type
"""
# The device that most events of an id came from.
DEVICES = """
    select node_id, concat_ws(', ', platform, os) as device
    from events
    where space_id = $space and node_id in $ids and platform is not null
    group by node_id, platform, os
    qualify row_number() over (partition by node_id order by count(*) desc, platform, os) = 1
    order by node_id
"""


def section(marts: Marts, person: str | None) -> Section:
    """Journeys of a few telling persons, and of the one that is named.

    Raises:
        CommandError: nobody has the id.

    """
    title = "How do cookies become a person?"
    if marts.is_masked:
        hidden = (
            "A journey tells of one person, and masked views hold nobody: their ids are null. Whoever may read the "
            "marts makes this page with identity-graph report --unmasked."
        )
        return Section("journey", title, "Each line is an id, each join a piece of evidence.", absent=[hidden])
    choices = ([*named(marts, person)] if person else []) + chosen(marts)
    figures = [journey(marts, choice) for choice in choices]
    return Section(
        "journey",
        title,
        "Each line is an anonymous id: a browser or an app on a device, or a server that told of somebody. Points are "
        "sessions, by their channel; diamonds are conversions, with what last touch credits; a vertical line is the "
        "moment at which a key joins two ids. "
        "Raw shows what a tool without identity sees. Times are UTC.",
        figures,
        absent=[] if figures else ["Nobody in this database is joined by a click and another key, or kept apart."],
        has_switch=bool(figures),
    )


def journey(marts: Marts, choice: Choice) -> Figure:
    """The chart of a journey and, as a table, what happened in order.

    Raises:
        CommandError: no id tells of these persons.

    """
    whom = {"space": choice.space, "persons": list(choice.persons)}
    lanes = {row["node_id"]: row for row in marts.rows(LANES, **whom, most=MOST_LANES)}
    if not lanes:
        raise CommandError(f"no event under consent tells of {', '.join(choice.persons)}: name another id.")
    of = {"space": choice.space, "ids": list(lanes)}
    sessions = marts.rows(SESSIONS, **of, most=MOST_SESSIONS)
    conversions = marts.rows(CONVERSIONS, **of, most=MOST_SESSIONS)
    links = marts.rows(LINKS, **of)
    joins, refused = joining(links), [row for row in links if not row["is_accepted"]]
    devices = {} if marts.missing("events") else {row["node_id"]: row["device"] for row in marts.rows(DEVICES, **of)}
    for row in conversions:
        row["value"] = (
            row["event_name"]
            if row["revenue_amount"] is None
            else f"{row['event_name']} {money(row['revenue_amount'], row['currency_code'])}"
        )
    for row in joins + refused:
        row["evidence"] = f"{row['key_type']}, {apart(row['days'])}"
    names = lane_names(lanes, devices)
    return Figure(
        f"journey_{choice.name}",
        choice.question,
        reading(marts.one(PERSONS, **whom), lanes, sessions, conversions, joins, refused),
        ("sessions", "conversions", "identity_links", "users", "shared_devices", "persons"),
        (words("when (UTC)", "when"), words("id", "id"), words("what", "what"), words("channel or evidence", "detail")),
        told(names, sessions, conversions, joins, refused),
        journey_chart(names, lanes, sessions, conversions, joins, refused),
        is_wide=True,
    )


def joining(links: Iterable[Row]) -> list[Row]:
    """Of accepted links in the order of time, those that join what was apart."""
    group: dict[str, str] = {}

    def root(name: str) -> str:
        while group.get(name, name) != name:
            name = group[name]
        return name

    joins = []
    for row in links:
        a, b = root(row["anonymous_id_a"]), root(row["anonymous_id_b"])
        if row["is_accepted"] and a != b:
            group[b] = a
            joins.append(row)
    return joins


def lane_names(lanes: Mapping[str, Row], devices: Mapping[str, str]) -> dict[str, str]:
    """The name of each lane: as much of its id as makes it unique, and in a second line what it is."""
    length = 8
    while len({lane_name(row, length) for row in lanes.values()}) < len(lanes):
        length += 4
    kinds = {name: devices.get(name, "") if row["has_visits"] else "server record" for name, row in lanes.items()}
    return {name: f"{lane_name(row, length)}\n{kinds[name]}".strip() for name, row in lanes.items()}


def lane_name(lane: Row, length: int) -> str:
    """The beginning of an id and, where several users shared it, of the sign of the user."""
    name, sign = lane["anonymous_id"], lane["node_id"].removeprefix(lane["anonymous_id"])
    return name[:length] + sign[: length // 2]


def apart(days: int | None) -> str:
    """The distance of two observations."""
    return "an override" if days is None else "same day" if not days else counted(days, "day") + " apart"


def reading(
    persons: Row,
    lanes: Mapping[str, Row],
    sessions: list[Row],
    conversions: list[Row],
    joins: list[Row],
    refused: list[Row],
) -> str:
    """What the journey shows, in sentences."""
    browsers = sum(row["has_visits"] for row in lanes.values())
    kinds = [
        counted(number, name)
        for number, name in ((browsers, "browser"), (len(lanes) - browsers, "server record"))
        if number
    ]
    said = [
        f"{' and '.join(kinds)}, {counted(persons['persons'], 'person')}, least confidence {persons['confidence']:.2f}."
    ]
    if persons["ids"] > len(lanes):
        said.append(f"These are the {len(lanes)} most active of {int(persons['ids']):,} ids.")
    for rows, name in ((sessions, "sessions"), (conversions, "conversions")):
        if rows and rows[0]["found"] > len(rows):
            said.append(f"The newest {len(rows)} of {rows[0]['found']:,} {name} are shown.")
    if any(row["is_shared"] for row in lanes.values()):
        said.append("An id that several users shared has a line for each user.")
    moved = [row for row in conversions if row["cookie_channel"] != row["graph_channel"]]
    for row in moved[:2]:
        said.append(
            f"{row['value']} on {row['happened_at']:%-d %B %Y}: by cookie credited to {row['cookie_channel']}, "
            f"with the graph to {row['graph_channel']}."
        )
    for row in refused[:1]:
        said.append(f"Refused: {row['evidence']} ({row['refusal_reason']}).")
    if not joins and len(lanes) == 1:
        said.append("Nothing joins it to another.")
    return " ".join(said)


def told(
    names: dict[str, str], sessions: list[Row], conversions: list[Row], joins: list[Row], refused: list[Row]
) -> list[Row]:
    """All that happened as rows of text, in order."""
    rows = [(row["happened_at"], names[row["node_id"]], "session", row["channel"]) for row in sessions]
    rows += [
        (
            row["happened_at"],
            names[row["node_id"]],
            row["value"],
            f"by cookie {row['cookie_channel']}, with the graph {row['graph_channel']}",
        )
        for row in conversions
    ]
    for what, links in (("joined", joins), ("refused", refused)):
        rows += [
            (
                row["happened_at"],
                names[row["anonymous_id_a"]],
                f"{what} with {names[row['anonymous_id_b']]}",
                ": ".join(part for part in (row["evidence"], row["refusal_reason"]) if part),
            )
            for row in links
            if row["anonymous_id_a"] in names and row["anonymous_id_b"] in names
        ]
    return [
        {"when": f"{when:%Y-%m-%d %H:%M}", "id": lane, "what": what, "detail": detail}
        for when, lane, what, detail in sorted(rows)
    ]
