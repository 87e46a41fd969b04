"""Addresses, references and nodes: an item or a part of one, in normal form."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NewType, TypeAlias, cast

import msgspec

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A JSON value."""

Raw: TypeAlias = Mapping[str, Json]
"""A JSON object as Looker or a backup gave it; typed no further than JSON is."""

Address = NewType("Address", str)
"""`type:source_id`, as in `dashboard:42`; the same in every command, file and message."""


class Ref(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """A typed pointer, in the ids of the instance it was read from."""

    kind: str
    id: str

    @property
    def address(self) -> Address:
        return Address(f"{self.kind}:{self.id}")

    @staticmethod
    def parse(address: str) -> "Ref":
        """Take `dashboard:42` apart. The id may hold colons itself (`explore:m::e`)."""
        kind, _, id_ = address.partition(":")
        return Ref(kind, id_)


class Node(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An item or a part, in normal form; the same for a backup's blob and for a live object.

    A key missing from `fields`, `refs` or `parts` means that the object did not hold it: it is
    left alone. A key with None means that it holds nothing.
    """

    kind: str
    id: str
    #: what the instance calls it for people; never compared as such
    name: str
    #: writable path -> value in its row's canonical form
    fields: Mapping[str, Json]
    #: writable path -> what it points to
    refs: Mapping[str, Ref | None]
    #: read-only things that tell who it is (slug, created_at, email, flags)
    facts: Mapping[str, Json]
    #: collection -> its parts, in reading order
    parts: Mapping[str, tuple["Node", ...]]
    #: why it must never be written, or None
    built_in: str | None
    #: the object itself: what request bodies are cut from, never the normal form
    raw: Raw
    #: collections that hold only some of the item's parts: planning adds to them, deletes nothing
    partial: frozenset[str] = frozenset()

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.id)

    @property
    def address(self) -> Address:
        return Address(f"{self.kind}:{self.id}")

    def walk(self) -> Iterator["Node"]:
        """The node and all its parts, the node first."""
        yield self
        for nodes in self.parts.values():
            for node in nodes:
                yield from node.walk()


def parse_json(data: bytes | str) -> Json:
    """Decode JSON, typed as JSON.

    Raises:
        msgspec.DecodeError: it is none.

    """
    return cast("Json", msgspec.json.decode(data))


def digest(value: object) -> str:
    """128 bits of sha256 over canonical JSON: equal values, equal digests, in every process."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]


def own_digest(node: Node) -> str:
    """Digest of a node's own writable content, ids as the instance has them; no parts."""
    return digest((node.fields, node.refs))


def tree_digest(node: Node) -> str:
    """Digest of an item with its parts and their ids.

    Query ids stand for query bodies: queries are immutable and content-addressed (A 3.1), so on
    one instance the id says all.
    """
    parts = {
        name: sorted((part.id, tree_digest(part)) for part in nodes)
        for name, nodes in node.parts.items()
    }
    return digest((node.id, own_digest(node), parts))
