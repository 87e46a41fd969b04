"""Run `doctor`, and `doctor --probe`."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Group
from rich.text import Text

from lookervault_plan.cli.clock import new_token, now
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.options import Common, LookerOptions
from lookervault_plan.cli.output_files import check_writable, write_whole
from lookervault_plan.cli.screen import Screen
from lookervault_plan.errors import Exit, failure
from lookervault_plan.looker.client import Client
from lookervault_plan.render.examination import Examination, examination_text
from lookervault_plan.render.findings import Finding, answers_of, findings_table
from lookervault_plan.state.findings import (
    Answers,
    findings_path,
    keep_findings,
    read_findings,
    record_path,
)
from lookervault_plan.state.place import StatePlace
from lookervault_plan.workflows.doctor import examine
from lookervault_plan.workflows.open_questions import answer_questions
from lookervault_plan.workflows.plan import destination_key


def doctor(
    *,
    probe: bool,
    folder: str | None,
    out: Path | None,
    state: StatePlace,
    looker: LookerOptions,
    common: Common,
) -> int:
    """Examine the instance, and with `probe` try things out; return the exit code."""
    if probe and not folder:
        raise failure(
            "usage",
            "--probe needs a folder to work in",
            fix="name one in which the API user may save content: --folder ID",
        )
    if out:
        check_writable(out)
    screen = Screen(common)
    with connected(looker, screen) as client:
        with screen.working(f"Examining {client.connection.base_url}"):
            found = examine(client)
        findings = _probed(client, found, folder, state, screen) if probe and folder else ()
        kept = read_findings(state.beside).get(destination_key(client, client.versions()))
    facts = {**msgspec.structs.asdict(found), "findings": findings, "kept": kept}
    if out:
        report = _report(found, findings)
        write_whole(out, msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    texts = [examination_text(found)]
    if findings:
        texts += [Text(), findings_table(findings)]
    if kept:
        text = (
            f"Plans take into account what --probe found out at {kept.at} on Looker "
            f"{kept.looker_version}. It is kept in {findings_path(state.beside)}."
        )
        texts += [Text(), Text(text)]
    if out:
        texts += [Text(), Text(f"The report is in {out}.")]
    screen.answer(facts, Group(*texts))
    return Exit.OK


def _probed(
    client: Client, found: Examination, folder: str, state: StatePlace, screen: Screen
) -> tuple[Finding, ...]:
    """Ask all open questions, and keep the answers."""
    with screen.counting(f"Probing {client.connection.base_url}") as show_count:
        asked: list[str] = []

        def tell(name: str) -> None:
            asked.append(name)
            show_count("questions", len(asked))

        findings = answer_questions(
            client, record_path(state.beside), folder=folder, token=new_token(), tell=tell
        )
    answers = Answers(looker_version=found.looker_version, at=now(), answers=answers_of(findings))
    _ = keep_findings(state.beside, destination_key(client, client.versions()), answers)
    return findings


def _report(found: Examination, findings: Sequence[Finding]) -> dict[str, object]:
    """Leave out of the report what names the instance or a person."""
    facts = msgspec.structs.asdict(found)
    for name in ("instance", "user", "user_id"):
        del facts[name]
    return {**facts, "findings": findings}
