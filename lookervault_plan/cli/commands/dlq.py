"""`dlq`: the dead letter queue."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.docstring import paragraphs
from lookervault_plan.cli.options import (
    COMMON,
    DEFAULT_STATE,
    EXECUTION,
    LOOKER,
    BackupFile,
    Common,
    ExecutionOptions,
    LookerOptions,
    StateFile,
    known_guards,
)

if TYPE_CHECKING:
    from lookervault_plan.cli.screen import Screen
    from lookervault_plan.plan_file import Plan

app = App(
    name="dlq",
    help="What could not be applied, and why; and trying it again.",
    group_parameters=Group("Options", sort_key=0),
)

Session = Annotated[str | None, Parameter(metavar="ID")]


def list_(
    *, session: Session = None, state: StateFile = DEFAULT_STATE, common: Common = COMMON
) -> int:
    """List what could not be applied.

    Parameters
    ----------
    session
        Only what failed in this session.
    state
        The database that keeps the queue.
    common
        Shared options.

    """
    import msgspec  # noqa: PLC0415

    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.render.dead_letters import dead_letters_text  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.dlq import brief, find_letters  # noqa: PLC0415

    with open_state(state, readonly=True) as remembered:
        letters = [brief(letter) for letter in find_letters(remembered, session=session)]
    screen = Screen(common)
    if common.json:
        screen.write(msgspec.json.encode(letters) + b"\n")
    else:
        screen.show(dead_letters_text(letters))
    return 0


def show(id_: int, /, *, state: StateFile = DEFAULT_STATE, common: Common = COMMON) -> int:
    """Show all that is known of one failure.

    The error, the step and the payload that failed. Secrets are left out.

    Parameters
    ----------
    id_
        Its number, as `dlq list` shows it.
    state
        The database that keeps the queue.
    common
        Shared options.

    """
    import msgspec  # noqa: PLC0415

    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.render.dead_letters import dead_letter_text  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.dlq import find_letters, in_full  # noqa: PLC0415

    with open_state(state, readonly=True) as remembered:
        (letter,) = find_letters(remembered, [id_])
    screen = Screen(common)
    if common.json:
        screen.write(msgspec.json.encode(in_full(letter)) + b"\n")
    else:
        screen.show(dead_letter_text(in_full(letter)))
    return 0


def retry(
    *ids: int,
    session: Session = None,
    db_path: BackupFile | None = None,
    state: StateFile = DEFAULT_STATE,
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    auto_approve: bool = False,
    allow: Annotated[
        tuple[str, ...],
        Parameter(metavar="GUARD", negative=(), show_default=False, validator=known_guards),
    ] = (),
    execution: ExecutionOptions = EXECUTION,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Try again what could not be applied.

    Plans anew for these items, those that were left out because of them included, and carries
    that out in order. If the new plan says something else than the one that was reviewed, it is
    shown and you are asked. What succeeds leaves the queue.

    Parameters
    ----------
    ids
        Numbers, as `dlq list` shows them; everything if left out.
    session
        What failed in this session.
    db_path
        The backup, if it is not where it was.
    state
        The database that keeps the queue.
    out
        Write the new plan to this file, for review and `lookervault-plan apply`, and change
        nothing.
    auto_approve
        Don't ask. Never read from a file.
    allow
        Accept what this guard warns of, beside those of the reviewed plan.
    execution, looker, common
        Shared options.

    """
    from lookervault_plan.backup.reader import open_backup  # noqa: PLC0415
    from lookervault_plan.cli.app import tool_version  # noqa: PLC0415
    from lookervault_plan.cli.connect import connected, now  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.cli.session import carry_out, find_backup  # noqa: PLC0415
    from lookervault_plan.errors import Exit  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows import dlq as work  # noqa: PLC0415
    from lookervault_plan.workflows.plan import destination_key, make_plan  # noqa: PLC0415

    screen = Screen(common)
    with open_state(state, readonly=True) as remembered:
        wanted = work.retry_of(remembered, ids, session)
        was = Path(wanted.session.backup_path)
        place = find_backup(was.name, [was.parent, Path()], db_path)
        with open_backup(place) as backup, connected(looker, screen) as client:
            work.check_backup_of(wanted, backup.fingerprint)
            if wrong := work.check_destination_of(
                wanted, destination_key(client, client.versions())
            ):
                raise wrong
            request = work.retry_request(
                wanted, created_at=now(), tool_version=tool_version(), allow=allow
            )
            with screen.working(f"Comparing {backup.name} with {client.connection.base_url}"):
                plan = make_plan(backup, client, remembered, request)
            if out is not None:
                _write(screen, out, plan)
                return 0
            if plan.writing:
                _agree(screen, plan, work.differing(wanted, plan), auto_approve=auto_approve)
                return carry_out(
                    screen,
                    plan,
                    backup=backup,
                    client=client,
                    state=state,
                    execution=execution,
                )
    with open_state(state) as remembered:
        gone = work.settled(remembered, wanted, plan)
    left = len(wanted.letters) - gone
    _tell_idle(screen, plan, gone=gone, left=left)
    return Exit.INCOMPLETE if left and not execution.dlq_ok else Exit.OK


def discard(
    *ids: int,
    session: Session = None,
    all_: Annotated[bool, Parameter(name="--all")] = False,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Take items out of the queue without trying them again.

    Parameters
    ----------
    ids
        Numbers, as `dlq list` shows them.
    session
        All that failed in this session.
    all_
        Everything.
    state
        The database that keeps the queue.
    common
        Shared options.

    """
    import msgspec  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.errors import failure  # noqa: PLC0415
    from lookervault_plan.render.amounts import counted  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.dlq import find_letters  # noqa: PLC0415

    if not (ids or session or all_):
        raise failure(
            "usage",
            "nothing says what to discard",
            fix="name letters by number, a session with --session, or everything with --all",
        )
    with open_state(state) as remembered:
        letters = find_letters(remembered, ids, session)
        gone = remembered.discard(letter.number for letter in letters)
    screen = Screen(common)
    if common.json:
        screen.write(msgspec.json.encode({"discarded": gone}) + b"\n")
    else:
        screen.show(Text(f"Discarded {counted(gone, 'dead letter')}."))
    return 0


def export(
    *ids: int,
    session: Session = None,
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Write letters as JSON, payloads included.

    An array of objects, on stdout or to a file. Secrets are left out.

    Parameters
    ----------
    ids
        Numbers, as `dlq list` shows them; everything if left out.
    session
        What failed in this session.
    out
        Write to this file.
    state
        The database that keeps the queue.
    common
        Shared options.

    """
    import msgspec  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from lookervault_plan.cli.files import check_writable, write_whole  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.render.amounts import counted  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.dlq import find_letters, in_full  # noqa: PLC0415

    if out:
        check_writable(out)
    with open_state(state, readonly=True) as remembered:
        letters = [in_full(letter) for letter in find_letters(remembered, ids, session)]
    data = msgspec.json.format(msgspec.json.encode(letters), indent=2) + b"\n"
    screen = Screen(common)
    if out is None:
        screen.write(data)
        return 0
    write_whole(out, data)
    if common.json:
        screen.write(msgspec.json.encode({"exported": len(letters), "file": str(out)}) + b"\n")
    else:
        screen.show(Text(f"Wrote {counted(len(letters), 'dead letter')} to {out}."))
    return 0


def _write(screen: "Screen", out: Path, plan: "Plan") -> None:
    from lookervault_plan.cli.files import check_writable, write_whole  # noqa: PLC0415
    from lookervault_plan.cli.plans import saved_text, show_plan  # noqa: PLC0415
    from lookervault_plan.plan_file import encode  # noqa: PLC0415

    check_writable(out)
    write_whole(out, encode(plan))
    if screen.common.json:
        screen.write(encode(plan))
    else:
        show_plan(screen, plan)
        screen.note(saved_text(out, plan))


def _agree(screen: "Screen", plan: "Plan", others: tuple[str, ...], *, auto_approve: bool) -> None:
    """Ask where the new plan is not the reviewed one; raise Refused without a yes."""
    from lookervault_plan.cli.consent import agreed, check_askable  # noqa: PLC0415
    from lookervault_plan.cli.plans import show_plan  # noqa: PLC0415

    if not others or auto_approve:
        return
    check_askable(
        screen,
        f"what has to be done is not what was reviewed ({', '.join(others[:5])})",
        save="--out",
    )
    show_plan(screen, plan)
    _ = agreed(screen, plan, asks=True)


def _tell_idle(screen: "Screen", plan: "Plan", *, gone: int, left: int) -> None:
    """Nothing could be written: all is right already, or blocked."""
    import msgspec  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from lookervault_plan.cli.plans import show_plan  # noqa: PLC0415
    from lookervault_plan.render.amounts import counted  # noqa: PLC0415

    if screen.common.json:
        screen.write(msgspec.json.encode({"settled": gone, "left": left}) + b"\n")
        return
    if left:
        show_plan(screen, plan)
    screen.show(Text(f"{counted(gone, 'item')} needed nothing any more. Left: {left}."))


for _function, _name in (
    (list_, "list"),
    (show, "show"),
    (retry, "retry"),
    (discard, "discard"),
    (export, "export"),
):
    _ = app.command(_function, name=_name, help=paragraphs(_function))
