"""One person's journey: which persons are telling, and what happened on each of their ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from identity_graph.page.figures import Figure, Section, words
from identity_graph.page.journey_chart import journey_chart
from identity_graph.page.marts import Marts, Row
from identity_graph.project import CommandError
from identity_graph.text import counted, money

# A journey is read by eye.
MOST_SESSIONS = 300
MOST_READABLE = 40
MOST_LANES = 16

# A click that is seen by two ids is a link that left an app's own browser; another key then brings another device.
ACROSS_DEVICES = """
    with links as (
        select users.space_id, users.universal_id, identity_links.key_type
        from identity_links
        inner join users
            on identity_links.space_id = users.space_id and identity_links.anonymous_id_a = users.anonymous_id
        where identity_links.is_link
    ),

    keys as (
        select space_id, universal_id, count(distinct key_type) as key_types
        from links
        group by space_id, universal_id
        having bool_or(key_type = 'click_id') and count(distinct key_type) > 1
    ),

    visits as (
        select space_id, universal_id, count(*) as sessions, count(distinct anonymous_id) as ids
        from sessions
        where has_consent
        group by space_id, universal_id
    ),

    credits as (
        select
            conversions.space_id,
            conversions.universal_id,
            max(case when by_graph.channel != by_cookie.channel then 1 else 0 end) as moves
        from conversions
        inner join attributed_conversions as by_graph
            on conversions.conversion_id = by_graph.conversion_id
        inner join attributed_conversions as by_cookie
            on conversions.conversion_id = by_cookie.conversion_id
        where
            by_graph.attribution_model = 'last_touch' and by_graph.identity_mode = 'graph'
            and by_cookie.attribution_model = 'last_touch' and by_cookie.identity_mode = 'cookie'
        group by conversions.space_id, conversions.universal_id
    )

    select keys.space_id, keys.universal_id
    from keys
    inner join visits on keys.space_id = visits.space_id and keys.universal_id = visits.universal_id
    inner join credits on keys.space_id = credits.space_id and keys.universal_id = credits.universal_id
    where visits.ids >= 3 and visits.sessions <= $readable
    order by credits.moves desc, keys.key_types desc, visits.ids desc, visits.sessions, keys.universal_id, keys.space_id
    limit 1
"""
HOUSEHOLD = """
    with persons_of_households as (
        select users.space_id, users.household_id, users.universal_id, count(*) as ids
        from users
        where users.household_id is not null and users.has_visits
        group by users.space_id, users.household_id, users.universal_id
    ),

    visits as (
        select space_id, universal_id, count(*) as sessions
        from sessions
        where has_consent
        group by space_id, universal_id
    )

    select people.space_id, people.household_id
    from persons_of_households as people
    inner join visits on people.space_id = visits.space_id and people.universal_id = visits.universal_id
    inner join persons on people.space_id = persons.space_id and people.universal_id = persons.universal_id
    group by people.space_id, people.household_id
    having count(*) = 2 and sum(visits.sessions) <= $readable and sum(people.ids) > 2
    order by
        sum(persons.conversion_count) > 0 desc, min(people.ids) desc, sum(visits.sessions) desc,
        people.household_id, people.space_id
    limit 1
"""
REFUSED = """
    with visits as (
        select space_id, universal_id, count(*) as sessions
        from sessions
        where has_consent
        group by space_id, universal_id
    )

    select links.space_id, a.universal_id as universal_id_a, b.universal_id as universal_id_b
    from identity_links as links
    inner join users as a on links.space_id = a.space_id and links.anonymous_id_a = a.anonymous_id
    inner join users as b on links.space_id = b.space_id and links.anonymous_id_b = b.anonymous_id
    inner join visits as visits_a on a.space_id = visits_a.space_id and a.universal_id = visits_a.universal_id
    inner join visits as visits_b on b.space_id = visits_b.space_id and b.universal_id = visits_b.universal_id
    where
        not links.is_accepted and a.universal_id != b.universal_id
        and visits_a.sessions + visits_b.sessions <= $readable
    order by
        links.confidence desc, a.component_size + b.component_size desc, visits_a.sessions + visits_b.sessions,
        links.anonymous_id_a, links.anonymous_id_b, links.key_type, links.space_id
    limit 1
"""
NAMED = """
    select space_id, universal_id from users where anonymous_id = $id
    union
    select space_id, universal_id from persons where universal_id = $id
    order by space_id, universal_id
"""
OF_HOUSEHOLD = """
    select distinct universal_id
    from users
    where space_id = $space and household_id = $household
    order by universal_id
"""

IDS = """
    select anonymous_id, universal_id, first_seen_at, last_seen_at, identity_confidence
    from users
    where space_id = $space and universal_id in $persons
    order by first_seen_at, anonymous_id
"""
SESSIONS = """
    select anonymous_id, session_started_at as happened_at, channel, event_count
    from sessions
    where space_id = $space and universal_id in $persons and has_consent
    order by session_started_at desc, session_id
    limit $most
"""
CONVERSIONS = """
    select
        conversions.anonymous_id, conversions.converted_at as happened_at, conversions.event_name,
        conversions.revenue_amount, conversions.currency_code,
        max(case when credited.identity_mode = 'cookie' then credited.channel end) as cookie_channel,
        max(case when credited.identity_mode = 'graph' then credited.channel end) as graph_channel
    from conversions
    inner join attributed_conversions as credited on conversions.conversion_id = credited.conversion_id
    where
        conversions.space_id = $space and conversions.universal_id in $persons
        and credited.attribution_model = 'last_touch'
    group by all
    order by conversions.converted_at, conversions.anonymous_id, conversions.event_name, conversions.revenue_amount
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
DEVICES = """
    select anonymous_id, platform, os, browser
    from events
    where space_id = $space and anonymous_id in $ids and platform is not null
    group by anonymous_id, platform, os, browser
    order by anonymous_id, count(*), platform, os, browser
"""


@dataclass(frozen=True)
class Choice:
    """A journey to show: why, and of whom."""

    name: str
    question: str
    space: str
    persons: tuple[str, ...]


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
        return Section("journey", title, "Each line is a device, each join a piece of evidence.", absent=[hidden])
    choices = ([*named(marts, person)] if person else []) + chosen(marts)
    figures = [journey(marts, choice) for choice in choices]
    return Section(
        "journey",
        title,
        "Each line is an anonymous id: a browser on a device. Points are sessions, by their channel; diamonds are "
        "conversions, with what last touch credits; a vertical line is the moment at which a key joins two ids. "
        "Raw shows what a tool without identity sees. Times are UTC.",
        figures,
        absent=[] if figures else ["Nobody in this database is joined by a click and another key, or kept apart."],
        has_switch=bool(figures),
    )


def chosen(marts: Marts) -> list[Choice]:
    """Telling persons, the same for the same database."""
    choices = []
    for row in marts.rows(ACROSS_DEVICES, readable=MOST_READABLE):
        choices.append(
            Choice(
                "across_devices",
                "From an app's own browser to another and to another device: who was that?",
                row["space_id"],
                (row["universal_id"],),
            )
        )
    for row in marts.rows(HOUSEHOLD, readable=MOST_READABLE):
        people = marts.rows(OF_HOUSEHOLD, space=row["space_id"], household=row["household_id"])
        names = tuple(person["universal_id"] for person in people)
        choices.append(Choice("household", "Who shares a household and is not one person?", row["space_id"], names))
    for row in marts.rows(REFUSED, readable=MOST_READABLE):
        names = tuple(sorted((row["universal_id_a"], row["universal_id_b"])))
        choices.append(Choice("refused", "Which link was refused, and between whom?", row["space_id"], names))
    return choices


def named(marts: Marts, person: str) -> Iterable[Choice]:
    """The person of an id, in each space that knows it.

    Raises:
        CommandError: nobody has the id.

    """
    found = marts.rows(NAMED, id=person)
    if not found:
        raise CommandError(f"--person: no id or person is called {person!r} in this database.")
    for place, row in enumerate(found):
        suffix = f"_{place + 1}" * (place > 0)
        yield Choice(
            f"named{suffix}",
            f"What did the person of {person} do, in the space {row['space_id']}?",
            row["space_id"],
            (row["universal_id"],),
        )


def journey(marts: Marts, choice: Choice) -> Figure:
    """The chart of a journey and, as a table, what happened in order."""
    whom = {"space": choice.space, "persons": list(choice.persons)}
    ids = marts.rows(IDS, **whom)
    lanes = {row["anonymous_id"]: row for row in ids[:MOST_LANES]}
    of = {"space": choice.space, "ids": list(lanes)}
    sessions = [row for row in marts.rows(SESSIONS, **whom, most=MOST_SESSIONS) if row["anonymous_id"] in lanes]
    conversions = [row for row in marts.rows(CONVERSIONS, **whom, most=MOST_SESSIONS) if row["anonymous_id"] in lanes]
    links = marts.rows(LINKS, **of)
    joins, refused = joining(links), [row for row in links if not row["is_accepted"]]
    devices = (
        {row["anonymous_id"]: device_name(row) for row in marts.rows(DEVICES, **of)}
        if not marts.missing("events")
        else {}
    )
    for row in conversions:
        row["value"] = (
            row["event_name"]
            if row["revenue_amount"] is None
            else f"{row['event_name']} {money(row['revenue_amount'], row['currency_code'])}"
        )
    for row in joins + refused:
        row["evidence"] = f"{row['key_type']}, {apart(row['days'])}"
    names = lane_names(lanes, devices, choice.persons)
    return Figure(
        f"journey_{choice.name}",
        choice.question,
        reading(ids, sessions, conversions, joins, refused),
        ("sessions", "conversions", "identity_links", "users"),
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


def device_name(row: Row) -> str:
    """What is known of the device."""
    return ", ".join(part for part in (row["platform"], row["os"], row["browser"]) if part)


def lane_names(lanes: Iterable[str], devices: dict[str, str], persons: tuple[str, ...] | Any) -> dict[str, str]:
    """The name of each lane: the beginning of its id, unique, and the device."""
    ids = list(lanes)
    length = next(
        (size for size in (8, 12, 18, 36) if len({name[:size] for name in ids}) == len(ids)),
        max(map(len, ids), default=8),
    )
    return {name: f"{name[:length]} {devices.get(name, '')}".strip() for name in ids}


def apart(days: int | None) -> str:
    """The distance of two observations."""
    return "an override" if days is None else "same day" if not days else counted(days, "day") + " apart"


def reading(ids: list[Row], sessions: list[Row], conversions: list[Row], joins: list[Row], refused: list[Row]) -> str:
    """What the journey shows, in sentences."""
    persons = defaultdict(list)
    for row in ids:
        persons[row["universal_id"]].append(row["identity_confidence"])
    said = [
        f"{counted(len(ids), 'cookie')}, {counted(len(persons), 'person')}, least confidence "
        f"{min(map(min, persons.values())):.2f}."
    ]
    if len(ids) > MOST_LANES:
        said.append(f"The first {MOST_LANES} are shown.")
    if len(sessions) >= MOST_SESSIONS:
        said.append(f"The newest {MOST_SESSIONS} sessions are shown.")
    moved = [row for row in conversions if row["cookie_channel"] != row["graph_channel"]]
    for row in moved[:2]:
        said.append(
            f"{row['value']} on {row['happened_at']:%-d %B %Y}: by cookie credited to {row['cookie_channel']}, "
            f"with the graph to {row['graph_channel']}."
        )
    for row in refused[:1]:
        said.append(f"Refused: {row['evidence']} ({row['refusal_reason']}).")
    if not joins and len(ids) == 1:
        said.append("Nothing joins it to another.")
    return " ".join(said)


def told(
    names: dict[str, str], sessions: list[Row], conversions: list[Row], joins: list[Row], refused: list[Row]
) -> list[Row]:
    """All that happened as rows of text, in order."""
    rows = [(row["happened_at"], names[row["anonymous_id"]], "session", row["channel"]) for row in sessions]
    rows += [
        (
            row["happened_at"],
            names[row["anonymous_id"]],
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
