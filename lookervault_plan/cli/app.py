"""The program: its table of commands, and the one place that catches exceptions."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from inspect import BoundArguments
from pathlib import Path
from typing import cast

from cyclopts import App, CycloptsError, Group, Parameter

from lookervault_plan.cli import option_sources
from lookervault_plan.cli.help_layout import PlainHelp, page
from lookervault_plan.cli.options import DEFAULT_STATE, Common, guess
from lookervault_plan.cli.slips import long_option_with_one_dash
from lookervault_plan.cli.start import run
from lookervault_plan.cli.version import tool_version
from lookervault_plan.state.place import StatePlace

__all__ = ["COMMANDS", "build", "main", "run"]

HELP = """Restore and promote Looker content as infrastructure is deployed: plan, review, apply.

Every option can also be set as LOOKERVAULT_PLAN_<OPTION> or in lookervault-plan.toml."""

#: Name, import string, help and usage of each command. Import strings, so that --help loads no
#: command. The help is the first line of the command's docstring. The usage is spelled out here,
#: since working it out would take a fifth of the time of `plan --help`.
COMMANDS = (
    (
        "backup",
        "lookervault_plan.cli.commands.backup:app",
        "Save an instance's content to a file.",
        "",
    ),
    (
        "snapshots",
        "lookervault_plan.cli.commands.snapshots:snapshots",
        "List the snapshots of a backup.",
        "--db-path FILE [OPTIONS]",
    ),
    (
        "history",
        "lookervault_plan.cli.commands.history:history",
        "Show what happened to the items of a backup.",
        "--db-path FILE [ADDRESS] [OPTIONS]",
    ),
    (
        "plan",
        "lookervault_plan.cli.commands.plan:plan",
        "Show what apply would change.",
        "--db-path FILE [OPTIONS]",
    ),
    (
        "guards",
        "lookervault_plan.cli.commands.guards:guards",
        "List the guards that can stop a plan.",
        "[OPTIONS]",
    ),
    (
        "show",
        "lookervault_plan.cli.commands.show:show",
        "Show a saved plan.",
        "PLAN_FILE [OPTIONS]",
    ),
    (
        "apply",
        "lookervault_plan.cli.commands.apply:apply",
        "Apply a plan.",
        "[SAVED_PLAN] [OPTIONS]",
    ),
    (
        "resume",
        "lookervault_plan.cli.commands.resume:resume",
        "Resume an interrupted session.",
        "[SESSION] [OPTIONS]",
    ),
    (
        "status",
        "lookervault_plan.cli.commands.status:status",
        "Show the progress of sessions.",
        "[SESSION] [OPTIONS]",
    ),
    (
        "drift",
        "lookervault_plan.cli.commands.drift:drift",
        "Show what people have changed by hand since the last apply.",
        "[SELECTION] [OPTIONS]",
    ),
    (
        "select",
        "lookervault_plan.cli.commands.select:select",
        "List the items that a selection matches.",
        "--db-path FILE [SELECTION] [OPTIONS]",
    ),
    (
        "dlq",
        "lookervault_plan.cli.commands.dlq:app",
        "Manage items that could not be applied.",
        "",
    ),
    (
        "restore",
        "lookervault_plan.cli.commands.restore:app",
        "Plan and apply in one step, without a prompt.",
        "",
    ),
    (
        "mappings",
        "lookervault_plan.cli.commands.mappings:app",
        "Manage source-to-destination ID mappings.",
        "",
    ),
    (
        "validate",
        "lookervault_plan.cli.commands.validate:validate",
        "Validate a backup, selectors, remaps and the destination.",
        "[PLAN_FILE] [OPTIONS]",
    ),
    (
        "doctor",
        "lookervault_plan.cli.commands.doctor:doctor",
        "Show what your API key and this Looker can do.",
        "[OPTIONS]",
    ),
    (
        "environments",
        "lookervault_plan.cli.commands.environments:app",
        "List the environments of lookervault-plan.toml, or check them.",
        "",
    ),
    (
        "state",
        "lookervault_plan.cli.commands.state:app",
        "Manage the state database and its lock.",
        "",
    ),
    (
        "sandbox",
        "lookervault_plan.cli.commands.sandbox:app",
        "Run a simulated Looker.",
        "",
    ),
    (
        "demo",
        "lookervault_plan.cli.commands.demo:demo",
        "Try the whole workflow on two simulated Lookers.",
        "[OPTIONS]",
    ),
    (
        "schema",
        "lookervault_plan.cli.commands.schema:schema",
        "Print the JSON Schema of a format.",
        "NAME [OPTIONS]",
    ),
    (
        "version",
        "lookervault_plan.cli.commands.version:version",
        "Print the version of this program.",
        "[OPTIONS]",
    ),
    (
        "help",
        "lookervault_plan.cli.commands.help:help_",
        "Show the help of a command.",
        "[COMMAND]",
    ),
)
_HELP_FLAGS = ("--help", "-h")


def build(words: Sequence[str] = ()) -> App:
    """Build the command line. Commands among `words` get their whole help, others one line."""
    app = App(
        name="lookervault-plan",
        help=HELP,
        help_flags=_HELP_FLAGS,
        help_format="plaintext",
        help_formatter=PlainHelp(),
        console=page(),
        error_console=page(),
        version=tool_version,
        config=option_sources.fill_in,
        default_parameter=Parameter(negative=(), show_default=_shown_default),
        group_parameters=Group("Options", sort_key=0),
    )
    for place, (name, target, help_, usage) in enumerate(COMMANDS):
        text = _own_help(target) if name in words else help_
        own = {"usage": f"Usage: lookervault-plan {name} {usage}"} if usage else {}
        app.command(target, name=name, help=text, sort_key=place, **own)
    app.register_install_completion_command(  # pyright: ignore[reportUnknownMemberType]
        help="Let bash, zsh or fish complete commands and options.", sort_key=len(COMMANDS)
    )
    return app


def _shown_default(value: object) -> str | None:
    """Show a default in help, unless it is off or empty."""
    return None if value in (False, None, "", ()) else str(value)


def _own_help(target: str) -> str:
    """Import a command and return its docstring up to the parameters."""
    from lookervault_plan.cli.help_text import paragraphs  # noqa: PLC0415

    module, _, name = target.partition(":")
    return paragraphs(cast("object", getattr(import_module(module), name)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code. Exceptions become a message."""
    words = list(sys.argv[1:] if argv is None else argv)
    common = guess(words)
    try:
        app = build(words)
        if len(words) == 2 and words[1] in _HELP_FLAGS and words[0] in app:
            app.help_print(words[:1])  # parsing would look at all options once more
            return 0
        _refuse_slips(words)
        command, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
        given = cast("Mapping[str, object]", bound.arguments).get("common")
        if isinstance(given, Common):
            common = given
        if (state := _state_of(bound)) is not None and state.exists():
            from lookervault_plan.cli.exposed_state import warn_if_exposed  # noqa: PLC0415

            warn_if_exposed(state, common)
        result = cast("int | None", command(*bound.args, **bound.kwargs))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 — the only place
        from lookervault_plan.cli.error_report import report  # noqa: PLC0415 — costs 50 ms

        return report(error, common)
    return int(result or 0)


def _refuse_slips(words: Sequence[str]) -> None:
    """Raise CycloptsError for `-out=plan.json`, which would be taken for `-o ut=plan.json`."""
    found = long_option_with_one_dash(
        words,
        flags="hqv",
        options=lambda: {f"--{name}" for name in option_sources.all_options()},
    )
    if found:
        raise CycloptsError(msg=found)


def _state_of(bound: BoundArguments) -> Path | None:
    """Return the file of the state that a command uses. None: it uses none, or a remote one."""
    given = cast("Mapping[str, object]", bound.arguments)
    if "where" in bound.signature.parameters:
        found = getattr(given.get("where"), "state", DEFAULT_STATE)
    elif "state" in bound.signature.parameters:
        found = given.get("state", DEFAULT_STATE)
    else:
        return None
    return found.path if isinstance(found, StatePlace) and not found.is_remote else None
