"""A state that two machines share: two working directories, one folder as a store.

`tests/state/remote` tests the other stores, `tests/drills` kills real runs on all of them.
"""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from lookervault_plan.errors import failure
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.state.place import StatePlace
from lookervault_plan.state.remote.folder_store import FolderStore
from lookervault_plan.state.remote.lease import Holder
from lookervault_plan.state.remote.remote_state import change_remote
from tests.cli.conftest import Run
from tests.cli.test_process import start, wait_for

Url = str


@pytest.fixture
def url(tmp_path: Path) -> Url:
    return (tmp_path / "store").as_uri()


@pytest.fixture
def move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Go on on another machine: in a folder of its own, with the backup and nothing else."""

    def move_(name: str) -> None:
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / name)

    return move_


def apply(run: Run, backup: Path, url: Url, *words: str):
    return run("apply", "--db-path", backup, "--auto-approve", "--state", url, *words)


def lock_file(url: Url) -> Path:
    (file,) = Path(url.removeprefix("file://")).glob("*/lock")
    return file


def as_if_killed(url: Url) -> None:
    """Leave the lock as a run does that ended without a word two minutes ago."""
    file = lock_file(url)
    version, record = file.read_bytes()[:16], json.loads(file.read_bytes()[16:])
    file.write_bytes(version + json.dumps(record | {"is_released": False}).encode())
    os.utime(file, (time.time() - 120,) * 2)  # noqa: TID251


def somebody() -> Holder:
    return Holder(holder="somebody", host="far-away", pid=7, since="2026-11-23T00:00:00Z")


def test_another_machine_knows_what_was_applied(
    run: Run, prod: Sandbox, backup: Path, url: Url, move
):
    assert apply(run, backup, url, "-q").code == 0
    assert list(Path(".lookervault-plan").rglob("*")) == [], "the copy is gone"
    here = run("status", "--state", url, "--json").json
    move("elsewhere")

    assert run("status", "--state", url, "--json").json == here
    ids = run("mappings", "list", "--state", url, "--json").json
    assert {each["destination_instance"] for each in ids} == {prod.url}
    assert run("dlq", "list", "--state", url, "--json").json == []
    planned = run("plan", "--db-path", backup, "--state", url, "--json")
    assert {each["matched_by"] for each in planned.json["actions"] if "matched_by" in each} >= {
        "state"
    }
    assert prod.url in run("mappings", "list", "--state", url).out
    assert list(Path().rglob("*")) == [], "reading leaves nothing behind"


def test_a_mapping_that_is_changed_by_hand_is_changed_for_all(
    run: Run, prod: Sandbox, backup: Path, url: Url, move
):
    apply(run, backup, url, "-q")
    move("elsewhere")
    known = run("mappings", "list", "--state", url, "--json").json[0]

    assert run("mappings", "remove", known["address"], "--state", url).code == 0

    move("third")
    assert known not in run("mappings", "list", "--state", url, "--json").json


def test_a_run_elsewhere_is_named_and_waited_for(run: Run, prod: Sandbox, backup: Path, url: Url):
    with change_remote(StatePlace(url), prod.url, somebody):
        ran = apply(run, backup, url)
        assert ran.code == 4
        assert "locked by somebody on far-away since 2026-11-23T00:00:00Z" in ran.err
        assert prod.writes() == []
        assert apply(run, backup, url, "--dry-run").code == 4
        assert apply(run, backup, url, "--lock-timeout", "1").code == 4
        assert run("mappings", "clear", "--auto-approve", "--state", url).code == 4
        assert run("plan", "--db-path", backup, "--state", url).code == 0

    assert apply(run, backup, url).code == 0


def test_a_refused_apply_leaves_no_state_behind(run: Run, prod: Sandbox, backup: Path, url: Url):
    run("plan", "--db-path", backup, "--out", "plan.json", "--state", url)
    folder = prod.looker.call("GET", "/folders/search", {"name": "Shared"})[1][0]["id"]
    plan = json.loads(Path("plan.json").read_text())
    name = next(each["name"] for each in plan["actions"] if each["type"] == "folder")
    prod.looker.call("POST", "/folders", None, {"name": name, "parent_id": folder})

    ran = run("apply", "plan.json", "--db-path", backup, "--state", url)

    if ran.code == 4:
        assert list(Path(url.removeprefix("file://")).glob("*/state")) == []


def interrupt(prod: Sandbox, backup: Path, url: Url, number: int) -> None:
    """Begin an apply and end it in the middle."""
    prod.faults.latency_seconds = 0.02
    words = ("apply", "plan.json", "--db-path", str(backup), "--state", url)
    process = start(*words, sandbox=prod)
    wait_for(lambda: len(prod.writes()) > 20)
    process.send_signal(number)
    process.communicate(timeout=60)
    prod.faults.latency_seconds = 0.0


def test_a_session_that_was_interrupted_is_resumed_on_another_machine(
    run: Run, prod: Sandbox, backup: Path, url: Url, move
):
    run("plan", "--db-path", backup, "--out", "plan.json", "--state", url)
    interrupt(prod, backup, url, signal.SIGTERM)
    move("elsewhere")

    resumed = run("resume", "--db-path", backup, "--state", url)

    assert resumed.code == 0, resumed.err
    assert run("plan", "--db-path", backup, "--state", url, "--detailed-exitcode").code == 0


def test_a_session_that_was_killed_is_never_resumed_elsewhere_but_planned_again(
    run: Run, prod: Sandbox, backup: Path, url: Url, move
):
    run("plan", "--db-path", backup, "--out", "plan.json", "--state", url)
    plan = Path("plan.json").absolute()
    interrupt(prod, backup, url, signal.SIGTERM)
    as_if_killed(url)
    move("elsewhere")

    (listed,) = run("status", "--state", url, "--json").json
    assert (listed["status"], listed["can_resume"]) == ("lost", False)
    for words in (("resume",), ("apply", plan)):
        before = len(prod.writes())
        ran = run(*words, "--db-path", backup, "--state", url, "--json")
        assert (ran.code, ran.error["code"]) == (1, "session.lost")
        assert "plan again" in ran.error["summary"]
        assert len(prod.writes()) == before
    assert apply(run, backup, url).code == 0
    assert run("plan", "--db-path", backup, "--state", url, "--detailed-exitcode").code == 0


def test_where_it_was_killed_a_session_is_resumed_at_once(
    run: Run, prod: Sandbox, backup: Path, url: Url
):
    """The local copy has all steps, and nobody else has had the lock since."""
    run("plan", "--db-path", backup, "--out", "plan.json", "--state", url)
    interrupt(prod, backup, url, signal.SIGKILL)
    assert len(list(Path(".lookervault-plan/remote").rglob("*.db"))) == 1

    (listed,) = run("status", "--state", url, "--json").json
    assert (listed["status"], listed["can_resume"]) == ("killed", True)
    resumed = run("resume", "--db-path", backup, "--state", url)

    assert resumed.code == 0, resumed.err
    assert list(Path(".lookervault-plan").rglob("*.db")) == []
    assert run("plan", "--db-path", backup, "--state", url, "--detailed-exitcode").code == 0


def test_a_copy_that_others_have_overtaken_is_not_gone_on_with(
    run: Run, prod: Sandbox, backup: Path, url: Url, move
):
    run("plan", "--db-path", backup, "--out", "plan.json", "--state", url)
    interrupt(prod, backup, url, signal.SIGKILL)
    os.utime(lock_file(url), (time.time() - 120,) * 2)  # noqa: TID251
    move("elsewhere")
    assert apply(run, backup, url).code == 0
    move(".")

    ran = run("resume", "--db-path", backup, "--state", url)

    assert ran.code == 4, "the latest session is complete"
    assert run("plan", "--db-path", backup, "--state", url, "--detailed-exitcode").code == 0


def test_a_store_that_fails_at_the_end_leaves_the_copy_and_the_way_on(
    run: Run, prod: Sandbox, backup: Path, url: Url, monkeypatch: pytest.MonkeyPatch
):
    put = FolderStore.put

    def fail(self: FolderStore, key: str, data: bytes, *, replacing: str | None) -> str:
        if key.endswith("/state"):
            raise failure("state.store", "writing failed", detail="503 Slow Down")
        return put(self, key, data, replacing=replacing)

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "put", fail)
        ran = apply(run, backup, url, "--json")
    assert ran.code == 1
    assert '"code":"state.put-back"' in ran.out
    assert "503 Slow Down" in ran.out

    again = run("mappings", "clear", "folders", "--auto-approve", "--state", url)

    assert again.code == 0
    (session,) = run("status", "--state", url, "--json").json
    assert session["status"] == "completed", "the copy was put back"
    assert list(Path(".lookervault-plan").rglob("*.db")) == []


def test_of_several_destinations_one_has_to_be_named(
    run: Run, prod: Sandbox, backup: Path, url: Url
):
    apply(run, backup, url, "-q")
    with change_remote(StatePlace(url), "https://other.example.com", somebody):
        pass

    ran = run("status", "--state", url, "--json")

    assert (ran.code, ran.error["code"]) == (1, "state.several")
    assert prod.url in ran.error["detail"]
    assert "--destination" in ran.error["fix"]
    assert len(run("status", "--state", url, "--destination", prod.url, "--json").json) == 1
    assert run("plan", "--db-path", backup, "--state", url, "--detailed-exitcode").code == 0


def test_a_password_in_the_address_is_never_shown(run: Run, prod: Sandbox, backup: Path):
    ran = run(
        *("plan", "--db-path", backup),
        *("--state", "postgresql://ann:sesame@127.0.0.1:1/db?password=sesame"),
    )

    assert ran.code == 1
    assert "@127.0.0.1:1/db" in ran.err
    assert "sesame" not in ran.out + ran.err


# --- state show, pull, push, unlock -------------------------------------------------------------


def test_a_local_state_is_moved_there_by_one_command(
    run: Run, prod: Sandbox, backup: Path, url: Url, move
):
    apply(run, backup, ".lookervault-plan/state.db", "-q")
    here = run("mappings", "list", "--json").json

    pushed = run("state", "push", "--state", url, "--json")

    assert pushed.json["pushed"] == [prod.url]
    move("elsewhere")
    assert run("mappings", "list", "--state", url, "--json").json == here
    (shown,) = run("state", "show", "--state", url, "--json").json
    assert (shown["destination"], shown["lock"]) == (prod.url, None)
    assert (shown["sessions"], shown["mappings"]) == (1, len(here))
    assert shown["is_complete"]
    assert run("plan", "--db-path", backup, "--state", url, "--detailed-exitcode").code == 0


def test_a_state_with_several_destinations_becomes_several_states(
    run: Run, prod: Sandbox, backup: Path, url: Url
):
    apply(run, backup, ".lookervault-plan/state.db", "-q")
    (known, *_) = run("mappings", "list", "--json").json
    other = "https://other.example.com"
    set_ = ("mappings", "set", "dashboard:1", "7", "--destination", other)
    assert run(*set_, "--source-instance", known["source_instance"]).code == 0

    assert run("state", "push", "--state", url).code == 0

    assert len(run("state", "show", "--state", url, "--json").json) == 2
    found = run("mappings", "list", "--state", url, "--destination", other, "--json").json
    assert [each["address"] for each in found] == ["dashboard:1"]
    assert run("status", "--state", url, "--destination", other, "--json").json == []


def test_a_state_that_is_there_is_replaced_on_request_alone(
    run: Run, prod: Sandbox, backup: Path, url: Url
):
    apply(run, backup, url, "-q")
    assert run("state", "pull", "--state", url, "--out", "copy.db").code == 0
    assert Path("copy.db").stat().st_mode & 0o777 == 0o600
    assert run("state", "pull", "--state", url, "--out", "copy.db").code == 1
    assert run("mappings", "clear", "--auto-approve", "--state", url).code == 0

    refused = run("state", "push", "copy.db", "--state", url, "--json")
    assert (refused.code, refused.error["code"]) == (4, "state.exists")
    assert run("state", "push", "copy.db", "--state", url, "--force").code == 0

    assert run("mappings", "list", "--state", url, "--json").json
    assert run("status", "--state", "copy.db", "--json").json


def test_a_copy_that_could_not_be_put_back_is_pushed(
    run: Run, prod: Sandbox, backup: Path, url: Url
):
    run("plan", "--db-path", backup, "--out", "plan.json", "--state", url)
    interrupt(prod, backup, url, signal.SIGKILL)
    (shown,) = run("state", "show", "--state", url, "--json").json
    assert len(shown["local_copies"]) == 1

    assert run("state", "push", "--state", url).code == 0

    (shown,) = run("state", "show", "--state", url, "--json").json
    assert (shown["local_copies"], shown["is_complete"]) == ([], True)
    assert run("resume", "--db-path", backup, "--state", url).code == 0


def test_the_lock_of_a_run_elsewhere_is_shown_and_removed_by_force(
    run: Run, prod: Sandbox, backup: Path, url: Url
):
    with change_remote(StatePlace(url), prod.url, somebody) as state:
        (shown,) = run("state", "show", "--state", url, "--json").json
        assert (shown["lock"]["holder"], shown["lock"]["host"]) == ("somebody", "far-away")
        assert 50 < shown["lock"]["seconds_left"] <= 62
        assert "somebody on far-away" in run("state", "show", "--state", url).out
        assert run("state", "unlock", "--state", url).code == 4

        removed = run("state", "unlock", "--state", url, "--force", "--json").json["removed"]
        assert [each["holder"] for each in removed] == ["somebody"]
        assert apply(run, backup, url, "-q").code == 0
        assert state.lease is not None
    assert run("status", "--state", url, "--json").json[0]["status"] == "completed"
    assert run("state", "unlock", "--state", url).out == "Not locked.\n"


def test_a_local_state_is_shown_and_copied_too(run: Run, prod: Sandbox, backup: Path):
    assert "has no state yet" in run("state", "show").out
    apply(run, backup, ".lookervault-plan/state.db", "-q")

    shown = run("state", "show").out

    assert prod.url in shown
    assert "Locked by:   nobody" in shown
    assert run("state", "pull", "--out", "copy.db").code == 0
    assert run("status", "--state", "copy.db", "--json").json
    assert run("state", "push", "copy.db").code == 1
