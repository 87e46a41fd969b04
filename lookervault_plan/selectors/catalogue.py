"""What there is to choose from: the little of every item that a criterion can ask for."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from lookervault_plan.content.node import Ref


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A few strings of an item of the backup; light enough to hold for every one of 50,000."""

    ref: Ref
    #: what the plan calls it
    name: str = ""
    #: for what has a title in Looker: dashboards, looks, boards
    title: str = ""
    slug: str = ""
    #: the owner's email
    owner: str = ""
    #: names of the folders it lies in, from a root on; a folder's own name included
    folder: tuple[str, ...] = ()
    #: models its queries use
    models: tuple[str, ...] = ()
    #: explores its queries use, as `model::explore`
    explores: tuple[str, ...] = ()
    #: titles of the boards it is on
    boards: tuple[str, ...] = ()
    #: names of a user's groups and roles
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    #: ISO 8601; "" where Looker has none
    updated_at: str = ""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Every item of a backup, and what each needs."""

    items: Mapping[Ref, Item]
    #: item -> what it can't do without; what the backup lacks may be among them
    needs: Mapping[Ref, Sequence[Ref]] = {}
    #: for `state` and `result`: what each item is; absent where that was not looked at
    words: Mapping[str, Mapping[Ref, Collection[str]]] = {}
