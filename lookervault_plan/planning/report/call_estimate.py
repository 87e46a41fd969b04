"""Estimate the requests of each action.

Looker copies access entries when an item gets a list of its own. Apply finds out which
(`steps.access_copies`); here they are worked out from both sides, only to be counted.
"""

from collections.abc import Container, Iterable, Iterator, Mapping

import msgspec

from lookervault_plan.content.access_lists import (
    AccessSummary,
    above_of,
    inherits,
    summarise_access,
)
from lookervault_plan.content.identity import DesiredIdentity, creators
from lookervault_plan.content.name_cycles import order_renames
from lookervault_plan.content.node import (
    SOURCE,
    Address,
    DesiredNode,
    LiveNode,
    LiveRef,
    SourceId,
    SourceRef,
)
from lookervault_plan.content.normalise import body_of, empty, normalise
from lookervault_plan.content.table.kinds import KINDS, Collection, CopiedFrom, Kind, MadeFor
from lookervault_plan.content.table.rows.people import is_everybody
from lookervault_plan.plan_file import Action, ContentWriting, Create, Parts, Remap
from lookervault_plan.planning.compare.parts import queries_wanted
from lookervault_plan.planning.context import Context
from lookervault_plan.planning.match.twins import Twin
from lookervault_plan.planning.references.queries import is_query
from lookervault_plan.planning.references.resolve import Live, New


def bulk_read_calls(actions: Iterable[Action], read_keys: Container[str], *, after: bool) -> int:
    """Count the pages of lists that hold parts of all items of a kind.

    `read_keys` has the keys of the bulk reads that are made, `after` says whether apply has
    written by then.
    """
    pages = 0
    for row in KINDS.values():
        for sweep in row.item.bulk_reads:
            names = [
                each.name for each in row.item.collections if each.path == sweep.key in read_keys
            ]
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


class NeededQueries:
    """The queries that an action needs. One that several actions need is created once."""

    def __init__(self) -> None:
        #: Addresses of those that a plan creates, and of the sources of merge queries.
        self.new: dict[str, None] = {}
        #: Those that the destination has already, by content key.
        self.known: dict[str, Remap] = {}


class CallEstimate:
    """Counts the requests of one action after the other."""

    def __init__(self, context: Context) -> None:
        self._queries = context.queries
        self._copies = _CopiedEntries(context)

    def calls(
        self,
        desired: DesiredNode,
        live: LiveNode | None,
        parts: Mapping[str, Parts],
        *,
        patched: bool,
    ) -> tuple[int, NeededQueries]:
        """Count the writes of an action, and the reads that find parts that Looker creates.

        The creates of queries are not counted: the needed queries are returned.
        """
        calls = int(live is None or patched)
        for name, part in parts.items():
            kinds = {node.kind for node in desired.parts.get(name, ())}
            writes = len(part.create) + len(part.update) + len(part.delete)
            calls += min(writes, 1) if any(KINDS[kind].is_assignment for kind in kinds) else writes
            calls += sum(_interim(part, KINDS[kind].part.unique_name) for kind in kinds)
            for row in (KINDS[kind] for kind in kinds):
                calls -= _is_as_made(part, row, desired.parts.get(name, ()))
                calls += len(_scopes_to_read(desired, row, name, parts))
        wanted = [(desired, path) for path in desired.refs] if live is None or patched else []
        queries = NeededQueries()
        for node, path in (*wanted, *queries_wanted(desired, parts)):
            if is_query(node, path):
                self._add(queries, node, path)
        return calls + self._copies.calls(desired, live, parts), queries

    def _add(self, queries: NeededQueries, node: DesiredNode, path: str) -> None:
        """Add the query that a reference points to, and the sources of a merge query."""
        ref, body = node.refs.get(path), body_of(node, path)
        if ref is None:
            return
        match self._queries.target(node, path, ref):
            case Live(id_) if key := self._queries.key(ref, body):
                queries.known[key] = Remap(
                    type=ref.kind,
                    source_id=SourceId(key),
                    destination_id=id_,
                    matched_by="content",
                )
            case New(address) if body is not None and address not in queries.new:
                queries.new[address] = None
                inner = normalise(ref.kind, body, SOURCE)
                for inner_path in inner.refs:
                    self._add(queries, inner, inner_path)
            case _:
                pass


def preset_paths(desired: DesiredNode, identity: DesiredIdentity) -> frozenset[str]:
    """List the references of a new item that Looker sets by itself, as the backup has them.

    Looker makes the personal folder of a new user their home folder.
    """
    brought = identity.also_created.values()
    return frozenset(
        path
        for path in KINDS[desired.kind].item.reply_fields
        if (end := desired.refs.get(path)) and end.id in brought
    )


def without_preset_values(action: Action, preset: Mapping[Address, frozenset[str]]) -> Action:
    """Don't count the request for deferred values that Looker sets by itself."""
    paths = preset.get(action.address)
    if not paths or not isinstance(action, Create) or not action.deferred:
        return action
    is_shown = paths.issuperset(action.deferred)
    return msgspec.structs.replace(action, calls=action.calls - 1) if is_shown else action


def _interim(parts: Parts, path: str) -> int:
    """Count the parts that take an interim name, since their names form a cycle."""
    renamed = {
        entry.key or "": change
        for entry in (parts.update if path else ())
        for change in entry.changes
        if change.path == path
    }
    return len(
        order_renames(
            {key: str(each.before) for key, each in renamed.items()},
            {key: str(each.after) for key, each in renamed.items()},
        )[1]
    )


def _scopes_to_read(
    desired: DesiredNode, row: Kind, name: str, parts: Mapping[str, Parts]
) -> frozenset[SourceRef | None]:
    """List the scopes to read for parts that Looker creates with new or moved owners."""
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


def _is_as_made(part: Parts, row: Kind, nodes: Iterable[DesiredNode]) -> bool:
    """Say whether the part that Looker creates with its item needs no write."""
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


#: (live address of whom the entry is for, permission)
Entry = tuple[str, str]


class _CopiedEntries:
    """Works out the access entries that Looker copies, as far as the plan knows them."""

    def __init__(self, context: Context) -> None:
        self._inputs = context.inputs
        self._resolve = context.resolve
        self._creators = creators(context.inputs.desired.values())

    def calls(self, desired: DesiredNode, live: LiveNode | None, parts: Mapping[str, Parts]) -> int:
        """Count the requests beyond one for each entry of `parts`; negative if copies save some."""
        calls = 0
        for collection in KINDS[desired.kind].item.collections:
            row = KINDS[collection.kind]
            if not row.is_access_entry or collection.name not in desired.parts:
                continue
            owner = row.refs[0].kind
            names = [
                each.name for each in KINDS[desired.kind].item.collections if each.kind == owner
            ]
            if live is not None and not any(parts.get(name, Parts()).update for name in names):
                continue
            if inherits(desired, if_unknown=False):
                continue
            planned = parts.get(collection.name, Parts())
            wanted = set(self._entries(summarise_access(desired)))
            copies = set(self._copied(desired, collection))
            calls += 1 + len(copies - wanted) + len(wanted - copies)
            calls -= len(planned.create) + len(planned.update) + len(planned.delete)
        return calls

    def _copied(self, item: DesiredNode, collection: Collection) -> Iterator[Entry]:
        match collection.initial_entries:
            case MadeFor(path):
                yield from self._initial(item.refs.get(path), everybody=True)
            case CopiedFrom() if above := above_of(item, collection):
                yield from self._effective(above)
            case _:
                pass

    def _effective(self, ref: SourceRef) -> Iterator[Entry]:
        """List the effective entries of an item of the backup once the plan is applied."""
        inputs = self._inputs
        item = inputs.access.desired(ref, inputs.load_desired) if ref in inputs.desired else None
        found = inputs.matches.by_ref.get(ref)
        if item is not None and item.entries is not None and not item.is_built_in:
            yield from self._entries(item)
        elif isinstance(found, Twin):
            yield from self._live_entries(found.live)
        elif ref in self._creators:
            yield from self._initial(self._creators[ref], everybody=False)
        elif item is not None and item.above:
            yield from self._effective(item.above)

    def _live_entries(self, live: LiveRef) -> Iterator[Entry]:
        """List the effective access entries of a live item."""
        item = self._inputs.access.live(live, self._inputs.load_access, needs_list=True)
        if item is None:
            return
        if item.entries is not None:
            yield from ((end.address, permission) for end, permission in item.entries)
        elif item.above:
            yield from self._live_entries(item.above)

    def _entries(self, item: AccessSummary[SourceId]) -> Iterator[Entry]:
        for end, permission in item.entries or ():
            if whom := self._name(end):
                yield whom, permission

    def _initial(self, owner: SourceRef | None, *, everybody: bool) -> Iterator[Entry]:
        """List the entries of a new item: its owner may edit, all users may view."""
        if owner is not None:
            yield self._name(owner) or "", "edit"
        for item in self._inputs.live.values() if everybody else ():
            if is_everybody(item.kind, item.name):
                yield item.address, "view"

    def _name(self, end: SourceRef) -> str | None:
        match self._resolve(end):
            case Live(id_):
                return f"{end.kind}:{id_}"
            case New(address):
                return f"+{address}"
            case _:
                return None
