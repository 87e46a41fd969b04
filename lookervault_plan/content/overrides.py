"""Overrides: values of the backup that policy or the destination changes before planning.

The plan records them, so that apply makes the same changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import msgspec

from lookervault_plan.content.json_path import find, get, head
from lookervault_plan.content.node import Json, Node, Raw
from lookervault_plan.content.table.kinds import (
    KINDS,
    ExternalName,
    IfMissing,
    Kind,
)

#: Key of a blob in a backup file: names of the collections that hold only some of their parts.
#: Part of the backup's format, never of Looker's JSON.
PARTIAL_KEY = "_only_adds"

_SECRET = {
    row.name: tuple(field for field in row.fields if field.missing_secrets)
    for row in KINDS.values()
}
_OVERRIDDEN = {
    row.name: tuple(field for field in row.fields if field.is_trash_flag or field.policy)
    for row in KINDS.values()
}


def take_partial(raw: dict[str, Json]) -> frozenset[str]:
    """Remove the backup's own mark from an object; return the collections it names as partial."""
    named = raw.pop(PARTIAL_KEY, None)
    return frozenset(map(str, named)) if isinstance(named, list) else frozenset()


def quieted(item: Node) -> tuple[str, ...]:
    """Policy fields of an item whose secrets are missing.

    They hold their quiet value and are compared only if the field that lacks secrets is written.
    """
    return _policy_paths(item.kind) if secrets(item.kind, item.raw) else ()


def is_secret(item: Node, path: str) -> bool:
    """Whether the value at this path lacks secrets that no backup holds."""
    field = KINDS[item.kind].find_field(path)
    found = field.missing_secrets if field else None
    return bool(found and found(get(item.raw, head(path)) or None))


def secrets(kind: str, raw: Raw) -> tuple[str, ...]:
    """Values of an object that need secrets no backup holds, in words."""
    return tuple(
        found
        for field in _SECRET[kind]
        if field.missing_secrets
        for found in field.missing_secrets(get(raw, field.path) or None)
    )


#: something made outside all content (a model, a connection), and its name
Named = tuple[ExternalName, str]


class Adjustments(msgspec.Struct, frozen=True, kw_only=True):
    """Which overrides to apply; by default those that every backup needs."""

    #: names of the policies that are on
    policies: frozenset[str] = frozenset({"schedules"})
    #: kind of outside thing -> names that the destination does not know
    left_out: Mapping[str, tuple[str, ...]] = {}


AS_IT_IS = Adjustments()


def adjust(kind: str, raw: dict[str, Json], how: Adjustments) -> None:
    """Apply the overrides to a freshly loaded object and its parts, in place."""
    row = KINDS[kind]
    _quieten(row, raw, how)
    if how == AS_IT_IS:
        return
    for outside in row.external_names:
        if outside.if_missing is IfMissing.DROP:
            _leave_out(raw, outside.path.removesuffix("[]"), how.left_out.get(outside.kind, ()))
    for collection in row.item.collections:
        for _, part in find(raw, collection.path + "[]"):
            if isinstance(part, dict):
                adjust(collection.kind, part, how)


def _quieten(row: Kind, raw: dict[str, Json], how: Adjustments) -> None:
    """Take the object out of the trash, and give policy fields their quiet value.

    Policy fields of an object that lacks secrets are quiet whatever the options say.
    """
    is_quiet = bool(secrets(row.name, raw))
    for field in _OVERRIDDEN[row.name]:
        if field.is_trash_flag:
            _ = raw.setdefault(field.path, None)
        if field.policy and (is_quiet or field.policy not in how.policies):
            raw[field.path] = field.off_value


@cache
def _policy_paths(kind: str) -> tuple[str, ...]:
    return tuple(field.path for field in KINDS[kind].fields if field.policy)


def _leave_out(raw: dict[str, Json], path: str, names: tuple[str, ...]) -> None:
    held = raw.get(path)
    if names and isinstance(held, list):
        raw[path] = [name for name in held if name not in names]
    elif held in names:
        del raw[path]


def left_out_names(named: Iterable[Named], how: Adjustments) -> Iterator[tuple[str, str]]:
    """Name each value that `adjust` leaves out because the destination lacks it: (path, words)."""
    for outside, name in named:
        if outside.if_missing is IfMissing.DROP and name in how.left_out.get(outside.kind, ()):
            yield outside.path, f"the destination knows no {outside.kind} {name}"


def all_outside_names(row: Kind, raw: Raw) -> Iterator[Named]:
    """Outside things that an object and its parts name."""
    yield from outside_names(row, raw)
    for collection in row.item.collections:
        part_row = KINDS[collection.kind]
        for _, part in find(raw, collection.path + "[]") if part_row.external_names else ():
            if isinstance(part, dict):
                yield from outside_names(part_row, part)


def outside_names(row: Kind, raw: Raw) -> Iterator[Named]:
    """Outside things that an object names; those of its parts are not included."""
    for outside in row.external_names:
        for _, name in find(raw, outside.path):
            if name:
                yield outside, str(name)
