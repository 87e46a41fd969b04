"""Options from the environment and from lookervault-plan.toml.

Precedence: command line, LOOKERVAULT_PLAN_<OPTION>, the file's [command] table, its flat keys.
cyclopts' own Toml skips flat keys that are named like a command (`state`), so the file is read
here, and its values handed to cyclopts as if they had been typed.
"""

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cyclopts import CycloptsError, Token
from cyclopts.argument import Argument, ArgumentCollection

from lookervault_plan.cli.nearest import nearest
from lookervault_plan.cli.options import PLANNING_GROUP

if TYPE_CHECKING:
    from cyclopts import App

    from lookervault_plan.errors import PlanError

PREFIX = "LOOKERVAULT_PLAN_"
FILE = "lookervault-plan.toml"
#: names the file; it is no option
FILE_VARIABLE = PREFIX + "CONFIG"
#: for tests: what a first retry waits, in seconds
RETRY_VARIABLE = PREFIX + "RETRY_SECONDS"
#: LookerVault's own variables
FALLBACKS: Mapping[str, str] = {"db-path": "LOOKERVAULT_DB_PATH"}
#: consent is given for a run, not once for all
NEVER_IN_FILE = ("allow", "auto-approve")
#: the positional argument that makes `apply` carry out a saved plan
SAVED_PLAN = "saved_plan"
#: options, and an argument, that say what to select: whichever is typed stands for all
CHOOSING = frozenset({"select", "selector", "selection"})

Scalar = str | int | float | bool
#: what stands for one option: a value, or several
Setting = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, kw_only=True)
class GuardSettings:
    """`[guards]`. Shares are fractions: 0.30 is 30 %."""

    updates_share: float | None = None
    updates_share_at_least: int | None = None


@dataclass(frozen=True, kw_only=True)
class ConfigFile:
    """A file as read; option names have dashes. `tables` are by command: `("sandbox", "serve")`."""

    name: str = FILE
    flat: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    tables: Mapping[tuple[str, ...], Mapping[str, Setting]] = field(
        default_factory=dict[tuple[str, ...], Mapping[str, Setting]]
    )
    guards: GuardSettings = GuardSettings()


def apply(app: "App", commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Fill in what the command line left open; called by cyclopts before values are converted."""
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
    file = read(os.environ)
    _check_file(file)
    for settings in (file.tables.get(commands, {}), file.flat):
        for name in sorted(is_open & settings.keys()):
            value = settings[name]
            _put(options[name], name, file.name, value if isinstance(value, tuple) else (value,))
            is_open.remove(name)


def read(environ: Mapping[str, str]) -> ConfigFile:
    """The file that LOOKERVAULT_PLAN_CONFIG names, or the one in the working directory, if any.

    Raises PlanError if it is malformed. Whether its options exist is not looked at here.
    """
    named = environ.get(FILE_VARIABLE, "").strip()
    path = Path(named or FILE)
    if not named and not path.is_file():
        return ConfigFile()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(path.name, f"is no TOML: {error}", fix="mend that line") from error
    except OSError as error:
        why = error.strerror or str(error)
        hint = f"check {FILE_VARIABLE}" if named else "check its permissions"
        raise _wrong(str(path), f"can't be read: {why}", fix=hint) from error
    return _understood(path.name, document)


def worth_showing(value: object) -> str | None:
    """A default as help shows it; what is off or empty goes without saying."""
    return None if value in (False, None, "", ()) else str(value)


def _understood(name: str, document: Mapping[str, object]) -> ConfigFile:
    tables = {
        key: cast("Mapping[str, object]", value)
        for key, value in document.items()
        if isinstance(value, dict)
    }
    guards = tables.pop("guards", {})
    return ConfigFile(
        name=name,
        flat=_settings(name, document),
        tables=dict(_tables(name, tables)),
        guards=_guards(name, guards),
    )


def _tables(
    name: str, tables: Mapping[str, object], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Setting]]]:
    for key, value in tables.items():
        if isinstance(value, dict):
            table = cast("Mapping[str, object]", value)
            yield (*above, key), _settings(name, table)
            yield from _tables(name, table, (*above, key))


def _settings(name: str, table: Mapping[str, object]) -> Mapping[str, Setting]:
    out: dict[str, Setting] = {}
    for key, value in table.items():
        option = key.replace("_", "-")
        if isinstance(value, dict):
            continue
        if option in out:
            raise _wrong(name, f"sets {key} twice", fix="keep one of the two")
        if isinstance(value, str | int | float):
            out[option] = value
        elif isinstance(value, list) and all(
            isinstance(one, str | int | float) for one in cast("list[object]", value)
        ):
            out[option] = tuple(cast("list[Scalar]", value))
        else:
            raise _wrong(
                name, f"has no plain value for {key}", fix="give a text, a number, true or false"
            )
    return out


def _guards(name: str, table: Mapping[str, object]) -> GuardSettings:
    known = ("updates_share", "updates_share_at_least")
    for key in table:
        if key not in known:
            raise _wrong(name, f"has an unknown key in [guards]: {key}", fix=_hint(key, known))
    share, at_least = (table.get(key) for key in known)
    if share is not None and (
        isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1
    ):
        raise _wrong(name, "has a malformed updates_share", fix="give a fraction: 0.30 is 30 %")
    if at_least is not None and (
        isinstance(at_least, bool) or not isinstance(at_least, int) or at_least < 0
    ):
        raise _wrong(name, "has a malformed updates_share_at_least", fix="give a number of items")
    return GuardSettings(updates_share=share, updates_share_at_least=at_least)


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
    """The variable that is set for an option, and its value; empty counts as not set."""
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
    """A variable that nothing reads is a typo, and a left out --exclude is a danger."""
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
                raise _wrong(
                    file.name,
                    f"sets {name}{where}, which is never read from a file",
                    fix=f"give --{name} on the command line, or set {_variable(name)} for a run",
                )
        if table and table not in commands and table not in groups:
            known = [".".join(chain) for chain in (*commands, *groups)]
            raise _wrong(
                file.name,
                f"has a table for no command: [{'.'.join(table)}]",
                fix=_hint(".".join(table), [*known, "guards"]),
            )
        known = commands.get(table, frozenset()) if table else everything
        for name in settings:
            if name not in known:
                raise _wrong(
                    file.name, f"has an unknown key{where}: {name}", fix=_hint(name, known)
                )


def _hint(word: str, known: Iterable[str]) -> str:
    found = nearest(word, known)
    return f"did you mean {found}?" if found else "remove it; `--help` lists the options"


def _all_options() -> frozenset[str]:
    return frozenset(name for options in _options_by_command().values() for name in options)


def _options_by_command() -> Mapping[tuple[str, ...], frozenset[str]]:
    """Every command with the names of its options; imports them all."""
    from lookervault_plan.cli.app import build  # noqa: PLC0415 — which imports this module

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


def _wrong(name: str, what: str, *, fix: str) -> "PlanError":
    from lookervault_plan.errors import failure  # noqa: PLC0415 — msgspec, 50 ms

    return failure("config.malformed", f"{name} {what}", fix=fix)
