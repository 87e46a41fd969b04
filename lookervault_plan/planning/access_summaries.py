"""Access lists of both sides in short, so that no item is loaded for the sake of another one."""

from collections.abc import Callable

from lookervault_plan.content.access_lists import (
    AccessSummary,
    has_access_list,
    summarise_access,
)
from lookervault_plan.content.node import (
    DesiredNode,
    LiveId,
    LiveNode,
    LiveRef,
    Node,
    SourceId,
    SourceRef,
)
from lookervault_plan.errors import Diagnostic


class AccessSummaries:
    """Summaries of the access lists of loaded items. Any other item is loaded when asked for."""

    def __init__(self) -> None:
        self._desired: dict[SourceRef, AccessSummary[SourceId] | None] = {}
        self._live: dict[LiveRef, AccessSummary[LiveId]] = {}

    def note(self, desired: DesiredNode, live: LiveNode | None) -> None:
        """Keep the summaries of a loaded item and its twin."""
        if has_access_list(desired.kind):
            self._desired[desired.ref] = summarise_access(desired)
            if live is not None:
                self._live[live.ref] = summarise_access(live)

    def desired(
        self, ref: SourceRef, load: Callable[[SourceRef], DesiredNode | Diagnostic]
    ) -> AccessSummary[SourceId] | None:
        """Return the summary of a desired item. None: it can't be read."""
        if ref not in self._desired:
            node = load(ref)
            self._desired[ref] = summarise_access(node) if isinstance(node, Node) else None
        return self._desired[ref]

    def live(
        self, ref: LiveRef, load: Callable[[LiveRef], LiveNode | None], *, needs_list: bool
    ) -> AccessSummary[LiveId] | None:
        """Return the summary of a live item. None: it was not read.

        `needs_list` loads an item again that was loaded without its access list.
        """
        known = self._live.get(ref)
        if known is not None and not (needs_list and known.inherits is None):
            return known
        node = load(ref)
        if node is None:
            return None
        self._live[ref] = summarise_access(node)
        return self._live[ref]
