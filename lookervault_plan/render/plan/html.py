"""The plan as one page: nothing is loaded from elsewhere, and it works without its script."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from importlib import resources

from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Guard, Plan
from lookervault_plan.render.action_styles import ACTIONS, style_of
from lookervault_plan.render.lines import Line
from lookervault_plan.render.plan.action_lines import action_line, import_line
from lookervault_plan.render.plan.change_lines import DetailLimits
from lookervault_plan.render.plan.view import (
    COLUMNS,
    TypeGroup,
    blocked_tree,
    grouped_by_code,
    groups,
    skip_notes,
    type_rows,
)
from lookervault_plan.render.safe_text import counted, visible
from lookervault_plan.render.summary_lines import counts_line, headline, import_count

#: what a sign is called in the style sheet
_SIGN_CLASSES: Mapping[str, str] = {
    "+": "add",
    "~": "change",
    "-": "destroy",
    "!": "blocked",
    "=": "same",
    " ": "note",
}
#: roles whose text comes from an instance: set apart from what is around it (right to left)
_FOREIGN: Mapping[str, str] = {
    "name": "name",
    "before": "value before",
    "after": "value after",
    "context": "value dim",
    "address": "address",
    "field": "field",
}
_ROLE_CLASSES: Mapping[str, str] = {"dim": "dim", "alarm": "alarm"}

#: with at most so many items all of them stand open
_OPEN_ITEMS = 12
#: with more parts than this those of created items are counted, not named
_PARTS_NAMED = 20_000


def html(plan: Plan) -> str:
    """A self-contained page; one for 50,000 items still opens and can be searched."""
    return "".join(_page(plan))


def _page(plan: Plan) -> Iterator[str]:
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(headline(plan))}</title>\n<style>{style}</style></head>\n<body>\n"
    )
    yield from _header(plan)
    yield "<main>\n"
    yield from map(_guard, sorted(plan.guards, key=lambda guard: guard.allowed))
    shown = groups(plan)
    yield from _numbers(plan, {group.type for group in shown})
    yield _tools(plan)
    yield from _section("Blocked", "apply leaves these out", blocked_tree(plan), are_open=True)
    yield from _changes(plan, shown)
    new = [import_line(remap) for remap in plan.remaps if remap.new]
    yield from _section("To import", "live twins that the state does not know yet", new)
    yield from _diagnostics(plan)
    yield from _left_alone(plan)
    yield f"</main>\n{_footer(plan)}<script>{script}</script>\n</body></html>\n"


def _asset(name: str) -> str:
    return resources.files("lookervault_plan.render").joinpath(name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _text(text: str) -> str:
    return escape(visible(text))


def _header(plan: Plan) -> Iterator[str]:
    source, destination = plan.source, plan.destination
    chosen = [*plan.selection.select, *(f"not {one}" for one in plan.selection.exclude)]
    chosen += [f"selector {plan.selection.selector}"] if plan.selection.selector else []
    options = f"schedules: {plan.options.schedules}, on missing: {plan.options.on_missing}"
    facts = {
        "Backup": f"{source.backup} of {source.instance or 'an unknown instance'}",
        "Synced": source.synced_at or "",
        "Destination": f"{destination.instance} (Looker {destination.looker_version})",
        "Selected": ", ".join(chosen),
        "Options": options + (", owners" if plan.options.owners else ""),
        "Made": plan.created_at,
    }
    rows = "".join(
        f"<dt>{title}</dt><dd><bdi>{_text(value)}</bdi></dd>\n"
        for title, value in facts.items()
        if value
    )
    yield (
        '<header>\n<p class="kicker">lookervault-plan</p>\n'
        f"<h1>{_text(headline(plan))}</h1>\n<p>{_text(counts_line(plan))}</p>\n"
        f'<ul class="tiles">\n{"".join(_tiles(plan))}</ul>\n'
        f'<dl class="facts">\n{rows}</dl>\n</header>\n'
    )


def _tiles(plan: Plan) -> Iterator[str]:
    counts = plan.summary
    for kind, number, label in (
        ("same", import_count(plan), "to import"),
        ("add", counts.create, "to add"),
        ("change", counts.update, "to change"),
        ("destroy", counts.delete, "to destroy"),
        ("blocked", counts.blocked, "blocked"),
        ("note", counts.skip, "unchanged"),
    ):
        none = "" if number else " none"
        yield f'<li class="{kind}{none}"><b>{number:,}</b>{label}</li>\n'


def _guard(guard: Guard) -> str:
    name = _text(guard.name)
    title = "Allowed" if guard.allowed else "Apply refuses this plan"
    body = [guard.detail, f"Fix: {guard.fix}" if guard.fix and not guard.allowed else ""]
    paragraphs = "".join(_paragraph(text) for text in body if text)
    if not guard.allowed and f"--allow {guard.name}" not in guard.fix:
        paragraphs += f"<p>If you mean it: plan again with <code>--allow {name}</code></p>"
    return (
        f'<div class="box {"note" if guard.allowed else "destroy"}">'
        f"<h3>{title}: <code>{name}</code></h3>{_paragraph(guard.summary)}{paragraphs}</div>\n"
    )


def _paragraph(text: str) -> str:
    lines = "\n".join(_text(line) for line in text.splitlines())
    return f"<p><bdi>{lines}</bdi></p>"


def _numbers(plan: Plan, linked: set[str]) -> Iterator[str]:
    rows = type_rows(plan)
    if not rows:
        return
    titles = ("Type", *(title for title, _ in COLUMNS))
    yield '<h2>By type</h2>\n<div class="scroll"><table>\n<tr>'
    yield "".join(f'<th scope="col">{title}</th>' for title in titles) + "</tr>\n"
    for name, numbers in rows:
        cells = "".join(f"<td>{number}</td>" for number in numbers)
        title = _text(name)
        if name in linked:
            title = f'<a href="#type-{_anchor(name)}">{title}</a>'
        yield f"<tr><td>{title}</td>{cells}</tr>\n"
    yield "</table></div>\n"


def _anchor(name: str) -> str:
    return escape("".join(visible(name).split()))


def _tools(plan: Plan) -> str:
    """Shown by the script; of no use without it."""
    used = {action.action for action in plan.actions} - {"skip"}
    kinds = {_sign_class(style_of(name).sign): name for name in ACTIONS if name in used}
    if any(remap.new for remap in plan.remaps):
        kinds["same"] = "import"
    boxes = "".join(
        f'<label><input type="checkbox" value="{kind}" checked>{name}</label>'
        for kind, name in kinds.items()
    )
    return (
        '<div class="tools" hidden><input type="search" placeholder="Filter: name, address, '
        f'field, folder …" aria-label="Filter">{boxes}<button data-open>Open all</button>'
        "<button data-close>Close all</button><output></output></div>\n"
    )


def _changes(plan: Plan, shown: list[TypeGroup]) -> Iterator[str]:
    parts = sum(len(p.create) for action in plan.actions for p in action.parts.values())
    detail = DetailLimits(
        room=110, lines=400, changes=10_000, parts=10_000, spread=parts <= _PARTS_NAMED
    )
    are_open = sum(len(group.actions) for group in shown) <= _OPEN_ITEMS
    for group in shown:
        entries = (action_line(action, detail) for action in group.actions)
        ids = (action.address for action in group.actions)
        yield from _section(
            group.type, group.phrase, entries, are_open=are_open, ids=ids, anchor=group.type
        )


def _section(
    title: str,
    aside: str,
    entries: Iterable[Line],
    *,
    are_open: bool = False,
    ids: Iterable[str] = (),
    anchor: str = "",
) -> Iterator[str]:
    names = iter(ids)
    items = "".join(_item(one, next(names, ""), is_open=are_open) for one in entries)
    if items:
        id_ = f' id="type-{_anchor(anchor)}"' if anchor else ""
        yield f"<section data-items{id_}>\n<h2>{_text(title)}<small>{_text(aside)}</small></h2>\n"
        yield f"{items}</section>\n"


def _item(one: Line, address: str, *, is_open: bool) -> str:
    kind = _sign_class(one.sign)
    id_ = f' id="{_anchor(address)}"' if address else ""
    line = _line(one)
    if not one.children:
        return f'<div class="item {kind}"{id_}><div class="line">{line}</div></div>\n'
    return (
        f'<details class="item {kind}"{id_}{" open" * is_open}><summary class="line">{line}'
        f"</summary>{_list(one.children)}</details>\n"
    )


def _list(entries: Iterable[Line]) -> str:
    rows = (
        f'<li class="{_sign_class(one.sign)}">{_line(one)}'
        f"{_list(one.children) if one.children else ''}</li>\n"
        for one in entries
    )
    return f"<ul>{''.join(rows)}</ul>"


def _line(one: Line) -> str:
    return f'<span class="sign">{escape(one.sign.strip())}</span>' + "".join(
        _span(span.role, span.text) for span in one.spans
    )


def _span(role: str, text: str) -> str:
    """What is foreign is isolated; the space before a name stays outside of it."""
    if kind := _FOREIGN.get(role):
        inner = text.lstrip() if role in {"name", "address"} else text
        space = " " if len(inner) < len(text) else ""
        return f'{space}<bdi class="{kind}">{_text(inner)}</bdi>'
    if kind := _ROLE_CLASSES.get(role):
        return f'<span class="{kind}">{_text(text)}</span>'
    return _text(text)


def _sign_class(sign: str) -> str:
    return _SIGN_CLASSES.get(sign, "other")


def _diagnostics(plan: Plan) -> Iterator[str]:
    if plan.diagnostics:
        yield f"<section>\n<h2>{_text('Warnings and errors')}</h2>\n"
        for alike, _ in grouped_by_code(plan.diagnostics, None):
            yield _diagnostic(alike)
        yield "</section>\n"


def _diagnostic(alike: list[Diagnostic]) -> str:
    first, *others = alike
    where = f" <code>{_text(first.address)}</code>" if first.address else ""
    fix = _paragraph(f"Fix: {first.fix}") if first.fix else ""
    detail = _paragraph(first.detail) if first.detail else ""
    rows = "".join(
        f"<li><bdi>{_text(one.summary)}</bdi> <code>{_text(one.address or '')}</code></li>\n"
        for one in others
    )
    more = (
        f'<details class="more"><summary>{counted(len(others), "more", "more")} of '
        f"<code>{_text(first.code)}</code></summary><ul>{rows}</ul></details>"
        if others
        else ""
    )
    kind = "destroy" if first.severity == "error" else "change"
    return (
        f'<div class="box {kind}"><h3>{first.severity.capitalize()}: '
        f"<bdi>{_text(first.summary)}</bdi>{where}</h3>{detail}{fix}{more}</div>\n"
    )


def _left_alone(plan: Plan) -> Iterator[str]:
    """Unchanged items are only counted: they may be tens of thousands."""
    if plan.summary.skip:
        yield f"<h2>Left alone<small>{counted(plan.summary.skip, 'item')}</small></h2>\n"
        notes = "".join(f"<li><bdi>{_text(note)}</bdi></li>\n" for note in skip_notes(plan))
        yield f'<ul class="plainlist">{notes}</ul>\n' if notes else "<p>All are unchanged.</p>\n"


def _footer(plan: Plan) -> str:
    return (
        f'<footer>Plan <span class="mono">{_text(plan.plan_id)}</span>, format '
        f"{_text(plan.format_version)}, made by lookervault-plan {_text(plan.tool_version)}. "
        f'Backup fingerprint <span class="mono">{_text(plan.source.fingerprint)}</span>.</footer>\n'
    )
