"""A row of a seed that matches no event, or names no source, is a warning; one that cannot be read ends the run."""

import shutil
from pathlib import Path

import duckdb
import pytest
from conftest import OPTIONAL_MARTS, DemoBuild
from dbt_runs import Dbt, copy_of_project

WARNINGS = {
    "assert_steps_of_funnels_match_events": """
        update seeds.funnel_steps set {} where (funnel_name, step_number) = ('sale', 2)
    """,
    "assert_trait_definitions_match_events": "update seeds.trait_definitions set {} where trait_name = 'last_product'",
    "assert_sources_of_traits_are_known": "update seeds.trait_definitions set {} where trait_name = 'plan'",
    "assert_audiences_of_destinations_exist": """
        update seeds.destination_audiences set {} where audience_name = 'new_and_engaged'
    """,
    "assert_spaces_of_destinations_have_persons": """
        update seeds.destinations set {} where destination_name = 'kissmetrics'
    """,
}


def warnings_after(build: DemoBuild, folder: Path, changes: dict[str, str]) -> dict[str, str]:
    """How the tests of rules end once rows of their seeds are changed, each by its test's name."""
    dbt = Dbt(folder)
    shutil.copy(build.path, dbt.database)
    with duckdb.connect(str(dbt.database)) as connection:
        for name, change in changes.items():
            connection.execute(WARNINGS[name].format(change))
    done = dbt("test", "--select", *WARNINGS, *OPTIONAL_MARTS)
    assert done.success, done.output
    return {name: status for name, status in done.statuses.items() if name in WARNINGS}


def test_rules_that_match_nothing_are_warned_of(optional_build, tmp_path):
    faulty = {
        "assert_steps_of_funnels_match_events": "page_path = '/product/%'",
        "assert_trait_definitions_match_events": "event_name = 'Product Viewed'",
        "assert_sources_of_traits_are_known": "source_priority = 'generic, crm'",
        "assert_audiences_of_destinations_exist": "audience_name = 'returning_customer'",
        "assert_spaces_of_destinations_have_persons": "space_id = 'Default'",
    }
    assert warnings_after(optional_build, tmp_path, faulty) == dict.fromkeys(WARNINGS, "warn")


def test_rules_that_match_something_or_are_disabled_are_not_warned_of(optional_build, tmp_path):
    good = {
        "assert_steps_of_funnels_match_events": "page_path = '/product/%', is_enabled = false",
        "assert_trait_definitions_match_events": "event_name = 'product%'",
        "assert_sources_of_traits_are_known": "source_priority = ' generic ,records'",
        "assert_audiences_of_destinations_exist": "audience_name = 'never_defined', is_enabled = false",
        "assert_spaces_of_destinations_have_persons": "space_id = 'default'",
    }
    assert warnings_after(optional_build, tmp_path, good) == dict.fromkeys(WARNINGS, "pass")


# Each leaves a text that can match nothing in a row of its seed.
UNMATCHABLE = {
    "bot_patterns_can_be_read": "insert into seeds.bot_patterns values ('(bot', '')",
    "channel_rules_can_be_read": """
        update seeds.channel_rules set utm_medium_pattern = '^(?!brand)' where rule_order = 10
    """,
    "click_id_parameters_can_be_read": """
        update seeds.click_id_parameters set value_pattern = '[a' where parameter = 'gclid'
    """,
    "suppression_rules_channel_is_lower_case": """
        update seeds.suppression_rules set channel = 'CRM' where channel = 'crm'
    """,
    "suppression_rules_record_type_is_lower_case": """
        update seeds.suppression_rules set record_type = ' contact' where record_type = 'contact'
    """,
    "suppression_rules_status_is_lower_case": """
        update seeds.suppression_rules set status = 'Open' where status = 'open'
    """,
}


def test_texts_that_can_match_nothing_fail_before_an_event_meets_them(demo_build, tmp_path):
    dbt = Dbt(tmp_path)
    shutil.copy(demo_build.path, dbt.database)
    assert dbt("test", "--select", *UNMATCHABLE).statuses.items() >= dict.fromkeys(UNMATCHABLE, "pass").items()
    with duckdb.connect(str(dbt.database)) as connection:
        for change in UNMATCHABLE.values():
            assert connection.execute(change).fetchall() == [(1,)]
    assert dbt("test", "--select", *UNMATCHABLE).statuses.items() >= dict.fromkeys(UNMATCHABLE, "fail").items()


@pytest.mark.parametrize(("window", "is_whole"), [("0.5", False), ("soon", False), ("1.0", True), ("", True)])
def test_fractions_in_columns_of_whole_numbers_are_refused_before_anything_is_loaded(tmp_path, window, is_whole):
    project = copy_of_project(tmp_path / "project")
    seed = project / "seeds" / "attribution_models.csv"
    seed.write_text(seed.read_text().replace("last_touch,position_based,7,", f"last_touch,position_based,{window},"))
    dbt = Dbt(tmp_path, project)
    done = dbt("seed", "--select", "attribution_models")
    assert done.success == is_whole
    demand = "a whole number, of six digits at most"
    said = f"seeds/attribution_models.csv: window_days is {window}, and has to be {demand}. Nothing was built"
    assert (said in done.output) != is_whole
    if not is_whole:
        with duckdb.connect(str(dbt.database), read_only=True) as connection:
            assert connection.execute("select count(*) from duckdb_tables()").fetchall() == [(0,)]


@pytest.mark.parametrize("days", ["-5", "0", "40000"])
def test_numbers_outside_their_range_are_refused_before_anything_is_loaded(tmp_path, days):
    project = copy_of_project(tmp_path / "project")
    (project / "seeds" / "retention_periods.csv").write_text(f"layer,days,owner,reason\nevents,{days},privacy,costs\n")
    done = Dbt(tmp_path, project)("seed", "--select", "retention_periods")
    said = f"seeds/retention_periods.csv: days is {days}, and has to be at least 1 and at most 36500. Nothing was built"
    assert said in done.output


def test_key_of_a_column_in_other_letters_is_refused(demo_build, tmp_path):
    dbt = Dbt(tmp_path)
    shutil.copy(demo_build.path, dbt.database)
    with duckdb.connect(str(dbt.database)) as connection:
        connection.execute("update seeds.identity_key_rules set key_type = 'User_ID' where key_type = 'user_id'")
    assert "the key User_ID has to be written user_id" in dbt("compile", "--select", "stg_generic__events").output


def test_a_bot_is_told_whatever_the_capitals_of_its_pattern(demo_build, tmp_path):
    dbt = Dbt(tmp_path)
    shutil.copy(demo_build.path, dbt.database)
    with duckdb.connect(str(dbt.database)) as connection:
        connection.execute("insert into seeds.bot_patterns values ('HouseCrawl[0-9]', '')")
    query = """
        -- depends_on: {{ ref('bot_patterns') }}
        select {{ is_bot("'housecrawl7'") }} as is_found, {{ is_bot("'Housecrawl'") }} as is_other
    """
    assert "True |    False" in dbt("show", "--inline", query).output
