"""`restore`: the seed's commands, on the same engine."""

import io
import json
import sys
from pathlib import Path

import pytest

from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


def planned(run: Run, backup: Path) -> list[dict]:
    return run("plan", "--db-path", backup, "--json").json["actions"]


def counts(run: Run, backup: Path) -> tuple[int, int]:
    summary = run("plan", "--db-path", backup, "--json").json["summary"]
    return summary["create"], summary["update"]


def test_all_restores_everything_without_asking(run: Run, prod: Sandbox, backup: Path):
    ran = run("restore", "all", "--db-path", backup)

    assert ran.code == 0, ran.out + ran.err
    assert "Apply complete!" in ran.out
    assert counts(run, backup) == (0, 0)
    assert "completed" in run("restore", "status").out


def test_bulk_restores_one_type(run: Run, prod: Sandbox, backup: Path):
    ran = run("restore", "bulk", "folders", "--db-path", backup, "--json")

    assert ran.code == 0, ran.out
    assert ran.lines[-1]["added"] > 0
    assert {each["action"] for each in planned(run, backup) if each["type"] == "folder"} == {"skip"}
    assert "POST" not in {each.method for each in prod.writes() if "/dashboards" in each.path}


def test_single_restores_one_item_and_nothing_else(run: Run, prod: Sandbox, backup: Path):
    run("restore", "bulk", "folder", "--db-path", backup)
    look = next(each for each in planned(run, backup) if each["type"] == "look")
    before = len(prod.writes())

    ran = run("restore", "single", "look", look["address"].partition(":")[2], "--db-path", backup)

    assert ran.code == 0, ran.out + ran.err
    written = [each.path for each in prod.writes()[before:]]
    assert [path for path in written if "/queries" not in path] == ["/api/4.0/looks"] or [
        path for path in written if "queries" not in path
    ] == ["/looks"]


def test_restore_single_names_missing_targets(run: Run, prod: Sandbox, backup: Path):
    look = next(
        each for each in planned(run, backup) if each["type"] == "look" and each["depends_on"]
    )
    before = len(prod.writes())

    ran = run("restore", "single", "look", look["address"].partition(":")[2], "--db-path", backup)

    assert ran.code == 3
    assert "folder:" in ran.out
    assert len(prod.writes()) == before


def test_the_selection_that_adds_what_is_missing_works_in_single_too(
    run: Run, prod: Sandbox, backup: Path
):
    look = next(
        each for each in planned(run, backup) if each["type"] == "look" and each["depends_on"]
    )
    address, id_ = look["address"], look["address"].partition(":")[2]

    ran = run("restore", "single", "look", id_, "--db-path", backup, "--select", f"+{address}")

    assert ran.code == 0, ran.out + ran.err
    restored = {each["address"] for each in planned(run, backup) if each["action"] == "skip"}
    assert {address, *look["depends_on"]} <= restored
    assert any(each["action"] == "create" for each in planned(run, backup))


def test_blocked_items_are_named_and_the_exit_code_is_3(run: Run, prod: Sandbox, backup: Path):
    ran = run("restore", "bulk", "looks", "--db-path", backup, "--json")

    assert ran.code == 3
    summary, end = ran.lines[-2:]
    assert "Apply incomplete" in summary["@message"]
    assert "Apply incomplete" in end["@message"]
    assert end["blocked"] == len(end["blocked_items"]) > 0
    assert all(each["name"] and "folder" in each["why"] for each in end["blocked_items"])
    text = run("restore", "bulk", "looks", "--db-path", backup)
    assert text.code == 3
    assert end["blocked_items"][0]["address"] in text.out
    assert run("restore", "bulk", "looks", "--db-path", backup, "--dlq-ok").code == 0


def test_resume_starts_a_session_where_there_is_none(run: Run, prod: Sandbox, backup: Path):
    assert run("restore", "all", "--db-path", backup, "--resume").code == 0

    assert counts(run, backup) == (0, 0)


@pytest.mark.parametrize(
    "words",
    [
        ("all", "--exclude", "type:look"),
        ("all", "--select", "type:look"),
        ("bulk", "dashboards"),
        ("all", "--on-missing", "fail"),
    ],
    ids=" ".join,
)
def test_resume_with_another_scope_than_the_session_has_is_an_error(
    run: Run, prod: Sandbox, backup: Path, words: tuple[str, ...]
):
    prod.faults.add(Fault(kind="error", method="POST", path="^/looks$", status=422))
    assert run("restore", "all", "--db-path", backup, "--max-dlq-size", "1").code == 3
    prod.faults.clear()
    before = len(prod.writes())

    ran = run("restore", *words, "--db-path", backup, "--resume")

    assert (ran.code, len(prod.writes())) == (1, before)
    assert "was begun by `restore all`" in ran.err
    assert run("restore", "all", "--db-path", backup, "--resume").code == 0


def test_resume_with_the_options_of_the_session_goes_on(run: Run, prod: Sandbox, backup: Path):
    prod.faults.add(Fault(kind="error", method="POST", path="^/looks$", status=422))
    words = ("restore", "all", "--db-path", backup, "--exclude", "type:lookml_model")
    assert run(*words, "--max-dlq-size", "1").code == 3
    prod.faults.clear()

    ran = run(*words, "--resume", "--json")

    assert ran.code == 0
    assert len(run("status", "--json").json) == 1


def test_a_guard_names_the_option_that_this_command_takes(run: Run, prod: Sandbox, backup: Path):
    ran = run("restore", "all", "--db-path", backup, "--max-calls", "1")

    assert "run the same command again with --allow calls" in ran.err


def test_an_item_that_the_backup_lacks(run: Run, prod: Sandbox, backup: Path):
    ran = run("restore", "single", "look", "999999", "--db-path", backup)

    assert ran.code == 1
    assert "holds no look 999999" in ran.err
    assert prod.requests == []


def test_an_unknown_type(run: Run, prod: Sandbox, backup: Path):
    assert run("restore", "bulk", "dashbords", "--db-path", backup).code == 1


def test_a_guard_refuses_all_the_same(run: Run, prod: Sandbox, backup: Path):
    ran = run("restore", "all", "--db-path", backup, "--max-calls", "1")

    assert ran.code == 4
    assert prod.writes() == []


def test_what_goes_to_the_queue_is_borne_and_retried(run: Run, prod: Sandbox, backup: Path):
    prod.faults.add(Fault(kind="error", method="POST", path="^/folders$", status=422, count=1))
    ran = run("restore", "all", "--db-path", backup, "--json")
    assert (ran.code, ran.lines[-1]["failed"]) == (0, 1)
    assert run("restore", "dlq", "list", "--json").json
    prod.faults.clear()

    assert run("restore", "dlq", "retry").code == 0

    assert run("restore", "dlq", "list", "--json").json == []
    assert counts(run, backup) == (0, 0)


def test_a_dry_run_says_what_it_would_send(run: Run, prod: Sandbox, backup: Path):
    ran = run("restore", "all", "--db-path", backup, "--dry-run", "--json")

    assert ran.code == 0
    calls = [line for line in ran.lines if line["type"] == "planned_call"]
    assert {"POST"} <= {call["method"] for call in calls}
    assert ran.lines[-1]["type"] == "dry_run"
    assert ran.lines[-1]["calls"] == len(calls)
    assert prod.writes() == []
    assert not Path(".lookervault-plan").exists()


def test_an_interrupted_one_is_resumed(run: Run, prod: Sandbox, backup: Path):
    prod.faults.add(Fault(kind="error", method="POST", path="^/looks$", status=422))
    run("restore", "all", "--db-path", backup, "--max-dlq-size", "1")
    prod.faults.clear()

    assert run("restore", "all", "--db-path", backup, "--resume").code == 0
    assert run("restore", "dlq", "retry").code == 0
    assert counts(run, backup) == (0, 0)


@pytest.mark.parametrize("format_", ["text", "markdown", "html", "json"])
def test_a_report_is_written(run: Run, prod: Sandbox, backup: Path, format_: str):
    prod.faults.add(Fault(kind="error", method="POST", path="^/folders$", status=422, count=1))

    run("restore", "all", "--db-path", backup, "--report", f"{format_}=report")

    text = Path("report").read_text()
    assert "Apply incomplete." in text or json.loads(text)["is_complete"] is False
    assert "folder:" in text


def test_a_retry_takes_the_guards_to_allow(run: Run, prod: Sandbox, backup: Path):
    prod.faults.add(Fault(kind="error", method="POST", path="^/folders$", status=422, count=1))
    run("restore", "all", "--db-path", backup)
    prod.faults.clear()

    assert run("restore", "dlq", "retry", "--allow", "nonsense").code == 1
    assert run("restore", "dlq", "retry", "--allow", "part-deletes").code == 0
    assert run("restore", "dlq", "list", "--json").json == []
