"""Links in texts: they follow the remaps, and never hold an item up for long."""

from collections import defaultdict
from collections.abc import Callable, Mapping

import msgspec

from lookervault_plan.content.node import Address, Json, Node, Ref
from lookervault_plan.content.text_links import Instances, linking, links, rewrite
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, Action, ContentWriting, Create, needs_of
from lookervault_plan.planning.order.topological import components
from lookervault_plan.planning.references.targets import Live, Lost, New, Resolve


class Texts:
    """Translates the texts of nodes, and notes what they link to."""

    def __init__(self, instances: Instances, resolve: Resolve) -> None:
        """`resolve` says what a link means, without deciding the other item first."""
        self._instances = instances
        self._resolve = resolve
        #: action -> path of a text -> items yet to come that it links to
        self.soft: dict[Address, dict[str, set[Ref]]] = defaultdict(lambda: defaultdict(set))
        #: action -> what its texts link to and the destination lacks
        self.dangling: dict[Address, set[Ref]] = defaultdict(set)

    def translate(self, address: Address, prefix: str) -> Callable[[Node, Resolve], Node]:
        """Links in a node's text follow the remaps; what is yet to come is noted as soft."""

        def follow(node: Node, _: Resolve) -> Node:
            fields: dict[str, Json] = {}
            for path, value in linking(node):
                found = list(links(value, self._instances))
                for ref in found:
                    target = self._resolve(ref)
                    where = f"{prefix}/{node.id}:{path}" if prefix else path
                    if isinstance(target, New):
                        if not (prefix and ref.address == address):  # parts come after their item
                            self.soft[address][where].add(ref)
                    elif isinstance(target, Lost):
                        self.dangling[address].add(ref)
                if found:
                    fields[path] = rewrite(value, self._instances, self._link)
            return (
                msgspec.structs.replace(node, fields={**node.fields, **fields}) if fields else node
            )

        return follow

    def translate_part(self, address: Address, item: Node) -> Callable[[Node, Resolve], Node]:
        """The same for the parts of an item."""
        names = {part.ref: name for name, nodes in item.parts.items() for part in nodes}

        def follow(node: Node, resolve: Resolve) -> Node:
            return self.translate(address, names[node.ref])(node, resolve)

        return follow

    def forget(self, address: Address) -> None:
        """Nothing is written, so nothing is waited for."""
        _ = self.soft.pop(address, None)
        _ = self.dangling.pop(address, None)

    def settle(self, by_address: dict[Address, Action]) -> None:
        """Wait for what is linked to, or write the text later where that is a cycle."""
        graph: dict[str, set[str]] = {
            address: set(needs_of(action)) for address, action in by_address.items()
        }
        for address, found in self.soft.items():
            for ref in set[Ref]().union(*found.values()):
                target = by_address.get(ref.address)
                if isinstance(target, Create):
                    graph[address].add(ref.address)
        cycle = {
            member: index for index, members in enumerate(components(graph)) for member in members
        }
        for address, found in self.soft.items():
            if isinstance(action := by_address[address], ContentWriting):
                by_address[address] = _settled(action, found, graph[address], cycle)

    def _link(self, ref: Ref) -> str | None:
        match self._resolve(ref):
            case Live(id_):
                return id_
            case New():
                return KNOWN_AFTER_APPLY  # never equal to anything live
            case _:
                return None


def _settled(
    action: ContentWriting,
    found: Mapping[str, set[Ref]],
    needs: set[str],
    cycle: Mapping[str, int],
) -> ContentWriting:
    """The action with its texts either waiting or deferred."""
    mine = cycle.get(action.address)
    waits = set(action.depends_on)
    deferred = set(action.deferred)
    for path, refs in found.items():
        targets = {ref.address for ref in refs} & needs
        if mine is not None and any(mine == cycle.get(to) for to in targets):
            deferred.add(path)
        else:
            waits |= targets
    more = len(_owners(deferred)) - len(_owners(action.deferred))
    return msgspec.structs.replace(
        action,
        depends_on=tuple(sorted(waits)),
        deferred=tuple(sorted(deferred)),
        calls=action.calls + more,
    )


def _owners(paths: set[str] | tuple[str, ...]) -> set[str]:
    """The item itself, "", or parts of it: each gets one request for all that it writes later."""
    return {path.partition(":")[0] if ":" in path else "" for path in paths}
