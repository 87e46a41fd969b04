"""The report of an apply in Markdown."""

from lookervault_plan.render.apply.report import ApplyReport, ItemReport
from lookervault_plan.render.markdown_syntax import code, prose, table


def report_markdown(report: ApplyReport) -> str:
    """Write the facts, a table of counts, and each unfinished item with its reason."""
    counts = ((result, f"{number:,}") for result, number in report.counts.items())
    blocks = [
        f"### {report.headline}",
        "\n".join(f"- {prose(fact)}" for fact in report.facts),
        table(("result", "items"), counts),
    ]
    if report.unfinished:
        blocks.append("\n".join(map(_bullet, report.unfinished)))
    for title, entries in report.further_lists:
        blocks += [f"{title}:", "\n".join(f"- {code(one)}" for one in entries)]
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _bullet(item: ItemReport) -> str:
    why = f": {code(item.reason)}" if item.reason else ""
    return f"- {code(item.address)} {code(item.name)} {item.result}{why}"
