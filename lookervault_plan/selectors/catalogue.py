"""The facts about a backup's items that criteria can ask for."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from lookervault_plan.content.node import SourceRef


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Searchable facts about one item. Small, since 50,000 of them stay in memory."""

    ref: SourceRef
    #: name as plans show it
    name: str = ""
    #: empty for types without a title; dashboards, looks and boards have one
    title: str = ""
    #: empty for all types but dashboards
    slug: str = ""
    #: email of the owner; empty if unknown
    owner: str = ""
    #: names of its folders from a root down; a folder's own name is the last
    folder: tuple[str, ...] = ()
    #: names of the models that its queries use
    models: tuple[str, ...] = ()
    #: explores that its queries use, as `model::explore`
    explores: tuple[str, ...] = ()
    #: titles of the boards that show it
    boards: tuple[str, ...] = ()
    #: names of a user's groups; empty for other types
    groups: tuple[str, ...] = ()
    #: names of a user's roles; empty for other types
    roles: tuple[str, ...] = ()
    #: ISO 8601; empty if Looker keeps no time of change for the type
    updated_at: str = ""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All items of a backup, with their dependencies."""

    items: Mapping[SourceRef, Item]
    #: items that an item refers to; some may be missing from the backup
    needs: Mapping[SourceRef, Sequence[SourceRef]] = {}
    #: labels of items by method (`state`, `result`); without the method if nobody looked them up
    labels: Mapping[str, Mapping[SourceRef, Collection[str]]] = {}
