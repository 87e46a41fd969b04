"""Inputs and resolvers that all comparisons of a plan share; they name items for people, too."""

import msgspec

from lookervault_plan.content.identity import Identity
from lookervault_plan.content.node import DesiredNode, Id, LiveRef, Ref, SourceRef
from lookervault_plan.content.table.columns import OWNERS
from lookervault_plan.content.table.kinds import KINDS, IfMissing
from lookervault_plan.planning.inputs import Inputs
from lookervault_plan.planning.references.queries import Queries
from lookervault_plan.planning.references.resolve import Resolve
from lookervault_plan.planning.words import quoted


def described(ref: Ref[Id], item: Identity[Id] | None) -> str:
    """Name an item for people: a person by name and email, others as `group:20 "Finance"`."""
    if item is None or not item.name:
        return ref.address
    if KINDS[ref.kind].item.can_sign_in:
        email = item.keys.get("email")
        return f"{item.name} ({email})" if email and email != item.name else item.name
    return f"{ref.address} {quoted(item.name)}"


class Context(msgspec.Struct, frozen=True):
    """The inputs, and how references of desired nodes are resolved."""

    inputs: Inputs
    #: Resolves a hard reference. Its target is decided first.
    resolve: Resolve
    #: Resolves a soft reference or a link, as far as its target is decided.
    resolve_soft: Resolve
    queries: Queries
    #: Live items that are twins of desired ones.
    claimed: frozenset[LiveRef] = frozenset()

    def is_compared(self, policy: str | None) -> bool:
        """Say whether fields with this policy are compared. None: they always are."""
        if policy is None:
            return True
        return {"owners": self.inputs.owners, "schedules": self.inputs.schedules}[policy]

    def compares(self, node: DesiredNode, path: str) -> bool:
        """Say whether the reference of a node at `path` is compared.

        An owner that `remaps.yml` gives always is, unless Looker keeps owners anyway.
        """
        policy = KINDS[node.kind].reference(path).policy
        if policy == OWNERS and node.kind in self.inputs.behaviour.keeps_owner_of:
            return False
        return self.is_compared(policy) or (policy == OWNERS and node.ref in self.inputs.reassigned)

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

    def described(self, ref: SourceRef) -> str:
        """Name a desired item for people: `Ann Lee (ann@example.com)`, `group:20 "Finance"`."""
        return described(ref, self.inputs.desired.get(ref))

    def live_described(self, ref: LiveRef) -> str:
        """Name a live item for people: a person with the email, others by name alone."""
        item = self.inputs.live.get(ref)
        is_person = item is None or KINDS[ref.kind].item.can_sign_in
        return described(ref, item) if is_person else self.live_name_of(ref)

    def is_claimed(self, live: LiveRef) -> bool:
        """Say whether a live item is known to be the twin of a desired one."""
        return live in self.claimed
