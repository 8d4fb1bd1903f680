"""Tests of the metrics: each is governed by its meta, and MetricFlow gives the numbers that the marts give."""

import csv
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from check_metrics import LIFECYCLE
from click.testing import CliRunner
from conftest import DemoBuild
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import Metric, SemanticModel
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from dbt_metricflow.cli.main import validate_configs
from dbt_runs import PROJECT, first_parse
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

SEMANTIC_MODELS = {"sessions", "conversions", "attributed_conversions", "persons", "segment_lag"}
METRICS = {
    "sessions",
    "active_users",
    "active_users_v2",
    "conversions",
    "converting_sessions",
    "conversion_rate",
    "revenue",
    "net_revenue",
    "orders",
    "order_revenue",
    "average_order_value",
    "converted_users",
    "stitched_converted_users",
    "converted_user_ids",
    "stitching_rate_of_converted_users",
    "ids_per_converted_user",
    "last_touch_conversions",
    "last_touch_conversions_cookie",
    "last_touch_revenue",
    "last_touch_revenue_cookie",
    "first_touch_conversions",
    "first_touch_revenue",
    "first_touch_revenue_cookie",
    "attributed_conversions",
    "attributed_revenue",
    "graph_attribution_shift",
    "first_touch_retargeting_share",
    "segment_events",
    "segment_lag_total_seconds",
    "segment_lag_seconds",
    "segment_lag_p95_seconds",
    "segment_lag_max_seconds",
}
ADDITIVE_METRICS = METRICS - {
    "active_users",
    "active_users_v2",
    "converting_sessions",
    "conversion_rate",
    "average_order_value",
    "stitching_rate_of_converted_users",
    "ids_per_converted_user",
    "first_touch_retargeting_share",
    "segment_lag_seconds",
    "segment_lag_p95_seconds",
    "segment_lag_max_seconds",
}

IS_CONVERTING = "case when session_id in (select session_id from marts.conversions) then 1 else 0 end"
PERSON = "space_id || ':' || universal_id"
ORDER = "order_id is not null and revenue_amount is not null"
MARTS = {mart: f"from marts.{mart}" for mart in sorted(SEMANTIC_MODELS)}


def credits(model: str, mode: str) -> str:
    return f"{MARTS['attributed_conversions']} where attribution_model = '{model}' and identity_mode = '{mode}'"


OVERALL_SQL = {
    "sessions": f"select count(*) {MARTS['sessions']}",
    "active_users": f"select count(distinct {PERSON}) {MARTS['sessions']}",
    "active_users_v2": f"select count(distinct {PERSON}) {MARTS['sessions']} where has_consent",
    "conversions": f"select count(*) {MARTS['conversions']}",
    "converting_sessions": f"select count(distinct session_id) {MARTS['conversions']}",
    "conversion_rate": f"select avg({IS_CONVERTING}) {MARTS['sessions']}",
    "revenue": f"select sum(revenue_amount) {MARTS['conversions']} where not is_refund",
    "net_revenue": f"select sum(revenue_amount) {MARTS['conversions']}",
    "orders": f"select count(*) {MARTS['conversions']} where {ORDER}",
    "order_revenue": f"select sum(revenue_amount) {MARTS['conversions']} where {ORDER}",
    "average_order_value": f"select avg(revenue_amount) {MARTS['conversions']} where {ORDER}",
    "converted_users": f"select count(*) {MARTS['persons']} where is_converted",
    "stitched_converted_users": f"select count(*) {MARTS['persons']} where is_converted and id_count >= 2",
    "converted_user_ids": f"select sum(id_count) {MARTS['persons']} where is_converted",
    "stitching_rate_of_converted_users": "select avg(case when id_count >= 2 then 1 else 0 end)"
    f" {MARTS['persons']} where is_converted",
    "ids_per_converted_user": f"select avg(id_count) {MARTS['persons']} where is_converted",
    "last_touch_conversions": f"select sum(credit) {credits('last_touch', 'graph')}",
    "last_touch_conversions_cookie": f"select sum(credit) {credits('last_touch', 'cookie')}",
    "last_touch_revenue": f"select sum(attributed_revenue) {credits('last_touch', 'graph')}",
    "last_touch_revenue_cookie": f"select sum(attributed_revenue) {credits('last_touch', 'cookie')}",
    "first_touch_conversions": f"select sum(credit) {credits('first_touch', 'graph')}",
    "first_touch_revenue": f"select sum(attributed_revenue) {credits('first_touch', 'graph')}",
    "first_touch_revenue_cookie": f"select sum(attributed_revenue) {credits('first_touch', 'cookie')}",
    "attributed_conversions": f"select sum(credit) {MARTS['attributed_conversions']}",
    "attributed_revenue": f"select sum(attributed_revenue) {MARTS['attributed_conversions']}",
    "graph_attribution_shift": "select 0",
    "first_touch_retargeting_share": "select sum(case when channel in ('retargeting', 'email') then credit else 0 end)"
    f" / sum(credit) {credits('first_touch', 'graph')} and touch_session_id is not null",
    "segment_events": f"select sum(event_count) {MARTS['segment_lag']}",
    "segment_lag_total_seconds": f"select sum(total_lag_seconds) {MARTS['segment_lag']}",
    "segment_lag_seconds": f"select sum(total_lag_seconds) / sum(event_count) {MARTS['segment_lag']}",
    "segment_lag_p95_seconds": f"select max(p95_lag_seconds) {MARTS['segment_lag']}",
    "segment_lag_max_seconds": f"select max(max_lag_seconds) {MARTS['segment_lag']}",
}
GROUPED_SQL = {
    ("sessions", "metric_time__day"): f"select date_trunc('day', session_started_at), count(*) {MARTS['sessions']}",
    ("sessions", "session__channel"): f"select channel, count(*) {MARTS['sessions']}",
    ("active_users", "metric_time__week"): "select date_trunc('week', session_started_at),"
    f" count(distinct {PERSON}) {MARTS['sessions']}",
    ("active_users", "session__space_id"): f"select space_id, count(distinct {PERSON}) {MARTS['sessions']}",
    ("active_users_v2", "session__channel"): f"select channel, count(distinct {PERSON}) {MARTS['sessions']}"
    " where has_consent",
    ("conversions", "conversion__event_name"): f"select event_name, count(*) {MARTS['conversions']}",
    ("conversions", "session__channel"): "select sessions.channel, count(*) from marts.conversions"
    " left join marts.sessions using (session_id)",
    ("conversion_rate", "session__channel"): f"select channel, avg({IS_CONVERTING}) {MARTS['sessions']}",
    ("conversion_rate", "session__session_started_at__day"): "select date_trunc('day', session_started_at),"
    f" avg({IS_CONVERTING}) {MARTS['sessions']}",
    ("revenue", "conversion__currency_code"): f"select currency_code, sum(revenue_amount) {MARTS['conversions']}",
    (
        "revenue",
        "metric_time__day",
    ): f"select date_trunc('day', converted_at), sum(revenue_amount) {MARTS['conversions']}",
    ("average_order_value", "conversion__currency_code"): "select currency_code, avg(revenue_amount)"
    f" {MARTS['conversions']}",
    ("stitching_rate_of_converted_users", "person__space_id"): "select space_id,"
    f" avg(case when id_count >= 2 then 1 else 0 end) {MARTS['persons']} where is_converted",
    ("ids_per_converted_user", "metric_time__week"): "select date_trunc('week', first_converted_at), avg(id_count)"
    f" {MARTS['persons']} where is_converted",
    ("last_touch_revenue", "credit__channel"): "select channel, coalesce(sum(attributed_revenue), 0)"
    f" {credits('last_touch', 'graph')}",
    ("first_touch_revenue_cookie", "credit__utm_campaign"): "select utm_campaign, coalesce(sum(attributed_revenue), 0)"
    f" {credits('first_touch', 'cookie')}",
    ("last_touch_revenue", "credit__currency_code"): "select currency_code, coalesce(sum(attributed_revenue), 0)"
    f" {credits('last_touch', 'graph')}",
    ("first_touch_conversions", "conversion__event_name"): "select event_name, count(*) from marts.conversions",
    ("attributed_conversions", "credit__attribution_model"): "select attribution_model, sum(credit)"
    f" {MARTS['attributed_conversions']}",
    ("attributed_revenue", "credit__identity_mode"): "select identity_mode, sum(attributed_revenue)"
    f" {MARTS['attributed_conversions']}",
    ("graph_attribution_shift", "credit__channel"): "select channel,"
    " coalesce(sum(case identity_mode when 'graph' then attributed_revenue else -attributed_revenue end), 0)"
    f" {MARTS['attributed_conversions']} where attribution_model = 'last_touch'",
    ("segment_events", "segment_load__cohort_name"): f"select cohort_name, sum(event_count) {MARTS['segment_lag']}",
    ("segment_lag_seconds", "segment_load__channel"): "select channel, sum(total_lag_seconds) / sum(event_count)"
    f" {MARTS['segment_lag']}",
    ("segment_lag_max_seconds", "metric_time__day"): "select date_trunc('day', visible_at), max(max_lag_seconds)"
    f" {MARTS['segment_lag']}",
}
# The demo is one load, in which nothing lags: two later ones are made up.
LOADS = """
    insert into marts.segment_lag by name
    select
        load_number, cohort_name, channel, visible_at, 1 as session_count, event_count,
        event_count * lag_seconds as total_lag_seconds, lag_seconds as median_lag_seconds,
        lag_seconds as p95_lag_seconds, lag_seconds as max_lag_seconds
    from (
        values
            (2, 'returning', 'email', timestamp '2026-03-01 10:00:00', 10, 30.5),
            (2, 'returning', 'direct', timestamp '2026-03-01 10:00:00', 5, 12.25),
            (3, 'returning', 'email', timestamp '2026-03-02 10:00:00', 2, 90),
            (3, 'new_and_engaged', 'direct', timestamp '2026-03-02 10:00:00', 1, 7)
    ) as loads (load_number, cohort_name, channel, visible_at, event_count, lag_seconds)
"""


@pytest.fixture(scope="module")
def parsed() -> SimpleNamespace:
    """The project as it was parsed from nothing: its manifest and the warnings of the parser."""
    return first_parse()


@contextmanager
def metricflow_on(build: DemoBuild, folder: Path, *statements: str) -> Iterator[CLIConfiguration]:
    """MetricFlow in this process, on a copy of a build's database that statements may change.

    MetricFlow reads <project>/target whatever DBT_TARGET_PATH says, so it gets a folder of links to the project in
    which target is the build's.
    """
    project = folder / "project"
    project.mkdir()
    for entry in build.project.iterdir():
        if not entry.name.startswith(".") and entry.name not in ("target", "logs"):
            (project / entry.name).symlink_to(entry)
    (project / "target").symlink_to(build.target)
    shutil.copy(build.path, folder / build.path.name)
    with duckdb.connect(str(folder / build.path.name)) as connection:
        for statement in statements:
            connection.execute(statement)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("IDENTITY_EVENTS", "IDENTITY_TARGET"):
            patch.delenv(name, raising=False)
        for name, value in build.env.items():
            patch.setenv(name, value)
        patch.setenv("IDENTITY_DUCKDB_PATH", str(folder / build.path.name))
        patch.setenv("DBT_LOG_PATH", str(folder))
        patch.delenv("DBT_TARGET_PATH", raising=False)
        configuration = CLIConfiguration()
        configuration.setup(
            dbt_profiles_path=Path(build.env["DBT_PROFILES_DIR"]),
            dbt_project_path=project,
            configure_file_logging=False,
        )
        yield configuration
        configuration.sql_client.close()
        DuckDBConnectionManager.close_all_connections()


@pytest.fixture(scope="module")
def metricflow(demo_build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CLIConfiguration]:
    """MetricFlow on the demo."""
    with metricflow_on(demo_build, tmp_path_factory.mktemp("metricflow"), LOADS) as configuration:
        yield configuration


def query(metricflow: CLIConfiguration, metric: str, *group_by: str) -> list[tuple]:
    """Rows of a metric: the values of its groups, then its own."""
    request = MetricFlowQueryRequest.create(metric_names=[metric], group_by_names=list(group_by))
    table = metricflow.mf.query(request).result_df
    assert table is not None
    columns = [description.column_name for description in table.column_descriptions]
    # The column of a time dimension carries the grain.
    groups = [name if name in columns else f"{name}__day" for name in group_by]
    order = [columns.index(name) for name in (*groups, metric)]
    return [tuple(row[index] for index in order) for row in table.rows]


def marts(metricflow: CLIConfiguration, sql: str) -> list[tuple]:
    """Rows of a query over the marts, on the connection that MetricFlow has."""
    return list(metricflow.sql_client.query(sql).rows)


def same(actual: Decimal | float | None, expected: Decimal | float | None) -> bool:
    """Equal but for the last digits of a float; nothing equals only nothing."""
    if actual is None or expected is None:
        return actual is expected
    return math.isclose(actual, expected, rel_tol=1e-9, abs_tol=1e-9)


def semantic_models_of(manifest: Manifest, metric: Metric) -> list[SemanticModel]:
    """Semantic models that a metric reads, also by way of other metrics."""
    models: list[SemanticModel] = []
    for unique_id in metric.depends_on.nodes:
        if unique_id in manifest.metrics:
            models += semantic_models_of(manifest, manifest.metrics[unique_id])
        else:
            models.append(manifest.semantic_models[unique_id])
    return models


def signoffs() -> list[dict[str, str]]:
    """Rows of metric_signoffs."""
    with (PROJECT / "seeds" / "metric_signoffs.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def trial_of(row: dict[str, str]) -> tuple[str, int, int]:
    """Metric, old and new version of a row of metric_signoffs."""
    return row["metric_name"], int(row["old_version"]), int(row["new_version"])


def primary_entity(model: SemanticModel) -> str:
    return next(entity.name for entity in model.entities if entity.type.value == "primary")


def test_registers_every_metric_and_semantic_model(parsed):
    assert {metric.name for metric in parsed.manifest.metrics.values()} == METRICS
    assert {model.name for model in parsed.manifest.semantic_models.values()} == SEMANTIC_MODELS


def test_parses_without_a_warning(parsed):
    assert parsed.warnings == []


def test_metrics_have_owner_description_grain_and_dimensions(parsed):
    owners = {group.owner.name for group in parsed.manifest.groups.values()}
    for metric in parsed.manifest.metrics.values():
        meta = metric.config.meta
        assert metric.label and metric.description.strip(), metric.name
        assert meta.get("owner") in owners, metric.name
        assert meta.get("grain"), metric.name
        assert meta.get("allowed_dimensions"), metric.name


def test_metrics_have_version_status_date_and_reason(parsed):
    for metric in parsed.manifest.metrics.values():
        meta = metric.config.meta
        assert isinstance(meta.get("version"), int) and meta["version"] >= 1, metric.name
        assert meta.get("status") in LIFECYCLE, metric.name
        assert date.fromisoformat(meta.get("effective_date", "")), metric.name
        assert meta.get("change_reason", "").strip(), metric.name


def test_new_version_is_a_draft_beside_the_old_one_and_on_trial(parsed):
    metas = {metric.name: metric.config.meta for metric in parsed.manifest.metrics.values()}
    replacing = {name: meta for name, meta in metas.items() if "replaces" in meta}
    for name, meta in replacing.items():
        assert name == f"{meta['replaces']}_v{meta['version']}"
        assert meta["status"] == "draft", name
        assert metas[meta["replaces"]]["status"] == "active", name
    assert {(meta["replaces"], metas[meta["replaces"]]["version"], meta["version"]) for meta in replacing.values()} == {
        trial_of(row) for row in signoffs() if not row["decision"]
    }


def test_version_in_force_is_signed_off(parsed):
    accepted = {(row["metric_name"], int(row["new_version"])) for row in signoffs() if row["decision"] == "accepted"}
    for metric in parsed.manifest.metrics.values():
        meta = metric.config.meta
        if meta["version"] > 1 and meta["status"] != "draft":
            assert (metric.name, meta["version"]) in accepted, metric.name


def test_allowed_dimensions_exist(parsed):
    dimensions = {
        f"{primary_entity(model)}__{dimension.name}"
        for model in parsed.manifest.semantic_models.values()
        for dimension in model.dimensions
    }
    for metric in parsed.manifest.metrics.values():
        allowed = metric.config.meta["allowed_dimensions"]
        assert len(allowed) == len(set(allowed)), metric.name
        models = semantic_models_of(parsed.manifest, metric)
        assert models, metric.name
        for name in set(allowed) - {"metric_time"}:
            assert name in dimensions, (metric.name, name)
            for model in models:
                assert name.split("__")[0] in {entity.name for entity in model.entities}, (
                    metric.name,
                    name,
                    model.name,
                )


def test_semantic_models_are_described(parsed):
    for model in parsed.manifest.semantic_models.values():
        for item in (model, *model.entities, *model.dimensions, *model.measures):
            assert (item.description or "").strip(), (model.name, item.name)


def test_revenue_metrics_can_be_grouped_by_currency(parsed):
    for metric in parsed.manifest.metrics.values():
        if any(word in metric.name for word in ("revenue", "order_value", "attribution_shift")):
            assert "currency" in metric.description, metric.name
            assert any(name.endswith("__currency_code") for name in metric.config.meta["allowed_dimensions"]), (
                metric.name
            )


def test_exposures_are_owned_and_rest_on_marts(parsed):
    exposures = list(parsed.manifest.exposures.values())
    assert len(exposures) >= 4
    for exposure in exposures:
        assert exposure.description.strip() and exposure.maturity and exposure.owner.email, exposure.name
        models = [parsed.manifest.nodes[node] for node in exposure.depends_on.nodes if node in parsed.manifest.nodes]
        assert models, exposure.name
        assert {model.fqn[1] for model in models} <= {"marts", "metrics"}, exposure.name


def test_mf_validate_configs_is_clean(metricflow):
    result = CliRunner().invoke(validate_configs, ["--show-all"], obj=metricflow)
    assert result.exit_code == 0, result.output
    assert "WARNING" not in result.output and "ERROR" not in result.output, result.output


def test_time_spine_has_every_day(metricflow):
    sql = "select min(date_day)::varchar, max(date_day)::varchar, count(*) from marts.time_spine_daily"
    assert marts(metricflow, sql) == [("2015-01-01", "2035-12-31", 7670)]


def test_every_metric_is_compared():
    assert set(OVERALL_SQL) == METRICS


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_metric_equals_the_marts(metricflow, metric):
    ((actual,),) = query(metricflow, metric)
    ((expected,),) = marts(metricflow, OVERALL_SQL[metric])
    assert expected is not None
    assert same(actual, expected), (actual, expected)


@pytest.mark.parametrize(("metric", "group_by"), sorted(GROUPED_SQL))
def test_grouped_metric_equals_the_marts(metricflow, metric, group_by):
    actual = dict(query(metricflow, metric, group_by))
    expected = dict(marts(metricflow, f"{GROUPED_SQL[metric, group_by]} group by 1"))
    assert len(expected) >= 2
    assert actual.keys() == expected.keys()
    differences = {
        group: (actual[group], expected[group]) for group in actual if not same(actual[group], expected[group])
    }
    assert differences == {}


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_allowed_dimensions_can_be_grouped_by(metricflow, parsed, metric):
    allowed = parsed.manifest.metrics[f"metric.identity_graph.{metric}"].config.meta["allowed_dimensions"]
    rows = query(metricflow, metric, *allowed)
    assert rows
    if metric in ADDITIVE_METRICS:
        ((overall,),) = query(metricflow, metric)
        total = sum(row[-1] or 0 for row in rows)
        assert same(total, overall), (total, overall)


def test_metrics_queried_together_keep_their_numbers(metricflow):
    metrics = ["sessions", "active_users", "conversions", "conversion_rate", "revenue", "average_order_value"]
    metrics += ["last_touch_revenue", "first_touch_conversions", "first_touch_retargeting_share", "converted_users"]
    request = MetricFlowQueryRequest.create(metric_names=metrics)
    table = metricflow.mf.query(request).result_df
    (values,) = table.rows
    for description, value in zip(table.column_descriptions, values, strict=True):
        ((alone,),) = query(metricflow, description.column_name)
        assert same(value, alone), description.column_name


def test_every_session_conversion_rate_is_a_share(metricflow):
    rates = [rate for _, rate in query(metricflow, "conversion_rate", "session__session_started_at")]
    assert all(0 <= rate <= 1 for rate in rates)


OPEN_TRIALS = [row for row in signoffs() if not row["decision"]]


@pytest.mark.parametrize("row", OPEN_TRIALS, ids=lambda row: row["metric_name"])
@pytest.mark.parametrize("side", ["old", "new"])
def test_version_differences_are_those_of_metricflow(metricflow, row, side):
    name, old_version, new_version = trial_of(row)
    metric = name if side == "old" else f"{name}_v{new_version}"
    compared = marts(
        metricflow,
        f"""
        select dimension_name, metric_date::varchar, dimension_value, {side}_value
        from marts.metric_version_differences
        where metric_name = '{name}' and old_version = {old_version} and new_version = {new_version}
        """,
    )
    dimensions = {dimension for dimension, *_ in compared}
    assert "all" in dimensions and len(dimensions) >= 2
    for dimension in dimensions:
        group_by = ["metric_time__day"] + ([dimension] if dimension != "all" else [])
        expected = {
            (day.date().isoformat(), *groups, *(["all"] if dimension == "all" else [])): value
            for day, *groups, value in query(metricflow, metric, *group_by)
            if row["trial_from_date"] <= day.date().isoformat() <= row["trial_to_date"]
        }
        actual = {(day, group): value for of, day, group, value in compared if of == dimension}
        assert len(expected) >= 2
        # Where a version counts nothing MetricFlow has no row.
        assert expected.keys() <= actual.keys()
        differences = {
            key: (value, expected.get(key)) for key, value in actual.items() if not same(value, expected.get(key, 0))
        }
        assert differences == {}


RESTATED_METRICS = {
    "sessions": "session__channel",
    "active_users": "session__channel",
    "conversions": "session__channel",
    "revenue": "session__channel",
    "last_touch_conversions": "credit__channel",
    "last_touch_conversions_cookie": "credit__channel",
    "last_touch_revenue": "credit__channel",
    "last_touch_revenue_cookie": "credit__channel",
}
CURRENCIES = {"session__channel": "conversion__currency_code", "credit__channel": "credit__currency_code"}


def test_every_restated_metric_is_compared(metricflow):
    found = marts(metricflow, "select distinct metric_name, dimension_name from intermediate.int_metric_values")
    assert set(found) == {(name, group) for name, by in RESTATED_METRICS.items() for group in ("all", by)}


@pytest.mark.parametrize("metric", RESTATED_METRICS)
@pytest.mark.parametrize("dimension", ["all", "channel"])
def test_values_of_the_restatement_ledger_are_those_of_metricflow(metricflow, metric, dimension):
    name = "all" if dimension == "all" else RESTATED_METRICS[metric]
    group_by = ["metric_time__day", *([] if name == "all" else [name])]
    if "revenue" in metric:
        group_by.append(CURRENCIES[RESTATED_METRICS[metric]])
    columns = ["metric_date", *([] if name == "all" else ["dimension_value"])]
    columns += ["currency_code"] if "revenue" in metric else []
    sql = f"""
        select {", ".join(columns)}, metric_value
        from intermediate.int_metric_values
        where metric_name = '{metric}' and dimension_name = '{name}'
    """
    actual = {(str(day)[:10], *groups): value for day, *groups, value in marts(metricflow, sql)}
    expected = {
        (str(day)[:10], *groups): value for day, *groups, value in query(metricflow, metric, *group_by) if value
    }
    assert len(expected) > 20
    assert actual.keys() == expected.keys()
    assert all(same(actual[key], expected[key]) for key in expected)
