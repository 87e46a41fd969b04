"""Run `environments list` and `environments check`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from cyclopts import CycloptsError
from cyclopts.argument import Argument
from rich.text import Text

from lookervault_plan.cli import follow_up
from lookervault_plan.cli.app import build
from lookervault_plan.cli.config_file import ConfigFile, Problem, Setting, read_config_file
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.error_report import explained
from lookervault_plan.cli.input_files import read_remaps, read_selectors
from lookervault_plan.cli.option_sources import config_problems, leaving_out, unknown_environment
from lookervault_plan.cli.options import Common, LookerOptions
from lookervault_plan.cli.screen import Screen
from lookervault_plan.errors import Diagnostic, Exit, PlanError
from lookervault_plan.looker.settings import resolve
from lookervault_plan.render.safe_text import visible

#: Commands whose options, together, are all that an environment is used for.
_COMMANDS = (("plan", "--db-path", "backup.db"), ("apply", "--db-path", "backup.db"))


@dataclass(kw_only=True)
class Environment:
    """An environment, and what checking it has shown."""

    name: str
    settings: Mapping[str, Setting]
    #: Address of the instance. Empty: it is not known.
    instance: str = ""
    looker_version: str = ""
    #: Name of the API key's user. Empty: it was not asked for.
    user: str = ""
    problems: list[str] = field(default_factory=list[str])


def list_environments(*, common: Common) -> int:
    """Show each environment with its options."""
    file = _file()
    found = [Environment(name=name, settings=each) for name, each in file.environments.items()]
    for each in found:
        looker = LookerOptions(
            config_file=Path(text) if (text := _text(each, "config-file")) else None,
            section=_text(each, "section") or None,
        )
        try:
            connection = resolve(os.environ, config_file=looker.config_file, section=looker.section)
        except PlanError:  # `environments check` says why
            continue
        each.instance = connection.base_url
    facts = [
        {"name": each.name, "instance": each.instance or None, **each.settings} for each in found
    ]
    Screen(common).answer({"environments": facts}, _list_text(file, found))
    return Exit.OK


def check(names: Sequence[str], *, common: Common) -> int:
    """Check the file, and reach each environment; return the exit code."""
    file = _file()
    for name in names:
        if name not in file.environments:
            raise unknown_environment(file, name)
    screen = Screen(common)
    problems = sorted(config_problems(file), key=lambda each: each.place or (0, 0))
    found = [
        Environment(name=name, settings=each)
        for name, each in file.environments.items()
        if not names or name in names
    ]
    # No command starts while the file itself is wrong.
    for each in found if not problems else ():
        with screen.working(f"Reaching {each.name}"):
            _check(file, each, screen)
    facts = {
        "problems": [_fact(file, each) for each in problems],
        "environments": [
            {
                "name": each.name,
                "instance": each.instance or None,
                "looker_version": each.looker_version or None,
                "user": each.user or None,
                "problems": each.problems,
            }
            for each in found
        ],
    }
    screen.answer(facts, _check_text(file, problems, found))
    is_wrong = bool(problems) or any(each.problems for each in found)
    return Exit.ERROR if is_wrong else Exit.OK


def _file() -> ConfigFile:
    return read_config_file(os.environ)


def _check(file: ConfigFile, environment: Environment, screen: Screen) -> None:
    """Read the options as the commands would, open the files they name, and reach the Looker."""
    looker = _checked_options(file, environment)
    if looker is None:
        return
    for option, read in (("remaps", read_remaps), ("selectors", read_selectors)):
        if path := _text(environment, option):
            try:
                _ = read(Path(path))
            except PlanError as error:
                environment.problems.append(_told(file, environment, option, error.diagnostic))
    try:
        with connected(looker, screen) as client:
            environment.instance = client.connection.base_url
            environment.looker_version = client.versions().looker_release_version
            me = client.me()
            environment.user = str(me.get("display_name") or me.get("id") or "")
    except PlanError as error:
        option = "section" if "section" in environment.settings else "config-file"
        environment.problems.append(_told(file, environment, option, error.diagnostic))


def _checked_options(file: ConfigFile, environment: Environment) -> LookerOptions | None:
    """Parse the options as the commands do. None, with the problems noted: a value is wrong."""
    found: LookerOptions | None = None
    wrong: set[str] = set()
    for words in _COMMANDS:
        line = [*words, "--env", environment.name]
        while True:
            try:
                with leaving_out(wrong):
                    _, bound, _ = build(words[:1]).parse_args(
                        line, exit_on_error=False, print_error=False
                    )
            except (CycloptsError, PlanError) as error:
                option = _option_of(error)
                told = _told(file, environment, option, explained(error, Common()))
                environment.problems.append(told)
                if option not in environment.settings or option in wrong:
                    return None
                wrong.add(option)
            else:
                break
        bound.apply_defaults()
        found = cast("LookerOptions", bound.arguments["looker"])
    follow_up.remember({})  # parsing these lines took their --env for this run's
    return None if environment.problems else found


def _option_of(error: Exception) -> str:
    """Name the option that an error of the command line is about; "" if none."""
    argument = cast("object", getattr(error, "argument", None))
    return argument.name.removeprefix("--") if isinstance(argument, Argument) else ""


def _told(file: ConfigFile, environment: Environment, option: str, found: Diagnostic) -> str:
    """Say what is wrong, with the place in the file if it is one of the environment's options."""
    place = file.place_of("environments", environment.name, option) if option else None
    place = place or file.place_of("environments", environment.name)
    where = f"{file.name}, line {place.line}, column {place.column}: " if place else ""
    detail = f" ({found.detail})" if found.detail else ""
    fix = f"; {found.fix}" if found.fix else ""
    return f"{where}{found.summary}{detail}{fix}"


def _text(environment: Environment, option: str) -> str:
    return str(environment.settings.get(option, ""))


def _fact(file: ConfigFile, problem: Problem) -> Mapping[str, object]:
    return {
        "file": file.name,
        "line": problem.place.line if problem.place else None,
        "column": problem.place.column if problem.place else None,
        "summary": problem.what,
        "fix": problem.fix,
    }


def _list_text(file: ConfigFile, found: Sequence[Environment]) -> Text:
    if not found:
        return Text(f"No environments: {file.name} has no table such as [environments.prod].")
    lines = Text()
    for number, each in enumerate(found):
        _ = lines.append("\n" if number else "").append(each.name, "bold")
        _ = lines.append(f"  {visible(each.instance or 'no connection is configured')}")
        for option, value in each.settings.items():
            _ = lines.append(f"\n  {visible(option)} = {visible(_shown(value))}", "dim")
    return lines


def _shown(value: Setting) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _check_text(
    file: ConfigFile, problems: Sequence[Problem], found: Sequence[Environment]
) -> Text:
    lines = Text()
    for problem in problems:
        diagnostic = file.error(problem).diagnostic
        _ = lines.append("✗ ", "bold red").append(f"{visible(diagnostic.summary)}")
        _ = lines.append(f"\n  Fix: {visible(diagnostic.fix)}\n")
    if problems:
        return lines.append("No environment was checked: mend the file first.")
    for each in found:
        _ = lines.append("\n" if lines.plain else "")
        if each.problems:
            _ = lines.append("✗ ", "bold red").append(each.name, "bold")
            for told in each.problems:
                _ = lines.append(f"\n  {visible(told)}")
        else:
            about = f"{each.instance}, Looker {each.looker_version}, as {each.user}"
            _ = lines.append("✓ ", "bold green").append(each.name, "bold")
            _ = lines.append(f"  {visible(about)}")
    return lines if found else Text(f"No environments in {file.name}.")
