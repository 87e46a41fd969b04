"""Take options that the command line leaves open from the environment and the config file.

Precedence: command line, LOOKERVAULT_PLAN_<OPTION>, the file's table of the command, its flat keys.
cyclopts' own Toml source is not used: it skips flat keys that are named like a command (`state`).
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from cyclopts import CycloptsError, Token
from cyclopts.argument import Argument, ArgumentCollection

from lookervault_plan.cli.config_file import (
    FILE_VARIABLE,
    ConfigFile,
    Scalar,
    hint_for,
    malformed,
    read_config_file,
)
from lookervault_plan.cli.options import PLANNING_GROUP
from lookervault_plan.selectors.suggest import nearest

if TYPE_CHECKING:
    from cyclopts import App

PREFIX = "LOOKERVAULT_PLAN_"
#: Seconds before the first retry of a request. Tests shorten them.
RETRY_VARIABLE = PREFIX + "RETRY_SECONDS"
#: Variables of LookerVault, by option. Ours win.
FALLBACKS: Mapping[str, str] = {"db-path": "LOOKERVAULT_DB_PATH"}
#: Options refused in the file: consent is given for one run.
NEVER_IN_FILE = ("allow", "auto-approve")
#: The positional argument that makes `apply` carry out a saved plan.
SAVED_PLAN = "saved_plan"
#: Parameters that select items. If one is typed, the others are not taken from elsewhere.
CHOOSING = frozenset({"select", "selector", "selection"})


def fill_in(app: "App", commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Add tokens for options that were not typed. cyclopts calls this before it converts values."""
    del app
    has_plan = _has_saved_plan(arguments)
    options = {
        argument.name.removeprefix("--"): argument
        for argument in arguments
        if argument.name.startswith("--") and argument.parse
    }
    if has_plan:
        _refuse_planning_options(options.values())
        options = {name: one for name, one in options.items() if not _is_planning(one)}
    is_open = {name for name, argument in options.items() if not argument.has_tokens}
    if any(one.field_info.name in CHOOSING and one.has_tokens for one in arguments):
        is_open -= CHOOSING
    _check_environment(os.environ, options)
    for name in sorted(is_open):
        if found := _from_environment(os.environ, name):
            variable, value = found
            argument = options[name]
            _put(argument, variable, "the environment", argument.env_var_split(value))
            is_open.remove(name)
    file = read_config_file(os.environ)
    _check_file(file)
    for settings in (file.tables.get(commands, {}), file.flat):
        for name in sorted(is_open & settings.keys()):
            value = settings[name]
            _put(options[name], name, file.name, value if isinstance(value, tuple) else (value,))
            is_open.remove(name)


def _has_saved_plan(arguments: Iterable[Argument]) -> bool:
    return any(
        argument.field_info.name == SAVED_PLAN and argument.has_tokens for argument in arguments
    )


def _is_planning(argument: Argument) -> bool:
    return PLANNING_GROUP in cast("tuple[object, ...]", argument.parameter.group or ())


def _refuse_planning_options(options: Iterable[Argument]) -> None:
    typed = [option.name for option in options if _is_planning(option) and option.has_tokens]
    if typed:
        raise CycloptsError(
            msg=f"{', '.join(typed)}: not together with a saved plan. "
            "What a saved plan does is settled; give these to `lookervault-plan plan`."
        )


def _from_environment(environ: Mapping[str, str], name: str) -> tuple[str, str] | None:
    """Find the variable that sets an option, and its value. An empty one sets nothing."""
    for variable in (_variable(name), FALLBACKS.get(name)):
        if variable and (value := environ.get(variable, "").strip()):
            return variable, value
    return None


def _variable(name: str) -> str:
    return PREFIX + name.replace("-", "_").upper()


def _put(argument: Argument, keyword: str, source: str, values: Iterable[Scalar]) -> None:
    for index, value in enumerate(values):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        argument.append(Token(keyword=keyword, value=text, source=source, index=index))


def _check_environment(environ: Mapping[str, str], options: Iterable[str]) -> None:
    """Refuse variables that set no option: a misspelt one would be ignored, as `_EXCLUD`."""
    expected = {_variable(name) for name in options} | {FILE_VARIABLE, RETRY_VARIABLE}
    odd = sorted(name for name in environ if name.startswith(PREFIX) and name not in expected)
    if not odd:
        return
    known = {_variable(name) for name in _all_options()}
    for variable in odd:
        if variable not in known:
            from lookervault_plan.errors import failure  # noqa: PLC0415

            raise failure(
                "config.unknown-variable",
                f"no option is set by the variable {variable}",
                fix=f"did you mean {found}?" if (found := nearest(variable, known)) else "unset it",
            )


def _check_file(file: ConfigFile) -> None:
    if not file.flat and not file.tables:
        return
    commands = _options_by_command()
    groups = {chain[:length] for chain in commands for length in range(1, len(chain))}
    everything = {name for options in commands.values() for name in options}
    for table, settings in [((), file.flat), *file.tables.items()]:
        where = f" in [{'.'.join(table)}]" if table else ""
        for name in settings:
            if name in NEVER_IN_FILE:
                raise malformed(
                    file.name,
                    f"sets {name}{where}, which is never read from a file",
                    fix=f"give --{name} on the command line, or set {_variable(name)} for a run",
                )
        if table and table not in commands and table not in groups:
            known = [".".join(chain) for chain in (*commands, *groups)]
            raise malformed(
                file.name,
                f"has a table for no command: [{'.'.join(table)}]",
                fix=hint_for(".".join(table), [*known, "guards"]),
            )
        known = commands.get(table, frozenset()) if table else everything
        for name in settings:
            if name not in known:
                raise malformed(
                    file.name, f"has an unknown key{where}: {name}", fix=hint_for(name, known)
                )


def _all_options() -> frozenset[str]:
    return frozenset(name for options in _options_by_command().values() for name in options)


def _options_by_command() -> Mapping[tuple[str, ...], frozenset[str]]:
    """Name the options of each command. Imports all commands."""
    from lookervault_plan.cli.app import build  # noqa: PLC0415 — app imports this module

    return dict(_walk(build(), ()))


def _walk(app: "App", above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], frozenset[str]]]:
    for name in app:
        if name.startswith("-"):
            continue
        command = app[name]
        chain = (*above, name)
        if command.default_command:
            yield (
                chain,
                frozenset(
                    argument.name.removeprefix("--")
                    for argument in command.assemble_argument_collection()
                    if argument.name.startswith("--")
                ),
            )
        yield from _walk(command, chain)
