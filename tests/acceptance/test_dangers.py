"""A reviewer finds eight planted dangers in each report of a plan, with nothing else at hand."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookervault_plan.cli.app import main
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.command_line import Planned, Workdir
from tests.acceptance.dangers import DANGERS, plan_with_dangers

REPORTS = {"text": "plan.txt", "md": "plan.md", "html": "plan.html", "terraform-json": "tf.json"}


class Reviewed:
    """The plan, and its reports."""

    def __init__(self, workdir: Workdir, sandbox: Sandbox) -> None:
        options = [
            word for name, file in REPORTS.items() for word in ("--report", f"{name}={file}")
        ]
        self.workdir = workdir
        self.sandbox = sandbox
        self.plan: Planned = plan_with_dangers(workdir, sandbox, *options)

    def report(self, name: str) -> str:
        return (self.workdir.path / REPORTS[name]).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviewed]:
    with Sandbox(seed=3) as sandbox:
        yield Reviewed(Workdir(tmp_path_factory.mktemp("review")), sandbox)


@pytest.mark.parametrize("danger", DANGERS)
@pytest.mark.parametrize("name", ["text", "md", "html"])
def test_each_report_for_people_tells_of_each_danger(reviewed: Reviewed, name: str, danger: str):
    report = reviewed.report(name)

    assert [text for text in DANGERS[danger] if text not in report] == []


def test_the_plan_file_tells_of_each_danger(reviewed: Reviewed):
    document = json.dumps(reviewed.plan.document, ensure_ascii=False)

    told = {
        name: [text for text in texts if text not in document] for name, texts in DANGERS.items()
    }
    # The file has the field of the trash and of the owner; words for them are for people.
    assert told == {name: [] for name in DANGERS} | {
        "dashboard from the trash": ["trash"],
        "owner change": [],
    }


def test_dangerous_items_come_before_ordinary_ones(reviewed: Reviewed):
    text = reviewed.report("text")

    first_update = text.index("\nUpdates ")
    for name in ("Churn by week", "All Users", "eve@outsider.example", "see_sql", "Payroll"):
        assert text.index(name) < first_update


def test_a_refused_plan_ends_with_the_command_that_allows_it(
    reviewed: Reviewed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    for name, value in reviewed.workdir.environment(reviewed.sandbox).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(reviewed.workdir.path)
    words = ["plan", "--db-path", str(reviewed.plan.backup), "--owners", "--out", "a b.json"]
    assert main([*words, "--no-color"]) == 0
    last = capsys.readouterr().err.strip().splitlines()[-1].strip()

    command = shlex.split(last)
    assert command[:2] == ["lookervault-plan", "plan"]
    assert "--owners" in command
    assert main(command[1:]) == 0
    told = capsys.readouterr().err
    assert "will refuse" not in told
    assert "lookervault-plan apply 'a b.json'" in told
    plan = json.loads(Path("a b.json").read_bytes())
    assert all(guard["allowed"] for guard in plan["guards"])


def test_reports_are_written_though_strict_fails(reviewed: Reviewed):
    words = ("plan", "--db-path", reviewed.plan.backup, "--out", "strict.json")
    strict = ("--strict", "--select", "type:look dashboard:999999", "--allow-empty")

    _ = reviewed.workdir.run(
        reviewed.sandbox,
        *words,
        *strict,
        "--report",
        "md=strict.md",
        "--report",
        "gitlab=g.json",
        code=1,
    )

    folder = reviewed.workdir.path
    assert (folder / "strict.md").read_text().startswith("<!-- lookervault-plan -->")
    assert json.loads((folder / "g.json").read_text())["delete"] == 0
    assert not (folder / "strict.json").exists()
