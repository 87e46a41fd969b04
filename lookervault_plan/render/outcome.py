"""Show what a session came to, and how far sessions are."""

from collections.abc import Mapping, Sequence

import msgspec
from rich.console import Group as Renderables
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lookervault_plan.errors import Diagnostic
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.apply.progress import TypeProgress, type_table
from lookervault_plan.render.safe_text import visible
from lookervault_plan.render.summary_lines import apply_headline
from lookervault_plan.steps.read_back import FieldNotStored

#: Lines of a list that are shown before the rest is only counted.
_LINES_SHOWN = 20


class BlockedItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item, or a part of one, that the plan left out."""

    address: str
    name: str
    #: As in `tile "Revenue"`; "" for the item itself.
    part: str = ""
    why: str
    #: What to do; "" if nothing is known.
    fix: str = ""


class BrokenContent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Content that does not work, as Looker's content validation says."""

    #: As in `dashboard 12 "Sales"`, with the id in the destination.
    item: str
    #: As in `tile "Revenue"`; "" for the item itself.
    part: str = ""
    messages: tuple[str, ...] = ()


class ContentCheck(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What Looker's content validation found in the folders that were changed."""

    folders: int
    broken: tuple[BrokenContent, ...] = ()
    #: Why it was not done, as in `403 GET /content_validation`; "" if it was.
    refused: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, tag="session"):
    """The last line: what the session has come to, earlier runs of it included."""

    session: str
    #: Numbers of items from here to `left`. Imported: ids remembered without a request.
    imported: int
    added: int
    changed: int
    destroyed: int
    failed: int
    blocked: int
    #: Never begun, since they depend on an item that failed.
    not_tried: int
    #: Never begun or not finished, since the session was stopped.
    left: int
    #: Requests sent to Looker.
    calls: int
    #: The session stopped because as many items failed as --max-dlq-size allows.
    dlq_is_full: bool
    #: Dead letters of this session in the queue.
    dead_letters: int
    #: Addresses that --skip-stale left out, and a line for each change found.
    stale: tuple[str, ...]
    stale_details: tuple[str, ...]
    not_stored: tuple[FieldNotStored, ...]
    #: Items that are done -> failed items to which their links were left as they were.
    unlinked: Mapping[str, tuple[str, ...]] = {}
    blocked_items: tuple[BlockedItem, ...] = ()
    #: None: --check-content was not asked for.
    content_check: ContentCheck | None = None

    @property
    def is_incomplete(self) -> bool:
        """Whether an item failed, was blocked, is stale or is left over."""
        return bool(self.failed or self.blocked or self.not_tried or self.left or self.stale)

    @property
    def headline(self) -> str:
        """Terraform's line: what was added, changed and destroyed."""
        return apply_headline(
            imported=self.imported,
            added=self.added,
            changed=self.changed,
            destroyed=self.destroyed,
            is_complete=not self.is_incomplete,
        )


def outcome_text(outcome: Outcome, *, names_resume: bool = True) -> Text:
    """Show the headline, the numbers of items that need a hand, and the commands for them.

    Without `names_resume` an error that follows names the command to go on with.
    """
    text = Text(outcome.headline, "bold red" if outcome.is_incomplete else "bold green")
    not_tried = outcome.not_tried + outcome.left
    counts = [
        f"{title}: {number:,}."
        for title, number in (
            ("Failed", outcome.failed),
            ("Not tried", not_tried),
            ("Blocked", outcome.blocked),
            ("Stale", len(outcome.stale)),
            ("In the dead letter queue", outcome.dead_letters),
            ("API calls", outcome.calls),
        )
        if number
    ]
    if counts:
        _ = text.append(f"\n{' '.join(counts)}", "not bold default")
    for command, purpose in _next_commands(
        has_dead_letters=bool(outcome.failed or outcome.dead_letters),
        can_resume=bool(names_resume and not_tried and not outcome.failed),
        session=outcome.session,
    ):
        _ = text.append(f"\n  {command:<32}", "not bold cyan")
        _ = text.append(f"  {purpose}", "not bold dim")
    return text


def outcome_warnings(outcome: Outcome) -> list[Diagnostic]:
    """Warn of stale items, of values that Looker did not take, and of links left as they were."""
    warnings: list[Diagnostic] = []
    if outcome.stale:
        warnings.append(stale_warning(outcome.stale, outcome.stale_details))
    if outcome.blocked_items:
        warnings.append(
            Diagnostic(
                severity="warning",
                code="apply.blocked",
                summary=f"left out, since the plan says they are blocked: "
                f"{len(outcome.blocked_items):,}",
                detail=_cut(blocked_lines(outcome)),
                fix="`lookervault-plan plan` says for each what would unblock it",
            )
        )
    if outcome.content_check is not None:
        warnings += _content_warnings(outcome.content_check)
    if outcome.not_stored:
        warnings.append(
            Diagnostic(
                severity="warning",
                code="apply.not-stored",
                summary=f"values that Looker stored differently: {len(outcome.not_stored):,}",
                detail=_cut(not_stored_lines(outcome)),
                fix="make a new plan to see what still differs",
            )
        )
    if outcome.unlinked:
        warnings.append(
            Diagnostic(
                severity="warning",
                code="apply.unlinked",
                summary=f"items whose links to failed items were left as is: "
                f"{len(outcome.unlinked):,}",
                detail=_cut(unlinked_lines(outcome)),
                fix="plan and apply again once those items exist",
            )
        )
    return warnings


def _content_warnings(check: ContentCheck) -> list[Diagnostic]:
    checked = counted(check.folders, "changed folder")
    if check.refused:
        return [
            Diagnostic(
                severity="warning",
                code="apply.content-unchecked",
                summary=f"Looker did not validate the content of {checked}",
                detail=check.refused,
                fix="give the user of the API key the permission develop, or look at the content",
            )
        ]
    if not check.broken:
        return []
    number = counted(len(check.broken), "tile, filter or look", "tiles, filters or looks")
    verb = "does" if len(check.broken) == 1 else "do"
    return [
        Diagnostic(
            severity="warning",
            code="apply.broken-content",
            summary=f"{number} of {checked} {verb} not work",
            detail=_cut([_broken_line(each) for each in check.broken]),
            fix="deploy the LookML that they need, or map models and explores in remaps.yml",
        )
    ]


def _broken_line(broken: BrokenContent) -> str:
    where = f"{broken.item}, {broken.part}" if broken.part else broken.item
    return f"{where}: {'; '.join(broken.messages)}"


def not_stored_lines(outcome: Outcome) -> list[str]:
    """Name the item, the part and the field of each value that Looker did not take as sent."""
    return [
        f"{each.address}{f' {each.part}' if each.part else ''}: {each.path or 'all of it'}"
        for each in outcome.not_stored
    ]


def blocked_lines(outcome: Outcome) -> list[str]:
    """Name each blocked item or part, and the reason."""
    return [
        f"{each.address}{f' {each.part}' if each.part else ''}: {each.why}"
        for each in outcome.blocked_items
    ]


def unlinked_lines(outcome: Outcome) -> list[str]:
    """Name each item with links left as they were, and the failed items they lead to."""
    return [f"{address}: {', '.join(ends)}" for address, ends in sorted(outcome.unlinked.items())]


def stale_warning(addresses: Sequence[str], details: Sequence[str]) -> Diagnostic:
    """Warn of items left out because the destination has changed since the plan."""
    return Diagnostic(
        severity="warning",
        code="apply.stale",
        summary=f"items skipped because they changed after the plan was made: {len(addresses):,}",
        detail="\n".join([", ".join(addresses[:_LINES_SHOWN]), *details[:_LINES_SHOWN]]),
        fix="make a new plan to include these changes",
    )


def queue_full_warning(outcome: Outcome, *, limit: int, resume: str) -> Diagnostic:
    """Warn that the dead letter queue is full. `resume` is the command that goes on."""
    have = "has" if outcome.failed == 1 else "have"
    failed = f"{counted(outcome.failed, 'item')} {have} failed"
    if outcome.not_tried:
        failed += f", {counted(outcome.not_tried, 'item')} with them"
    if outcome.blocked:
        failed += f", {outcome.blocked:,} blocked"
    fix = "`lookervault-plan dlq list` shows what failed"
    return Diagnostic(
        severity="warning",
        code="apply.queue-full",
        summary=f"{'stopped: ' * bool(outcome.left)}{failed}; --max-dlq-size allows {limit:,}",
        detail=f"left: {counted(outcome.left, 'item')}" if outcome.left else "no items are left",
        fix=f"{fix}; `{resume}` continues with the rest" if outcome.left else fix,
    )


def _cut(lines: Sequence[str]) -> str:
    """Join the first lines, and count the rest."""
    rest = [f"… and {len(lines) - _LINES_SHOWN:,} more"] if lines[_LINES_SHOWN:] else []
    return "\n".join([*lines[:_LINES_SHOWN], *rest])


def _next_commands(
    *, has_dead_letters: bool, can_resume: bool, session: str | None
) -> list[tuple[str, str]]:
    commands: list[tuple[str, str]] = []
    if has_dead_letters:
        commands += [
            ("lookervault-plan dlq list", "list failed items"),
            ("lookervault-plan dlq retry", "retry failed items"),
        ]
    if can_resume:
        name = f" {visible(session)}" if session else ""
        commands.append((f"lookervault-plan resume{name}", "continue where it stopped"))
    return commands


class SessionProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A session as `status` shows it. Times are ISO 8601 in UTC."""

    session: str
    #: `running`, `completed`, `incomplete`, `interrupted`, `failed` or `killed`.
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


def status_text(sessions: Sequence[SessionProgress]) -> RenderableType:
    """Show one session in full, and several as a table in the given order."""
    if not sessions:
        return Text("No sessions yet. Start one with `lookervault-plan apply`.")
    return _one(sessions[0]) if len(sessions) == 1 else _many(sessions)


def _one(session: SessionProgress) -> Renderables:
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


def _many(sessions: Sequence[SessionProgress]) -> Table:
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
