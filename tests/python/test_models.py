"""The unit tests that stand beside the models."""

import json


def test_unit_tests_of_the_models_pass(demo_build, tmp_path):
    # In a project that names its own columns, too.
    named = json.dumps({"generic_columns": {"email": "mail", "page_url": "lower(url)"}})
    # Parsed for other vars in a folder of its own, so that others find what was parsed without them.
    done = demo_build.dbt("test", "--select", "test_type:unit", "--vars", named, "--target-path", str(tmp_path))
    assert done.success, done.output
    # A hook succeeds, a test passes.
    assert set(done.statuses.values()) == {"pass", "success"}
