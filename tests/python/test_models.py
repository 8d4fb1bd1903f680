"""The unit tests that stand beside the models."""

import json

from dbt_runs import Dbt

SOURCE_VIEWS = ["stg_generic__events", "int_event_taxonomy", "int_checked_events"]


def test_unit_tests_of_the_models_pass(demo_build, tmp_path):
    # In a project that names its own columns, too.
    named = json.dumps({"generic_columns": {"email": "mail", "page_url": "lower(url)"}})
    dbt = Dbt(tmp_path, environment={"IDENTITY_DUCKDB_PATH": str(demo_build.path)})
    # The var is asked for when a model is compiled.
    dbt.parse()
    done = dbt("test", "--select", "test_type:unit", "--vars", named)
    assert done.success, done.output
    # A hook succeeds, a test passes.
    assert set(done.statuses.values()) == {"pass", "success"}


def test_unit_tests_pass_within_a_build(tmp_path):
    # dbt build runs them before their model, which asks more of its input there than dbt test does.
    elsewhere = [f"{view},test_type:unit" for view in SOURCE_VIEWS]
    done = Dbt(tmp_path)("build", "--select", "+int_events_received", "--exclude", *elsewhere, "test_type:data")
    assert done.success, done.output
    assert list(done.statuses.values()).count("pass") >= 5
