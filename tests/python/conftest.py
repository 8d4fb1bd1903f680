"""Fixtures that several test files share."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class DemoBuild:
    """A finished build of the demo, and the environment to run dbt against it."""

    path: Path
    target: Path
    project: Path
    env: dict[str, str]


@pytest.fixture(scope="session")
def demo_build(tmp_path_factory: pytest.TempPathFactory) -> DemoBuild:
    """Build the demo once per test session, away from the project's own database and target."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(PROJECT / "profiles.example.yml", folder / "profiles.yml")
    env = {name: value for name, value in os.environ.items() if name not in ("IDENTITY_EVENTS", "IDENTITY_TARGET")}
    env |= {
        "DBT_PROFILES_DIR": str(folder),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "IDENTITY_DUCKDB_PATH": str(folder / "demo.duckdb"),
    }
    build = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "build"],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout[-5000:] + build.stderr[-2000:]
    return DemoBuild(path=folder / "demo.duckdb", target=folder / "target", project=PROJECT, env=env)
