"""One value in two identity spaces is two persons, and a destination that cannot tell them apart is not sent both."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from activation_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def changes(*told: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Changes of members, each given as operation, space and recipient."""
    reasons = {"add": "qualified", "remove": "left"}
    return [
        {"operation": operation, "space_id": space, "recipient": recipient, "reason": reasons[operation]}
        for operation, space, recipient in told
    ]


def test_logins_of_two_spaces_are_refused_before_anything_is_sent(world, capsys):
    world.load("here", "add A")
    world.load("logins", changes(("add", "shop", "1"), ("add", "club", "2")))
    with world.connected() as connection:
        connection.execute("update seeds.destinations set is_enabled = true where destination_name = 'logins'")
    for arguments in (["--destination", "logins"], ["--destination", "logins", "--dry-run"]):
        assert world.activate(*arguments) == 2
        said = capsys.readouterr().err
        assert "the writer kissmetrics takes one user_id in two spaces for one person" in said
        assert "its members are of 2 spaces: name one space for logins in the column space_id" in said
    assert world.sent("logins") == {}
    assert world.query("select 1 from duckdb_tables() where table_name = 'activation_recipients'") == []
    # The others are sent theirs.
    assert world.activate() == 1
    assert "in two spaces for one person" in capsys.readouterr().err
    assert world.query("select recipient from activation.here") == [("A",)]
    assert world.sent("logins") == {}


def test_a_space_that_no_run_of_dbt_knows_yet_is_waited_for(world, capsys):
    world.load("logins", changes(("add", "shop", "1"), ("add", "club", "1")))
    with world.connected() as connection:
        connection.execute("update seeds.destinations set space_id = 'club' where destination_name = 'logins'")
    assert world.activate("--destination", "logins") == 2
    assert "the last run of dbt did not know that yet" in capsys.readouterr().err
    assert world.sent("logins") == {}


def test_a_destination_of_one_space_removes_the_others(world):
    world.load("logins", changes(("add", "shop", "1")))
    assert world.activate("--destination", "logins") == 0
    world.load("logins", changes(("add", "club", "1")))
    assert world.activate("--destination", "logins") == 2
    with world.connected() as connection:
        connection.execute("update seeds.destinations set space_id = 'club' where destination_name = 'logins'")
    world.load("logins", changes(("remove", "shop", "1")))
    assert world.activate("--destination", "logins") == 0
    assert [(line["_n"], line["space"]) for line in world.lines("logins")] == [
        ("Entered audience", "shop"), ("Left audience", "shop"), ("Entered audience", "club")
    ]  # fmt: skip


def test_who_left_or_is_erased_mixes_nothing(world):
    world.load("logins", changes(("add", "shop", "1"), ("add", "shop", "2")))
    world.load("logins", changes(("remove", "shop", "1")))
    world.load("logins", [row | {"reason": "erased"} for row in changes(("remove", "shop", "2"))])
    world.load("logins", changes(("add", "club", "1")))
    assert world.activate("--destination", "logins") == 0


def test_universal_ids_are_refused_only_where_two_persons_have_the_same(world, capsys):
    world.load("lines", changes(("add", "shop", "A"), ("add", "club", "B")))
    assert world.activate("--destination", "lines") == 0
    # One visitor's id was seen in both spaces, and its person there is in no audience.
    world.load("lines", changes(("add", "club", "A"), ("add", "club", "C")))
    assert world.activate("--destination", "lines") == 2
    assert "1 of its universal ids are persons of several spaces" in capsys.readouterr().err
    world.load("lines", changes(("remove", "club", "A")))
    assert world.activate("--destination", "lines") == 2
    world.load("lines", changes(("remove", "shop", "A")))
    assert world.activate("--destination", "lines") == 0


def test_customer_lists_say_the_space_of_each_hash(world):
    world.load("google", changes(("add", "shop", "h"), ("add", "club", "h")))
    world.deliver("google")
    rows = list(csv.DictReader(world.sent("google")["000001.csv"].decode().splitlines()))
    assert [(row["space_id"], row["Email"]) for row in rows] == [("club", "h"), ("shop", "h")]
