"""The report of an apply as plain text."""

from lookervault_plan.render.apply.report import ApplyReport, ItemReport
from lookervault_plan.render.safe_text import folder_path, quoted, visible


def report_text(report: ApplyReport) -> str:
    """Write the facts, the counts, and each unfinished item with its reason."""
    lines = [report.headline, *report.facts, ""]
    lines += [f"{result}: {number:,}" for result, number in report.counts.items()]
    for item in report.unfinished:
        lines += ["", f"{item.address} {quoted(item.name)}{_place(item)}: {item.result}"]
        lines += [f"    {visible(line)}" for line in item.reason.splitlines()]
    for title, entries in report.further_lists:
        lines += ["", f"{title}:", *(f"    {visible(one)}" for one in entries)]
    return "\n".join(lines) + "\n"


def _place(item: ItemReport) -> str:
    return f" in {folder_path(item.path)}" if item.path else ""
