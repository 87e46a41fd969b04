"""What people have changed by hand: as text, Markdown or HTML, and for programs."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from rich.console import Group as Renderables
from rich.text import Text

from lookervault_plan.plan_file import Blocked, Change, Links, Parts, parts_of
from lookervault_plan.planning.report.drift import Drifted, What
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.html_page import page
from lookervault_plan.render.html_syntax import escaped, section
from lookervault_plan.render.lines import Line
from lookervault_plan.render.markdown_syntax import code, diff_lines, fence_around
from lookervault_plan.render.plan.action_lines import item_line
from lookervault_plan.render.plan.change_lines import DetailLimits
from lookervault_plan.render.safe_text import visible
from lookervault_plan.render.terminal import indented_tree

NO_DRIFT = "No drift."
_WORDS: Mapping[What, str] = {
    "changed": "changed by hand",
    "deleted": "deleted by hand",
    "unknown": "could not be compared",
}


class DriftRow(msgspec.Struct, frozen=True, kw_only=True):
    """A drifted item for programs. `before` of a change was agreed, `after` is live."""

    address: str
    type: str
    name: str
    path: tuple[str, ...]
    destination_id: str | None
    what: What
    reason: str
    changed_by: str | None
    changed_at: str | None
    links: Links
    changes: tuple[Change, ...]
    parts: Mapping[str, Parts]


class DriftReport(msgspec.Struct, frozen=True, kw_only=True):
    """All that `drift` found."""

    destination: str
    sources: tuple[str, ...]
    items: tuple[Drifted, ...]
    #: Type -> items that only the destination has.
    made_here: Mapping[str, int]
    compared: int
    calls: int

    @property
    def has_drifted(self) -> bool:
        """Say whether hands have changed anything that was agreed."""
        return any(item.what != "unknown" for item in self.items)


def drift_rows(report: DriftReport) -> Mapping[str, object]:
    """Write a report for JSON."""
    return {
        "destination": report.destination,
        "sources": report.sources,
        "compared": report.compared,
        "drifted": sum(item.what != "unknown" for item in report.items),
        "made_here": report.made_here,
        "calls": report.calls,
        "items": [_row(item) for item in report.items],
    }


def _row(item: Drifted) -> DriftRow:
    action = item.action
    return DriftRow(
        address=action.address,
        type=action.type,
        name=action.name,
        path=action.path,
        destination_id=action.destination_id or None,
        what=item.what,
        reason=action.reason if isinstance(action, Blocked) else "",
        changed_by=item.changed_by,
        changed_at=item.changed_at,
        links=action.links,
        changes=getattr(action, "changes", ()),
        parts=parts_of(action),
    )


def headline(report: DriftReport) -> str:
    """Say in one line what was found."""
    counts = {what: sum(item.what == what for item in report.items) for what in _WORDS}
    found = ", ".join(f"{counts[what]:,} {words}" for what, words in _WORDS.items() if counts[what])
    return f"Drift: {found}." if found else NO_DRIFT


def counts_line(report: DriftReport) -> str:
    """Count what was compared, what only the destination has, and the calls."""
    made = ", ".join(counted(n, type_.replace("_", " ")) for type_, n in report.made_here.items())
    here = f" Only in the destination: {made}." if made else ""
    return f"Compared: {report.compared:,}.{here} API calls: {report.calls:,}."


def drift_text(report: DriftReport, *, width: int = 80, verbose: bool = False) -> Renderables:
    """Show the report on a terminal."""
    lines = [*_lines(report.items, width=width, verbose=verbose)]
    tree = [indented_tree(lines), Text()] if lines else []
    return Renderables(
        Text(f"Destination: {visible(report.destination)}"),
        Text(f"Agreed with:  {visible(', '.join(report.sources))}"),
        Text(),
        *tree,
        Text(headline(report), "bold"),
        Text(counts_line(report)),
    )


def drift_markdown(report: DriftReport) -> str:
    """Write the report for an issue or a comment."""
    lines = [
        f"### {headline(report)}",
        "",
        f"{code(report.destination)}. {counts_line(report)}",
    ]
    if report.items:
        trees = "".join(map(diff_lines, _lines(report.items, width=100, verbose=True)))
        fence = fence_around(trees)
        lines += ["", f"{fence}diff\n{trees}{fence}"]
    return "\n".join(lines) + "\n"


def drift_html(report: DriftReport) -> str:
    """Write the report as a page."""
    lines = _lines(report.items, width=200, verbose=True)
    title = headline(report)
    body = [f"<h1>{escaped(title)}</h1>", f"<p>{escaped(counts_line(report))}</p>"]
    body += section(report.destination, "", lines, are_open=True)
    return "".join(page(f"Drift of {report.destination}", body))


def _lines(items: Sequence[Drifted], *, width: int, verbose: bool) -> Iterator[Line]:
    room = max(width - 14, 24)
    limits = DetailLimits.none(room) if verbose else DetailLimits(width=room)
    for item in items:
        line = item_line(item.action, limits)
        by = f" by {visible(item.changed_by)}" if item.changed_by else ""
        at = f" at {visible(item.changed_at)}" if item.changed_at else ""
        who = f", last updated{by}{at}" if by or at else ""
        said = Line.of(line.sign, ("dim", f"  {_WORDS[item.what]}{who}")).spans
        yield msgspec.structs.replace(line, spans=(*line.spans, *said))
