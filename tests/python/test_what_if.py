"""Tests of identity-graph what-if: what counts as a merge, a split, a moved euro, and the command on the demo."""

import csv
import random
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from dbt_runs import PROJECT, DbtOfCommands

from identity_graph.build_changes import (
    LinkChange,
    RevenueChange,
    compare_links,
    compare_persons,
    compare_revenue,
    match_ids,
)
from identity_graph.cli import main
from identity_graph.identity_rules import compare_rules, read_rules
from identity_graph.project import CommandError
from identity_graph.text import columns
from identity_graph.what_if import rule_lines

SEED = PROJECT / "seeds" / "identity_key_rules.csv"


def labels(*persons: str) -> dict[str, str]:
    """Labels of ids by person; a person is named after its smallest id, as in `labels("abc", "d")`."""
    return {anonymous_id: min(ids) for ids in persons for anonymous_id in ids}


# --- Persons ---------------------------------------------------------------------------------------------------------
def test_nothing_changes():
    changes = compare_persons(labels("ab", "c"), labels("ab", "c"))
    assert (changes.persons_before, changes.persons_after) == (2, 2)
    assert not (changes.merged or changes.split or changes.changed_anchors)
    assert not (changes.affected_ids or changes.renamed_ids)


def test_merge():
    changes = compare_persons(labels("ab", "cd", "e"), labels("abcd", "e"))
    assert changes.merged == {"a": {"a", "c"}}
    assert changes.split == {}
    assert changes.changed_anchors == {"c"}
    assert changes.affected_ids == set("abcd")
    assert changes.renamed_ids == set("cd")


def test_split():
    changes = compare_persons(labels("abcd", "e"), labels("ab", "cd", "e"))
    assert changes.merged == {}
    assert changes.split == {"a": {"a", "c"}}
    assert changes.changed_anchors == set()
    assert changes.affected_ids == set("abcd")
    assert changes.renamed_ids == set("cd")


def test_an_id_that_moves_over_is_a_merge_and_a_split():
    changes = compare_persons(labels("abc", "de"), labels("ab", "cde"))
    assert changes.merged == {"c": {"a", "d"}}
    assert changes.split == {"a": {"a", "c"}}
    assert changes.changed_anchors == {"d"}
    assert changes.affected_ids == set("abcde")


def test_another_name_for_the_same_ids():
    changes = compare_persons({"a": "a", "b": "a"}, {"a": "b", "b": "b"})
    assert not (changes.merged or changes.split or changes.affected_ids)
    assert changes.changed_anchors == {"a"}
    assert changes.renamed_ids == {"a", "b"}


def test_different_ids_cannot_be_compared():
    with pytest.raises(ValueError, match="1 ids are in one"):
        compare_persons(labels("ab"), labels("abc"))


@pytest.mark.parametrize("seed", range(30))
def test_persons_by_definition_on_random_labels(seed):
    draw = random.Random(seed)

    def random_labels() -> dict[str, str]:
        groups: dict[int, str] = {}
        for anonymous_id in "abcdefghijkl":
            group = draw.randrange(7)
            groups[group] = groups.get(group, "") + anonymous_id
        return labels(*groups.values())

    before, after = random_labels(), random_labels()
    changes = compare_persons(before, after)

    def companions(persons: dict[str, str], one: str) -> set[str]:
        return {other for other in persons if persons[other] == persons[one]}

    assert changes.affected_ids == {one for one in before if companions(before, one) != companions(after, one)}
    assert changes.renamed_ids == {one for one in before if before[one] != after[one]}
    assert set(changes.merged) == {
        after[a] for a in after for b in after if after[a] == after[b] and before[a] != before[b]
    }
    assert set(changes.split) == {
        before[a] for a in after for b in after if before[a] == before[b] and after[a] != after[b]
    }
    assert changes.changed_anchors == {one for one in before if before[one] == one and after[one] != one}
    reverse = compare_persons(after, before)
    assert (reverse.split, reverse.merged) == (changes.merged, changes.split)


def parts(text: str, visitor: str = "t") -> dict[int, tuple[str, str]]:
    """Parts of one shared id by event, in the order of the text."""
    return {event: (visitor, name) for event, name in enumerate(text.split())}


def test_id_that_one_of_two_rules_divides_is_as_many_as_its_parts():
    assert match_ids({"t", "t~a", "t~b", "p"}, parts("t~a t~b t t~b"), {}) == {
        "p": ("p", "p"),
        "t": ("t", "t"),
        "t~a": ("t~a", "t"),
        "t~b": ("t~b", "t"),
    }
    # A person that bears its name keeps it, and is found by it.
    assert match_ids({"t", "t~a", "t~b"}, {}, parts("t~a t~b")) == {"t": ("t", "t~a"), ("t", "t~b"): ("t", "t~b")}


def test_id_that_two_rules_divide_otherwise_is_divided_by_both():
    assert match_ids({"t~a", "t~b", "t~1", "t~2"}, parts("t~a t~a t~b"), parts("t~1 t~2 t~2")) == {
        "t~a": ("t~a", "t~1"),
        ("t~a", "t~2"): ("t~a", "t~2"),
        "t~b": ("t~b", "t~2"),
    }


# --- Links, rules, revenue -------------------------------------------------------------------------------------------
def test_links_gained_and_lost_by_key_type():
    before = {("a", "b", "email_hash"), ("a", "b", "ip_token"), ("c", "d", "ip_token")}
    after = {("a", "b", "email_hash"), ("a", "d", "click_id"), ("a", "c", "click_id"), ("a", "b", "click_id")}
    old, new = (
        {name: {person} for name, person in persons.items()} for persons in (labels("ab", "cd"), labels("abd", "c"))
    )
    assert compare_links(before, after, old, new) == [
        LinkChange("click_id", before=0, after=3, gained=3, joining=2, lost=0, parting=0),
        LinkChange("email_hash", before=1, after=1, gained=0, joining=0, lost=0, parting=0),
        LinkChange("ip_token", before=2, after=0, gained=0, joining=0, lost=2, parting=1),
    ]


def test_link_of_a_shared_id_joins_only_whom_none_of_its_users_is():
    old = {"t": {"ann", "bob"}, "phone": {"ann"}, "x": {"x"}}
    (changes,) = compare_links(set(), {("t", "phone", "user_id"), ("t", "x", "user_id")}, old, {})
    assert (changes.gained, changes.joining) == (2, 1)


def test_rules_that_differ():
    rule = {"window_days": "30", "corroboration": "", "rule_version": "1", "owner": "identity"}
    before = {("individual", "click_id"): rule, ("individual", "cart_id"): rule, ("individual", "ip_token"): rule}
    after = {
        ("individual", "click_id"): rule | {"window_days": "7"},
        ("individual", "ip_token"): rule | {"corroboration": "mutual_best", "rule_version": "2"},
        ("individual", "quote_id"): rule,
    }
    assert [line for change in compare_rules(before, after) for line in rule_lines(change)] == [
        "individual cart_id: rule removed",
        "individual click_id: window_days 30 -> 7",
        "individual click_id: rule_version is still 1; raise it with the change",
        "individual ip_token: corroboration (empty) -> mutual_best",
        "individual ip_token: rule_version 1 -> 2",
        "individual quote_id: rule added (window_days 30)",
    ]
    assert compare_rules(before, before) == []


def test_revenue_moves_between_channels_by_currency():
    before = {
        "o1": ("direct", "EUR", Decimal(10), 1),
        "o2": ("direct", "EUR", Decimal(5), 1),
        "o3": ("email", "USD", Decimal(7), 1),
        "quote": ("direct", "", Decimal(0), 1),
        # What is paid back goes with its order, and is no conversion.
        "refund of o1": ("direct", "EUR", Decimal(-4), 0),
    }
    after = before | {"o1": ("email", "EUR", Decimal(10), 1), "quote": ("email", "", Decimal(0), 1)}
    after["refund of o1"] = ("email", "EUR", Decimal(-4), 0)
    changes, moved = compare_revenue(before, after)
    assert changes == [
        RevenueChange("direct", "", 1, 0, Decimal(0), Decimal(0)),
        RevenueChange("direct", "EUR", 2, 1, Decimal(11), Decimal(5)),
        RevenueChange("email", "", 0, 1, Decimal(0), Decimal(0)),
        RevenueChange("email", "EUR", 0, 1, Decimal(0), Decimal(6)),
        RevenueChange("email", "USD", 1, 1, Decimal(7), Decimal(7)),
    ]
    assert moved == {"": (1, Decimal(0)), "EUR": (1, Decimal(6))}


def test_revenue_that_moves_both_ways_is_seen():
    before = {"o1": ("direct", "EUR", Decimal(10), 1), "o2": ("email", "EUR", Decimal(10), 1)}
    after = {"o1": ("email", "EUR", Decimal(10), 1), "o2": ("direct", "EUR", Decimal(10), 1)}
    changes, moved = compare_revenue(before, after)
    assert all(change.before == change.after for change in changes)
    assert moved == {"EUR": (2, Decimal(20))}


@pytest.mark.parametrize(
    "after", [{}, {"o1": ("email", "EUR", Decimal(11), 1)}, {"o1": ("email", "USD", Decimal(10), 1)}]
)
def test_other_conversions_or_amounts_cannot_be_compared(after):
    with pytest.raises(ValueError, match="conversion"):
        compare_revenue({"o1": ("email", "EUR", Decimal(10), 1)}, after)


def test_table_aligns_text_left_and_numbers_right():
    assert columns(("key", "count", "revenue"), [("ip_token", 12345, Decimal("1.5")), ("a", 1, Decimal(-2))]) == [
        "  key        count  revenue",
        "  ip_token  12,345     1.50",
        "  a              1    -2.00",
    ]


# --- Rules files -----------------------------------------------------------------------------------------------------
def test_the_projects_rules_can_be_read():
    rules = read_rules(SEED)
    assert rules["individual", "ip_token"]["corroboration"] == "mutual_best"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("", "it lacks"),
        ("key_type,resolution_level\n", "is empty"),
        ("key_type,window_days\nip_token,3\n", "it lacks \\['resolution_level'\\]"),
        ("key_type,resolution_level\nip_token,individual\nip_token,individual\n", "line 3: a second rule"),
        ("key_type,resolution_level\nip_token\n", "line 2: the line has not as many cells"),
        ("key_type,resolution_level\nip_token,individual,3\n", "line 2: the line has not as many cells"),
        ("key_type,resolution_level\n" + "x" * 200_000, "cannot be read: field larger than field limit"),
    ],
    ids=["missing", "no header", "no rule", "no level", "twice", "too short", "too long", "huge"],
)
def test_wrong_rules_files_are_named(tmp_path, content, words):
    path = tmp_path / "rules.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError, match=words):
        read_rules(path)


def test_rules_of_another_version_are_refused():
    rules = read_rules(SEED)
    older = {key: {name: cell for name, cell in row.items() if name != "owner"} for key, row in rules.items()}
    with pytest.raises(CommandError, match="only one of the two rules files has: owner"):
        compare_rules(rules, older)


# --- The command on the demo -----------------------------------------------------------------------------------------
def write_rules(path: Path, seed: Path = SEED, changed: str = "individual ip_token", **changes: str) -> Path:
    """Write the project's rules with changed cells of one rule."""
    with seed.open(newline="") as file:
        rules = list(csv.DictReader(file))
    for rule in rules:
        if f"{rule['resolution_level']} {rule['key_type']}" == changed:
            rule |= changes
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rules[0].keys())
        writer.writeheader()
        writer.writerows(rules)
    return path


@pytest.fixture
def users_database(tmp_path, monkeypatch) -> Path:
    """Path of a database that the command must not touch, named as the user would name it."""
    for name in ("IDENTITY_EVENTS", "IDENTITY_TRUTH", "IDENTITY_TARGET"):
        monkeypatch.delenv(name, raising=False)
    database = tmp_path / "graph.duckdb"
    monkeypatch.setenv("IDENTITY_DUCKDB_PATH", str(database))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return database


def test_demo_without_ip_links(demo_build, users_database, tmp_path, monkeypatch, capsys):
    # The test of rules that are refused starts the process.
    monkeypatch.setattr("identity_graph.trial.subprocess", DbtOfCommands)
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        persons, ip_links = connection.execute(
            """
            select
                (select count(*) from marts.persons),
                (
                    select cast(round(sum(metric_value * sample_size)) as bigint)
                    from marts.identity_statistics
                    where metric = 'share_of_links' and breakdown = 'ip_token'
                )
            """
        ).fetchall()[0]
    project_before = sorted(path.name for path in PROJECT.iterdir())

    code = main(["what-if", str(write_rules(tmp_path / "rules.csv", is_enabled="false", rule_version="2"))])

    printed = capsys.readouterr().out
    lines = [line.split() for line in printed.splitlines()]
    assert code == 0
    assert "individual ip_token: is_enabled true -> false" in printed
    assert ["persons", f"{persons:,}"] in [line[:2] for line in lines]
    assert "merge: 0 old persons" in printed
    assert "split: 0 old persons" not in printed
    assert "change their anchor: 0 old persons" in printed
    ip_row = next(line for line in lines if line[:1] == ["ip_token"])
    assert ip_row[1:6] == [str(ip_links), "0", "0", "0", str(ip_links)]
    assert 0 < int(ip_row[6]) <= ip_links
    assert "Moved to another channel:" in printed
    # Nothing of the user's is touched and nothing is left.
    assert not users_database.exists()
    assert sorted(path.name for path in PROJECT.iterdir()) == project_before
    assert [path.name for path in tmp_path.iterdir()] == ["rules.csv"]


def test_rules_that_break_a_data_test_are_refused(users_database, tmp_path, capsys):
    rules = write_rules(tmp_path / "rules.csv", confidence="1.5")
    assert main(["what-if", str(rules), "--baseline", str(SEED)]) == 2
    assert "confidence is 1.5, and has to be at least 0 and at most 1." in capsys.readouterr().err
    # What a level ignores, too.
    write_rules(rules, SEED, "household ip_token", min_shared_days="2")
    write_rules(rules, rules, "household account_id", max_ids_per_key="100")
    write_rules(rules, rules, "household click_id", outlier_floor_ids="10")
    assert main(["what-if", str(rules), "--baseline", str(SEED)]) == 2
    refused = capsys.readouterr().err
    assert "identity_key_rules_groups_take_no_corroboration" in refused
    assert "identity_key_rules_that_only_limit_leave_empty_what_links" in refused
    assert "identity_key_rules_outlier_floor_needs_a_percentile" in refused
    assert [path.name for path in tmp_path.iterdir()] == ["rules.csv"]


def test_same_rules_need_no_build(users_database, capsys):
    assert main(["what-if", str(SEED)]) == 0
    assert "nothing changes" in capsys.readouterr().out


def test_missing_rules_file(users_database, tmp_path, capsys):
    assert main(["what-if", str(tmp_path / "none.csv")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_other_target_than_duckdb_is_refused(users_database, monkeypatch, capsys):
    monkeypatch.setenv("IDENTITY_TARGET", "bigquery")
    assert main(["what-if", str(SEED)]) == 2
    assert "DuckDB only" in capsys.readouterr().err
