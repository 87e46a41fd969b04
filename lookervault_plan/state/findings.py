"""Keep the answers of `doctor --probe`, by instance, in a file beside the state."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lookervault_plan.errors import failure

_SUFFIX, _SCRATCH_SUFFIX = ".doctor.json", ".scratch.jsonl"


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What one instance answered."""

    looker_version: str
    #: ISO 8601 in UTC.
    at: str
    #: Name of a question -> the answer.
    answers: Mapping[str, str] = {}


class _File(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 1
    #: Address of an instance -> its answers.
    instances: Mapping[str, Answers] = {}


def findings_path(state: Path) -> Path:
    """Return the file that keeps the answers beside a state."""
    return state.with_name(state.name + _SUFFIX)


def record_path(state: Path) -> Path:
    """Return the record of what a running `doctor --probe` has created in Looker."""
    return state.with_name(state.name + _SCRATCH_SUFFIX)


def read_findings(state: Path) -> Mapping[str, Answers]:
    """Read the answers of all instances. Raise PlanError if the file is damaged."""
    path = findings_path(state)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        return msgspec.json.decode(data, type=_File).instances
    except msgspec.MsgspecError as error:
        raise failure(
            "doctor.findings",
            f"{path} is damaged",
            detail=str(error),
            fix="remove it; `lookervault-plan doctor --probe --folder ID` makes it anew",
        ) from error


def keep_findings(state: Path, instance: str, answers: Answers) -> Path:
    """Keep the answers of an instance, in place of earlier ones. Return the file."""
    path = findings_path(state)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = _File(instances={**read_findings(state), instance: answers})
    temporary = path.with_name(path.name + ".new")
    data = msgspec.json.format(msgspec.json.encode(file, order="sorted"), indent=2) + b"\n"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        _ = out.write(data)
    _ = temporary.replace(path)
    return path
