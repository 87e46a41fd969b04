"""Write plans and outcomes to the files of `--report`, and render plans in each format."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import msgspec
from rich.console import Console, RenderableType

from lookervault_plan.cli.options import MAX_CHARACTERS, Format
from lookervault_plan.cli.output_files import check_writable, write_whole
from lookervault_plan.content.node import Json
from lookervault_plan.content.redact import scrub_texts
from lookervault_plan.plan_file import Plan, encode
from lookervault_plan.render.apply.formats import REPORT_FORMATS
from lookervault_plan.render.apply.report import ApplyReport
from lookervault_plan.render.plan.html import plan_html
from lookervault_plan.render.plan.markdown import plan_markdown
from lookervault_plan.render.plan.terraform_json import plan_gitlab, plan_terraform_json
from lookervault_plan.render.plan.text import plan_text

#: Columns of what is written as text to a file.
TEXT_WIDTH = 100


class ReportFile(NamedTuple):
    """A format, and the file to write it to."""

    format: str
    path: Path


def parse(values: Sequence[str]) -> tuple[ReportFile, ...]:
    """Split values of `--report`, which were validated: `("markdown=plan.md", …)`."""
    split = (value.partition("=") for value in values)
    return tuple(ReportFile(_ALIASES.get(name, name), Path(path)) for name, _, path in split)


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


def plan_document(
    plan: Plan,
    format_: Format | str,
    *,
    verbose: bool = False,
    max_characters: int = MAX_CHARACTERS,
) -> str:
    """Render a plan in that format. Only text knows `verbose`, and Markdown `max_characters`."""
    match _ALIASES.get(format_, format_):
        case "text":
            return as_text(plan_text(plan, verbose=verbose, width=TEXT_WIDTH))
        case "markdown":
            return plan_markdown(plan, limit_characters=max_characters)
        case name:
            return _DOCUMENTS[name](plan)


def as_text(renderable: RenderableType) -> str:
    """Write what a terminal would show as plain text of TEXT_WIDTH columns."""
    page = io.StringIO()
    console = Console(
        file=page, width=TEXT_WIDTH, color_system=None, highlight=False, markup=False, emoji=False
    )
    console.print(renderable, crop=False)
    return page.getvalue()


def as_json(rows: object) -> str:
    """Write rows as indented JSON, without secrets."""
    document = scrub_texts(cast("Json", msgspec.to_builtins(rows)))
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def _json(plan: Plan) -> str:
    return encode(plan).decode()


_ALIASES: Mapping[str, str] = {"md": "markdown"}
_DOCUMENTS: Mapping[str, Callable[[Plan], str]] = {
    "html": plan_html,
    "json": _json,
    "terraform-json": plan_terraform_json,
    "gitlab": plan_gitlab,
}
#: Formats that hold the whole content of a plan: their files have the mode of plan files.
WHOLE_FORMATS = frozenset(("json", "terraform-json"))
