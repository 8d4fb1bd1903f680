"""Compare the metrics with those of another commit, and fail where one changed without saying so.

    python scripts/check_metrics.py [--base main] [--base-manifest manifest.json]

A version of a metric is a promise: who reads the number knows how it is made. These break it:

- a definition that changed under the same version (of a draft it may);
- a new version whose change_reason is still the old one;
- a version that went back;
- a status that went back: the life of a metric is draft, active, deprecated;
- a metric that is gone, but was active.

The definition is all that makes the number: type, measures with their aggregation, expression and time dimension, the
model that they read, filters with the expressions of their dimensions, windows, and the definitions of the metrics that
it is made of. Label, description, owner, grain and allowed dimensions are free to change.

Both commits' projects are parsed, the other one in a temporary folder, unless its manifest is given. Metrics of the
other commit that have neither version nor status, from before there were any, count as active in version 1.

Exit code: 0 = nothing breaks, 1 = something does, one line each, 2 = bad arguments, a commit that cannot be parsed, or
a metric without version, status or reason.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
LIFECYCLE = ("draft", "active", "deprecated")
# Keys in a metric's definition under which the name of a measure or of another metric stands.
MEASURES = {"measure", "base_measure", "conversion_measure"}
METRICS = {"numerator", "denominator", "metric", "base_metric", "conversion_metric"}
# What says nothing about the number: names for people, and what dbt derives from the rest.
NOT_DEFINING = {"label", "description", "config", "create_metric", "alias", "input_measures"}
DIMENSION = re.compile(r"(?:Time)?Dimension\(\s*['\"](\w+)__(\w+)['\"]")

Node = Mapping[str, Any]


class MetricsError(Exception):
    """What was given are no metrics that can be compared."""


@dataclass(frozen=True)
class Metric:
    """What the check looks at; the definition by the dotted paths of its parts."""

    version: int
    status: str
    change_reason: str
    definition: Mapping[str, Any]


def read_metrics(manifest: Node, name: str, *, is_base: bool = False) -> dict[str, Metric]:
    """Metrics of a manifest by name.

    Raises:
        MetricsError: a version, status or reason is missing, which for the base is filled in, or is none.

    """
    metrics = {metric["name"]: metric for metric in manifest.get("metrics", {}).values()}
    if not metrics:
        raise MetricsError(f"{name} has no metrics")
    read = {}
    for metric_name, metric in sorted(metrics.items()):
        meta = metric["config"].get("meta") or {}
        if is_base:
            meta = {"version": 1, "status": "active", "change_reason": ""} | meta
        version, status, reason = (meta.get(key) for key in ("version", "status", "change_reason"))
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise MetricsError(f"{name}: {metric_name} has the version {version}, which is no number from 1 on")
        if status not in LIFECYCLE:
            raise MetricsError(
                f"{name}: {metric_name} has the status {status}, which is none of {', '.join(LIFECYCLE)}"
            )
        if not isinstance(reason, str) or not (reason.strip() or is_base):
            raise MetricsError(f"{name}: {metric_name} has no change_reason")
        definition = dict(flattened(definition_of(metric, manifest)))
        read[metric_name] = Metric(version, status, " ".join(reason.split()), definition)
    return read


def definition_of(metric: Node, manifest: Node) -> dict[str, Any]:
    """All that makes the number of a metric, as nested dictionaries."""
    own = {"type": metric["type"], "filter": metric.get("filter"), "time_granularity": metric.get("time_granularity")}
    return spelled_out({**own, **metric["type_params"]}, manifest)


def spelled_out(parts: Node, manifest: Node) -> dict[str, Any]:
    """Parts of a definition, with what measures, metrics and dimensions stand for in the place of their names."""
    result: dict[str, Any] = {}
    for key, part in parts.items():
        if key in NOT_DEFINING:
            continue
        if key == "metrics":
            # In the expression a metric goes by its alias.
            result[key] = {input_["alias"] or input_["name"]: input_metric(input_, manifest) for input_ in part}
        elif key == "filter" and part:
            result[key] = filter_of(part, manifest)
        elif key in MEASURES and part:
            result[key] = spelled_out(without_name(part), manifest) | measure_of(part["name"], manifest)
        elif key in METRICS and part:
            result[key] = input_metric(part, manifest)
        elif isinstance(part, Mapping):
            result[key] = spelled_out(part, manifest)
        else:
            result[key] = on_one_line(part)
    return result


def input_metric(reference: Node, manifest: Node) -> dict[str, Any]:
    """Definition of a metric that another one is made of, with the filter and offset that it has there."""
    (metric,) = (other for other in manifest["metrics"].values() if other["name"] == reference["name"])
    return {**spelled_out(without_name(reference), manifest), "definition": definition_of(metric, manifest)}


def without_name(reference: Node) -> dict[str, Any]:
    """Reference without the name that it refers by: what bears the name is what counts."""
    return {key: part for key, part in reference.items() if key != "name"}


def on_one_line(value: Any) -> Any:
    """Text without line breaks and indentation, which say nothing in SQL; anything else as it is."""
    return " ".join(value.split()) if isinstance(value, str) else value


def measure_of(name: str, manifest: Node) -> dict[str, Any]:
    """Aggregation, expression and time of a measure, and the model that it reads.

    Raises:
        MetricsError: no semantic model has the measure.

    """
    for model in manifest["semantic_models"].values():
        for measure in model["measures"]:
            if measure["name"] == name:
                time = measure["agg_time_dimension"] or (model["defaults"] or {}).get("agg_time_dimension")
                return {
                    **spelled_out(without_name(measure), manifest),
                    "expr": on_one_line(measure["expr"] or name),
                    "model": model["model"],
                    "agg_time_dimension": dimension_of(time, model),
                }
    raise MetricsError(f"there is no measure {name}")


def dimension_of(name: str | None, model: Node) -> dict[str, Any]:
    """Expression and grain of a dimension of a semantic model."""
    for dimension in model["dimensions"]:
        if dimension["name"] == name:
            grain = (dimension["type_params"] or {}).get("time_granularity")
            return {"expr": on_one_line(dimension["expr"] or name), "time_granularity": grain}
    return {"expr": name}


def filter_of(value: Node, manifest: Node) -> dict[str, Any]:
    """Conditions of a filter, and the expressions and models of the dimensions that they name."""
    conditions = sorted(on_one_line(part["where_sql_template"]) for part in value["where_filters"])
    dimensions = {}
    for path, name in DIMENSION.findall(" ".join(conditions)):
        entity = path.rpartition("__")[2]
        for model in manifest["semantic_models"].values():
            if entity in [item["name"] for item in model["entities"] if item["type"] == "primary"]:
                dimensions[f"{entity}__{name}"] = {**dimension_of(name, model), "model": model["model"]}
    return {"conditions": " and ".join(conditions), "dimensions": dimensions}


def flattened(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give the leaves of nested dictionaries by their dotted paths; what is empty is left out."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from flattened(part, f"{path}.{key}" if path else key)
    elif value is not None and value is not False and value != []:
        yield path, value


def changed_parts(before: Metric, after: Metric) -> list[str]:
    """Tell which parts of the definition differ."""
    parts = sorted(before.definition.keys() | after.definition.keys())
    return [
        f"{part} from {before.definition.get(part, 'nothing')} to {after.definition.get(part, 'nothing')}"
        for part in parts
        if before.definition.get(part) != after.definition.get(part)
    ]


def breaking_changes(before: Mapping[str, Metric], after: Mapping[str, Metric]) -> list[str]:
    """Tell what breaks a promise that was made before, one line each, in the order of the names."""
    found = []
    for name, old in sorted(before.items()):
        new = after.get(name)
        if new is None:
            if old.status == "active":
                found.append(f"{name} is gone, but was active: deprecate it first")
            continue
        if LIFECYCLE.index(new.status) < LIFECYCLE.index(old.status):
            found.append(f"{name} goes back from {old.status} to {new.status}: the life is {', '.join(LIFECYCLE)}")
        if new.version < old.version:
            found.append(f"{name} goes back from version {old.version} to {new.version}")
        elif new.version > old.version:
            if new.change_reason == old.change_reason:
                found.append(f"{name} is version {new.version} now, but gives the reason of version {old.version}")
        elif old.status != "draft" and (parts := changed_parts(old, new)):
            found.append(f"{name} is still version {old.version}, but its definition changed: {'; '.join(parts)}")
    return found


def parsed(project: Path, folder: Path) -> dict[str, Any]:
    """Manifest of a project, parsed with the example profile; everything that dbt writes goes to the folder.

    Raises:
        MetricsError: the project does not parse.

    """
    profiles = folder / "profiles"
    profiles.mkdir()
    shutil.copy(project / "profiles.example.yml", profiles / "profiles.yml")
    # What the caller's own environment chooses, a target or raw files, says nothing about the definitions.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("DBT_") and name != "IDENTITY_TARGET"
    }
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--quiet", "parse", "--no-partial-parse"]
        + ["--project-dir", str(project), "--profiles-dir", str(profiles)]
        + ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")],
        cwd=project,
        env=environment | {"IDENTITY_DUCKDB_PATH": str(folder / "parse.duckdb")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise MetricsError(f"{project} cannot be parsed: {(done.stdout + done.stderr).strip()[-2000:]}")
    return read_manifest(folder / "target" / "manifest.json")


def read_manifest(path: Path) -> dict[str, Any]:
    """Manifest that lies in a file.

    Raises:
        MetricsError: there is no such file, or it is no manifest.

    """
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MetricsError(f"{path} is no manifest: {error}") from error
    if not isinstance(manifest, dict) or "metrics" not in manifest:
        raise MetricsError(f"{path} is no manifest: it has no metrics")
    return manifest


def extract(commit: str, folder: Path) -> None:
    """Write the files of a commit to a folder.

    Raises:
        MetricsError: there is no such commit.

    """
    archive = folder.with_suffix(".tar")
    done = subprocess.run(
        ["git", "archive", "--output", str(archive), commit], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise MetricsError(f"there is no commit {commit}: {done.stderr.strip()}")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print what breaks, and return the exit code."""
    parser = argparse.ArgumentParser(description="Compare the metrics with those of another commit.")
    parser.add_argument("--base", default="main", help="commit, branch or tag to compare with")
    parser.add_argument("--base-manifest", type=Path, help="manifest.json to compare with instead of a commit")
    options = parser.parse_args(arguments)
    base_name = str(options.base_manifest or options.base)
    try:
        with tempfile.TemporaryDirectory(prefix="check_metrics_") as temporary:
            folders = {name: Path(temporary) / name for name in ("base", "own")}
            for folder in folders.values():
                folder.mkdir()
            if options.base_manifest is not None:
                base = read_manifest(options.base_manifest)
            else:
                extract(options.base, folders["base"] / "project")
                base = parsed(folders["base"] / "project", folders["base"])
            own = parsed(PROJECT, folders["own"])
        before = read_metrics(base, base_name, is_base=True)
        problems = breaking_changes(before, read_metrics(own, "the project"))
    except MetricsError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(problems) if problems else f"The metrics keep their promises since {base_name}.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
