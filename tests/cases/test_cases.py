"""Small inputs that once failed, each with the right outcome: `README.md` describes the format."""

import contextlib
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import pytest

from lookervault_plan.cli.app import main
from lookervault_plan.sandbox.server import Sandbox
from tests.cases import build
from tests.cases.expectations import Ran, failures

FOLDER = Path(__file__).parent
#: cases that still end wrong; one that ends right fails here until it is taken off the list
STILL_WRONG = frozenset({})


@pytest.fixture
def instances() -> Iterator[dict[str, Sandbox]]:
    with Sandbox(seed=8) as destination, Sandbox(seed=9) as source:
        yield {"destination": destination, "source": source}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            file.stem,
            marks=[pytest.mark.xfail(strict=True, reason="not mended yet")]
            if file.stem in STILL_WRONG
            else [],
        )
        for file in sorted(FOLDER.glob("*.json"))
    ],
)
def test_case(name: str, tmp_path: Path, instances: dict[str, Sandbox]):
    case = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    names: dict[str, Any] = {
        "url": instances["destination"].url,
        "source_url": instances["source"].url,
    }
    if "source" in case:
        build.make(case["source"]["calls"], caller(instances["source"]), names)
    build.make(case["destination"]["calls"], caller(instances["destination"]), names)
    build.write_backup(build.fill(case["backup"], names), tmp_path / "backup.db")
    for file, text in build.fill(case.get("files", {}), names).items():
        (tmp_path / file).write_text(text, "utf-8")

    for step in build.steps(case):
        sandbox = instances[step.get("on", "destination")]
        build.make(step.get("calls", ()), caller(sandbox), names)
        filled = build.fill({key: step[key] for key in step if key != "calls"}, names)
        if "backup" in filled:
            build.write_backup(filled["backup"], tmp_path / "backup.db")
        if filled["command"][0] == "plan":
            (tmp_path / "plan.json").unlink(missing_ok=True)
        ran = run(sandbox, tmp_path, filled["command"])
        assert failures(filled["expect"], ran) == []


def caller(sandbox: Sandbox) -> build.Call:
    """Return a way to call the sandbox as its admin."""

    def call(method: str, path: str, body: Any) -> Any:
        parts = urlsplit(path)
        status, reply = sandbox.looker.call(
            method, parts.path, dict(parse_qsl(parts.query)) or None, body
        )
        assert status < 300, (method, path, status, reply)
        return json.loads(json.dumps(reply))

    return call


def run(sandbox: Sandbox, folder: Path, command: list[str]) -> Ran:
    """Run a command in the folder, with the sandbox as the destination."""
    sandbox.requests.clear()
    said = io.StringIO()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LOOKERSDK_", "LOOKERVAULT"))
    }
    environment = kept | {
        "LOOKERSDK_BASE_URL": sandbox.url,
        "LOOKERSDK_CLIENT_ID": sandbox.client_id,
        "LOOKERSDK_CLIENT_SECRET": sandbox.client_secret,
        "LOOKERVAULT_PLAN_RETRY_SECONDS": "0.2",
        "COLUMNS": "200",
    }
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        exit_code = main(command)
    return Ran(
        folder=folder,
        exit_code=exit_code,
        said=said.getvalue(),
        requests=list(sandbox.requests),
        call=caller(sandbox),
    )
