"""Tests of identity-graph explain: the chain between two ids, or why they are apart, and the exit code."""

import re
from dataclasses import replace
from datetime import date, datetime
from itertools import permutations

import duckdb
import networkx as nx
import pytest

from identity_graph.chains import chain_along, find_path, make_graph
from identity_graph.cli import main
from identity_graph.evidence import (
    Case,
    Chapter,
    Evidence,
    LimitedValue,
    Member,
    Override,
    Part,
    Partner,
    SharedKey,
    Story,
)
from identity_graph.evidence_reader import read_partners
from identity_graph.explain import APART, LINKED, UNKNOWN
from identity_graph.explanation_text import chain_lines, explanation_lines, story_lines
from identity_graph.explanations import explain_pair
from identity_graph.text import shorten

TOKEN = "5371a8658793aa1c4f0e1c2b3d4e5f60"


def link(id_a: str, id_b: str, confidence: float = 0.9, key_type: str = "email_hash", refused: str | None = None):
    return Evidence(
        id_a=id_a,
        id_b=id_b,
        key_type=key_type,
        key_value=TOKEN,
        earlier_date=date(2026, 1, 5),
        later_date=date(2026, 1, 7),
        linked_at=datetime(2026, 1, 7, 9, 30),
        key_confidence=confidence,
        confidence=confidence,
        is_accepted=refused is None,
        refusal_reason=refused,
    )


def case(id_a: str, id_b: str, clusters: dict[str, int], **known) -> Case:
    """Case of ids by cluster; a cluster's person is its smallest id."""
    members = {}
    for anonymous_id, cluster in clusters.items():
        together = [other for other in clusters if clusters[other] == cluster]
        count = len(together)
        members[anonymous_id] = Member(anonymous_id, anonymous_id, min(together), count, cluster, count)
    return Case(id_a, id_b, members, **{name: tuple(rows) for name, rows in known.items()})


def shared_key(**changes) -> SharedKey:
    defaults = {
        "key_type": "click_id",
        "key_value": "c1",
        "gap_days": 0,
        "shared_dates": (),
        "id_count": 2,
        "max_ids": None,
        "drop_reason": None,
        "window_days": 30,
        "corroboration": None,
        "min_shared_days": None,
    }
    return SharedKey(**defaults | changes)


def text(explained) -> str:
    return "\n".join(explanation_lines(explained))


# --- Paths -----------------------------------------------------------------------------------------------------------
def test_fewest_links_before_more_confidence():
    graph = make_graph([link("a", "b", 0.5), link("a", "x", 0.99), link("x", "b", 0.99)])
    assert find_path(graph, "a", "b") == ["a", "b"]


def test_of_equally_long_chains_the_one_with_least_doubt():
    graph = make_graph([link("a", "x", 0.85), link("x", "b", 0.99), link("a", "y", 0.95), link("y", "b", 0.95)])
    assert find_path(graph, "a", "b") == ["a", "y", "b"]


def test_a_longer_accepted_chain_before_a_refused_link():
    graph = make_graph([link("a", "b", 0.99, refused="limit: account_id"), link("a", "x"), link("x", "b")])
    assert find_path(graph, "a", "b") == ["a", "x", "b"]


def test_ties_do_not_depend_on_the_order_of_the_evidence_or_of_the_two_ids():
    evidence = [link("a", "x"), link("x", "b"), link("a", "y"), link("y", "b")]
    paths = {tuple(find_path(make_graph(order), "a", "b")) for order in permutations(evidence)}
    paths |= {tuple(find_path(make_graph(order), "b", "a")[::-1]) for order in permutations(evidence)}
    assert len(paths) == 1


@pytest.mark.parametrize("seed", range(10))
def test_chain_is_a_shortest_one_on_random_graphs(seed):
    random = nx.gnm_random_graph(30, 45, seed=seed)
    graph = make_graph(
        [link(f"n{one:02}", f"n{other:02}", 0.5 + (one * other % 50) / 100) for one, other in random.edges]
    )
    for one, other in [(0, 29), (3, 17), (5, 21)]:
        path = find_path(graph, f"n{one:02}", f"n{other:02}")
        if nx.has_path(random, one, other):
            assert path is not None
            assert len(path) - 1 == nx.shortest_path_length(random, one, other)
        else:
            assert path is None


def test_no_chain_between_components_or_to_an_id_without_links():
    graph = make_graph([link("a", "b"), link("c", "d")])
    assert find_path(graph, "a", "c") is None
    assert find_path(graph, "a", "alone") is None


# --- Linked ----------------------------------------------------------------------------------------------------------
def test_chain_names_its_evidence_and_marks_the_weakest_link():
    graph = make_graph([link("a", "b", 0.98), link("b", "c", 0.85, "ip_token"), link("c", "d", 0.99, "user_id")])
    assert chain_lines(chain_along(graph, ["a", "b", "c", "d"])) == [
        "   1  a - b  email_hash 5371a8658793...  2026-01-05 / 2026-01-07  linked 2026-01-07 09:30:00  confidence 0.98",
        "*  2  b - c  ip_token 5371a8658793...  2026-01-05 / 2026-01-07  linked 2026-01-07 09:30:00  confidence 0.85",
        "   3  c - d  user_id 5371a8658793...  2026-01-05 / 2026-01-07  linked 2026-01-07 09:30:00  confidence 0.99",
        "* the weakest link: 0.85",
    ]


def test_linked_ids_share_a_person():
    explained = explain_pair(case("b", "c", {"a": 1, "b": 1, "c": 1}, evidence=[link("a", "b"), link("a", "c")]))
    assert explained.are_linked
    assert explanation_lines(explained)[0] == "b and c are one person: a (3 ids)."
    assert "b - a" in explanation_lines(explained)[2]
    assert "a - c" in explanation_lines(explained)[3]


def test_all_key_types_of_a_link_are_named():
    evidence = [link("a", "b", 0.98), link("a", "b", 0.92, "click_id")]
    assert "also by click_id" in text(explain_pair(case("a", "b", {"a": 1, "b": 1}, evidence=evidence)))


def test_an_id_is_linked_to_itself():
    assert explain_pair(case("a", "a", {"a": 1})).are_linked


def test_one_person_without_a_chain_is_an_error():
    with pytest.raises(ValueError, match="do not agree"):
        explain_pair(case("a", "b", {"a": 1, "b": 1}))


# --- Apart -----------------------------------------------------------------------------------------------------------
def test_refused_by_a_limit_names_the_values_and_who_holds_them():
    acme, old_name, globex = (("account_id", name, 1, 1) for name in ("acme", "acme of old", "globex"))
    explained = explain_pair(
        case(
            "a",
            "d",
            {"a": 1, "b": 1, "c": 3, "d": 3},
            evidence=[link("a", "b"), link("b", "c", refused="limit: account_id"), link("c", "d")],
            limited_values=[LimitedValue("a", *acme), LimitedValue("b", *old_name), LimitedValue("d", *globex)],
        )
    )
    assert not explained.are_linked
    assert "3 links, 1 refused" in text(explained)
    assert [line[0] for line in explanation_lines(explained) if "confidence" in line] == ["*", "x", " "]
    assert explanation_lines(explained)[-4:] == [
        "A person holds at most 1 account_id.",
        "  the person of b (2 ids) holds acme, seen with a; acme of old, seen with b",
        "  which an alias names together: they are one",
        "  the person of c (2 ids) holds globex, seen with d",
    ]


def test_an_id_that_alone_breaks_a_limit_is_named():
    explained = explain_pair(
        case(
            "a",
            "b",
            {"a": 1, "b": 2},
            evidence=[link("a", "b", refused="limit: account_id")],
            limited_values=[LimitedValue("a", "account_id", name, 1, 2) for name in ("acme", "globex")],
        )
    )
    assert "a alone was seen with more than 1" in text(explained)


def test_blocked_by_an_override_says_why_and_who():
    override = Override("never_link", "b", "c", None, None, "shared office laptop", "crm", date(2026, 3, 1))
    explained = explain_pair(
        case(
            "a",
            "c",
            {"a": 1, "b": 1, "c": 3},
            evidence=[link("a", "b"), link("b", "c", refused="override: never_link")],
            overrides=[override, Override("never_link", "x", "y", None, None, "another", "crm")],
        )
    )
    assert not explained.are_linked
    assert (
        explanation_lines(explained)[-1] == "Override never_link b / c: shared office laptop (owner crm, 2026-03-01)."
    )
    assert "another" not in text(explained)


def test_override_is_told_where_something_else_refused_the_links_too():
    explained = explain_pair(
        case(
            "a",
            "c",
            {"a": 1, "b": 2, "c": 3},
            evidence=[link("a", "b", refused="limit: user_id"), link("b", "c", refused="override: never_link")],
            overrides=[
                Override("never_link", "b", "c", None, None, "a colleague", "crm"),
                Override("never_link", "a", "c", None, None, "two people", "crm"),
            ],
        )
    )
    assert explanation_lines(explained)[-2:] == [
        "Override never_link b / c: a colleague (owner crm).",
        "Override never_link a / c: two people (owner crm).",
    ]


def test_never_link_on_a_shared_id_is_told_for_each_of_its_users():
    override = Override("never_link", "b", "tablet", None, None, "shared office tablet", "crm")
    known = case("tablet~1", "b", {"tablet~1": 1, "b": 2}, overrides=[override])
    parts = {"tablet~1": replace(known.members["tablet~1"], visitor_id="tablet")}
    assert explain_pair(replace(known, members=known.members | parts)).overrides == (override,)


def test_size_of_a_person_is_told_not_of_its_dissolved_component():
    members = {name: Member(name, name, "a", 2, 1, 60) for name in "ab"}
    explained = explain_pair(Case("a", "b", members, (link("a", "b", key_type="user_id"),)))
    assert explanation_lines(explained)[0] == "a and b are one person: a (2 ids)."


def test_dissolved_component():
    members = {name: Member(name, name, name, 1, 1, 60) for name in "abc"}
    evidence = (link("a", "b", refused="outlier_component"), link("b", "c", refused="outlier_component"))
    explained = explain_pair(Case("a", "c", members, evidence))
    assert not explained.are_linked
    assert text(explained).count("Their component of 60 ids is larger than the cap and was dissolved") == 1


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (
            shared_key(drop_reason="max_ids_per_key", id_count=229, max_ids=100),
            "click_id c1: dropped (max_ids_per_key), shared by 229 ids within its window, more than 100",
        ),
        (
            shared_key(drop_reason="outlier_percentile", id_count=12, max_ids=10),
            "click_id c1: dropped (outlier_percentile), shared by 12 ids within its window, more than 10",
        ),
        (
            shared_key(drop_reason="blocked_by_override"),
            "click_id c1: blocked. Override block_key click_id c1: a test click (owner ads).",
        ),
        (shared_key(gap_days=31), "click_id c1: out of window, 31 days apart and at most 30 count"),
        (shared_key(window_days=None, id_count=None), "click_id c1: this key links no individuals"),
        (
            shared_key(corroboration="mutual_best", min_shared_days=2, shared_dates=(date(2026, 1, 5),)),
            "click_id c1: not corroborated, seen together on 1 date and 2 are needed",
        ),
        (
            shared_key(corroboration="mutual_best", min_shared_days=1, shared_dates=(date(2026, 1, 5),)),
            "click_id c1: not corroborated, seen together on 1 date, but they are not each other's strict best:"
            " b was seen on 3 dates with z",
        ),
    ],
    ids=["skewed", "outlier", "blocked", "out of window", "other level", "too few dates", "rival"],
)
def test_without_a_chain_shared_keys_say_why_they_do_not_count(key, words):
    explained = explain_pair(
        case(
            "a",
            "b",
            {"a": 1, "b": 2},
            shared_keys=[key],
            overrides=[Override("block_key", None, None, "click_id", "c1", "a test click", "ads")],
            partners=[Partner("b", "z", "click_id", 3), Partner("a", "y", "ip_token", 9)],
        )
    )
    assert not explained.are_linked
    assert "No chain of evidence leads from one to the other." in explanation_lines(explained)
    assert explanation_lines(explained)[-1] == "  " + words


def test_users_of_one_id_are_no_rivals_of_each_other():
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema intermediate;
            create table intermediate.int_identity_ids as
            from (values (1, 's', 'tablet', 'tablet~1'), (2, 's', 'tablet', 'tablet~2'), (3, 's', 'phone', 'phone'))
            as ids (id_number, space_id, anonymous_id, node_id);
            create table intermediate.int_identity_linkable_observations as
            select id_number, 'ip_token' as key_type, 1 as key_number, date '2026-01-05' as observed_date,
                'mutual_best' as corroboration
            from intermediate.int_identity_ids
            """
        )
        found = read_partners(connection, "s", "tablet~1", "phone")
    assert {(partner.anonymous_id, partner.partner_id) for partner in found} == {
        ("tablet~1", "phone"),
        ("phone", "tablet~1"),
        ("phone", "tablet~2"),
    }


def test_without_any_shared_key():
    explained = explain_pair(case("a", "b", {"a": 1, "b": 2}))
    assert explanation_lines(explained)[-1] == "They were never seen with the same value of any key."


def test_override_on_two_ids_without_a_chain_is_told_too():
    explained = explain_pair(
        case(
            "a",
            "b",
            {"a": 1, "b": 2},
            overrides=[Override("never_link", "b", "a", None, None, "two people", "crm")],
        )
    )
    assert explanation_lines(explained)[-1] == "Override never_link b / a: two people (owner crm)."


@pytest.mark.parametrize(("value", "short"), [("u262", "u262"), ("x" * 16, "x" * 16), ("x" * 17, "x" * 12 + "...")])
def test_only_long_tokens_are_shortened(value, short):
    assert shorten(value) == short


def test_persons_of_one_household_are_shown_what_makes_it_one():
    known = case("a2", "b", {"a1": 1, "a2": 1, "b": 2, "c": 3})
    groups = {
        "household": (replace(link("a1", "c", 0.7, "ip_token"), earlier_date=None), link("c", "b", 0.8, "click_id"))
    }
    explained = explain_pair(replace(known, groups=groups))
    assert not explained.are_linked
    assert explanation_lines(explained)[-4] == "Their persons are of one household, through 2 links:"
    assert explanation_lines(explained)[-3].startswith(
        "*  1  a1 - c  ip_token 5371a8658793...  linked 2026-01-07 09:30:00"
    )
    assert explanation_lines(explained)[-1] == "* the weakest link: 0.7"


# --- The command on the demo -----------------------------------------------------------------------------------------
def rows(demo_build, query: str) -> list[tuple]:
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def explain(demo_build, capsys):
    """Run the command on the demo; gives exit code and output."""

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["explain", *arguments, "--database", str(demo_build.path)])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def test_demo_linked_ids_have_accepted_chains(demo_build, explain):
    pairs = rows(
        demo_build,
        """
        select anonymous_id, universal_id, space_id
        from marts.users
        where component_size >= 4 and anonymous_id != universal_id
        order by all
        limit 40
        """,
    )
    assert len(pairs) == 40
    for anonymous_id, universal_id, space_id in pairs:
        code, printed = explain(anonymous_id, universal_id, "--space", space_id)
        assert code == LINKED
        assert f"are one person: {universal_id}" in printed
        assert "REFUSED" not in printed
        # The chain begins and ends with the two ids and each link begins where the one before ended.
        ends = [line[6:].split("  ")[0].split(" - ") for line in printed.splitlines() if "confidence" in line]
        assert (ends[0][0], ends[-1][1]) == (anonymous_id, universal_id)
        assert all(one[1] == other[0] for one, other in zip(ends, ends[1:], strict=False))


def test_demo_refused_links_name_both_accounts(demo_build, explain):
    refused = rows(
        demo_build,
        """
        select links.anonymous_id_a, links.anonymous_id_b, links.space_id, users_a.account_id, users_b.account_id
        from marts.identity_links as links
        inner join marts.users as users_a
            on users_a.space_id = links.space_id and users_a.anonymous_id = links.anonymous_id_a
        inner join marts.users as users_b
            on users_b.space_id = links.space_id and users_b.anonymous_id = links.anonymous_id_b
        where links.refusal_reason = 'limit: account_id' and users_a.account_id != users_b.account_id
        order by all
        limit 10
        """,
    )
    assert refused
    for id_a, id_b, space_id, account_a, account_b in refused:
        code, printed = explain(id_a, id_b, "--space", space_id)
        assert code == APART
        assert "REFUSED (limit: account_id)" in printed
        assert account_a in printed
        assert account_b in printed


@pytest.mark.parametrize("level", ["household", "organization"])
def test_demo_persons_of_one_group_have_a_chain(demo_build, explain, level):
    pairs = rows(
        demo_build,
        f"""
        select min(universal_id), max(universal_id), space_id
        from marts.users
        where {level}_id is not null
        group by space_id, {level}_id
        having min(universal_id) != max(universal_id)
        order by all
        limit 8
        """,
    )
    assert len(pairs) == 8
    for one, other, space_id in pairs:
        printed = explain(one, other, "--space", space_id)[1]
        ends = printed.split(f"Their persons are of one {level}, through ")[1].splitlines()[1:]
        assert f" {one} - " in ends[0]
        assert any(f" - {other}  " in line for line in ends)


def test_demo_ids_of_different_spaces(demo_build, explain):
    id_a, id_b = rows(
        demo_build,
        "select min(anonymous_id) filter (space_id = 'default'), min(anonymous_id) filter (space_id = 'partner_app')"
        " from marts.users",
    )[0]
    code, printed = explain(id_a, id_b)
    assert code == APART
    assert "different spaces" in printed
    assert f"{id_b} is not in space default but in partner_app." in printed


def test_story_of_one_id_tells_when_it_joined_whom_and_what_was_refused():
    lines = story_lines(
        Story(
            anonymous_id="b",
            person="a",
            confidence=0.95,
            chapters=(
                Chapter(datetime(2026, 1, 5, 10), "b", "first_seen", None, None, None),
                Chapter(datetime(2026, 1, 6, 10), "b", "merged", "cart_id", "k1", "b", ("f", "e")),
                Chapter(datetime(2026, 1, 7, 9, 30), "a", "merged", "user_id", "u1", "c"),
            ),
            others=("a", "c"),
            groups=(("household", "h", 2), ("organization", "o", 31)),
            refusals=(link("b", "d", refused="limit account_id"),),
        )
    )
    assert lines[0] == "b belongs to the person a, with confidence 0.95 and 2 other ids: a, c."
    assert lines[1] == "  2026-01-05 10:00:00  first seen: person b"
    assert lines[2] == "  2026-01-06 10:00:00  was joined by e, f: cart_id k1"
    assert lines[3] == "  2026-01-07 09:30:00  joined a through c: user_id u1"
    assert lines[4] == "Its household h has 2 persons."
    assert lines[5] == "Its organization o has 31 persons."
    assert lines[6] == "Refused links:"
    assert "d: " in lines[7] and lines[7].endswith("(limit account_id)")
    assert len(story_lines(Story("a", "a", 1.0))) == 1


@pytest.mark.parametrize(
    ("logins", "words"),
    [
        ([("ann", None), ("bob", None), (None, None)], ["2 users logged in here", "ann", "bob", "cannot be told"]),
        ([(None, "a"), (None, "b")], ["2 accounts were seen here", "account a", "account b"]),
        (
            [("ann", "a"), ("ann", "b"), ("bob", None)],
            ["2 users logged in here", "ann with account a", "ann with account b", "bob"],
        ),
    ],
)
def test_parts_of_a_shared_id_name_users_and_accounts(logins, words):
    parts = tuple(Part(f"tablet~{number}", *login, "p", 1, number == 0) for number, login in enumerate(logins))
    heading, *lines = story_lines(Story("tablet", "p", 1.0, parts=parts))[1:]
    assert heading == f"{words[0]}; a session is of the one that was there:"
    assert [line.strip().partition(":")[0] for line in lines] == words[1:]


def test_demo_story_of_one_id(demo_build, explain):
    (anonymous_id, person, linked_id, space_id) = rows(
        demo_build,
        "select anonymous_id, universal_id, linked_anonymous_id, space_id from marts.users_history"
        " where change_type = 'merged' order by all",
    )[0]
    code, printed = explain(anonymous_id, "--space", space_id)
    assert code == LINKED
    assert printed.startswith(f"{anonymous_id} belongs to the person ")
    assert f"joined {person} through {linked_id}" in printed
    # The other side tells it too.
    _, printed = explain(linked_id, "--space", space_id)
    assert re.search(f"was joined by .*{anonymous_id}", printed)


def test_demo_story_names_groups_of_several_persons(demo_build, explain):
    anonymous_id, *groups = rows(
        demo_build,
        """
        select anonymous_id, household_id, organization_id from marts.users
        where household_id != universal_id and organization_id != universal_id and space_id = 'default'
        order by anonymous_id
        """,
    )[0]
    _, printed = explain(anonymous_id)
    for level, group in zip(("household", "organization"), groups, strict=True):
        ((count,),) = rows(
            demo_build, f"select count(distinct universal_id) from marts.users where {level}_id = '{group}'"
        )
        assert f"Its {level} {group} has {count} persons." in printed


def test_demo_ids_of_another_space_than_the_one_asked_for(demo_build, explain):
    ids = [
        row[0]
        for row in rows(
            demo_build,
            "select anonymous_id from marts.users where space_id = 'partner_app' and anonymous_id not in ("
            "select anonymous_id from marts.users where space_id = 'default') order by 1 limit 2",
        )
    ]
    code, printed = explain(*ids)
    assert code == UNKNOWN
    assert "Try --space partner_app." in printed


def test_demo_unknown_id(demo_build, explain):
    known = rows(demo_build, "select min(anonymous_id) from marts.users where space_id = 'default'")[0][0]
    code, printed = explain(known, "no-such-id")
    assert code == UNKNOWN
    assert printed.strip() == "no-such-id is unknown: no event carries this anonymous id."


def test_demo_id_without_consent(demo_build, explain):
    refusing, known = rows(
        demo_build,
        """
        select min(anonymous_id) filter (not has_consent), min(anonymous_id) filter (has_consent)
        from intermediate.int_events
        where anonymous_id not in (select anonymous_id from marts.users) or has_consent
        """,
    )[0]
    code, printed = explain(refusing, known)
    assert code == UNKNOWN
    assert f"{refusing} did not consent" in printed


def test_id_of_quarantined_events_only(demo_build, tmp_path, capsys):
    known = rows(demo_build, "select min(anonymous_id) from marts.users where space_id = 'default'")[0][0]
    database = tmp_path / demo_build.path.name
    database.write_bytes(demo_build.path.read_bytes())
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update intermediate.int_events_received set anonymous_id = 'only-bad'"
            " where rejection_reason = 'unparsable_time'"
        )
    assert main(["explain", known, "only-bad", "--database", str(database)]) == UNKNOWN
    assert "only-bad was seen in quarantined events only (unparsable_time)." in capsys.readouterr().out


def test_missing_database(tmp_path, capsys):
    assert main(["explain", "a", "b", "--database", str(tmp_path / "none.duckdb")]) == UNKNOWN
    assert "there is no database" in capsys.readouterr().err


def test_database_that_is_no_build(tmp_path, capsys):
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    assert main(["explain", "a", "b", "--database", str(tmp_path / "empty.duckdb")]) == UNKNOWN
    assert "there is no table" in capsys.readouterr().err


def test_mart_that_is_switched_off_is_named(demo_build, tmp_path, capsys):
    copy = tmp_path / "without.duckdb"
    copy.write_bytes(demo_build.path.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        # Another build of the file has it.
        connection.execute("create schema dev_marts; create table dev_marts.households as from marts.households")
        connection.execute("drop table marts.households cascade")
        (known,) = connection.execute("select min(anonymous_id) from marts.users").fetchone()
    assert main(["explain", known, "--database", str(copy)]) == UNKNOWN
    assert "there is no table marts.households: the mart is switched off, or no build" in capsys.readouterr().err


def test_bad_arguments_exit_with_2():
    with pytest.raises(SystemExit) as stopped:
        main(["explain"])
    assert stopped.value.code == UNKNOWN


def test_database_is_not_written(demo_build, explain):
    before = demo_build.path.stat().st_mtime_ns
    explain("a", "b")
    assert demo_build.path.stat().st_mtime_ns == before
