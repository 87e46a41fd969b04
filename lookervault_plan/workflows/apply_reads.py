"""Count the requests with which apply reads, for the estimate in the plan."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from lookervault_plan.content.access_lists import AccessSummary, has_access_list
from lookervault_plan.content.node import DesiredNode, Id, LiveId, LiveRef, Ref, SourceId, SourceRef
from lookervault_plan.content.table.kinds import KINDS, Listing
from lookervault_plan.content.table.rows.access import KEY as ACCESS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import MAX_SINGLE_READS
from lookervault_plan.plan_file import Action, ContentWriting, Create, Delete, Writing
from lookervault_plan.planning.access_summaries import AccessSummaries
from lookervault_plan.planning.report.call_estimate import bulk_read_calls

Load = Callable[[SourceRef], DesiredNode | Diagnostic]

#: Login, and the request that identifies the instance.
_HELLO = 2


def count_apply_reads(
    actions: Iterable[Action],
    live: LiveItems,
    load: Load,
    more: Collection[str],
    access: AccessSummaries,
) -> int:
    """Count the requests with which apply reads before and after its writes.

    The number is exact if the whole destination was read for the plan. If only some items were
    searched, the sizes of Looker's lists are unknown, and the number is a lower bound. `access` is
    what deciding has noted.
    """
    writing = [action for action in actions if isinstance(action, Writing)]
    if not writing:
        return 0
    counting = _ReadCounter(writing, live, load, more, access)
    return _HELLO + counting.before() + counting.names() + counting.after()


class _ReadCounter:
    def __init__(
        self,
        actions: Sequence[Writing],
        live: LiveItems,
        load: Load,
        more: Collection[str],
        access: AccessSummaries,
    ) -> None:
        self._actions = actions
        self._live = live
        self._load = load
        self._more = more
        self._summaries = access
        self._there = Counter(ref.kind for ref, it in live.identities.items() if not it.trashed)
        self._trash = Counter(ref.kind for ref, it in live.identities.items() if it.trashed)

    def before(self) -> int:
        """Count the reads of the stale check: every live item that is overwritten."""
        refs = [
            Ref(action.type, action.destination_id)
            for action in self._actions
            if not isinstance(action, Create)
        ]
        known = self._live.identities
        hidden = Counter(ref.kind for ref in refs if ref in known and known[ref].trashed)
        lists = {
            ref: item
            for ref in refs
            if ref in known and has_access_list(ref.kind) and (item := self._live_access(ref))
        }
        return (
            self._items(refs, self._there, hidden)
            + self._one_by_one(refs)
            + self._access(lists)
            + bulk_read_calls(self._actions, self._more, after=False)
        )

    def after(self) -> int:
        """Count the reads of the read-back: every item that is created or updated."""
        written = [action for action in self._actions if isinstance(action, ContentWriting)]
        refs = [Ref.parse(action.address) for action in written]
        known = self._live.identities
        came = Counter(
            action.type
            for action in written
            if isinstance(action, Create)
            or ((ref := Ref(action.type, action.destination_id)) in known and known[ref].trashed)
        )
        gone = Counter(action.type for action in self._actions if isinstance(action, Delete))
        total = self._there + came
        total.subtract(gone)
        lists: dict[Ref[str], AccessSummary[str]] = {}
        for action in written:
            item = self._access_after(action) if has_access_list(action.type) else None
            if item is not None:
                lists[Ref.parse(action.address)] = item
        return (
            self._items(refs, total, Counter())
            + self._one_by_one(refs)
            + self._access(lists)
            + bulk_read_calls(self._actions, self._more, after=True)
        )

    def names(self) -> int:
        """Count the reads for creates: items with the same names, trash included, and targets."""
        kinds = {action.type for action in self._actions if isinstance(action, Create)}
        needed = {
            reference.kind
            for kind in kinds
            for row in (KINDS[kind], *(KINDS[each.kind] for each in KINDS[kind].item.collections))
            for reference in row.refs
        }
        calls = sum(
            _pages(listing, self._there[kind])
            for kind in kinds | needed
            if (listing := KINDS[kind].item.listing)
        )
        return calls + sum(
            _pages(listing, self._trash[kind])
            for kind in kinds
            if (listing := KINDS[kind].item.listing) and listing.trash_query is not None
        )

    def _items(
        self, refs: Iterable[Ref[str]], total: Mapping[str, int], hidden: Mapping[str, int]
    ) -> int:
        """Count reads by list or by item, whichever costs less. Lists lack `hidden` items."""
        calls = 0
        for kind, wanted in Counter(ref.kind for ref in refs).items():
            listing = KINDS[kind].item.listing
            if listing is None or wanted <= (MAX_SINGLE_READS if listing.page_size else 1):
                calls += wanted
                continue
            pages = _pages(listing, total.get(kind, 0))
            is_cheaper = not listing.page_size or pages < wanted
            calls += bool(listing.page_size)  # to ask how many there are
            calls += pages + hidden.get(kind, 0) if is_cheaper else wanted
        return calls

    def _one_by_one(self, refs: Iterable[Ref[str]]) -> int:
        return sum(
            each.key in self._more for ref in refs for each in KINDS[ref.kind].item.per_item_reads
        )

    def _access(self, lists: Mapping[Ref[Id], AccessSummary[Id]]) -> int:
        """Count the reads of access: whether items inherit it, by folder, and their own entries."""
        if ACCESS not in self._more:
            return 0
        below: dict[Ref[Id] | None, int] = defaultdict(int)
        for item in lists.values():
            below[item.above if item.above in lists else None] += 1
        alone = below.pop(None, 0)
        return alone + len(below) + sum(item.inherits is False for item in lists.values())

    def _access_after(
        self, action: ContentWriting
    ) -> AccessSummary[SourceId] | AccessSummary[LiveId] | None:
        """Take the live access entries if the backup has none, since they stay as they are."""
        desired = self._summaries.desired(Ref.parse(action.address), self._load)
        if desired is None or desired.inherits is not None or isinstance(action, Create):
            return desired
        return self._live_access(Ref(action.type, action.destination_id))

    def _live_access(self, ref: LiveRef) -> AccessSummary[LiveId] | None:
        return self._summaries.live(ref, self._live.node, needs_list=False)


def _pages(listing: Listing, count: int) -> int:
    return max(1, -(-count // listing.page_size)) if listing.page_size else 1
