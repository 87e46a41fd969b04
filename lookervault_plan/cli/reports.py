"""A plan in each of the formats that it can be shown in."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, get_args

from cyclopts import Parameter

from lookervault_plan.cli.nearest import did_you_mean
from lookervault_plan.cli.options import texts

if TYPE_CHECKING:
    from lookervault_plan.plan_file import Plan
    from lookervault_plan.render.apply.report import ApplyReport

Format = Literal["text", "markdown", "html", "json"]
FORMATS: tuple[str, ...] = get_args(Format)

_TEXT_WIDTH = 100


class Report(NamedTuple):
    """What `--report FORMAT=FILE` asks for."""

    format: str
    path: Path


def well_formed(_: object, values: object) -> None:
    """Check `--report` while the command line is read."""
    for value in texts(values):
        format_, equals, path = value.partition("=")
        if not equals or not path:
            raise ValueError("It has the form FORMAT=FILE, such as markdown=plan.md.")
        if format_ not in FORMATS:
            hint = did_you_mean(format_, FORMATS) or f"Formats: {', '.join(FORMATS)}."
            raise ValueError(f"There is no format {format_}. {hint}")


Reports = Annotated[
    tuple[str, ...],
    Parameter(name="--report", metavar="FORMAT=FILE", show_default=False, validator=well_formed),
]


def checked(values: Sequence[str]) -> list[Report]:
    """As `parse`; raises PlanError now if a file could not be written later."""
    from lookervault_plan.cli.files import check_writable  # noqa: PLC0415

    reports = parse(values)
    for one in reports:
        check_writable(one.path)
    return reports


def parse(values: Sequence[str]) -> list[Report]:
    """`("markdown=plan.md", …)`, which were checked before."""
    split = (value.partition("=") for value in values)
    return [Report(format_, Path(path)) for format_, _, path in split]


def rendered(plan: "Plan", format_: str, *, verbose: bool = False) -> str:
    """The plan as a document."""
    return _RENDERERS[format_](plan, verbose)


def write_reports(reports: Sequence[Report], report: "ApplyReport") -> None:
    """What an apply came to, in each format asked for."""
    from lookervault_plan.cli.files import write_whole  # noqa: PLC0415
    from lookervault_plan.render.apply.formats import REPORT_FORMATS  # noqa: PLC0415

    for one in reports:
        write_whole(one.path, REPORT_FORMATS[one.format](report).encode())


def _text(plan: "Plan", verbose: bool) -> str:  # noqa: FBT001
    from rich.console import Console  # noqa: PLC0415

    from lookervault_plan.render.plan.text import plan_text  # noqa: PLC0415

    page = io.StringIO()
    console = Console(
        file=page, width=_TEXT_WIDTH, color_system=None, highlight=False, markup=False, emoji=False
    )
    console.print(plan_text(plan, verbose=verbose, width=_TEXT_WIDTH), crop=False)
    return page.getvalue()


def _markdown(plan: "Plan", verbose: bool) -> str:  # noqa: FBT001
    del verbose
    from lookervault_plan.render.plan.markdown import plan_markdown  # noqa: PLC0415

    return plan_markdown(plan)


def _html(plan: "Plan", verbose: bool) -> str:  # noqa: FBT001
    del verbose
    from lookervault_plan.render.plan.html import plan_html  # noqa: PLC0415

    return plan_html(plan)


def _json(plan: "Plan", verbose: bool) -> str:  # noqa: FBT001
    del verbose
    from lookervault_plan.plan_file import encode  # noqa: PLC0415

    return encode(plan).decode()


_RENDERERS: Mapping[str, Callable[["Plan", bool], str]] = {
    "text": _text,
    "markdown": _markdown,
    "html": _html,
    "json": _json,
}
