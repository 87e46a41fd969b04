"""The stages of `validate` on a terminal, each with its verdict and its diagnostics."""

from collections.abc import Iterable, Iterator

import msgspec
from rich.console import RenderableType
from rich.text import Text

from lookervault_plan.errors import Diagnostic
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.safe_text import visible

#: Diagnostics of a stage without `verbose`.
_DIAGNOSTICS_SHOWN = 20


class Stage(msgspec.Struct, kw_only=True):
    """A stage of validation and its findings."""

    #: `preflight`, `items` or `api`.
    name: str
    title: str
    #: Findings that are in order.
    facts: list[str] = []
    diagnostics: list[Diagnostic] = []
    #: True if the stage was not run.
    is_skipped: bool = False

    @property
    def is_valid(self) -> bool:
        return not any(one.severity == "error" for one in self.diagnostics)


def stages_text(stages: Iterable[Stage], *, verbose: bool = False) -> Iterator[RenderableType]:
    """Show each stage. `verbose` shows every diagnostic."""
    for stage in stages:
        if stage.is_skipped:
            yield Text.assemble(("- ", "dim"), f"{stage.title}: ", ("skipped", "dim"))
            continue
        sign = ("✓ ", "green") if stage.is_valid else ("✗ ", "bold red")
        yield Text.assemble(sign, (stage.title, "bold"))
        for fact in stage.facts:
            yield Text(f"    {visible(fact)}", "dim")
        shown = stage.diagnostics if verbose else stage.diagnostics[:_DIAGNOSTICS_SHOWN]
        for one in shown:
            yield diagnostic_text(one)
        if more := len(stage.diagnostics) - len(shown):
            yield Text(f"    … and {more:,} more; -v shows all", "dim")
