"""Everything that comparing an item needs and that is the same for all items of a plan."""

import msgspec

from lookervault_plan.content.node import DesiredNode, LiveRef, SourceRef
from lookervault_plan.content.table.kinds import KINDS, IfMissing
from lookervault_plan.planning.inputs import Inputs
from lookervault_plan.planning.references.queries import Queries
from lookervault_plan.planning.references.resolve import Resolve


class Context(msgspec.Struct, frozen=True):
    """The inputs, and how references of desired nodes are resolved."""

    inputs: Inputs
    #: Resolves a hard reference. Its target is decided first.
    resolve: Resolve
    #: Resolves a soft reference or a link, as far as its target is decided.
    resolve_soft: Resolve
    queries: Queries

    def is_compared(self, policy: str | None) -> bool:
        """Say whether fields with this policy are compared. None: they always are."""
        if policy is None:
            return True
        return {"owners": self.inputs.owners, "schedules": self.inputs.schedules}[policy]

    def resolver_of(self, node: DesiredNode, path: str) -> Resolve:
        """Choose the resolver for the reference of `node` at `path`."""
        is_soft = KINDS[node.kind].reference(path).if_missing is IfMissing.DROP
        return self.resolve_soft if is_soft else self.resolve

    def name_of(self, ref: SourceRef) -> str:
        """Give the name of a desired item, or its id if the backup lacks the item."""
        item = self.inputs.desired.get(ref)
        return item.name if item else ref.id

    def live_name_of(self, ref: LiveRef) -> str:
        """Give the name of a live item, or its id if the destination lacks the item."""
        item = self.inputs.live.get(ref)
        return item.name if item else ref.id
