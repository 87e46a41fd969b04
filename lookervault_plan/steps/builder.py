"""Single steps of an action: which request writes a node, and what it waits for."""

from collections.abc import Container, Iterable, Mapping
from typing import Literal, cast

import msgspec

from lookervault_plan.content.json_path import get, head, put
from lookervault_plan.content.listed_parts import parts_of
from lookervault_plan.content.node import Json, Node, Ref
from lookervault_plan.content.normalise import body_of, content_key, normalise
from lookervault_plan.content.request_body import create_body, slots, update_body
from lookervault_plan.content.table.kinds import KINDS, Field, FollowUp, Kind, patched_field
from lookervault_plan.plan_file import Change, ContentWriting
from lookervault_plan.steps.step import Adopted, Step

Written = Literal["create", "update", "fix"]

_NOTHING: Mapping[str, object] = {}


class Composer:
    """Collects the steps of one action, with those of the session that they need."""

    def __init__(self, action: ContentWriting, item: Node, known: Container[Ref]) -> None:
        self.action = action
        self.item = item
        self.known = known
        self.steps: dict[str, Step] = {}
        #: what a step makes known -> that step
        self.makers: dict[Ref, str] = {}
        self.by_kind: dict[str, list[str]] = {}
        self._deferred = deferred_paths(action)
        self._interim: dict[str, Json] = {each.path: each.value for each in action.interim}
        kinds = {each.name: each.kind for each in KINDS[item.kind].item.collections}
        self._kept: Mapping[Ref, Mapping[str, object]] = {
            Ref(kinds[name], entry.key): entry.kept
            for name, parts in action.parts.items()
            for entry in parts.update
            if entry.key is not None
        }
        self._dropped: dict[str, set[str]] = {}
        for reference in action.references:
            if reference.to is None:
                self._dropped.setdefault(reference.part or "", set()).add(reference.path)

    def add(self, step: Step) -> None:
        """Keep a step; the order of adding is the order of equals."""
        self.steps[step.id] = step
        if not step.shared:
            self.by_kind.setdefault(step.kind, []).append(step.id)

    def id(self, ref: Ref, operation: str) -> str:
        """`dashboard:42#create` for the item itself, `dashboard:42/<part>#create` for a part."""
        if ref == self.item.ref:
            return f"{self.action.address}#{operation}"
        return f"{self.action.address}/{ref.address}#{operation}"

    def needed(self, refs: Iterable[Ref]) -> tuple[str, ...]:
        """The steps that make these known."""
        makers = (self.makers.get(ref) for ref in refs)
        return tuple(dict.fromkeys(step for step in makers if step is not None))

    def create(
        self, node: Node, *, known_ids: Iterable[str] = (), adopts: tuple[Adopted, ...] = ()
    ) -> Step:
        """A POST of all that the backup holds of a node."""
        row = KINDS[node.kind]
        body: dict[str, Json] = {**create_body(node), **self._interim_of(node)}
        filled = {path: self._point(node, path, ref) for path, ref in slots(node).items() if ref}
        filled |= self._listed(node, body)
        if row.part.parent_field:
            filled[row.part.parent_field] = self.item.ref
        return Step(
            id=self.id(node.ref, "create"),
            kind=row.name,
            operation="create",
            method="POST",
            path=row.path,
            target=self.item.ref if "{0}" in row.path else None,
            query=_trimmed(
                row, *row.item.reply_fields, *(each.field for each in row.item.follow_ups)
            ),
            body=body,
            slots=filled,
            links=_links(row, body),
            needs=self.needed((*([self.item.ref] if "{0}" in row.path else ()), *filled.values())),
            idempotent=row.content_addressed
            or row.create_is_idempotent
            or row.target_kind is not None,
            source=node.ref,
            reveals=row.target_kind is None,
            adopts=adopts,
            brings=brought(row, node),
            probe=row.probe,
            known_ids=tuple(known_ids),
        )

    def aside(self, node: Node, apart: FollowUp) -> Step:
        """What a create was sent with once more, by itself: for versions that did not take it."""
        value = create_body(node).get(apart.field)
        return Step(
            id=self.id(node.ref, apart.field),
            kind=node.kind,
            operation="fix",
            method="POST",
            path=apart.path,
            target=node.ref,
            body=value if isinstance(value, Mapping) else {},
            needs=self.needed((node.ref,)),
            apart=apart.field,
        )

    def change(self, node: Node, changes: Iterable[Change]) -> Step | None:
        """A PATCH of the changed fields; None if nothing of them is written now."""
        row = KINDS[node.kind]
        ordered = {field.path for field in row.fields if field.orders_kind}
        heads = {patched_field(node.kind, change.path) for change in changes} - ordered
        for reference in row.refs:
            if reference.path in heads:
                heads.update(reference.resend_with)
        step = self.patch(node, frozenset(heads), "update")
        body: dict[str, Json] = {**(step.body or {}), **self._interim_of(node)}
        return msgspec.structs.replace(step, body=body) if body or step.slots else None

    def settle(self, node: Node) -> Step:
        """A PATCH of whatever differs from what Looker made by itself."""
        heads = frozenset(head(path) for path in (*node.fields, *node.refs))
        return msgspec.structs.replace(self.patch(node, heads, "update"), wanted=node)

    def patch(self, node: Node, heads: frozenset[str], operation: Written) -> Step:
        """A PATCH of these top-level fields, or a PUT of all where PATCH does not take them."""
        row = KINDS[node.kind]
        is_whole = row.part.patchable is not None and not heads <= row.part.patchable
        if is_whole:
            heads = frozenset(head(path) for path in (*node.fields, *node.refs))
        kept = self._kept.get(node.ref, _NOTHING) if is_whole else _NOTHING
        body = update_body(node, heads)
        filled: dict[str, Ref] = {}
        for path, ref in slots(node, heads=heads).items():
            if ref is None:
                put(body, path, None)
            elif path not in kept:
                filled[path] = self._point(node, path, ref)
        filled |= self._listed(node, body)
        for path, value in kept.items():
            put(body, path, cast("Json", value))
        return Step(
            id=self.id(node.ref, operation),
            kind=row.name,
            operation=operation,
            method="PUT" if row.updated_by_put or is_whole else "PATCH",
            path=f"{row.path}/{{0}}",
            target=node.ref,
            query=_trimmed(row),
            body=body,
            slots=filled,
            links=_links(row, body),
            needs=self.needed((node.ref, *filled.values())),
            source=node.ref,
        )

    def order(self, node: Node, field: Field, parts: Iterable[Ref]) -> Step:
        """A PATCH of the order of parts, once all are there."""
        filled = {f"{field.path}[{index}]": ref for index, ref in enumerate(parts)}
        step = self.patch(node, frozenset(), "fix")
        return msgspec.structs.replace(
            step,
            id=self.id(node.ref, "order"),
            body={field.path: [None] * len(filled)},
            slots=filled,
            needs=self.needed((node.ref, *filled.values())),
            after=tuple(self.by_kind.get(field.orders_kind or "", ())),
        )

    def without(self, node: Node, owner: str, *, deferred: bool = True) -> Node:
        """The node less what is dropped and, unless asked otherwise, what is written later.

        `owner` is "" for the item, `elements/282` for a part.
        """
        left_out = {
            *self._dropped.get(owner, ()),
            *(self._deferred.get(owner, ()) if deferred else ()),
        }
        if not left_out:
            return node
        return msgspec.structs.replace(
            node,
            fields={path: value for path, value in node.fields.items() if path not in left_out},
            refs={path: ref for path, ref in node.refs.items() if path not in left_out},
        )

    def _listed(self, node: Node, body: dict[str, Json]) -> Mapping[str, Ref]:
        """Slots for the parts of another item that a field lists, less those that are lost."""
        filled: dict[str, Ref] = {}
        lost = self._dropped.get("", set())
        for field in KINDS[node.kind].fields:
            parts = parts_of(node, field) if field.path in body else []
            if parts:
                kept = [part for path, _, part in parts if path not in lost]
                body[field.path] = [None] * len(kept)
                filled |= {f"{field.path}[{index}]": part for index, part in enumerate(kept)}
        return filled

    def _interim_of(self, node: Node) -> Mapping[str, Json]:
        """What the item holds until its own value is free."""
        return self._interim if node.ref == self.item.ref else {}

    def _point(self, node: Node, path: str, ref: Ref) -> Ref:
        """What a slot names: a content-addressed target by its content, if that is held."""
        if not KINDS[ref.kind].content_addressed:
            return ref
        body = body_of(node, path)
        key = content_key(ref.kind, body) if body is not None else None
        if body is None or key is None:
            return ref
        named = Ref(ref.kind, key)
        if named not in self.known and named not in self.makers:
            step = self.create(normalise(ref.kind, body))
            id_ = self.makers[named] = f"{named.address}#create"
            self.add(msgspec.structs.replace(step, id=id_, source=named, shared=True))
        return named


def deferred_paths(action: ContentWriting) -> Mapping[str, tuple[str, ...]]:
    """Deferred paths by owner: "" is the item, `elements/282` a part."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in action.deferred:
        owner, colon, path = entry.partition(":")
        owner, path = (owner, path) if colon else ("", entry)
        found[owner] = (*found.get(owner, ()), path)
    return found


def brought(row: Kind, node: Node) -> Mapping[str, Ref]:
    """Items that Looker makes together with this one, as the backup calls them."""
    return {
        path: Ref(kind, str(id_))
        for path, kind in row.item.also_creates.items()
        if (id_ := get(node.raw, path))
    }


def _trimmed(row: Kind, *more: str) -> Mapping[str, str]:
    """The reply holds the ids that the row needs, where the endpoint can leave out the rest."""
    return (
        {"fields": ",".join((row.id_field, *row.item.also_creates, *more))}
        if row.takes_fields_param
        else {}
    )


def _links(row: Kind, body: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(field.path for field in row.fields if field.holds_links and get(body, field.path))
