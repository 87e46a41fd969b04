"""Options of `plan`, `apply` and `resume` that keep the destination, and others' work, safe."""

import io
import socket
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from lookervault_plan.cli.app import main
from lookervault_plan.cli.progress_display import ProgressDisplay
from lookervault_plan.content.node import Address
from lookervault_plan.render.outcome import queue_full_warning
from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.state.store import open_state
from tests.builders import an_outcome
from tests.cli.conftest import Run

STATE = Path(".lookervault-plan/state.db")
Use = Callable[[Sandbox], None]


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


@pytest.fixture
def restored(run: Run, prod: Sandbox, backup: Path) -> Sandbox:
    """Everything is there; from now on plans are updates."""
    assert run("apply", "--db-path", backup, "--auto-approve", "-q").code == 0
    prod.requests.clear()
    return prod


def dashboards(sandbox: Sandbox) -> list[dict]:
    _, found = sandbox.looker.call("GET", "/dashboards/search", {"sorts": "id"})
    return found


def rename(sandbox: Sandbox, number: int, title: str) -> str:
    row = dashboards(sandbox)[number]
    status, _ = sandbox.looker.call("PATCH", f"/dashboards/{row['id']}", None, {"title": title})
    assert status == 200
    return row["id"]


# --- dry run ------------------------------------------------------------------------------------


def test_a_dry_run_tells_the_calls_that_apply_then_makes(run: Run, prod: Sandbox, backup: Path):
    run("plan", "--db-path", backup, "--out", "plan.json")

    dry = run("apply", "plan.json", "--dry-run", "--json")
    assert prod.writes() == []
    assert not STATE.exists()
    told = [line for line in dry.lines if line["type"] == "planned_call"]
    assert run("apply", "plan.json", "-q").code == 0

    # What Looker makes by itself as it is wanted is not sent: there may be fewer.
    done = Counter(each.path for each in prod.writes() if each.method == "POST")
    wanted = Counter(each["path"] for each in told if each["method"] == "POST")
    assert dry.code == 0
    assert done - wanted == Counter()
    assert wanted["/dashboards"] == done["/dashboards"] > 0
    assert dry.lines[-1]["by_method"]["POST"] == wanted.total()


def test_a_dry_run_refuses_what_apply_refuses(run: Run, restored: Sandbox, backup: Path):
    rename(restored, 0, "asdf")
    run("plan", "--db-path", backup, "--out", "plan.json", "--allow", "hand-edits")
    rename(restored, 0, "qwer")
    restored.requests.clear()

    ran = run("apply", "plan.json", "--dry-run")

    assert ran.code == 4
    assert "title was 'asdf', is 'qwer'" in ran.err


# --- stale --------------------------------------------------------------------------------------


def test_a_refused_plan_leaves_no_session(run: Run, restored: Sandbox, backup: Path):
    rename(restored, 0, "asdf")
    run("plan", "--db-path", backup, "--out", "plan.json", "--allow", "hand-edits")
    rename(restored, 0, "qwer")
    sessions = len(run("status", "--json").json)

    assert run("apply", "plan.json").code == 4
    assert len(run("status", "--json").json) == sessions


def test_stale_items_are_left_out_if_so_asked(run: Run, restored: Sandbox, backup: Path):
    titles = [row["title"] for row in dashboards(restored)]
    rename(restored, 0, "asdf")
    rename(restored, 1, "zxcv")
    run("plan", "--db-path", backup, "--out", "plan.json", "--allow", "hand-edits")
    rename(restored, 0, "qwer")

    ran = run("apply", "plan.json", "--skip-stale", "--json")

    assert ran.code == 3
    assert len(ran.lines[-1]["stale"]) == 1
    assert [row["title"] for row in dashboards(restored)] == ["qwer", *titles[1:]]
    assert run("apply", "plan.json", "--skip-stale", "--dlq-ok").code == 0
    told = run("apply", "plan.json", "--skip-stale", "--report", "text=rep.txt").out
    assert "items skipped because they changed" in told
    assert "Apply incomplete." in told
    assert "Apply complete" not in told
    assert "Stale: 1." in told
    assert "Apply incomplete." in Path("rep.txt").read_text()


# --- resume -------------------------------------------------------------------------------------


@pytest.fixture
def stopped(run: Run, prod: Sandbox, backup: Path) -> str:
    """A session that stopped half-way."""
    run("plan", "--db-path", backup, "--out", "plan.json")
    prod.faults.add(Fault(kind="error", method="POST", path="^/looks$", status=422, count=1))
    ran = run("apply", "plan.json", "--max-dlq-size", "1", "--json")
    assert ran.code == 3
    assert ran.lines[-1]["left"]
    prod.faults.clear()
    return ran.lines[-1]["session"]


def test_a_full_queue_says_how_many_failed_and_what_is_allowed(
    run: Run, prod: Sandbox, backup: Path
):
    run("plan", "--db-path", backup, "--out", "plan.json")
    prod.faults.add(Fault(kind="error", method="POST", path="^/looks$", status=422, count=1))

    err = run("apply", "plan.json", "--max-dlq-size", "1", "--workers", "1").err

    assert "stopped: 1 item has failed" in err
    assert "; --max-dlq-size allows 1\n" in err
    assert "continues with the rest" in err


def test_a_full_queue_with_nothing_left_offers_no_resume():
    diagnostic = queue_full_warning(
        an_outcome(failed=6, not_tried=2, dlq_is_full=True),
        limit=1,
        resume="lookervault-plan resume s",
    )

    assert diagnostic.summary == "6 items have failed, 2 items with them; --max-dlq-size allows 1"
    assert diagnostic.detail == "no items are left"
    assert "resume" not in diagnostic.fix


def test_apply_resume_goes_on(run: Run, prod: Sandbox, stopped: str):
    ran = run("apply", "--resume", "--json")

    assert ran.lines[-1]["session"] == stopped
    assert ran.lines[-1]["left"] == 0


def test_apply_resume_of_a_saved_plan_starts_it_if_nothing_was_begun(
    run: Run, prod: Sandbox, backup: Path
):
    run("plan", "--db-path", backup, "--out", "plan.json")

    assert run("apply", "plan.json", "--resume").code == 0


def test_apply_resume_refuses_a_selection_that_the_session_does_not_have(
    run: Run, prod: Sandbox, backup: Path, stopped: str
):
    before = len(prod.writes())

    ran = run("apply", "--db-path", backup, "--resume", "--exclude", "type:look")

    assert (ran.code, len(prod.writes())) == (1, before)
    assert f"session {stopped} was not begun with --exclude type:look" in ran.err


def test_resume_counts_what_was_done_before(
    run: Run, prod: Sandbox, stopped: str, monkeypatch: pytest.MonkeyPatch
):
    shown: list[Mapping[Address, bool]] = []
    monkeypatch.setattr(ProgressDisplay, "count_earlier", lambda _, over: shown.append(over))

    run("resume", stopped)

    (over,) = shown
    assert set(over.values()) == {True, False}
    assert sum(over.values()) > 1


def test_apply_resume_of_a_plan_that_was_not_begun_is_refused(
    run: Run, prod: Sandbox, backup: Path, stopped: str
):
    run("plan", "--db-path", backup, "--out", "other.json")
    before = len(prod.writes())

    ran = run("apply", "other.json", "--resume")

    assert (ran.code, len(prod.writes())) == (4, before)
    assert "another plan" in ran.err


def test_resume_with_another_backup_is_refused(run: Run, prod: Sandbox, stopped: str):
    other = Path(__file__).parents[1] / "fixtures" / "schema-v1.db.gz"
    before = len(prod.writes())

    assert run("resume", "--db-path", other).code == 4
    assert len(prod.writes()) == before


def test_resume_at_another_destination_is_refused(
    run: Run, use: Use, prod: Sandbox, untouched: Sandbox, stopped: str
):
    use(untouched)

    assert run("resume").code == 4
    assert untouched.writes() == []


def test_a_backup_without_the_planned_content_is_refused(run: Run, prod: Sandbox, stopped: str):
    with sqlite3.connect("backup.db") as connection:
        connection.execute("UPDATE content_items SET content_data = '{}' WHERE content_type = 2")
        for table in ("snapshots", "content_history", "content_blobs"):
            connection.execute(f"DELETE FROM {table}")
    connection.close()
    before = len(prod.writes())

    ran = run("resume")

    assert ran.code == 4
    assert "has changed since" in ran.err
    assert len(prod.writes()) == before


# --- the lock -----------------------------------------------------------------------------------


@contextmanager
def locked(sandbox: Sandbox, host: str = "") -> Generator[None]:
    """Hold the lock, as a run in another process does."""
    with open_state(STATE) as state:
        held = state.acquire_lock(
            sandbox.url,
            holder="somebody",
            host=host or socket.gethostname(),
            since="2026-11-23T00:00:00Z",
            pid=1,
        )
        yield
        state.release_lock(held)


def left_behind(sandbox: Sandbox, host: str) -> None:
    """Leave the row of a run that was killed on this host or another."""
    with open_state(STATE) as state, state.writing() as connection:
        connection.execute(
            "INSERT INTO lock (destination_instance, holder, host, since, pid, token)"
            " VALUES (?, 'somebody', ?, '2026-11-23T00:00:00Z', 1, 'x')",
            (sandbox.url, host),
        )


def test_a_lock_is_respected_waited_for_and_removed(run: Run, prod: Sandbox, backup: Path):
    with locked(prod):
        begun = time.monotonic()

        ran = run("apply", "--db-path", backup, "--auto-approve", "--lock-timeout", "0.6")

        assert ran.code == 4
        assert time.monotonic() - begun > 0.6
        assert "locked by somebody" in ran.err
        assert "state unlock" not in ran.err, "the holder lives: waiting is what helps"
        assert prod.writes() == []
        assert run("apply", "--db-path", backup, "--dry-run").code == 4
        assert run("state", "unlock").code == 4
        unlocked = run("state", "unlock", "--force", "--json")
        assert [each["holder"] for each in unlocked.json["removed"]] == ["somebody"]
        assert "Not locked." in run("state", "unlock").out
        assert run("apply", "--db-path", backup, "--auto-approve").code == 0


def test_a_lock_that_is_given_up_in_time(run: Run, prod: Sandbox, backup: Path):
    taken = threading.Event()

    def give_up() -> None:
        with locked(prod):
            taken.set()
            time.sleep(1.5)

    thread = threading.Thread(target=give_up)
    thread.start()
    taken.wait(10)
    code = main(["apply", "--db-path", str(backup), "--auto-approve", "--lock-timeout", "60"])
    thread.join()

    assert code == 0


def test_a_dead_holder_on_this_host_is_recognised(run: Run, prod: Sandbox, backup: Path):
    left_behind(prod, socket.gethostname())

    assert run("apply", "--db-path", backup, "--auto-approve").code == 0


def test_one_on_another_host_is_not(run: Run, prod: Sandbox, backup: Path):
    left_behind(prod, "elsewhere")

    ran = run("apply", "--db-path", backup, "--auto-approve")
    assert ran.code == 4
    printed = " ".join(ran.err.replace("│", "").split())
    assert f"`lookervault-plan state unlock --state {STATE}`" in printed
    assert run("state", "unlock", prod.url).code == 0
    assert run("apply", "--db-path", backup, "--auto-approve").code == 0


def test_a_run_that_has_lost_its_lock_writes_nothing_more(
    run: Run, prod: Sandbox, backup: Path, monkeypatch: pytest.MonkeyPatch
):
    prod.faults.latency_seconds = 0.02
    outcome: list[int] = []

    def unlock() -> None:
        while len(prod.writes()) < 10:
            time.sleep(0.005)
        outcome.append(main(["state", "unlock", "--force"]))
        time.sleep(0.3)  # what was in flight has arrived
        outcome.append(len(prod.writes()))

    thread = threading.Thread(target=unlock)
    thread.start()
    ran = run("apply", "--db-path", backup, "--auto-approve", "--workers", "2")
    thread.join()

    assert ran.code == 1
    assert ran.err.count("this run has lost its lock") == 1
    assert outcome == [0, len(prod.writes())]
    assert run("resume").code == 0


# --- at plan time -------------------------------------------------------------------------------


def test_an_item_modified_in_the_destination_is_skipped(run: Run, restored: Sandbox, backup: Path):
    rename(restored, 0, "mine")

    planned = run("plan", "--db-path", backup, "--skip-if-modified", "--json").json

    reasons = [each["reason"] for each in planned["actions"] if each["type"] == "dashboard"]
    assert reasons.count("modified-in-destination") == 1
    assert planned["summary"]["update"] == 0
    assert run("plan", "--db-path", backup, "--json").json["summary"]["update"] == 1


def test_a_plan_that_leaves_alone_what_was_modified_does_not_say_all_is_the_same(
    run: Run, restored: Sandbox, backup: Path
):
    rename(restored, 0, "mine")

    ran = run("plan", "--db-path", backup, "--skip-if-modified", "--detailed-exitcode")

    assert ran.code == 0
    assert "\nNo changes.\n" in ran.out
    assert "infrastructure matches" not in ran.out
    assert "1 modified-in-destination (dashboard:" in " ".join(ran.out.split())


def test_without_a_state_dates_tell(run: Run, restored: Sandbox, backup: Path):
    rename(restored, 0, "mine")
    STATE.rename("elsewhere.db")

    planned = run("plan", "--db-path", backup, "--skip-if-modified", "--json").json

    reasons = [each["reason"] for each in planned["actions"] if each["type"] == "dashboard"]
    assert "modified-in-destination" in reasons


def spoil(**change: object) -> None:
    """Change one dashboard of the backup."""
    with sqlite3.connect("backup.db") as connection:
        row_id, data = connection.execute(
            "SELECT id, content_data FROM content_items WHERE content_type = 1 ORDER BY id"
        ).fetchone()
        raw = msgspec.msgpack.decode(data) | change
        connection.execute(
            "UPDATE content_items SET content_data = ? WHERE id = ? AND content_type = 1",
            (msgspec.msgpack.encode(raw), row_id),
        )
    connection.close()


def test_an_invalid_item_is_blocked_and_buried(run: Run, prod: Sandbox, backup: Path):
    spoil(folder_id={"id": "7"})

    planned = run("plan", "--db-path", backup, "--out", "plan.json", "--json").json

    (told,) = [each for each in planned["diagnostics"] if each["code"] == "backup.invalid"]
    assert "folder_id is an object, not an id" in told["summary"]
    assert run("apply", "plan.json").code == 3
    letters = run("dlq", "list", "--json").json
    assert [each["error_type"] for each in letters if each["address"] == told["address"]] == [
        "ValidationError"
    ]


def test_unless_validation_is_skipped(run: Run, prod: Sandbox, backup: Path):
    spoil(title=None)

    codes = [
        {
            each["code"]
            for each in run("plan", "--db-path", backup, "--json", *more).json["diagnostics"]
        }
        for more in ([], ["--skip-validation"])
    ]

    assert ["backup.invalid" in found for found in codes] == [True, False]
