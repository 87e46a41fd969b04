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
    """A kind and an id, in the ids of the instance it was read from."""

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
    #: name to show; compared only where it is a field too
    name: str
    #: writable path -> value in its row's canonical form
    fields: Mapping[str, Json]
    #: writable path -> what it points to
    refs: Mapping[str, Ref | None]
    #: read-only values that help to match it (slug, created_at, email, flags)
    facts: Mapping[str, Json]
    #: collection -> its parts, in reading order
    parts: Mapping[str, tuple["Node", ...]]
    #: why it must never be written; None: it may be
    built_in: str | None
    #: the object as it was read; request bodies are cut from it, never from the normal form
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
    """Hash a value: the first 128 bits of sha256 over its canonical JSON, as hex.

    Equal values have equal digests in every process.
    """
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]


def content_digest(node: Node) -> str:
    """Hash the writable content of a node, in the instance's ids, without its parts."""
    return digest((node.fields, node.refs))


def tree_digest(node: Node) -> str:
    """Hash an item, its id, and its parts with their ids.

    Query ids stand for query bodies: queries are immutable and content-addressed (looker-api.md
    3.1), so on one instance equal ids are equal queries.
    """
    parts = {
        name: sorted((part.id, tree_digest(part)) for part in nodes)
        for name, nodes in node.parts.items()
    }
    return digest((node.id, content_digest(node), parts))
