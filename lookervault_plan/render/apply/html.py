"""The report of an apply as an HTML page."""

from collections.abc import Iterator

from lookervault_plan.render.apply.report import ApplyReport, ItemReport
from lookervault_plan.render.html_page import framed
from lookervault_plan.render.html_syntax import escaped
from lookervault_plan.render.safe_text import folder_path

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1c2024}"
    "h1{font-size:1.2rem}table{border-collapse:collapse}"
    "td,th{text-align:left;padding:.2rem .8rem;border-bottom:1px solid #ddd;vertical-align:top}"
    ".failed,.blocked{background:#fdecea}.not,.stale,.left{background:#fff6e0}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}"
    ".failed,.blocked{background:#4a1512}.not,.stale,.left{background:#46340b}}"
)


def report_html(report: ApplyReport) -> str:
    """Write the facts and a table of all items as one self-contained page."""
    return "".join(framed(report.headline, _body(report), style=_STYLE))


def _body(report: ApplyReport) -> Iterator[str]:
    facts = "".join(f"<li>{escaped(fact)}</li>" for fact in report.facts)
    rows = "".join(map(_row, report.items))
    lists = "".join(
        f"<h2>{name}</h2><ul>{''.join(f'<li>{escaped(one)}</li>' for one in entries)}</ul>"
        for name, entries in report.further_lists
    )
    yield (
        f"<h1>{escaped(report.headline)}</h1><ul>{facts}</ul>\n"
        "<table><tr><th>item<th>name<th>folder<th>action<th>result<th>why</tr>\n"
        f"{rows}</table>\n{lists}\n"
    )


def _row(item: ItemReport) -> str:
    return (
        f"<tr class={item.result.split()[0]}><td>{escaped(item.address)}</td>"
        f"<td>{escaped(item.name)}</td><td>{escaped(folder_path(item.path))}</td>"
        f"<td>{item.action}</td><td>{item.result}</td><td>{escaped(item.reason)}</td></tr>\n"
    )
