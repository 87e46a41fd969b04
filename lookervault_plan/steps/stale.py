"""Tell where the destination has changed since the plan was made, from items already read."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Literal, cast

import msgspec

from lookervault_plan.content.identity import LiveIdentity, identify
from lookervault_plan.content.node import (
    SOURCE,
    Address,
    DesiredNode,
    Json,
    LiveId,
    LiveNode,
    LiveRef,
    Ref,
    SourceRef,
    content_digest,
    tree_digest,
)
from lookervault_plan.content.redact import without_secrets_at
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import (
    Change,
    ContentWriting,
    Create,
    Delete,
    PartAction,
    Parts,
    Update,
)
from lookervault_plan.steps.recipes import expand

_NO_PARTS = Parts()

What = Literal["changed", "gone", "new", "taken", "unseen"]


class Stale(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the destination since the plan."""

    address: Address
    what: What
    #: `elements/<live id>`; "" for the item itself
    part: str = ""
    title: str = ""
    #: the field that changed; "" if unknown
    path: str = ""
    before: Json = None
    now: Json = None


def changes_since_plan(action: Update | Delete, live: LiveNode | None) -> tuple[Stale, ...]:
    """Return the changes in the live item of an update or delete; empty if it is as planned."""
    if live is None:
        return (Stale(address=action.address, what="gone"),)
    if tree_digest(live) == action.live_digest:
        return ()
    if isinstance(action, Delete):
        return (Stale(address=action.address, what="changed"),)
    found = [*_own(action.address, "", "", action.changes, live)]
    for name, nodes in live.parts.items():
        if name in action.parts:
            found.extend(_parts(action, name, nodes))
    found = found or [
        Stale(address=action.address, what="unseen", part=name) for name in sorted(live.unseen)
    ]
    return tuple(found) or (Stale(address=action.address, what="changed"),)


class TakenKeys:
    """Natural keys and slugs that live items hold, and slugs of items in the trash."""

    def __init__(self, live: Iterable[LiveIdentity], *, planned: Container[LiveRef] = ()) -> None:
        """`planned` are live items that the plan knows of: their keys are free to use."""
        self._keys: dict[tuple[str, tuple[str, ...], tuple[str, ...]], LiveIdentity] = {}
        for item in live:
            if item.ref in planned:
                continue
            row = KINDS[item.kind]
            for names in row.item.natural_keys:
                values = tuple(_plain(item.keys.get(name)) for name in names)
                # Only a slug is lost to what lies in the trash.
                if all(values) and (names == (row.item.slug_field,) or not item.trashed):
                    self._keys[item.kind, names, values] = item

    def holders(
        self,
        action: ContentWriting,
        desired: DesiredNode,
        resolve: Callable[[SourceRef], LiveId | None],
    ) -> tuple[Stale, ...]:
        """Return the items that hold a natural key which a create needs."""
        row = KINDS[desired.kind]
        keys = identify(desired.kind, desired.raw, SOURCE).keys
        dropped = {ref.path for ref in action.references if ref.to is None and not ref.part}
        found: list[Stale] = []
        # A later key may belong to another item if the first one alone decides who an item is.
        for names in (
            row.item.natural_keys[:1] if row.item.first_key_wins else row.item.natural_keys
        ):
            if dropped.intersection(names):
                continue
            values = tuple(_translated(keys.get(name), resolve) for name in names)
            holder = self._keys.get((desired.kind, names, values)) if all(values) else None
            if holder is not None:
                path = " + ".join(name.removesuffix("_id") for name in names)
                found.append(
                    Stale(address=action.address, what="taken", path=path, now=holder.address)
                )
        return tuple(found)


def lost_references(
    action: Create,
    desired: DesiredNode,
    resolve: Callable[[SourceRef], LiveId | None],
    exists: Callable[[LiveRef], bool],
) -> tuple[Stale, ...]:
    """Return references of the action's steps to live items that no longer exist."""
    found: dict[tuple[str, SourceRef], Stale] = {}
    for step in expand(action, desired):
        for path, ref in step.request.slots.items():
            row = KINDS[ref.kind]
            id_ = resolve(ref) if row.is_item and ref != desired.ref else None
            if id_ is not None and not exists(Ref(ref.kind, id_)):
                found[path, ref] = Stale(
                    address=action.address, what="gone", path=path, now=f"{ref.kind}:{id_}"
                )
    return tuple(found.values())


def _parts(action: Update, name: str, nodes: tuple[LiveNode, ...]) -> Iterator[Stale]:
    planned = action.parts.get(name, _NO_PARTS)
    known = {entry.live_id: entry for entry in (*planned.update, *planned.delete, *planned.keep)}
    now = {node.id: node for node in nodes}
    for id_, node in now.items():
        entry = known.get(id_, PartAction())
        part, title = f"{name}/{id_}", entry.title or node.name
        if id_ not in planned.live:
            yield Stale(address=action.address, what="new", part=part, title=title)
        elif planned.live[id_] != content_digest(node):
            fields = [*_own(action.address, part, title, entry.changes, node)]
            yield from fields or (
                Stale(address=action.address, what="changed", part=part, title=title),
            )
    for id_ in planned.live:
        if id_ not in now:
            title = known.get(id_, PartAction()).title
            yield Stale(address=action.address, what="gone", part=f"{name}/{id_}", title=title)


def _own(
    address: Address, part: str, title: str, changes: tuple[Change, ...], node: LiveNode
) -> Iterator[Stale]:
    """Return the fields whose value differs from the plan's `before`."""
    now: Mapping[str, Json] = {
        **node.fields,
        **{path: ref.id if ref else None for path, ref in node.refs.items()},
    }
    for change in changes:
        before = change.before
        if change.path not in now or change.sensitive or change.before_is_cut:
            continue
        live = without_secrets_at(change.path, now[change.path])
        if live != before:
            yield Stale(
                address=address,
                what="changed",
                part=part,
                title=title,
                path=change.path,
                before=cast("Json", before),
                now=live,
            )


def _plain(value: str | LiveRef | None) -> str:
    return value.id if isinstance(value, Ref) else value or ""


def _translated(
    value: str | SourceRef | None, resolve: Callable[[SourceRef], LiveId | None]
) -> str:
    return (resolve(value) or "") if isinstance(value, Ref) else value or ""
