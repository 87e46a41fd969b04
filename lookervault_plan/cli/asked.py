"""Write down what a run was asked to do, to compare it when a session is gone on with."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import cast

from lookervault_plan.cli.options import PLANNING, PlanningOptions
from lookervault_plan.content.redact import scrub
from lookervault_plan.workflows.resume import SCOPE


def asked(planning: PlanningOptions, scope: str | None) -> Mapping[str, object]:
    """Return the planning options that differ from their defaults, by name, and the scope.

    `scope` says which items the command is about, such as `restore bulk dashboard`. None: any.
    """
    given: dict[str, object] = {} if scope is None else {SCOPE: scope}
    for field in fields(planning):
        value = cast("object", getattr(planning, field.name))
        if value != getattr(PLANNING, field.name):
            given[f"--{field.name.replace('_', '-')}"] = _as_json(value)
    return given


def _as_json(value: object) -> object:
    if isinstance(value, tuple):
        return [_as_json(each) for each in cast("tuple[object, ...]", value)]
    return scrub(str(value)) if isinstance(value, (str, Path)) else value
