"""Who may read what the program writes, and what it always warns of."""

import json
import stat
from pathlib import Path

import pytest

from lookervault_plan.plan_file import plan_id_of
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run


def mode_of(name: str) -> int:
    return stat.S_IMODE(Path(name).stat().st_mode)


def test_nobody_else_reads_a_plan_file(run: Run, empty: Sandbox, backup: Path):
    Path("plan.json").write_text("an old one")
    Path("plan.json").chmod(0o644)
    files = ("--out", "plan.json", "--report", "json=r.json", "--report", "markdown=r.md")

    assert run("plan", "--db-path", backup, *files).code == 0
    assert run("show", "plan.json", "--format", "json", "--out", "copy.json").code == 0

    assert [mode_of(name) for name in ("plan.json", "r.json", "copy.json")] == [0o600] * 3
    assert mode_of("r.md") & 0o044


def test_out_mode_says_who_else_reads_it(run: Run, prod: Sandbox, backup: Path):
    assert run("plan", "--db-path", backup, "--out", "plan.json", "--out-mode", "640").code == 0

    assert mode_of("plan.json") == 0o640


@pytest.mark.parametrize("mode", ["rw", "888", "077", "1"])
def test_an_odd_out_mode_is_refused(run: Run, backup: Path, mode: str):
    ran = run("plan", "--db-path", backup, "--out", "plan.json", "--out-mode", mode)

    assert ran.code == 1
    assert "--out-mode" in ran.err


def test_a_state_that_others_can_read_is_warned_of(run: Run, prod: Sandbox, backup: Path):
    state = Path("my state.db")
    plan = ("plan", "--db-path", backup, "--state", str(state))
    run("apply", "--db-path", backup, "--state", str(state), "--auto-approve")
    assert "others can read" not in run(*plan).err
    state.chmod(0o640)

    for words in (plan, ("status", "--state", str(state), "--quiet"), (*plan, "--json")):
        ran = run(*words)
        assert "others can read the state my state.db" in ran.err
        assert "chmod 600 'my state.db'" in ran.err


def test_no_check_of_the_certificate_is_always_warned_of(
    run: Run, empty: Sandbox, backup: Path, monkeypatch: pytest.MonkeyPatch
):
    assert "verify_ssl" not in run("plan", "--db-path", backup).err
    monkeypatch.setenv("LOOKERSDK_VERIFY_SSL", "false")

    for options in ((), ("--quiet",), ("--json",)):
        assert "verify_ssl=false" in run("plan", "--db-path", backup, *options).err


@pytest.mark.parametrize("name", ["/etc/backup.db", "../backup.db", "a\\b.db", "..", ""])
def test_a_plan_can_not_name_a_path_as_its_backup(
    run: Run, empty: Sandbox, backup: Path, name: str
):
    run("plan", "--db-path", backup, "--out", "plan.json")
    plan = json.loads(Path("plan.json").read_text())
    plan["source"]["backup"] = name
    plan["plan_id"] = plan_id_of(plan)
    Path("plan.json").write_text(json.dumps(plan))

    for words in (("apply", "plan.json"), ("apply", "plan.json", "--db-path", backup)):
        ran = run(*words)
        assert ran.code == 4
        assert "names a path as its backup" in ran.err
