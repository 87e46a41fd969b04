"""The plan as Markdown: a comment on a pull request, never longer than it may be."""

from collections.abc import Iterator

import msgspec

from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Guard, Plan
from lookervault_plan.render.lines import Line
from lookervault_plan.render.markdown_syntax import cell, code, diff_lines, prose, table, tree_lines
from lookervault_plan.render.plan.action_lines import action_line, import_line
from lookervault_plan.render.plan.change_lines import DetailLimits
from lookervault_plan.render.plan.fit_to_length import ItemText, LeftOut, Section, fit_sections
from lookervault_plan.render.plan.view import (
    COLUMNS,
    TypeGroup,
    blocked_tree,
    grouped_by_code,
    groups,
    skip_notes,
    type_rows,
)
from lookervault_plan.render.safe_text import clip, counted, visible
from lookervault_plan.render.summary_lines import counts_line, headline, import_count

#: an invisible first line, by which a bot finds its own comment again
MARK = "<!-- lookervault-plan -->"

_DETAIL = DetailLimits(room=100, lines=16, changes=40, parts=40, arrow=False)
#: a sentence longer than this is cut
_SENTENCE = 400
_GUARDS_SHOWN = 20
#: no line of a section is shorter: more items than room / this are not even rendered
_LEAST_LINE = 16
#: room for the last line, which says what was left out
_LAST_LINE_ROOM = 200


def markdown(plan: Plan, *, limit_characters: int = 65_000) -> str:
    """Fit the plan into a comment (GitHub takes 65,536 characters).

    What is long goes in this order: details of items, items from the end of each section, whole
    sections, the table, the guards' texts, and at last everything but the summary lines.
    """
    sections = list(_sections(plan, limit_characters))
    cores = list(_fixed_parts(plan))
    # first as if there were room for all: often there is
    rooms = [
        sum(section.whole for section in sections),
        *(limit_characters - len(c) - _LAST_LINE_ROOM for c in cores),
    ]
    for core, room in zip([cores[0], *cores], rooms, strict=True):
        if room >= 0:
            texts, omitted = fit_sections(sections, room)
            document = "\n".join([core, *filter(None, texts), *_last_line(omitted)])
            if len(document) <= limit_characters:
                return document
    return _summary(plan)[: max(limit_characters, 0)]


def _fixed_parts(plan: Plan) -> Iterator[str]:
    """What always stands there, in shorter and shorter forms."""
    head, numbers = _summary(plan), _table(plan)
    yield f"{head}\n{_origin(plan)}{_guards(plan)}{numbers}"
    yield f"{head}\n{_guards(plan)}"
    yield f"{head}\n{_guards(plan, brief=True)}"


def _summary(plan: Plan) -> str:
    return f"{MARK}\n**{headline(plan)}**\n{counts_line(plan)}\n"


def _last_line(omitted: LeftOut) -> Iterator[str]:
    if what := str(omitted):
        how = "`lookervault-plan show PLAN --format html` shows everything."
        yield f"Left out to fit into a comment: {what}. {how}\n"


def _origin(plan: Plan) -> str:
    source, destination = plan.source, plan.destination
    of = f" of {code(clip(source.instance, 200))}" if source.instance else ""
    when = f", synced {prose(clip(source.synced_at, 60))}" if source.synced_at else ""
    to = f"{code(clip(destination.instance, 200))} (Looker {prose(destination.looker_version)})"
    chosen = [*plan.selection.select, *(f"not {one}" for one in plan.selection.exclude)]
    chosen += [f"selector {plan.selection.selector}"] if plan.selection.selector else []
    selected = f"Selected: {code(clip(', '.join(chosen), 400))}\n" if chosen else ""
    notes = f"Left alone: {prose('; '.join(skip_notes(plan)))}.\n" if skip_notes(plan) else ""
    id_ = f"Plan {code(plan.plan_id[:12])}\n" if plan.plan_id else ""
    return f"Backup {code(clip(source.backup, 200))}{of}{when}, to {to}\n{selected}{notes}{id_}\n"


def _guards(plan: Plan, *, brief: bool = False) -> str:
    """Loud: a red box while apply would refuse, and a quiet list once all are allowed."""
    if not plan.guards:
        return ""
    refusing = [guard for guard in plan.guards if not guard.allowed]
    title = (
        f"Apply refuses this plan: {counted(len(refusing), 'guard')} not allowed."
        if refusing
        else "These guards tripped and were allowed."
    )
    box = ["[!CAUTION]" if refusing else "[!NOTE]", f"**{title}**"]
    ordered = sorted(plan.guards, key=lambda guard: guard.allowed)
    shown = ordered[: 0 if brief else _GUARDS_SHOWN]
    box += [_guard(guard) for guard in shown]
    if rest := ordered[len(shown) :]:
        names = ", ".join(guard.name for guard in rest)
        box.append(f"- {counted(len(rest), 'guard')}: {code(clip(names, 200))}")
    return "".join(f"> {line}\n" for line in box) + "\n"


def _guard(guard: Guard) -> str:
    name = code(clip(guard.name, 80))
    detail = f" ({_sentence(guard.detail).rstrip('.')})" if guard.detail else ""
    text = [f"- {name}: {_sentence(guard.summary).rstrip('.')}{detail}"]
    if guard.allowed:
        text.append(f"Allowed with {code(f'--allow {clip(guard.name, 80)}')}")
    else:
        text.append(f"Fix: {_sentence(guard.fix)}" if guard.fix else "")
        if f"--allow {guard.name}" not in guard.fix:
            allow = code(f"--allow {clip(guard.name, 80)}")
            text.append(f"If you mean it: plan again with {allow}.")
    return ". ".join(piece.rstrip(".") for piece in text if piece) + "."


def _sentence(text: str) -> str:
    return prose(clip(visible(" ".join(text.split())), _SENTENCE))


def _table(plan: Plan) -> str:
    rows = [(cell(clip(name, 40)), *numbers) for name, numbers in type_rows(plan)[:40]]
    header = ("Type", *(title for title, _ in COLUMNS))
    return table(header, rows) if rows else ""


def _sections(plan: Plan, limit: int) -> Iterator[Section]:
    """In reading order; only what could fit at all is rendered."""
    most = max(limit, 0) // _LEAST_LINE
    if tree := blocked_tree(plan):
        yield _fenced("Blocked: apply leaves these out", tree, most, is_open=True)
    for group in groups(plan):
        yield _of_type(group, most)
    if new := import_count(plan):
        lines = [import_line(remap) for remap in plan.remaps if remap.new]
        title = f"{counted(new, 'import')}: twins found, not yet in the state"
        yield msgspec.structs.replace(_fenced(title, lines, most), is_minor=True)
    if plan.diagnostics:
        yield _diagnostics(plan, most)


def _opening(title: str, *, is_open: bool = False) -> str:
    return f"<details{' open' * is_open}><summary>{title}</summary>\n\n"


_CLOSING = "\n</details>\n"


def _fenced(title: str, lines: list[Line], most: int, *, is_open: bool = False) -> Section:
    return Section(
        opening=_opening(f"<b>{title}</b>", is_open=is_open),
        blocks=tuple(ItemText(tree_lines(_alone(line)), tree_lines(line)) for line in lines[:most]),
        closing=_CLOSING,
        fence="text",
        beyond=max(len(lines) - most, 0),
    )


def _of_type(group: TypeGroup, most: int) -> Section:
    name = prose(clip(group.type, 40))
    lines = [action_line(action, _DETAIL) for action in group.actions[:most]]
    return Section(
        opening=_opening(f"<b>{name}</b>: {group.phrase}"),
        blocks=tuple(ItemText(diff_lines(_alone(line)), diff_lines(line)) for line in lines),
        closing=_CLOSING,
        fence="diff",
        beyond=max(len(group.actions) - most, 0),
    )


def _alone(line: Line) -> Line:
    return Line(line.sign, line.spans)


def _diagnostics(plan: Plan, most: int) -> Section:
    ordered = [one for alike, _ in grouped_by_code(plan.diagnostics, None) for one in alike]
    errors = sum(one.severity == "error" for one in ordered)
    titles = [
        counted(errors, "error") if errors else "",
        counted(len(ordered) - errors, "warning") if len(ordered) > errors else "",
    ]
    return Section(
        opening=_opening(f"<b>{', '.join(filter(None, titles))}</b>", is_open=bool(errors)),
        blocks=tuple(map(_diagnostic, ordered[:most])),
        closing=_CLOSING,
        beyond=max(len(ordered) - most, 0),
    )


def _diagnostic(one: Diagnostic) -> ItemText:
    where = f" {code(one.address)}" if one.address else ""
    short = f"- **{one.severity.capitalize()}**{where}: {_sentence(one.summary)}"
    more = [_sentence(one.detail), f"Fix: {_sentence(one.fix)}" if one.fix else ""]
    full = ". ".join(piece.rstrip(".") for piece in [short, *more] if piece)
    return ItemText(f"{short}\n", f"{full}.\n")
