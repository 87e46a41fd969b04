"""Overrides: values of the backup that policy or the destination changes before planning.

The plan records them, so that apply makes the same changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import msgspec

from lookervault_plan.content.external_names import UsedName
from lookervault_plan.content.json_path import find
from lookervault_plan.content.missing_secrets import missing_secrets
from lookervault_plan.content.node import Json, Node, Ref, SourceId, SourceRef
from lookervault_plan.content.normalise import canonical
from lookervault_plan.content.table.kinds import (
    KINDS,
    IfMissing,
    Kind,
)

#: Key of a blob in a backup file: names of the collections that hold only some of their parts.
#: Part of the backup's format, never of Looker's JSON.
PARTIAL_KEY = "_only_adds"

#: Key of a blob in a backup file: what Looker did not show of the item -> its answer, as in
#: `{"group_users": "403 GET /groups/{id}/users", "query:7": "404 GET /queries/{id}"}`.
UNSEEN_KEY = "_unseen"

_OVERRIDDEN_FIELDS = {
    row.name: tuple(field for field in row.fields if field.is_trash_flag or field.policy)
    for row in KINDS.values()
}


def take_partial(raw: dict[str, Json]) -> frozenset[str]:
    """Remove the key PARTIAL_KEY from an object, and return the collections it names."""
    names = raw.pop(PARTIAL_KEY, None)
    return frozenset(map(str, names)) if isinstance(names, list) else frozenset()


def take_unseen(raw: dict[str, Json]) -> Mapping[str, str]:
    """Remove the key UNSEEN_KEY from an object, and return its value."""
    unseen = raw.pop(UNSEEN_KEY, None)
    found = unseen.items() if isinstance(unseen, Mapping) else ()
    return {str(name): str(reason) for name, reason in found}


def switched_off_paths(item: Node[str]) -> tuple[str, ...]:
    """Return the policy fields of an item whose secrets are missing.

    They hold their `off_value`. They are compared only if the field that lacks secrets is written.
    """
    return _policy_paths(item.kind) if missing_secrets(item.kind, item.raw) else ()


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """The overrides to apply. The defaults suit every backup."""

    #: Names of the policies that are on.
    policies: frozenset[str] = frozenset({"schedules"})
    #: Key of EXTERNAL -> names that the destination lacks.
    left_out: Mapping[str, tuple[str, ...]] = {}


DEFAULT_OVERRIDES = Overrides()


def apply_overrides(
    kind: str, raw: dict[str, Json], overrides: Overrides
) -> dict[SourceRef, Mapping[str, Json]]:
    """Change a freshly loaded object and its parts in place.

    Return the values that policies replaced, in canonical form: item or part -> path -> value.
    """
    row = KINDS[kind]
    replaced: dict[SourceRef, Mapping[str, Json]] = {}
    if values := _apply_policies(row, raw, overrides):
        replaced[Ref(kind, SourceId(str(raw.get(row.id_field) or "")))] = values
    if overrides == DEFAULT_OVERRIDES:
        return replaced
    for external in row.external_names:
        if external.if_missing is IfMissing.DROP:
            _remove_names(
                raw, external.path.removesuffix("[]"), overrides.left_out.get(external.kind, ())
            )
    for collection in row.item.collections:
        for _, part in find(raw, collection.path + "[]"):
            if isinstance(part, dict):
                replaced |= apply_overrides(collection.kind, part, overrides)
    return replaced


def _apply_policies(row: Kind, raw: dict[str, Json], overrides: Overrides) -> dict[str, Json]:
    """Take the object out of the trash, and switch off the fields whose policy is off.

    If the object lacks secrets, all its policy fields are switched off. Return the values of the
    fields that change, by path.
    """
    replaced: dict[str, Json] = {}
    lacks_any_secret = bool(missing_secrets(row.name, raw))
    for field in _OVERRIDDEN_FIELDS[row.name]:
        if field.is_trash_flag:
            raw[field.path] = None
        if field.policy and (lacks_any_secret or field.policy not in overrides.policies):
            value = canonical(field, raw.get(field.path))
            if value != canonical(field, field.off_value):
                replaced[field.path] = value
            raw[field.path] = field.off_value
    return replaced


@cache
def _policy_paths(kind: str) -> tuple[str, ...]:
    return tuple(field.path for field in KINDS[kind].fields if field.policy)


def _remove_names(raw: dict[str, Json], path: str, names: tuple[str, ...]) -> None:
    value = raw.get(path)
    if names and isinstance(value, list):
        raw[path] = [name for name in value if name not in names]
    elif value in names:
        del raw[path]


def describe_left_out(used: Iterable[UsedName], overrides: Overrides) -> Iterator[tuple[str, str]]:
    """Yield (path, reason) for each name that `apply_overrides` removes."""
    for external, name in used:
        if external.if_missing is IfMissing.DROP and name in overrides.left_out.get(
            external.kind, ()
        ):
            yield external.path, f"the destination knows no {external.kind} {name}"
