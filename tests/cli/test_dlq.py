"""`dlq`: what failed is listed, shown, exported without secrets, tried again, or discarded."""

import base64
import io
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from lookervault_plan.errors import Exit
from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.state.store import open_state
from tests.cli.conftest import Run
from tests.state.write_rows import bury

STATE = Path(".lookervault-plan/state.db")


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


@pytest.fixture
def one_fails(run: Run, prod: Sandbox, backup: Path) -> str:
    """A session in which the first folder was not taken; what depends on it was not tried."""
    prod.faults.add(Fault(kind="error", method="POST", path="^/folders$", status=422, count=1))
    ran = run("apply", "--db-path", backup, "--auto-approve", "--json")
    assert ran.code == Exit.INCOMPLETE, ran.out
    prod.faults.clear()
    return ran.lines[-1]["session"]


def test_a_row_has_all_that_the_seed_wants(run: Run, one_fails: str):
    rows = run("dlq", "list", "--json").json

    first, *others = rows
    assert first["session_id"] == one_fails
    assert (first["content_type"], first["error_type"]) == ("folder", "ValidationError")
    assert (first["http_status"], first["retry_count"]) == (422, 0)
    assert first["step"] == f"{first['address']}#create"
    assert first["failed_at"].endswith("Z")
    assert others
    assert {row["error_type"] for row in others} == {"DependencyError"}
    assert all(row["cause"] for row in others)
    full = run("dlq", "show", str(first["id"]), "--json").json
    assert full["content_data"]["id"] == first["content_id"]
    assert "Traceback" in full["stack_trace"]


def test_a_letter_holds_the_request_that_was_sent(run: Run, one_fails: str):
    full = run("dlq", "show", "1", "--json").json

    sent = full["sent"]
    assert (sent["method"], sent["path"]) == ("POST", "/folders")
    assert sent["body"]["name"] == full["content_data"]["name"]
    assert "Sent:" in run("dlq", "show", "1").out


def test_a_stack_trace_is_shown_with_debug_alone(run: Run, one_fails: str):
    assert "Traceback" not in run("dlq", "show", "1").out
    assert "Traceback" in run("dlq", "show", "1", "--debug").out


CORRUPT = b'{"title": "Orders", "password": "hunter2", "x'


def test_a_corrupt_item_has_one_letter_with_its_bytes_but_no_secret(
    run: Run, prod: Sandbox, backup: Path
):
    with closing(sqlite3.connect(backup)) as connection, connection:
        (id_,) = connection.execute(
            "SELECT id FROM content_items WHERE content_type = 2"
        ).fetchone()
        connection.execute(
            "UPDATE content_items SET content_data = ? WHERE id = ? AND content_type = 2",
            (CORRUPT, id_),
        )
    for _ in range(2):
        assert run("apply", "--db-path", backup, "--auto-approve").code == 3
    assert run("dlq", "retry", "--auto-approve").code == 3

    with open_state(STATE) as state:
        (letter,) = (each for each in state.dead_letters() if each.cause is None)
    assert letter.error_type == "DeserializationError"
    assert letter.data == CORRUPT.replace(b"hunter2", b"(sensitive)")
    shown = run("dlq", "show", str(letter.number), "--json").json["content_data"]
    assert base64.b64decode(shown["base64"]) == letter.data


def test_people_see_the_same(run: Run, one_fails: str):
    listed, shown = run("dlq", "list"), run("dlq", "show", "1")

    assert (listed.code, shown.code) == (0, 0)
    assert "ValidationError" in listed.out
    assert "dead letters." in listed.out
    assert "Payload:" in shown.out


def test_an_empty_queue_says_so(run: Run):
    assert "empty" in run("dlq", "list").out
    ran = run("dlq", "retry")
    assert (ran.code, "nothing to retry" in ran.err) == (1, True)


def test_an_unknown_letter_is_an_error(run: Run, one_fails: str):
    ran = run("dlq", "show", "9999")

    assert ran.code == 1
    assert "no such dead letter: 9999" in ran.err


def test_retry_takes_along_what_depends_on_it_and_empties_the_queue(
    run: Run, prod: Sandbox, backup: Path, one_fails: str
):
    first = run("dlq", "list", "--json").json[0]

    ran = run("dlq", "retry", str(first["id"]))

    assert ran.code == 0, ran.out + ran.err
    assert run("dlq", "list", "--json").json == []
    again = run("plan", "--db-path", backup, "--json").json["summary"]
    assert (again["create"], again["update"]) == (0, 0)


def test_a_dependent_brings_its_cause(run: Run, prod: Sandbox, backup: Path, one_fails: str):
    last = run("dlq", "list", "--json").json[-1]

    assert run("dlq", "retry", str(last["id"])).code == 0
    assert run("dlq", "list", "--json").json == []


def test_an_item_that_fails_again_keeps_one_letter(run: Run, prod: Sandbox, one_fails: str):
    before = run("dlq", "list", "--json").json
    prod.faults.add(Fault(kind="error", method="POST", path="^/folders$", status=422))

    ran = run("dlq", "retry", "--session", one_fails)

    after = run("dlq", "list", "--json").json
    assert ran.code == 3
    assert sorted(row["address"] for row in after) == sorted(row["address"] for row in before)
    assert {row["session_id"] for row in after}.isdisjoint({one_fails})
    assert run("dlq", "retry", "--dlq-ok").code == 0


def half_built(run: Run, prod: Sandbox, backup: Path) -> None:
    """A dashboard of which one tile was not taken: now it would be an update."""
    prod.faults.add(
        Fault(kind="error", method="POST", path="^/dashboard_elements$", status=422, count=1)
    )
    assert run("apply", "--db-path", backup, "--auto-approve").code == 3
    prod.faults.clear()


def test_another_plan_than_the_reviewed_one_is_not_carried_out_unasked(
    run: Run, prod: Sandbox, backup: Path
):
    half_built(run, prod, backup)
    before = len(prod.writes())

    refused = run("dlq", "retry")
    assert (refused.code, len(prod.writes())) == (4, before)
    assert "not what was reviewed" in refused.err

    assert run("dlq", "retry", "--auto-approve").code == 0
    assert run("dlq", "list", "--json").json == []


def test_a_retry_can_be_saved_as_a_plan_for_review(run: Run, prod: Sandbox, backup: Path):
    half_built(run, prod, backup)
    before = len(prod.writes())

    assert run("dlq", "retry", "--out", "retry.json").code == 0
    assert len(prod.writes()) == before
    assert len(run("dlq", "list", "--json").json) >= 1

    assert run("apply", "retry.json").code == 0
    assert run("dlq", "list", "--json").json == []


def test_completing_what_an_earlier_run_began_is_no_update(run: Run, prod: Sandbox, backup: Path):
    Path("lookervault-plan.toml").write_text("[guards]\nupdates_share_at_least = 1\n")
    half_built(run, prod, backup)

    assert run("dlq", "retry", "--auto-approve").code == 0
    assert run("dlq", "list", "--json").json == []


def test_a_letter_stays_while_its_item_fails_whichever_session_goes_on(
    run: Run, prod: Sandbox, backup: Path
):
    """The retry of a full queue fails again; then the first session continues with the rest."""
    refused = Fault(kind="error", method="POST", path="^/looks$", status=422)
    prod.faults.add(refused)
    apply = (
        "apply",
        "--db-path",
        backup,
        "--auto-approve",
        "--max-dlq-size",
        "2",
        "--workers",
        "1",
    )
    assert run(*apply).code == 3
    first = run("status", "--json").json[0]["session"]
    failing = {row["address"] for row in run("dlq", "list", "--json").json}
    assert run("dlq", "retry", "--auto-approve").code == 3

    assert run("resume", first).code == 3

    assert failing <= {row["address"] for row in run("dlq", "list", "--json").json}


def test_another_backup_is_refused(run: Run, prod: Sandbox, one_fails: str):
    other = Path(__file__).parents[1] / "fixtures" / "schema-v1.db.gz"

    assert run("dlq", "retry", "--db-path", other).code == 4


def test_an_item_mended_by_hand_leaves_the_queue(
    run: Run, prod: Sandbox, backup: Path, one_fails: str
):
    assert run("apply", "--db-path", backup, "--auto-approve").code == 0

    assert run("dlq", "list", "--json").json == []


def test_discard(run: Run, one_fails: str):
    count = len(run("dlq", "list", "--json").json)

    assert run("dlq", "discard").code == 1
    assert run("dlq", "discard", "1", "--json").json == {"discarded": 1}
    assert run("dlq", "discard", "--session", one_fails, "--json").json == {"discarded": count - 1}
    assert "empty" in run("dlq", "list").out


def test_nothing_secret_is_shown_or_exported(run: Run, one_fails: str):
    with open_state(STATE) as state:
        letter = state.dead_letters()[0]
        payload = json.dumps({"id": "1", "api_key": "hunter2", "x": {"webhook_url": "hunter2"}})
        state.discard([letter.number])
        bury(state, [replace(letter, data=payload.encode())])
        number = max(one.number for one in state.dead_letters())

    assert run("dlq", "export", "--out", "letters.json").code == 0
    exported = json.loads(Path("letters.json").read_bytes())
    assert exported == run("dlq", "export").json
    assert "hunter2" not in Path("letters.json").read_text()
    for words in (["dlq", "show", str(number)], ["dlq", "show", str(number), "--json"]):
        assert "hunter2" not in run(*words).out


def test_a_full_queue_stops_the_session(run: Run, prod: Sandbox, backup: Path):
    prod.faults.add(Fault(kind="error", method="POST", path="^/looks$", status=422))

    ran = run("apply", "--db-path", backup, "--auto-approve", "--max-dlq-size", "1", "--json")

    assert ran.code == 3
    assert ran.lines[-1]["dlq_is_full"] is True
    assert ran.lines[-1]["left"] > 0
    prod.faults.clear()
    resumed = run("resume", "--json")
    assert resumed.lines[-1]["left"] == 0
