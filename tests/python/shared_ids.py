"""Whose each event of an id is on which several users logged in, told one by one as docs/identity-rules.md says."""

import hashlib
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]

LOGINS = ("user_id", "account_id")


def told_logins(
    rows: list[Row], login: str = "user_id", visitor: tuple[str, ...] = ("space_id", "anonymous_id")
) -> dict[int, str | None]:
    """Who did what each row says: its login, the one of its session, or the one on both sides; by position."""
    told: dict[int, str | None] = {}
    visitors: defaultdict[tuple[str | None, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row["anonymous_id"] is not None and row["occurred_at"] is not None:
            visitors[tuple(row[column] for column in visitor)].append(number)
    for numbers in visitors.values():
        numbers.sort(key=lambda number: (rows[number]["occurred_at"], rows[number]["event_id"] or "~"))
        sessions: list[list[int]] = []
        for number in (number for number in numbers if rows[number].get("platform") != "server"):
            previous = rows[sessions[-1][-1]]["occurred_at"] if sessions else datetime.min
            if rows[number]["occurred_at"] - previous > timedelta(minutes=30):
                sessions.append([])
            sessions[-1].append(number)
        of_session: dict[int, str] = {}
        for session in sessions:
            logins = [rows[number].get(login) for number in session]
            for place, number in enumerate(session):
                earlier = [name for name in logins[: place + 1] if name]
                later = [name for name in logins[place:] if name]
                if earlier or later:
                    of_session[number] = earlier[-1] if earlier else later[0]
        for place, number in enumerate(numbers):
            before = [of_session[other] for other in numbers[: place + 1] if other in of_session]
            after = [of_session[other] for other in numbers[place:] if other in of_session]
            is_between = before and after and before[-1] == after[0]
            told[number] = rows[number].get(login) or of_session.get(number) or (before[-1] if is_between else None)
    return told


def names_of_nodes(rows: list[Row], logins: tuple[str, ...] = LOGINS) -> list[str]:
    """The node of each row: its anonymous id, and a sign of the user, and of the account of a user with several.

    A row without consent (`has_consent` is not "true") was there, but nobody knows its logins.
    """
    known = [
        row | {login: row.get(login) if login in logins and row["has_consent"] == "true" else None for login in LOGINS}
        for row in rows
    ]
    of_id = ("space_id", "anonymous_id")
    known = with_told(where_several(known, "user_id", of_id), "user_id", of_id)
    of_user = (*of_id, "told_user_id")
    known = with_told(where_several(known, "account_id", of_user), "account_id", of_user)
    names = []
    for row in known:
        user, account = row["told_user_id"] or "", row["told_account_id"] or ""
        sign = hashlib.md5(f"{len(user)}:{user}{len(account)}:{account}".encode()).hexdigest()[:8]
        names.append(f"{row['anonymous_id']}~{sign}" if user or account else row["anonymous_id"])
    return names


def where_several(rows: list[Row], login: str, visitor: tuple[str, ...]) -> list[Row]:
    """The rows, with the login of those alone who were seen with several."""
    found: defaultdict[tuple[str | None, ...], set[str]] = defaultdict(set)
    for row in rows:
        if row.get(login):
            found[tuple(row[column] for column in visitor)].add(row[login])
    return [row if len(found[tuple(row[column] for column in visitor)]) > 1 else row | {login: None} for row in rows]


def with_told(rows: list[Row], login: str, visitor: tuple[str, ...]) -> list[Row]:
    """The rows, each with who was there by this login."""
    told = told_logins(rows, login, visitor)
    return [row | {f"told_{login}": told.get(number)} for number, row in enumerate(rows)]
