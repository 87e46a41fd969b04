"""Pieces of HTML: escaped text, and trees of lines as nested lists."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from lookervault_plan.render.lines import Line, Role, Span
from lookervault_plan.render.safe_text import visible

#: Class of a sign in the style sheet.
_SIGN_CLASSES: Mapping[str, str] = {
    "+": "add",
    "~": "change",
    "-": "destroy",
    "!": "blocked",
    "=": "same",
    " ": "note",
}
#: Roles of text from an instance. `<bdi>` keeps right-to-left text from turning its neighbours.
_ISOLATED: Mapping[Role, str] = {
    "name": "name",
    "before": "value before",
    "after": "value after",
    "context": "value dim",
    "address": "address",
    "field": "field",
}
#: Classes of the roles of our own text.
_OWN: Mapping[Role, str] = {"dim": "dim", "alarm": "alarm"}


def escaped(text: str) -> str:
    """Escape text from an instance."""
    return escape(visible(text))


def paragraph(text: str) -> str:
    """Write text from an instance as a paragraph that keeps its line breaks."""
    lines = "\n".join(escaped(line) for line in text.splitlines())
    return f"<p><bdi>{lines}</bdi></p>"


def anchor(name: str) -> str:
    """Make an id without white space."""
    return escape("".join(visible(name).split()))


def sign_class(sign: str) -> str:
    return _SIGN_CLASSES.get(sign, "other")


def section(
    title: str,
    aside: str,
    lines: Iterable[Line],
    *,
    are_open: bool = False,
    ids: Iterable[str] = (),
    anchor_name: str = "",
) -> Iterator[str]:
    """Write trees of lines under a heading; nothing if there are none.

    `ids` are the trees' ids, in order. The section's id is `type-` and `anchor_name`, if given.
    """
    names = iter(ids)
    items = "".join(_item(line, next(names, ""), is_open=are_open) for line in lines)
    if items:
        id_ = f' id="type-{anchor(anchor_name)}"' if anchor_name else ""
        heading = f"<h2>{escaped(title)}<small>{escaped(aside)}</small></h2>"
        yield f"<section data-items{id_}>\n{heading}\n{items}</section>\n"


def _item(tree: Line, id_name: str, *, is_open: bool) -> str:
    """Write a tree; its children can be folded away."""
    kind = sign_class(tree.sign)
    id_ = f' id="{anchor(id_name)}"' if id_name else ""
    line = _line(tree)
    if not tree.children:
        return f'<div class="item {kind}"{id_}><div class="line">{line}</div></div>\n'
    return (
        f'<details class="item {kind}"{id_}{" open" * is_open}><summary class="line">{line}'
        f"</summary>{_list(tree.children)}</details>\n"
    )


def _list(lines: Iterable[Line]) -> str:
    rows = (
        f'<li class="{sign_class(line.sign)}">{_line(line)}'
        f"{_list(line.children) if line.children else ''}</li>\n"
        for line in lines
    )
    return f"<ul>{''.join(rows)}</ul>"


def _line(line: Line) -> str:
    sign = f'<span class="sign">{escape(line.sign.strip())}</span>'
    return sign + "".join(map(_span, line.spans))


def _span(span: Span) -> str:
    role, text = span
    if kind := _ISOLATED.get(role):
        # The space before a name stays outside the isolated text.
        inner = text.lstrip() if role in {"name", "address"} else text
        space = " " if len(inner) < len(text) else ""
        return f'{space}<bdi class="{kind}">{escaped(inner)}</bdi>'
    if kind := _OWN.get(role):
        return f'<span class="{kind}">{escaped(text)}</span>'
    return escaped(text)
