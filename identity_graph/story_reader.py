"""Reads the life of one id: its person, its history, who shared it; and what became of an id without a person."""

from __future__ import annotations

import duckdb

from identity_graph.evidence import Chapter, Evidence, Part, Story, UnknownId


def read_parts(connection: duckdb.DuckDBPyConnection, space: str, anonymous_id: str) -> tuple[Part, ...]:
    """Read into which users' parts an id is divided; none where one user at most logged in."""
    rows = connection.execute(
        """
        select node_id, user_id, account_id, universal_id, session_count, is_main_user
        from marts.shared_devices
        where space_id = $space and anonymous_id = $id
        order by session_count desc, node_id
        """,
        {"space": space, "id": anonymous_id},
    ).fetchall()
    return tuple(Part(*row) for row in rows)


def read_story(connection: duckdb.DuckDBPyConnection, space: str, anonymous_id: str) -> Story:
    """Read what is known about an id of the graph."""
    parameters = {"space": space, "id": anonymous_id}
    parts = read_parts(connection, space, anonymous_id)
    names = parameters | {"names": [part.anonymous_id for part in parts] or [anonymous_id]}
    ((person, confidence),) = connection.execute(
        "select universal_id, identity_confidence from marts.users where space_id = $space and anonymous_id = $id",
        parameters,
    ).fetchall()
    chapters = connection.execute(
        """
        select
            valid_from_at, universal_id, change_type, evidence_key_type, evidence_key_value, linked_anonymous_id,
            coalesce(list(anonymous_id) filter (anonymous_id != $id), []) as newcomers
        from marts.users_history
        where space_id = $space and (anonymous_id = $id or list_contains($names, linked_anonymous_id))
        group by all
        order by all
        """,
        names,
    ).fetchall()
    others = connection.execute(
        """
        select ids.node_id
        from intermediate.int_identity_ids as ids
        inner join intermediate.int_identity_resolved as resolved using (id_number)
        inner join intermediate.int_identity_ids as anchors on resolved.person_number = anchors.id_number
        where ids.space_id = $space and anchors.node_id = $person and ids.anonymous_id != $id
        order by ids.node_id
        """,
        parameters | {"person": person},
    ).fetchall()
    groups = connection.execute(
        """
        select 'household' as level, household_id, households.person_count
        from marts.users
        inner join marts.households using (space_id, household_id)
        where space_id = $space and anonymous_id = $id and households.person_count > 1
        union all
        select 'organization', organization_id, organizations.person_count
        from marts.users
        inner join marts.organizations using (space_id, organization_id)
        where space_id = $space and anonymous_id = $id and organizations.person_count > 1
        order by level
        """,
        parameters,
    ).fetchall()
    refusals = connection.execute(
        """
        select
            anonymous_id_a, anonymous_id_b, key_type, key_value, earlier_date, later_date, linked_at, key_confidence,
            confidence, is_accepted, refusal_reason
        from marts.identity_links
        where
            space_id = $space and not is_accepted
            and (list_contains($names, anonymous_id_a) or list_contains($names, anonymous_id_b))
        order by linked_at, anonymous_id_a, anonymous_id_b, key_type, key_value
        """,
        {"space": space, "names": names["names"]},
    ).fetchall()
    return Story(
        anonymous_id=anonymous_id,
        person=person,
        confidence=confidence,
        chapters=tuple(Chapter(*row[:-1], tuple(row[-1])) for row in chapters),
        others=tuple(row[0] for row in others),
        groups=tuple(groups),
        refusals=tuple(Evidence(*row) for row in refusals),
        parts=parts,
    )


def person_of(connection: duckdb.DuckDBPyConnection, space: str, anonymous_id: str) -> str | None:
    """Return the person of an id, or of one user's part of it; of a shared id the main user's."""
    rows = connection.execute(
        """
        select universal_id from marts.users where space_id = $space and anonymous_id = $id
        union all
        select universal_id from marts.shared_devices where space_id = $space and node_id = $id
        """,
        {"space": space, "id": anonymous_id},
    ).fetchall()
    return rows[0][0] if rows else None


def spaces_of(connection: duckdb.DuckDBPyConnection, anonymous_id: str) -> list[str]:
    """Return the spaces in which the graph knows an id."""
    rows = connection.execute(
        """
        select distinct space_id from intermediate.int_identity_ids
        where $id in (anonymous_id, node_id)
        order by space_id
        """,
        {"id": anonymous_id},
    ).fetchall()
    return [row[0] for row in rows]


def read_unknown(connection: duckdb.DuckDBPyConnection, anonymous_id: str) -> UnknownId:
    """Read what became of an id that the graph does not know in any space."""
    refused, waiting, quarantined = connection.execute(
        """
        select
            (select count(*) from intermediate.int_events where anonymous_id = $id and not has_consent),
            (select count(*) from intermediate.int_events_received where anonymous_id = $id and is_buffered),
            (select list(distinct reason order by reason) from marts.quarantined_events where anonymous_id = $id)
        """,
        {"id": anonymous_id},
    ).fetchall()[0]
    return UnknownId(anonymous_id, bool(refused), bool(waiting), tuple(quarantined or ()))


def main_id_of(connection: duckdb.DuckDBPyConnection, space: str, name: str) -> str:
    """Read which id a name is of: its own, or the one that a user's part belongs to."""
    ((anonymous_id,),) = connection.execute(
        """
        select min(anonymous_id) from intermediate.int_identity_ids
        where space_id = $space and $id in (anonymous_id, node_id)
        """,
        {"space": space, "id": name},
    ).fetchall()
    return anonymous_id
