"""Write plans and outcomes to the files of `--report`, and render plans in each format."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import msgspec
from rich.console import Console

from lookervault_plan.cli.options import Format
from lookervault_plan.cli.output_files import check_writable, write_whole
from lookervault_plan.content.node import Json
from lookervault_plan.content.redact import scrub_texts
from lookervault_plan.plan_file import Plan, encode
from lookervault_plan.render.apply.formats import REPORT_FORMATS
from lookervault_plan.render.apply.report import ApplyReport
from lookervault_plan.render.plan.html import plan_html
from lookervault_plan.render.plan.markdown import plan_markdown
from lookervault_plan.render.plan.text import plan_text

#: Columns of a plan that is written as text to a file.
_TEXT_WIDTH = 100


class ReportFile(NamedTuple):
    """A format, and the file to write it to."""

    format: str
    path: Path


def parse(values: Sequence[str]) -> tuple[ReportFile, ...]:
    """Split values of `--report`, which were validated: `("markdown=plan.md", …)`."""
    split = (value.partition("=") for value in values)
    return tuple(ReportFile(format_, Path(path)) for format_, _, path in split)


def report_files(values: Sequence[str]) -> tuple[ReportFile, ...]:
    """Parse values of `--report`. Raise PlanError now if a file could not be written later."""
    reports = parse(values)
    for one in reports:
        check_writable(one.path)
    return reports


def write_apply_reports(reports: Sequence[ReportFile], report: ApplyReport) -> None:
    """Write the report of an apply in each format asked for."""
    clean = scrub_texts(cast("Json", msgspec.to_builtins(report)))
    report = msgspec.convert(clean, ApplyReport)
    for one in reports:
        write_whole(one.path, REPORT_FORMATS[one.format](report).encode())


def plan_document(plan: Plan, format_: Format | str, *, verbose: bool = False) -> str:
    """Render a plan in that format. Only text knows `verbose`."""
    return _text(plan, verbose=verbose) if format_ == "text" else _DOCUMENTS[format_](plan)


def _text(plan: Plan, *, verbose: bool) -> str:
    page = io.StringIO()
    console = Console(
        file=page, width=_TEXT_WIDTH, color_system=None, highlight=False, markup=False, emoji=False
    )
    console.print(plan_text(plan, verbose=verbose, width=_TEXT_WIDTH), crop=False)
    return page.getvalue()


def _json(plan: Plan) -> str:
    return encode(plan).decode()


_DOCUMENTS: Mapping[str, Callable[[Plan], str]] = {
    "markdown": plan_markdown,
    "html": plan_html,
    "json": _json,
}
