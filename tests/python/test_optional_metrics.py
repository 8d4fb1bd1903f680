"""Metrics of optional marts: they are there with their marts, governed as all others, and say what the marts say."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from dbt_metricflow.cli.main import validate_configs
from test_metrics import marts, metricflow_on, query, same

STEPS = "from marts.funnel_conversions"
LATER = "from marts.retention where period_number > 0 and is_complete_period"
OVERALL_SQL = {
    "funnel_step_persons": f"select count(*) {STEPS}",
    "funnel_next_step_persons": f"select count(*) {STEPS} where step_number > 1",
    "funnel_step_rate": "select count(case when step_number > 1 then 1 end)"
    f" / count(case when not is_last_step then 1 end) {STEPS}",
    "returnable_persons": f"select sum(person_count) {LATER}",
    "returned_persons": f"select sum(active_person_count) {LATER}",
    "retention_rate": f"select sum(active_person_count) / sum(person_count) {LATER}",
}
FIRST_TO_SECOND = f"""
    select funnel_name, count(case when step_number = 2 then 1 end) / count(case when step_number = 1 then 1 end)
    {STEPS} where identity_mode = 'graph' group by funnel_name
"""
BY_WEEKS = f"""
    select period_number, sum(active_person_count) / sum(person_count)
    {LATER} and identity_mode = 'cookie' and cohort_period = 'week' group by period_number
"""


@pytest.fixture(scope="module")
def metricflow(optional_build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CLIConfiguration]:
    """MetricFlow on the demo with all optional marts."""
    with metricflow_on(optional_build, tmp_path_factory.mktemp("metricflow")) as configuration:
        yield configuration


@pytest.fixture(scope="module")
def metas(optional_build) -> dict[str, dict]:
    """The meta of each metric."""
    manifest = json.loads((optional_build.target / "manifest.json").read_text(encoding="utf-8"))
    return {metric["name"]: metric["config"]["meta"] for metric in manifest["metrics"].values()}


def test_mf_validate_configs_is_clean(metricflow):
    result = CliRunner().invoke(validate_configs, ["--show-all"], obj=metricflow)
    assert result.exit_code == 0, result.output
    assert "WARNING" not in result.output and "ERROR" not in result.output, result.output


@pytest.mark.parametrize("metric", sorted(OVERALL_SQL))
def test_metric_equals_the_mart(metricflow, metas, metric):
    ((actual,),) = query(metricflow, metric)
    ((expected,),) = marts(metricflow, OVERALL_SQL[metric])
    assert same(actual, expected), (actual, expected)
    assert query(metricflow, metric, *metas[metric]["allowed_dimensions"])


@pytest.mark.parametrize("metric", sorted(OVERALL_SQL))
def test_metric_is_governed(metas, metric):
    meta = metas[metric]
    assert meta["owner"] == "Growth analytics"
    assert all(meta[key] for key in ("version", "status", "effective_date", "change_reason", "grain"))


def test_step_rate_of_a_funnel_is_that_of_the_mart(metricflow):
    groups = ("funnel_step__identity_mode", "funnel_step__funnel_name", "funnel_step__step_number")
    rates = {
        funnel: rate
        for mode, funnel, step, rate in query(metricflow, "funnel_step_rate", *groups)
        if (mode, step) == ("graph", 1)
    }
    expected = dict(marts(metricflow, FIRST_TO_SECOND))
    assert rates.keys() == expected.keys()
    assert all(same(rates[funnel], expected[funnel]) for funnel in expected)


def test_retention_rate_by_weeks_is_that_of_the_mart(metricflow):
    groups = ("cohort__identity_mode", "cohort__cohort_period", "cohort__period_number")
    rates = {
        number: rate
        for mode, period, number, rate in query(metricflow, "retention_rate", *groups)
        if (mode, period) == ("cookie", "week") and rate is not None
    }
    expected = dict(marts(metricflow, BY_WEEKS))
    assert len(expected) > 3
    assert rates.keys() == expected.keys()
    assert all(same(rates[number], expected[number]) for number in expected)
