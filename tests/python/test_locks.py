"""What is locked: each package once, by its hash, as pyproject.toml wants it, and as any pip can read it."""

import re
import tomllib
from pathlib import Path

import pytest
from dbt_runs import PROJECT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYTHONS = ("3.11", "3.12", "3.13")
LOCKS = sorted([*PROJECT.glob("requirements*.lock"), *(PROJECT / "tests").glob("*/requirements*.lock")])
BASE = PROJECT / "requirements.lock"
BUILD, DEV, BIGQUERY, KAFKA, SPARK = (
    PROJECT / f"requirements-{name}.lock" for name in ("build", "dev", "bigquery", "kafka", "spark")
)
# No extras, for pip 23 then wants the plain package, too, and no line of options, for it would name an index.
PINNED = re.compile(r"[a-z0-9.-]+==[^\s;\[\]]+( ; [^\\]+)?( --hash=sha256:[0-9a-f]{64})+")


def lines_of(lock: Path) -> list[str]:
    """Lines that pip sees, those that go on joined."""
    joined = re.sub(r"\s*\\\n\s*", " ", lock.read_text())
    return [line for line in joined.splitlines() if line and not line.lstrip().startswith("#")]


def requirements_of(*locks: Path) -> list[Requirement]:
    return [Requirement(line.partition(" --hash")[0]) for lock in locks for line in lines_of(lock)]


def versions_on(python: str, *locks: Path) -> dict[str, set[str]]:
    """Versions of each package that a Python would get."""
    versions: dict[str, set[str]] = {}
    for requirement in requirements_of(*locks):
        environment = {"python_version": python, "python_full_version": f"{python}.0"}
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (pin,) = requirement.specifier
            versions.setdefault(requirement.name, set()).add(pin.version)
    return versions


def test_every_lock_is_found():
    of_tests = {PROJECT / "tests" / name / "requirements.lock" for name in ("bigquery", "duckdb14")}
    assert {BASE, BUILD, DEV, BIGQUERY, KAFKA, SPARK, *of_tests} == set(LOCKS)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(PROJECT)))
def test_lines_pin_one_version_and_its_hashes(lock):
    lines = lines_of(lock)
    assert lines
    assert [line[:80] for line in lines if not PINNED.fullmatch(line)] == []
    # Neither an address nor a folder, in comments either.
    assert "/" not in lock.read_text()


@pytest.mark.parametrize("python", PYTHONS)
def test_no_package_has_two_versions(python):
    for locks in ([BUILD, BASE, DEV, BIGQUERY, KAFKA], [BUILD, SPARK]):
        assert {name: found for name, found in versions_on(python, *locks).items() if len(found) > 1} == {}


def test_what_comes_on_top_leaves_out_what_is_there():
    base = {requirement.name for requirement in requirements_of(BASE)}
    for lock in (DEV, BIGQUERY, KAFKA):
        assert base.isdisjoint(requirement.name for requirement in requirements_of(lock))


@pytest.mark.parametrize("python", PYTHONS)
def test_what_the_project_asks_for_is_locked(python):
    asked = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    extras, groups = asked["project"]["optional-dependencies"], asked["dependency-groups"]
    assert (set(extras), set(groups)) == ({"dev", "bigquery", "kafka"}, {"build", "spark"})
    for wanted, locks in (
        (asked["project"]["dependencies"], [BASE]),
        (extras["dev"], [BASE, DEV]),
        (extras["bigquery"], [BASE, BIGQUERY]),
        (extras["kafka"], [BASE, KAFKA]),
        (groups["build"], [BUILD]),
        (groups["spark"], [SPARK]),
    ):
        versions = versions_on(python, *locks)
        for requirement in map(Requirement, wanted):
            (version,) = versions[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), requirement
