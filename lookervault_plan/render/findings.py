"""Answers of `doctor --probe` to open questions, as values and as text."""

from collections.abc import Mapping, Sequence

import msgspec
from rich.table import Table
from rich.text import Text

from lookervault_plan.render.safe_text import visible

#: The answer to a question that this instance does not settle.
UNSETTLED = "unsettled"


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one instance answers one question. It holds no content and no names of the instance."""

    name: str
    question: str
    #: One word, such as `taken`, `ignored` or `refused`; or `unsettled`.
    answer: str
    #: Why it is unsettled.
    why: str = ""


def answers_of(findings: Sequence[Finding]) -> Mapping[str, str]:
    """Map the settled questions to their answers."""
    return {each.name: each.answer for each in findings if each.answer != UNSETTLED}


def findings_table(findings: Sequence[Finding]) -> Table:
    """Show each question with its answer."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("Question", "Answer", "Name"):
        table.add_column(title)
    for each in findings:
        why = f" ({visible(each.why)})" if each.why else ""
        style = "yellow" if each.answer == UNSETTLED else "bold"
        table.add_row(each.question, Text(f"{visible(each.answer)}{why}", style), each.name)
    return table
