"""A plan as an HTML page: one for 50,000 items still opens and can be searched."""

from collections.abc import Iterator, Sequence

from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Guard, Plan
from lookervault_plan.render.action_styles import ACTIONS
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.html_page import page
from lookervault_plan.render.html_syntax import escaped, paragraph, section, sign_class
from lookervault_plan.render.plan.action_lines import Shown, action_line, import_line
from lookervault_plan.render.plan.change_lines import DetailLimits
from lookervault_plan.render.plan.view import (
    COUNT_COLUMNS,
    SHORT_PLAN,
    UNKNOWN_VERSION,
    PlanView,
    needs_allow_hint,
    view_of,
)
from lookervault_plan.render.summary_lines import import_count

#: With more parts than this the parts of created items are counted, not named.
_PARTS_NAMED = 20_000


def plan_html(plan: Plan) -> str:
    """Write a plan as a self-contained page."""
    view = view_of(plan)
    return "".join(page(view.headline, _body(view)))


def _body(view: PlanView) -> Iterator[str]:
    yield _header(view)
    yield "<main>\n"
    yield from map(_guard, view.guards)
    yield from _count_table(view)
    yield _tools(view)
    yield from section("Blocked", "apply skips these items", view.blocked, are_open=True)
    yield from _changes(view)
    imports = map(import_line, view.imports)
    yield from section("Imports", "found in the destination, not in the state yet", imports)
    yield from _diagnostics(view)
    notes = (line for alike in view.notes for line in alike)
    yield from section("Notes", "differences that apply leaves as is", notes)
    yield from _left_alone(view)
    yield f"</main>\n{_footer(view.plan)}"


def _header(view: PlanView) -> str:
    plan = view.plan
    source, destination = plan.source, plan.destination
    version = destination.looker_version or UNKNOWN_VERSION
    options = f"schedules: {plan.options.schedules}, on missing: {plan.options.on_missing}"
    facts = {
        "Backup": f"{source.backup} of {source.instance or 'an unknown instance'}",
        "As of": f"{source.as_of} (snapshot {source.snapshot})" if source.as_of else "",
        "Synced": source.synced_at or "",
        "Destination": f"{destination.instance} (Looker {version})",
        "Selected": ", ".join(view.selected),
        "Options": options + (", owners" if plan.options.owners else ""),
        "Made": plan.created_at,
    }
    rows = "".join(
        f"<dt>{title}</dt><dd><bdi>{escaped(value)}</bdi></dd>\n"
        for title, value in facts.items()
        if value
    )
    parts = f"<p>{escaped(view.parts_line)}</p>\n" if view.parts_line else ""
    return (
        '<header>\n<p class="kicker">lookervault-plan</p>\n'
        f"<h1>{escaped(view.headline)}</h1>\n<p>{escaped(view.counts_line)}</p>\n"
        f"{parts}"
        f'<ul class="tiles">\n{"".join(_tiles(view))}</ul>\n'
        f'<dl class="facts">\n{rows}</dl>\n</header>\n'
    )


def _tiles(view: PlanView) -> Iterator[str]:
    counts = view.plan.summary
    for kind, number, label in (
        ("same", import_count(view.plan), "to import"),
        ("add", counts.create, "to add"),
        ("change", counts.update, "to change"),
        ("destroy", counts.delete, "to destroy"),
        ("blocked", counts.blocked, "blocked"),
        ("note", counts.skip, "unchanged"),
    ):
        none = "" if number else " none"
        yield f'<li class="{kind}{none}"><b>{number:,}</b>{label}</li>\n'


def _guard(guard: Guard) -> str:
    name = escaped(guard.name)
    title = "Allowed" if guard.allowed else "Apply will refuse this plan"
    texts = [guard.detail, f"Fix: {guard.fix}" if guard.fix and not guard.allowed else ""]
    paragraphs = "".join(paragraph(text) for text in texts if text)
    if needs_allow_hint(guard):
        paragraphs += f"<p>To allow it, plan again with <code>--allow {name}</code></p>"
    return (
        f'<div class="box {"note" if guard.allowed else "destroy"}">'
        f"<h3>{title}: <code>{name}</code></h3>{paragraph(guard.summary)}{paragraphs}</div>\n"
    )


def _count_table(view: PlanView) -> Iterator[str]:
    """Write the counts of each type."""
    if not view.type_rows:
        return
    titles = ("Type", *(title for title, _ in COUNT_COLUMNS))
    yield '<h2>By type</h2>\n<div class="scroll"><table>\n<tr>'
    yield "".join(f'<th scope="col">{title}</th>' for title in titles) + "</tr>\n"
    for name, numbers in view.type_rows:
        cells = "".join(f"<td>{number}</td>" for number in numbers)
        yield f"<tr><td>{escaped(name)}</td>{cells}</tr>\n"
    yield "</table></div>\n"


def _tools(view: PlanView) -> str:
    """Write the filter. It is hidden until the script shows it, since it needs the script."""
    used = {action.verb for action in view.plan.actions} - {"skip"}
    kinds = {sign_class(ACTIONS[name].sign): name for name in ACTIONS if name in used}
    if view.imports:
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


def _changes(view: PlanView) -> Iterator[str]:
    created = sum(
        len(parts.create) for action in view.plan.content_writing for parts in action.parts.values()
    )
    limits = DetailLimits(
        width=110,
        diff_lines=400,
        changes=10_000,
        parts=10_000,
        names_created_parts=created <= _PARTS_NAMED,
    )
    shown = Shown(limits, view.imported, view.folded_links)
    are_open = sum(len(group.actions) for group in view.groups) <= SHORT_PLAN
    for group in view.groups:
        yield from section(
            group.title,
            group.phrase,
            (action_line(action, shown) for action in group.actions),
            are_open=are_open,
            ids=(action.address for action in group.actions),
            anchor_name=group.name,
        )


def _diagnostics(view: PlanView) -> Iterator[str]:
    if view.diagnostics:
        yield "<section>\n<h2>Warnings and errors</h2>\n"
        yield from map(_diagnostic, view.diagnostics)
        yield "</section>\n"


def _diagnostic(alike: Sequence[Diagnostic]) -> str:
    """Write the first of some diagnostics of one code in full; the others can be unfolded."""
    first, *others = alike
    where = f" <code>{escaped(first.address)}</code>" if first.address else ""
    fix = paragraph(f"Fix: {first.fix}") if first.fix else ""
    detail = paragraph(first.detail) if first.detail else ""
    rows = "".join(
        f"<li><bdi>{escaped(one.summary)}</bdi> <code>{escaped(one.address or '')}</code></li>\n"
        for one in others
    )
    more = (
        f'<details class="more"><summary>{counted(len(others), "more", "more")} of '
        f"<code>{escaped(first.code)}</code></summary><ul>{rows}</ul></details>"
        if others
        else ""
    )
    kind = "destroy" if first.severity == "error" else "change"
    title = "Blocked" if first.severity == "error" else first.severity.capitalize()
    return (
        f'<div class="box {kind}"><h3>{title}: '
        f"<bdi>{escaped(first.summary)}</bdi>{where}</h3>{detail}{fix}{more}</div>\n"
    )


def _left_alone(view: PlanView) -> Iterator[str]:
    """Count the unchanged items. They may be tens of thousands, so none is listed."""
    if skipped := view.plan.summary.skip:
        yield f"<h2>Left alone<small>{counted(skipped, 'item')}</small></h2>\n"
        notes = "".join(f"<li><bdi>{escaped(note)}</bdi></li>\n" for note in view.skip_notes)
        yield f'<ul class="plainlist">{notes}</ul>\n' if notes else "<p>All are unchanged.</p>\n"


def _footer(plan: Plan) -> str:
    return (
        f'<footer>Plan <span class="mono">{escaped(plan.plan_id)}</span>, format '
        f"{escaped(plan.format_version)}, made by lookervault-plan {escaped(plan.tool_version)}. "
        f'Backup fingerprint <span class="mono">{escaped(plan.source.fingerprint)}</span>.'
        "</footer>\n"
    )
