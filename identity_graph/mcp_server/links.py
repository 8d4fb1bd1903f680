"""The tool explain_link: why two ids are one person, or why they are not."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from identity_graph.chains import Chain, ChainLink
from identity_graph.evidence import Story
from identity_graph.explanation_text import explanation_lines
from identity_graph.explanations import (
    Explanation,
    OtherSpaces,
    PairExplanation,
    UnknownIds,
    explain,
)
from identity_graph.mcp_server.answers import Answer, Space, answer, source
from identity_graph.mcp_server.database import MARTS, Database, Reader
from identity_graph.mcp_server.lookup import find_at_most_one
from identity_graph.mcp_server.names import Names
from identity_graph.mcp_server.persons import Who

MOST_LINES = 100


class LinkOfChain(BaseModel):
    """A link of the chain, with the evidence that convinces most."""

    id_a: str
    id_b: str
    key_type: str
    key_value: str | None = None
    earlier_date: date | None = None
    later_date: date | None = None
    linked_at: datetime
    confidence: float
    is_accepted: bool
    is_weakest: bool
    refusal_reason: str | None = None
    also_by: list[str] | None = Field(None, description="Other key types that speak for the link")


class SharedKeyInWords(BaseModel):
    """A key that both were seen with and that does not link them."""

    key_type: str
    verdict: str
    gap_days: int
    id_count: int | None = None


class GroupChain(BaseModel):
    """What makes two persons one household or organization."""

    level: str
    links: list[LinkOfChain]


class LinkExplanation(Answer):
    """Why two ids are one person or not; of one id its story."""

    verdict: Literal["one_person", "apart", "story", "unknown", "other_space"]
    space_id: str
    persons: list[str]
    links: list[LinkOfChain]
    refused_link_count: int
    shared_keys: list[SharedKeyInWords] | None = None
    groups: list[GroupChain] | None = None
    explanation: list[str] = Field(description="The same in words, line by line")


@dataclass(frozen=True)
class LinkTools:
    """Why ids are one person."""

    database: Database
    names: Names

    def explain_link(
        self,
        id_a: Who,
        id_b: Annotated[str | None, Field(max_length=500, description="Left out: the story of id_a")] = None,
        space_id: Space = None,
    ) -> Annotated[CallToolResult, LinkExplanation]:
        """Why two ids are one person or not: the chain of links with its evidence, what was refused and why."""
        with self.database.open() as reader:
            space, one = self.resolve(reader, id_a, space_id)
            other_space, other = self.resolve(reader, id_b, space_id) if id_b else (space, None)
            try:
                if other is None or other_space == space:
                    explained = explain(reader.connection, space, one, other)
                else:
                    explained = OtherSpaces(space, {one: (space,), other: (other_space,)})
            except ValueError as error:
                raise ToolError("The tables do not agree: the last build did not end. Run `make build`.") from error
            origin = source(reader, "identity_links", "users", "users_history", "shared_devices")
        named = renamed(explained, space, self.names)
        lines = [line.replace("Try --space", "Ask with space_id") for line in explanation_lines(named)]
        content = LinkExplanation(
            source=origin,
            space_id=space,
            explanation=lines[:MOST_LINES] + [f"and {len(lines) - MOST_LINES} more lines"] * (len(lines) > MOST_LINES),
            **in_data(named),
        )
        return answer(content, "\n".join(content.explanation))

    def resolve(self, reader: Reader, value: str, space_id: str | None) -> tuple[str, str]:
        """The space and the anonymous id that a question is about; what nobody knows is explained as it is.

        Raises:
            ToolError: several persons have it.

        """
        meant = self.names.meaning(value.strip())
        if meant is not None and meant.kind != "value":
            return meant.space_id, meant.stored
        found = find_at_most_one(self.database, reader, self.names, value, space_id)
        if found is not None:
            return found.space_id, found.anonymous_id or found.universal_id
        spaces = reader.rows(
            f"select min(space_id) as space_id from {MARTS}.users where anonymous_id = $id", {"id": value.strip()}
        )
        return space_id or spaces[0]["space_id"] or "default", value.strip()


def in_data(explained: Explanation) -> dict[str, Any]:
    """An explanation as the parts of a LinkExplanation."""
    if isinstance(explained, PairExplanation):
        links = chain_of(explained.chain)
        return {
            "verdict": "one_person" if explained.are_linked else "apart",
            "persons": list(dict.fromkeys((explained.member_a.person, explained.member_b.person))),
            "links": links,
            "refused_link_count": sum(not link.is_accepted for link in links),
            "shared_keys": [
                SharedKeyInWords(
                    key_type=item.key.key_type,
                    verdict=str(item.verdict),
                    gap_days=item.key.gap_days,
                    id_count=item.key.id_count,
                )
                for item in explained.shared_keys
            ],
            "groups": [
                GroupChain(level=level, links=chain_of(chain))
                for level, chain in (explained.group_chains or {}).items()
            ],
        }
    if isinstance(explained, Story):
        refused = [ChainLink(item.id_a, item.id_b, (item,)) for item in explained.refusals]
        return {
            "verdict": "story",
            "persons": [explained.person],
            "links": chain_of(Chain(tuple(refused[:MOST_LINES]))),
            "refused_link_count": len(refused),
        }
    verdict = "other_space" if isinstance(explained, OtherSpaces) else "unknown"
    assert isinstance(explained, OtherSpaces | UnknownIds)
    return {"verdict": verdict, "persons": [], "links": [], "refused_link_count": 0}


def chain_of(chain: Chain | None) -> list[LinkOfChain]:
    """The links of a chain, in order."""
    links = chain.links if chain else ()
    return [
        LinkOfChain(
            id_a=link.id_a,
            id_b=link.id_b,
            key_type=link.evidence[0].key_type,
            key_value=link.evidence[0].key_value,
            earlier_date=link.evidence[0].earlier_date,
            later_date=link.evidence[0].later_date,
            linked_at=link.evidence[0].linked_at,
            confidence=link.confidence,
            is_accepted=link.is_accepted,
            is_weakest=bool(chain) and link is chain.weakest,
            refusal_reason=link.refusal_reason,
            also_by=sorted({item.key_type for item in link.evidence[1:]} - {link.evidence[0].key_type}) or None,
        )
        for link in links
    ]


# What a field of an explanation holds: ids, persons, a word of the project's own; every other text is a value.
IDS = {"anonymous_id", "id_a", "id_b", "partner_id", "linked_id", "others", "newcomers", "ids_over_limit"}
PERSONS = {"person"}
WORDS = {
    "change_type",
    "corroboration",
    "drop_reason",
    "key_type",
    "override_type",
    "owner",
    "reason",
    "refusal_reason",
}


def renamed(explained: Any, space: str, names: Names, *, is_of_persons: bool = False) -> Any:
    """An explanation with the names that answers give to ids, persons and values.

    Args:
        explained: an explanation, or a part of one.
        space: the space that it is about.
        names: gives the names.
        is_of_persons: whether what stands for ids are persons, as in the chain of a household.

    """
    if not names.is_masked:
        return explained

    def name_id(value: str) -> str:
        return names.person(space, value) if is_of_persons else names.visitor(space, value)

    if isinstance(explained, OtherSpaces):
        own = {name: space if space in spaces else spaces[0] for name, spaces in explained.spaces.items()}
        return replace(
            explained,
            spaces={names.visitor(own[name], name): own_spaces for name, own_spaces in explained.spaces.items()},
        )
    if isinstance(explained, tuple):
        return tuple(renamed(item, space, names, is_of_persons=is_of_persons) for item in explained)
    if not is_dataclass(explained) or isinstance(explained, type):
        return explained
    changes: dict[str, Any] = {}
    for item in fields(explained):
        value = getattr(explained, item.name)
        if value is None:
            continue
        if item.name in IDS:
            changes[item.name] = tuple(map(name_id, value)) if isinstance(value, tuple) else name_id(value)
        elif item.name in PERSONS:
            changes[item.name] = names.person(space, value)
        elif isinstance(value, str) and item.name not in WORDS:
            changes[item.name] = names.value(space, value)
        elif item.name == "ids_by_value":
            changes[item.name] = {names.value(space, held): tuple(map(name_id, ids)) for held, ids in value.items()}
        elif item.name == "groups" and isinstance(value, tuple):
            changes[item.name] = tuple((level, "(masked)", count) for level, _, count in value)
        elif item.name == "group_chains":
            changes[item.name] = {
                level: renamed(chain, space, names, is_of_persons=True) for level, chain in value.items()
            }
        else:
            changes[item.name] = renamed(value, space, names, is_of_persons=is_of_persons)
    return replace(explained, **changes)
