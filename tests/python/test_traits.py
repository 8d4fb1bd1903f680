"""Traits of persons, told anew from all that was seen of a person up to each moment, and gone with who is erased."""

import csv
import json
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from conftest import OPTIONAL_MARTS, DemoBuild
from dbt_runs import PARTIAL_PARSE, PROJECT, Dbt
from test_erasure import Request, write_requests

from identity_graph.erasure_search import verify
from identity_graph.verify_erasure import DEMO_SECRET

UNNAMED = 1_000_000
START = datetime(2026, 1, 5, 8)

with (PROJECT / "seeds" / "trait_definitions.csv").open(newline="") as seed:
    DEFINITIONS = list(csv.DictReader(seed))

Key = tuple[str, str, str]
Range = tuple[Any, ...]


@dataclass(frozen=True, order=True)
class Observation:
    """A value of a trait; observations come in this order."""

    observed_at: datetime
    observation_id: str
    source_name: str
    source_rank: int
    value: str


def value_in_force(rule: str, seen: Iterable[Observation]) -> Observation:
    """The observation that decides, of all that were seen so far."""
    best = min(one.source_rank for one in seen)
    counted = sorted(one for one in seen if one.source_rank == best)
    if rule == "first":
        return counted[0]
    if rule == "most_frequent":
        counts = Counter(one.value for one in counted)
        return max(counted, key=lambda one: (counts[one.value], one))
    return counted[-1]


def ranges_of(rule: str, observations: list[Observation]) -> Iterator[Range]:
    """The ranges of a trait of a person: value, source, from, to, and when it was last observed."""
    moments = sorted({one.observed_at for one in observations})
    states = [(at, value_in_force(rule, [one for one in observations if one.observed_at <= at])) for at in moments]
    ranges = [list(group) for _, group in groupby(states, lambda state: (state[1].value, state[1].source_name))]
    ends = [group[0][0] for group in ranges[1:]] + [None]
    for group, valid_to_at in zip(ranges, ends, strict=True):
        first = group[0][1]
        yield first.value, first.source_name, group[0][0], valid_to_at, max(one.observed_at for _, one in group)


def expected_rows(observations: dict[Key, list[Observation]], rules: dict[str, str]) -> list[Range]:
    """Rows of the mart for the observations of each space, person and trait."""
    return sorted(
        (*key, *row) for key, seen in observations.items() for row in ranges_of(rules[key[2].split("_EUR")[0]], seen)
    )


def compiled_mart(build: DemoBuild) -> str:
    """The SQL of the mart, reading tables by their names alone."""
    path = build.target / "compiled" / "identity_graph" / "models" / "marts" / "identity" / "person_traits.sql"
    return re.sub(r'"\w+"\."\w+"\."(\w+)"', r'"\1"', path.read_text())


ROWS = """
    select
        space_id, universal_id, trait_name, trait_value, source_name, valid_from_at, valid_to_at, last_observed_at
    from ({}) as traits
"""


def random_observations(random: Random) -> dict[Key, list[Observation]]:
    """Few values, sources and moments, so that all of them are often alike."""
    found: dict[Key, list[Observation]] = {}
    for number in range(150):
        trait = random.choice(("latest", "first", "most_frequent", "sum"))
        ranks = random.choice(({"a": 1, "b": 3, "c": UNNAMED}, {"a": 1, "b": 1, "c": 1}))
        found[f"space {number % 2}", f"person {number}", trait] = [
            Observation(
                START + timedelta(seconds=random.randrange(6)),
                f"o{random.randrange(3)}{index}",
                source := random.choice("abc"),
                ranks[source],
                random.choice("xyz"),
            )
            for index in range(random.randrange(1, 12))
        ]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_value_in_force_is_that_of_the_rule_over_all_that_was_seen_so_far(optional_build, seed):
    random = Random(seed)
    observations = random_observations(random)
    rows = [
        (*key, one.value, one.source_name, one.observed_at, one.observation_id, key[2], one.source_rank)
        for key, seen in observations.items()
        for one in seen
    ]
    random.shuffle(rows)
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table int_trait_observations (
                space_id text, universal_id text, trait_name text, trait_value text, source_name text,
                observed_at timestamp, observation_id text, rule text, source_rank integer
            )
            """
        )
        connection.executemany(f"insert into int_trait_observations values ({', '.join('?' * 9)})", rows)
        found = connection.execute(ROWS.format(compiled_mart(optional_build))).fetchall()
    rules = {rule: rule for rule in ("latest", "first", "most_frequent", "sum")}
    assert sorted(found, key=lambda row: (row[:3], row[5])) == sorted(
        expected_rows(observations, rules), key=lambda row: (row[:3], row[5])
    )


def text_at(properties: Any, names: str) -> str | None:
    """The first of some properties that has a value, which is neither a list nor an object."""
    for name in names.split(","):
        value = properties
        for part in name.strip().split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value not in (None, ""):
            return None if isinstance(value, (dict, list)) else str(value)
    return None


def is_like(text: str, pattern: str) -> bool:
    """Whether a text is like a pattern of SQL; an empty pattern is any."""
    return not pattern or bool(re.fullmatch(re.escape(pattern).replace("%", ".*").replace("_", "."), text))


def persons_of_ids(marts: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """The person of each id, and of each user of a shared one, by space and node."""
    return {
        (space_id, node_id): person
        for space_id, node_id, person in marts.execute(
            """
            select space_id, anonymous_id, universal_id from marts.users where not is_shared
            union all
            select space_id, node_id, universal_id from marts.shared_devices
            """
        ).fetchall()
    }


def demo_observations(marts: duckdb.DuckDBPyConnection) -> dict[Key, list[Observation]]:
    """All that the demo's events, sessions and conversions tell of its persons."""
    persons = persons_of_ids(marts)
    found: defaultdict[Key, list[Observation]] = defaultdict(list)
    of = {name: [row for row in DEFINITIONS if row["observed_in"] == name] for name in ("events", "sessions")}
    for space_id, node_id, event_type, event_name, properties, occurred_at, event_id, source_name in marts.execute(
        """
        select
            events.space_id, coalesce(shared.node_id, events.anonymous_id), events.event_type, events.event_name,
            events.properties, events.occurred_at, events.event_id, events.source_name
        from intermediate.int_events as events
        left join intermediate.int_shared_events as shared using (event_number)
        where events.has_consent and events.properties is not null
        """
    ).fetchall():
        for row in of["events"]:
            is_read = row["event_type"] in ("", event_type) and is_like(event_name, row["event_name"])
            value = text_at(json.loads(properties), row["property_names"]) if is_read else None
            if value is not None and not value.startswith("["):
                order = [name.strip() for name in row["source_priority"].split(",")]
                rank = order.index(source_name) if source_name in order else UNNAMED
                key = space_id, persons[space_id, node_id], row["trait_name"]
                found[key].append(Observation(occurred_at, event_id, source_name, rank, value))

    for space_id, person, channel, utm_source, touched_at, session_id in marts.execute(
        """
        select space_id, universal_id, channel, utm_source, touched_at, session_id from marts.sessions
        where has_consent
        """
    ).fetchall():
        campaign = None if channel == "direct" else channel
        told = {"channel": channel, "campaign_channel": campaign, "utm_source": utm_source}
        for row in of["sessions"]:
            if value := told[row["property_names"]]:
                key = space_id, person, row["trait_name"]
                found[key].append(Observation(touched_at, session_id, "sessions", UNNAMED, value))

    sums: defaultdict[Key, Decimal] = defaultdict(Decimal)
    for space_id, person, currency, amount, converted_at, conversion_id in marts.execute(
        """
        select space_id, universal_id, currency_code, revenue_amount, converted_at, conversion_id from marts.conversions
        where has_consent and revenue_amount is not null and currency_code is not null
            and conversion_kind not in ('lead', 'signup')
        order by converted_at, conversion_id
        """
    ).fetchall():
        key = space_id, person, f"value_{currency}"
        sums[key] += amount
        value = f"{sums[key].normalize():f}"
        found[key].append(Observation(converted_at, conversion_id, "conversions", UNNAMED, value))
    return found


@pytest.fixture
def marts(optional_build):
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        yield connection


def test_traits_of_the_demo_are_those_of_its_events_sessions_and_conversions(marts):
    rules = {row["trait_name"]: row["rule"] for row in DEFINITIONS} | {"value_USD": "sum"}
    found = marts.execute(ROWS.format("from marts.person_traits")).fetchall()
    expected = expected_rows(demo_observations(marts), rules)
    assert len(found) > 10_000
    assert sorted(found, key=lambda row: (row[:3], row[5])) == sorted(expected, key=lambda row: (row[:3], row[5]))
    assert marts.execute(
        "select count(*) from marts.person_traits anti join marts.persons using (space_id, universal_id)"
    ).fetchall() == [(0,)]


def test_masked_view_shows_no_value_and_nobody(marts):
    counts = (
        "select count(*), count(trait_value), count(universal_id), count(distinct trait_name) from {}.person_traits"
    )
    rows, values, persons, traits = marts.execute(counts.format("marts")).fetchall()[0]
    assert rows == values == persons
    assert marts.execute(counts.format("marts_masked")).fetchall() == [(rows, 0, 0, traits)]


def test_optional_marts_keep_nothing_that_a_data_test_found(optional_build):
    nodes = json.loads((optional_build.target / "manifest.json").read_text())["nodes"]
    optional = {name for name, node in nodes.items() if node["config"]["meta"].get("is_optional")}
    kept = [
        node["name"]
        for node in nodes.values()
        if node["resource_type"] == "test"
        and node["config"]["store_failures"]
        and optional & set(node["depends_on"]["nodes"])
    ]
    assert kept == [], "switched off, a test is unknown to dbt, and a run that erases somebody would not find its table"


MARTS = ("person_traits", "person_profiles")


def stored_tables(database: Path) -> set[str]:
    """Names of what lies in the schema of the marts and beside it."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        views = connection.execute("select schema_name || '.' || view_name from duckdb_views()").fetchall()
    return {name for (name,) in names + views}


def traits_of(database: Path, persons: Iterable[str]) -> int:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "select count(*) from marts.person_traits where universal_id in (select unnest(?))", [list(persons)]
        ).fetchall()[0][0]


def test_who_is_erased_has_no_traits_whether_the_mart_is_on_or_off(optional_build, tmp_path, monkeypatch):
    monkeypatch.chdir(PROJECT)
    requests = {"IDENTITY_ERASURE_REQUESTS": str(tmp_path / "requests.csv")}
    dbt = Dbt(tmp_path / "on", environment=requests)
    dbt.target.mkdir(parents=True)
    shutil.copy(optional_build.path, dbt.database)
    shutil.copy(optional_build.target / PARTIAL_PARSE, dbt.target)
    with duckdb.connect(str(dbt.database), read_only=True) as connection:
        noted = connection.execute("select table_name from intermediate.optional_tables").fetchall()
        users = connection.execute(
            """
            select events.user_id, list(distinct users.universal_id)
            from intermediate.int_events as events
            inner join marts.users using (space_id, anonymous_id)
            where events.user_id is not null and not users.is_shared and events.has_consent
            group by all
            having count(distinct users.universal_id) = 1 and max(users.component_size) = 1
            order by all
            """
        ).fetchall()
    assert ("person_traits",) in noted
    (first, persons_of_first), (second, persons_of_second), *_ = users
    everybody = traits_of(dbt.database, [*persons_of_first, *persons_of_second])
    assert 0 < traits_of(dbt.database, persons_of_first) < everybody

    # Switched on, the mart is made anew without the one who is erased.
    build = ("build", "--exclude-resource-type", "test", "unit_test")
    until = datetime(2026, 6, 1)
    write_requests(Path(requests["IDENTITY_ERASURE_REQUESTS"]), [Request("user_id", first, until)])
    done = dbt(*build, *OPTIONAL_MARTS)
    assert done.success, done.output
    assert traits_of(dbt.database, persons_of_first) == 0
    assert traits_of(dbt.database, persons_of_second) > 0

    # Switched off, its table goes with the next one, and nothing else does.
    off = Dbt(tmp_path / "off", environment=requests)
    off.target.mkdir(parents=True)
    shutil.move(dbt.database, off.database)
    write_requests(Path(requests["IDENTITY_ERASURE_REQUESTS"]), [Request("user_id", second, until)])
    before = stored_tables(off.database)
    done = off(*build)
    assert done.success, done.output
    gone = before - stored_tables(off.database)
    assert gone >= {f"{schema}.{mart}" for schema in ("marts", "marts_masked") for mart in MARTS}
    assert {name.split(".")[1] for name in gone} <= {name for (name,) in noted}
    with duckdb.connect(str(off.database), read_only=True) as connection:
        left = connection.execute(
            "select schema_name || '.' || table_name from intermediate.optional_tables"
        ).fetchall()
        assert {name for (name,) in left} <= stored_tables(off.database)
        assert ("marts.households",) in left
        for name in stored_tables(off.database):
            # No view reads what is gone.
            connection.execute(f"from {name} limit 0")
    subjects, findings = verify(off.database, secret=DEMO_SECRET, keep_file=True)
    assert subjects.row_count > 0
    assert findings == []
