"""Whose each event of an id is on which several users logged in, told one by one as docs/identity-rules.md says."""

import hashlib
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]


def told_logins(rows: list[Row], login: str = "user_id") -> dict[int, str | None]:
    """Who did what each row says: its login, the one of its session, or the one on both sides; by position."""
    told: dict[int, str | None] = {}
    visitors: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row["anonymous_id"] is not None and row["occurred_at"] is not None:
            visitors[row["space_id"], row["anonymous_id"]].append(number)
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


def names_of_nodes(rows: list[Row], logins: tuple[str, ...] = ("user_id", "account_id")) -> list[str]:
    """The node of each row: its anonymous id, and a sign of the user and the account where there are several.

    A row without consent (`has_consent` is not "true") was there, but nobody knows its logins.
    """
    masked = [row | (dict.fromkeys(logins) if row["has_consent"] != "true" else {}) for row in rows]
    told: dict[str, dict[int, str | None]] = {}
    for login in ("user_id", "account_id"):
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for row in masked:
            if login in logins and row.get(login):
                found[row["space_id"], row["anonymous_id"]].add(row[login])
        shared = {visitor for visitor, names in found.items() if len(names) > 1}
        of_shared = [row if (row["space_id"], row["anonymous_id"]) in shared else row | {login: None} for row in masked]
        told[login] = told_logins(of_shared, login)
    names = []
    for number, row in enumerate(rows):
        user, account = told["user_id"].get(number) or "", told["account_id"].get(number) or ""
        sign = hashlib.md5(f"{len(user)}:{user}{len(account)}:{account}".encode()).hexdigest()[:8]
        names.append(f"{row['anonymous_id']}~{sign}" if user or account else row["anonymous_id"])
    return names
