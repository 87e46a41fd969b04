"""How much of an object to decode: a first look at every item takes little of each."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TypedDict, cast

from lookervault_plan.content.json_path import split
from lookervault_plan.content.table.kinds import KINDS, Kind

#: what msgspec decodes to a plain object with nothing but these paths; the rest is skipped
Shape = type[dict[str, object]]


@cache
def first_look(kind: str) -> Shape | None:
    """What planning needs of all items of a kind before it decides on any; None: all of it.

    That is who they are, which queries they point to, what they name outside of all content, and
    what may be found to belong to them.
    Only where much of an item is its parts is it worth the trouble.
    """
    row = KINDS[kind]
    if row.item.listing is None or row.item.listing.identity_fields is None:
        return None
    return shape([*row.item.listing.identity_fields.split(","), *_paths(row)])


def shape(paths: Iterable[str]) -> Shape:
    """The shape of an object with these paths."""
    tree: _Tree = {}
    for path in paths:
        spot = tree
        for name in split(path):
            spot = spot.setdefault(name, {})
    return cast("Shape", _typed(tree))


def _paths(row: Kind) -> Iterator[str]:
    for ref in row.refs:
        if ref.body_paths:
            yield from (ref.path, *ref.other_paths, *ref.void_if)
            yield from (f"{body}.{KINDS[ref.kind].id_field}" for body in ref.body_paths)
    yield from (outside.path for outside in row.external_names)
    yield from (
        path for sweep in row.item.bulk_reads for path in (sweep.item_ids_path, sweep.counts_path)
    )
    for collection in row.item.collections:
        yield from (f"{collection.path}[].{path}" for path in _paths(KINDS[collection.kind]))


_Tree = dict[str, "_Tree"]
_make = cast("Callable[..., type]", TypedDict)


def _typed(tree: _Tree) -> object:
    if not tree:
        return object
    if "[]" in tree:
        return list[_optional(tree["[]"])]
    return _make("Object", {name: _optional(below) for name, below in tree.items()}, total=False)


def _optional(tree: _Tree) -> object:
    return cast("type", _typed(tree)) | None if tree else object
