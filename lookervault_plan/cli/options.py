"""The options that commands share, group by group: add a new option here.

`--help` imports this module, so it imports nothing heavy. cyclopts reads types at run time, so no
module of commands has `from __future__ import annotations`.
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, cast, get_args

from cyclopts import Group, Parameter
from cyclopts.token import Token

from lookervault_plan.selectors.suggest import did_you_mean
from lookervault_plan.state.place import LOCAL_STATE, StatePlace

LOOKER_GROUP = Group("Looker", sort_key=1)
PLANNING_GROUP = Group("Planning", sort_key=2)
EXECUTION_GROUP = Group("Applying", sort_key=3)
OUTPUT_GROUP = Group("Output", sort_key=4)
ENVIRONMENT_GROUP = Group("Environment", sort_key=5)

_TRUE = {"yes", "y", "1", "true", "t"}

DEFAULT_STATE = StatePlace(LOCAL_STATE)


def texts(value: object) -> tuple[str, ...]:
    """Return the values that a validator gets of an option given several times."""
    return tuple(map(str, cast("tuple[object, ...]", value))) if isinstance(value, tuple) else ()


def whole_number(_: object, tokens: Sequence[Token]) -> int:
    """Read a whole number: `8`, neither `8.5` nor `1e1`."""
    (token,) = tokens
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", token.value.strip()):
        raise ValueError(f"{token.value} is no whole number.")
    return int(token.value)


def not_negative(_: object, value: object) -> None:
    """Reject numbers below 0."""
    if isinstance(value, int | float) and value < 0:
        raise ValueError("It must be 0 or more.")


def between(least: int, most: int) -> Callable[[object, object], None]:
    """Make a validator that rejects numbers outside of these bounds."""

    def check(_: object, value: object) -> None:
        if isinstance(value, int) and not least <= value <= most:
            raise ValueError(f"It must be between {least:,} and {most:,}.")

    return check


_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LONGEST_SECONDS = 30 * 86_400


def seconds(_: object, tokens: Sequence[Token]) -> float:
    """Read a time in seconds, or with its unit: `90`, `90s`, `10m`, `2h`, `1d`."""
    (token,) = tokens
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?) ?([smhd]?)", token.value.strip())
    if found is None:
        raise ValueError(f"{token.value} is no time. It is in seconds, or as in 10m or 2h.")
    value = float(found[1]) * _SECONDS[found[2]]
    if value > _LONGEST_SECONDS:
        raise ValueError(f"{token.value} is too long. It is 30d at most.")
    return value


def known_guards(_: object, names: object) -> None:
    """Reject unknown names of guards: a misspelt one must not pass for consent."""
    if not names:
        return
    from lookervault_plan.planning.judge.guards import (  # noqa: PLC0415
        GUARD_NAMES,
        kinds_of_guards,
    )

    kinds = {
        f"{guard}:{kind}" for guard, found in kinds_of_guards().items() for kind in sorted(found)
    }
    for name in texts(names):
        if name not in GUARD_NAMES and name not in kinds:
            known = sorted(kinds) if ":" in name else GUARD_NAMES
            hint = did_you_mean(name, known, as_sentence=True) or f"Guards: {', '.join(known)}."
            raise ValueError(f"No guard is called {name}. {hint}")


def _unsplit(_: object, value: str, *, delimiter: str | None = None) -> list[str]:
    del delimiter
    return [value]


#: A selection may hold spaces, so the value of its variable is not split at them.
SELECTION = Parameter(metavar="SELECTION", negative=(), show_default=False, env_var_split=_unsplit)

#: Formats of a plan. `md` is short for `markdown`.
Format = Literal["text", "markdown", "md", "html", "json", "terraform-json", "gitlab"]
FORMATS: tuple[str, ...] = get_args(Format)
#: Formats that only a plan has.
_PLAN_ONLY = ("terraform-json", "gitlab")
#: Characters of a report in Markdown: GitHub takes 65,536, and a pipeline may add some lines.
MAX_CHARACTERS = 60_000


def well_formed_report(_: object, values: object) -> None:
    """Reject a `--report` that is not FORMAT=FILE, with a format that an apply has."""
    _check_reports(values, tuple(name for name in FORMATS if name not in _PLAN_ONLY))


def well_formed_plan_report(_: object, values: object) -> None:
    """Reject a `--report` that is not FORMAT=FILE, with a format that a plan has."""
    _check_reports(values, FORMATS)


def _check_reports(values: object, formats: tuple[str, ...]) -> None:
    for value in texts(values):
        format_, equals, path = value.partition("=")
        if not equals or not path:
            raise ValueError("It has the form FORMAT=FILE, such as markdown=plan.md.")
        if format_ not in formats:
            hint = (
                did_you_mean(format_, formats, as_sentence=True)
                or f"Formats: {', '.join(formats)}."
            )
            raise ValueError(f"There is no format {format_}. {hint}")


#: The option `--report` of commands that plan.
PlanReports = Annotated[
    tuple[str, ...],
    Parameter(
        name="--report",
        metavar="FORMAT=FILE",
        show_default=False,
        validator=well_formed_plan_report,
    ),
]
#: The option `--report` of commands that apply.
Reports = Annotated[
    tuple[str, ...],
    Parameter(
        name="--report", metavar="FORMAT=FILE", show_default=False, validator=well_formed_report
    ),
]


def file_mode(_: object, value: object) -> None:
    """Reject a mode that is not octal, or with which the program could not read its own file."""
    text = str(value)
    if not re.fullmatch("0?[0-7]{3}", text) or not int(text, 8) & 0o400:
        raise ValueError("It is three octal digits that let the owner read, such as 640.")


#: The option `--max-characters` of commands that write Markdown.
MaxCharacters = Annotated[
    int,
    Parameter(
        name="--max-characters",
        metavar="N",
        converter=whole_number,
        validator=between(1, 1_000_000_000),
    ),
]
#: The option `--out-mode` of commands that write plan files.
OutMode = Annotated[str, Parameter(name="--out-mode", metavar="MODE", validator=file_mode)]
#: Plan files hold names, emails and settings: nobody else reads them unless it is asked for.
OUT_MODE = "600"


def _number(least: int, most: int) -> Parameter:
    return Parameter(metavar="N", converter=whole_number, validator=between(least, most))


Number = Annotated[int, _number(1, 1_000_000_000)]
BackupFile = Annotated[Path, Parameter(name="--db-path", metavar="FILE")]
AsOf = Annotated[str | None, Parameter(name="--as-of", metavar="WHEN")]


def _state_place(_: object, tokens: Sequence[Token]) -> StatePlace:
    return StatePlace(tokens[0].value)


StateFile = Annotated[
    StatePlace,
    Parameter(
        name="--state",
        metavar="FILE|URL",
        converter=_state_place,
        n_tokens=1,
        accepts_keys=False,
    ),
]
#: The option `--destination` of commands that have no connection to Looker.
Destination = Annotated[str | None, Parameter(name="--destination", metavar="URL")]


@Parameter(name="*", group=OUTPUT_GROUP)
@dataclass(frozen=True, kw_only=True)
class Common:
    """What every command takes."""

    json: bool = False
    """Print JSON to stdout, and nothing else."""

    verbose: Annotated[bool, Parameter(alias="-v")] = False
    """Show all details, and unchanged items."""

    quiet: Annotated[bool, Parameter(alias="-q")] = False
    """Show only summaries, prompts and errors."""

    no_color: bool = False
    """Disable colors. Same as setting NO_COLOR."""

    debug: bool = False
    """Show tracebacks of errors."""

    env: Annotated[str | None, Parameter(metavar="NAME", group=ENVIRONMENT_GROUP)] = None
    """Take options from [environments.NAME] of lookervault-plan.toml. They go before those for a
    command or for all; options and variables that you give go before them. A saved plan brings
    the environment that it was made for."""


@Parameter(name="*", group=LOOKER_GROUP)
@dataclass(frozen=True, kw_only=True)
class LookerOptions:
    """Where Looker is, and how fast to ask it."""

    config_file: Annotated[Path | None, Parameter(metavar="FILE")] = None
    """A looker.ini; without this option the LOOKERSDK_* variables, else ./looker.ini."""

    section: Annotated[str | None, Parameter(metavar="NAME")] = None
    """Section of the configuration file. Default: the first one."""

    workers: Annotated[int, _number(1, 64)] = 8
    """Number of concurrent requests."""

    rate_limit_per_minute: Annotated[int | None, _number(1, 600_000)] = None
    """Limit requests per minute."""

    rate_limit_per_second: Annotated[int | None, _number(1, 10_000)] = None
    """Limit requests per second."""


@Parameter(name="*", group=PLANNING_GROUP)
@dataclass(frozen=True, kw_only=True)
class ChoosingOptions:
    """Which items, beside those that are asked for directly."""

    exclude: Annotated[tuple[str, ...], SELECTION] = ()
    """Exclude items that match this selection."""

    selector: Annotated[str | None, Parameter(metavar="NAME")] = None
    """Select what this selector of the file says; left out, its default one, if it has one."""

    selectors: Annotated[Path | None, Parameter(metavar="FILE")] = None
    """The file of selectors; without this option ./selectors.yml, if there is one."""

    allow_empty: bool = False
    """Warn, instead of failing, if a criterion matches nothing."""


@Parameter(name="*", group=PLANNING_GROUP)
@dataclass(frozen=True, kw_only=True)
class PlanningOptions(ChoosingOptions):
    """What shapes a plan; a saved one has it inside already."""

    select: Annotated[tuple[str, ...], SELECTION] = ()
    """Plan only these items, as in "folder:Shared/Finance/** +dashboard:42"."""

    source_instance: Annotated[str | None, Parameter(metavar="URL")] = None
    """The instance that the backup comes from, where the backup does not say or says it wrong."""

    schedules: Literal["keep", "disable"] | None = None
    """Whether schedules and alerts may send: keep is usual on the backup's own instance, disable
    elsewhere, where they are made disabled."""

    surplus: Literal["keep", "remove"] | None = None
    """What becomes of members, alerts, tiles and other parts that the backup lacks: keep those that
    the destination's own people made (usual on another instance), or remove them too (usual on the
    backup's own instance)."""

    hand_edits: Literal["revert", "keep", "block"] | None = None
    """What becomes of hand edits, which are what only the destination has changed since the last
    apply: revert them (usual; the guard hand-edits asks), keep them, or block what they are in. On
    another instance only."""

    prefer: Literal["source", "destination"] | None = None
    """Which side wins where both have changed a value since the last apply. Without this option
    such a conflict blocks the tile or item it is in."""

    owners: bool = False
    """Compare and update owners."""

    remaps: Annotated[Path | None, Parameter(metavar="FILE")] = None
    """What the destination calls otherwise: ids, emails, folders, models, explores, connections."""

    on_missing: Literal["fail", "create"] | None = None
    """What to do if an item to update no longer exists: create it (default of restore), or fail
    (default elsewhere)."""

    skip_if_modified: bool = False
    """Skip items that changed in the destination after the last apply, or after the backup."""

    skip_validation: bool = False
    """Skip checking each item of the backup against Looker's API."""

    check_fields: bool = False
    """Warn of fields that queries use and the destination's explores lack; one request each."""

    skip_id_mapping: bool = False
    """Ignore the ID mappings in the state; on the same instance only."""

    allow: Annotated[
        tuple[str, ...],
        Parameter(metavar="GUARD", negative=(), show_default=False, validator=known_guards),
    ] = ()
    """Accept what this guard warns of, or one kind of it, as in part-deletes:tiles. Can be given
    several times. In lookervault-plan.toml only an environment may hold it."""

    as_of: AsOf = None
    """What the backup held then: a snapshot's id, a date, a time in UTC, yesterday, a weekday, or
    an age such as 3d; the latest snapshot if left out."""

    max_calls: Number | None = None
    """Trip the guard `calls` if the plan needs more API calls than N."""

    strict: bool = False
    """Fail with exit code 1 if anything is blocked or there are warnings."""


@Parameter(name="*", group=EXECUTION_GROUP)
@dataclass(frozen=True, kw_only=True)
class ExecutionOptions:
    """How a plan is carried out."""

    checkpoint_interval: Number = 100
    """Flush progress to the state every N steps."""

    max_dlq_size: Number | None = None
    """Stop after N failed items."""

    verify: Annotated[bool, Parameter(negative="--no-verify")] = True
    """Read back what was written, and report values that Looker stored differently."""

    check_content: bool = False
    """Let Looker validate the content of the changed folders afterwards, and name tiles that do not
    work. It takes its time."""

    skip_stale: bool = False
    """Skip items that changed after the plan was made, and items that depend on them."""

    lock_timeout: Annotated[
        float, Parameter(metavar="TIME", converter=seconds, show_default=False)
    ] = 0
    """Wait up to TIME for another apply to release the lock: seconds, or as in 10m."""

    dlq_ok: bool = False
    """Exit with 0 instead of 3 if items failed, were blocked or were skipped as stale. Default of
    restore."""


#: Defaults of the commands' parameters.
COMMON, LOOKER = Common(), LookerOptions()
PLANNING, EXECUTION = PlanningOptions(), ExecutionOptions()
CHOOSING = ChoosingOptions()


def guess(words: list[str]) -> Common:
    """Guess the common options from the words typed, to report an error in the command line."""
    own = words[: words.index("--")] if "--" in words else words

    def is_set(name: str) -> bool:
        variable = f"LOOKERVAULT_PLAN_{name.upper()}"
        return f"--{name}" in own or os.environ.get(variable, "").lower() in _TRUE

    return Common(json=is_set("json"), no_color="--no-color" in own, debug=is_set("debug"))
