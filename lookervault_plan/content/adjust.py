"""What policy, or the destination, alters in an object of the backup before anything is made of it.

The plan keeps what was decided, so that apply alters the same.
"""

from collections.abc import Iterator, Mapping

import msgspec

from lookervault_plan.content.kinds import KINDS, Kind, Miss, Outside
from lookervault_plan.content.node import Json, Node, Raw
from lookervault_plan.content.paths import find, get

#: in an object: names of collections that hold some of what there is, and so only add
ONLY_ADDS = "_only_adds"


def is_partial(item: Node, collection: str) -> bool:
    """Whether the backup may not hold all parts of a collection."""
    named = item.raw.get(ONLY_ADDS)
    return isinstance(named, list) and collection in named


class Adjustments(msgspec.Struct, frozen=True, kw_only=True):
    """What to alter; by default nothing is."""

    #: options that are on, of those that a field of the table asks for
    policies: frozenset[str] = frozenset({"schedules"})
    #: ids of parts of other items mean the same
    same_instance: bool = True
    #: kind of outside things -> names that the destination does not know
    left_out: Mapping[str, tuple[str, ...]] = {}


AS_IT_IS = Adjustments()


def adjust(kind: str, raw: dict[str, Json], how: Adjustments) -> None:
    """Alter a freshly loaded object, in place, its parts too."""
    if how == AS_IT_IS:
        return
    row = KINDS[kind]
    for field in row.fields:
        if field.policy and field.policy not in how.policies:
            raw[field.path] = field.quiet
        if field.local and get(raw, field.local) and not how.same_instance:
            _ = raw.pop(field.path, None)
    for outside in row.outside:
        if outside.miss is Miss.DROP:
            _leave_out(raw, outside.path.removesuffix("[]"), how.left_out.get(outside.kind, ()))
    for collection in row.collections:
        for _, part in find(raw, collection.path + "[]"):
            if isinstance(part, dict):
                adjust(collection.kind, part, how)


def _leave_out(raw: dict[str, Json], path: str, names: tuple[str, ...]) -> None:
    held = raw.get(path)
    if names and isinstance(held, list):
        raw[path] = [name for name in held if name not in names]
    elif held in names:
        del raw[path]


def losses(kind: str, raw: Raw, how: Adjustments) -> Iterator[tuple[str, str]]:
    """(path, what is lost) for people: what `adjust` takes away and policy did not ask for."""
    row = KINDS[kind]
    for field in row.fields:
        if field.local and get(raw, field.local) and get(raw, field.path) and not how.same_instance:
            yield field.path, "it names parts of another item by ids of the source"
    for outside, name in outside_names(row, raw):
        if outside.miss is Miss.DROP and name in how.left_out.get(outside.kind, ()):
            yield outside.path, f"the destination knows no {outside.kind} {name}"


def outside_names(row: Kind, raw: Raw) -> Iterator[tuple[Outside, str]]:
    """What an object names that is no content, parts not included."""
    for outside in row.outside:
        for _, name in find(raw, outside.path):
            if name:
                yield outside, str(name)
