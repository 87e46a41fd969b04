"""Turn an exception into the message on the screen and the exit code.

Errors of Looker arrive as PlanError, made by `looker.error_messages.explain`. Others are explained
here.
"""

import contextlib
import errno
import sys
import traceback
from collections.abc import Mapping
from typing import cast

import msgspec
from cyclopts import CycloptsError
from cyclopts.argument import Argument
from cyclopts.exceptions import (
    CoercionError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
    ValidationError,
)

from lookervault_plan.cli import exit_code, follow_up
from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen, silence
from lookervault_plan.cli.slips import command_successor, option_successor
from lookervault_plan.content.redact import scrub, scrub_texts
from lookervault_plan.errors import Diagnostic, Exit, PlanError
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.safe_text import visible
from lookervault_plan.selectors.suggest import did_you_mean

#: What to do about an error of the operating system.
_FIXES: Mapping[int, str] = {
    errno.ENOSPC: "make room on the disk, or choose another place",
    errno.EDQUOT: "make room within your quota, or choose another place",
    errno.EROFS: "choose a place that is not read-only",
    errno.EACCES: "check the permissions of the file and its directory",
    errno.EPERM: "check the permissions of the file and its directory",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EISDIR: "name a file, not a directory",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`), or lower --workers",
    errno.EADDRINUSE: "choose another --port",
}


def report(error: BaseException, common: Common) -> int:
    """Show an error on stderr, or as JSON on stdout with --json. Return the exit code."""
    if isinstance(error, BrokenPipeError):  # the reader has left
        silence(sys.stdout)
        return Exit.ERROR
    diagnostic = explained(error, common)
    if common.debug and not isinstance(error, KeyboardInterrupt):
        lines = scrub("".join(traceback.format_exception(error))).splitlines()
        _ = sys.stderr.write("".join(f"{visible(line)}\n" for line in lines))
    screen = Screen(common)
    with contextlib.suppress(OSError):  # the stream itself may be what is full or closed
        if common.json:
            fields = {name: getattr(diagnostic, name) for name in Diagnostic.__struct_fields__}
            fields["fix"] = follow_up.with_options(diagnostic.fix)
            screen.write(msgspec.json.encode(scrub_texts({"error": fields})) + b"\n")
        else:
            screen.insist(diagnostic_text(diagnostic))
    return exit_code.of_error(error)


def explained(error: BaseException, common: Common) -> Diagnostic:
    """Explain an error: as it says itself, as a usage error, as the system says it, or as a bug."""
    match error:
        case PlanError():
            return error.diagnostic
        case CycloptsError():
            return _usage(error)
        case KeyboardInterrupt():
            return Diagnostic(code="interrupted", summary="interrupted")
        case OSError(errno=int(number)) if number in _FIXES or _names_a_file(error):
            return _of_the_system(error, number)
        case _:
            return _bug(error, common)


def _names_a_file(error: OSError) -> bool:
    return cast("object", error.filename) is not None


def _usage(error: CycloptsError) -> Diagnostic:
    command = " ".join(["lookervault-plan", *(error.command_chain or ())])
    text, fix = _usage_text(error), f"`{command} --help` lists the options"
    if isinstance(error, UnknownCommandError):
        fix = "`lookervault-plan --help` lists the commands"
    what, _, meant = text.partition(" Did you mean ")
    if (known := _successor(error)) is not None:
        fix = known
    elif meant:
        fix = f"did you mean {meant}"
    first, _, why = what.partition(". ")
    return Diagnostic(code="usage", summary=_uncapitalised(first.rstrip(".")), detail=why, fix=fix)


def _successor(error: CycloptsError) -> str | None:
    """Say what took the place of a LookerVault word that the command line does not know."""
    match error:
        case UnknownCommandError(unused_tokens=[str(word), *_]) if not error.command_chain:
            return command_successor(word)
        case UnknownOptionError(token=token):
            return option_successor([token.keyword or token.value])
        case MissingArgumentError():
            return option_successor(error.unused_tokens or ())
        case _:
            return None


def _usage_text(error: CycloptsError) -> str:
    """Return the text of cyclopts, reworded if it is written for programmers."""
    match error:
        case MissingArgumentError(argument=argument) if argument is not None:
            text = _missing(error, argument)
        case RepeatArgumentError(token=token):
            text = f"{token.keyword} is given more than once."
        case UnusedCliTokensError():
            text = f"too many arguments: {' '.join(error.unused_tokens or ())}"
        case UnknownCommandError():
            text = str(error).partition(" Available commands: ")[0]
        case ValidationError(argument=argument) if argument is not None and argument.tokens:
            token = argument.tokens[0]
            name = token.keyword or argument.name
            source = "" if token.source in ("", "cli") else f" from {token.source}"
            values = " ".join(one.value for one in argument.tokens)
            text = f"invalid value for {name}{source}: {values}. {error.exception_message}"
        case CoercionError(msg=str(message), token=token) if token is not None and token.keyword:
            source = "" if token.source in ("", "cli") else f" from {token.source}"
            text = f"invalid value for {token.keyword}{source}: {message}"
        case _:
            text = str(error)
    return text


def _missing(error: MissingArgumentError, argument: Argument) -> str:
    """Name a missing option, or an unknown one that is probably its misspelling."""
    odd = [word for word in error.unused_tokens or () if word.startswith("-")]
    is_typed = error.keyword in argument.names
    if odd and not argument.tokens and not is_typed and odd[0] not in argument.names:
        return f"unknown option: {odd[0]}. {did_you_mean(odd[0], argument.names, as_sentence=True)}"
    has_value = bool(argument.tokens) or error.keyword is not None
    name = error.keyword or argument.name
    return f"{name} needs a value." if has_value else f"{name} is missing."


def _uncapitalised(text: str) -> str:
    is_word = text[1:2].islower()
    return text[:1].lower() + text[1:] if is_word else text


def _of_the_system(error: OSError, number: int) -> Diagnostic:
    why = error.strerror or str(error)
    name = cast("object", error.filename)
    where = f"{name}: " if name is not None else ""
    return Diagnostic(
        code="system",
        summary=f"{where}{_uncapitalised(why)}",
        fix=_FIXES.get(number, "check the path and the disk"),
    )


def _bug(error: BaseException, common: Common) -> Diagnostic:
    how = "the traceback is above" if common.debug else "run it again with --debug for a traceback"
    return Diagnostic(
        code="bug",
        summary="this is a bug in lookervault-plan, not in what you did",
        detail=f"{type(error).__name__}: {error}".rstrip(": "),
        fix=f"please report it; {how}",
    )
