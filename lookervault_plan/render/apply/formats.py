"""The formats of the report of an apply, by name."""

from collections.abc import Callable, Mapping

import msgspec

from lookervault_plan.render.apply.html import report_html
from lookervault_plan.render.apply.markdown import report_markdown
from lookervault_plan.render.apply.report import ApplyReport
from lookervault_plan.render.apply.text import report_text


def report_json(report: ApplyReport) -> str:
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


REPORT_FORMATS: Mapping[str, Callable[[ApplyReport], str]] = {
    "text": report_text,
    "markdown": report_markdown,
    "html": report_html,
    "json": report_json,
}
