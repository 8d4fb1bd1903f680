"""Tools about one person: find_person, get_user_journey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from identity_graph.mcp_server.answers import (
    Cursor,
    Limit,
    ListAnswer,
    Space,
    answer,
    check_known,
    list_page,
    number,
    read_page,
    source,
)
from identity_graph.mcp_server.attribution import credits, known_models
from identity_graph.mcp_server.database import MARTS, NODES, Database, Reader, Row
from identity_graph.mcp_server.lookup import find, find_one
from identity_graph.mcp_server.names import Names
from identity_graph.text import counted

# Lists that belong to the first page are not longer.
MOST_IDS, MOST_LINKS, MOST_CONVERSIONS = 100, 100, 50
Who = Annotated[
    str, Field(min_length=1, max_length=500, description="Any id, email, order, or a name like person-1 of an answer")
]


class Person(BaseModel):
    """A person; masked, its name means something in this conversation only."""

    person: str
    space_id: str
    found_by: list[str] | None = None
    id_count: int
    event_count: int
    first_visit_at: datetime | None = None
    last_seen_at: datetime
    identity_confidence: float
    is_activatable: bool
    conversion_count: int
    first_converted_at: datetime | None = None


class Persons(ListAnswer):
    """Persons that were found."""

    persons: list[Person]


class PersonId(BaseModel):
    """An anonymous id of the person, or the person's part of one that several users shared."""

    id: str
    first_seen_at: datetime
    last_seen_at: datetime
    session_count: int
    is_shared: bool


class Link(BaseModel):
    """A key that two ids of the person share."""

    id_a: str
    id_b: str
    key_type: str
    key_value: str | None = None
    linked_at: datetime
    confidence: float


class Session(BaseModel):
    """A session of one of the ids."""

    id: str
    session_id: str | None = None
    session_started_at: datetime
    session_ended_at: datetime
    event_count: int
    channel: str
    utm_source: str | None = None
    utm_campaign: str | None = None


class Touch(BaseModel):
    """A touch that an attribution model credits."""

    touched_at: datetime | None = None
    channel: str
    utm_campaign: str | None = None
    credit: float
    revenue: float | None = None


class Conversion(BaseModel):
    """A conversion with its path."""

    converted_at: datetime
    event_name: str
    is_refund: bool
    conversion_id: str | None = None
    revenue: float | None = None
    currency_code: str | None = None
    path: list[Touch]


class Journey(ListAnswer):
    """A person's sessions, page by page; ids, links and conversions stand on the first page."""

    person: Person
    id_total: int
    ids: list[PersonId] | None = None
    link_total: int
    links: list[Link] | None = None
    sessions: list[Session]
    attribution_model: str
    conversions: list[Conversion] | None = None


@dataclass(frozen=True)
class PersonTools:
    """Tools about one person."""

    database: Database
    names: Names

    def find_person(
        self,
        value: Annotated[str, Field(min_length=1, max_length=500)],
        kind: Annotated[
            str, Field(max_length=50, description="any, or anonymous_id, user_id, email, order_id, another key type")
        ] = "any",
        space_id: Space = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, Persons]:
        """Find the person behind any id, hash, email, phone, ip or order. A raw value is hashed and never repeated."""
        with self.database.open() as reader:
            found = find(self.database, reader, self.names, value, kind, space_id)
            page = list_page(found, reader.load.load_number, (value, kind, space_id), limit, cursor)
            persons = [
                self.describe(reader, item.space_id, item.universal_id, list(item.found_by)) for item in page.rows
            ]
            content = Persons(source=source(reader, "users", "persons", "conversions"), persons=persons, **page.place)
        text = f"{counted(page.total, 'person')} found"
        if len(persons) == 1:
            (one,) = persons
            text += f": {one.person}, {counted(one.id_count, 'id')}, found by {', '.join(one.found_by or [])}"
        elif not persons:
            text += (
                ": who gave no consent is no person of the graph, and an ip or a phone needs the project's token secret"
            )
        return answer(content, text + ".")

    def get_user_journey(
        self,
        person: Who,
        space_id: Space = None,
        attribution_model: Annotated[str, Field(max_length=100)] = "linear",
        limit: Limit = 30,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, Journey]:
        """One person: every session of every id, the signals that linked the ids, each conversion with its path."""
        with self.database.open() as reader:
            one = find_one(self.database, reader, self.names, person, space_id)
            asked = {"space": one.space_id, "person": one.universal_id, "model": attribution_model}
            check_known("attribution model", [attribution_model], known_models(reader))
            sessions = read_page(
                reader,
                SESSIONS,
                asked,
                "session_started_at, session_id",
                limit,
                cursor,
                asked=(person, space_id, attribution_model),
            )
            ids, links = reader.rows(IDS, asked), reader.rows(LINKS, asked)
            is_first = cursor is None
            content = Journey(
                source=source(reader, "persons", "sessions", "identity_links", "conversions", "attributed_conversions"),
                person=self.describe(reader, one.space_id, one.universal_id),
                id_total=len(ids),
                ids=[self.id_of(row) for row in ids[:MOST_IDS]] if is_first else None,
                link_total=len(links),
                links=[self.link_of(row) for row in links[:MOST_LINKS]] if is_first else None,
                sessions=[self.session_of(row) for row in sessions.rows],
                attribution_model=attribution_model,
                conversions=self.conversions(reader, asked) if is_first else None,
                **sessions.place,
            )
        summary = content.person
        signals = ", ".join(sorted({row["key_type"] for row in links})) or "no key"
        return answer(
            content,
            f"{summary.person}: {counted(len(ids), 'id')} linked by {signals} with confidence"
            f" {summary.identity_confidence:g}, {counted(sessions.total, 'session')},"
            f" {counted(summary.conversion_count, 'conversion')}.",
        )

    def describe(self, reader: Reader, space_id: str, universal_id: str, found_by: list[str] | None = None) -> Person:
        """A person in short."""
        (row,) = reader.rows(
            f"""
            select
                space_id, id_count, event_count, first_visit_at, last_seen_at, identity_confidence, is_activatable,
                conversion_count, first_converted_at
            from {MARTS}.persons
            where space_id = $space and universal_id = $person
            """,
            {"space": space_id, "person": universal_id},
        )
        return Person(person=self.names.person(space_id, universal_id), found_by=found_by, **row)

    def id_of(self, row: Row) -> PersonId:
        """An id in words."""
        return PersonId(id=self.names.visitor(row["space_id"], row.pop("node_id")), **row)

    def link_of(self, row: Row) -> Link:
        """A link in words."""
        space = row["space_id"]
        ends = [self.names.visitor(space, row.pop(end)) for end in ("anonymous_id_a", "anonymous_id_b")]
        return Link(id_a=ends[0], id_b=ends[1], **row | {"key_value": self.names.value(space, row["key_value"])})

    def session_of(self, row: Row) -> Session:
        """A session in words."""
        session_id = None if self.names.is_masked else row["session_id"]
        visitor = self.names.visitor(row["space_id"], row["node_id"])
        return Session(id=visitor, **row | {"session_id": session_id})

    def conversions(self, reader: Reader, asked: dict[str, Any]) -> list[Conversion]:
        """Conversions of a person, in order, each with the touches that the model credits."""
        rows = reader.rows(CONVERSIONS, asked | {"most": MOST_CONVERSIONS})
        paths: dict[str, list[Touch]] = {}
        for row in reader.rows(
            TOUCHES.format(credits=credits(reader, MARTS)),
            asked | {"conversions": [row["conversion_id"] for row in rows]},
        ):
            touch = Touch(
                **row | {"credit": float(row["credit"]), "revenue": number(row["revenue"])},
            )
            paths.setdefault(row["conversion_id"], []).append(touch)
        return [
            Conversion(
                **row
                | {
                    "conversion_id": None if self.names.is_masked else row["conversion_id"],
                    "revenue": number(row["revenue"]),
                },
                path=paths.get(row["conversion_id"], []),
            )
            for row in rows
        ]


SESSIONS = f"""
    select
        space_id, node_id, session_id, session_started_at, session_ended_at, event_count, channel, utm_source,
        utm_campaign
    from {MARTS}.sessions
    where space_id = $space and universal_id = $person and has_consent
"""
NODES_OF_PERSON = f"""
    with nodes as (
        select * from {NODES} as nodes
        where space_id = $space and universal_id = $person
    )
"""
IDS = f"""
    {NODES_OF_PERSON}
    select
        nodes.space_id, nodes.node_id, nodes.first_seen_at, nodes.last_seen_at, shared.node_id is not null as is_shared,
        count(sessions.session_id) as session_count
    from nodes
    left join {MARTS}.shared_devices as shared
        on nodes.space_id = shared.space_id and nodes.node_id = shared.node_id
    left join {MARTS}.sessions as sessions
        on nodes.space_id = sessions.space_id and nodes.node_id = sessions.node_id and sessions.has_consent
    group by all
    order by nodes.first_seen_at, nodes.node_id
"""
LINKS = f"""
    {NODES_OF_PERSON}
    select space_id, anonymous_id_a, anonymous_id_b, key_type, key_value, linked_at, key_confidence as confidence
    from {MARTS}.identity_links
    where space_id = $space and is_accepted and is_link
        and anonymous_id_a in (select node_id from nodes) and anonymous_id_b in (select node_id from nodes)
    order by linked_at, anonymous_id_a, anonymous_id_b, key_type, key_value
"""
CONVERSIONS = f"""
    select conversion_id, converted_at, event_name, is_refund, revenue_amount as revenue, currency_code
    from {MARTS}.conversions
    where space_id = $space and universal_id = $person and has_consent
    order by converted_at, conversion_id
    limit $most
"""
TOUCHES = """
    select conversion_id, touched_at, channel, utm_campaign, credit, attributed_revenue as revenue
    from {credits}
    where identity_mode = 'graph' and attribution_model = $model and list_contains($conversions, conversion_id)
    order by conversion_id, touch_position
"""
