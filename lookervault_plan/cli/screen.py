"""Write results to stdout and everything else to stderr. A closed pipe is no error."""

import contextlib
import os
import sys
from collections.abc import Callable, Generator
from typing import IO, cast

import msgspec
from rich.console import Console, Group, RenderableType
from rich.text import Text
from typing_extensions import override

from lookervault_plan.cli import follow_up
from lookervault_plan.cli.options import Common
from lookervault_plan.content.node import Json
from lookervault_plan.content.redact import scrub_texts
from lookervault_plan.render.terminal import FramedBlock, HangingLines

#: Columns without a terminal. No line is broken, so that grep works and ids can be copied.
_UNBROKEN = 10_000
#: Columns after which a value is cut without a terminal, as in a report.
_ROOM = 100


class _Console(Console):
    """A console that goes silent if its reader leaves (`… | head`), while the work goes on."""

    @override
    def on_broken_pipe(self) -> None:
        self.quiet = True
        silence(sys.stderr if self.stderr else sys.stdout)


class Screen:
    """stdout and stderr, used as the common options say."""

    def __init__(self, common: Common) -> None:
        self.common = common
        self.out: Console = _console(common, stderr=False)
        self.err: Console = _console(common, stderr=True)

    @property
    def room(self) -> int:
        """Columns of a value that are shown before it is cut."""
        return self.out.width if self.out.width < _UNBROKEN else _ROOM

    def show(self, renderable: RenderableType) -> None:
        """Show a result on stdout."""
        _print(self.out, renderable)

    def note(self, renderable: RenderableType) -> None:
        """Show a remark on stderr, unless --quiet is given."""
        if not self.common.quiet:
            _print(self.err, renderable)

    def insist(self, renderable: RenderableType) -> None:
        """Show an error or a question on stderr, even with --quiet."""
        _print(self.err, renderable)

    @contextlib.contextmanager
    def working(self, what: str) -> Generator[None]:
        """Show on a terminal what is being done during the block."""
        if self.common.quiet or not self.err.is_terminal:
            yield
            return
        with self.err.status(Text(f"{what} …")):
            yield

    @contextlib.contextmanager
    def counting(self, what: str) -> Generator[Callable[[str, int], None]]:
        """As `working`, with a count: call the given function with the name and the number."""
        if self.common.quiet or not self.err.is_terminal:
            yield lambda _name, _number: None
            return
        with self.err.status(Text(f"{what} …")) as status:
            yield lambda name, number: status.update(Text(f"{what}: {number:,} {name} …"))

    def restore(self) -> None:
        """Show the cursor again before the process ends in the middle of a display."""
        _ = self.err.show_cursor(show=True)

    def answer(self, facts: object, renderable: RenderableType) -> None:
        """Show a command's result on stdout: with --json the facts, else the renderable."""
        if self.common.json:
            document = scrub_texts(cast("Json", msgspec.to_builtins(facts)))
            self.write(msgspec.json.encode(document) + b"\n")
        else:
            self.show(renderable)

    def write(self, data: bytes | str) -> None:
        """Write a document to stdout, unchanged."""
        text = data.decode() if isinstance(data, bytes) else data
        try:
            _ = sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            silence(sys.stdout)


def silence(stream: IO[str]) -> None:
    """Send the rest of a closed stream to /dev/null, so that the interpreter exits quietly."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            _ = os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)


def _console(common: Common, *, stderr: bool) -> Console:
    plain = common.no_color or bool(os.environ.get("NO_COLOR"))  # https://no-color.org
    console = _Console(
        stderr=stderr,
        color_system=None if plain else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _UNBROKEN
    return console


def _print(console: Console, renderable: RenderableType) -> None:
    # Not cropped: other tools read the summary lines, however narrow the terminal.
    shown = _completed(renderable)
    # A bare text would be copied without its `no_wrap`.
    console.print(Group(shown) if isinstance(shown, Text) else shown, crop=False)


def _completed(renderable: RenderableType) -> RenderableType:
    """Add this run's options to the commands that are shown."""
    match renderable:
        case Text():
            return _completed_text(renderable)
        case FramedBlock():
            rows = [(indent, _completed_text(line)) for indent, line in renderable.rows]
            return FramedBlock(rows, renderable.style)
        case HangingLines():
            return HangingLines([(lead, _completed_text(line)) for lead, line in renderable.rows])
        case Group():
            return Group(*map(_completed, renderable.renderables))
        case _:
            return renderable


def _completed_text(text: Text) -> Text:
    for position, options in follow_up.insertions(text.plain):
        rest = text[position:]
        text = text[:position].append(options).append(rest)
    return text
