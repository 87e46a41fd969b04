"""What an apply did, and how far a session is."""

from collections.abc import Sequence

import msgspec
from rich.console import Group as Renderables
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lookervault_plan.render.amounts import counted
from lookervault_plan.render.apply.progress import TypeProgress, type_table
from lookervault_plan.render.safe_text import visible
from lookervault_plan.render.summary_lines import apply_headline


def apply_summary_text(
    *,
    is_complete: bool,
    imported: int = 0,
    added: int = 0,
    changed: int = 0,
    destroyed: int = 0,
    failed: int = 0,
    blocked: int = 0,
    stale: int = 0,
    not_tried: int = 0,
    dead_letters: int = 0,
    session: str | None = None,
) -> Text:
    """Terraform's line, then what is left to do and with which command.

    All numbers count items. `not_tried` were never begun: they depend on a failed one, or the
    session was stopped.
    """
    first = apply_headline(
        imported=imported,
        added=added,
        changed=changed,
        destroyed=destroyed,
        is_complete=is_complete,
    )
    text = Text(first, "bold green" if is_complete else "bold red")
    rest = [
        f"{title}: {number:,}."
        for title, number in (
            ("Failed", failed),
            ("Not tried", not_tried),
            ("Blocked", blocked),
            ("Stale", stale),
            ("In the dead letter queue", dead_letters),
        )
        if number
    ]
    if rest:
        _ = text.append(f"\n{' '.join(rest)}", "not bold default")
    for command, purpose in _next_commands(
        has_dead_letters=bool(failed or dead_letters),
        can_resume=bool(not_tried and not failed),
        session=session,
    ):
        _ = text.append(f"\n  {command:<32}", "not bold cyan")
        _ = text.append(f"  {purpose}", "not bold dim")
    return text


def _next_commands(
    *, has_dead_letters: bool, can_resume: bool, session: str | None
) -> list[tuple[str, str]]:
    commands: list[tuple[str, str]] = []
    if has_dead_letters:
        commands += [
            ("lookervault-plan dlq list", "what failed, and why"),
            ("lookervault-plan dlq retry", "try it again, in order"),
        ]
    if can_resume:
        name = f" {visible(session)}" if session else ""
        commands.append((f"lookervault-plan resume{name}", "go on where it stopped"))
    return commands


class SessionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A session as the state knows it. Times are texts, ready to be shown."""

    session: str
    #: `running`, `completed`, `interrupted`, …
    status: str
    destination: str
    backup: str = ""
    plan_id: str = ""
    started_at: str
    ended_at: str | None = None
    types: tuple[TypeProgress, ...] = ()
    dead_letters: int = 0
    can_resume: bool = False

    @property
    def done(self) -> int:
        return sum(one.done for one in self.types)

    @property
    def total(self) -> int:
        return sum(one.total for one in self.types)


_STATUS_STYLES = {"completed": "green", "running": "cyan", "failed": "red"}


def status_text(sessions: Sequence[SessionStatus]) -> RenderableType:
    """One session in full, several as a table, newest as they come."""
    if not sessions:
        return Text("No sessions yet. `lookervault-plan apply` starts one.")
    return _one(sessions[0]) if len(sessions) == 1 else _many(sessions)


def _one(session: SessionStatus) -> Renderables:
    facts = (
        ("Session", session.session),
        ("Status", session.status),
        ("Destination", session.destination),
        ("Backup", session.backup),
        ("Plan", session.plan_id[:12]),
        ("Started", session.started_at),
        ("Ended", session.ended_at or ""),
    )
    lines = [
        Text.assemble((f"{title + ':':<13}", "dim"), visible(value))
        for title, value in facts
        if value
    ]
    blocks: list[RenderableType] = [*lines]
    if session.types:
        blocks += [Text(), type_table(session.types)]
    next_ = _next_commands(
        has_dead_letters=bool(session.dead_letters),
        can_resume=session.can_resume,
        session=session.session,
    )
    if session.dead_letters:
        letters = counted(session.dead_letters, "dead letter")
        blocks += [Text(), Text(f"{letters} in the queue.", "magenta")]
    blocks += [
        Text.assemble((f"  {command:<32}", "cyan"), (f"  {purpose}", "dim"))
        for command, purpose in next_
    ]
    return Renderables(*blocks)


def _many(sessions: Sequence[SessionStatus]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("Session", "Status", "Started", "Destination"):
        table.add_column(title, overflow="fold")
    for title in ("Done", "Dead letters"):
        table.add_column(title, justify="right")
    for one in sessions:
        table.add_row(
            Text(visible(one.session)),
            Text(visible(one.status), _STATUS_STYLES.get(one.status, "yellow")),
            Text(visible(one.started_at)),
            Text(visible(one.destination)),
            Text(f"{one.done:,}/{one.total:,}"),
            Text(f"{one.dead_letters:,}"),
        )
    return table
