"""Build the commands that a run suggests next, so that they work exactly as they are printed.

A command of this program that stands in any text on the screen gets the options of this run that
lead to the same Looker and the same state: `--env`, `--config-file`, `--section`, `--state`. Only
options that were typed are repeated: those from variables and from lookervault-plan.toml hold for
the next command too.
"""

import re
import shlex
from collections.abc import Mapping

from lookervault_plan.state.place import without_password

PROGRAM = "lookervault-plan"
#: Options that are repeated, in the order in which they are printed.
REPEATED = ("env", "config-file", "section", "state")

#: A command in a text, and the words after it that may name a subcommand.
_MENTION = re.compile(rf"{PROGRAM}((?: [a-z][a-z-]*)+)")
#: The end of a command in a text.
_END = re.compile(r"[`\n]|$")

_typed: dict[str, str] = {}


def remember(typed: Mapping[str, str]) -> None:
    """Take the options that were typed in this run, by name. Forget those of an earlier run."""
    _typed.clear()
    _typed.update({name: without_password(typed[name]) for name in REPEATED if name in typed})


def add(name: str, value: str) -> None:
    """Repeat an option that was not typed, such as the environment that a saved plan is for."""
    _typed[name] = value


def command(*words: object) -> str:
    """Write a command to type next, with this run's options. Words are quoted for the shell."""
    return with_options(shlex.join([PROGRAM, *map(str, words)]))


def insertions(text: str) -> list[tuple[int, str]]:
    """List (position, options) to insert into the commands of a text, from its end."""
    if not _typed or PROGRAM not in text:
        return []
    from lookervault_plan.cli.option_sources import options_by_command  # noqa: PLC0415 — a cycle

    known = options_by_command()
    found: list[tuple[int, str]] = []
    for mention in _MENTION.finditer(text):
        words = mention[1].split()
        chain = next(
            (tuple(words[:n]) for n in range(len(words), 0, -1) if tuple(words[:n]) in known), None
        )
        if chain is None:
            continue
        start = mention.start() + len(f"{PROGRAM} {' '.join(chain)}")
        end = _END.search(text, start)
        rest = text[start : end.start() if end else None]
        options = " ".join(
            f"--{name} {shlex.quote(value)}"
            for name, value in _typed.items()
            if name in known[chain] and not re.search(rf"--{name}\b", rest)
        )
        if options:
            found.append((start, f" {options}"))
    return found[::-1]


def with_options(text: str) -> str:
    """Add this run's options to the commands that a text mentions."""
    for position, options in insertions(text):
        text = text[:position] + options + text[position:]
    return text
