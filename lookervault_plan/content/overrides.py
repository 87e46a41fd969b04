"""What policy, or the destination, alters in an object of the backup before anything is made of it.

The plan keeps what was decided, so that apply alters the same.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lookervault_plan.content.json_path import find, get, head
from lookervault_plan.content.node import Json, Node, Raw
from lookervault_plan.content.table.kinds import FIELDS, KINDS, Kind, Miss, Outside, generic

#: in an object: names of collections that hold some of what there is, and so only add
ONLY_ADDS = "_only_adds"
#: in an object: paths that are as quiet as can be, since secrets are missing
QUIET = "_quiet"


_SECRET = {
    row.name: tuple(field for field in row.fields if field.secrets) for row in KINDS.values()
}
_HUSHED = {
    row.name: tuple(field for field in row.fields if field.trash or field.policy)
    for row in KINDS.values()
}


def is_partial(item: Node, collection: str) -> bool:
    """Whether the backup may not hold all parts of a collection."""
    named = item.raw.get(ONLY_ADDS)
    return isinstance(named, list) and collection in named


def quiet(item: Node) -> tuple[str, ...]:
    """Paths that are not compared unless what lacks secrets is written."""
    named = item.raw.get(QUIET)
    return tuple(map(str, named)) if isinstance(named, list) else ()


def is_secret(item: Node, path: str) -> bool:
    """Whether what lies there lacks secrets."""
    field = FIELDS.get((item.kind, generic(path)))
    found = field.secrets if field else None
    return bool(found and found(get(item.raw, head(path)) or None))


def secrets(kind: str, raw: Raw) -> tuple[str, ...]:
    """What of an object needs secrets that no backup holds."""
    return tuple(
        found
        for field in _SECRET[kind]
        if field.secrets
        for found in field.secrets(get(raw, field.path) or None)
    )


#: what is made outside of all content, and its name
Named = tuple[Outside, str]


class Adjustments(msgspec.Struct, frozen=True, kw_only=True):
    """What to alter; by default nothing is."""

    #: options that are on, of those that a field of the table asks for
    policies: frozenset[str] = frozenset({"schedules"})
    #: kind of outside things -> names that the destination does not know
    left_out: Mapping[str, tuple[str, ...]] = {}


AS_IT_IS = Adjustments()


def adjust(kind: str, raw: dict[str, Json], how: Adjustments) -> None:
    """Alter a freshly loaded object, in place, its parts too."""
    row = KINDS[kind]
    _hush(row, raw, how)
    if how == AS_IT_IS:
        return
    for outside in row.outside:
        if outside.miss is Miss.DROP:
            _leave_out(raw, outside.path.removesuffix("[]"), how.left_out.get(outside.kind, ()))
    for collection in row.collections:
        for _, part in find(raw, collection.path + "[]"):
            if isinstance(part, dict):
                adjust(collection.kind, part, how)


def _hush(row: Kind, raw: dict[str, Json], how: Adjustments) -> None:
    """Nothing restored lies in the trash; what policy withholds, and what lacks secrets, is quiet.

    What lacks secrets is so whatever the options say.
    """
    is_quiet = bool(secrets(row.name, raw))
    for field in _HUSHED[row.name]:
        if field.trash:
            _ = raw.setdefault(field.path, None)
        if field.policy and (is_quiet or field.policy not in how.policies):
            raw[field.path] = field.quiet
    if is_quiet:
        raw[QUIET] = [field.path for field in row.fields if field.policy]


def _leave_out(raw: dict[str, Json], path: str, names: tuple[str, ...]) -> None:
    held = raw.get(path)
    if names and isinstance(held, list):
        raw[path] = [name for name in held if name not in names]
    elif held in names:
        del raw[path]


def losses(named: Iterable[Named], how: Adjustments) -> Iterator[tuple[str, str]]:
    """(path, what is lost) for people: what `adjust` takes away and policy did not ask for."""
    for outside, name in named:
        if outside.miss is Miss.DROP and name in how.left_out.get(outside.kind, ()):
            yield outside.path, f"the destination knows no {outside.kind} {name}"


def all_outside_names(row: Kind, raw: Raw) -> Iterator[Named]:
    """What an object and its parts name that is no content."""
    yield from outside_names(row, raw)
    for collection in row.collections:
        part_row = KINDS[collection.kind]
        for _, part in find(raw, collection.path + "[]") if part_row.outside else ():
            if isinstance(part, dict):
                yield from outside_names(part_row, part)


def outside_names(row: Kind, raw: Raw) -> Iterator[Named]:
    """What an object names that is no content, parts not included."""
    for outside in row.outside:
        for _, name in find(raw, outside.path):
            if name:
                yield outside, str(name)
