"""Say what a desired reference means in the destination: a live id, a thing to come, or nothing."""

from collections.abc import Callable, Mapping

import msgspec

from lookervault_plan.content.node import Node, Raw, Ref
from lookervault_plan.content.normalise import body_of, content_key
from lookervault_plan.content.rename import is_renamed
from lookervault_plan.content.table.kinds import KINDS, generic


class Live(msgspec.Struct, frozen=True):
    """It exists in the destination."""

    id: str


class New(msgspec.Struct, frozen=True):
    """The plan creates it: an item's address, `query:<key>`, or a part's `collection/key`."""

    address: str


class Lost(msgspec.Struct, frozen=True):
    """Neither exists nor is created."""

    ref: Ref


Target = Live | New | Lost | None
Resolve = Callable[[Ref], Target]


class Queries:
    """Content-addressed things of both sides: which definitions the destination has already.

    On one instance equal ids are equal definitions (A 3.1), so bodies are compared only across
    instances or where ids differ.
    """

    def __init__(self, *, same_instance: bool, known: Mapping[str, str] | None = None) -> None:
        """`known` maps content keys to live ids that earlier runs learned."""
        self.same_instance: bool = same_instance
        self.ids: dict[str, str] = dict(known or {})
        #: bodies of definitions to create, by content key
        self.wanted: dict[str, tuple[str, str]] = {}
        self._keys: dict[tuple[bool, Ref], str | None] = {}

    def key(self, ref: Ref, body: Raw | None, *, live: bool) -> str | None:
        """Content key of a reference's target, or None if its body is not held."""
        cached = self._keys.get((live, ref))
        if cached is None and body is not None:
            cached = self._keys[live, ref] = content_key(ref.kind, body)
            if live and cached:
                _ = self.ids.setdefault(cached, ref.id)
        return cached

    def target(self, node: Node, path: str, ref: Ref) -> Target:
        """What a desired reference to a query means in the destination."""
        if self.same_instance and ref.id and not is_renamed(ref):
            return Live(ref.id)
        body = body_of(node, path)
        key = self.key(ref, body, live=False)
        if key is None or body is None:
            return Lost(ref)  # another item may hold it, but what is sent is cut from this one
        if key in self.ids:
            return Live(self.ids[key])
        return New(f"{ref.kind}:{key}")

    def equal(self, desired: Node, live: Node, path: str) -> bool | None:
        """Whether both point to the same definition; None if that can't be told."""
        want, have = desired.refs.get(path), live.refs.get(path)
        if want is None or have is None:
            return want is have
        if self.same_instance and want.id == have.id:
            return True
        mine = self.key(want, body_of(desired, path), live=False)
        if mine is not None and self.ids.get(mine) == have.id:
            return True
        theirs = self.key(have, body_of(live, path), live=True)
        if mine is None or theirs is None:
            return None if not self.same_instance else False
        return mine == theirs


def is_query(node: Node, path: str) -> bool:
    """Whether the reference at `path` is to something content-addressed."""
    return (node.kind, generic(path)) in _TO_QUERIES


#: kind and path of the references to what is content-addressed
_TO_QUERIES = frozenset(
    (row.name, ref.path)
    for row in KINDS.values()
    for ref in row.refs
    if KINDS[ref.kind].content_addressed
)
