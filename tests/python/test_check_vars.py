"""Vars of a wrong shape are refused in the project's own words, all at once."""

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from dbt_runs import PROJECT
from test_classification import RefusedError, render

VARS = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


def rules_of_vars() -> dict[str, list[str]]:
    """The rule of each var, as the macro gives it."""
    rules: dict[str, list[str]] = {}
    render("var_rules", **{"return": lambda found: rules.update(found) or ""})()
    return rules


def check(engine: str = "", **changed: Any) -> None:
    """Run the check with the project's vars, some of them changed, and IDENTITY_GRAPH_ENGINE."""
    values = VARS | changed

    def refuse(message: str) -> None:
        raise RefusedError(message)

    render(
        "check_vars",
        env_var=lambda *_: engine,
        var=lambda name, default=None: values.get(name, default),
        modules=SimpleNamespace(re=re),
        execute=True,
        var_rules=rules_of_vars,
        refuse=refuse,
        tojson=lambda value, default: json.dumps(value, default=str),
        run_query=lambda _: SimpleNamespace(rows=[["a time"]]),
        target=SimpleNamespace(type="duckdb"),
        cast_or_null=lambda *_: "",
        sql_text=lambda _: "",
        dbt=SimpleNamespace(type_timestamp=lambda: ""),
    )()


def test_the_projects_own_vars_pass():
    check()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("session_timeout_minutes", 0),
        ("session_timeout_minutes", "30 minutes"),
        ("statistics_period_days", "00"),
        ("watermark_minutes", -1),
        ("activation_min_confidence", 1.5),
        ("as_of", "yesterday"),
        ("as_of", "2026-01-01'; drop table x; --"),
        ("event_sources", []),
        ("event_sources", "ga4"),
        ("event_sources", ["ga4'"]),
        ("event_sources", ["generic", "ga4", "generic"]),
        ("hold_back_watermark", "no"),
        ("session_timeout_minutes", 99999999999),
        ("watermark_minutes", 99999999999999),
        ("optional_marts", ["funnel"]),
        ("path_attribution_model", "linear'"),
        ("path_transform", "exposure"),
        ("path_remove_last_direct", "last"),
        ("csv_dialect", {"separator": ";"}),
    ],
)
def test_a_wrong_var_is_named(name, value):
    with pytest.raises(RefusedError, match=f"The var {name}"):
        check(**{name: value})


def test_a_wrong_engine_is_named():
    check(engine="sql")
    with pytest.raises(RefusedError, match="IDENTITY_GRAPH_ENGINE is spark"):
        check(engine="spark")


def test_var_that_became_a_row_of_a_seed_is_refused():
    with pytest.raises(RefusedError, match="attribution_window_days is gone; it is window_days of a row of"):
        check(attribution_window_days=14)


@pytest.mark.parametrize("minutes", [10, "10"])
def test_number_may_be_written_as_text(minutes):
    is_late = render("is_late", var=lambda _: minutes, dbt=SimpleNamespace(datediff=lambda *_: "lateness"))
    assert is_late("occurred_at", "received_at").strip() == "coalesce(lateness > 600000000, false)"


def test_each_var_has_a_rule():
    assert {name.split(".")[0] for name in rules_of_vars()} == {*VARS}
