"""Links in texts: they follow the remaps, and wait for their targets unless that closes a cycle."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from lookervault_plan.content.node import Address, DesiredNode, Json, LiveId, SourceRef
from lookervault_plan.content.text_links import (
    Instances,
    linkable_texts,
    linked_refs,
    links_explores,
    rewrite_links,
)
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, Action, ContentWriting, Create, needs_of
from lookervault_plan.planning.order.topological import components
from lookervault_plan.planning.references.resolve import Live, Missing, New, Resolve

#: path of a deferrable value (`elements/70:body_text`) -> items it points to that the plan creates
NewTargets = Mapping[str, set[SourceRef]]


class TextLinks:
    """Translates the texts of one item and its parts, and collects where their links lead."""

    def __init__(self, item: DesiredNode, instances: Instances, resolve: Resolve) -> None:
        """`resolve` resolves a link without deciding its target first."""
        self._item = item
        self._instances = instances
        self._resolve = resolve
        self._owners = {
            part.ref: f"{name}/{part.id}:" for name, nodes in item.parts.items() for part in nodes
        }
        self.new_targets: dict[str, set[SourceRef]] = defaultdict(set)
        #: Targets that the destination lacks.
        self.missing: set[SourceRef] = set()

    def translate(self, node: DesiredNode) -> DesiredNode:
        """Translate the links of the item's node, or of one of its parts, to destination ids."""
        fields: dict[str, Json] = {}
        owner = self._owners.get(node.ref, "")
        for path, value in linkable_texts(node):
            found = list(linked_refs(value, self._instances))
            for ref in found:
                target = self._resolve(ref)
                if isinstance(target, Missing):
                    self.missing.add(ref)
                elif isinstance(target, New) and not (owner and ref == self._item.ref):
                    # A part comes after its own item anyway.
                    self.new_targets[f"{owner}{path}"].add(ref)
            if found or links_explores(value):
                fields[path] = rewrite_links(value, self._instances, self._new_id)
        return msgspec.structs.replace(node, fields={**node.fields, **fields}) if fields else node

    def _new_id(self, ref: SourceRef) -> LiveId | None:
        match self._resolve(ref):
            case Live(id_):
                return id_
            case New():
                return LiveId(KNOWN_AFTER_APPLY)  # equal to no live text
            case _:
                return None


def wait_or_defer(
    actions: Mapping[Address, Action], new_targets: Mapping[Address, NewTargets]
) -> dict[Address, Action]:
    """Make each action wait for the new targets of its links and soft references.

    Defer a value if waiting for its target closes a cycle.
    """
    graph: dict[str, set[str]] = {
        address: set(needs_of(action)) for address, action in actions.items()
    }
    for address, by_path in new_targets.items():
        for ref in set[SourceRef]().union(*by_path.values()):
            if isinstance(actions.get(ref.address), Create):
                graph[address].add(ref.address)
    cycle = {member: index for index, members in enumerate(components(graph)) for member in members}
    return {
        address: _waiting_or_deferred(action, new_targets[address], graph[address], cycle)
        if isinstance(action, ContentWriting) and address in new_targets
        else action
        for address, action in actions.items()
    }


def _waiting_or_deferred(
    action: ContentWriting,
    new_targets: NewTargets,
    needs: set[str],
    cycle: Mapping[str, int],
) -> ContentWriting:
    own_cycle = cycle.get(action.address)
    waits = set(action.depends_on)
    deferred = set(action.deferred)
    for path, refs in new_targets.items():
        targets = {ref.address for ref in refs} & needs
        if own_cycle is not None and any(own_cycle == cycle.get(to) for to in targets):
            deferred.add(path)
        else:
            waits |= targets
    further_calls = len(_owners(deferred)) - len(_owners(action.deferred))
    return msgspec.structs.replace(
        action,
        depends_on=tuple(sorted(waits)),
        deferred=tuple(sorted(deferred)),
        calls=action.calls + further_calls,
    )


def _owners(paths: set[str] | tuple[str, ...]) -> set[str]:
    """Name the owners of deferred paths: "" for the item. Each sends one further request."""
    return {path.partition(":")[0] if ":" in path else "" for path in paths}
