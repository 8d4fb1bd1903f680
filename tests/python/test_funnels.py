"""Steps of funnels, found again by comparing each event with all before it: on the demo and on random streams."""

import csv
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pytest
from compiled_models import run_compiled
from dbt_runs import PROJECT

START = datetime(2026, 1, 5)
MODES = ("graph", "cookie")


@dataclass(frozen=True, order=True)
class Event:
    """An event, in the order in which events of a person follow each other."""

    occurred_at: datetime
    event_id: str
    source_name: str
    event_name: str
    page_path: str | None


@dataclass(frozen=True)
class Step:
    """A row of funnel_steps."""

    funnel_name: str
    step_number: int
    event_name: str
    page_path: str | None
    within_minutes: int | None
    step_order: str | None

    def matches(self, event: Event) -> bool:
        """Whether an event is this step."""
        return is_like(event.event_name, self.event_name) and (
            not self.page_path or is_like(event.page_path, self.page_path)
        )


def is_like(text: str | None, pattern: str) -> bool:
    """SQL's like: % is any text, _ any one character."""
    expression = re.escape(pattern).replace("%", ".*").replace("_", ".")
    return text is not None and re.fullmatch(expression, text, re.DOTALL) is not None


def whole_seconds(earlier: datetime, later: datetime) -> int:
    """Full seconds between two moments."""
    return (later - earlier) // timedelta(seconds=1)


def reached_steps(events: Iterable[Event], steps: list[Step]) -> Iterator[tuple]:
    """Give each step that a person reached, with the first event that did: by the definition, pair by pair."""
    in_order = sorted(event for event in events if any(step.matches(event) for step in steps))
    reached_before: list[int] = []
    rows: list[tuple] = []
    for step in steps:
        reached = []
        for place, event in enumerate(in_order):
            if not step.matches(event):
                continue
            predecessors = [earlier for earlier in reached_before if earlier < place]
            if step.step_order == "strict":
                predecessors = [earlier for earlier in predecessors if earlier == place - 1]
            if step.within_minutes is not None:
                limit = timedelta(minutes=step.within_minutes)
                predecessors = [
                    earlier for earlier in predecessors if event.occurred_at - in_order[earlier].occurred_at <= limit
                ]
            if step.step_number == 1 or predecessors:
                reached.append((place, max(predecessors, default=None)))
        if not reached:
            break
        place, predecessor = reached[0]
        event = in_order[place]
        seconds = None if predecessor is None else whole_seconds(in_order[predecessor].occurred_at, event.occurred_at)
        shown = (event.event_name, event.source_name, event.event_id, event.occurred_at, seconds)
        rows.append((step.funnel_name, step.step_number, step.step_number == len(steps), shown))
        reached_before = [place for place, _ in reached]
    for number, (*place, shown) in enumerate(rows, 1):
        started_at = rows[0][-1][3]
        yield (*place, number < len(rows), *shown, started_at)


def expected_rows(streams: dict[tuple, list[Event]], funnels: dict[str, list[Step]]) -> list[tuple]:
    """Give the rows of funnel_conversions for the events of each space, mode and identity."""
    return [
        (*identity, *row)
        for identity, events in streams.items()
        for steps in funnels.values()
        for row in reached_steps(events, steps)
    ]


def test_steps_of_the_demo_are_those_of_a_comparison_of_all_pairs(optional_build):
    with (PROJECT / "seeds" / "funnel_steps.csv").open(newline="") as file:
        funnels = defaultdict(list)
        for row in csv.DictReader(file):
            within = int(row["within_minutes"]) if row["within_minutes"] else None
            funnels[row["funnel_name"]].append(
                Step(
                    row["funnel_name"],
                    int(row["step_number"]),
                    row["event_name"],
                    row["page_path"],
                    within,
                    row["step_order"],
                )
            )
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        persons = dict(
            connection.execute(
                """
                select (ids.space_id, ids.node_id), anchors.node_id
                from intermediate.int_identity_resolved as resolved
                join intermediate.int_identity_ids as ids using (id_number)
                join intermediate.int_identity_ids as anchors on resolved.person_number = anchors.id_number
                """
            ).fetchall()
        )
        sessions = defaultdict(list)
        for space_id, node_id, *session in connection.execute(
            "select space_id, node_id, session_started_at, session_ended_at, universal_id, has_consent"
            " from marts.sessions"
        ).fetchall():
            sessions[space_id, node_id].append(session)
        events = connection.execute(
            """
            select
                space_id, anonymous_id, coalesce(node_id, anonymous_id), has_consent,
                occurred_at, event_id, source_name, event_name, page_path
            from intermediate.int_events
            left join intermediate.int_shared_events using (event_number)
            """
        ).fetchall()
        rows = connection.execute("from marts.funnel_conversions").fetchall()

    streams = defaultdict(list)
    for space_id, cookie, node_id, has_consent, *told in events:
        event = Event(*told)
        of_node = sessions[space_id, node_id]
        owners = [(person, known) for start, end, person, known in of_node if start <= event.occurred_at <= end]
        person, is_known = owners[0] if owners else (persons.get((space_id, node_id), cookie), True)
        if is_known and has_consent:
            streams[space_id, "graph", person].append(event)
            streams[space_id, "cookie", cookie].append(event)
    assert sorted(rows, key=str) == sorted(expected_rows(streams, funnels), key=str)


def random_funnels(chance: random.Random, count: int) -> dict[str, list[Step]]:
    """Make funnels of one to four steps, whose patterns overlap."""
    return {
        f"f{number}": [
            Step(
                f"f{number}",
                step,
                chance.choice(["a", "b", "c", "c1", "_", "c%", "%"]),
                chance.choice([None, None, None, "/x%"]),
                chance.choice([None, 0, 2, 5]) if step > 1 else None,
                chance.choice(["loose", "strict"]) if step > 1 else None,
            )
            # As many as the longest funnel of the seed has, by which the model was compiled.
            for step in range(1, (4 if number == 0 else chance.randint(1, 4)) + 1)
        ]
        for number in range(count)
    }


@dataclass(frozen=True)
class Node:
    """A cookie, or one person's part of it."""

    id_number: int
    visitor_number: int
    space_id: str
    cookie: str
    person: str
    person_number: int


def random_nodes(chance: random.Random, space: int) -> list[Node]:
    """Make up to four cookies of up to three persons; on each cookie there may be two persons."""
    nodes = []
    for number in range(2 * chance.randint(1, 4)):
        person = chance.randint(1, 3)
        id_number, cookie = 100 * space + number, f"c{number // 2}"
        nodes.append(
            Node(id_number, id_number - number % 2, f"s{space}", cookie, f"p{person}", 100 * space + 50 + person)
        )
    return nodes


def random_event(chance: random.Random, number: int) -> Event:
    """Make an event of any name within 20 minutes, so that many happen at one moment."""
    moment = START + timedelta(seconds=30 * chance.randint(0, 40), milliseconds=chance.choice([0, 0, 400, 999]))
    name, page_path = chance.choice(["a", "b", "c", "c1", "d"]), chance.choice([None, "/x/1", "/y"])
    return Event(moment, f"e{number // 2}", f"web{number % 2}", name, page_path)


@pytest.mark.parametrize("seed", range(3))
def test_steps_of_random_streams_are_those_of_a_comparison_of_all_pairs(optional_build, seed):
    chance = random.Random(seed)
    funnels = random_funnels(chance, 30)
    nodes = [node for space in range(60) for node in random_nodes(chance, space)]
    by_space = defaultdict(list)
    for node in nodes:
        by_space[node.space_id].append(node)
    sent = [
        (chance.choice(of_space), random_event(chance, number), chance.random() < 0.9)
        for of_space in by_space.values()
        for number in chance.sample(range(100), chance.randint(1, 25))
    ]
    # Each event says whether there was consent, and so does the session that it lies in.
    sessions = {
        (node.id_number, event.occurred_at): chance.random() < 0.8 for node, event, _ in sent if chance.random() < 0.5
    }

    streams = defaultdict(list)
    for node, event, has_consent in sent:
        if has_consent and sessions.get((node.id_number, event.occurred_at), True):
            streams[node.space_id, "graph", node.person].append(event)
            streams[node.space_id, "cookie", node.cookie].append(event)
    rows = run_compiled(
        optional_build.target,
        "funnel_conversions",
        {
            "seeds.funnel_steps": (
                "funnel_name text, step_number int, event_name text, page_path text, within_minutes int,"
                " step_order text, is_enabled bool",
                [(*vars(step).values(), True) for steps in funnels.values() for step in steps],
            ),
            "intermediate.int_events": (
                "event_number bigint, id_number bigint, space_id text, anonymous_id text, has_consent bool,"
                " occurred_at timestamp, event_id text, source_name text, event_name text, page_path text",
                [
                    (number, node.visitor_number, node.space_id, node.cookie, has_consent, *vars(event).values())
                    for number, (node, event, has_consent) in enumerate(sent)
                ],
            ),
            "intermediate.int_shared_events": (
                "event_number bigint, id_number bigint",
                [(n, node.id_number) for n, (node, *_) in enumerate(sent) if node.id_number != node.visitor_number],
            ),
            "intermediate.int_sessions": (
                "id_number bigint, session_started_at timestamp, session_ended_at timestamp, has_consent bool",
                [(id_number, moment, moment, is_known) for (id_number, moment), is_known in sessions.items()],
            ),
            "intermediate.int_identity_resolved": (
                "id_number bigint, person_number bigint",
                [(node.id_number, node.person_number) for node in nodes],
            ),
            "intermediate.int_identity_ids": (
                "id_number bigint, node_id text",
                {(node.person_number, node.person) for node in nodes},
            ),
        },
    )
    assert max(step_number for _, _, _, _, step_number, *_ in rows) >= 4
    assert sorted(rows, key=str) == sorted(expected_rows(streams, funnels), key=str)
