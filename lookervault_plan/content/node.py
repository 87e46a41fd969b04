"""Addresses, references and nodes: an item or a part of one, in normal form."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, NewType, TypeAlias, TypeVar, cast

import msgspec

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A JSON value."""

Raw: TypeAlias = Mapping[str, Json]
"""A JSON object of Looker or of a backup, unchanged."""

Address = NewType("Address", str)
"""`type:source_id`, such as `dashboard:42`; the same in every command, file and message."""


SourceId = NewType("SourceId", str)
"""An id in the source: read from the backup, or made up for a plan (a query's content key)."""

LiveId = NewType("LiveId", str)
"""An id in the destination."""

Id = TypeVar("Id", bound=str, covariant=True)  # noqa: PLC0105  # `Id_co` says no more
"""The instance that ids belong to: `SourceId`, `LiveId`, or `str` for either."""

Side: TypeAlias = Callable[[str], Id]
"""The instance that an object was read from, `SOURCE` or `LIVE`: a function that types its ids."""

SOURCE: Side[SourceId] = SourceId
LIVE: Side[LiveId] = LiveId


class Ref(msgspec.Struct, Generic[Id], frozen=True, order=True, array_like=True, gc=False):
    """A kind and an id. The type of the id names the instance that it belongs to."""

    kind: str
    id: Id

    @property
    def address(self) -> Address:
        return Address(f"{self.kind}:{self.id}")

    @staticmethod
    def parse(address: str) -> "SourceRef":
        """Parse `dashboard:42`. The id may contain colons (`explore:m::e`)."""
        kind, _, id_ = address.partition(":")
        return Ref(kind, SourceId(id_))


SourceRef: TypeAlias = Ref[SourceId]
"""A reference to an item, a part or a query by its id in the source."""

LiveRef: TypeAlias = Ref[LiveId]
"""A reference to an item, a part or a query by its id in the destination."""


_NOTHING: Mapping[Any, Any] = MappingProxyType({})


class Node(msgspec.Struct, Generic[Id], frozen=True, kw_only=True, gc=False):
    """An item or a part in normal form, of a backup or live.

    A key is missing from `fields`, `refs` or `parts` if the object lacks it. Plans leave such a
    value alone. A key with None means that the value is empty.
    """

    kind: str
    id: Id
    #: Name to show. It is compared only if it is a field too.
    name: str
    #: Writable path -> value in the canonical form of its field.
    fields: Mapping[str, Json]
    #: Writable path -> target; None if the reference is empty.
    refs: Mapping[str, Ref[Id] | None]
    #: Read-only values that help to match items: slug, created_at, email, flags.
    facts: Mapping[str, Json]
    #: Name of a collection -> its parts, in the order in which they were read.
    parts: Mapping[str, tuple["Node[Id]", ...]]
    #: Reason why the item must never be written. None: it may be written.
    built_in: str | None
    #: The object as it was read. Request bodies are cut from it, never from the normal form.
    raw: Raw
    #: Collections that hold only some of the item's parts. Plans delete nothing from them.
    partial: frozenset[str] = frozenset()
    #: The backup's own values of policy fields that an override changed, by item or part.
    overridden: Mapping[Ref[Id], Mapping[str, Json]] = _NOTHING
    #: Collections that Looker did not show. Plans neither change nor judge them.
    unseen: frozenset[str] = frozenset()

    @property
    def ref(self) -> Ref[Id]:
        return Ref(self.kind, self.id)

    @property
    def address(self) -> Address:
        return Address(f"{self.kind}:{self.id}")

    def with_parts(self) -> Iterator["Node[Id]"]:
        """Yield the node, then all its parts."""
        yield self
        for nodes in self.parts.values():
            for node in nodes:
                yield from node.with_parts()


DesiredNode: TypeAlias = Node[SourceId]
"""An item or a part of the backup."""

LiveNode: TypeAlias = Node[LiveId]
"""An item or a part of the destination."""


def same_id(ref: SourceRef) -> LiveRef:
    """Return the reference to the object that has the same id in the destination.

    Both are one object if the source is the destination, or if a comparison has shown it.
    """
    return cast("LiveRef", ref)


def parse_json(data: bytes | str) -> Json:
    """Decode JSON.

    Raises:
        msgspec.DecodeError: The data is not JSON.

    """
    return cast("Json", msgspec.json.decode(data))


def digest(value: object) -> str:
    """Return the first 128 bits of the SHA-256 of a value's canonical JSON, as hex.

    Equal values have equal digests in every process.
    """
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]


def content_digest(node: Node[str]) -> str:
    """Return the digest of a node's fields and references, without its parts."""
    return digest((node.fields, node.refs))


class Digests(msgspec.Struct, Generic[Id], frozen=True):
    """The digests of an item and its parts, each taken once."""

    #: Digest of the item with its id and its parts.
    tree: str
    #: Content digest of the item and of each part.
    content: Mapping[Ref[Id], str]


def digests_of(node: Node[Id]) -> Digests[Id]:
    """Take the digests of an item and its parts.

    Queries count by their ids, since on one instance equal ids are equal queries (looker-api.md
    3.1).
    """
    content: dict[Ref[Id], str] = {}
    return Digests(_tree_digest(node, content), content)


def tree_digest(node: Node[str]) -> str:
    """Return the digest of an item with its id and its parts."""
    return digests_of(node).tree


def _tree_digest(node: Node[Id], content: dict[Ref[Id], str]) -> str:
    own = content[node.ref] = content_digest(node)
    parts = {
        name: sorted((part.id, _tree_digest(part, content)) for part in nodes)
        for name, nodes in node.parts.items()
    }
    return digest((node.id, own, parts))
