"""`apply`, `resume` and `status`: consent, exit codes, events."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from lookervault_plan import plan_file
from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

Use = Callable[[Sandbox], None]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A person at a terminal who types this."""

    def answer_(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(text))

    return answer_


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))


def titles(sandbox: Sandbox) -> list[str]:
    _, found = sandbox.looker.call("GET", "/dashboards/search", {"sorts": "id"})
    return sorted(each["title"] for each in found)


def test_a_saved_plan_is_carried_out_without_asking(
    run: Run, prod: Sandbox, dev: Sandbox, backup: Path
):
    run("plan", "--db-path", backup, "--out", "plan.json")
    plan = plan_file.decode(Path("plan.json").read_bytes())

    ran = run("apply", "plan.json")

    assert (ran.code, ran.err) == (0, "")
    assert "Apply complete!" in ran.out
    assert f"{plan.summary.create} added, 0 changed, 0 destroyed." in ran.out
    assert titles(prod) == titles(dev)


def test_a_plan_is_used_once(run: Run, prod: Sandbox, backup: Path):
    run("plan", "--db-path", backup, "--out", "plan.json")
    assert run("apply", "plan.json").code == 0
    before = len(prod.writes())

    again = run("apply", "plan.json")

    assert again.code == 4
    assert "already" in again.err
    assert len(prod.writes()) == before


def test_the_backup_is_found_beside_the_plan(run: Run, prod: Sandbox, backup: Path):
    run("plan", "--db-path", backup, "--out", "plan.json")
    place = Path("release")
    place.mkdir()
    for name in ("backup.db", "plan.json"):
        Path(name).rename(place / name)

    assert run("apply", place / "plan.json").code == 0


def test_another_backup_is_refused(run: Run, prod: Sandbox, backup: Path):
    run("plan", "--db-path", backup, "--out", "plan.json")
    other = Path(__file__).parents[1] / "fixtures" / "schema-v1.db.gz"

    ran = run("apply", "plan.json", "--db-path", other)

    assert ran.code == 4
    assert prod.writes() == []


def test_another_destination_is_refused(
    run: Run, use: Use, prod: Sandbox, empty: Sandbox, backup: Path
):
    use(empty)
    run("plan", "--db-path", backup, "--out", "plan.json")
    use(prod)

    ran = run("apply", "plan.json")

    assert ran.code == 4
    assert prod.writes() == []


def test_a_guard_is_refused_and_nobody_is_asked(run: Run, prod: Sandbox, backup: Path, answer):
    answer("yes\n")

    ran = run("apply", "--db-path", backup, "--max-calls", "1")

    assert ran.code == 4
    assert "--allow calls" in ran.err
    assert "Enter a value" not in ran.err
    assert prod.writes() == []


# Consent


def test_yes_is_consent(run: Run, prod: Sandbox, backup: Path, answer, snapshot):
    answer("yes\n")

    ran = run("apply", "--db-path", backup)

    assert ran.code == 0
    assert "Plan: " in ran.out
    assert "Apply complete!" in ran.out
    assert ran.err == snapshot


@pytest.mark.parametrize("text", ["no\n", "y\n", "YES\n", "\n", ""])
def test_anything_else_is_none(run: Run, prod: Sandbox, backup: Path, answer, text: str):
    answer(text)

    ran = run("apply", "--db-path", backup)

    assert ran.code == 4
    assert prod.writes() == []
    assert not Path(".lookervault-plan").exists()


@pytest.mark.parametrize("option", ["--quiet", "--verbose"])
def test_without_a_terminal_it_is_refused(
    run: Run, prod: Sandbox, backup: Path, option: str, snapshot: SnapshotAssertion
):
    ran = run("apply", "--db-path", backup, option)

    assert (ran.code, ran.out) == (4, "")
    assert ran.err == snapshot
    assert prod.requests == []


def test_json_is_no_consent(run: Run, prod: Sandbox, backup: Path, answer):
    answer("yes\n")

    ran = run("apply", "--db-path", backup, "--json")

    assert ran.code == 4
    assert ran.error["code"] == "apply.no-consent"
    assert prod.requests == []


def test_auto_approve_is(run: Run, prod: Sandbox, dev: Sandbox, backup: Path):
    assert run("apply", "--db-path", backup, "--auto-approve").code == 0
    assert titles(prod) == titles(dev)


def test_nothing_to_do_is_done(run: Run, use: Use, dev: Sandbox, backup: Path, answer):
    use(dev)
    before = len(dev.writes())
    answer("no\n")

    ran = run("apply", "--db-path", backup)

    if "to import" not in ran.out:
        assert ran.code == 0
        assert "No changes." in ran.out
    assert len(dev.writes()) == before


def test_a_dry_run_checks_everything_and_writes_nothing(run: Run, prod: Sandbox, backup: Path):
    run("plan", "--db-path", backup, "--out", "plan.json")

    for words in (["plan.json"], ["--db-path", backup]):
        assert run("apply", *words, "--dry-run").code == 0

    assert prod.writes() == []
    assert not Path(".lookervault-plan").exists()


# What it comes to


@pytest.fixture
def one_fails(prod: Sandbox) -> None:
    """The first dashboard is not taken."""
    prod.faults.add(Fault(kind="error", method="POST", path="^/dashboards$", status=422, count=1))


def test_failures_have_an_exit_code_of_their_own(run: Run, prod: Sandbox, backup: Path, one_fails):
    ran = run("apply", "--db-path", backup, "--auto-approve")

    assert ran.code == 3
    assert "Apply incomplete." in ran.out
    assert "Failed: 1." in ran.out


def test_unless_they_are_welcome(run: Run, prod: Sandbox, backup: Path, one_fails):
    assert run("apply", "--db-path", backup, "--auto-approve", "--dlq-ok").code == 0


def test_json_is_an_event_a_line(run: Run, prod: Sandbox, backup: Path, one_fails):
    ran = run("apply", "--db-path", backup, "--auto-approve", "--json")

    kinds = [line["type"] for line in ran.lines]
    assert ran.err == ""
    assert {"@level", "@message", "@module", "@timestamp", "type"} <= set(ran.lines[0])
    assert {"apply_start", "apply_complete", "apply_errored", "change_summary"} <= set(kinds)
    assert kinds[-1] == "session"
    assert ran.lines[-1]["failed"] == 1
    assert all(line["@timestamp"].endswith("Z") for line in ran.lines)
    assert_as_described(run, ran.lines)


def test_a_dry_run_is_described_too(run: Run, prod: Sandbox, backup: Path):
    ran = run("apply", "--db-path", backup, "--dry-run", "--json")

    assert {line["type"] for line in ran.lines} == {"planned_call", "dry_run"}
    assert_as_described(run, ran.lines)


def assert_as_described(run: Run, lines: list[dict]) -> None:
    """Every line has what the schema wants, and nothing else."""
    kinds = {
        kind["properties"]["type"]["enum"][0]: kind
        for kind in run("schema", "events").json["$defs"].values()
        if "type" in kind.get("properties", {})
    }
    for line in lines:
        kind = kinds[line["type"]]
        assert set(kind["required"]) <= set(line) <= set(kind["properties"])


def test_status_shows_how_a_session_ended(run: Run, prod: Sandbox, backup: Path, one_fails):
    assert "No sessions yet." in run("status").out
    ran = run("apply", "--db-path", backup, "--auto-approve", "--json")
    session = ran.lines[-1]["session"]

    listed, one = run("status", "--json").json, run("status", session)

    assert [(row["session"], row["status"]) for row in listed] == [(session, "incomplete")]
    assert listed[0]["dead_letters"] >= 1
    assert session in one.out
    assert "lookervault-plan dlq list" in one.out
    assert msgspec.json.encode(listed)


def test_a_complete_session_is_not_resumed(run: Run, prod: Sandbox, backup: Path):
    assert run("apply", "--db-path", backup, "--auto-approve").code == 0

    ran = run("resume")

    assert ran.code == 4
    assert "is complete" in ran.err


def test_a_refusal_leaves_no_state_behind(run: Run, prod: Sandbox, backup: Path):
    run("plan", "--db-path", backup, "--out", "plan.json")
    _, first = prod.looker.call("GET", "/folders/1/children")
    plan = run("show", "plan.json", "--format", "json").json
    name = next(
        each["name"]
        for each in plan["actions"]
        if each["type"] == "folder" and each["action"] == "create" and each["path"] == ["Shared"]
    )
    assert name not in {row["name"] for row in first}
    prod.looker.call("POST", "/folders", None, {"name": name, "parent_id": "1"})

    assert run("apply", "plan.json").code == 4
    assert not Path(".lookervault-plan").exists()

    Path("kept").mkdir()
    assert run("apply", "plan.json", "--state", "kept/new/state.db").code == 4
    assert list(Path("kept").iterdir()) == []
