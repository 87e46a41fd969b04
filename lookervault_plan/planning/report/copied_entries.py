"""Which entries Looker copies when an item gets an access list of its own: only to count requests.

What is really copied apply finds when it is there (`execution.copies`).
"""

from collections.abc import Callable, Iterator, Mapping

from lookervault_plan.content.access_lists import above_of, inherits
from lookervault_plan.content.identity import makers
from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.table.kinds import KINDS, Collection, CopiedFrom, MadeFor
from lookervault_plan.content.table.rows.people import is_everybody
from lookervault_plan.plan_file import Parts
from lookervault_plan.planning.inputs import Inputs
from lookervault_plan.planning.match.twins import Twin
from lookervault_plan.planning.references.targets import Live, New, Resolve

#: whom an entry is for, in the destination, and what it says
Entry = tuple[str, str]


class Copies:
    """Knows the lists of both sides, as far as the plan does."""

    def __init__(self, inputs: Inputs, resolve: Resolve) -> None:
        self._inputs = inputs
        self._resolve = resolve
        self._brought = makers(inputs.desired.values())

    def calls(self, desired: Node, live: Node | None, parts: Mapping[str, Parts]) -> int:
        """Requests beyond one for each entry of `parts`: to look, to delete; less what is there."""
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
            wanted = set(self._entries(desired, collection.name))
            copies = set(self._copied(desired, collection))
            calls += 1 + len(copies - wanted) + len(wanted - copies)
            calls -= len(planned.create) + len(planned.update) + len(planned.delete)
        return calls

    def _copied(self, item: Node, collection: Collection) -> Iterator[Entry]:
        match collection.initial_entries:
            case MadeFor(path):
                yield from self._made(item.refs.get(path), everybody=True)
            case CopiedFrom() if above := above_of(item, collection):
                yield from self._effective(above, collection)
            case _:
                pass

    def _effective(self, ref: Ref, collection: Collection) -> Iterator[Entry]:
        """What holds in an item of the backup, once all is applied."""
        inputs = self._inputs
        node = inputs.load_desired(ref) if ref in inputs.desired else None
        found = inputs.matches.by_ref.get(ref)
        if isinstance(node, Node) and collection.name in node.parts and node.built_in is None:
            yield from self._entries(node, collection.name)
        elif isinstance(found, Twin):
            yield from self._lasting(found.live, collection)
        elif ref in self._brought:
            yield from self._made(self._brought[ref], everybody=False)
        elif isinstance(node, Node):
            above = above_of(node, collection)
            yield from self._effective(above, collection) if above else ()

    def _lasting(self, live: Ref, collection: Collection) -> Iterator[Entry]:
        """What holds in a live item."""
        node = self._inputs.load_access(live)
        if node is None:
            return
        if collection.name in node.parts:
            for part in node.parts[collection.name]:
                yield from _told(part, lambda end: f"{end.kind}:{end.id}")
        elif above := above_of(node, collection):
            yield from self._lasting(above, collection)

    def _entries(self, item: Node, name: str) -> Iterator[Entry]:
        for part in item.parts[name]:
            yield from _told(part, self._name)

    def _made(self, owner: Ref | None, *, everybody: bool) -> Iterator[Entry]:
        """Those that something new starts with: whose it is may edit, all users may view."""
        if owner is not None:
            yield self._name(owner) or "", "edit"
        for item in self._inputs.live.values() if everybody else ():
            if is_everybody(item.kind, item.name):
                yield item.address, "view"

    def _name(self, end: Ref) -> str | None:
        match self._resolve(end):
            case Live(id_):
                return f"{end.kind}:{id_}"
            case New(address):
                return f"+{address}"
            case _:
                return None


def _told(part: Node, name: Callable[[Ref], str | None]) -> Iterator[Entry]:
    for ref in part.refs.values():
        if ref is not None and KINDS[ref.kind].is_item and (whom := name(ref)):
            yield whom, str(part.fields.get("permission_type"))
