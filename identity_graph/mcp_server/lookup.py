"""Finds persons and ids by whatever is known of them: an id, a hash, an address, an order, or a name of an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mcp.server.mcpserver.exceptions import ToolError

from identity_graph.mcp_server.answers import check_known
from identity_graph.mcp_server.database import MARTS, NODES, SEEDS, TABLES, Database, Reader
from identity_graph.mcp_server.names import SHORT_NAME, Names

# Kinds that are columns of marts; all others are keys of identity_key_rules. What was done without consent is nobody's.
COLUMNS = {
    "anonymous_id": ("users", "anonymous_id", "true"),
    "universal_id": ("persons", "null", "true"),
    "session_id": ("sessions", "anonymous_id", "has_consent"),
    "conversion_id": ("conversions", "anonymous_id", "has_consent"),
    "order_id": ("conversions", "anonymous_id", "has_consent"),
}
# What people call a key whose value is stored as a hash.
HASHED = {"email": "email_hash", "phone": "phone_hash", "ip": "ip_token"}
TOKEN = "select sha256($secret || $value) as token"
NODE = "node_id"
FOUND_NODES = f"""
    select space_id, universal_id, node_id, 'anonymous_id'
    from {NODES} as nodes
    where list_contains($texts, node_id)
"""


@dataclass(frozen=True)
class Found:
    """A person that something was found of, by which kinds of id, and the id where it is one."""

    space_id: str
    universal_id: str
    anonymous_id: str | None
    found_by: tuple[str, ...]


def check_space(reader: Reader, space_id: str | None) -> None:
    """Refuse an identity space that the graph does not have.

    Raises:
        ToolError: it has none of that name.

    """
    if space_id is not None:
        rows = reader.rows(f"select distinct space_id from {MARTS}.sessions order by space_id")
        check_known("identity space", [space_id], [row["space_id"] for row in rows])


def key_types(reader: Reader) -> list[str]:
    """Key types that a rule makes the graph observe."""
    rows = reader.rows(f"select distinct key_type from {SEEDS}.identity_key_rules where is_enabled order by key_type")
    return [row["key_type"] for row in rows]


def stored_values(reader: Reader, value: str, secret: str | None) -> list[str]:
    """What a value may stand as in the database: as it is, and hashed as staging hashes it."""
    trimmed = value.strip()
    values: list[str | None] = [trimmed, trimmed.lower()] if re.fullmatch("[0-9A-Fa-f]{64}", trimmed) else [trimmed]
    if secret is None and "@" not in trimmed:
        return values
    # The functions that a build stores. An address needs no secret; ips, phones and sensitive keys of events do.
    values.append(reader.hashed("hashed_if_address", trimmed, secret or ""))
    if secret is not None:
        values.append(reader.hashed("phone_hash", trimmed, secret))
        values += [row["token"] for row in reader.rows(TOKEN, {"secret": secret, "value": trimmed})]
    return [stored for stored in dict.fromkeys(values) if stored is not None]


def find(database: Database, reader: Reader, names: Names, value: str, kind: str, space_id: str | None) -> list[Found]:
    """Persons that a value belongs to, by space and name.

    Raises:
        ToolError: the kind does not exist, or a name of an answer means nothing to this process.

    """
    check_space(reader, space_id)
    keys = key_types(reader)
    if kind == "any" and SHORT_NAME.fullmatch(value.strip()):
        meant = names.meaning(value.strip())
        if meant is not None:
            kinds = {"person": ["universal_id"], "id": [NODE], "value": keys}[meant.kind]
            return found_in(reader, [meant.stored], kinds, meant.space_id)
        if names.is_masked:
            raise ToolError(
                "That name is of another conversation. Find the person once more with find_person, which takes what is"
                " stored by such a name with its kind."
            )
    known = [*COLUMNS, *(key for key in keys if key not in COLUMNS)]
    kind = HASHED.get(kind, kind)
    if kind != "any":
        check_known("enabled kind of id", [kind], [*known, *(name for name in HASHED if HASHED[name] in known), "any"])
    return found_in(
        reader,
        stored_values(reader, value, database.token_secret()),
        known if kind == "any" else [kind],
        space_id,
    )


def found_in(reader: Reader, values: list[str], kinds: list[str], space_id: str | None) -> list[Found]:
    """Persons that have one of some stored values."""
    parts = [
        f"""
        select space_id, universal_id, {anonymous_id}, '{kind}'
        from {MARTS}.{table} where list_contains($texts, {kind}) and {condition}
        """
        for kind, (table, anonymous_id, condition) in COLUMNS.items()
        if kind in kinds
    ]
    if NODE in kinds:
        parts.append(FOUND_NODES)
    if "anonymous_id" in kinds:
        parts.append(f"{FOUND_NODES} and node_id != anonymous_id")
    keys = [kind for kind in kinds if kind not in COLUMNS and kind != NODE or kind == "order_id"]
    if keys:
        # Keys stand as numbers that are made of space, type and value, as hash_64 makes them.
        parts.append(
            f"""
            select distinct nodes.space_id, nodes.universal_id, nodes.anonymous_id, observations.key_type
            from {TABLES}.int_identity_observations as observations
            inner join (
                select cast(hash(spaces.space_id, key_types.key_type, texts.value) >> 2 as bigint) as key_number
                from (select distinct space_id from {TABLES}.int_identity_ids) as spaces
                cross join (select unnest($keys) as key_type) as key_types
                cross join (select unnest($texts) as value) as texts
            ) as asked on observations.key_number = asked.key_number
            inner join {NODES} as nodes on observations.id_number = nodes.id_number
            """
        )
    rows = reader.rows(
        f"""
        with found (space_id, universal_id, anonymous_id, found_by) as ({" union all ".join(parts)})
        select
            found.space_id, found.universal_id,
            case when count(distinct found.anonymous_id) = 1 then min(found.anonymous_id) end as anonymous_id,
            list(distinct found_by order by found_by) as found_by
        from found
        inner join {MARTS}.persons as persons
            on found.space_id = persons.space_id and found.universal_id = persons.universal_id
        where $space is null or found.space_id = $space
        group by found.space_id, found.universal_id
        order by found.space_id, found.universal_id
        """,
        {"texts": values, "keys": keys, "space": space_id},
    )
    return [Found(row["space_id"], row["universal_id"], row["anonymous_id"], tuple(row["found_by"])) for row in rows]


def find_one(database: Database, reader: Reader, names: Names, value: str, space_id: str | None) -> Found:
    """The one person that a value belongs to.

    Raises:
        ToolError: it belongs to none, or to several.

    """
    found = find_at_most_one(database, reader, names, value, space_id)
    if found is None:
        raise ToolError(
            "No person has that id. Try find_person with its kind; who gave no consent is no person of the graph."
        )
    return found


def find_at_most_one(
    database: Database, reader: Reader, names: Names, value: str, space_id: str | None
) -> Found | None:
    """The person that a value belongs to: whose name it is, else whose anonymous id, else whose key.

    Raises:
        ToolError: it belongs to several.

    """
    found = find(database, reader, names, value, "any", space_id)
    found = [item for item in found if {"anonymous_id", "universal_id"} & set(item.found_by)] or found
    named = {item.space_id: item for item in found if "universal_id" in item.found_by}
    found = [item for item in found if named.get(item.space_id, item) is item]
    if len(found) > 1:
        raise ToolError(f"That belongs to {len(found)} persons. Choose one with find_person, and name the space.")
    return found[0] if found else None
