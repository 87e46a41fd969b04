"""The one block in which the program tells what is wrong, where, why and what to do."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from lookervault_plan.errors import Diagnostic
from lookervault_plan.render.safe import visible
from lookervault_plan.render.terminal import Framed

_LOOKS = {"error": ("Error", "red"), "warning": ("Warning", "yellow")}


def diagnostic_text(
    diagnostic: Diagnostic, *, also: Sequence[Diagnostic] = (), more: int = 0
) -> RenderableType:
    """Framed as Terraform does.

    `also` are others of the same code, a line each; `more` counts those that are not shown.
    """
    title, colour = _LOOKS[diagnostic.severity]
    lines = [Text.assemble((f"{title}: ", f"bold {colour}"), (visible(diagnostic.summary), "bold"))]
    if diagnostic.address:
        lines += [Text(), Text(f"  on {visible(diagnostic.address)}")]
    if diagnostic.detail:
        lines += [Text(), *(Text(visible(line)) for line in diagnostic.detail.splitlines())]
    if diagnostic.fix:
        fix, *rest = diagnostic.fix.splitlines()
        lines += [Text(), Text.assemble(("Fix: ", "bold"), visible(fix))]
        lines += [Text(visible(line)) for line in rest]
    if also:
        lines += [Text(), Text("Also:", "bold"), *(Text(f"  {_in_a_line(one)}") for one in also)]
    if more:
        lines.append(Text(f"  … and {more:,} more ({visible(diagnostic.code)})", "dim"))
    return Framed(lines, colour)


def _in_a_line(diagnostic: Diagnostic) -> str:
    where = f" (on {diagnostic.address})" if diagnostic.address else ""
    return visible(f"{diagnostic.summary}{where}")
