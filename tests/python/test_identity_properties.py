"""Property tests of the identity graph: random streams against a brute-force formulation of its rules.

The reference compares all observations of a key with each other and clusters the whole graph link by link with sets,
where the project links neighbours in time and clusters only the components that break a limit. Each stream lies in an
identity space of its own, so that all streams of one configuration are one build. An id on which several users logged
in, or that was seen with several accounts, is several ids here, a node for each of them.
"""

import hashlib
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import duckdb
import networkx as nx
import numpy as np
import pytest
from shared_ids import names_of_nodes

Row = dict[str, Any]
Pair = tuple[str, str]
Key = tuple[str, str]

START = datetime(2020, 1, 1)
STREAMS = 24


@dataclass(frozen=True)
class Configuration:
    """Rules and vars that differ from the project's own."""

    rules: list[Row] = field(default_factory=list)
    cap_percentile: float = 0.99
    cap_floor: int = 50


CONFIGURATIONS = {
    "as shipped": Configuration(),
    "narrow windows, low limits": Configuration(
        rules=[
            {"key_type": "user_id", "window_days": 8, "max_ids_per_key": 6, "max_values_per_profile": 2},
            {"key_type": "email_hash", "window_days": 3, "outlier_percentile": 0.8, "outlier_floor_ids": 2},
            {"key_type": "click_id", "window_days": 0},
            {"key_type": "ip_token", "outlier_percentile": 0.9, "outlier_floor_ids": 3},
            {"key_type": "cart_id", "is_enabled": "true", "max_values_per_profile": 3},
        ]
    ),
    "every shared ip links": Configuration(
        rules=[{"key_type": "ip_token", "corroboration": "", "window_days": 1, "outlier_floor_ids": 4}]
    ),
    "two weak keys, low cap": Configuration(
        rules=[
            {"key_type": "click_id", "corroboration": "mutual_best", "min_shared_days": 1},
            {"key_type": "account_id", "max_values_per_profile": 2},
            {"key_type": "user_id", "max_values_per_profile": 1},
        ],
        cap_percentile=0.7,
        cap_floor=3,
    ),
}


@dataclass(frozen=True)
class Stream:
    """Random events of one space, and the owners' overrides."""

    space_id: str
    events: list[Row]
    overrides: list[Row]


def random_stream(number: int) -> Stream:
    random = np.random.default_rng(number)
    ids = [f"id{index:02}" for index in random.permutation(random.integers(20, 61))]
    days = int(random.choice([4, 30, 400]))
    density = float(random.choice([0.3, 0.6, 1.2]))
    account_share = float(random.choice([0, 0.03, 0.12]))
    scarcity = float(random.choice([0.25, 0.5, 1.0]))
    # How often an event carries a key, and how many values of it there are for each id at density 1.
    keys = {
        "user_id": (0.3, 0.5), "email_hash": (0.25, 0.5), "click_id": (0.2, 0.4), "ip_address": (0.7, 0.25),
        "order_id": (0.05, 0.4), "account_id": (account_share, 0.05), "checkout_id": (0.05, 0.4), "cart_id": (0.1, 0.3),
    }  # fmt: skip
    events = []
    for name in ids:
        for _ in range(random.integers(1, 9)):
            # Whole hours, so that several events happen at once.
            occurred_at = START + timedelta(hours=int(random.integers(0, 24 * days)))
            drawn = {
                key: f"{key}-{random.integers(1 + int(values * len(ids) / density))}"
                for key, (share, values) in keys.items()
                if random.random() < share * (1 if key in ("account_id", "ip_address") else scarcity)
            }
            if "email_hash" in drawn:
                drawn["email_hash"] = hashlib.sha256(drawn["email_hash"].encode()).hexdigest()
            events.append(
                {
                    "event_id": f"{number}-{len(events)}",
                    "space_id": f"space {number}",
                    "anonymous_id": name,
                    "occurred_at": occurred_at.isoformat(),
                    "has_consent": str(random.random() > 0.03).lower(),
                    "properties": {key: drawn.pop(key) for key in ("checkout_id", "cart_id") if key in drawn},
                    **drawn,
                }
            )
    overrides = [
        {"override_type": kind, "anonymous_id_a": str(one), "anonymous_id_b": str(other)}
        for kind in ("never_link", "always_link")
        for one, other in (random.choice(ids, size=2, replace=False) for _ in range(number % 3))
    ]
    overrides += [{"override_type": "block_key", "key_type": "user_id", "key_value": "user_id-1"}] * (number % 2)
    unique = {tuple(row.items()): row | {"space_id": f"space {number}"} for row in overrides}
    return Stream(f"space {number}", events, list(unique.values()))


class Reference:
    """The graph of one stream by brute force: of ids, or of persons at a level above."""

    def __init__(
        self,
        stream: Stream,
        rules: list[Row],
        configuration: Configuration,
        level: str = "individual",
        persons: dict[str, str] | None = None,
    ) -> None:
        """Read the events that may be observed, by key."""
        self.overrides = [row for row in stream.overrides if persons is None or row["override_type"] == "block_key"]
        self.configuration = configuration
        self.rules = {
            rule["key_type"]: rule
            for rule in rules
            if rule["resolution_level"] == level and rule["is_enabled"] == "true"
        }
        limited = {rule["key_type"] for rule in rules if rule["resolution_level"] == "individual"}
        limited &= {
            rule["key_type"] for rule in rules if rule["is_enabled"] == "true" and rule["max_values_per_profile"]
        }
        times = [event | {"occurred_at": datetime.fromisoformat(event["occurred_at"])} for event in stream.events]
        nodes = names_of_nodes(times, tuple({"user_id", "account_id"} & limited))
        self.parts: defaultdict[str, set[str]] = defaultdict(set)
        for event, node in zip(stream.events, nodes, strict=True):
            self.parts[event["anonymous_id"]].add(node)
        events = [
            event | {"anonymous_id": node}
            for event, node in zip(stream.events, nodes, strict=True)
            if event["has_consent"] == "true"
        ]
        self.first_visits: dict[str, datetime] = {}
        self.active_days: defaultdict[str, set[date]] = defaultdict(set)
        self.observations: defaultdict[Key, dict[tuple[str, date], datetime]] = defaultdict(dict)
        for event in events:
            name, moment = event["anonymous_id"], datetime.fromisoformat(event["occurred_at"])
            name = persons[name] if persons else name
            self.first_visits[name] = min(moment, self.first_visits.get(name, moment))
            self.active_days[name].add(moment.date())
            values = {**event, "ip_token": event.get("ip_address"), **event["properties"]}
            for key_type in self.rules:
                if value := values.get(key_type):
                    times = self.observations[key_type, value]
                    times[name, moment.date()] = min(moment, times.get((name, moment.date()), moment))
        self.order = {name: (moment, name) for name, moment in self.first_visits.items()}

    def pair(self, one: str, other: str) -> Pair:
        """Give two ids in the order in which identity_links names them."""
        return min(one, other), max(one, other)

    def override_pairs(self, kind: str) -> set[Pair]:
        """Pairs of known ids that overrides of a kind name.

        An id that several users shared is kept apart with all its parts, and joined with none.
        """
        ends = [
            (row["anonymous_id_a"], row["anonymous_id_b"]) for row in self.overrides if row["override_type"] == kind
        ]
        if kind == "always_link":
            ends = [pair for pair in ends if all(self.parts[name] <= {name} for name in pair)]
        pairs = {
            self.pair(*parts) for one, other in ends for parts in itertools.product(self.parts[one], self.parts[other])
        }
        return {pair for pair in pairs if set(pair) <= set(self.first_visits)}

    @staticmethod
    def largest_in_window(days: dict[str, set[date]], window: timedelta) -> int:
        """The largest number of ids that have a day within any one window."""
        return max(
            sum(any(timedelta(0) <= last_day - day <= window for day in of_id) for of_id in days.values())
            for last_day in set().union(*days.values())
        )

    def size_of_key(self, key: Key) -> int:
        """The largest number of ids that are seen with a key within any one window of its rule."""
        days: defaultdict[str, set[date]] = defaultdict(set)
        for name, day in self.observations[key]:
            days[name].add(day)
        window_days = self.rules[key[0]]["window_days"]
        return self.largest_in_window(days, timedelta(days=int(window_days)) if window_days != "" else timedelta.max)

    def size_of_cluster(self, cluster: frozenset[str]) -> int:
        """The most ids of a cluster that are active within the same 30 days."""
        return self.largest_in_window({name: self.active_days[name] for name in cluster}, timedelta(days=29))

    @cached_property
    def linking_keys(self) -> list[Key]:
        """Keys that link: neither blocked, nor skewed, nor without a window."""
        sizes = {key: self.size_of_key(key) for key in self.observations}
        blocked = {(row["key_type"], row["key_value"]) for row in self.overrides if row["override_type"] == "block_key"}
        linking = []
        for key, size in sizes.items():
            rule = self.rules[key[0]]
            greatest = float(rule["max_ids_per_key"] or "inf")
            if rule["outlier_percentile"] and not rule["corroboration"]:
                of_its_type = sorted(other for (key_type, _), other in sizes.items() if key_type == key[0])
                rank = math.ceil(float(rule["outlier_percentile"]) * len(of_its_type) - 1e-9)
                greatest = min(greatest, max(of_its_type[rank - 1], int(rule["outlier_floor_ids"] or 10)))
            if rule["window_days"] != "" and key not in blocked and size <= greatest:
                linking.append(key)
        return linking

    @cached_property
    def evidence(self) -> dict[Pair, dict[Key, datetime]]:
        """What speaks for each pair of ids, and since when it is known."""
        evidence: defaultdict[Pair, dict[Key, datetime]] = defaultdict(dict)
        for key in self.linking_keys:
            rule = self.rules[key[0]]
            if rule["corroboration"]:
                continue
            for (one, at_one), (other, at_other) in itertools.combinations(self.observations[key].items(), 2):
                if one[0] != other[0] and abs((one[1] - other[1]).days) <= int(rule["window_days"]):
                    known = evidence[self.pair(one[0], other[0])]
                    known[key] = min(max(at_one, at_other), known.get(key, datetime.max))
        for key_type, rule in self.rules.items():
            if rule["corroboration"]:
                for pair, known_at in self.mutual_best(key_type, int(rule["min_shared_days"])).items():
                    evidence[pair][key_type, "mutual best"] = known_at
        for pair in self.override_pairs("always_link"):
            evidence[pair]["override", "always_link"] = max(self.first_visits[name] for name in pair)
        return evidence

    def mutual_best(self, key_type: str, min_shared_days: int) -> dict[Pair, datetime]:
        """Pairs that are each other's strict best, and when that became known."""
        meetings: defaultdict[Pair, dict[date, datetime]] = defaultdict(dict)
        for key in self.linking_keys:
            if key[0] == key_type:
                for (one, at_one), (other, at_other) in itertools.combinations(self.observations[key].items(), 2):
                    # Users of one id are behind its ip together.
                    if one[0].split("~")[0] != other[0].split("~")[0] and one[1] == other[1]:
                        met = meetings[self.pair(one[0], other[0])]
                        met[one[1]] = min(max(at_one, at_other), met.get(one[1], datetime.max))

        def is_best(name: str, pair: Pair) -> bool:
            others = [len(met) for rival, met in meetings.items() if name in rival and rival != pair]
            return len(meetings[pair]) > max(others, default=0)

        return {
            pair: met[sorted(met)[min_shared_days - 1]]
            for pair, met in meetings.items()
            if len(met) >= min_shared_days and is_best(pair[0], pair) and is_best(pair[1], pair)
        }

    def may_be_one_person(self, ids: frozenset[str]) -> bool:
        """Tell whether ids together break no limit and no never_link."""
        if any(ids.issuperset(pair) for pair in self.override_pairs("never_link")):
            return False
        held: defaultdict[str, set[str]] = defaultdict(set)
        for (key_type, value), times in self.observations.items():
            if any(name in ids for name, _ in times):
                held[key_type].add(value)
        return all(
            len(held[key_type]) <= int(rule["max_values_per_profile"])
            for key_type, rule in self.rules.items()
            if rule["max_values_per_profile"] != ""
        )

    @cached_property
    def clusters(self) -> set[frozenset[str]]:
        """Constrained clustering of the whole graph, the strongest links first."""

        def strength(pair: Pair) -> tuple:
            keys = self.evidence[pair]
            priority = min(
                int(self.rules[key_type]["priority"]) if key_type in self.rules else 0 for key_type, _ in keys
            )
            return priority, -len(keys), min(keys.values()), sorted(self.order[name] for name in pair)

        cluster_of = {name: frozenset([name]) for name in self.first_visits}
        for one, other in sorted(self.evidence, key=strength):
            union = cluster_of[one] | cluster_of[other]
            if cluster_of[one] != cluster_of[other] and self.may_be_one_person(union):
                cluster_of |= dict.fromkeys(union, union)
        return set(cluster_of.values())

    @cached_property
    def parted(self) -> dict[frozenset[str], list[frozenset[str]]]:
        """Clusters above the cap, each with the parts that logins and emails hold together."""
        sizes = sorted(self.size_of_cluster(cluster) for cluster in self.clusters if len(cluster) > 1)
        if not sizes:
            return {}
        rank = math.ceil(self.configuration.cap_percentile * len(sizes) - 1e-9)
        greatest = max(sizes[rank - 1], self.configuration.cap_floor)
        holding = [pair for pair, keys in self.evidence.items() if {"user_id", "email_hash"} & {key for key, _ in keys}]
        parted = {}
        for cluster in self.clusters:
            if self.size_of_cluster(cluster) > greatest:
                graph = nx.Graph(holding).subgraph(cluster).copy()
                graph.add_nodes_from(cluster)
                parted[cluster] = [frozenset(part) for part in nx.connected_components(graph)]
        return parted

    @property
    def dissolved(self) -> set[frozenset[str]]:
        """Clusters that the cap takes apart."""
        return {cluster for cluster, parts in self.parted.items() if len(parts) > 1}

    @cached_property
    def persons(self) -> dict[str, str]:
        """The anchor of each id."""
        kept = [cluster for cluster in self.clusters if cluster not in self.parted]
        groups = itertools.chain(kept, *self.parted.values())
        return {name: min(group, key=self.order.__getitem__) for group in groups for name in group}

    def persons_at(self, moment: datetime, links: list[tuple[str, str, datetime]]) -> dict[str, str]:
        """Anchors of the ids seen by a moment, by the links that were known then."""
        graph = nx.Graph()
        graph.add_nodes_from(name for name, first_visit_at in self.first_visits.items() if first_visit_at <= moment)
        graph.add_edges_from((one, other) for one, other, linked_at in links if linked_at <= moment)
        return {
            name: min(component, key=self.order.__getitem__)
            for component in nx.connected_components(graph)
            for name in component
        }


@dataclass
class Case:
    """A stream, what brute force makes of it, and what the project made of it."""

    stream: Stream
    rules: list[Row]
    configuration: Configuration
    connection: duckdb.DuckDBPyConnection

    @cached_property
    def expected(self) -> Reference:
        """The persons by brute force."""
        return Reference(self.stream, self.rules, self.configuration)

    @cached_property
    def expected_groups(self) -> dict[str, Reference]:
        """What links persons, by level."""
        return {
            level: Reference(self.stream, self.rules, self.configuration, level, self.expected.persons)
            for level in ("household", "organization")
        }

    def rows(self, columns: str, relation: str) -> list[tuple]:
        """Rows of a mart that are of this space."""
        sql = f"select {columns} from marts.{relation} where space_id = ? order by all"
        return self.connection.execute(sql, [self.stream.space_id]).fetchall()

    @cached_property
    def users(self) -> dict[str, Row]:
        """What users says of an id, of each node."""
        columns = ["anonymous_id", "universal_id", "first_visit_at", "component_size", "identity_confidence"]
        columns += ["account_id", "is_outlier_component", "is_over_limit"]
        columns += ["household_id", "organization_id", "is_outlier_household"]
        rows = self.connection.execute(NODES, [self.stream.space_id]).fetchall()
        nodes = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
        assert len(nodes) == len(rows)
        for name, *values in self.rows(f"anonymous_id, is_shared, {', '.join(columns[1:])}", "users"):
            assert values[0] or dict(zip(columns, [name, *values[1:]], strict=True)) == nodes[name]
        return nodes

    @cached_property
    def links(self) -> list[Row]:
        """Rows of identity_links."""
        columns = ["anonymous_id_a", "anonymous_id_b", "key_type", "key_value", "linked_at", "confidence"]
        columns += ["key_confidence", "is_accepted", "refusal_reason"]
        return [dict(zip(columns, row, strict=True)) for row in self.rows(", ".join(columns), "identity_links")]

    @cached_property
    def history(self) -> dict[str, list[tuple]]:
        """Ranges of each id: universal_id, from, to, is current."""
        ranges: defaultdict[str, list[tuple]] = defaultdict(list)
        for name, *values in self.connection.execute(HISTORY, [self.stream.space_id]).fetchall():
            ranges[name].append(tuple(values))
        for name, is_shared, *values in self.rows(
            """
            anonymous_id, anonymous_id in (select anonymous_id from marts.shared_devices),
            valid_from_at, universal_id, valid_to_at, is_current
            """,
            "users_history",
        ):
            assert is_shared or tuple(values) in ranges[name]
        return ranges

    def history_at(self, moment: datetime) -> dict[str, str]:
        """Person of each id seen by a moment, as users_history tells it."""
        return {
            name: universal_id
            for name, ranges in self.history.items()
            for valid_from_at, universal_id, valid_to_at, _ in ranges
            if valid_from_at <= moment and (valid_to_at is None or moment < valid_to_at)
        }

    def moments(self) -> list[datetime]:
        """Moments at which something changed, moments just before, and random ones."""
        random = np.random.default_rng(len(self.links))
        changes = sorted({valid_from_at for ranges in self.history.values() for valid_from_at, *_ in ranges})
        chosen = [changes[index] for index in random.integers(0, len(changes), size=10)]
        span = (changes[-1] - changes[0]).total_seconds()
        chosen += [moment - timedelta(microseconds=1) for moment in chosen]
        return chosen + [changes[0] + timedelta(seconds=second) for second in random.uniform(0, span, size=10)]


NODES = """
    select
        ids.node_id, anchors.node_id, coalesce(ids.first_visit_at, ids.first_seen_at), resolved.component_size,
        coalesce(confidence.identity_confidence, 1),
        if(ids.first_account_id = ids.last_account_id, ids.last_account_id, null),
        resolved.is_outlier_component,
        ids.id_number in (
            select id_number from intermediate.int_identity_limited_values where value_count > max_values_per_profile
        ),
        households.node_id, organizations.node_id, memberships.is_outlier_household
    from intermediate.int_identity_ids as ids
    inner join intermediate.int_identity_resolved as resolved using (id_number)
    inner join intermediate.int_group_memberships as memberships using (person_number)
    inner join intermediate.int_identity_ids as anchors on resolved.person_number = anchors.id_number
    inner join intermediate.int_identity_ids as households on memberships.household_number = households.id_number
    left join intermediate.int_identity_ids as organizations
        on memberships.organization_number = organizations.id_number
    left join intermediate.int_identity_confidence as confidence on ids.id_number = confidence.id_number
    where ids.space_id = ?
"""
HISTORY = """
    select ids.node_id, history.valid_from_at, anchors.node_id, history.valid_to_at, history.valid_to_at is null
    from intermediate.int_identity_history as history
    inner join intermediate.int_identity_ids as ids using (id_number)
    inner join intermediate.int_identity_ids as anchors on history.person_number = anchors.id_number
    where ids.space_id = ?
    order by all
"""
Builds = Callable[[str], duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def streams() -> list[Stream]:
    return [random_stream(number) for number in range(STREAMS)]


@pytest.fixture(scope="module", params=CONFIGURATIONS)
def configuration(request: pytest.FixtureRequest) -> Configuration:
    return CONFIGURATIONS[request.param]


@pytest.fixture(scope="module")
def build_streams(build_graph: Any, configuration: Configuration) -> Callable[..., duckdb.DuckDBPyConnection]:
    def build(events: list[Row], overrides: list[Row]) -> duckdb.DuckDBPyConnection:
        variables = {
            "component_cap_percentile": configuration.cap_percentile,
            "component_cap_floor": configuration.cap_floor,
        }
        return build_graph(events, rules=configuration.rules, overrides=overrides, variables=variables)

    return build


@pytest.fixture(scope="module")
def cases(build_streams: Any, build_graph: Any, streams: list[Stream], configuration: Configuration) -> list[Case]:
    connection = build_streams(
        [event for stream in streams for event in stream.events],
        [override for stream in streams for override in stream.overrides],
    )
    # As text, which is how a seed is read.
    rules = [{name: str(cell) for name, cell in rule.items()} for rule in build_graph.rules(configuration.rules)]
    return [Case(stream, rules, configuration, connection) for stream in streams]


@pytest.fixture(params=range(STREAMS))
def case(request: pytest.FixtureRequest, cases: list[Case]) -> Case:
    return cases[request.param]


def test_persons_equal_brute_force(case):
    assert {name: user["universal_id"] for name, user in case.users.items()} == case.expected.persons


def test_users_tell_what_brute_force_says_of_each_id(case):
    expected = case.expected
    sizes = Counter(expected.persons.values())
    accounts: defaultdict[str, set[str]] = defaultdict(set)
    for (key_type, value), times in expected.observations.items():
        if key_type == "account_id":
            for name, _ in times:
                accounts[name].add(value)
    for name, user in case.users.items():
        assert user["first_visit_at"] == expected.first_visits[name]
        assert user["component_size"] == sizes[expected.persons[name]]
        assert user["account_id"] == (min(accounts[name]) if len(accounts[name]) == 1 else None)
        assert user["is_outlier_component"] == any(name in cluster for cluster in expected.dissolved)
        limits = {row["key_type"] for row in expected.rules.values() if row["max_values_per_profile"] != ""}
        held = Counter(
            key_type
            for (key_type, _), times in expected.observations.items()
            if key_type in limits and any(name == seen for seen, _ in times)
        )
        assert user["is_over_limit"] == any(
            held[key_type] > int(expected.rules[key_type]["max_values_per_profile"]) for key_type in limits
        )


def test_links_rest_on_evidence_that_brute_force_finds(case):
    evidence = case.expected.evidence
    for link in case.links:
        pair = link["anonymous_id_a"], link["anonymous_id_b"]
        known = [linked_at for key, linked_at in evidence[pair].items() if key[0] == link["key_type"]]
        assert known and link["linked_at"] >= min(known)


def test_pairs_that_a_limit_keeps_apart_are_all_found(case):
    found = Counter((link["anonymous_id_a"], link["anonymous_id_b"], link["key_type"]) for link in case.links)
    for pair, keys in case.expected.evidence.items():
        one, other = (case.users[name] for name in pair)
        if one["universal_id"] != other["universal_id"] and not one["is_outlier_component"]:
            for key_type, count in Counter(key_type for key_type, _ in keys).items():
                assert found[*pair, key_type] == count


def test_links_are_accepted_within_persons_and_else_refused_with_a_reason(case):
    for link in case.links:
        one, other = (case.users[link[end]] for end in ("anonymous_id_a", "anonymous_id_b"))
        assert link["is_accepted"] == (one["universal_id"] == other["universal_id"])
        assert link["is_accepted"] == (link["refusal_reason"] is None)
        if link["refusal_reason"] == "outlier_component":
            assert one["is_outlier_component"] and other["is_outlier_component"]


def test_confidence_is_the_weakest_link_on_the_best_path(case):
    by_pair: defaultdict[Pair, dict[str, Row]] = defaultdict(dict)
    for link in case.links:
        by_pair[link["anonymous_id_a"], link["anonymous_id_b"]][link["key_type"]] = link
    graph = nx.Graph()
    graph.add_nodes_from(case.users)
    for pair, by_key_type in by_pair.items():
        confidence = round(1 - math.prod(1 - link["key_confidence"] for link in by_key_type.values()), 6)
        assert all(link["confidence"] == confidence for link in by_key_type.values())
        if all(link["is_accepted"] for link in by_key_type.values()):
            graph.add_edge(*pair, confidence=confidence)
    forest = nx.maximum_spanning_tree(graph, weight="confidence")
    for name, user in case.users.items():
        path = nx.shortest_path(forest, user["universal_id"], name)
        weakest = min((forest.edges[step]["confidence"] for step in itertools.pairwise(path)), default=1)
        assert user["identity_confidence"] == weakest


def test_history_has_no_gap_and_no_overlap_and_ends_in_users(case):
    assert case.history.keys() == case.users.keys()
    for name, ranges in case.history.items():
        assert ranges[0][0] == case.users[name]["first_visit_at"]
        for (valid_from_at, _, valid_to_at, is_current), following in itertools.pairwise(ranges):
            assert valid_from_at < valid_to_at == following[0]
            assert not is_current
        assert ranges[-1][1:] == (case.users[name]["universal_id"], None, True)


def test_history_equals_the_components_of_the_links_known_at_any_moment(case):
    links = [
        (link["anonymous_id_a"], link["anonymous_id_b"], link["linked_at"])
        for link in case.links
        if link["is_accepted"]
    ]
    for moment in case.moments():
        assert case.history_at(moment) == case.expected.persons_at(moment, links)


def test_history_equals_brute_force_at_any_moment(case):
    """Check it, but where the cap parts a cluster: only neighbours within the whole cluster are linked there."""
    persons = case.expected.persons
    parted = frozenset().union(*case.expected.parted)
    links = [
        (*pair, min(keys.values()))
        for pair, keys in case.expected.evidence.items()
        if persons[pair[0]] == persons[pair[1]]
    ]
    for moment in case.moments():
        found, expected = case.history_at(moment), case.expected.persons_at(moment, links)
        assert {name: found[name] for name in found.keys() - parted} == {
            name: expected[name] for name in expected.keys() - parted
        }


@pytest.mark.parametrize("level", ["household", "organization"])
def test_groups_are_what_keys_link_within_the_limits(case, level):
    expected = case.expected_groups[level]
    persons = {user["universal_id"]: user for user in case.users.values() if not user["is_outlier_household"]}
    group_of = {name: user[f"{level}_id"] for name, user in persons.items()}
    members = {group: frozenset(name for name in group_of if group_of[name] == group) for group in group_of.values()}
    pairs = [pair for pair in expected.evidence if set(pair) <= persons.keys()]
    graph = nx.Graph(pair for pair in pairs if group_of[pair[0]] == group_of[pair[1]])
    graph.add_nodes_from(persons)
    for group in members.keys() - {None}:
        assert len(members[group]) == 1 or expected.may_be_one_person(members[group])
        assert nx.is_connected(graph.subgraph(members[group]))
    for one, other in pairs:
        if group_of[one] != group_of[other]:
            groups = {one, other}.union(*(members[group_of[name]] for name in (one, other) if group_of[name]))
            assert not expected.may_be_one_person(frozenset(groups))


def test_streams_exercise_the_rules(cases, configuration):
    """Check that limits broke and whole chains did not: else the streams would prove nothing."""
    reasons = Counter(link["refusal_reason"] for case in cases for link in case.links)
    assert reasons[None] > 50 and reasons["override: never_link"] > 0
    assert sum(count for reason, count in reasons.items() if (reason or "").startswith("limit: ")) > 10
    assert sum("~" in name for case in cases for name in case.users) > 100
    assert any(case.expected.dissolved for case in cases) == (configuration.cap_floor == 3)
    if configuration.cap_floor == 3:
        assert any(len(part) > 1 for case in cases for parts in case.expected.parted.values() for part in parts)
    groups = [
        (case.users, f"{level}_id", *pair)
        for case in cases
        for level in ("household", "organization")
        for pair in case.expected_groups[level].evidence
    ]
    assert any(users[one][group] != users[other][group] for users, group, one, other in groups)
    # Keys that only a count over all time would take for crowds.
    all_ids = {
        key: len({name for name, _ in times}) for case in cases for key, times in case.expected.observations.items()
    }
    assert any(
        all_ids.get(key, 0) > case.expected.size_of_key(key) for case in cases for key in case.expected.linking_keys
    )
    corroborated = {key_type for key_type, rule in cases[0].expected.rules.items() if rule["corroboration"]}
    found = {key_type for case in cases for keys in case.expected.evidence.values() for key_type, _ in keys}
    assert corroborated <= found
    clean = [
        component
        for case in cases
        for component in nx.connected_components(nx.Graph(list(case.expected.evidence)))
        if len(component) > 2 and case.expected.may_be_one_person(frozenset(component))
    ]
    assert len(clean) > 10


def test_input_order_does_not_matter(cases, build_streams, streams):
    random = np.random.default_rng(9)
    events = [event for stream in streams for event in stream.events]
    overrides = [override for stream in streams for override in stream.overrides]
    shuffled = build_streams(
        [events[index] for index in random.permutation(len(events))],
        [overrides[index] for index in random.permutation(len(overrides))],
    )
    for mart in ("users", "users_history", "identity_links", "identity_override_report"):
        sql = f"select * from marts.{mart} order by all"
        assert shuffled.execute(sql).fetchall() == cases[0].connection.execute(sql).fetchall(), mart
