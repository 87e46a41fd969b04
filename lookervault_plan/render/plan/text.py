"""A plan and what became of it, for a terminal. Signs carry the meaning, colour only helps."""

from collections.abc import Iterator

from rich.console import Group as Renderables
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lookervault_plan.plan_file import Guard, Plan
from lookervault_plan.render.action_styles import ACTIONS
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.lines import Line
from lookervault_plan.render.plan.action_lines import action_line, import_line
from lookervault_plan.render.plan.change_lines import DetailLimits
from lookervault_plan.render.plan.view import (
    COLUMNS,
    TypeGroup,
    blocked_tree,
    fair_shares,
    first_lines,
    grouped_by_code,
    groups,
    skip_notes,
    type_rows,
)
from lookervault_plan.render.safe_text import clip, counted, visible
from lookervault_plan.render.summary_lines import NO_CHANGES, counts_line, headline
from lookervault_plan.render.terminal import SIGN_STYLES, HangingLines, heading, indented_tree, note

#: changed items that are listed without `verbose`
ITEMS_SHOWN = 200
#: more changed items than this get a table of counts
_SCREENFUL = 20
_BLOCKED_SHOWN = 60
_IMPORTS_SHOWN = 20
#: of one code
_DIAGNOSTICS_SHOWN = 6
#: what indentation and signs take from the width
_MARGIN = 14


def plan_text(plan: Plan, *, verbose: bool = False, width: int = 80) -> Renderables:
    """All that a person needs to decide. `verbose` adds skips, every part and every line."""
    room = max(width - _MARGIN, 24)
    if verbose:
        detail = DetailLimits(room=room, lines=10_000, changes=10_000, parts=10_000, spread=True)
    elif _is_long(plan):
        detail = DetailLimits(room=room, lines=6, changes=8, parts=8)
    else:
        detail = DetailLimits(room=room)
    return Renderables(*_blocks(plan, detail, verbose=verbose))


def _is_long(plan: Plan) -> bool:
    return sum(action.action != "skip" for action in plan.actions) > _SCREENFUL


def _blocks(plan: Plan, detail: DetailLimits, *, verbose: bool) -> Iterator[RenderableType]:
    yield from _origin(plan)
    shown = groups(plan, with_skips=verbose)
    if shown:
        yield Text()
        yield _legend(plan, shown)
        yield from _changes(shown, detail, limit=None if verbose else ITEMS_SHOWN)
    yield from _blocked(plan, limit=None if verbose else _BLOCKED_SHOWN)
    yield from _imports(plan, limit=None if verbose else _IMPORTS_SHOWN)
    for diagnostics, more in grouped_by_code(
        plan.diagnostics, None if verbose else _DIAGNOSTICS_SHOWN
    ):
        yield Text()
        yield diagnostic_text(diagnostics[0], also=diagnostics[1:], more=more)
    yield from _guards(plan)
    if _is_long(plan):
        yield Text()
        yield _table(plan)
    yield Text()
    if notes := skip_notes(plan):
        yield HangingLines([(Text(), Text(f"Left alone: {'; '.join(notes)}."))])
    first = headline(plan)
    yield _whole(Text(first, "bold green" if first == NO_CHANGES else "bold"))
    yield _whole(Text(counts_line(plan)))


def _whole(line: Text) -> Text:
    """Other tools read the line: never broken, however narrow the terminal."""
    line.no_wrap, line.overflow = True, "ignore"
    return line


def _origin(plan: Plan) -> Iterator[RenderableType]:
    source, destination = plan.source, plan.destination
    when = f", synced {visible(source.synced_at)}" if source.synced_at else ""
    of = f" of {visible(source.instance)}" if source.instance else ""
    version = f" (Looker {visible(destination.looker_version)})"
    rows = [
        ("Backup:", Text(f"{visible(source.backup)}{of}{when}")),
        ("Destination:", Text(visible(destination.instance)).append(version, "dim")),
    ]
    chosen = [*plan.selection.select, *(f"not {one}" for one in plan.selection.exclude)]
    if plan.selection.selector:
        chosen.append(f"selector {plan.selection.selector}")
    if chosen:
        rows.append(("Selected:", Text(visible(", ".join(chosen)))))
    yield HangingLines([(Text(f"{title:<13}", "dim"), text) for title, text in rows])


def _legend(plan: Plan, shown: list[TypeGroup]) -> HangingLines:
    used = {action.action for group in shown for action in group.actions}
    used |= {action.action for action in plan.actions} - {"skip"}
    text = Text("Actions: ", "dim")
    rows = [row for name, row in ACTIONS.items() if name in used]
    for number, row in enumerate(rows):
        _ = text.append("   " if number else "").append(row.sign, SIGN_STYLES[row.sign])
        _ = text.append(f" {row.verb}", "not bold dim")
    return HangingLines([(Text(), text)])


def _changes(
    shown: list[TypeGroup], detail: DetailLimits, limit: int | None
) -> Iterator[RenderableType]:
    sizes = [len(group.actions) for group in shown]
    given = sizes if limit is None else fair_shares(sizes, limit)
    for group, number in zip(shown, given, strict=True):
        yield Text()
        yield heading(visible(group.type), group.phrase)
        yield indented_tree(action_line(action, detail) for action in group.actions[:number])
        if left := len(group.actions) - number:
            yield note(f"  … and {counted(left, 'more item')} of this type")
    if (left := sum(sizes) - sum(given)) > 0:
        yield Text()
        how = "`lookervault-plan show PLAN --verbose` or `--format html` shows all"
        yield note(f"{counted(left, 'item')} not shown; {how}.")


def _blocked(plan: Plan, limit: int | None) -> Iterator[RenderableType]:
    tree = blocked_tree(plan)
    if not tree:
        return
    shown, left = (tree, 0) if limit is None else first_lines(tree, limit)
    yield Text()
    yield heading("Blocked", "apply leaves these out")
    yield indented_tree(shown)
    if left:
        yield note(f"  … and {left:,} more")


def _imports(plan: Plan, limit: int | None) -> Iterator[RenderableType]:
    new = [remap for remap in plan.remaps if remap.new]
    if not new:
        return
    yield Text()
    yield heading("To import", "live twins that the state does not know yet")
    yield indented_tree(map(import_line, new[:limit]))
    if limit is not None and len(new) > limit:
        yield note(f"  … and {len(new) - limit:,} more")


def _guards(plan: Plan) -> Iterator[RenderableType]:
    if not plan.guards:
        return
    refusing = sum(not guard.allowed for guard in plan.guards)
    verdict = f"apply refuses this plan: {counted(refusing, 'guard')} not allowed"
    yield Text()
    yield heading("Guards", verdict if refusing else "all of them were allowed")
    yield indented_tree(map(guard_line, plan.guards))


def guard_line(guard: Guard) -> Line:
    """Name and numbers, then how to allow it."""
    name = visible(guard.name)
    below = [Line.of(" ", ("plain", visible(line))) for line in guard.detail.splitlines()]
    if guard.allowed:
        below.append(Line.of(" ", ("dim", f"allowed with --allow {name}")))
    else:
        below += [Line.of(" ", ("plain", f"Fix: {visible(guard.fix)}"))] if guard.fix else []
        if f"--allow {guard.name}" not in guard.fix:
            how = f"If you mean it: plan again with --allow {name}"
            below.append(Line.of(" ", ("plain", how)))
    return Line.of(
        "=" if guard.allowed else "!",
        ("alarm", name),
        ("plain", f": {visible(guard.summary)}"),
        children=tuple(below),
    )


def _table(plan: Plan) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Type", no_wrap=True)
    for title, _ in COLUMNS:
        table.add_column(title, justify="right", no_wrap=True)
    for name, numbers in type_rows(plan):
        table.add_row(Text(clip(visible(name), 20)), *map(Text, numbers))
    return table
