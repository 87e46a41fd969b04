"""Where output goes: results to stdout, all else to stderr; and a closed pipe is no drama."""

import contextlib
import os
import sys
from collections.abc import Callable, Generator
from typing import IO

from rich.console import Console, RenderableType
from rich.text import Text
from typing_extensions import override

from lookervault_plan.cli.options import Common

#: columns where there is no terminal: lines are for grep and for copying ids, so none is broken
_UNBROKEN = 10_000
#: and there values are cut as in a report
_ROOM = 100


class _Console(Console):
    """A console whose reader may leave (`… | head`) while the work goes on."""

    @override
    def on_broken_pipe(self) -> None:
        self.quiet = True
        silence(sys.stderr if self.stderr else sys.stdout)


class Screen:
    """The two streams, as the common options want them."""

    def __init__(self, common: Common) -> None:
        self.common = common
        self.out: Console = _console(common, stderr=False)
        self.err: Console = _console(common, stderr=True)

    @property
    def room(self) -> int:
        """So many columns of a value are shown before it is cut."""
        return self.out.width if self.out.width < _UNBROKEN else _ROOM

    def show(self, renderable: RenderableType) -> None:
        """A result for people, on stdout."""
        _print(self.out, renderable)

    def note(self, renderable: RenderableType) -> None:
        """Something by the way, on stderr; nothing with --quiet."""
        if not self.common.quiet:
            _print(self.err, renderable)

    def insist(self, renderable: RenderableType) -> None:
        """On stderr, whatever --quiet says: errors and questions."""
        _print(self.err, renderable)

    @contextlib.contextmanager
    def working(self, what: str) -> Generator[None]:
        """Say on a terminal that something takes its time."""
        if self.common.quiet or not self.err.is_terminal:
            yield
            return
        with self.err.status(Text(f"{what} …")):
            yield

    @contextlib.contextmanager
    def counting(self, what: str) -> Generator[Callable[[str, int], None]]:
        """As `working`, with a number that grows: call what this gives with its name and it."""
        if self.common.quiet or not self.err.is_terminal:
            yield lambda _name, _number: None
            return
        with self.err.status(Text(f"{what} …")) as status:
            yield lambda name, number: status.update(Text(f"{what}: {number:,} {name} …"))

    def restore(self) -> None:
        """Put the terminal right before the process ends in the middle of a display."""
        _ = self.err.show_cursor(show=True)

    def write(self, data: bytes | str) -> None:
        """A document as it is, on stdout."""
        text = data.decode() if isinstance(data, bytes) else data
        try:
            _ = sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            silence(sys.stdout)


def silence(stream: IO[str]) -> None:
    """Let what is still written go nowhere, so that the interpreter doesn't complain at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            _ = os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)


def _console(common: Common, *, stderr: bool) -> Console:
    plain = common.no_color or "NO_COLOR" in os.environ
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
    console.print(renderable, crop=False)
