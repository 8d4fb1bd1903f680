"""The unit tests that stand beside the models."""

import subprocess
import sys


def test_unit_tests_of_the_models_pass(demo_build):
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "test", "--select", "test_type:unit"],
        cwd=demo_build.project,
        env=demo_build.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "ERROR=0" in done.stdout and "SKIP=0" in done.stdout
