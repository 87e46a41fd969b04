"""`plan` and `show`, end to end against the sandbox."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from lookervault_plan import plan_file
from lookervault_plan.sandbox.server import Sandbox
from tests.builders import a_plan, an_action
from tests.cli.conftest import Run

Use = Callable[[Sandbox], None]

#: a backup by LookerVault: it lacks what some looks and tiles need
INCOMPLETE = Path(__file__).parents[1] / "fixtures" / "lookervault-v4-small.db.gz"


def test_a_plan_is_shown_and_saved(run: Run, empty: Sandbox, backup: Path):
    ran = run("plan", "--db-path", backup, "--out", "plan.json")

    saved = plan_file.decode(Path("plan.json").read_bytes())
    assert ran.code == 0
    assert saved.summary.create > 0
    assert f"Plan: {imports(saved)}{saved.summary.create} to add, 0 to change" in ran.out
    assert "lookervault-plan apply plan.json" in ran.err
    assert empty.writes() == []
    assert sorted(path.name for path in Path().iterdir()) == ["backup.db", "plan.json"]


def imports(plan: plan_file.Plan) -> str:
    new = sum(remap.new for remap in plan.remaps)
    return f"{new} to import, " if new else ""


def test_json_is_the_plan_and_nothing_else(run: Run, empty: Sandbox, backup: Path):
    ran = run("plan", "--db-path", backup, "--json")

    assert ran.err == ""
    assert plan_file.decode(ran.out.encode()).actions
    assert not Path("plan.json").exists()


def test_the_same_inputs_give_the_same_plan(run: Run, empty: Sandbox, backup: Path):
    first, second = (run("plan", "--db-path", backup, "--json").json for _ in range(2))

    for plan in (first, second):
        del plan["plan_id"], plan["created_at"]
    assert first == second


def test_exit_codes_tell_whether_there_are_changes(
    run: Run, use: Use, empty: Sandbox, dev: Sandbox, backup: Path
):
    use(empty)
    assert run("plan", "--db-path", backup).code == 0
    assert run("plan", "--db-path", backup, "--detailed-exitcode").code == 2
    use(dev)
    unchanged = run("plan", "--db-path", backup, "--detailed-exitcode")
    assert unchanged.code == 0
    assert "0 to add, 0 to change" in unchanged.out or "No changes." in unchanged.out


def test_quiet_leaves_the_summary(run: Run, empty: Sandbox, backup: Path):
    ran = run("plan", "--db-path", backup, "-q")

    assert re.fullmatch(r"Plan: .* to destroy\.\nUnchanged: .*\n", ran.out)
    assert ran.err == ""


def test_strict_accepts_a_complete_backup(run: Run, use: Use, dev: Sandbox, untouched: Sandbox):
    use(dev)
    assert run("backup", "--db-path", "folders.db", "folders", "-q").code == 0
    use(untouched)

    ran = run("plan", "--db-path", "folders.db", "--out", "plan.json", "--strict")

    assert ran.code == 0, ran.out
    assert Path("plan.json").exists()


def test_strict_shows_the_plan_and_writes_the_reports_but_saves_nothing(run: Run, empty: Sandbox):
    Path("plan.json").write_text("an older one")
    arguments = ("plan", "--db-path", INCOMPLETE, "--out", "plan.json", "--report", "json=r.json")
    assert run(*arguments, "--strict").code == 1
    report = plan_file.decode(Path("r.json").read_bytes())

    ran, in_json = run(*arguments, "--strict"), run(*arguments, "--strict", "--json")

    assert report.summary.blocked > 0
    assert "Plan:" in ran.out
    assert "--strict" in ran.err
    assert in_json.error["code"] == "plan.strict"
    assert Path("plan.json").read_text() == "an older one"


def test_guards_are_shown_and_can_be_allowed(run: Run, empty: Sandbox, backup: Path):
    arguments = ("plan", "--db-path", backup, "--max-calls", "1", "--json")

    refused, allowed = run(*arguments).json, run(*arguments, "--allow", "calls").json

    assert [(one["name"], one.get("allowed", False)) for one in refused["guards"]] == [
        ("calls", False)
    ]
    assert [(one["name"], one["allowed"]) for one in allowed["guards"]] == [("calls", True)]


def test_guards_follow_the_file(run: Run, prod: Sandbox, backup: Path):
    assert run("apply", "--db-path", backup, "--auto-approve", "-q").code == 0
    for _, dashboard in list_of(prod, "/dashboards/search"):
        prod.looker.call("PATCH", f"/dashboards/{dashboard['id']}", None, {"title": "asdf"})
    for _, look in list_of(prod, "/looks/search"):
        prod.looker.call("PATCH", f"/looks/{look['id']}", None, {"title": f"asdf {look['id']}"})

    def guards() -> list[str]:
        return [one["name"] for one in run("plan", "--db-path", backup, "--json").json["guards"]]

    Path("lookervault-plan.toml").write_text("[guards]\nupdates_share = 0.01")
    assert "updates-share" in guards()
    Path("lookervault-plan.toml").write_text("[guards]\nupdates_share = 1.0")
    assert "updates-share" not in guards()


def list_of(sandbox: Sandbox, path: str):
    status, found = sandbox.looker.call("GET", path, {"sorts": "id"})
    return [(status, each) for each in found]


@pytest.mark.parametrize("format_", ["text", "markdown", "html", "json"])
def test_reports_equal_the_output_of_show(run: Run, empty: Sandbox, backup: Path, format_: str):
    assert run("plan", "--db-path", backup, "-o", "plan.json", "--report", f"{format_}=r").code == 0

    shown = run("show", "plan.json", "--format", format_, "-o", "again")

    assert shown == (0, "", "")
    assert Path("again").read_bytes() == Path("r").read_bytes()
    assert run("show", "plan.json", "--format", format_).out.strip()


def test_show_as_json_is_the_file(run: Run, empty: Sandbox, backup: Path):
    run("plan", "--db-path", backup, "--out", "plan.json")

    text = Path("plan.json").read_text(encoding="utf-8")
    assert run("show", "plan.json", "--json").out == text
    assert run("show", "plan.json", "--format", "json").out == text


def test_show_needs_no_connection_and_tells_all(run: Run, snapshot: SnapshotAssertion):
    plan = a_plan([an_action(name="Revenue"), an_action("skip", "look:7", name="Churn")])
    Path("plan.json").write_bytes(plan_file.encode(plan))

    assert run("show", "plan.json").out == snapshot(name="in short")
    assert run("show", "plan.json", "--verbose").out == snapshot(name="in full")
    assert run("show", "plan.json", "--quiet").out == snapshot(name="summary")


def test_a_narrow_terminal_leaves_the_summary_lines_whole(
    run: Run, empty: Sandbox, backup: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "20")

    out = run("plan", "--db-path", backup).out

    assert re.search(r"^Plan: .* to destroy\.$", out, re.MULTILINE)
    assert re.search(r"^Unchanged: .* API calls: about \d+\.$", out, re.MULTILINE)


def test_no_secret_is_shown_or_saved(run: Run, empty: Sandbox, backup: Path):
    ran = run("plan", "--db-path", backup, "--out", "plan.json", "--verbose", "--debug")

    for text in (ran.out, ran.err, Path("plan.json").read_text(encoding="utf-8")):
        assert empty.client_secret not in text
    assert msgspec.json.decode(Path("plan.json").read_bytes())["source"]["backup"] == "backup.db"


def test_a_plan_that_fails_leaves_no_older_one_behind(run: Run, empty: Sandbox, backup: Path):
    assert run("plan", "--db-path", backup, "--out", "plan.json").code == 0

    assert run("plan", "--db-path", "nowhere.db", "--out", "plan.json").code == 1

    assert not Path("plan.json").exists()


def test_another_file_stays_if_the_plan_fails(run: Run, empty: Sandbox):
    Path("notes.txt").write_text("mine")

    assert run("plan", "--db-path", "nowhere.db", "--out", "notes.txt").code == 1

    assert Path("notes.txt").read_text() == "mine"
