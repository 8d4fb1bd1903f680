"""The unit tests that stand beside the models."""


def test_unit_tests_of_the_models_pass(demo_build):
    done = demo_build.dbt("test", "--select", "test_type:unit")
    assert done.success, done.output
    # A hook succeeds, a test passes.
    assert set(done.statuses.values()) == {"pass", "success"}
