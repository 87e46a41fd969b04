"""Lay out help as plain text. rich's panels would take a quarter of the time of `plan --help`."""

import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

_WIDEST = 100
_LABEL_WIDEST = 30
_INDENT = "  "


class PlainHelp:
    """A formatter for cyclopts: a title, and below it the entries in two columns."""

    def __call__(self, console: "Console", options: "ConsoleOptions", panel: "HelpPanel") -> None:
        del console, options
        if panel.entries:
            labels = [", ".join(entry.display_labels_with_metavar) for entry in panel.entries]
            column = min(max(map(len, labels)), _LABEL_WIDEST) + 2 * len(_INDENT)
            _write(f"{panel.title}:\n")
            for label, entry in zip(labels, panel.entries, strict=True):
                _write(_entry(label, _described(entry), column))
            _write("\n")

    def render_usage(self, console: "Console", options: "ConsoleOptions", usage: object) -> None:
        """Write `Usage: lookervault-plan plan …`."""
        del console, options
        _write(f"Usage: {_plain(usage).strip().removeprefix('Usage: ')}\n\n")

    def render_description(
        self, console: "Console", options: "ConsoleOptions", description: object
    ) -> None:
        """Write the command's help, wrapped paragraph by paragraph."""
        del console, options
        for paragraph in _plain(description).strip().split("\n\n"):
            _write("\n".join(textwrap.wrap(paragraph, _width(), break_on_hyphens=False)) + "\n\n")


class Page:
    """A stand-in for the rich console that cyclopts asks for."""

    options: None = None

    def print(self, *words: object) -> None:
        """Write a line, as `--version` does."""
        _write(" ".join(map(_plain, words)) + "\n")


def page() -> "Console":
    """Make a `Page`, typed as a console."""
    return cast("Console", cast("object", Page()))


def _described(entry: "HelpEntry") -> str:
    """Return the description of an entry with its choices and its default."""
    notes: list[str] = []
    if entry.choices:
        notes.append(f"one of {', '.join(entry.choices)}")
    if entry.required and not entry.positional_label:
        notes.append("required")
    if entry.default is not None:
        notes.append(f"default: {entry.default}")
    described = " ".join(_plain(cast("object", entry.description)).split())
    return f"{described} [{'; '.join(notes)}]" if notes else described


def _entry(label: str, text: str, column: int) -> str:
    lines: Sequence[str] = textwrap.wrap(text, _width() - column, break_on_hyphens=False) or [""]
    first = f"{_INDENT}{label}"
    if len(first) + len(_INDENT) > column:
        return "\n".join([first, *(" " * column + line for line in lines)]) + "\n"
    rest = [" " * column + line for line in lines[1:]]
    return "\n".join([f"{first:<{column}}{lines[0]}", *rest]) + "\n"


def _plain(value: object) -> str:
    """Return the text of an object that cyclopts made for rich."""
    inner = cast("object", getattr(value, "primary_renderable", value))
    return str(cast("object", getattr(inner, "plain", inner)))


def _width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST)


def _write(text: str) -> None:
    try:
        _ = sys.stdout.write(text)
    except BrokenPipeError:
        from lookervault_plan.cli.screen import silence  # noqa: PLC0415 — costs 50 ms

        silence(sys.stdout)
