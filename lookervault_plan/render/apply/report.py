"""What an apply came to, as a document: text, Markdown, HTML or JSON."""

from collections import Counter
from collections.abc import Callable, Mapping
from html import escape
from typing import Literal

import msgspec

from lookervault_plan.render.markdown_syntax import code, prose, table
from lookervault_plan.render.safe_text import folder_path, quoted, visible
from lookervault_plan.render.summary_lines import apply_headline

Result = Literal["done", "failed", "not tried", "blocked", "stale", "left over"]


class ItemReport(msgspec.Struct, frozen=True, kw_only=True):
    """An item, and what became of it."""

    address: str
    action: str
    name: str
    path: tuple[str, ...] = ()
    result: Result
    reason: str = ""


class ApplyReport(msgspec.Struct, frozen=True, kw_only=True):
    """The document."""

    session: str
    plan_id: str
    backup: str
    destination: str
    imported: int
    added: int
    changed: int
    destroyed: int
    is_complete: bool
    calls: int
    items: tuple[ItemReport, ...]
    #: what Looker did not take as it was sent
    untaken: tuple[str, ...] = ()
    #: what is done, with links left as they were to what has failed
    unlinked: tuple[str, ...] = ()

    @property
    def lists(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What else a person should see, with its title."""
        lists = (
            ("Not taken by Looker as it was sent", self.untaken),
            ("Done, with links left as they were to what has failed", self.unlinked),
        )
        return tuple((title, lines) for title, lines in lists if lines)

    @property
    def headline(self) -> str:
        return apply_headline(
            imported=self.imported,
            added=self.added,
            changed=self.changed,
            destroyed=self.destroyed,
            is_complete=self.is_complete,
        )

    @property
    def troubled(self) -> tuple[ItemReport, ...]:
        return tuple(item for item in self.items if item.result != "done")

    @property
    def counts(self) -> Mapping[str, int]:
        return Counter(item.result for item in self.items)


def text(report: ApplyReport) -> str:
    lines = [report.headline, *_facts(report), ""]
    lines += [f"{result}: {number:,}" for result, number in report.counts.items()]
    for item in report.troubled:
        lines += ["", f"{item.address} {quoted(item.name)}{_place(item)}: {item.result}"]
        lines += [f"    {visible(line)}" for line in item.reason.splitlines()]
    for title, entries in report.lists:
        lines += ["", f"{title}:"]
        lines += [f"    {visible(one)}" for one in entries]
    return "\n".join(lines) + "\n"


def markdown(report: ApplyReport) -> str:
    blocks = [f"### {report.headline}", "\n".join(f"- {prose(fact)}" for fact in _facts(report))]
    blocks.append(
        table(("result", "items"), ((name, f"{count:,}") for name, count in report.counts.items()))
    )
    if report.troubled:
        blocks.append("\n".join(map(_bullet, report.troubled)))
    for title, entries in report.lists:
        blocks.append(f"{title}:")
        blocks.append("\n".join(f"- {code(one)}" for one in entries))
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def html(report: ApplyReport) -> str:
    """One self-contained page."""
    title = escape(report.headline)
    facts = "".join(f"<li>{_html(fact)}</li>" for fact in _facts(report))
    rows = "".join(
        f"<tr class={item.result.split()[0]}><td>{_html(item.address)}</td>"
        f"<td>{_html(item.name)}</td><td>{_html(folder_path(item.path))}</td>"
        f"<td>{item.action}</td><td>{item.result}</td><td>{_html(item.reason)}</td></tr>\n"
        for item in report.items
    )
    more = "".join(
        f"<h2>{title}</h2><ul>{''.join(f'<li>{_html(one)}</li>' for one in entries)}</ul>"
        for title, entries in report.lists
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>\n<h1>{title}</h1>"
        f"<ul>{facts}</ul>\n<table><tr><th>item<th>name<th>folder<th>action<th>result<th>why</tr>\n"
        f"{rows}</table>\n{more}</body></html>\n"
    )


def json(report: ApplyReport) -> str:
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


RENDERERS: Mapping[str, Callable[[ApplyReport], str]] = {
    "text": text,
    "markdown": markdown,
    "html": html,
    "json": json,
}

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1c2024}"
    "h1{font-size:1.2rem}table{border-collapse:collapse}"
    "td,th{text-align:left;padding:.2rem .8rem;border-bottom:1px solid #ddd;vertical-align:top}"
    ".failed,.blocked{background:#fdecea}.not,.stale,.left{background:#fff6e0}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}"
    ".failed,.blocked{background:#4a1512}.not,.stale,.left{background:#46340b}}"
)


def _facts(report: ApplyReport) -> tuple[str, ...]:
    return (
        f"Destination: {report.destination}",
        f"Backup: {report.backup}",
        f"Session: {report.session}",
        f"Plan: {report.plan_id[:12]}",
        f"API calls: {report.calls:,}",
    )


def _bullet(item: ItemReport) -> str:
    why = f": {code(item.reason)}" if item.reason else ""
    return f"- {code(item.address)} {code(item.name)} {item.result}{why}"


def _place(item: ItemReport) -> str:
    return f" in {folder_path(item.path)}" if item.path else ""


def _html(value: str) -> str:
    return escape(visible(value))
