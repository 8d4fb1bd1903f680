"""What is made of each event, told again row by row: of the demo, and of visitors who share devices."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import duckdb
import pytest
from conftest import OPTIONAL_MARTS
from dbt_runs import Dbt
from shared_ids import names_of_nodes
from test_attribution import TOUCHES

Row = dict[str, Any]

START = datetime(2026, 1, 5, 8)
SHOPS = ("default", "other")
CAMPAIGNS = ("utm_source=google&utm_medium=cpc", "utm_source=news&utm_medium=email", "gclid=g1")
# What a source says of an order's or a visit's origin, each with the channel that it means.
CHANNEL_OF_REPORT = {
    '{"reported_channel": "Paid Search"}': "paid_search",
    '{"reported_channel": " ", "reported_medium": "email"}': "email",
    '{"reported_source": "google", "reported_medium": "organic"}': "organic_search",
    '{"reported_source": "(direct)", "reported_medium": "(none)"}': "direct",
    '{"reported_source": "somewhere"}': "other_campaign",
    '{"reported_channel": "Affiliates", "reported_medium": "affiliate"}': "affiliate",
}
# And what is no word.
SILENT_REPORT = '{"reported_channel": "", "reported_source": "(not set)"}'
CHANNEL_OF_CAMPAIGN = {("google", "cpc"): "paid_search", ("news", "email"): "email"}
CAUSES = ("identity", "consent", "rule", "unreported", "other")
REPORTS = [json.loads(report) for report in (*CHANNEL_OF_REPORT, SILENT_REPORT)]
# In this space the source has no words of its own, so that its campaigns are its word.
SPACE_WITHOUT_WORDS = "other"
TESTED = (
    "events",
    "person_journeys",
    "attributed_conversions",
    "attribution_reconciliation",
    "int_reported_conversions",
)
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")


def random_events(random: Random, count: int) -> list[Row]:
    """Events of few visitors on a coarse grid: logins by turns, refusals, orders told twice, and servers in between."""
    events = []
    for number in range(count):
        occurred_at = START + timedelta(minutes=5 * random.randrange(600))
        visitor = f"v{random.randrange(12)}"
        event: Row = {
            "event_id": f"e{number}",
            "event_name": "page_view",
            "occurred_at": occurred_at.isoformat(),
            "anonymous_id": visitor,
            "space_id": random.choice(SHOPS),
        }
        # Half of the visitors are devices of one user, and some of nobody.
        users = [f"u{visitor}"] if visitor < "v5" else [f"u{visitor}", "ann", "bob"] if visitor < "v8" else []
        if users and random.random() < 0.3:
            event["user_id"] = random.choice(users)
        kind = random.random()
        if kind < 0.08:
            order = {"order_id": f"o{random.randrange(40)}", "revenue": "5", "currency": "EUR"}
            event |= {"event_name": "order_completed"} | order
        elif kind < 0.12:
            event |= {"event_name": "order_refunded", "order_id": f"o{random.randrange(40)}", "revenue": "2"}
        elif kind < 0.14:
            event |= {"event_name": "signed_up", "user_id": event.get("user_id", "ann")}
        elif kind < 0.16:
            event |= {"event_name": "consent_updated", "has_consent": random.choice(("true", "false"))}
        elif kind < 0.18:
            event["has_consent"] = "false"
        if random.random() < 0.2:
            event["page_url"] = f"https://shop.example/?{random.choice(CAMPAIGNS)}"
        report = random.choice(REPORTS)
        if random.random() < 0.2 and event["space_id"] != SPACE_WITHOUT_WORDS:
            event["properties"] = json.dumps(report)
        if random.random() < 0.15:
            event["platform"] = "server"
            if random.random() < 0.3:
                del event["anonymous_id"]
                event["user_id"] = random.choice(("ann", "bob", "cleo"))
        events.append(event)
    refusals = [
        {
            "event_id": f"{user} says {word}",
            "event_name": "consent_updated",
            "occurred_at": (START + timedelta(hours=hour)).isoformat(),
            "user_id": user,
            "has_consent": word,
            "space_id": SHOPS[0],
        }
        for user, word, hour in (("ann", "false", 20), ("bob", "false", 20), ("bob", "true", 30), ("uv1", "false", 25))
    ]
    # Sent again; the first counts.
    return events + random.sample(events, count // 20) + refusals


@pytest.fixture(scope="module")
def demo(optional_build) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of random visitors, with their data tests passed."""
    folder = tmp_path_factory.mktemp("families")
    raw = folder / "events.ndjson"
    raw.write_text("".join(json.dumps(event) + "\n" for event in random_events(Random(5), 1500)))
    dbt = Dbt(folder, environment={"IDENTITY_EVENTS": str(raw)})
    dbt.parse(*OPTIONAL_MARTS)
    models = ("+events", "+person_journeys", "+persons", "+users", "+attribution_reconciliation", "event_volume")
    built = dbt("build", "--select", *models, *NO_TESTS, *OPTIONAL_MARTS)
    assert built.success, built.output[-5000:]
    tested = dbt("test", "--select", *TESTED, "--exclude", "test_type:unit", *OPTIONAL_MARTS)
    assert tested.success, tested.output[-5000:]
    with duckdb.connect(str(dbt.database), read_only=True) as connection:
        yield connection


@pytest.fixture(params=["demo", "families"])
def marts(request: pytest.FixtureRequest) -> duckdb.DuckDBPyConnection:
    return request.getfixturevalue(request.param)


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """The rows of a query, each by column name."""
    result = connection.execute(sql)
    columns = [column[0] for column in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def persons_of_nodes(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """The person of each id, and of each user's part of a shared id, by space and id."""
    sql = """
        select space_id, anonymous_id as node_id, universal_id from marts.users where not is_shared
        union all
        select space_id, node_id, universal_id from marts.shared_devices
    """
    return {(row["space_id"], row["node_id"]): row["universal_id"] for row in rows_of(connection, sql)}


def test_event_is_of_the_session_and_the_person_that_a_walk_through_them_finds(marts):
    accepted = rows_of(marts, "from intermediate.int_events")
    names = names_of_nodes(
        [
            row
            | {"has_consent": str(row["is_observed"]).lower(), "platform": "browser" if row["is_visit"] else "server"}
            for row in accepted
        ]
    )
    sessions = defaultdict(list)
    for session in rows_of(marts, "from marts.sessions"):
        sessions[session["space_id"], session["node_id"]].append(session)
    persons = persons_of_nodes(marts)

    expected = []
    for event, node in zip(accepted, names, strict=True):
        running = [
            session
            for session in sessions[event["space_id"], node]
            if session["session_started_at"] <= event["occurred_at"] <= session["session_ended_at"]
        ]
        assert len(running) == 1 or not running and not event["is_visit"]
        has_consent = event["has_consent"] and (not running or running[0]["has_consent"])
        person = persons.get((event["space_id"], node), event["anonymous_id"]) if has_consent else event["anonymous_id"]
        session_id, channel = (running[0][name] if event["is_visit"] else None for name in ("session_id", "channel"))
        expected.append((event["source_name"], event["event_id"], node, person, session_id, channel, has_consent))
    sql = "select source_name, event_id, node_id, universal_id, session_id, channel, has_consent from marts.events"
    assert Counter(marts.execute(sql).fetchall()) == Counter(expected)

    counted = marts.execute("select sum(row_count) from marts.event_volume where disposition = 'accepted'").fetchall()
    assert counted == [(len(expected),)]


def test_columns_of_an_event_are_those_it_was_accepted_with(marts):
    columns = [row["column_name"] for row in rows_of(marts, "describe marts.events")]
    told = {"node_id", "universal_id", "session_id", "channel", "has_consent", "conversion_id", "is_late"}
    kept = ", ".join(column for column in columns if column not in told)
    sql = f"(select {kept} from marts.events except all select {kept} from intermediate.int_events)"
    assert marts.execute(f"select count(*) from {sql}").fetchall() == [(0,)]
    late = "coalesce(received_at - occurred_at > interval 10 minute, false)"
    assert marts.execute(f"select count(*) from marts.events where is_late <> {late}").fetchall() == [(0,)]


def test_conversion_is_what_the_first_of_its_events_says(marts):
    reports = defaultdict(list)
    for event in rows_of(marts, "from marts.events where is_conversion"):
        reports[event["conversion_id"]].append(event)
    assert None not in reports
    conversions = {row["conversion_id"]: row for row in rows_of(marts, "from marts.conversions")}
    assert reports.keys() == conversions.keys()
    for conversion_id, events in reports.items():
        order = ("event_id", "source_name")
        first = min(events, key=lambda event: (event["occurred_at"], not event["is_visit"], *map(event.get, order)))
        conversion = conversions[conversion_id]
        assert conversion["event_name"] == first["event_name"]
        if not conversion["is_refund"]:
            names = ("universal_id", "node_id", "has_consent")
            assert [conversion[name] for name in names] == [first[name] for name in names]


def test_random_visitors_share_ids_and_refuse(families):
    counts = {
        "parts of shared ids": "from marts.shared_devices",
        "withdrawals given back": "from intermediate.int_consent_withdrawals where restored_at is not null",
        "sessions without consent": "from marts.sessions where not has_consent",
        "persons anchored by an id that refused": """
            from marts.sessions join marts.persons using (space_id, universal_id) where not has_consent
        """,
        "events of servers within a session": """
            from marts.events join marts.sessions using (space_id, node_id)
            where not is_visit and occurred_at between session_started_at and session_ended_at
        """,
        "orders told twice": """
            from (select conversion_id from marts.events where is_conversion group by conversion_id having count(*) > 1)
        """,
        "refunds": "from marts.conversions where is_refund",
        "changes of user": "from marts.users_history where change_type = 'user_changed'",
        "merges": "from marts.users_history where change_type = 'merged'",
        "refusals after refusals": """
            from intermediate.int_consent_withdrawals as withdrawals
            join intermediate.int_consent_withdrawals as others using (id_number)
            where withdrawals.restored_at = others.withdrawn_at
        """,
        "refusals of a login": """
            from intermediate.int_consent_withdrawals join intermediate.int_identity_observations using (key_number)
        """,
    }
    found = {name: families.execute(f"select count(*) {sql}").fetchall()[0][0] for name, sql in counts.items()}
    assert min(found.values()) > 0, found


def test_journeys_hold_each_thing_once_and_what_happened_without_consent_not_at_all(marts):
    parts = {
        "session": "from marts.sessions where has_consent",
        "conversion": "from marts.conversions where has_consent and not is_refund",
        "refund": "from marts.conversions where has_consent and is_refund",
        "record": "from marts.customer_records where has_consent",
        "first_seen": "from marts.users_history where change_type = 'first_seen'",
        "merged": "from marts.users_history where change_type = 'merged'",
        "user_changed": "from marts.users_history where change_type = 'user_changed'",
    }
    counted = {name: marts.execute(f"select count(*) {sql}").fetchall()[0][0] for name, sql in parts.items()}
    journeys = rows_of(marts, "from marts.person_journeys")
    found = Counter(row["journey_event"] for row in journeys if not row["journey_event"].startswith("consent_"))
    assert found == Counter({name: count for name, count in counted.items() if count})
    assert len({row["journey_event_id"] for row in journeys}) == len(journeys)

    shown = {
        row[f"{row['journey_event']}_id"]: row for row in journeys if row["journey_event"] in ("session", "conversion")
    }
    for mart, key in (("sessions", "session_id"), ("conversions", "conversion_id")):
        sql = f"select {key} as key, anonymous_id, universal_id from marts.{mart} where has_consent"
        for row in rows_of(marts, sql if mart == "sessions" else f"{sql} and not is_refund"):
            names = ("anonymous_id", "universal_id")
            assert [row[name] for name in names] == [shown[row["key"]][name] for name in names]


def test_changes_of_an_id_are_in_the_journey_of_the_person_of_today(marts):
    persons = persons_of_nodes(marts)
    shared = {(row["space_id"], row["anonymous_id"]) for row in rows_of(marts, "from marts.shared_devices")}
    expected = []
    for change in rows_of(marts, "from marts.users_history"):
        visitor = change["space_id"], change["anonymous_id"]
        node = change["universal_id"] if visitor in shared else change["anonymous_id"]
        person = persons[change["space_id"], node]
        expected.append((*visitor, change["change_type"], change["valid_from_at"], person))
    sql = """
        select space_id, anonymous_id, journey_event, happened_at, universal_id from marts.person_journeys
        where journey_event in ('first_seen', 'merged', 'user_changed')
    """
    assert Counter(marts.execute(sql).fetchall()) == Counter(expected)


def test_withdrawal_is_in_the_journey_of_each_person_it_speaks_for(marts):
    statements = defaultdict(lambda: defaultdict(list))
    for event in rows_of(marts, "from intermediate.int_events where is_consent_change"):
        statements[event["space_id"], event["anonymous_id"]][event["occurred_at"]].append(event["has_consent"])
    persons = defaultdict(set)
    of_nodes = persons_of_nodes(marts)
    for (space, node), person in of_nodes.items():
        persons[space, node.split("~")[0]].add(person)
    # One without an id is of whoever was seen with its login.
    sql = """
        from (
            select distinct space_id, anonymous_id, user_id from intermediate.int_events
            where is_consent_change and is_anonymous_id_derived
        ) as stated
        join intermediate.int_events as seen using (space_id, user_id)
        left join intermediate.int_shared_events as shared on seen.event_number = shared.event_number
        select distinct space_id, stated.anonymous_id, coalesce(shared.node_id, seen.anonymous_id) as node_id
        where seen.is_observed
    """
    for row in rows_of(marts, sql):
        persons[row["space_id"], row["anonymous_id"]].add(of_nodes[row["space_id"], row["node_id"]])

    expected = []
    for (space, visitor), told in statements.items():
        was_given = True
        for moment in sorted(told):
            is_given = all(told[moment])
            if not is_given or not was_given:
                change = "consent_restored" if is_given else "consent_withdrawn"
                named = persons[space, visitor] or {visitor}
                expected += [(space, person, visitor, change, moment) for person in named]
            was_given = is_given
    sql = """
        select space_id, universal_id, anonymous_id, journey_event, happened_at from marts.person_journeys
        where journey_event like 'consent_%'
    """
    assert Counter(marts.execute(sql).fetchall()) == Counter(expected)

    withdrawn = """
        select space_id, universal_id from (
            from marts.person_journeys where journey_event like 'consent_%'
            qualify row_number() over (partition by space_id, universal_id, anonymous_id order by happened_at desc) = 1
        ) join marts.persons using (space_id, universal_id)
        where journey_event = 'consent_withdrawn'
    """
    flagged = "select space_id, universal_id from marts.persons where has_withdrawn_consent"
    assert set(marts.execute(withdrawn).fetchall()) == set(marts.execute(flagged).fetchall())


def test_journey_is_in_order_and_of_a_person_or_of_a_cookie_that_refused(marts):
    journeys = defaultdict(list)
    for row in rows_of(marts, "from marts.person_journeys order by space_id, universal_id, journey_position"):
        journeys[row["space_id"], row["universal_id"]].append(row)
    persons = set(marts.execute("select space_id, universal_id from marts.persons").fetchall())
    for person, rows in journeys.items():
        assert [row["journey_position"] for row in rows] == list(range(1, len(rows) + 1))
        moments = [row["happened_at"] for row in rows]
        assert moments == sorted(moments)
        if person not in persons:
            assert {row["journey_event"] for row in rows} <= {"consent_withdrawn", "consent_restored"}


def test_journey_of_somebody_with_several_devices_and_an_order_is_told_in_order(demo):
    """Who has most devices of those with an order and at most a dozen things in their journey."""
    person = demo.execute("""
        select universal_id from marts.person_journeys
        group by universal_id
        having count(*) <= 12 and bool_or(journey_event = 'conversion')
        order by count(distinct anonymous_id) desc, count(distinct journey_event) desc, universal_id
        limit 1
    """).fetchall()[0][0]
    rows = rows_of(demo, f"from marts.person_journeys where universal_id = '{person}' order by journey_position")
    assert len({row["anonymous_id"] for row in rows}) > 2
    assert rows[0]["journey_event"] == "first_seen"
    assert rows[0]["anonymous_id"] == person
    seen: set[str] = set()
    running: dict[str, str] = {}
    for row in rows:
        if row["journey_event"] in ("first_seen", "merged"):
            seen.add(row["anonymous_id"])
        if row["journey_event"] == "session":
            # An id may come to be known by the merge that its first event tells, which stands after the session.
            running[row["session_id"]] = row["anonymous_id"]
        if row["journey_event"] == "conversion" and row["session_id"]:
            assert running[row["session_id"]] == row["anonymous_id"]
    assert seen == {row["anonymous_id"] for row in rows}


def word_of(event: Row) -> tuple[bool, str] | None:
    """Whether an event says itself, not by its campaign, what it came by, and the channel; JSON has lost its blanks."""
    own = CHANNEL_OF_REPORT.get(json.dumps(json.loads(event["properties"])) if event["properties"] else "")
    campaign = event["utm_source"], event["utm_medium"]
    by_campaign = CHANNEL_OF_CAMPAIGN.get(campaign) if event["space_id"] == SPACE_WITHOUT_WORDS else None
    return (True, own) if own else (False, by_campaign) if by_campaign else None


def reported_channels(families: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """The channel that the source says of each conversion, by a walk through its reports and their sessions."""
    reports, sessions = defaultdict(list), defaultdict(list)
    for event in rows_of(families, "from marts.events"):
        if event["conversion_id"]:
            reports[event["conversion_id"]].append(event)
        if event["session_id"]:
            sessions[event["session_id"]].append(event)
    channels: dict[str, str | None] = {}
    for conversion in rows_of(families, "from marts.conversions where not is_refund"):
        found = []
        reporting = reports[conversion["conversion_id"]]
        session_ids = {conversion["session_id"], *(event["session_id"] for event in reporting)} - {None}
        of_sessions = [event for session_id in session_ids for event in sessions[session_id]]
        for is_of_session, events in enumerate((reporting, of_sessions)):
            for event in events:
                if word := word_of(event):
                    lag = event["occurred_at"] - conversion["converted_at"]
                    preference = (not word[0], is_of_session, lag > timedelta(0), abs(lag), event["event_id"])
                    found.append((preference, word[1]))
        channels[conversion["conversion_id"]] = min(found)[1] if found else None
    return channels


def lacks_consent(conversion: Row, touches: list[tuple]) -> bool:
    """Whether consent is lacking: of the conversion, or of the last campaign of its person and its cookie together.

    Args:
        conversion: the row of conversions.
        touches: all that there are, in the columns of TOUCHES.

    """
    candidates = [(conversion["attributed_at"] - timedelta(days=7), True)]
    for space_id, person, cookie, session_id, number, touched_at, started_at, has_consent in touches:
        seconds_after = (touched_at - conversion["attributed_at"]).total_seconds()
        has_just_begun = (conversion["attributed_at"] - started_at).total_seconds() <= 60
        is_noted_late = (session_id, number) == (conversion["session_id"], 1) and seconds_after <= 60 and has_just_begun
        is_of_person = has_consent and person == conversion["universal_id"]
        if number and space_id == conversion["space_id"] and (is_of_person or cookie == conversion["anonymous_id"]):
            candidates += [(touched_at, has_consent)] if seconds_after <= 0 or is_noted_late else []
    return not conversion["has_consent"] or not max(candidates)[1]


def test_difference_to_what_the_source_says_is_divided_to_the_last_conversion(families):
    reported = reported_channels(families)
    conversions = {row["conversion_id"]: row for row in rows_of(families, "from marts.conversions")}
    touches = families.execute(TOUCHES).fetchall()
    credits = defaultdict(dict)
    sql = "from marts.attributed_conversions where not is_refund and attribution_model like 'last_touch%'"
    for row in rows_of(families, sql):
        credits[row["conversion_id"]][row["identity_mode"], row["attribution_model"]] = row

    expected: defaultdict[tuple, Counter[str]] = defaultdict(Counter)
    for conversion_id, told in reported.items():
        conversion = conversions[conversion_id]
        ours, cookie = (credits[conversion_id][mode, "last_touch"] for mode in ("graph", "cookie"))
        with_direct = credits[conversion_id]["cookie", "last_touch_with_direct"]
        moves = [
            ("consent" if lacks_consent(conversion, touches) else "identity", ours["channel"], cookie["channel"]),
            ("rule", cookie["channel"], with_direct["channel"]),
            ("other" if told else "unreported", with_direct["channel"], told),
            ("ours", ours["channel"], None),
            ("theirs", told, None),
        ]
        for cause, *channels in moves:
            for channel, sign in zip(channels, (1, -1), strict=True):
                if channel:
                    key = conversion["converted_at"].date(), conversion["space_id"], conversion["event_name"], channel
                    counts = expected[*key, conversion["currency_code"]]
                    counts[cause] += sign
                    counts[f"revenue {cause}"] += sign * (conversion["revenue_amount"] or 0)

    names = {"ours": "conversions", "theirs": "reported_conversions"}
    names |= {"revenue ours": "revenue", "revenue theirs": "reported_revenue"}
    for cause in CAUSES:
        names |= {cause: f"{cause}_difference", f"revenue {cause}": f"{cause}_revenue_difference"}
    found = rows_of(families, "from marts.attribution_reconciliation")
    keys = ("conversion_date", "space_id", "event_name", "channel", "currency_code")
    assert {tuple(row[key] for key in keys) for row in found} == expected.keys()
    assert len(found) == len(expected)
    for row in found:
        counts = expected[tuple(row[key] for key in keys)]
        assert row["source_name"] == "generic"
        assert {row[name] for name in ("bot_difference", "bot_revenue_difference")} == {0}
        assert [row[name] for name in names.values()] == [counts[name] for name in names]
        assert sum(row[f"{cause}_difference"] for cause in CAUSES) == row["conversions"] - row["reported_conversions"]
    for cause in CAUSES:
        assert any(row[f"{cause}_difference"] for row in found), cause
    assert set(CHANNEL_OF_REPORT.values()) <= set(reported.values())
