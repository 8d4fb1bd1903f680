"""Persons with their traits as columns: those of person_traits, and none of them in the masked view."""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from conftest import OPTIONAL_MARTS
from dbt_runs import Dbt
from test_traits import DEFINITIONS

# Of the demo: a sum is a trait of each currency.
TRAITS = {row["trait_name"] for row in DEFINITIONS if row["rule"] != "sum"} | {"value_EUR", "value_USD"}


@pytest.fixture
def marts(optional_build) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        yield connection


def test_profile_has_each_current_trait_in_a_column_of_its_own(marts):
    cursor = marts.execute("from marts.person_profiles")
    columns = [column[0] for column in cursor.description]
    profiles = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    current: defaultdict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    sql = "select space_id, universal_id, trait_name, rule, trait_value from marts.person_traits where is_current"
    for space_id, person, name, rule, value in marts.execute(sql).fetchall():
        current[space_id, person][name] = Decimal(value) if rule == "sum" else value
    of_person = [column for column in columns if column not in TRAITS]
    assert columns == [*of_person, *sorted(TRAITS)]
    assert len(profiles) > 1000
    for row in profiles:
        traits = {name: row[name] for name in TRAITS if row[name] is not None}
        assert traits == current[row["space_id"], row["universal_id"]]
    same = f"select {', '.join(of_person)} from marts."
    assert marts.execute(f"select count(*) from ({same}persons except all {same}person_profiles)").fetchall() == [(0,)]
    assert marts.execute("select count(*) from marts.persons").fetchall() == [(len(profiles),)]


def test_masked_profile_has_every_column_and_shows_no_trait(marts):
    types = "select column_name, column_type from (describe {}.person_profiles)"
    assert marts.execute(types.format("marts_masked")).fetchall() == marts.execute(types.format("marts")).fetchall()
    cursor = marts.execute("select count(columns(*)) from marts_masked.person_profiles")
    counts = dict(zip([column[0] for column in cursor.description], cursor.fetchall()[0], strict=True))
    hidden = {name for name, count in counts.items() if count == 0}
    assert hidden == TRAITS | {"universal_id", "account_id"}


@pytest.mark.parametrize("name", ["first channel", "Space_ID", "LAST_CHANNEL"])
def test_trait_that_can_be_no_column_is_refused(optional_build, tmp_path, name):
    dbt = Dbt(tmp_path)
    shutil.copy(optional_build.path, dbt.database)
    with duckdb.connect(str(dbt.database)) as connection:
        connection.execute("update seeds.trait_definitions set trait_name = ? where trait_name = 'plan'", [name])
    done = dbt("run", "--select", "person_profiles", *OPTIONAL_MARTS)
    assert not done.success
    # Of two that differ in capitals only, the one that comes second.
    message = f"The trait {name} of seeds/trait_definitions.csv can be no column of person_profiles"
    assert message.lower() in done.output.lower()


def test_export_names_the_class_of_each_trait(optional_build, tmp_path):
    dbt = Dbt(tmp_path)
    shutil.copy(optional_build.path, dbt.database)
    arguments = json.dumps({"folder": str(tmp_path / "out"), "masked": True})
    done = dbt("run-operation", "export_marts", "--args", arguments, *OPTIONAL_MARTS)
    assert done.success, done.output
    exported = {mart["name"]: mart for mart in json.loads((tmp_path / "out" / "manifest.json").read_text())["marts"]}
    classes = {column["name"]: column["classification"] for column in exported["person_profiles"]["columns"]}
    assert classes["first_channel"] == classes["value_EUR"] == "personal"
    assert classes["id_count"] == "none"
