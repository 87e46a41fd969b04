"""How many requests an action costs."""

from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from lookervault_plan.content.identity import Identity
from lookervault_plan.content.name_cycles import give_way
from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.normalise import body_of, empty, normalise
from lookervault_plan.content.table.kinds import KINDS, Kind
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Action, ContentWriting, Create, Parts, Remap
from lookervault_plan.planning.compare.parts import queries_wanted
from lookervault_plan.planning.references.targets import Live, New, Queries, Target, is_query


def sweeps(actions: Iterable[Action], more: Collection[str], *, after: bool) -> int:
    """Pages of what Looker lists for all items of a kind at once, as far as they are known.

    `more` names what is read; `after` or before what the actions do.
    """
    pages = 0
    for row in KINDS.values():
        for sweep in row.item.bulk_reads:
            names = [each.name for each in row.item.collections if each.path == sweep.key in more]
            parts = [
                action.parts.get(name, Parts())
                for action in actions
                if isinstance(action, ContentWriting) and action.type == row.name
                for name in names
            ]
            count = sum(len(each.live) for each in parts)
            if after:
                count += sum(len(each.create) - len(each.delete) for each in parts)
            pages += -(-count // sweep.page_size)
    return pages


class Counter:
    """Counts for all actions of a plan: a query that several need is created once."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._counted: set[str] = set()
        #: queries that the destination has already, by content key
        self.used: dict[str, Remap] = {}

    def calls(
        self, desired: Node, live: Node | None, parts: Mapping[str, Parts], *, patched: bool
    ) -> int:
        """Writes, and the reads that find what Looker makes by itself."""
        calls = int(live is None or patched)
        for name, part in parts.items():
            kinds = {node.kind for node in desired.parts.get(name, ())}
            writes = len(part.create) + len(part.update) + len(part.delete)
            calls += min(writes, 1) if any(KINDS[kind].is_assignment for kind in kinds) else writes
            calls += sum(_interim(part, KINDS[kind].part.unique_name) for kind in kinds)
            for row in (KINDS[kind] for kind in kinds):
                calls -= _is_as_made(part, row, desired.parts.get(name, ()))
                calls += len(_places(desired, row, name, parts))
        wanted = [(desired, path) for path in desired.refs] if live is None or patched else []
        for node, path in (*wanted, *queries_wanted(desired, parts)):
            ref = node.refs.get(path)
            if ref is not None and is_query(node, path):
                calls += self._new(node, path, ref, self._queries.target(node, path, ref))
        return calls

    def _new(self, node: Node, path: str, ref: Ref, target: Target) -> int:
        """Creates that a reference to a query costs: none if known or counted already."""
        body = body_of(node, path)
        if isinstance(target, Live):
            key = self._queries.key(ref, body, live=False)
            if key:
                self.used[key] = Remap(
                    type=ref.kind, source_id=key, destination_id=target.id, matched_by="content"
                )
            return 0
        if not isinstance(target, New) or target.address in self._counted:
            return 0
        self._counted.add(target.address)
        if body is None:
            return 1
        inner = normalise(ref.kind, body)
        return 1 + sum(
            self._new(
                inner, inner_path, inner_ref, self._queries.target(inner, inner_path, inner_ref)
            )
            for inner_path, inner_ref in inner.refs.items()
            if inner_ref
        )


def without_shown(
    action: Action,
    desired: Mapping[Ref, Identity],
    load: Callable[[Ref], Node | Diagnostic],
) -> Action:
    """Without the request for what is written later, where Looker does that by itself.

    The home folder of a user who is created is the personal one that comes along.
    """
    row, ref = KINDS[action.type], Ref.parse(action.address)
    if not isinstance(action, Create) or not {*action.deferred} & {*row.item.reply_fields}:
        return action
    node = load(ref)
    brought = {*desired[ref].also_created.values()}
    is_shown = isinstance(node, Node) and all(
        path in row.item.reply_fields and (end := node.refs.get(path)) and end.id in brought
        for path in action.deferred
    )
    return msgspec.structs.replace(action, calls=action.calls - 1) if is_shown else action


def _interim(parts: Parts, path: str) -> int:
    """Interim names that parts take, whose names go round in a ring."""
    renamed = {
        entry.key or "": change
        for entry in (parts.update if path else ())
        for change in entry.changes
        if change.path == path
    }
    return len(
        give_way(
            {key: str(each.before) for key, each in renamed.items()},
            {key: str(each.after) for key, each in renamed.items()},
        )[1]
    )


def _places(
    desired: Node, row: Kind, name: str, parts: Mapping[str, Parts]
) -> frozenset[Ref | None]:
    """Where parts have to be looked for that came with others, new ones or such as moved."""
    born = row.part.auto_created
    if born is None or born.read_path is None:
        return frozenset()
    owners = KINDS[born.owner_kind]
    of = next(
        each.name for each in KINDS[desired.kind].item.collections if each.kind == born.owner_kind
    )
    made = parts.get(of, Parts())
    fresh = {entry.key for entry in made.create}
    fresh |= {
        entry.key
        for entry in made.update
        if any(change.path in owners.part.position_refs for change in entry.changes)
    }
    part = parts[name]
    keys = {entry.key for entry in (*part.create, *part.update, *part.keep)}
    return frozenset(
        node.refs.get(born.read_scope or "")
        for node in desired.parts[name]
        if node.id in keys and (owner := node.refs.get(born.owner_ref or "")) and owner.id in fresh
    )


def _is_as_made(part: Parts, row: Kind, nodes: Iterable[Node]) -> bool:
    """Whether the part that comes in the reply to its item's create needs no write."""
    if row.part.auto_created is None or row.part.auto_created.reply_path is None:
        return False
    keys = {entry.key for entry in part.create}
    new = [node for node in nodes if node.id in keys]
    flagged = [
        node
        for node in new
        if row.part.auto_created.preferred_flag
        and node.fields.get(row.part.auto_created.preferred_flag)
    ]
    return any(
        all(
            value == row.part.auto_created.initial_values.get(path, empty(row.name, path))
            for path, value in node.fields.items()
        )
        for node in (flagged or new)[:1]
    )
