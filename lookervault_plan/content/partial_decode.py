"""Decode only some fields of an object, to identify many large items quickly."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TypedDict, cast

from lookervault_plan.content.json_path import split
from lookervault_plan.content.overrides import UNSEEN_KEY
from lookervault_plan.content.table.kinds import KINDS, Kind

#: Type with which msgspec decodes only certain paths of an object.
Shape = type[dict[str, object]]


@cache
def identity_shape(kind: str) -> Shape | None:
    """Return the shape that identifies items of a kind. None: decode them whole.

    The shape has identities, query references, external names, and the fields that bulk reads
    use. Only kinds whose parts make up most of an item have a shape.
    """
    row = KINDS[kind]
    if row.item.listing is None or row.item.listing.identity_fields is None:
        return None
    return shape([*row.item.listing.identity_fields.split(","), UNSEEN_KEY, *_paths(row)])


def shape(paths: Iterable[str]) -> Shape:
    """Return the shape that decodes these paths."""
    tree: _Tree = {}
    for path in paths:
        branch = tree
        for name in split(path):
            branch = branch.setdefault(name, {})
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
