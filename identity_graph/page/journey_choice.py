"""Whose journey is shown: a few telling persons, found by rule, and whoever is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from identity_graph.page.marts import Marts
from identity_graph.project import CommandError

# A journey is read by eye: so many sessions, and so many refused links, are enough.
MOST_READABLE = 40
MOST_READABLE_LINKS = 4

# A click that two ids share, as where a link leaves an app's own browser, and another key that joins.
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
            conversions.has_consent
            and by_graph.attribution_model = 'last_touch' and by_graph.identity_mode = 'graph'
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
# Persons with few links between them that were refused: of many, nobody sees which is which.
REFUSED = """
    with visits as (
        select space_id, universal_id, count(*) as sessions
        from sessions
        where has_consent
        group by space_id, universal_id
    )

    select
        links.space_id,
        least(a.universal_id, b.universal_id) as first_person,
        greatest(a.universal_id, b.universal_id) as second_person
    from identity_links as links
    inner join users as a on links.space_id = a.space_id and links.anonymous_id_a = a.anonymous_id
    inner join users as b on links.space_id = b.space_id and links.anonymous_id_b = b.anonymous_id
    inner join visits as visits_a on a.space_id = visits_a.space_id and a.universal_id = visits_a.universal_id
    inner join visits as visits_b on b.space_id = visits_b.space_id and b.universal_id = visits_b.universal_id
    where
        not links.is_accepted and a.universal_id != b.universal_id
        and visits_a.sessions + visits_b.sessions <= $readable
    group by links.space_id, first_person, second_person
    order by
        count(*) > $readable_links, least(max(a.component_size), max(b.component_size)) > 1 desc,
        count(*), max(links.confidence) desc, first_person, second_person, links.space_id
    limit 1
"""
NAMED = """
    select space_id, universal_id from users where anonymous_id = $id
    union
    select space_id, universal_id from shared_devices where $id in (anonymous_id, node_id)
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


@dataclass(frozen=True)
class Choice:
    """A journey to show: why, and of whom."""

    name: str
    question: str
    space: str
    persons: tuple[str, ...]


def chosen(marts: Marts) -> list[Choice]:
    """Telling persons, the same for the same database."""
    choices = []
    for row in marts.rows(ACROSS_DEVICES, readable=MOST_READABLE):
        choices.append(
            Choice(
                "across_devices",
                "One click seen on two ids, and another key: who was that?",
                row["space_id"],
                (row["universal_id"],),
            )
        )
    for row in marts.rows(HOUSEHOLD, readable=MOST_READABLE):
        people = marts.rows(OF_HOUSEHOLD, space=row["space_id"], household=row["household_id"])
        names = tuple(person["universal_id"] for person in people)
        choices.append(Choice("household", "Who shares a household and is not one person?", row["space_id"], names))
    for row in marts.rows(REFUSED, readable=MOST_READABLE, readable_links=MOST_READABLE_LINKS):
        names = (row["first_person"], row["second_person"])
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
