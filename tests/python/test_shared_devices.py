"""Ids on which several users logged in: whose each event is, told anew event by event, and which persons follow."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from day_streams import COLUMNS, Configuration, Day, RawEvent, Stream
from shared_ids import told_logins
from test_incremental import Harness, process_of_rebuilds

from identity_graph.build_changes import match_ids
from identity_graph.mcp_server.database import Database
from identity_graph.mcp_server.links import LinkTools
from identity_graph.mcp_server.names import Names
from identity_graph.mcp_server.persons import PersonTools
from identity_graph.page.journey import journey
from identity_graph.page.journey_choice import Choice, named
from identity_graph.page.marts import open_marts
from identity_graph.project import CommandError
from identity_graph.rule_trial import RuleTrial, read_build

START = datetime(2026, 1, 5, 8)


def event(visitor: str, minutes: int, user: str = "", **values: str) -> RawEvent:
    """An event of a visitor, so many minutes after the start."""
    occurred_at = (START + timedelta(minutes=minutes)).isoformat()
    known = {"event_id": f"{visitor} {minutes}", "event_name": "page_view", "occurred_at": occurred_at}
    return dict.fromkeys(COLUMNS) | known | {"anonymous_id": visitor, "user_id": user or None} | values


def events_of_households(random: Random) -> list[RawEvent]:
    """Devices that two or three people use, by turns and at random, and what is theirs alone."""
    day = 24 * 60
    events = [
        # Ann, then Bob, then nobody between two sessions of his.
        *(event("tablet", number * day, user) for number, user in enumerate(("ann", "bob", "", "bob", ""))),
        event("phone", 60, "ann"),
        event("laptop", day + 60, "bob"),
        # By turns, with sessions in which nobody logs in; three users.
        *(event("kiosk", number * 100, ("ann", "", "bob", "cleo", "cleo", "")[number % 6]) for number in range(24)),
        # Two logins at one moment: of these the id of the event decides who came later.
        *(event("twins", 0, user, event_id=f"twins {number}") for number, user in enumerate(("zoe", "yan"))),
        event("twins", 5, "zoe"),
        # Two logins in one session; who logged out is still there.
        *(event("counter", minutes, user) for minutes, user in ((0, ""), (10, "dan"), (20, ""), (30, "eve"), (60, ""))),
        # Two users and two accounts; one user and two accounts.
        *(event("desk", number * day, "fay", account_id="one") for number in range(2)),
        *(event("desk", number * day, "gil", account_id="two") for number in range(2, 4)),
        *(event("agency", number * day, "hal", account_id=("three", "four")[number % 2]) for number in range(4)),
        # An order that a server sends names its user; one without a user lies between two sessions of Eve's.
        event(
            "counter",
            90,
            "dan",
            platform="server",
            event_name="order_completed",
            order_id="1",
            revenue="5",
            currency="EUR",
        ),
        event("counter", 2 * day, "eve"),
        event(
            "counter", day, platform="server", event_name="order_completed", order_id="2", revenue="5", currency="EUR"
        ),
    ]
    for number in range(3):
        minutes = 0
        for place in range(30):
            minutes += random.choice((0, 5, 30, 31, 400))
            user = random.choice(("", "", f"r{number}", f"r{number + 1}", "cleo"))
            events.append(event(f"random {number}", minutes, user, event_id=f"{number} {random.random()} {place}"))
    return events


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with process_of_rebuilds() as pool:
        yield Harness(tmp_path_factory.mktemp("shared"), pool)


def events_of_users_alone() -> tuple[list[RawEvent], list[RawEvent]]:
    """Ids of which no event is nobody's, and what comes later: a user of both is met in a browser that is older."""
    day = 24 * 60
    order = {"event_name": "order_completed", "order_id": "3", "revenue": "5", "currency": "EUR"}
    shared = [event("lounge", day, "ian", **order), event("lounge", 2 * day, "joy")]
    reported = [event("till", number * day, user, platform="server") for number, user in enumerate(("joy", "ian"))]
    return [event("browser", 0), *shared, *reported], [event("browser", 4 * day, "ian")]


@pytest.fixture(scope="module")
def events(harness) -> list[RawEvent]:
    """Events of households, which two runs took."""
    random = Random(1)
    events = events_of_households(random)
    random.shuffle(events)
    as_of = START + timedelta(days=30)
    half = len(events) // 2
    earlier, later = events_of_users_alone()
    files = [{"first": events[:half] + earlier}, {"second": events[half:] + later}]
    days = [Day(number, as_of, rows, []) for number, rows in enumerate(files, start=1)]
    harness.start(Stream(0, Configuration([], {}), "ndjson", days))
    # Slices equal the whole, in whatever order events come.
    harness.land(days[0])
    harness.must_run(as_of)
    harness.check_day(days[1])
    return [*events, *earlier, *later]


def test_event_of_a_shared_id_is_of_the_user_who_was_there(harness, events):
    rows = [
        row
        | {"space_id": "default", "occurred_at": datetime.fromisoformat(row["occurred_at"] or ""), "email_hash": None}
        for row in events
    ]
    users: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["user_id"]:
            users[row["anonymous_id"]].add(row["user_id"])
    expected = {
        rows[number]["event_id"]: user
        for number, user in told_logins(rows).items()
        if len(users[rows[number]["anonymous_id"]]) > 1
    }
    with harness.incremental.connect() as connection:
        found = dict(
            connection.execute(
                """
                select received.event_id, shared.user_id
                from intermediate.int_shared_events as shared
                inner join intermediate.int_events_received as received using (event_number)
                where received.anonymous_id != 'agency'
                """
            ).fetchall()
        )
        sessions = connection.execute(
            """
            select sessions.anonymous_id, devices.user_id, devices.account_id, sessions.universal_id
            from marts.sessions
            left join marts.shared_devices as devices using (space_id, node_id)
            """
        ).fetchall()
        main_users = dict(
            connection.execute(
                "select anonymous_id, user_id from marts.shared_devices where is_main_user order by all"
            ).fetchall()
        )
        history = connection.execute(
            """
            select universal_id, change_type from marts.users_history
            where anonymous_id = 'tablet' order by valid_from_at
            """
        ).fetchall()
    assert found == expected

    alone = {"phone": "ann", "laptop": "bob", "browser": "ian"}
    persons: defaultdict[str, set[str]] = defaultdict(set)
    for visitor, user, account, person in sessions:
        persons[user or alone.get(visitor) or f"{visitor} {account or ''}"].add(person)
    assert all(len(names) == 1 for names in persons.values()), "a user is one person, on every device"
    assert len(set.union(*persons.values())) == len(persons), "and no two users are"
    assert {"agency three", "agency four"} <= set(persons)
    assert main_users["tablet"] == "bob"
    assert sorted(user for visitor, user, *_ in sessions if visitor == "twins") == ["yan", "zoe", "zoe"]
    ann, bob, nobody = (persons[name].pop() for name in ("ann", "bob", "tablet "))
    assert [person for person, _ in history] == [ann, bob, nobody]
    assert [change for _, change in history][1:] == ["user_changed", "user_changed"]
    check_journeys(harness.incremental.database)


def check_journeys(database: Path) -> None:
    """Each person has a journey with its sessions and conversions, those too who only share a device."""
    with open_marts(database, is_masked=False) as marts:
        only_shared = marts.rows(
            """
            select universal_id as person from persons
            where not exists (select 1 from users where users.universal_id = persons.universal_id)
            """
        )
        assert only_shared
        happened = {
            row["person"]: row["number"]
            for row in marts.rows(
                """
                select universal_id as person, count(*) as number
                from (select universal_id from sessions union all select universal_id from conversions)
                group by universal_id
                """
            )
        }
        for row in only_shared + marts.rows("select distinct universal_id as person from users"):
            told = journey(marts, Choice("one", "Who?", "default", (row["person"],)))
            whats = [line["what"] for line in told.rows if not line["what"].startswith(("joined", "refused"))]
            assert len(whats) == happened.get(row["person"], 0)
        assert len([*named(marts, "tablet")]) == 3
        nobody = Choice("none", "Who?", "default", ("nobody",))
        with pytest.raises(CommandError, match="no event under consent"):
            journey(marts, nobody)


@pytest.mark.usefixtures("events")
def test_a_journey_has_the_parts_that_a_person_has_of_shared_ids(harness):
    """All of a person's ids, by names of which the server knows afterwards whose they are."""
    with harness.incremental.connect() as connection:
        nodes = connection.execute(
            """
            select universal_id, node_id, session_count from marts.shared_devices
            union all
            select users.universal_id, users.anonymous_id, count(sessions.session_id)
            from marts.users left join marts.sessions using (space_id, anonymous_id)
            where not users.is_shared group by all
            """
        ).fetchall()
        counts = dict(connection.execute("select universal_id, id_count from marts.persons").fetchall())
    parts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for person, node, session_count in nodes:
        parts[person][node] = session_count
    assert {person: len(held) for person, held in parts.items()} == counts and max(counts.values()) > 2

    database, names, plain = Database(harness.incremental.database), Names(), Names(is_masked=False)
    shared = sorted(person for person, held in parts.items() if "~" in "".join(held))
    for person in ("tablet", *shared[:5]):
        held = parts[person]
        shown = PersonTools(database, plain).get_user_journey(person).structured_content
        assert {item["id"]: item["session_count"] for item in shown["ids"]} == held
        assert {item["id"] for item in shown["sessions"]} <= held.keys() and shown["id_total"] == counts[person]
        for node in held:
            name = names.visitor("default", node)
            told = PersonTools(database, names).get_user_journey(name).structured_content
            assert told["person"]["person"] == names.person("default", person)
            explained = LinkTools(database, names).explain_link(name).structured_content
            assert explained["verdict"] == "story"
            if "~" in node:
                assert PersonTools(database, plain).get_user_journey(node).structured_content["id_total"] == len(held)


@pytest.mark.usefixtures("events")
def test_builds_under_two_rules_are_compared_by_the_parts_of_shared_ids(harness):
    """All persons are counted, those too who only share a device, and all ids of links are compared."""
    with harness.incremental.connect() as connection:
        build = read_build(connection)
        ((persons, ids),) = connection.execute("select count(*), sum(id_count) from marts.persons").fetchall()
    trial = RuleTrial((), build, build, match_ids(build.persons, build.parts, build.parts))
    assert (trial.persons.persons_before, trial.persons.persons_after, len(trial.ids)) == (persons, persons, ids)
    assert build.links and all({one, other} <= trial.ids.keys() for one, other, _ in build.links)
