"""The options that commands share, group by group. A feature that comes adds its line here.

No `from __future__ import annotations` in this package: cyclopts reads types at run time. And
nothing heavy is imported here: `--help` has to answer at once.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, cast

from cyclopts import Group, Parameter

LOOKER_GROUP = Group("Looker", sort_key=1)
PLANNING_GROUP = Group("Planning", sort_key=2)
EXECUTION_GROUP = Group("Applying", sort_key=3)
OUTPUT_GROUP = Group("Output", sort_key=4)

_TRUE = {"yes", "y", "1", "true", "t"}

DEFAULT_STATE = Path(".lookervault-plan/state.db")


def texts(value: object) -> tuple[str, ...]:
    """What a validator gets of an option that can be given several times."""
    return tuple(map(str, cast("tuple[object, ...]", value))) if isinstance(value, tuple) else ()


def at_least_one(_: object, value: object) -> None:
    """Reject zero and less."""
    if isinstance(value, int | float) and value < 1:
        raise ValueError("It must be 1 or more.")


def not_negative(_: object, value: object) -> None:
    """Reject less than zero."""
    if isinstance(value, int | float) and value < 0:
        raise ValueError("It must be 0 or more.")


def known_guards(_: object, names: object) -> None:
    """Reject names that no guard has, so that a typo does not look like consent."""
    if not names:
        return
    from lookervault_plan.cli.nearest import did_you_mean  # noqa: PLC0415
    from lookervault_plan.planning.judge.guards import GUARD_NAMES  # noqa: PLC0415

    for name in texts(names):
        if name not in GUARD_NAMES:
            hint = did_you_mean(name, GUARD_NAMES) or f"Guards: {', '.join(GUARD_NAMES)}."
            raise ValueError(f"No guard is called {name}. {hint}")


def _unsplit(_: object, value: str, *, delimiter: str | None = None) -> list[str]:
    del delimiter
    return [value]


#: holds spaces, so that what a variable has is one value
SELECTION = Parameter(metavar="SELECTION", negative=(), show_default=False, env_var_split=_unsplit)

Number = Annotated[int, Parameter(metavar="N", validator=at_least_one)]
BackupFile = Annotated[Path, Parameter(name="--db-path", metavar="FILE")]
StateFile = Annotated[Path, Parameter(name="--state", metavar="FILE")]


@Parameter(name="*", group=OUTPUT_GROUP)
@dataclass(frozen=True, kw_only=True)
class Common:
    """What every command takes."""

    json: bool = False
    """Machine-readable output on stdout, and nothing else there."""

    verbose: Annotated[bool, Parameter(alias="-v")] = False
    """Show everything: unchanged items, every part and every line."""

    quiet: Annotated[bool, Parameter(alias="-q")] = False
    """No progress and no details: summary lines, questions and errors only."""

    no_color: bool = False
    """No colours; the variable NO_COLOR does the same."""

    debug: bool = False
    """Show the traceback of an error."""


@Parameter(name="*", group=LOOKER_GROUP)
@dataclass(frozen=True, kw_only=True)
class LookerOptions:
    """Where Looker is, and how fast to ask it."""

    config_file: Annotated[Path | None, Parameter(metavar="FILE")] = None
    """A looker.ini; without this option the LOOKERSDK_* variables, else ./looker.ini."""

    section: Annotated[str | None, Parameter(metavar="NAME")] = None
    """The section of that file; the first one if left out."""

    workers: Number = 8
    """Requests that are made at the same time."""

    rate_limit_per_minute: Number | None = None
    """No more requests than this in any minute."""

    rate_limit_per_second: Number | None = None
    """No more requests than this in any second."""


@Parameter(name="*", group=PLANNING_GROUP)
@dataclass(frozen=True, kw_only=True)
class ChoosingOptions:
    """Which items, beside those that are asked for directly."""

    exclude: Annotated[tuple[str, ...], SELECTION] = ()
    """Leave out what this selects."""

    selector: Annotated[str | None, Parameter(metavar="NAME")] = None
    """Select what this selector of the file says; left out, its default one, if it has one."""

    selectors: Annotated[Path | None, Parameter(metavar="FILE")] = None
    """The file of selectors; without this option ./selectors.yml, if there is one."""

    allow_empty: bool = False
    """Only warn of criteria that select nothing."""


@Parameter(name="*", group=PLANNING_GROUP)
@dataclass(frozen=True, kw_only=True)
class PlanningOptions(ChoosingOptions):
    """What shapes a plan; a saved one has it inside already."""

    select: Annotated[tuple[str, ...], SELECTION] = ()
    """Only these items, as in "folder:Shared/Finance/** +dashboard:42"."""

    source_instance: Annotated[str | None, Parameter(metavar="URL")] = None
    """The instance that the backup comes from, where the backup does not say or says it wrong."""

    schedules: Literal["keep", "disable"] | None = None
    """Whether schedules and alerts may send: keep is usual on the backup's own instance, disable
    elsewhere, where they are made disabled."""

    owners: bool = False
    """Compare owners too, and change them."""

    remaps: Annotated[Path | None, Parameter(metavar="FILE")] = None
    """What the destination calls otherwise: ids, emails, folders, models, explores, connections."""

    on_missing: Literal["fail", "create"] | None = None
    """What to do if an item to be changed is gone by then: create it (usual for restore), or let it
    fail (usual elsewhere)."""

    skip_if_modified: bool = False
    """Leave alone what was changed in the destination since the last apply, or since the backup."""

    skip_validation: bool = False
    """Don't check each item of the backup against what Looker's API takes."""

    skip_id_mapping: bool = False
    """Leave aside which items the state remembers, and match anew; on the same instance only."""

    allow: Annotated[
        tuple[str, ...],
        Parameter(metavar="GUARD", negative=(), show_default=False, validator=known_guards),
    ] = ()
    """Accept what this guard warns of. Can be given several times; never read from a file."""

    max_calls: Number | None = None
    """Let the guard `calls` refuse a plan that needs more requests than this."""

    strict: bool = False
    """Fail, with exit code 1, if anything is blocked or there is a warning."""


@Parameter(name="*", group=EXECUTION_GROUP)
@dataclass(frozen=True, kw_only=True)
class ExecutionOptions:
    """How a plan is carried out."""

    checkpoint_interval: Number = 100
    """Steps whose outcome may wait before it is written to the state, at most."""

    max_dlq_size: Number | None = None
    """Stop when this many items have failed."""

    verify: Annotated[bool, Parameter(negative="--no-verify")] = True
    """Read back what was written, and report what Looker did not take as sent."""

    skip_stale: bool = False
    """Leave out what has changed since the plan was made, and what depends on it, and say so."""

    lock_timeout: Annotated[float, Parameter(metavar="SECONDS", validator=not_negative)] = 0
    """Wait so long if somebody else is applying to the same destination."""

    dlq_ok: bool = False
    """Exit with 0, not 3, though items failed, were blocked or were stale; usual for restore."""


#: what commands have as defaults
COMMON, LOOKER = Common(), LookerOptions()
PLANNING, EXECUTION = PlanningOptions(), ExecutionOptions()
CHOOSING = ChoosingOptions()


def guess(words: list[str]) -> Common:
    """Common options as far as they show, for errors in the command line itself."""
    own = words[: words.index("--")] if "--" in words else words

    def is_set(name: str) -> bool:
        variable = f"LOOKERVAULT_PLAN_{name.upper()}"
        return f"--{name}" in own or os.environ.get(variable, "").lower() in _TRUE

    return Common(json=is_set("json"), no_color="--no-color" in own, debug=is_set("debug"))
