"""From an action to its steps: the recipes, worked out from the table of kinds.

Expansion never reads live: the same plan and backup give the same steps, so that a resumed session
finds in its journal what it did before.
"""

from collections.abc import Container, Mapping

import msgspec

from lookervault_plan.content.json_path import head
from lookervault_plan.content.name_cycles import give_way
from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.part_order import in_order, orders
from lookervault_plan.content.table.kinds import KINDS, Kind
from lookervault_plan.plan_file import Action, ContentWriting, Create, Delete, Update
from lookervault_plan.steps.access_copies import steps_over_copies
from lookervault_plan.steps.builder import Composer, brought, deferred_paths
from lookervault_plan.steps.collections import Planned, in_reading_order, moves, planned
from lookervault_plan.steps.step import Adopted, Sought, Step


def expand(action: Action, desired: Node | None, known: Container[Ref] = ()) -> tuple[Step, ...]:
    """The steps of an action, those of the session that they need included, `fixups` not.

    `desired` is the backup's item, whole; a delete needs none. `known` holds the queries, by
    content key, whose ids the plan names, so that they need no step.
    """
    if isinstance(action, Delete):
        return (_delete_item(action),)
    if desired is None or not isinstance(action, ContentWriting):
        return ()
    return _Recipe(action, desired, known).steps()


def fixups(action: ContentWriting, desired: Node, known: Container[Ref] = ()) -> tuple[Step, ...]:
    """The steps that write an action's deferred values, once both ends of the cycle exist."""
    composer = Composer(action, desired, known)
    for owner, paths in deferred_paths(action).items():
        name, _, key = owner.partition("/")
        nodes = desired.parts.get(name, ()) if owner else (desired,)
        node = next((node for node in nodes if not owner or node.id == key), None)
        if node is not None:
            heads = frozenset(head(path) for path in paths)
            step = composer.patch(composer.without(node, owner, deferred=False), heads, "fix")
            composer.add(msgspec.structs.replace(step, wanted=_if_shown(node, heads)))
    return tuple(composer.steps.values())


def _delete_item(action: Delete) -> Step:
    row = KINDS[action.type]
    ref = Ref.parse(action.address)
    return Step(
        id=f"{action.address}#delete",
        kind=row.name,
        operation="delete",
        method="DELETE",
        path=f"{row.path}/{{0}}",
        target=ref,
        source=ref,
        live=Ref(row.name, action.destination_id),
    )


class _Recipe:
    def __init__(self, action: ContentWriting, desired: Node, known: Container[Ref]) -> None:
        self.action = action
        self.item = desired
        self.write = Composer(action, desired, known)
        self.listed: dict[str, Planned] = planned(action, desired)
        self.adopted: dict[Ref, Adopted] = {}
        self.found: dict[Ref, Sought] = {}

    def steps(self) -> tuple[Step, ...]:
        if isinstance(self.action, Create):
            self._adopt()
        self._seek()
        self._announce()
        self._write_item()
        for listed in self.listed.values():
            if listed.row.part.unique_name:
                self._delete(listed, after=())
        copies = steps_over_copies(self.write, self.item, self.action)
        for listed in self.listed.values():
            if listed.row.is_assignment:
                self._replace(listed)
                continue
            if copies and listed.row.is_access_entry:
                continue
            self._find(listed)
            self._update(listed)
            self._create(listed)
        for step in copies:
            self.write.add(step)
        self._order()
        for listed in reversed(self.listed.values()):
            is_done = listed.row.is_assignment or (copies and listed.row.is_access_entry)
            if not listed.row.part.unique_name and not is_done:
                self._delete(listed, after=tuple(self.write.steps))
        return tuple(self.write.steps.values())

    # --- who makes what: settled before any step, since parts may refer to later ones --------

    def _adopt(self) -> None:
        """Parts that come in the reply to the item's create."""
        for listed in self.listed.values():
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
                self.adopted[node.ref] = Adopted(node.ref, born.reply_path, born.preferred_flag)

    def _seek(self) -> None:
        """Parts that come with another part: with a new one, or with one that changes place."""
        for listed in self.listed.values():
            born = listed.row.part.auto_created
            if born is None or born.owner_ref is None or born.owner_kind not in self.listed:
                continue
            owners = self.listed[born.owner_kind]
            fresh = {entry.key for entry in owners.parts.create}
            fresh |= {entry.key for entry in owners.parts.update if moves(owners.row, entry)}
            mine = listed.parts
            for node in listed.pick((*mine.create, *mine.update, *mine.keep)):
                owner = node.refs.get(born.owner_ref)
                if owner is not None and owner.id in fresh and node.refs.get(born.read_scope or ""):
                    self.found[node.ref] = Sought(node.ref, born.owner_ref, owner)

    def _announce(self) -> None:
        makers, item_step = self.write.makers, self.write.id(self.item.ref, "create")
        if isinstance(self.action, Create):
            makers[self.item.ref] = item_step
            came = brought(KINDS[self.item.kind], self.item).values()
            makers |= dict.fromkeys(came, item_step)
        for listed in self.listed.values():
            for node in listed.pick(listed.parts.create):
                if node.ref in self.adopted:
                    makers[node.ref] = item_step
                elif listed.row.creatable:
                    makers[node.ref] = self.write.id(node.ref, "create")
            for scope, seeks in self._scopes(listed).items():
                makers |= dict.fromkeys((one.source for one in seeks), self.write.id(scope, "find"))

    # --- the steps ---------------------------------------------------------------------------

    def _write_item(self) -> None:
        item = self.write.without(self.item, "")
        if isinstance(self.action, Create):
            step = self.write.create(item, adopts=tuple(self.adopted.values()))
        else:
            step = self.write.change(item, self.action.changes)
        if step is not None:
            live = None
            if isinstance(self.action, Update):
                live = Ref(self.item.kind, self.action.destination_id)
            self.write.add(msgspec.structs.replace(step, live=live))
        if isinstance(self.action, Create):
            self._aside(item)

    def _names(self, listed: Planned) -> tuple[Mapping[str, str], frozenset[str]]:
        """Parts that wait for another one to give its name up, and who takes an interim one."""
        path = listed.row.part.unique_name
        renamed = {
            entry.key: change
            for entry in (listed.parts.update if path else ())
            for change in entry.changes
            if entry.key is not None and change.path == path
        }
        wants = {key: str(change.after) for key, change in renamed.items()}
        wants |= {node.id: str(node.fields.get(path)) for node in listed.pick(listed.parts.create)}
        waits, rings = give_way({key: str(each.before) for key, each in renamed.items()}, wants)
        parts = {key: listed.nodes[key] for key in {*waits, *waits.values()}}
        word = {key: "interim" if key in rings else "update" for key in parts}
        return {key: self.write.id(parts[on].ref, word[on]) for key, on in waits.items()}, rings

    def _step_aside(self, listed: Planned, node: Node) -> None:
        """An interim name, until the one that the part is to get is free."""
        step = self.write.patch(node, frozenset(), "fix")
        path = listed.row.part.unique_name
        self.write.add(
            msgspec.structs.replace(
                step,
                id=self.write.id(node.ref, "interim"),
                body={path: f"{node.fields.get(path)} [{node.id}]"},
                after=self._barrier(listed.row),
                source=None,
            )
        )

    def _aside(self, item: Node) -> None:
        for apart in KINDS[item.kind].item.follow_ups:
            if any(head(path) == apart.field and value for path, value in item.fields.items()):
                self.write.add(self.write.aside(item, apart))

    def _update(self, listed: Planned) -> None:
        waits, rings = self._names(listed)
        for entry in listed.parts.update:
            node = listed.nodes.get(entry.key or "")
            if node is None or node.ref in self.found:
                continue
            part = self.write.without(node, listed.owner(node))
            step = self.write.change(part, entry.changes)
            if step is not None:
                live = Ref(listed.row.name, entry.live_id or "")
                if node.id in rings:
                    self._step_aside(listed, node)
                after = (*self._barrier(listed.row), *_one(waits, node.id))
                self.write.add(msgspec.structs.replace(step, after=after, live=live))

    def _create(self, listed: Planned) -> None:
        before: tuple[str, ...] = ()
        barrier = self._barrier(listed.row)
        waits, _ = self._names(listed)
        for node in in_reading_order(listed, self.listed.values(), self.item):
            part = self.write.without(node, listed.owner(node))
            if node.ref in self.adopted:
                self.write.add(self.write.settle(part))
            elif listed.row.part.auto_created and not listed.row.part.auto_created.owner_kind:
                heads = frozenset(head(path) for path in part.fields)
                self.write.add(self.write.patch(part, heads, "update"))
            elif listed.row.creatable:
                step = self.write.create(part, known_ids=listed.parts.live)
                after = (*barrier, *before, *_one(waits, node.id))
                self.write.add(msgspec.structs.replace(step, after=after))
                before = (step.id,) if listed.row.part.created_in_order else ()
        for node in listed.nodes.values():
            if node.ref in self.found:
                part = self.write.without(node, listed.owner(node))
                self.write.add(self.write.settle(part))

    def _find(self, listed: Planned) -> None:
        """One read for each place in which parts came to be, after the last of them."""
        born = listed.row.part.auto_created
        for scope, seeks in self._scopes(listed).items():
            owners = (
                self.write.id(one.owner, operation)
                for one in seeks
                for operation in ("create", "update")
            )
            self.write.add(
                Step(
                    id=self.write.id(scope, "find"),
                    kind=listed.row.name,
                    operation="find",
                    method="GET",
                    path=(born and born.read_path) or "",
                    target=scope,
                    needs=self.write.needed((scope,)),
                    after=tuple(id_ for id_ in owners if id_ in self.write.steps),
                    seeks=tuple(seeks),
                )
            )

    def _replace(self, listed: Planned) -> None:
        """All parts of a kind in one request: those that stay, and the new ones."""
        gone = {entry.live_id for entry in listed.parts.delete}
        stay = [id_ for id_ in listed.parts.live if id_ not in gone]
        new = [
            Ref(listed.row.target_kind or listed.row.name, node.id)
            for node in listed.pick(listed.parts.create)
        ]
        if not (gone or new):
            return
        self.write.add(
            Step(
                id=f"{self.action.address}/{listed.row.name}#update",
                kind=listed.row.name,
                operation="update",
                method="PUT",
                path=listed.row.path,
                target=self.item.ref,
                body={"ids": [*stay, *([None] * len(new))]},
                slots={f"ids[{len(stay) + index}]": ref for index, ref in enumerate(new)},
                sends="ids",
                needs=self.write.needed((self.item.ref,)),
                after=self._item_update(),
            )
        )

    def _order(self) -> None:
        """Orders of parts that the plan says have to be written."""
        entries = {
            (listed.row.name, entry.key): entry
            for listed in self.listed.values()
            for entry in (*listed.parts.create, *listed.parts.update, *listed.parts.keep)
        }
        for holder, field in orders(self.item):
            entry = self.action if holder is self.item else entries.get((holder.kind, holder.id))
            if entry is not None and any(change.path == field.path for change in entry.changes):
                parts = in_order(self.item, holder, field)
                there = (part.ref for part in parts if (part.kind, part.id) in entries)
                self.write.add(self.write.order(holder, field, there))

    def _delete(self, listed: Planned, *, after: tuple[str, ...]) -> None:
        before: tuple[str, ...] = ()
        for entry in listed.parts.delete:
            live = Ref(listed.row.name, entry.live_id or "")
            step = Step(
                id=self.write.id(live, "delete"),
                kind=listed.row.name,
                operation="delete",
                method="DELETE",
                path=f"{listed.row.path}/{{{int('{0}' in listed.row.path)}}}",
                target=self.item.ref if "{0}" in listed.row.path else None,
                after=(*after, *before, *self._item_update()),
                live=live,
            )
            self.write.add(step)
            before = (step.id,) if listed.row.part.created_in_order else ()

    # --- order -------------------------------------------------------------------------------

    def _barrier(self, row: Kind) -> tuple[str, ...]:
        """What must be over before a part of this kind is written."""
        kinds = (
            (row.name, *row.part.kinds_before) if row.part.unique_name else row.part.kinds_before
        )
        steps = self.write.by_kind
        deletes_and_others = (
            id_
            for kind in kinds
            for id_ in steps.get(kind, ())
            if kind != row.name or id_.endswith("#delete")
        )
        return (*deletes_and_others, *self._item_update())

    def _item_update(self) -> tuple[str, ...]:
        """The item's own PATCH, which may take it out of the trash."""
        id_ = self.write.id(self.item.ref, "update")
        return (id_,) if id_ in self.write.steps else ()

    def _scopes(self, listed: Planned) -> Mapping[Ref, list[Sought]]:
        """Where the sought parts of a collection are to be read, and which are there."""
        born = listed.row.part.auto_created
        scopes: dict[Ref, list[Sought]] = {}
        for ref, sought in self.found.items():
            scope = (
                listed.nodes[ref.id].refs.get((born and born.read_scope) or "")
                if (ref.kind == listed.row.name)
                else None
            )
            if scope is not None:
                scopes.setdefault(scope, []).append(sought)
        return scopes


def _if_shown(node: Node, heads: frozenset[str]) -> Node | None:
    """What is not to be sent if the reply to the create has shown it to be so already."""
    if not heads <= {*KINDS[node.kind].item.reply_fields}:
        return None
    return msgspec.structs.replace(
        node,
        fields={path: value for path, value in node.fields.items() if head(path) in heads},
        refs={path: ref for path, ref in node.refs.items() if head(path) in heads},
        parts={},
    )


def _one(found: Mapping[str, str], key: str) -> tuple[str, ...]:
    return (found[key],) if key in found else ()
