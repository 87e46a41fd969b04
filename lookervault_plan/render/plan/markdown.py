"""A plan in Markdown: a comment on a pull request, cut to the length that fits."""

from collections.abc import Iterator, Sequence

import msgspec

from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Guard, Plan
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.lines import Line
from lookervault_plan.render.markdown_syntax import (
    cell,
    code,
    diff_lines,
    prose,
    table,
    tree_lines,
)
from lookervault_plan.render.plan.action_lines import Shown, action_line, import_line
from lookervault_plan.render.plan.change_lines import DetailLimits
from lookervault_plan.render.plan.fit_to_length import ItemText, LeftOut, Section, fit_sections
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

#: The first line, which is invisible: a bot finds its own comment by it.
COMMENT_MARKER = "<!-- lookervault-plan -->"

#: GitHub takes 65,536, and a pipeline may add a few lines of its own.
MOST_CHARACTERS = 60_000

_LIMITS = DetailLimits(width=100, diff_lines=16, changes=40, parts=40, uses_arrows=False)
#: A longer sentence is cut, in terminal cells.
_SENTENCE_ROOM = 400
#: Guards shown in full.
_GUARDS_SHOWN = 20
#: Types in the table of counts.
_TYPES_SHOWN = 40
#: The shortest line of a section, in characters. Items that can't fit anyway are not rendered.
_SHORTEST_LINE = 16
#: Characters kept for the last line, which counts what is left out.
_LAST_LINE_ROOM = 200
_CLOSING = "\n</details>\n"


def plan_markdown(plan: Plan, *, limit_characters: int = MOST_CHARACTERS) -> str:
    """Write a plan as Markdown of at most `limit_characters`.

    What does not fit is left out in this order: details of items, the last items of each section,
    whole sections, the table of counts, the guards' texts, and at last all but the summary lines.
    """
    view = view_of(plan)
    sections = list(_sections(view, limit_characters))
    openings = list(_openings(view))
    # Try first as if everything had room. Often it has.
    rooms = [
        sum(section.whole for section in sections),
        *(limit_characters - len(opening) - _LAST_LINE_ROOM for opening in openings),
    ]
    for opening, room in zip([openings[0], *openings], rooms, strict=True):
        if room >= 0:
            texts, left_out = fit_sections(sections, room)
            document = "\n".join([opening, *filter(None, texts), *_last_line(left_out)])
            if len(document) <= limit_characters:
                return document
    return _summary(view)[: max(limit_characters, 0)]


def _openings(view: PlanView) -> Iterator[str]:
    """Write what stands above the sections, in shorter and shorter forms."""
    summary = _summary(view)
    yield f"{summary}\n{_origin(view)}{_guards(view)}{_count_table(view)}"
    yield f"{summary}\n{_guards(view)}"
    yield f"{summary}\n{_guards(view, only_names=True)}"


def _summary(view: PlanView) -> str:
    parts = f"{view.parts_line}\n" if view.parts_line else ""
    return f"{COMMENT_MARKER}\n**{view.headline}**\n{view.counts_line}\n{parts}"


def _last_line(left_out: LeftOut) -> Iterator[str]:
    if what := str(left_out):
        how = "`lookervault-plan show PLAN --format html` shows everything."
        yield f"Left out to fit into a comment: {what}. {how}\n"


def _origin(view: PlanView) -> str:
    plan = view.plan
    source, destination = plan.source, plan.destination
    of = f" of {code(clip(source.instance, 200))}" if source.instance else ""
    when = f", synced {prose(clip(source.synced_at, 60))}" if source.synced_at else ""
    if source.as_of:
        when = f", as of {prose(clip(source.as_of, 60))} (snapshot {source.snapshot}){when}"
    version = prose(destination.looker_version or UNKNOWN_VERSION)
    to = f"{code(clip(destination.instance, 200))} (Looker {version})"
    chosen = code(clip(", ".join(view.selected), 400))
    selected = f"Selected: {chosen}\n" if view.selected else ""
    notes = f"Left alone: {prose('; '.join(view.skip_notes))}.\n" if view.skip_notes else ""
    id_ = f"Plan {code(plan.plan_id[:12])}\n" if plan.plan_id else ""
    return f"Backup {code(clip(source.backup, 200))}{of}{when}, to {to}\n{selected}{notes}{id_}\n"


def _guards(view: PlanView, *, only_names: bool = False) -> str:
    """Write the guards: a red box while apply refuses the plan, else a note."""
    if not view.guards:
        return ""
    title = (
        f"Apply will refuse this plan: {counted(view.refusing, 'guard')} not allowed."
        if view.refusing
        else "These guards tripped and were allowed."
    )
    box = ["[!CAUTION]" if view.refusing else "[!NOTE]", f"**{title}**"]
    shown = view.guards[: 0 if only_names else _GUARDS_SHOWN]
    box += [_guard(guard) for guard in shown]
    if rest := view.guards[len(shown) :]:
        names = ", ".join(guard.name for guard in rest)
        box.append(f"- {counted(len(rest), 'guard')}: {code(clip(names, 200))}")
    return "".join(f"> {line}\n" for line in box) + "\n"


def _guard(guard: Guard) -> str:
    name = code(clip(guard.name, 80))
    detail = f" ({_sentence(guard.detail).rstrip('.')})" if guard.detail else ""
    text = [f"- {name}: {_sentence(guard.summary).rstrip('.')}{detail}"]
    allow = code(f"--allow {clip(guard.name, 80)}")
    if guard.allowed:
        text.append(f"Allowed with {allow}")
    elif guard.fix:
        text.append(f"Fix: {_sentence(guard.fix)}")
    if needs_allow_hint(guard):
        text.append(f"To allow it, plan again with {allow}.")
    return ". ".join(piece.rstrip(".") for piece in text) + "."


def _sentence(text: str) -> str:
    return prose(clip(visible(" ".join(text.split())), _SENTENCE_ROOM))


def _count_table(view: PlanView) -> str:
    rows = [(cell(clip(name, 40)), *numbers) for name, numbers in view.type_rows[:_TYPES_SHOWN]]
    header = ("Type", *(title for title, _ in COUNT_COLUMNS))
    return table(header, rows) if rows else ""


def _sections(view: PlanView, limit: int) -> Iterator[Section]:
    """Make the sections in reading order, with no more items than could fit into `limit`."""
    most = max(limit, 0) // _SHORTEST_LINE
    if view.blocked:
        title = "Blocked: apply skips these items"
        section = _tree_section(title, view.blocked, most, is_open=True)
        yield msgspec.structs.replace(section, rank=0)
    is_short = sum(len(group.actions) for group in view.groups) <= SHORT_PLAN
    limits = msgspec.structs.replace(_LIMITS, names_created_parts=is_short)
    shown = Shown(limits, view.imported, view.folded_links)
    for group in view.groups:
        yield _risk_section(group, shown, most, is_open=group.is_dangerous or is_short)
    if view.imports:
        lines = [import_line(remap) for remap in view.imports]
        title = f"{counted(len(lines), 'import')}: found in the destination, not in the state yet"
        yield msgspec.structs.replace(_tree_section(title, lines, most), rank=2)
    if view.diagnostics:
        yield _diagnostic_section(view, most)
    if view.notes:
        lines = [line for alike in view.notes for line in alike]
        title = f"{counted(len(lines), 'note')}: differences that apply leaves as is"
        yield msgspec.structs.replace(_tree_section(title, lines, most), rank=2)


def _opening(title: str, *, is_open: bool = False) -> str:
    return f"<details{' open' * is_open}><summary>{title}</summary>\n\n"


def _tree_section(
    title: str, lines: Sequence[Line], most: int, *, is_open: bool = False
) -> Section:
    return Section(
        opening=_opening(f"<b>{title}</b>", is_open=is_open),
        items=tuple(
            ItemText(tree_lines(_without_children(line)), tree_lines(line)) for line in lines[:most]
        ),
        closing=_CLOSING,
        fence="text",
        beyond=max(len(lines) - most, 0),
    )


def _risk_section(group: RiskGroup, shown: Shown, most: int, *, is_open: bool) -> Section:
    lines = [action_line(action, shown) for action in group.actions[:most]]
    return Section(
        opening=_opening(f"<b>{group.title}</b>: {group.phrase}", is_open=is_open),
        items=tuple(
            ItemText(diff_lines(_without_children(line)), diff_lines(line)) for line in lines
        ),
        closing=_CLOSING,
        fence="diff",
        beyond=max(len(group.actions) - most, 0),
        rank=0 if group.is_dangerous else 1,
    )


def _without_children(line: Line) -> Line:
    return Line(line.sign, line.spans)


def _diagnostic_section(view: PlanView, most: int) -> Section:
    diagnostics = [one for alike in view.diagnostics for one in alike]
    errors = sum(one.severity == "error" for one in diagnostics)
    warnings = len(diagnostics) - errors
    titles = [
        counted(errors, "problem") if errors else "",
        counted(warnings, "warning") if warnings else "",
    ]
    return Section(
        opening=_opening(f"<b>{', '.join(filter(None, titles))}</b>", is_open=bool(errors)),
        items=tuple(map(_diagnostic, diagnostics[:most])),
        closing=_CLOSING,
        beyond=max(len(diagnostics) - most, 0),
    )


def _diagnostic(one: Diagnostic) -> ItemText:
    where = f" {code(one.address)}" if one.address else ""
    title = "Blocked" if one.severity == "error" else one.severity.capitalize()
    short = f"- **{title}**{where}: {_sentence(one.summary)}"
    more = [_sentence(one.detail), f"Fix: {_sentence(one.fix)}" if one.fix else ""]
    full = ". ".join(piece.rstrip(".") for piece in [short, *more] if piece)
    return ItemText(f"{short}\n", f"{full}.\n")
