"""Moves of folders that exist: which must come first, and which no order makes possible.

Looker refuses to move a folder into one that lies in it. So the folders that a moved one is to lie
in are moved before it.
"""

from collections.abc import Iterator
from functools import cached_property

from lookervault_plan.content.folder_paths import FOLDER, PARENT
from lookervault_plan.content.node import Address, LiveRef, Ref, SourceRef
from lookervault_plan.planning.inputs import Inputs
from lookervault_plan.planning.match.twins import Twin


class Moves:
    """Where folders lie now, and where the plan puts them."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def waits(self, ref: SourceRef) -> Iterator[Address]:
        """List the moved folders above a folder of the backup."""
        above = self._parent(ref)
        seen = {ref}
        while above is not None and above not in seen:
            seen.add(above)
            if self._is_moved(above):
                yield above.address
            above = self._parent(above)

    def lies_in_itself(self, ref: SourceRef) -> bool:
        """Say whether the new parent of a folder lies in that folder once all are moved.

        Another folder of the backup, which is not selected, would have to be moved first.
        """
        if not self._is_moved(ref):
            return False
        own, parent = self._live(ref), self._parent(ref)
        at = self._live(parent) if parent else None
        seen: set[LiveRef] = set()
        while at is not None and at not in seen:
            if at == own:
                return True
            seen.add(at)
            at = self._parent_after(at)
        return False

    @cached_property
    def _moved(self) -> dict[LiveRef, SourceRef]:
        """Live folder -> selected folder of the backup that it is."""
        return {
            found.live: ref
            for ref, found in self._inputs.matches.by_ref.items()
            if isinstance(found, Twin) and ref.kind == FOLDER and ref in self._inputs.selected
        }

    def _is_moved(self, ref: SourceRef) -> bool:
        live = self._live(ref)
        if live is None or self._moved.get(live) != ref:
            return False
        return self._parent_after(live) != self._parent_now(live)

    def _parent_after(self, live: LiveRef) -> LiveRef | None:
        ref = self._moved.get(live)
        parent = self._parent(ref) if ref else None
        return self._live(parent) if parent else self._parent_now(live)

    def _parent(self, ref: SourceRef) -> SourceRef | None:
        item = self._inputs.desired.get(ref)
        parent = item.keys.get(PARENT) if item else None
        return parent if isinstance(parent, Ref) else None

    def _parent_now(self, live: LiveRef) -> LiveRef | None:
        item = self._inputs.live.get(live)
        parent = item.keys.get(PARENT) if item else None
        return parent if isinstance(parent, Ref) else None

    def _live(self, ref: SourceRef) -> LiveRef | None:
        found = self._inputs.matches.by_ref.get(ref)
        return found.live if isinstance(found, Twin) else None
