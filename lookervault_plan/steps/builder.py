"""Build single steps of an action: the request that writes a node, and the steps it waits for."""

from collections.abc import Container, Iterable, Mapping
from typing import cast

from msgspec.structs import replace

from lookervault_plan.content.json_path import get, head, put
from lookervault_plan.content.node import (
    SOURCE,
    DesiredNode,
    Json,
    LiveId,
    Ref,
    SourceId,
    SourceRef,
)
from lookervault_plan.content.normalise import body_of, content_key, normalise
from lookervault_plan.content.part_order import listed_parts
from lookervault_plan.content.request_body import create_body, slots, update_body
from lookervault_plan.content.sibling_names import without_names
from lookervault_plan.content.table.kinds import KINDS, Field, FollowUp, Kind, patched_field
from lookervault_plan.plan_file import LISTENS_TO, Change, ContentWriting
from lookervault_plan.steps.step import (
    CreateQueryStep,
    CreateStep,
    DeferredStep,
    InterimNameStep,
    OrderStep,
    PartInReply,
    RequestTemplate,
    ResendFieldStep,
    Step,
    UpdateStep,
    is_shared,
)
from lookervault_plan.steps.step_id import StepId

_NOTHING: Mapping[str, object] = {}


class StepBuilder:
    """Builds and collects the steps of one action, with the shared ones that they need."""

    def __init__(
        self, action: ContentWriting, item: DesiredNode, known: Container[SourceRef]
    ) -> None:
        self.action = action
        self.item = item
        self.known = known
        self.steps: dict[StepId, Step] = {}
        #: item, part or query -> the step that makes its id known
        self.makers: dict[SourceRef, StepId] = {}
        #: kind -> the steps that write parts of it, in the order they were added
        self.by_kind: dict[str, list[StepId]] = {}
        self._deferred = deferred_paths(action)
        self._interim: dict[str, Json] = {each.path: each.value for each in action.interim}
        kinds = {each.name: each.kind for each in KINDS[item.kind].item.collections}
        self._kept: Mapping[SourceRef, Mapping[str, object]] = {
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
        """Keep a step. Of steps that may run at once, the one added first runs first."""
        self.steps[step.id] = step
        if not is_shared(step):
            self.by_kind.setdefault(step.kind, []).append(step.id)

    def id(self, ref: Ref[str], operation: str) -> StepId:
        """Name a step of the item itself, or of one of its parts."""
        if ref == self.item.ref:
            return StepId(self.action.address, operation)
        return StepId.of_part(self.action.address, ref, operation)

    def needed(self, refs: Iterable[SourceRef]) -> tuple[StepId, ...]:
        """Return the steps that make the ids of these known."""
        makers = (self.makers.get(ref) for ref in refs)
        return tuple(dict.fromkeys(step for step in makers if step is not None))

    def create(
        self,
        node: DesiredNode,
        *,
        known_ids: Iterable[LiveId] = (),
        adopts: tuple[PartInReply, ...] = (),
    ) -> CreateStep:
        """Build a POST of everything the backup holds of a node."""
        row = KINDS[node.kind]
        request = self._post(node)
        id_ = self.id(node.ref, "create")
        return CreateStep(
            id=id_,
            kind=row.name,
            request=request,
            # What Looker makes with the item may be live already, as a former user's folder is.
            needs=tuple(step for step in self._needed_by(request) if step != id_),
            source=node.ref,
            is_repeatable=row.content_addressed
            or row.create_is_idempotent
            or row.target_kind is not None,
            reveals_id=row.target_kind is None,
            adopts=adopts,
            also_created=also_created(row, node),
            probe=row.probe,
            known_ids=tuple(known_ids),
        )

    def resend(self, node: DesiredNode, apart: FollowUp) -> ResendFieldStep:
        """Build a POST of one field of a create by itself."""
        value = create_body(node).get(apart.field)
        return ResendFieldStep(
            id=self.id(node.ref, apart.field),
            kind=node.kind,
            request=RequestTemplate(
                method="POST",
                path=apart.path,
                target=node.ref,
                body=value if isinstance(value, Mapping) else {},
            ),
            needs=self.needed((node.ref,)),
            field=apart.field,
        )

    def change(self, node: DesiredNode, changes: Iterable[Change]) -> UpdateStep | None:
        """Build a PATCH of the changed fields; None if all of them are written later."""
        row = KINDS[node.kind]
        ordered = {field.path for field in row.fields if field.orders_kind}
        ordered |= {each.field for each in row.item.follow_ups}
        heads = {patched_field(node.kind, change.path) for change in changes} - ordered
        for reference in row.refs:
            if reference.path in heads:
                heads.update(reference.resend_with)
        step = self.update(node, frozenset(heads))
        body: dict[str, Json] = {**(step.request.body or {}), **self._interim_of(node)}
        if not (body or step.request.slots):
            return None
        return replace(step, request=replace(step.request, body=body))

    def complete(self, node: DesiredNode) -> UpdateStep:
        """Build a PATCH of all fields; only those are sent that differ from what Looker made."""
        heads = frozenset(head(path) for path in (*node.fields, *node.refs))
        return replace(self.update(node, heads), diff_against=node)

    def update(self, node: DesiredNode, heads: frozenset[str]) -> UpdateStep:
        """Build a PATCH of these top-level fields, or a PUT of all where PATCH refuses them."""
        request = self._patch(node, heads)
        return UpdateStep(
            id=self.id(node.ref, "update"),
            kind=node.kind,
            request=request,
            needs=self._needed_by(request),
            source=node.ref,
        )

    def deferred(
        self, node: DesiredNode, heads: frozenset[str], diff_against: DesiredNode | None
    ) -> DeferredStep:
        """Build the later PATCH of fields that close a cycle."""
        request = self._patch(node, heads)
        return DeferredStep(
            id=self.id(node.ref, "fix"),
            kind=node.kind,
            request=request,
            needs=self._needed_by(request),
            source=node.ref,
            diff_against=diff_against,
        )

    def order(
        self,
        node: DesiredNode,
        field: Field,
        parts: Iterable[SourceRef],
        surplus: Iterable[str] = (),
    ) -> OrderStep:
        """Build a PATCH of the order of parts, the live ones that the backup lacks last."""
        slots = {f"{field.path}[{index}]": ref for index, ref in enumerate(parts)}
        ids: list[Json] = [None] * len(slots)
        ids += surplus
        request = replace(self._patch(node, frozenset()), body={field.path: ids}, slots=slots)
        return OrderStep(
            id=self.id(node.ref, "order"),
            kind=node.kind,
            request=request,
            needs=self._needed_by(request),
            after=tuple(self.by_kind.get(field.orders_kind or "", ())),
            source=node.ref,
        )

    def interim_name(
        self, node: DesiredNode, path: str, *, after: tuple[StepId, ...]
    ) -> InterimNameStep:
        """Build a PATCH that gives a part a name nobody else has."""
        name: dict[str, Json] = {path: f"{node.fields.get(path)} [{node.id}]"}
        request = replace(self._patch(node, frozenset()), body=name)
        return InterimNameStep(
            id=self.id(node.ref, "interim"),
            kind=node.kind,
            request=request,
            needs=self._needed_by(request),
            after=after,
        )

    def _post(self, node: DesiredNode) -> RequestTemplate:
        row = KINDS[node.kind]
        body: dict[str, Json] = {**create_body(node), **self._interim_of(node)}
        filled = {
            path: self._slot_target(node, path, ref) for path, ref in slots(node).items() if ref
        }
        filled |= self._slots_for_lists(node, body)
        if row.part.parent_field:
            filled[row.part.parent_field] = self.item.ref
        return RequestTemplate(
            method="POST",
            path=row.path,
            target=self.item.ref if "{0}" in row.path else None,
            query=_trimmed(
                row, *row.item.reply_fields, *(each.field for each in row.item.follow_ups)
            ),
            body=body,
            slots=filled,
            links=_links(row, body),
        )

    def _patch(self, node: DesiredNode, heads: frozenset[str]) -> RequestTemplate:
        row = KINDS[node.kind]
        is_whole = row.part.patchable is not None and not heads <= row.part.patchable
        if is_whole:
            heads = frozenset(head(path) for path in (*node.fields, *node.refs))
        kept = self._kept.get(node.ref, _NOTHING) if is_whole else _NOTHING
        body = update_body(node, heads)
        filled: dict[str, SourceRef] = {}
        for path, ref in slots(node, heads=heads).items():
            if ref is None:
                put(body, path, None)
            elif path not in kept:
                filled[path] = self._slot_target(node, path, ref)
        filled |= self._slots_for_lists(node, body)
        for path, value in kept.items():
            put(body, path, cast("Json", value))
        return RequestTemplate(
            method="PUT" if row.updated_by_put or is_whole else "PATCH",
            path=f"{row.path}/{{0}}",
            target=node.ref,
            query=_trimmed(row),
            body=body,
            slots=filled,
            links=_links(row, body),
        )

    def _needed_by(self, request: RequestTemplate) -> tuple[StepId, ...]:
        target = (request.target,) if request.target else ()
        return self.needed((*target, *request.slots.values()))

    def without(self, node: DesiredNode, owner: str, *, deferred: bool = True) -> DesiredNode:
        """Return the node without fields that the plan drops or, if `deferred`, writes later.

        `owner` is "" for the item, `elements/282` for a part.
        """
        node = self._without_lost_names(node, owner)
        left_out = {
            *self._dropped.get(owner, ()),
            *(self._deferred.get(owner, ()) if deferred else ()),
        }
        if not left_out:
            return node
        return replace(
            node,
            fields={path: value for path, value in node.fields.items() if path not in left_out},
            refs={path: ref for path, ref in node.refs.items() if path not in left_out},
        )

    def _without_lost_names(self, node: DesiredNode, owner: str) -> DesiredNode:
        """Leave out the filters that a part can't listen to."""
        names = [
            each.from_.partition(":")[2]
            for each in self.action.references
            if each.path == LISTENS_TO and (each.part or "") == owner
        ]
        return without_names(node, names) if names else node

    def _slots_for_lists(self, node: DesiredNode, body: dict[str, Json]) -> Mapping[str, SourceRef]:
        """Make room in the body for listed parts of other items; leave out those that are lost."""
        filled: dict[str, SourceRef] = {}
        lost = self._dropped.get("", set())
        for field in KINDS[node.kind].fields:
            parts = listed_parts(node, field) if field.path in body else []
            if parts:
                kept = [part for path, _, part in parts if path not in lost]
                body[field.path] = [None] * len(kept)
                filled |= {f"{field.path}[{index}]": part for index, part in enumerate(kept)}
        return filled

    def _interim_of(self, node: DesiredNode) -> Mapping[str, Json]:
        """Interim values of the item; parts have none here."""
        return self._interim if node.ref == self.item.ref else {}

    def _slot_target(self, node: DesiredNode, path: str, ref: SourceRef) -> SourceRef:
        """Return the reference for a slot: a query is named by its content if the backup has it."""
        if not KINDS[ref.kind].content_addressed:
            return ref
        body = body_of(node, path)
        key = content_key(ref.kind, body) if body is not None else None
        if body is None or key is None:
            return ref
        named = Ref(ref.kind, SourceId(key))
        if named not in self.known and named not in self.makers:
            self._add_query(named, normalise(ref.kind, body, SOURCE))
        return named

    def _add_query(self, named: SourceRef, query: DesiredNode) -> None:
        request = self._post(query)
        id_ = self.makers[named] = StepId(named.address, "create")
        self.add(
            CreateQueryStep(
                id=id_,
                kind=named.kind,
                request=request,
                needs=self._needed_by(request),
                source=named,
            )
        )


def deferred_paths(action: ContentWriting) -> Mapping[str, tuple[str, ...]]:
    """Return the deferred paths by owner: "" is the item, `elements/282` a part."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in action.deferred:
        owner, colon, path = entry.partition(":")
        owner, path = (owner, path) if colon else ("", entry)
        found[owner] = (*found.get(owner, ()), path)
    return found


def also_created(row: Kind, node: DesiredNode) -> Mapping[str, SourceRef]:
    """Return the items that Looker makes with this one, by path in the reply."""
    return {
        path: Ref(kind, SourceId(str(id_)))
        for path, kind in row.item.also_creates.items()
        if (id_ := get(node.raw, path))
    }


def _trimmed(row: Kind, *more: str) -> Mapping[str, str]:
    """Ask for the ids that the row needs and nothing else, if the endpoint allows that."""
    return (
        {"fields": ",".join((row.id_field, *row.item.also_creates, *more))}
        if row.takes_fields_param
        else {}
    )


def _links(row: Kind, body: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(field.path for field in row.fields if field.holds_links and get(body, field.path))
