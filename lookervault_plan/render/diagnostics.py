"""A diagnostic on a terminal: what is wrong, where, why, and how to fix it."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from lookervault_plan.errors import Diagnostic
from lookervault_plan.render.safe_text import visible
from lookervault_plan.render.terminal import FramedBlock

_TITLES = {"error": ("Error", "red"), "warning": ("Warning", "yellow"), "note": ("Note", "cyan")}
#: Titles in a plan. Making it went well, so what it blocks is no error; other tools would take the
#: word for a failed plan.
_PLAN_TITLES = {**_TITLES, "error": ("Blocked", "magenta")}


def planned_diagnostic_text(
    diagnostic: Diagnostic, *, also: Sequence[Diagnostic] = (), more: int = 0
) -> RenderableType:
    """Show a diagnostic of a plan in a frame. See `diagnostic_text`."""
    return _framed(diagnostic, _PLAN_TITLES[diagnostic.severity], also=also, more=more)


def diagnostic_text(
    diagnostic: Diagnostic, *, also: Sequence[Diagnostic] = (), more: int = 0
) -> RenderableType:
    """Show a diagnostic in a frame, as Terraform does.

    `also` are further diagnostics of the same code, shown as a line each. `more` counts those
    that are not shown.
    """
    return _framed(diagnostic, _TITLES[diagnostic.severity], also=also, more=more)


def _framed(
    diagnostic: Diagnostic, style: tuple[str, str], *, also: Sequence[Diagnostic], more: int
) -> RenderableType:
    title, colour = style
    summary = Text.assemble((f"{title}: ", f"bold {colour}"), (visible(diagnostic.summary), "bold"))
    rows = [("", summary)]
    if diagnostic.address:
        rows += [_BLANK, ("  ", Text(f"on {visible(diagnostic.address)}"))]
    if diagnostic.detail:
        rows += [_BLANK, *map(_row, diagnostic.detail.splitlines())]
    if diagnostic.fix:
        fix, *rest = diagnostic.fix.splitlines()
        rows += [_BLANK, ("", Text.assemble(("Fix: ", "bold"), visible(fix))), *map(_row, rest)]
    if also:
        rows += [_BLANK, ("", Text("Also:", "bold"))]
        rows += [("  ", Text(_on_one_line(one))) for one in also]
    if more:
        rows.append(("  ", Text(f"… and {more:,} more ({visible(diagnostic.code)})", "dim")))
    return FramedBlock(rows, colour)


_BLANK = ("", Text())


def _row(line: str) -> tuple[str, Text]:
    text = line.lstrip(" ")
    return " " * (len(line) - len(text)), Text(visible(text))


def _on_one_line(diagnostic: Diagnostic) -> str:
    where = f" (on {diagnostic.address})" if diagnostic.address else ""
    return visible(f"{diagnostic.summary}{where}")
