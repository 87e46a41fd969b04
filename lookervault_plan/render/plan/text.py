"""A plan on a terminal. Signs carry the meaning; colour only helps."""

from collections.abc import Iterator, Sequence

from rich.console import Group as Renderables
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lookervault_plan.plan_file import Guard, Plan, Skip
from lookervault_plan.render.action_styles import ACTIONS
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.diagnostics import planned_diagnostic_text
from lookervault_plan.render.lines import Line, first_lines
from lookervault_plan.render.plan.action_lines import Shown, action_line, import_line
from lookervault_plan.render.plan.change_lines import DetailLimits
from lookervault_plan.render.plan.view import (
    COUNT_COLUMNS,
    SHORT_PLAN,
    UNKNOWN_VERSION,
    PlanView,
    RiskGroup,
    needs_allow_hint,
    view_of,
)
from lookervault_plan.render.safe_text import visible
from lookervault_plan.render.shorten import clip
from lookervault_plan.render.summary_lines import NO_CHANGES
from lookervault_plan.render.terminal import SIGN_STYLES, HangingLines, heading, indented_tree, note

#: Items listed without `verbose`, and how many of each risk at least.
_ITEMS_SHOWN, _ITEMS_OF_A_RISK = 200, 20
#: A plan with more actions, skips aside, is long: it shows less of each and a table of counts.
_SCREENFUL = 20
#: Lines of the tree of blocked items without `verbose`.
_BLOCKED_SHOWN = 60
#: Imports listed without `verbose`.
_IMPORTS_SHOWN = 6
#: Diagnostics of one code without `verbose`.
_DIAGNOSTICS_SHOWN = 6
#: Notes of one code without `verbose`.
_NOTES_SHOWN = 6
#: Terminal cells that indentation and signs take.
_MARGIN = 14


def plan_text(plan: Plan, *, verbose: bool = False, width: int = 80) -> Renderables:
    """Show a plan in `width` terminal cells.

    `verbose` adds unchanged items, every part and every line of a difference. A plan of few items
    shows every part and line anyway.
    """
    room = max(width - _MARGIN, 24)
    if verbose or _size(plan) <= SHORT_PLAN:
        limits = DetailLimits.none(room)
    elif _is_long(plan):
        limits = DetailLimits(width=room, diff_lines=6, changes=8, parts=8)
    else:
        limits = DetailLimits(width=room)
    return Renderables(*_blocks(view_of(plan, with_skips=verbose), limits, verbose=verbose))


def _size(plan: Plan) -> int:
    return sum(not isinstance(action, Skip) for action in plan.actions)


def _is_long(plan: Plan) -> bool:
    return _size(plan) > _SCREENFUL


def _blocks(view: PlanView, limits: DetailLimits, *, verbose: bool) -> Iterator[RenderableType]:
    yield from _origin(view)
    if view.groups or view.blocked:
        yield Text()
        yield _legend(view)
    yield from _blocked(view, limit=None if verbose else _BLOCKED_SHOWN)
    shown = Shown(limits, view.imported, frozenset[str]() if verbose else view.folded_links)
    yield from _changes(view.groups, shown, limit=None if verbose else _ITEMS_SHOWN)
    yield from _imports(view, limit=None if verbose else _IMPORTS_SHOWN)
    for diagnostics in view.diagnostics:
        shown_here = diagnostics if verbose else diagnostics[:_DIAGNOSTICS_SHOWN]
        yield Text()
        left = len(diagnostics) - len(shown_here)
        yield planned_diagnostic_text(shown_here[0], also=shown_here[1:], more=left)
    yield from _guards(view)
    if _is_long(view.plan):
        yield Text()
        yield _table(view)
    yield Text()
    if view.skip_notes:
        yield HangingLines([(Text(), Text(f"Left alone: {'; '.join(view.skip_notes)}."))])
    yield _unbroken(Text(view.headline, "bold green" if view.headline == NO_CHANGES else "bold"))
    yield _unbroken(Text(view.counts_line))
    if view.parts_line:
        yield _unbroken(Text(view.parts_line))
    yield from _notes(view, verbose=verbose)


def _unbroken(line: Text) -> Text:
    """Keep a line whole on the narrowest terminal: other tools read it."""
    line.no_wrap, line.overflow = True, "ignore"
    return line


def _origin(view: PlanView) -> Iterator[RenderableType]:
    source, destination = view.plan.source, view.plan.destination
    when = f", synced {visible(source.synced_at)}" if source.synced_at else ""
    if source.as_of:
        when = f", as of {visible(source.as_of)} (snapshot {source.snapshot}){when}"
    of = f" of {visible(source.instance)}" if source.instance else ""
    version = f" (Looker {visible(destination.looker_version or UNKNOWN_VERSION)})"
    rows = [
        ("Backup:", Text(f"{visible(source.backup)}{of}{when}")),
        ("Destination:", Text(visible(destination.instance)).append(version, "dim")),
    ]
    if view.selected:
        rows.append(("Selected:", Text(visible(", ".join(view.selected)))))
    yield HangingLines([(Text(f"{title:<13}", "dim"), text) for title, text in rows])


def _legend(view: PlanView) -> HangingLines:
    used = {action.verb for group in view.groups for action in group.actions}
    used |= {action.verb for action in view.plan.actions} - {"skip"}
    text = Text("Actions: ", "dim")
    rows = [row for name, row in ACTIONS.items() if name in used]
    for number, row in enumerate(rows):
        _ = text.append("   " if number else "").append(row.sign, SIGN_STYLES[row.sign])
        _ = text.append(f" {row.verb}", "not bold dim")
    return HangingLines([(Text(), text)])


def _changes(
    groups: Sequence[RiskGroup], shown: Shown, limit: int | None
) -> Iterator[RenderableType]:
    left = sum(len(group.actions) for group in groups) if limit is None else limit
    total = 0
    for group in groups:
        number = min(len(group.actions), max(left, _ITEMS_OF_A_RISK))
        left -= number
        yield Text()
        yield heading(group.title, group.phrase)
        for place, action in enumerate(group.actions[:number]):
            if place:
                yield Text()
            yield indented_tree([action_line(action, shown)])
        if hidden := len(group.actions) - number:
            yield note(f"  … and {counted(hidden, 'more item')}")
            total += hidden
    if total:
        yield Text()
        how = "`lookervault-plan show PLAN --verbose` or `--format html` shows all"
        yield note(f"{counted(total, 'item')} not shown; {how}.")


def _blocked(view: PlanView, limit: int | None) -> Iterator[RenderableType]:
    if not view.blocked:
        return
    shown, left = (view.blocked, 0) if limit is None else first_lines(view.blocked, limit)
    yield Text()
    yield heading("Blocked", "apply skips these items")
    yield indented_tree(shown)
    if left:
        yield note(f"  … and {left:,} more")


def _imports(view: PlanView, limit: int | None) -> Iterator[RenderableType]:
    if not view.imports:
        return
    shown = view.imports[:limit]
    yield Text()
    yield heading("Imports", "items found in the destination that the state does not know yet")
    yield indented_tree(map(import_line, shown))
    if left := len(view.imports) - len(shown):
        yield note(f"  … and {left:,} more")


def _guards(view: PlanView) -> Iterator[RenderableType]:
    if not view.guards:
        return
    verdict = f"apply will refuse this plan: {counted(view.refusing, 'guard')} not allowed"
    yield Text()
    yield heading("Guards", verdict if view.refusing else "all of them were allowed")
    yield indented_tree(map(_guard_line, view.plan.guards))


def _guard_line(guard: Guard) -> Line:
    """Make the line of a guard; the lines below say how to allow it."""
    name = visible(guard.name)
    below = [Line.of(" ", ("plain", visible(line))) for line in guard.detail.splitlines()]
    if guard.allowed:
        below.append(Line.of(" ", ("dim", f"allowed with --allow {name}")))
    elif guard.fix:
        below.append(Line.of(" ", ("plain", f"Fix: {visible(guard.fix)}")))
    if needs_allow_hint(guard):
        how = f"To allow it, plan again with --allow {name}"
        below.append(Line.of(" ", ("plain", how)))
    return Line.of(
        "=" if guard.allowed else "!",
        ("alarm", name),
        ("plain", f": {visible(guard.summary)}"),
        children=tuple(below),
    )


def _notes(view: PlanView, *, verbose: bool) -> Iterator[RenderableType]:
    """List the notes. Without `verbose` only the first ones of each code, without their detail."""
    if not view.notes:
        return
    yield Text()
    yield heading("Notes", "differences that apply leaves as is")
    for alike in view.notes:
        shown = alike if verbose else [Line(one.sign, one.spans) for one in alike[:_NOTES_SHOWN]]
        yield indented_tree(shown)
        if left := len(alike) - len(shown):
            yield note(f"    … and {left:,} more (--verbose lists them)")


def _table(view: PlanView) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Type", no_wrap=True)
    for title, _ in COUNT_COLUMNS:
        table.add_column(title, justify="right", no_wrap=True)
    for name, numbers in view.type_rows:
        table.add_row(Text(clip(visible(name), 20)), *map(Text, numbers))
    return table
