"""The demo tells its story on a few screens, and its commands can be repeated by hand."""

import json
import signal
import urllib.request
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path

import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run, settings
from tests.cli.test_process import SECONDS, start


def test_the_demo_tells_a_short_story(run: Run):
    ran = run("demo", "--folder", "story")

    lines = ran.out.splitlines()
    assert ran.code == 0
    assert len(lines) < 180
    assert "Plan: 29 to import, 1 to add, 1 to change, 0 to destroy." in lines
    assert 'Somebody deleted the tile "Revenue by Month" of "Board Summary".' in lines
    assert lines.index("Plan: 0 to add, 4 to change, 0 to destroy.") > lines.index(
        "4. An accident in prod"
    )
    assert any(line.startswith("No changes.") for line in lines)
    assert sorted(path.suffix for path in Path("story").iterdir() if path.is_file()) == [
        *(".db", ".html", ".html", ".html", ".json", ".json")
    ]


@pytest.fixture
def serve():
    """Starts sandboxes in processes of their own, and ends them."""
    processes = []

    def serve_(*words: str) -> str:
        process = start("sandbox", "serve", "--port", "0", *words, "--json")
        processes.append(process)
        assert process.stdout
        return json.loads(process.stdout.readline())["url"]

    yield serve_
    for process in processes:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)


def test_two_sandboxes_give_what_the_demo_has(run: Run, serve: Callable[..., str]):
    for company in ("dev", "prod"):
        url = serve("--company", company, "--config-file", "looker.ini")
    assert Path("looker.ini").stat().st_mode & 0o777 == 0o600

    assert run("backup", "--db-path", "backup.db", "--section", "dev").code == 0
    plan = ("plan", "--db-path", "backup.db", "--section", "prod")
    ran = run(*plan, "--out", "plan.json")
    assert "1 to add, 1 to change" in ran.out
    assert run("apply", "plan.json", "--section", "prod").code == 0
    request = urllib.request.Request(f"{url}/_sandbox/accidents", method="POST")
    with urllib.request.urlopen(request) as reply:
        assert len(json.load(reply)) == 4
    assert "4 to change" in run(*plan, "--allow", "hand-edits", "--out", "repair.json").out
    assert run("apply", "repair.json", "--section", "prod").code == 0
    assert "No changes." in run(*plan).out


def test_settings_of_a_real_looker_are_never_overwritten(run: Run):
    ini = "[dev]\nbase_url = https://dev.looker.example.com\nclient_id = a\nclient_secret = b\n"
    Path("looker.ini").write_text(ini)

    ran = run("sandbox", "serve", "--company", "dev", "--config-file", "looker.ini")

    assert ran.code == 1
    assert "section [dev] of another Looker: https://dev.looker.example.com" in ran.err
    assert Path("looker.ini").read_text() == ini


def test_other_sections_stay(serve: Callable[..., str]):
    Path("looker.ini").write_text("[real]\nbase_url = https://looker.example.com\n")

    url = serve("--company", "none", "--config-file", "looker.ini", "--section", "mine")

    found = ConfigParser()
    found.read("looker.ini")
    assert found["real"]["base_url"] == "https://looker.example.com"
    assert found["mine"]["base_url"] == url


def test_accidents_happen_to_any_content(run: Run, prod: Sandbox, backup: Path):
    run("apply", "--db-path", backup, "--auto-approve", "-q")
    request = urllib.request.Request(
        f"{settings(prod)['LOOKERSDK_BASE_URL']}/_sandbox/accidents", method="POST"
    )

    with urllib.request.urlopen(request) as reply:
        told = json.load(reply)

    assert told
    assert run("plan", "--db-path", backup, "--json").json["summary"]["update"] == len(told)
