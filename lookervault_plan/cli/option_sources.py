"""Take options that the command line leaves open from the environment and the config file.

Precedence: command line, LOOKERVAULT_PLAN_<OPTION>, the file's environment (`--env`), its table of
the command, its flat keys. Guards allowed by the environment add to those that are typed.
cyclopts' own Toml source is not used: it skips flat keys that are named like a command (`state`).
"""

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cyclopts import CycloptsError, Token
from cyclopts.argument import Argument, ArgumentCollection

from lookervault_plan.cli import follow_up
from lookervault_plan.cli.config_check import problems_of
from lookervault_plan.cli.config_file import (
    FILE_VARIABLE,
    ConfigFile,
    Problem,
    Scalar,
    Setting,
    read_config_file,
)
from lookervault_plan.cli.options import PLANNING_GROUP
from lookervault_plan.selectors.suggest import nearest

if TYPE_CHECKING:
    from cyclopts import App

PREFIX = "LOOKERVAULT_PLAN_"
#: Seconds before the first retry of a request. Tests shorten them.
RETRY_VARIABLE = PREFIX + "RETRY_SECONDS"
#: Set by tests alone: how long a lock in a store holds.
LEASE_VARIABLE = PREFIX + "LEASE_SECONDS"
#: Variables of LookerVault, by option. Ours win.
FALLBACKS: Mapping[str, str] = {"db-path": "LOOKERVAULT_DB_PATH"}
#: The option that names an environment.
ENVIRONMENT = "env"
#: The command that lists what is wrong with the file itself.
CHECKING = ("environments",)
#: Options of an environment that add to those from elsewhere.
ADDED = frozenset({"allow"})
#: The positional argument that makes `apply` carry out a saved plan.
SAVED_PLAN = "saved_plan"
#: Parameters that select items. If one is typed, the others are not taken from elsewhere.
CHOOSING = frozenset({"select", "selector", "selection"})


_left_out: ContextVar[frozenset[str]] = ContextVar("left_out", default=frozenset())


@contextmanager
def leaving_out(options: Iterable[str]) -> Generator[None]:
    """Take none of these options from the environment during the block."""
    token = _left_out.set(frozenset(options))
    try:
        yield
    finally:
        _left_out.reset(token)


def fill_in(app: "App", commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Add tokens for options that were not typed. cyclopts calls this before it converts values."""
    del app
    saved_plan = _saved_plan(arguments)
    every = {
        argument.name.removeprefix("--"): argument
        for argument in arguments
        if argument.name.startswith("--") and argument.parse
    }
    typed = {name: argument for name, argument in every.items() if argument.has_tokens}
    follow_up.remember({name: one.tokens[-1].value for name, one in typed.items()})
    options = every
    if saved_plan:
        _refuse_planning_options(options.values())
        options = {name: one for name, one in options.items() if not _is_planning(one)}
    is_open = options.keys() - typed.keys()
    if any(one.field_info.name in CHOOSING and one.has_tokens for one in arguments):
        is_open -= CHOOSING
    _check_environment(os.environ, every)
    for name in sorted(is_open):
        if found := _from_environment(os.environ, name):
            variable, value = found
            argument = options[name]
            _put(argument, variable, "the environment", argument.env_var_split(value))
            is_open.remove(name)
    file = read_config_file(os.environ)
    if commands[:1] != CHECKING:
        _check_file(file)
    own = _own_environment(file, commands, every, saved_plan)
    for name in sorted(own.keys() & options.keys()):
        if name in is_open or name in ADDED:
            source = f"[environments.{every[ENVIRONMENT].tokens[0].value}] of {file.name}"
            _put(options[name], name, source, _values(own[name]))
    is_open -= own.keys()
    for settings in (file.tables.get(commands, {}), file.flat):
        for name in sorted(is_open & settings.keys()):
            _put(options[name], name, file.name, _values(settings[name]))
            is_open.remove(name)


def _own_environment(
    file: ConfigFile,
    commands: tuple[str, ...],
    options: Mapping[str, Argument],
    saved_plan: Path | None,
) -> Mapping[str, Setting]:
    """Find the settings of the environment that is asked for, or that the saved plan is for.

    Raise PlanError if the file has no such environment.
    """
    argument = options.get(ENVIRONMENT)
    if argument is None:
        return {}
    if argument.has_tokens:
        name = argument.tokens[0].value
    else:
        setting = file.tables.get(commands, {}).get(ENVIRONMENT, file.flat.get(ENVIRONMENT))
        name = str(setting or "")
        if not name and saved_plan is not None and file.environments:
            name = _environment_of(saved_plan)
            if name not in file.environments:
                return {}
        if not name:
            return {}
        _put(argument, ENVIRONMENT, file.name, [name])
        follow_up.add(ENVIRONMENT, name)
    if name not in file.environments:
        raise unknown_environment(file, name)
    left_out = _left_out.get()
    return {key: each for key, each in file.environments[name].items() if key not in left_out}


def _environment_of(saved_plan: Path) -> str:
    """Read the environment that a plan was made for; "" if none, or if it can't be read."""
    import msgspec  # noqa: PLC0415 — costs 50 ms

    try:
        found = msgspec.json.decode(saved_plan.read_bytes(), type=dict[str, msgspec.Raw])
        return msgspec.json.decode(found.get("environment", b'""'), type=str | None) or ""
    except (OSError, msgspec.MsgspecError):  # whoever reads the plan says why
        return ""


def unknown_environment(file: ConfigFile, name: str) -> Exception:
    from lookervault_plan.errors import failure  # noqa: PLC0415 — msgspec, 50 ms

    known = ", ".join(file.environments)
    similar = nearest(name, file.environments)
    return failure(
        "config.environment",
        f"{file.name} has no environment {name}",
        detail=f"it has {known}" if known else f"it has no [environments.{name}]",
        fix=f"did you mean --env {similar}?" if similar else "check --env, or add the table",
    )


def _values(setting: Setting) -> tuple[Scalar, ...]:
    return setting if isinstance(setting, tuple) else (setting,)


def _saved_plan(arguments: Iterable[Argument]) -> Path | None:
    return next(
        (
            Path(argument.tokens[0].value)
            for argument in arguments
            if argument.field_info.name == SAVED_PLAN and argument.has_tokens
        ),
        None,
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
    for index, value in enumerate(values, start=len(argument.tokens)):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        argument.append(Token(keyword=keyword, value=text, source=source, index=index))


def _check_environment(environ: Mapping[str, str], options: Iterable[str]) -> None:
    """Refuse variables that set no option: a misspelt one would be ignored, as `_EXCLUD`."""
    own = {FILE_VARIABLE, RETRY_VARIABLE, LEASE_VARIABLE}
    expected = {_variable(name) for name in options} | own
    odd = sorted(name for name in environ if name.startswith(PREFIX) and name not in expected)
    if not odd:
        return
    known = {_variable(name) for name in all_options()}
    for variable in odd:
        if variable not in known:
            from lookervault_plan.errors import failure  # noqa: PLC0415

            raise failure(
                "config.unknown-variable",
                f"no option is set by the variable {variable}",
                fix=f"did you mean {found}?" if (found := nearest(variable, known)) else "unset it",
            )


def _check_file(file: ConfigFile) -> None:
    """Raise PlanError for the first problem of the file."""
    for problem in config_problems(file):
        raise file.error(problem)


def config_problems(file: ConfigFile) -> Iterator[Problem]:
    """List all problems with names and forms in the file."""
    if file == ConfigFile():
        return iter(())
    return problems_of(file, options_by_command())


def all_options() -> frozenset[str]:
    """Name the options of all commands, without their dashes. Imports all commands."""
    return frozenset(name for options in options_by_command().values() for name in options)


@cache
def options_by_command() -> Mapping[tuple[str, ...], frozenset[str]]:
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
