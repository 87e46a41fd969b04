"""The GitLab pipeline: its scripts run here, one job after the other."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lookervault_plan.sandbox.server import Sandbox
from tests.examples.conftest import titles

PIPELINE = Path(__file__).parents[2] / "examples" / "gitlab-ci.yml"


@pytest.fixture
def jobs() -> dict[str, Any]:
    return yaml.safe_load(PIPELINE.read_text())


def run(job: dict[str, Any], *, place: Path, dev: Sandbox, prod: Sandbox) -> None:
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(place),
        "PROD_LOOKER_URL": prod.url,
        "PROD_LOOKER_CLIENT_ID": prod.client_id,
        "PROD_LOOKER_CLIENT_SECRET": prod.client_secret,
        "DEV_LOOKER_URL": dev.url,
        "DEV_LOOKER_CLIENT_ID": dev.client_id,
        "DEV_LOOKER_CLIENT_SECRET": dev.client_secret,
    }
    for lines in job["script"]:
        command = ["bash", "-e", "-o", "pipefail", "-c", lines]
        done = subprocess.run(
            command, cwd=place, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_plan_is_counted_and_applied(
    jobs: dict[str, Any], dev: Sandbox, prod: Sandbox, repository: Path
):
    run(jobs["plan"], place=repository, dev=dev, prod=prod)
    counts = json.loads(
        (repository / jobs["plan"]["artifacts"]["reports"]["terraform"]).read_text()
    )
    assert set(counts) == {"create", "update", "delete"}
    assert counts["create"] > 0
    assert all((repository / path).exists() for path in jobs["plan"]["artifacts"]["paths"])

    run(jobs["apply"], place=repository, dev=dev, prod=prod)

    assert titles(prod) == titles(dev)
    assert (repository / "apply.html").exists()
    assert all((repository / path).exists() for path in jobs["apply"]["cache"]["paths"])
