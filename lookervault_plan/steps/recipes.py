"""Expand an action into its steps, by the table of kinds.

Expansion never reads the destination: the same plan and backup give the same steps, so that a
resumed session recognises them in its journal.
"""

from collections.abc import Collection, Container, Mapping, Sequence
from typing import cast
from urllib.parse import quote

from msgspec.structs import replace

from lookervault_plan.content.json_path import head
from lookervault_plan.content.name_cycles import order_renames
from lookervault_plan.content.node import DesiredNode, LiveId, Ref, SourceRef
from lookervault_plan.content.part_order import order_fields, ordered_parts
from lookervault_plan.content.table.kinds import KINDS, Field, Kind
from lookervault_plan.plan_file import (
    Action,
    Change,
    ContentWriting,
    Create,
    Delete,
)
from lookervault_plan.steps.access_copies import steps_over_copies
from lookervault_plan.steps.builder import StepBuilder, also_created, deferred_paths
from lookervault_plan.steps.collections import (
    PlannedCollection,
    in_reading_order,
    moves,
    planned_collections,
)
from lookervault_plan.steps.step import (
    DeleteStep,
    FindStep,
    PartInReply,
    PartOfOwner,
    ReplaceListStep,
    RequestTemplate,
    Step,
)
from lookervault_plan.steps.step_id import StepId


def expand(
    action: Action, desired: DesiredNode | None, known: Container[SourceRef] = ()
) -> tuple[Step, ...]:
    """Return the steps of an action and the shared ones they need, without the deferred ones.

    `desired` is the backup's whole item; a delete needs none. `known` holds queries by content
    key whose ids the plan names: they need no step.
    """
    if isinstance(action, Delete):
        return (_delete_item(action),)
    if desired is None or not isinstance(action, ContentWriting):
        return ()
    return _Recipe(action, desired, known).steps()


def expand_deferred(
    action: ContentWriting, desired: DesiredNode, known: Container[SourceRef] = ()
) -> tuple[Step, ...]:
    """Return the steps that write an action's deferred values, once both ends of a cycle exist."""
    build = StepBuilder(action, desired, known)
    for owner, paths in deferred_paths(action).items():
        name, _, key = owner.partition("/")
        nodes = desired.parts.get(name, ()) if owner else (desired,)
        node = next((node for node in nodes if not owner or node.id == key), None)
        if node is not None:
            heads = frozenset(head(path) for path in paths)
            whole = build.without(node, owner, deferred=False)
            build.add(build.deferred(whole, heads, _in_reply_to_create(node, heads)))
    return tuple(build.steps.values())


def _delete_item(action: Delete) -> Step:
    row = KINDS[action.type]
    ref = Ref.parse(action.address)
    return DeleteStep(
        id=StepId(action.address, "delete"),
        kind=row.name,
        request=RequestTemplate(method="DELETE", path=f"{row.path}/{{0}}", target=ref),
        live=Ref(row.name, action.destination_id),
    )


class _Recipe:
    def __init__(
        self, action: ContentWriting, desired: DesiredNode, known: Container[SourceRef]
    ) -> None:
        self.action = action
        self.item = desired
        self.build = StepBuilder(action, desired, known)
        self.collections: dict[str, PlannedCollection] = planned_collections(action, desired)
        self.in_reply: dict[SourceRef, PartInReply] = {}
        self.of_owners: dict[SourceRef, PartOfOwner] = {}

    def steps(self) -> tuple[Step, ...]:
        if isinstance(self.action, Create):
            self._note_parts_in_reply()
        self._note_parts_of_owners()
        self._note_makers()
        self._write_item()
        for listed in self.collections.values():
            if listed.row.part.unique_name:
                self._delete(listed, after=())
        copies = steps_over_copies(self.build, self.item, self.action)
        for listed in self.collections.values():
            if listed.row.is_assignment:
                self._replace(listed)
                continue
            if copies and listed.row.is_access_entry:
                continue
            self._find(listed)
            self._update(listed)
            self._create(listed)
        for step in copies:
            self.build.add(step)
        self._order()
        for listed in reversed(self.collections.values()):
            is_done = listed.row.is_assignment or (copies and listed.row.is_access_entry)
            if not listed.row.part.unique_name and not is_done:
                self._delete(listed, after=tuple(self.build.steps))
        return tuple(self.build.steps.values())

    # --- which step makes what: decided before any step, since parts may refer to later ones -

    def _note_parts_in_reply(self) -> None:
        """Note the parts that Looker makes with the item: the reply to the create names them."""
        for listed in self.collections.values():
            born = listed.row.part.auto_created
            if born is None or born.reply_path is None or born.owner_kind != self.item.kind:
                continue
            nodes = listed.pick(listed.parts.create)
            flagged = [
                node
                for node in nodes
                if born.preferred_flag and node.fields.get(born.preferred_flag)
            ]
            for node in (flagged or nodes)[:1]:
                self.in_reply[node.ref] = PartInReply(
                    node.ref, born.reply_path, born.preferred_flag
                )

    def _note_parts_of_owners(self) -> None:
        """Note the parts that Looker makes with another part, when that is created or moved."""
        for listed in self.collections.values():
            born = listed.row.part.auto_created
            if born is None or born.owner_ref is None or born.owner_kind not in self.collections:
                continue
            owners = self.collections[born.owner_kind]
            fresh = {entry.key for entry in owners.parts.create}
            fresh |= {entry.key for entry in owners.parts.update if moves(owners.row, entry)}
            mine = listed.parts
            for node in listed.pick((*mine.create, *mine.update, *mine.keep)):
                owner = node.refs.get(born.owner_ref)
                if owner is not None and owner.id in fresh and node.refs.get(born.read_scope or ""):
                    self.of_owners[node.ref] = PartOfOwner(node.ref, born.owner_ref, owner)

    def _note_makers(self) -> None:
        makers, item_step = self.build.makers, self.build.id(self.item.ref, "create")
        if isinstance(self.action, Create):
            makers[self.item.ref] = item_step
            came = also_created(KINDS[self.item.kind], self.item).values()
            makers |= dict.fromkeys(came, item_step)
        for listed in self.collections.values():
            for node in listed.pick(listed.parts.create):
                if node.ref in self.in_reply:
                    makers[node.ref] = item_step
                elif listed.row.creatable:
                    makers[node.ref] = self.build.id(node.ref, "create")
            for scope, seeks in self._scopes(listed).items():
                makers |= dict.fromkeys((one.source for one in seeks), self.build.id(scope, "find"))

    # --- the steps ---------------------------------------------------------------------------

    def _write_item(self) -> None:
        item = self.build.without(self.item, "")
        if isinstance(self.action, Create):
            self.build.add(self.build.create(item, adopts=tuple(self.in_reply.values())))
            self._resend(item, {*item.fields})
        else:
            step = self.build.change(item, self.action.changes)
            if step is not None:
                live = Ref(self.item.kind, self.action.destination_id)
                self.build.add(replace(step, live=live))
            self._resend(item, {change.path for change in self.action.changes})

    def _renames(self, listed: PlannedCollection) -> tuple[Mapping[str, StepId], frozenset[str]]:
        """Return the step that frees each part's new name, and the parts that swap names."""
        path = listed.row.part.unique_name
        renamed = {
            entry.key: change
            for entry in (listed.parts.update if path else ())
            for change in entry.changes
            if entry.key is not None and change.path == path
        }
        wants: dict[str, str] = {key: str(change.after) for key, change in renamed.items()}
        wants |= {node.id: str(node.fields.get(path)) for node in listed.pick(listed.parts.create)}
        waits, rings = order_renames(
            {key: str(each.before) for key, each in renamed.items()}, wants
        )
        parts = {key: listed.nodes[key] for key in {*waits, *waits.values()}}
        word = {key: "interim" if key in rings else "update" for key in parts}
        return {key: self.build.id(parts[on].ref, word[on]) for key, on in waits.items()}, rings

    def _resend(self, item: DesiredNode, written: Collection[str]) -> None:
        for apart in KINDS[item.kind].item.follow_ups:
            if any(
                head(path) == apart.field and path in written and value
                for path, value in item.fields.items()
            ):
                step = self.build.resend(item, apart)
                self.build.add(replace(step, after=self._item_update()))

    def _update(self, listed: PlannedCollection) -> None:
        waits, rings = self._renames(listed)
        for entry in listed.parts.update:
            node = listed.nodes.get(entry.key or "")
            if node is None or node.ref in self.of_owners:
                continue
            part = self.build.without(node, listed.owner(node))
            step = self.build.change(part, entry.changes)
            if step is not None:
                live = Ref(listed.row.name, entry.live_id or LiveId(""))
                if node.id in rings:
                    path, barrier = listed.row.part.unique_name, self._barrier(listed.row)
                    self.build.add(self.build.interim_name(node, path, after=barrier))
                after = (*self._barrier(listed.row), *_one(waits, node.id))
                self.build.add(replace(step, after=after, live=live))

    def _create(self, listed: PlannedCollection) -> None:
        before: tuple[StepId, ...] = ()
        barrier = self._barrier(listed.row)
        waits, _ = self._renames(listed)
        for node in in_reading_order(listed, self.collections.values(), self.item):
            part = self.build.without(node, listed.owner(node))
            if node.ref in self.in_reply:
                self.build.add(self.build.complete(part))
            elif listed.row.part.auto_created and not listed.row.part.auto_created.owner_kind:
                heads = frozenset(head(path) for path in part.fields)
                self.build.add(self.build.update(part, heads))
            elif listed.row.creatable:
                step = self.build.create(part, known_ids=listed.parts.live)
                after = (*barrier, *before, *_one(waits, node.id))
                self.build.add(replace(step, after=after))
                before = (step.id,) if listed.row.part.created_in_order else ()
        for node in listed.nodes.values():
            if node.ref in self.of_owners:
                part = self.build.without(node, listed.owner(node))
                self.build.add(self.build.complete(part))

    def _find(self, listed: PlannedCollection) -> None:
        """List each place where Looker has made parts, once, after the last of them."""
        born = listed.row.part.auto_created
        for scope, seeks in self._scopes(listed).items():
            owners = (
                self.build.id(one.owner, operation)
                for one in seeks
                for operation in ("create", "update")
            )
            self.build.add(
                FindStep(
                    id=self.build.id(scope, "find"),
                    kind=listed.row.name,
                    request=RequestTemplate(
                        method="GET", path=(born and born.read_path) or "", target=scope
                    ),
                    needs=self.build.needed((scope,)),
                    after=tuple(id_ for id_ in owners if id_ in self.build.steps),
                    seeks=tuple(seeks),
                )
            )

    def _replace(self, listed: PlannedCollection) -> None:
        """Send all parts of a kind in one request: those that stay, and the new ones."""
        gone = {entry.live_id for entry in listed.parts.delete}
        stay = [id_ for id_ in listed.parts.live if id_ not in gone]
        new = [
            Ref(listed.row.target_kind or listed.row.name, node.id)
            for node in listed.pick(listed.parts.create)
        ]
        if not (gone or new):
            return
        self.build.add(
            ReplaceListStep(
                id=StepId.of_collection(self.action.address, listed.row.name, "update"),
                kind=listed.row.name,
                request=RequestTemplate(
                    method="PUT",
                    path=listed.row.path,
                    target=self.item.ref,
                    body={"ids": [*stay, *([None] * len(new))]},
                    slots={f"ids[{len(stay) + index}]": ref for index, ref in enumerate(new)},
                    list_path="ids",
                ),
                needs=self.build.needed((self.item.ref,)),
                after=self._item_update(),
            )
        )

    def _order(self) -> None:
        """Write the orders of parts that the plan changes."""
        entries = {
            (listed.row.name, entry.key): entry
            for listed in self.collections.values()
            for entry in (*listed.parts.create, *listed.parts.update, *listed.parts.keep)
        }
        for holder, field in order_fields(self.item):
            entry = self.action if holder is self.item else entries.get((holder.kind, holder.id))
            changes = entry.changes if entry is not None else ()
            change = next((each for each in changes if each.path == field.path), None)
            if change is not None:
                parts = ordered_parts(self.item, holder, field)
                there = (part.ref for part in parts if (part.kind, part.id) in entries)
                surplus = self._surplus_of(field, change)
                self.build.add(self.build.order(holder, field, there, surplus))

    def _surplus_of(self, field: Field, change: Change) -> Sequence[str]:
        """List the live parts that an order names and the backup lacks."""
        is_list = isinstance(change.after, (list, tuple))
        after = cast("Sequence[object]", change.after) if is_list else ()
        lists = [each for each in self.collections.values() if each.row.name == field.orders_kind]
        known = {
            entry.live_id
            for listed in lists
            for entry in (*listed.parts.update, *listed.parts.keep)
        }
        live = {id_ for listed in lists for id_ in listed.parts.live}
        return [id_ for id_ in map(str, after) if id_ in live - known]

    def _delete(self, listed: PlannedCollection, *, after: tuple[StepId, ...]) -> None:
        before: tuple[StepId, ...] = ()
        for entry in listed.parts.delete:
            live = Ref(listed.row.name, entry.live_id or LiveId(""))
            step = DeleteStep(
                id=self.build.id(live, "delete"),
                kind=listed.row.name,
                request=RequestTemplate(
                    method="DELETE",
                    path=f"{listed.row.path}/{quote(live.id, safe='')}",
                    target=self.item.ref if "{0}" in listed.row.path else None,
                ),
                after=(*after, *before, *self._item_update()),
                live=live,
            )
            self.build.add(step)
            before = (step.id,) if listed.row.part.created_in_order else ()

    # --- order -------------------------------------------------------------------------------

    def _barrier(self, row: Kind) -> tuple[StepId, ...]:
        """Return the steps that must be over before a part of this kind is written."""
        kinds = (
            (row.name, *row.part.kinds_before) if row.part.unique_name else row.part.kinds_before
        )
        by_kind, steps = self.build.by_kind, self.build.steps
        deletes_and_others = (
            id_
            for kind in kinds
            for id_ in by_kind.get(kind, ())
            if kind != row.name or isinstance(steps[id_], DeleteStep)
        )
        return (*deletes_and_others, *self._item_update())

    def _item_update(self) -> tuple[StepId, ...]:
        """Return the item's own PATCH, if it has one: it may take the item out of the trash."""
        id_ = self.build.id(self.item.ref, "update")
        return (id_,) if id_ in self.build.steps else ()

    def _scopes(self, listed: PlannedCollection) -> Mapping[SourceRef, list[PartOfOwner]]:
        """Return the parts to find, by the place whose list shows them."""
        born = listed.row.part.auto_created
        scopes: dict[SourceRef, list[PartOfOwner]] = {}
        for ref, sought in self.of_owners.items():
            scope = (
                listed.nodes[ref.id].refs.get((born and born.read_scope) or "")
                if (ref.kind == listed.row.name)
                else None
            )
            if scope is not None:
                scopes.setdefault(scope, []).append(sought)
        return scopes


def _in_reply_to_create(node: DesiredNode, heads: frozenset[str]) -> DesiredNode | None:
    """Return the deferred values if the reply to the create shows them; else None."""
    if not heads <= {*KINDS[node.kind].item.reply_fields}:
        return None
    return replace(
        node,
        fields={path: value for path, value in node.fields.items() if head(path) in heads},
        refs={path: ref for path, ref in node.refs.items() if head(path) in heads},
        parts={},
    )


def _one(found: Mapping[str, StepId], key: str) -> tuple[StepId, ...]:
    return (found[key],) if key in found else ()
