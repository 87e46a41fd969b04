"""Resolve references of the backup to targets in the destination."""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager

import msgspec

from lookervault_plan.content.identity import creators
from lookervault_plan.content.node import LiveId, LiveRef, SourceRef, same_id
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import Action, Blocked, Create
from lookervault_plan.planning.inputs import Inputs
from lookervault_plan.planning.match.twins import NoTwin, Twin


class Live(msgspec.Struct, frozen=True):
    """A target that the destination has."""

    id: LiveId


class New(msgspec.Struct, frozen=True):
    """A target that the plan creates: an item's address, `query:<key>` or `collection/key`."""

    address: str


class Missing(msgspec.Struct, frozen=True):
    """A target that neither exists nor is created."""

    ref: SourceRef


Target = Live | New | Missing | None
Resolve = Callable[[SourceRef], Target]


def live_target(ref: LiveRef) -> Target:
    """Give the target of a live reference: itself."""
    return Live(ref.id)


class References:
    """Resolves references between items, as far as the items are decided."""

    def __init__(
        self,
        inputs: Inputs,
        actions: Mapping[SourceRef, Action],
        decide: Callable[[SourceRef], Action],
    ) -> None:
        """`actions` holds the items decided so far; `decide` decides any other item."""
        self._inputs = inputs
        self._actions = actions
        self._decide = decide
        #: Items being decided. Each needs the next one.
        self.deciding: list[SourceRef] = []
        #: Item -> items whose decisions rest on the action of it.
        self._dependents: dict[SourceRef, set[SourceRef]] = defaultdict(set)
        #: The same for links and soft references, without which an item is written all the same.
        self._linking: dict[SourceRef, set[SourceRef]] = defaultdict(set)
        #: Item -> items that were decided as if the plan created it, before it was decided.
        self._assuming: dict[SourceRef, set[SourceRef]] = defaultdict(set)
        #: References to live items that were resolved.
        self.used: set[SourceRef] = set()
        #: References to items that Looker makes together with an item that the plan creates.
        self.made_along: set[SourceRef] = set()
        #: item that Looker makes together with another -> that other one
        self._creators = creators(item for item in inputs.desired.values() if not item.built_in)

    @contextmanager
    def deciding_on(self, ref: SourceRef) -> Generator[None]:
        """Note that an item is being decided."""
        self.deciding.append(ref)
        yield
        _ = self.deciding.pop()

    def depend_on(self, ref: SourceRef) -> None:
        """Note that the decision on the current item rests on the action of another one."""
        if self.deciding:
            self._dependents[ref].add(self.deciding[-1])

    def dependents(self, refs: Iterable[SourceRef]) -> frozenset[SourceRef]:
        """List these items, and all whose decisions change if these are not written."""
        found: set[SourceRef] = set()
        linking: set[SourceRef] = set()
        work = list(refs)
        while work:
            ref = work.pop()
            if ref not in found:
                found.add(ref)
                linking |= self._linking.get(ref, set())
                work += self._dependents.get(ref, ())
        return frozenset(found | linking)

    def resolve(self, ref: SourceRef) -> Target:
        """Resolve a hard reference. Decide its target first, unless that closes a cycle."""
        inputs, found = self._inputs, self._inputs.matches.by_ref.get(ref)
        if isinstance(found, NoTwin):
            self.depend_on(self._creators.get(ref, ref))
        match found:
            case Twin(live):
                self.used.add(ref)
                return Live(live.id)
            case NoTwin() if self._is_created(self._creators.get(ref)):
                self.made_along.add(ref)
                return New(self._creators[ref].address)
            case NoTwin() if ref in inputs.selected and ref not in self.deciding:
                return New(ref.address) if isinstance(self._decide(ref), Create) else Missing(ref)
            case None if inputs.same_instance and (
                same_id(ref) in inputs.live or not KINDS[ref.kind].path
            ):
                return Live(same_id(ref).id)
            case _:
                return Missing(ref)

    def resolve_soft(self, ref: SourceRef) -> Target:
        """Resolve a soft reference or a link without deciding its target, as links form cycles."""
        if not isinstance(self._inputs.matches.by_ref.get(ref), NoTwin):
            return self.resolve(ref)
        maker = self._creators.get(ref, ref)
        is_created = self._is_created(maker)
        if self.deciding:
            self._linking[maker].add(self.deciding[-1])
            if is_created and maker not in self._actions:
                self._assuming[maker].add(self.deciding[-1])
        if is_created and maker != ref:
            self.made_along.add(ref)
        return New(maker.address) if is_created else Missing(ref)

    def take_wrong(self) -> frozenset[SourceRef]:
        """List the items that link to one the plan turned out not to create, once each.

        Blocked items are not among them: their links are not written.
        """
        wrong: set[SourceRef] = set()
        for ref, assuming in self._assuming.items():
            if not isinstance(self._actions.get(ref), Create):
                wrong |= assuming
                assuming.clear()
        return frozenset(one for one in wrong if not isinstance(self._actions.get(one), Blocked))

    def _is_created(self, ref: SourceRef | None) -> bool:
        """Say whether the plan creates the item, or will if nothing stands in the way."""
        if ref is None or ref not in self._inputs.selected or not KINDS[ref.kind].creatable:
            return False
        if self._inputs.not_managed.rule_of(ref):
            return False
        if not isinstance(self._inputs.matches.by_ref.get(ref), NoTwin):
            return False
        action = self._actions.get(ref)
        if action is not None:
            return isinstance(action, Create)
        return self._inputs.desired[ref].built_in is None
