"""Dead letters on a terminal: a table of all, or one in full."""

from collections.abc import Mapping, Sequence

import msgspec
from rich.console import Group as Renderables
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lookervault_plan.content.node import Json
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.safe_text import visible
from lookervault_plan.render.shorten import clip

#: Terminal cells of an error message in the table.
_ERROR_ROOM = 100


class DeadLetterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter as the table shows it. Its secrets are already removed."""

    id: int
    session_id: str
    address: str
    content_id: str
    content_type: str
    name: str = ""
    error_message: str
    error_type: str
    http_status: int | None = None
    retry_count: int = 0
    #: Ready to be shown.
    failed_at: str
    #: Id of the step that failed. Empty if no step was begun.
    step: str = ""
    #: Address of the item whose failure made this one fail. None: it failed by itself.
    cause: str | None = None


class DeadLetterDetails(DeadLetterRow, frozen=True, kw_only=True):
    """A dead letter in full."""

    #: Other steps of the item that failed, with their errors.
    also_failed: Mapping[str, str] = {}
    stack_trace: str | None = None
    #: Method, path and body of the request that failed. None: nothing was sent.
    sent: Json = None
    content_data: Json = None


def dead_letters_text(letters: Sequence[DeadLetterRow]) -> RenderableType:
    """Show the letters as a table, in the given order."""
    if not letters:
        return Text("The dead letter queue is empty.", "green")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("ID", justify="right")
    for title in ("Item", "Error", "HTTP", "Retries", "Failed at"):
        table.add_column(title, overflow="fold", no_wrap=title == "Failed at")
    for one in letters:
        name = f' "{visible(one.name)}"' if one.name else ""
        why = Text(visible(one.error_type), "magenta").append(
            f"\n{clip(visible(_first_line(one.error_message)), _ERROR_ROOM)}", "not magenta default"
        )
        table.add_row(
            str(one.id),
            Text(visible(one.address), "bold").append(clip(name, 40), "not bold"),
            why,
            str(one.http_status or ""),
            str(one.retry_count or ""),
            visible(one.failed_at),
        )
    return Renderables(
        table,
        Text(f"\n{counted(len(letters), 'dead letter')}."),
        Text("  lookervault-plan dlq show ID     show one in detail", "dim"),
        Text("  lookervault-plan dlq retry [ID]  retry, in order", "dim"),
    )


def dead_letter_text(one: DeadLetterDetails, *, with_trace: bool = False) -> RenderableType:
    """Show one letter with the request that failed, its payload and maybe its stack trace."""
    facts = (
        ("Letter", str(one.id)),
        ("Item", f"{one.address} {one.name}".strip()),
        ("Session", one.session_id),
        ("Failed at", one.failed_at),
        ("Error", one.error_type),
        ("HTTP status", str(one.http_status or "")),
        ("Retries", str(one.retry_count)),
        ("Step", one.step),
        ("Cause", one.cause or ""),
    )
    blocks: list[RenderableType] = [
        Text.assemble((f"{title + ':':<13}", "dim"), visible(value))
        for title, value in facts
        if value
    ]
    blocks += [Text(), *_lines(one.error_message, "bold red")]
    if one.also_failed:
        blocks += [Text(), Text("Also failed:", "bold")]
        blocks += [
            Text(f"  {visible(step)}: {visible(why)}") for step, why in one.also_failed.items()
        ]
    if one.sent:
        blocks += [Text(), Text("Sent:", "bold"), *_lines(_as_text(one.sent), "")]
    if one.stack_trace and with_trace:
        blocks += [Text(), Text("Stack trace:", "bold"), *_lines(one.stack_trace, "dim")]
    elif one.stack_trace:
        blocks += [Text(), Text("--debug shows the stack trace.", "dim")]
    blocks += [Text(), Text("Payload:", "bold"), *_lines(_as_text(one.content_data), "")]
    return Renderables(*blocks)


def _lines(text: str, style: str) -> list[Text]:
    return [Text(visible(line), style) for line in text.rstrip().splitlines()]


def _as_text(value: Json) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
