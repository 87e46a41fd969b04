"""Identities: the few values of an item that matching needs, kept in memory for every item."""

import re
from collections.abc import Iterable, Mapping
from typing import Generic, TypeAlias, overload

import msgspec

from lookervault_plan.content.json_path import get
from lookervault_plan.content.node import Address, Id, Json, LiveId, Raw, Ref, Side, SourceId
from lookervault_plan.content.normalise import label
from lookervault_plan.content.table.kinds import KINDS, Kind

#: Start of a time in ISO 8601.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


class Identity(msgspec.Struct, Generic[Id], frozen=True, kw_only=True, gc=False):
    """The values of one item that matching needs. Memory holds 50,000 of them."""

    kind: str
    id: Id
    name: str
    #: Name -> value, for each fact, field or reference in a natural key. None: empty.
    keys: Mapping[str, str | Ref[Id] | None]
    #: ISO 8601 in UTC, as in the API. None: the kind has no such time.
    created_at: str | None = None
    updated_at: str | None = None
    #: Reason why the item must never be written. None: it may be written.
    built_in: str | None = None
    trashed: bool = False
    #: Read-only path -> id of an item that Looker created with this one.
    also_created: Mapping[str, Id] = {}

    @property
    def ref(self) -> Ref[Id]:
        return Ref(self.kind, self.id)

    @property
    def address(self) -> Address:
        return Address(f"{self.kind}:{self.id}")


DesiredIdentity: TypeAlias = Identity[SourceId]
"""The identity of an item of the backup."""

LiveIdentity: TypeAlias = Identity[LiveId]
"""The identity of an item of the destination."""


def creators(items: Iterable[Identity[Id]]) -> dict[Ref[Id], Ref[Id]]:
    """Map each object that Looker creates with an item to that item: personal folder to user."""
    return {
        Ref(KINDS[item.kind].item.also_creates[path], id_): item.ref
        for item in items
        for path, id_ in item.also_created.items()
    }


def natural_keys_in_trash(item: Identity[str]) -> tuple[tuple[str, ...], ...]:
    """Return the natural keys that find a twin in the trash: only the slug if the item has one.

    Slugs are unique in the trash too, unlike titles (looker-api.md 5).
    """
    row = KINDS[item.kind]
    return (
        ((row.item.slug_field,),)
        if row.item.slug_field and item.keys.get(row.item.slug_field)
        else row.item.natural_keys
    )


@overload
def identify(kind: str, raw: Raw) -> Identity[str]: ...


@overload
def identify(kind: str, raw: Raw, side: Side[Id]) -> Identity[Id]: ...


def identify(kind: str, raw: Raw, side: Side[str] = str) -> Identity[str]:
    """Return the identity of an object, which may be partially decoded.

    `side` matters to the type checker alone.
    """
    row = KINDS[kind]
    return Identity(
        kind=kind,
        id=side(str(raw.get(row.id_field) or "")),
        name=label(row, raw),
        keys={name: _key(row, name, raw, side) for key in row.item.natural_keys for name in key},
        created_at=_moment(raw.get("created_at")),
        updated_at=_moment(raw.get("updated_at")),
        built_in=row.item.built_in(raw),
        trashed=bool(raw.get("deleted") or raw.get("deleted_at")),
        also_created={
            path: side(str(id_)) for path in row.item.also_creates if (id_ := get(raw, path))
        },
    )


def _key(row: Kind, name: str, raw: Raw, side: Side[Id]) -> str | Ref[Id] | None:
    derive = row.item.derived_facts.get(name)
    value = derive(raw) if derive else get(raw, name)
    if not value:
        return None
    for ref in row.refs:
        if ref.path == name:
            return Ref(ref.kind, side(str(value)))
    return str(value).casefold() if row.item.keys_ignore_case else str(value)


def _moment(value: Json) -> str | None:
    """Return a time as it is written; None if the value is none."""
    return value if isinstance(value, str) and _TIME.match(value) else None
