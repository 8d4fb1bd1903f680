"""The check of two commits' metrics: which changes break a promise."""

import copy
import json
import subprocess
import sys

import pytest
from dbt_runs import PROJECT

sys.path.insert(0, str(PROJECT / "scripts"))
import check_metrics
from check_metrics import MetricsError, breaking_changes, extract, read_metrics

META = {"version": 1, "status": "active", "change_reason": "First version.", "owner": "Growth analytics"}


def reference(name, condition=None):
    return {"name": name, "alias": None, "filter": condition and where(condition), "offset_window": None}


def where(condition):
    return {"where_filters": [{"where_sql_template": condition}]}


def metric(name, kind, meta=META, condition=None, **type_params):
    return {
        "name": name,
        "label": name,
        "description": f"What {name} says.",
        "type": kind,
        "filter": condition and where(condition),
        "time_granularity": None,
        "config": {"meta": dict(meta)},
        "type_params": {"measure": None, "expr": None, "window": None, "metrics": []} | type_params,
    }


def manifest():
    """Orders, their revenue, revenue per order, and revenue of seven days; of one semantic model."""
    measures = [
        {"name": "order_count", "agg": "count", "expr": "order_id"},
        {"name": "revenue", "agg": "sum", "expr": None},
    ]
    filled = {"description": None, "agg_params": None, "non_additive_dimension": None, "agg_time_dimension": None}
    model = {
        "name": "orders",
        "model": "ref('orders')",
        "defaults": {"agg_time_dimension": "ordered_at"},
        "entities": [{"name": "order", "type": "primary", "expr": "order_id"}],
        "dimensions": [
            {"name": "ordered_at", "expr": None, "type_params": {"time_granularity": "day"}},
            {"name": "is_paid", "expr": "paid_at is not null", "type_params": None},
        ],
        "measures": [filled | measure for measure in measures],
    }
    metrics = [
        metric("orders", "simple", measure=reference("order_count"), condition="{{ Dimension('order__is_paid') }}"),
        metric("revenue", "simple", measure=reference("revenue") | {"fill_nulls_with": 0}),
        metric("order_value", "ratio", numerator=reference("revenue"), denominator=reference("orders")),
        metric("week", "cumulative", measure=reference("revenue"), window={"count": 7, "granularity": "day"}),
        metric("trial", "simple", META | {"status": "draft"}, measure=reference("revenue")),
        metric("old", "simple", META | {"status": "deprecated"}, measure=reference("revenue")),
        metric("doubled", "derived", expr="2 * revenue", metrics=[reference("revenue")]),
    ]
    return {
        "metrics": {f"metric.shop.{item['name']}": item for item in metrics},
        "semantic_models": {"semantic_model.shop.orders": model},
    }


def changed(path, value):
    """Give the manifest with another value under a path, in which numbers stand for places in a list."""
    result = manifest()
    *folders, last = path
    part = result
    for folder in folders:
        part = part[folder]
    part[last] = value
    return result


def of_metric(name, *path):
    return ("metrics", f"metric.shop.{name}", *path)


def of_model(*path):
    return ("semantic_models", "semantic_model.shop.orders", *path)


def problems(after, before=None):
    return breaking_changes(read_metrics(before or manifest(), "base", is_base=True), read_metrics(after, "own"))


def names(found):
    return [problem.split()[0] for problem in found]


@pytest.mark.parametrize(
    ("path", "value", "metrics"),
    [
        (of_metric("orders", "type"), "cumulative", ["order_value", "orders"]),
        (of_metric("orders", "filter"), None, ["order_value", "orders"]),
        (of_metric("orders", "filter"), where("not {{ Dimension('order__is_paid') }}"), ["order_value", "orders"]),
        (of_metric("orders", "type_params", "measure", "name"), "revenue", ["order_value", "orders"]),
        (
            of_metric("revenue", "type_params", "measure", "fill_nulls_with"),
            None,
            ["doubled", "order_value", "revenue"],
        ),
        (of_metric("order_value", "type_params", "numerator", "filter"), where("true"), ["order_value"]),
        (of_metric("order_value", "type_params", "denominator", "name"), "old", ["order_value"]),
        (of_metric("week", "type_params", "window"), {"count": 28, "granularity": "day"}, ["week"]),
        (of_metric("week", "type_params", "window"), None, ["week"]),
        (of_metric("doubled", "type_params", "expr"), "3 * revenue", ["doubled"]),
        (of_metric("doubled", "type_params", "metrics", 0, "offset_window"), {"count": 1}, ["doubled"]),
        (of_model("measures", 0, "agg"), "count_distinct", ["order_value", "orders"]),
        (of_model("measures", 0, "expr"), "basket_id", ["order_value", "orders"]),
        (of_model("measures", 0, "agg_time_dimension"), "paid_at", ["order_value", "orders"]),
        (of_model("dimensions", 1, "expr"), "is_settled", ["order_value", "orders"]),
        (of_model("dimensions", 0, "expr"), "sent_at", ["doubled", "old", "order_value", "orders", "revenue", "week"]),
        (of_model("model"), "ref('carts')", ["doubled", "old", "order_value", "orders", "revenue", "week"]),
    ],
)
def test_changed_definition_under_the_same_version_is_refused(path, value, metrics):
    found = problems(changed(path, value))
    assert names(found) == metrics
    assert all("is still version 1, but its definition changed" in problem for problem in found)


def test_refusal_tells_what_changed():
    (found,) = problems(changed(of_metric("doubled", "type_params", "expr"), "3 * revenue"))
    assert found.endswith("its definition changed: expr from 2 * revenue to 3 * revenue")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (of_metric("orders", "label"), "Orders, paid"),
        (of_metric("orders", "description"), "Something else."),
        (of_metric("orders", "config", "meta", "owner"), "Somebody else"),
        (of_metric("orders", "config", "meta", "change_reason"), "Better told."),
        (of_metric("orders", "config", "meta", "status"), "deprecated"),
        (of_metric("trial", "config", "meta", "status"), "active"),
        (of_metric("trial", "type_params", "measure", "name"), "order_count"),
        (of_metric("orders", "filter"), where("{{ Dimension('order__is_paid')\n   }}\n")),
        (of_model("measures", 1, "expr"), "revenue"),
        (of_model("measures", 1, "description"), "Money."),
    ],
)
def test_what_does_not_change_the_number_is_free(path, value):
    assert problems(changed(path, value)) == []


@pytest.mark.parametrize(("before", "after"), [("active", "draft"), ("deprecated", "active"), ("deprecated", "draft")])
def test_status_that_goes_back_is_refused(before, after):
    path = of_metric("revenue", "config", "meta", "status")
    (found,) = problems(changed(path, after), changed(path, before))
    assert found.startswith(f"revenue goes back from {before} to {after}")


def test_version_that_goes_back_is_refused():
    (found,) = problems(manifest(), changed(of_metric("revenue", "config", "meta", "version"), 2))
    assert found == "revenue goes back from version 2 to 1"


def test_new_version_may_change_the_definition_and_gives_its_reason():
    after = changed(of_metric("doubled", "type_params", "expr"), "3 * revenue")
    meta = after["metrics"]["metric.shop.doubled"]["config"]["meta"]
    meta["version"] = 2
    assert problems(after) == ["doubled is version 2 now, but gives the reason of version 1"]
    meta["change_reason"] = "Thrice is more."
    assert problems(after) == []


def test_only_an_active_metric_must_not_vanish():
    after = manifest()
    for name in ("week", "trial", "old"):
        del after["metrics"][f"metric.shop.{name}"]
    assert problems(after) == ["week is gone, but was active: deprecate it first"]


def test_metric_from_before_there_were_versions_counts_as_active_in_version_1():
    before = changed(of_metric("doubled", "config"), {"meta": {}})
    assert problems(manifest(), before) == []
    after = changed(of_metric("doubled", "type_params", "expr"), "3 * revenue")
    assert names(problems(after, before)) == ["doubled"]


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("version", None, "has the version None"),
        ("version", "1", "has the version 1"),
        ("version", 0, "has the version 0"),
        ("status", "retired", "has the status retired"),
        ("change_reason", " ", "has no change_reason"),
    ],
)
def test_metric_without_its_meta_is_refused(key, value, problem):
    with pytest.raises(MetricsError, match=f"own: revenue {problem}"):
        read_metrics(changed(of_metric("revenue", "config", "meta", key), value), "own")


def test_manifest_without_metrics_is_refused():
    with pytest.raises(MetricsError, match="own has no metrics"):
        read_metrics({"metrics": {}, "semantic_models": {}}, "own")


def test_the_projects_own_metrics_keep_their_promises_to_themselves(demo_build):
    own = json.loads((demo_build.target / "manifest.json").read_text())
    before = read_metrics(own, "own")
    assert len(before) > 20
    assert breaking_changes(before, before) == []

    after = copy.deepcopy(own)
    measure = after["semantic_models"]["semantic_model.identity_graph.sessions"]["measures"][0]
    assert measure["name"] == "session_count"
    measure["agg"] = "count_distinct"
    assert names(breaking_changes(before, read_metrics(after, "changed"))) == ["conversion_rate", "sessions"]


def test_command_compares_the_project_with_a_manifest(demo_build, tmp_path, capsys, monkeypatch):
    built = demo_build.target / "manifest.json"
    own = check_metrics.parsed(check_metrics.PROJECT, tmp_path)
    monkeypatch.setattr(check_metrics, "parsed", lambda project, _: {check_metrics.PROJECT: own}[project])
    assert check_metrics.main(["--base-manifest", str(built)]) == 0
    assert "keep their promises" in capsys.readouterr().out

    base = json.loads(built.read_text())
    base["metrics"]["metric.identity_graph.revenue"]["config"]["meta"]["version"] = 9
    (tmp_path / "manifest.json").write_text(json.dumps(base))
    assert check_metrics.main(["--base-manifest", str(tmp_path / "manifest.json")]) == 1
    assert capsys.readouterr().out == "revenue goes back from version 9 to 2\n"


def test_command_refuses_what_it_cannot_compare_with(tmp_path, capsys):
    assert check_metrics.main(["--base", "no-such-commit"]) == 2
    assert "no-such-commit" in capsys.readouterr().err
    assert check_metrics.main(["--base-manifest", str(tmp_path / "none.json")]) == 2
    assert "is no manifest" in capsys.readouterr().err


def test_commit_is_written_out_whole(tmp_path):
    if subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, check=False).returncode != 0:
        pytest.skip("no git repository")
    (tmp_path / "project").mkdir()
    extract("HEAD", tmp_path / "project")
    assert (tmp_path / "project" / "dbt_project.yml").exists()
    assert (tmp_path / "project" / "models" / "metrics" / "metrics.yml").exists()
