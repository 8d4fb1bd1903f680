"""End-to-end tests of the identity rules: small streams of raw events, built by dbt, one test a rule.

The streams of all tests are built together, each in an identity space of its own.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

Row = dict[str, Any]

NOON = datetime(2020, 1, 1, 12)
OWN_KEYS = [
    {"key_type": "table_number", "window_days": 1, "max_ids_per_key": 100, "confidence": 0.9, "priority": 4},
    {"key_type": "badge", "window_days": 1, "confidence": 0.9, "priority": 5, "is_sensitive": "true"},
]
EVERY_SHARED_IP = [{"key_type": "ip_token", "corroboration": ""}]


def at(day: float) -> datetime:
    return NOON + timedelta(days=day)


def seen(anonymous_id: str | None, day: float, **columns: Any) -> Row:
    """Return a raw event of an id, some days after the first noon."""
    return {"anonymous_id": anonymous_id, "occurred_at": at(day).isoformat(), **columns}


def everyday(anonymous_ids: str, days: Iterable[float], **columns: Any) -> list[Row]:
    """Return raw events of several ids, a minute apart on each of the days."""
    return [
        seen(name, day + minute / 1440, **columns) for day in days for minute, name in enumerate(anonymous_ids.split())
    ]


def never(one: str, other: str) -> Row:
    return {"override_type": "never_link", "anonymous_id_a": one, "anonymous_id_b": other}


def always(one: str, other: str) -> Row:
    return {"override_type": "always_link", "anonymous_id_a": one, "anonymous_id_b": other}


def block(key_type: str, key_value: str) -> Row:
    return {"override_type": "block_key", "key_type": key_type, "key_value": key_value}


@dataclass
class Space:
    """What the build says about one identity space."""

    connection: duckdb.DuckDBPyConnection
    space_id: str

    def rows(self, columns: str, relation: str, where: str = "true", order: str = "all") -> list[tuple]:
        """Give rows of a relation that are of this space."""
        return self.connection.execute(
            f"select {columns} from {relation} where space_id = ? and {where} order by {order}", [self.space_id]
        ).fetchall()

    def of_id(self, columns: str) -> dict[str, Any]:
        """Give columns of users by anonymous id."""
        rows = self.rows(f"anonymous_id, {columns}", "marts.users")
        return {row[0]: row[1] if len(row) == 2 else row[1:] for row in rows}

    def groups(self, column: str) -> set[str]:
        """Give the ids that share a value of a column of users, as text."""
        groups: dict[str, list[str]] = {}
        for anonymous_id, value in self.of_id(column).items():
            groups.setdefault(value, []).append(anonymous_id)
        return {" ".join(sorted(ids)) for ids in groups.values()}

    @property
    def persons(self) -> set[str]:
        """Give the ids of each person, as text."""
        return self.groups("universal_id")

    @property
    def override_statuses(self) -> list[tuple]:
        """Give what became of each override."""
        return self.rows("override_type, status", "marts.identity_override_report")


@pytest.fixture(scope="module")
def graphs(
    request: pytest.FixtureRequest, build_graph: Callable[..., duckdb.DuckDBPyConnection]
) -> Callable[..., duckdb.DuckDBPyConnection]:
    """Give the build of all selected tests whose stream has the same rules."""
    streams: dict[str, list[tuple[str, pytest.Mark]]] = {}
    for item in request.session.items:
        if item.path == request.path and (mark := item.get_closest_marker("stream")):
            streams.setdefault(json.dumps(mark.kwargs.get("rules", ())), []).append((item.name, mark))
    built: dict[str, duckdb.DuckDBPyConnection] = {}

    def graph(rules: Iterable[Row] = ()) -> duckdb.DuckDBPyConnection:
        name = json.dumps(rules)
        if name not in built:
            built[name] = build_graph(
                [{"space_id": space} | event for space, mark in streams[name] for event in mark.args],
                rules=rules,
                overrides=[
                    {"space_id": space} | row
                    for space, mark in streams[name]
                    for row in mark.kwargs.get("overrides", ())
                ],
            )
        return built[name]

    return graph


@pytest.fixture
def space(request: pytest.FixtureRequest, graphs: Callable[..., duckdb.DuckDBPyConnection]) -> Space:
    """Give the space of the test's own stream."""
    mark = request.node.get_closest_marker("stream")
    return Space(graphs(mark.kwargs.get("rules", ())), request.node.name)


# Windows


@pytest.mark.stream(seen("a", 0, user_id="u"), seen("b", 180.4, user_id="u"))
def test_same_user_id_within_180_days_is_one_person(space):
    assert space.persons == {"a b"}


@pytest.mark.stream(seen("a", 0.4, user_id="u"), seen("b", 180.6, user_id="u"))
def test_same_user_id_beyond_180_days_is_two_persons(space):
    assert space.persons == {"a", "b"}


@pytest.mark.stream(seen("a", 0, user_id="u"), seen("b", 150, user_id="u"), seen("c", 300, user_id="u"))
def test_chain_of_observations_links_ends_further_apart_than_the_window(space):
    assert space.persons == {"a b c"}


@pytest.mark.stream(seen("a", 0, user_id="u"), seen("a", 150, user_id="u"), seen("b", 300, user_id="u"))
def test_id_that_returns_carries_the_key_on(space):
    assert space.persons == {"a b"}


@pytest.mark.stream(
    seen("a", 0, page_url="https://shop.example/?gclid=g1"),
    seen("b", 30, click_id="g1"),
    seen("c", 61, click_id="g1"),
)
def test_click_id_links_within_30_days(space):
    assert space.persons == {"a b", "c"}


@pytest.mark.stream(
    seen("a", 0, email="Ann.Miller+shop@Gmail.com"),
    seen("b", 1, email_hash=hashlib.sha256(b"annmiller@gmail.com").hexdigest()),
    seen("c", 2, email="ann.miller@mail.example"),
)
def test_email_links_by_the_normalised_address(space):
    assert space.persons == {"a b", "c"}


@pytest.mark.stream(seen("a", 0, user_id="u"), seen("b", 1, user_id="v"), seen("c", 2, click_id="u"))
def test_same_value_of_another_key_links_nothing(space):
    assert space.persons == {"a", "b", "c"}


@pytest.mark.stream(
    *(seen("a", 0, user_id="u1\n"), seen("b", 1, user_id="\ufeffu1")),
    *(seen("c", 2, user_id="7.0"), seen("d", 3, user_id=7)),
    *(seen("e", 4, user_id="[object Object]"), seen("f", 5, user_id="[object Object]")),
)
def test_white_space_and_floats_part_no_friends_and_placeholders_join_no_strangers(space):
    assert space.persons == {"a b", "c d", "e", "f"}


@pytest.mark.stream(seen("a", 0, user_id="u"), seen(None, 1, user_id="u"))
def test_event_without_an_anonymous_id_is_stitched_too(space):
    assert space.persons == {f"a user-{hashlib.md5(b'u').hexdigest()}"}


@pytest.mark.stream(
    seen("a", 0, properties={"loyalty_card_id": "l"}), seen("b", 0.1, properties={"loyalty_card_id": "l"})
)
def test_disabled_key_links_nothing(space):
    assert space.persons == {"a", "b"}


# Weak keys


@pytest.mark.stream(*everyday("a b", [0, 1], ip_address="203.0.113.1"))
def test_ip_on_two_shared_days_links(space):
    assert space.persons == {"a b"}


@pytest.mark.stream(*everyday("a b", [0, 0.1], ip_address="203.0.113.1"), seen("b", 1, ip_address="203.0.113.1"))
def test_ip_on_one_shared_day_links_nothing(space):
    assert space.persons == {"a", "b"}


@pytest.mark.stream(*everyday("a b", [0], ip_address="203.0.113.1"), *everyday("a b", [1], ip_address="203.0.113.2"))
def test_shared_days_count_across_ips(space):
    assert space.persons == {"a b"}


@pytest.mark.stream(*everyday("a b", [0], ip_address="203.0.113.1"), *everyday("a b", [0.1], ip_address="203.0.113.2"))
def test_two_ips_on_one_day_are_one_shared_day(space):
    assert space.persons == {"a", "b"}


@pytest.mark.stream(*everyday("a b c", [0, 1], ip_address="203.0.113.1"))
def test_tie_is_no_best_match(space):
    assert space.persons == {"a", "b", "c"}


@pytest.mark.stream(
    *everyday("a b", [0, 1], ip_address="203.0.113.1"), *everyday("b c", [2, 3, 4], ip_address="203.0.113.2")
)
def test_id_that_meets_more_often_wins(space):
    assert space.persons == {"a", "b c"}


@pytest.mark.stream(
    *everyday("a b", [0, 1], ip_address="203.0.113.1"),
    *everyday("b c", [2, 3, 4], ip_address="203.0.113.2"),
    *everyday("c d", [5, 6, 7, 8], ip_address="203.0.113.3"),
)
def test_best_match_must_be_mutual(space):
    assert space.persons == {"a", "b", "c d"}


@pytest.mark.stream(*everyday("a b", [0, 10], ip_address="203.0.113.1"))
def test_ip_link_becomes_known_on_the_day_that_completes_it(space):
    assert space.rows("linked_at", "marts.identity_links") == [(at(10) + timedelta(minutes=1),)]


@pytest.mark.stream(
    seen("a", 0, ip_address="203.0.113.1"),
    seen("b", 3, ip_address="203.0.113.1"),
    seen("c", 7, ip_address="203.0.113.1"),
    rules=EVERY_SHARED_IP,
)
def test_without_corroboration_one_shared_ip_within_3_days_links(space):
    assert space.persons == {"a b", "c"}


# Skewed keys


def crowd(count: int) -> str:
    return " ".join(f"i{number:03}" for number in range(count))


@pytest.mark.stream(*everyday(crowd(101), [0], user_id="u"), *everyday("i000 i001", [1], user_id="v"))
def test_key_of_more_than_100_ids_is_dropped_whole(space):
    assert space.persons == {"i000 i001", *crowd(101).split()[2:]}
    keys = "intermediate.int_identity_keys inner join intermediate.int_identity_key_values using (key_number, space_id)"
    assert space.rows("key_value, id_count, drop_reason", keys) == [("u", 101, "max_ids_per_key"), ("v", 2, None)]


@pytest.mark.stream(*everyday(crowd(100), [0], user_id="u"))
def test_key_of_100_ids_is_kept(space):
    assert space.persons == {crowd(100)}


def office(ids: int, other_ips: int) -> list[Row]:
    """Return a pair of ids that meets twice on an ip, beside others who pass by once, and many ips of one id each."""
    passers = " ".join(f"p{number:02}" for number in range(ids - 2))
    return [
        *everyday(f"a b {passers}", [0], ip_address="203.0.113.1"),
        *everyday("a b", [1], ip_address="203.0.113.1"),
        *(seen(f"home{number}", 0, ip_address=f"198.51.100.{number + 1}") for number in range(other_ips)),
    ]


@pytest.mark.stream(*office(ids=10, other_ips=99), rules=EVERY_SHARED_IP)
def test_ip_of_10_ids_is_kept_above_the_percentile(space):
    assert "a b p00 p01 p02 p03 p04 p05 p06 p07" in space.persons


@pytest.mark.stream(*office(ids=11, other_ips=99))
def test_percentile_drops_no_ip_that_mutual_best_bounds(space):
    assert "a b" in space.persons


@pytest.mark.stream(
    *everyday("a b", [0, 5, 10, 15, 20], ip_address="203.0.113.1"),
    *(seen(f"p{number}", 2 * number + 1, ip_address="203.0.113.1") for number in range(10)),
    *(seen(f"home{number}", 0, ip_address=f"198.51.100.{number + 1}") for number in range(99)),
)
def test_pair_behind_an_ip_that_many_pass_by_over_the_weeks_is_found(space):
    assert "a b" in space.persons


@pytest.mark.stream(*(seen(f"w{number:03}", 7 * number, user_id="loyal") for number in range(120)))
def test_customer_with_a_new_cookie_each_week_is_one_person_for_ever(space):
    assert len(space.persons) == 1
    assert space.rows("id_count, window_id_count, drop_reason", "intermediate.int_identity_keys") == [(120, 26, None)]


@pytest.mark.stream(*office(ids=11, other_ips=99), rules=EVERY_SHARED_IP)
def test_ip_of_11_ids_above_the_percentile_is_dropped_whole(space):
    assert space.persons == set(space.of_id("universal_id"))
    assert space.rows("id_count, drop_reason", "intermediate.int_identity_keys")[-1] == (11, "outlier_percentile")


@pytest.mark.stream(*office(ids=11, other_ips=98), rules=EVERY_SHARED_IP)
def test_ip_of_11_ids_within_the_percentile_is_kept(space):
    assert "a b p00 p01 p02 p03 p04 p05 p06 p07 p08" in space.persons


# Spaces and consent


@pytest.mark.stream(
    seen("a", 0, user_id="u"),
    seen("b", 1, user_id="u", space_id="elsewhere"),
    seen("a", 2, email="a@mail.example", space_id="elsewhere"),
    seen("c", 3, user_id="u"),
)
def test_persons_never_cross_spaces(space):
    assert space.persons == {"a c"}
    assert Space(space.connection, "elsewhere").persons == {"a", "b"}


@pytest.mark.stream(
    seen("a", 0, user_id="u"),
    seen("refused", 1, user_id="u", email="x@mail.example", has_consent="false"),
    seen("non-consent-1", 2, user_id="u", email="x@mail.example"),
    seen("b", 3, email="x@mail.example"),
)
def test_ids_without_consent_are_no_users_and_link_nothing(space):
    assert space.persons == {"a", "b"}


@pytest.mark.stream(
    seen("a", 0, user_id="u"), seen("b", 1, user_id="u", has_consent="false"), seen("b", 2, user_id="v")
)
def test_id_is_observed_only_while_it_consents(space):
    assert space.persons == {"a", "b"}
    assert space.of_id("first_visit_at")["b"] == at(2)


# Limits


@pytest.mark.stream(
    seen("a", 0, user_id="u", account_id="one"),
    seen("b", 1, user_id="u", account_id="two"),
    seen("c", 2, user_id="u"),
)
def test_no_person_holds_two_accounts_through_an_id_without_one(space):
    assert space.persons == {"a c", "b"}
    assert space.of_id("account_id") == {"a": "one", "b": "two", "c": None}
    assert space.rows("anonymous_id_a, anonymous_id_b, is_accepted, refusal_reason", "marts.identity_links") == [
        ("a", "b", False, "limit: account_id"),
        ("a", "c", True, None),
        ("b", "c", False, "limit: account_id"),
    ]


@pytest.mark.stream(
    seen("a", 0, email="x@mail.example", account_id="one"),
    seen("b", 1, email="x@mail.example", account_id="two"),
    seen("c", 2, email="x@mail.example", account_id="one"),
)
def test_pair_is_found_where_the_limit_breaks_the_chain_between_it(space):
    assert space.persons == {"a c", "b"}


@pytest.mark.stream(
    seen("a", 0, email="x@mail.example", account_id="one"),
    seen("b", 150, email="x@mail.example", account_id="two"),
    seen("c", 300, email="x@mail.example", account_id="one"),
)
def test_pair_beyond_the_window_is_not_found_where_the_limit_breaks_the_chain(space):
    assert space.persons == {"a", "b", "c"}


@pytest.mark.stream(
    seen("x", 0, user_id="u", account_id="one"),
    seen("x", 1, account_id="two"),
    seen("a", 2, user_id="u", account_id="one"),
    seen("b", 3, user_id="u"),
)
def test_id_that_saw_two_accounts_is_divided_at_them(space):
    assert space.persons == {"x", "a b"}
    assert space.of_id("account_id, is_over_limit") == {"x": ("two", False), "a": ("one", False), "b": (None, False)}
    persons = space.of_id("universal_id")
    parts = space.rows("universal_id", "marts.shared_devices", "anonymous_id = 'x'")
    assert {person for (person,) in parts} == {persons["x"], persons["a"]}


@pytest.mark.stream(
    seen("a", 0, email="x@mail.example", account_id="one"),
    seen("c", 1, email="x@mail.example"),
    seen("b", 2, user_id="u", account_id="two"),
    seen("c", 3, user_id="u"),
)
def test_link_of_the_stronger_key_is_kept(space):
    assert space.persons == {"a", "b c"}


@pytest.mark.stream(
    *everyday("b c", [0], click_id="g0"),
    *everyday("a c", [1], click_id="g1"),
    *everyday("a c", [2], click_id="g2"),
    seen("a", 3, account_id="one"),
    seen("b", 3, account_id="two"),
)
def test_link_with_more_evidence_is_kept(space):
    assert space.persons == {"a c", "b"}


@pytest.mark.stream(
    seen("a", 0, account_id="one"),
    *everyday("b c", [1], click_id="g1"),
    *everyday("a c", [2], click_id="g2"),
    seen("b", 3, account_id="two"),
)
def test_link_that_became_known_first_is_kept(space):
    assert space.persons == {"a", "b c"}


@pytest.mark.stream(
    *everyday("a b", [0], user_id="u"), seen("a", 1, account_id="one"), *everyday("c d", [0], user_id="v")
)
def test_component_within_the_limits_is_left_alone(space):
    assert space.persons == {"a b", "c d"}
    assert not any(space.of_id("is_over_limit").values())


# The cap


def pairs(count: int) -> list[Row]:
    return [row for number in range(count) for row in everyday(f"p{number} q{number}", [0], user_id=f"pair{number}")]


@pytest.mark.stream(*pairs(99), *everyday(crowd(65), [0], click_id="crowd"))
def test_component_above_the_cap_is_dissolved_and_flagged(space):
    users = space.of_id("universal_id, component_size, is_outlier_component, identity_confidence")
    for name in crowd(65).split():
        assert users[name] == (name, 1, True, 1.0)
    assert users["q7"] == ("p7", 2, False, 0.99)
    refused = space.rows("refusal_reason, key_value", "marts.identity_links", where="not is_accepted")
    assert refused == [("outlier_component", "crowd")] * 64


@pytest.mark.stream(*pairs(98), *everyday(crowd(65), [0], click_id="crowd"))
def test_component_within_the_percentile_is_kept(space):
    assert crowd(65) in space.persons
    assert not any(space.of_id("is_outlier_component").values())


@pytest.mark.stream(*pairs(99), *everyday(crowd(50), [0], click_id="crowd"))
def test_component_at_the_floor_of_the_cap_is_kept(space):
    assert crowd(50) in space.persons
    assert not any(space.of_id("is_outlier_component").values())


@pytest.mark.stream(*pairs(99), *everyday(crowd(65), [0], user_id="crowd"))
def test_ids_that_one_login_holds_together_are_never_parted(space):
    assert crowd(65) in space.persons
    assert not any(space.of_id("is_outlier_component").values())


@pytest.mark.stream(
    *pairs(99),
    *everyday(crowd(65), [0], click_id="crowd"),
    *everyday("i003 i007", [1], email="x@mail.example"),
    *everyday("i007 i005", [2], user_id="u"),
    overrides=[always("i003", "i005"), always("i010", "i012")],
)
def test_component_above_the_cap_is_dissolved_into_what_logins_and_emails_hold_together(space):
    users = space.of_id("universal_id, component_size, is_outlier_component")
    assert [users[name] for name in ("i003", "i005", "i007")] == [("i003", 3, True)] * 3
    assert users["i004"] == ("i004", 1, True)
    assert space.override_statuses == [("always_link", "applied"), ("always_link", "outlier_component")]


@pytest.mark.stream(
    *pairs(99),
    *(row for week in range(60) for row in everyday(f"w{week:02} w{week + 1:02}", [7 * week], click_id=f"click{week}")),
)
def test_size_of_a_component_is_the_most_ids_active_within_the_same_30_days(space):
    assert " ".join(f"w{week:02}" for week in range(61)) in space.persons
    assert not any(space.of_id("is_outlier_component").values())


# The anchor


@pytest.mark.stream(
    seen("z", 0), seen("m", 1, user_id="u"), seen("a", 2, user_id="u"), seen("z", 3, user_id="u"), seen("a", -1)
)
def test_universal_id_is_the_id_with_the_earliest_first_visit(space):
    assert space.of_id("universal_id, component_size") == dict.fromkeys("amz", ("a", 3))


@pytest.mark.stream(seen("c", 0, user_id="u"), seen("b", 0, user_id="u"), seen("d", 0, user_id="u"))
def test_earliest_first_visit_at_once_is_the_smaller_id(space):
    assert set(space.of_id("universal_id").values()) == {"b"}


# Confidence


@pytest.mark.stream(*everyday("a b", [0], user_id="u"), seen("alone", 0))
def test_confidence_of_one_key_is_its_own(space):
    assert space.of_id("identity_confidence") == {"a": 1.0, "b": 0.99, "alone": 1.0}


@pytest.mark.stream(*everyday("a b", [0], user_id="u", email="x@mail.example"))
def test_confidence_of_two_keys_is_that_not_both_err(space):
    assert space.of_id("identity_confidence")["b"] == 1 - 0.01 * 0.02
    assert space.rows("key_type, key_confidence, confidence", "marts.identity_links") == [
        ("email_hash", 0.98, 0.9998),
        ("user_id", 0.99, 0.9998),
    ]


@pytest.mark.stream(*everyday("a b", [0], user_id="u"), *everyday("a b", [1], user_id="v"))
def test_two_values_of_one_key_count_once(space):
    assert space.of_id("identity_confidence")["b"] == 0.99


@pytest.mark.stream(
    *everyday("a b", [0], user_id="u"),
    *everyday("b c", [1], click_id="g"),
    *everyday("c d", [2], email="v@mail.example"),
)
def test_confidence_of_a_chain_is_its_weakest_link(space):
    assert space.of_id("identity_confidence") == {"a": 1.0, "b": 0.99, "c": 0.92, "d": 0.92}


# Overrides

BRIDGE = [
    *everyday("a x", [0], user_id="u"),
    *everyday("x y", [1], email="x@mail.example"),
    *everyday("y b", [2], email="v@mail.example"),
    *everyday("c d", [3], user_id="w"),
]


@pytest.mark.stream(*BRIDGE)
def test_link_between_two_groups_makes_one_person(space):
    assert space.persons == {"a b x y", "c d"}


@pytest.mark.stream(*BRIDGE, overrides=[never("y", "x")])
def test_never_link_splits_exactly_what_the_link_alone_held_together(space):
    assert space.persons == {"a x", "b y", "c d"}
    assert space.override_statuses == [("never_link", "applied")]
    refused = space.rows("anonymous_id_a, anonymous_id_b, refusal_reason", "marts.identity_links", "not is_accepted")
    assert refused == [("x", "y", "override: never_link")]


@pytest.mark.stream(*BRIDGE, overrides=[block("email_hash", hashlib.sha256(b"x@mail.example").hexdigest())])
def test_block_key_splits_exactly_what_the_key_alone_held_together(space):
    assert space.persons == {"a x", "b y", "c d"}
    assert space.override_statuses == [("block_key", "applied")]


@pytest.mark.stream(*everyday("a b", [0], user_id="u", click_id="g"), overrides=[block("user_id", "u")])
def test_block_key_leaves_other_keys_to_link(space):
    assert space.persons == {"a b"}
    assert space.of_id("identity_confidence")["b"] == 0.92


@pytest.mark.stream(*everyday("a b c d", [0], user_id="u"), overrides=[never("a", "b"), never("c", "d")])
def test_never_link_keeps_apart_through_third_ids(space):
    assert space.persons == {"a c", "b d"}


@pytest.mark.stream(*everyday("a b c", [0], user_id="u"), overrides=[never("a", "c")])
def test_never_link_leaves_the_others_linked(space):
    assert space.persons == {"a b", "c"}


@pytest.mark.stream(
    *(seen("tv", day, user_id=user) for day, user in enumerate(("ann", "bob", None))),
    *(seen("phone", 3, user_id="ann"), seen("laptop", 3, user_id="bob"), seen("tablet", 3)),
    overrides=[never("tv", "phone"), always("tablet", "tv")],
)
def test_never_link_of_a_shared_id_holds_for_each_of_its_users(space):
    parts = "universal_id in (select universal_id from marts.shared_devices where user_id = 'ann')"
    assert space.rows("anonymous_id", "marts.users", parts) == []
    assert space.persons == {"tv", "laptop", "phone", "tablet"}
    # Whose the tablet is cannot be told; a part of the id can be named.
    assert space.override_statuses == [("always_link", "shared_id"), ("never_link", "applied")]


@pytest.mark.stream(
    seen("tv", 0, user_id="ann", properties={"table_number": "tv"}),
    seen("tv", 1, properties={"table_number": "tv"}),
    seen("tv", 2, user_id="bob", properties={"table_number": "tv"}),
    rules=OWN_KEYS,
)
def test_nodes_of_an_id_are_not_linked_through_a_key_that_is_the_id(space):
    assert len(set(space.rows("universal_id", "marts.shared_devices"))) == 3


@pytest.mark.stream(seen("a", 0), seen("b", 5), overrides=[always("b", "a")])
def test_always_link_merges_with_certainty(space):
    assert space.persons == {"a b"}
    assert space.of_id("identity_confidence") == {"a": 1.0, "b": 1.0}
    assert space.rows("key_type, linked_at", "marts.identity_links") == [("override", at(5))]
    assert space.override_statuses == [("always_link", "applied")]


@pytest.mark.stream(
    *everyday("a c", [0], user_id="u"), seen("a", 1, account_id="one"), seen("b", 1, account_id="two"),
    overrides=[always("c", "b")],
)  # fmt: skip
def test_always_link_outranks_every_key(space):
    assert space.persons == {"a", "b c"}
    assert space.override_statuses == [("always_link", "applied")]


@pytest.mark.stream(seen("a", 0, account_id="one"), seen("b", 1, account_id="two"), overrides=[always("a", "b")])
def test_always_link_that_breaks_a_limit_is_refused_and_reported(space):
    assert space.persons == {"a", "b"}
    assert space.override_statuses == [("always_link", "breaks_limit")]
    assert space.rows("refusal_reason", "marts.identity_links") == [("limit: account_id",)]


@pytest.mark.stream(
    seen("a", 0, user_id="u"),
    overrides=[always("a", "ghost"), never("ghost", "a"), block("user_id", "ghost")],
)
def test_override_of_something_unknown_is_reported(space):
    assert space.persons == {"a"}
    assert space.override_statuses == [
        ("always_link", "unknown_id"),
        ("block_key", "unknown_key"),
        ("never_link", "unknown_id"),
    ]


@pytest.mark.stream(*everyday("a b", [0], user_id="u"), overrides=[always("a", "b"), never("b", "a")])
def test_contradiction_is_reported_and_never_wins(space):
    assert space.persons == {"a", "b"}
    assert space.override_statuses == [("always_link", "contradicts_another"), ("never_link", "contradicts_another")]


@pytest.mark.stream(
    seen("a", 0), seen("b", 1), seen("c", 2), overrides=[always("a", "b"), always("b", "c"), never("a", "c")]
)
def test_contradiction_through_a_third_id_is_reported_and_never_wins(space):
    assert space.persons == {"a b", "c"}
    statuses = space.rows("override_type, anonymous_id_a, anonymous_id_b, status", "marts.identity_override_report")
    assert statuses == [
        ("always_link", "a", "b", "applied"),
        ("always_link", "b", "c", "contradicts_another"),
        ("never_link", "a", "c", "applied"),
    ]


# Keys of one's own


@pytest.mark.stream(
    seen("a", 0, properties={"table_number": "t7"}),
    seen("b", 1, properties={"table_number": "t7"}),
    seen("c", 3, properties={"table_number": "t7"}),
    rules=OWN_KEYS,
)
def test_property_becomes_a_key_by_a_row_of_the_rules(space):
    assert space.persons == {"a b", "c"}
    assert space.of_id("identity_confidence")["b"] == 0.9
    assert space.rows("key_type, key_value", "marts.identity_links") == [("table_number", "t7")]


@pytest.mark.stream(
    seen("a", 0, properties={"badge": "Badge of Doe"}), seen("b", 1, properties={"badge": "Badge of Doe"}),
    rules=OWN_KEYS,
)  # fmt: skip
def test_sensitive_key_is_hashed_and_nowhere_in_clear(space):
    assert space.persons == {"a b"}
    # A row as text holds all its columns.
    tables = space.connection.execute(
        "select distinct schema_name || '.' || table_name from duckdb_columns() where not internal order by all"
    ).fetchall()
    assert len(tables) > 50
    for (table,) in tables:
        sql = f"select count(*) from {table} as entry where cast(entry as varchar) ilike '%badge of doe%'"
        assert space.connection.execute(sql).fetchall() == [(0,)], table


# History


@pytest.mark.stream(
    seen("a", 0, user_id="u"), seen("b", 10, email="x@mail.example"), seen("d", 15, email="x@mail.example"),
    seen("c", 20, user_id="u", click_id="g"), seen("c", 30, email="x@mail.example"),
)  # fmt: skip
def test_history_tells_who_an_id_was_and_why_it_changed(space):
    columns = "anonymous_id, universal_id, valid_from_at, valid_to_at, is_current, change_type"
    columns += ", evidence_key_type, linked_anonymous_id"
    assert space.rows(columns, "marts.users_history", order="anonymous_id, valid_from_at") == [
        ("a", "a", at(0), None, True, "first_seen", None, None),
        ("b", "b", at(10), at(30), False, "first_seen", None, None),
        ("b", "a", at(30), None, True, "merged", "email_hash", "c"),
        ("c", "a", at(20), None, True, "merged", "user_id", "a"),
        ("d", "b", at(15), at(30), False, "merged", "email_hash", "b"),
        ("d", "a", at(30), None, True, "merged", "email_hash", "c"),
    ]


@pytest.mark.stream(
    seen("a", 0, account_id="one"), *everyday("a b", [1], user_id="u"), *everyday("b c", [2], email="x@mail.example"),
    seen("c", 3, account_id="two"),
)  # fmt: skip
def test_history_holds_no_merge_that_was_refused(space):
    assert space.rows("anonymous_id, universal_id, change_type", "marts.users_history") == [
        ("a", "a", "first_seen"),
        ("b", "a", "merged"),
        ("c", "c", "first_seen"),
    ]


# Households and organizations


@pytest.mark.stream(
    seen("a", 0, ip_address="203.0.113.1"),
    seen("b", 3, ip_address="203.0.113.1"),
    seen("c", 7, ip_address="203.0.113.1"),
)
def test_persons_behind_one_ip_within_3_days_are_a_household(space):
    assert space.persons == {"a", "b", "c"}
    assert space.groups("household_id") == {"a b", "c"}


@pytest.mark.stream(
    *everyday("a x", [0], user_id="u"), seen("x", 1, ip_address="203.0.113.1"), seen("b", 2, ip_address="203.0.113.1")
)
def test_household_links_persons_not_ids(space):
    assert space.persons == {"a x", "b"}
    assert space.groups("household_id") == {"a b x"}


@pytest.mark.stream(seen("a", 0, account_id="one"), seen("b", 1500, account_id="one"), seen("c", 0, account_id="two"))
def test_account_is_one_organization_however_long_ago(space):
    assert space.groups("organization_id") == {"a b", "c"}


@pytest.mark.stream(
    seen("a", 0, email="ann@firm.example"), seen("b", 1, email="bob@firm.example"),
    seen("c", 2, email="cid@gmail.com"), seen("d", 3, email="dan@gmail.com"), seen("e", 4),
)  # fmt: skip
def test_company_domain_is_an_organization_and_free_mail_is_none(space):
    organizations = space.of_id("organization_id")
    assert organizations == {"a": "a", "b": "a", "c": None, "d": None, "e": None}


@pytest.mark.stream(
    seen("jane", 0, email="jane@agency.example", account_id="client a"),
    seen("max", 1, email="max@agency.example", account_id="client b"),
)
def test_two_accounts_at_one_agency_are_two_organizations(space):
    assert space.groups("organization_id") == {"jane", "max"}


@pytest.mark.stream(
    seen("jane", 0, email="jane@agency.example", account_id="client a"), seen("pat", 1, email="pat@agency.example"),
    seen("max", 2, email="max@agency.example", account_id="client b"),
)  # fmt: skip
def test_organization_holds_one_account_through_a_third_person_too(space):
    assert space.groups("organization_id") == {"jane pat", "max"}


@pytest.mark.stream(
    seen("pat", 0, email="pat@agency.example", account_id="client b"), seen("jane", 1, email="jane@agency.example"),
    seen("max", 2, email="max@agency.example", account_id="client a"), seen("jane", 9, account_id="client a"),
)  # fmt: skip
def test_account_outranks_the_domain_that_was_known_earlier(space):
    assert space.groups("organization_id") == {"jane max", "pat"}


@pytest.mark.stream(
    *everyday("a b c d", [0], ip_address="203.0.113.1"),
    *(seen(name, 30, account_id=account) for name, account in (("a", "one"), ("c", "two"), ("d", "one"))),
)
def test_household_holds_one_account_and_leaves_nobody_out_who_fits(space):
    # a and d are no neighbours: the chain between them leads through c.
    assert space.groups("household_id") == {"a b d", "c"}


@pytest.mark.stream(
    *everyday("a x b", [0], ip_address="203.0.113.1"), seen("x", 5, account_id="one"), seen("x", 6, account_id="two"),
    seen("a", 5, account_id="one"), seen("b", 5, account_id="one"),
)  # fmt: skip
def test_id_with_two_accounts_joins_nobody_by_the_later(space):
    assert space.groups("household_id") == {"a b", "x"}
    organizations = space.of_id("organization_id")
    assert organizations["a"] == organizations["b"] == "a"
    assert organizations["x"].startswith("x~")
