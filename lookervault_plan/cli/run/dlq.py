"""Run `dlq` and `restore dlq`: list, show, retry, discard and export dead letters."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.text import Text

from lookervault_plan.cli import exit_code
from lookervault_plan.cli.clock import now
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.consent import agreed, check_askable
from lookervault_plan.cli.input_files import find_backup
from lookervault_plan.cli.next_step import next_step_text
from lookervault_plan.cli.open_backup import open_backup_of
from lookervault_plan.cli.options import Common, ExecutionOptions, LookerOptions
from lookervault_plan.cli.output_files import check_writable, remove_old_plan, write_whole
from lookervault_plan.cli.run.plan import comparing, show_plan
from lookervault_plan.cli.run.session import SessionOptions, carry_out
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import change_state, destination_at, read_state
from lookervault_plan.cli.version import tool_version
from lookervault_plan.errors import failure
from lookervault_plan.plan_file import Plan, encode
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.dead_letters import dead_letter_text, dead_letters_text
from lookervault_plan.state.place import StatePlace
from lookervault_plan.workflows import dlq as workflow
from lookervault_plan.workflows.plan import destination_key, make_plan


def list_letters(
    *, session: str | None, destination: str | None, state: StatePlace, common: Common
) -> int:
    """List the dead letters of a session, or of all sessions."""
    with read_state(state, destination) as remembered:
        letters = [
            workflow.row_of(letter) for letter in workflow.find_letters(remembered, session=session)
        ]
    Screen(common).answer(letters, dead_letters_text(letters))
    return 0


def show(number: int, *, destination: str | None, state: StatePlace, common: Common) -> int:
    """Show one dead letter with its payload, without secrets."""
    with read_state(state, destination) as remembered:
        (letter,) = workflow.find_letters(remembered, [number])
    full = workflow.details_of(letter)
    Screen(common).answer(full, dead_letter_text(full, with_trace=common.debug))
    return 0


def retry(
    numbers: Sequence[int],
    *,
    session: str | None,
    db_path: Path | None,
    state: StatePlace,
    auto_approve: bool,
    execution: ExecutionOptions,
    looker: LookerOptions,
    common: Common,
    out: Path | None = None,
    out_mode: int = 0o600,
    allow: tuple[str, ...] = (),
    failures_are_ok: bool = False,
) -> int:
    """Plan anew for the items of these letters, and apply that; return the exit code.

    Ask first if the new plan differs from the reviewed one, unless `auto_approve` is set. With
    `out`, write the plan to that file and apply nothing.
    """
    screen = Screen(common)
    if out is not None:
        check_writable(out)
        remove_old_plan(out)
    destination = destination_at(state, looker, screen)
    with read_state(state, destination) as remembered:
        again = workflow.letters_to_retry(remembered, numbers, session)
        recorded = Path(again.session.backup_path)
        backup_path = find_backup(recorded.name, [recorded.parent, Path()], db_path)
        with (
            open_backup_of(again.reviewed[0], backup_path) as backup,
            connected(looker, screen) as client,
        ):
            workflow.check_backup_of(again, backup.fingerprint)
            workflow.check_destination_of(again, destination_key(client, client.versions()))
            request = workflow.request_of_retry(
                again, created_at=now(), tool_version=tool_version(), allow=allow
            )
            with comparing(screen, backup, client):
                plan = make_plan(backup, client, remembered, request)
            if out is not None:
                _save(screen, out, plan, out_mode)
                return 0
            if plan.writing:
                changed = workflow.changed_since_review(again, plan)
                if changed and not auto_approve:
                    _ask(screen, plan, changed)
                options = SessionOptions(
                    state=state,
                    execution=execution,
                    plan_is_saved=False,
                    failures_are_ok=failures_are_ok,
                )
                return carry_out(screen, plan, backup=backup, client=client, options=options)
    with change_state(state, destination) as remembered:
        discarded = workflow.discard_unchanged(remembered, again, plan)
    left = len(again.letters) - discarded
    _show_nothing_to_write(screen, plan, discarded=discarded, left=left)
    return exit_code.of_failures(bool(left), dlq_ok=execution.dlq_ok)


def discard(
    numbers: Sequence[int],
    *,
    session: str | None,
    all_: bool,
    destination: str | None,
    state: StatePlace,
    common: Common,
) -> int:
    """Remove these letters, those of a session, or all letters from the queue."""
    if not (numbers or session or all_):
        raise failure(
            "usage",
            "no items to discard were given",
            fix="pass IDs of `dlq list`, --session ID, or --all",
        )
    with change_state(state, destination) as remembered:
        letters = workflow.find_letters(remembered, numbers, session)
        discarded = remembered.discard(letter.number for letter in letters)
    text = Text(f"Discarded {counted(discarded, 'dead letter')}.")
    Screen(common).answer({"discarded": discarded}, text)
    return 0


def export(
    numbers: Sequence[int],
    *,
    session: str | None,
    out: Path | None,
    destination: str | None,
    state: StatePlace,
    common: Common,
) -> int:
    """Write letters with their payloads as a JSON array, to stdout or to a file."""
    if out:
        check_writable(out)
    with read_state(state, destination) as remembered:
        letters = [
            workflow.details_of(letter)
            for letter in workflow.find_letters(remembered, numbers, session)
        ]
    data = msgspec.json.format(msgspec.json.encode(letters), indent=2) + b"\n"
    screen = Screen(common)
    if out is None:
        screen.write(data)
        return 0
    write_whole(out, data, mode=0o600)
    facts = {"exported": len(letters), "file": str(out)}
    screen.answer(facts, Text(f"Wrote {counted(len(letters), 'dead letter')} to {out}."))
    return 0


def _save(screen: Screen, out: Path, plan: Plan, mode: int) -> None:
    write_whole(out, encode(plan), mode=mode)
    if screen.common.json:
        screen.write(encode(plan))
    else:
        show_plan(screen, plan)
        screen.note(next_step_text(out, plan))


def _ask(screen: Screen, plan: Plan, changed: tuple[str, ...]) -> None:
    """Show the plan and ask. Raise Refused unless the answer is yes."""
    check_askable(
        screen,
        f"what has to be done is not what was reviewed ({', '.join(changed[:5])})",
        save="--out",
    )
    show_plan(screen, plan)
    _ = agreed(screen, plan, asks=True)


def _show_nothing_to_write(screen: Screen, plan: Plan, *, discarded: int, left: int) -> None:
    """Say how many items need nothing any more. The others are blocked: show the plan."""
    if left and not screen.common.json:
        show_plan(screen, plan)
    matches = "matches" if discarded == 1 else "match"
    text = Text(
        f"{counted(discarded, 'item')} already {matches} and "
        f"{'was' if discarded == 1 else 'were'} removed from the queue; {left:,} "
        f"{'remains' if left == 1 else 'remain'}."
    )
    screen.answer({"settled": discarded, "left": left}, text)
