"""Load desired items and their live twins, a few at a time, and take their digests."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import msgspec

from lookervault_plan.content.node import (
    DesiredNode,
    Digests,
    LiveId,
    LiveNode,
    LiveRef,
    SourceRef,
    digests_of,
    tree_digest,
)
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.planning.inputs import Inputs

#: Items that are loaded at once. Those with parts, such as dashboards, are large.
_WITH_PARTS = 32
_WITHOUT_PARTS = 256


class Pair(msgspec.Struct, frozen=True):
    """A desired item and its live twin, loaded, with their digests."""

    desired: DesiredNode
    #: Tree digest of the desired item.
    digest: str
    #: None: the item has no twin.
    live: LiveNode | None = None
    live_digests: Digests[LiveId] | None = None

    @property
    def live_digest(self) -> str | None:
        """Tree digest of the live item."""
        return self.live_digests.tree if self.live_digests else None

    @property
    def live_content(self) -> Mapping[LiveRef, str]:
        """Content digests of the live item and its parts."""
        return self.live_digests.content if self.live_digests else {}


def batches(
    refs: Iterable[SourceRef], key: Callable[[SourceRef], str]
) -> Iterator[Sequence[SourceRef]]:
    """Split items of one kind into batches, without splitting those with equal keys."""
    batch: list[SourceRef] = []
    for _, alike in groupby(sorted(refs, key=lambda ref: (key(ref), ref)), key):
        batch += alike
        if len(batch) >= (_WITH_PARTS if KINDS[batch[0].kind].item.collections else _WITHOUT_PARTS):
            yield batch
            batch = []
    if batch:
        yield batch


def load_pairs(
    twins: Mapping[SourceRef, LiveRef | None], inputs: Inputs
) -> dict[SourceRef, Pair | Diagnostic]:
    """Load these items and their twins; give a diagnostic for an item that can't be read.

    A live item whose list leaves out query bodies is completed first, unless neither side has
    changed since the last apply.
    """
    loaded: dict[SourceRef, Pair | Diagnostic] = {}
    incomplete: dict[LiveRef, Pair] = {}
    for ref, twin in twins.items():
        desired = inputs.load_desired(ref)
        if isinstance(desired, Diagnostic):
            loaded[ref] = desired
            continue
        pair = loaded[ref] = Pair(desired, tree_digest(desired))
        if twin is None:
            continue
        before = inputs.applied.get(ref.address)
        if before is not None and before[0] == pair.digest:
            pair = loaded[ref] = _with_live(pair, inputs.load_live(twin))
        if before != (pair.digest, pair.live_digest):
            incomplete[twin] = pair
    completed = inputs.complete(list(incomplete))
    for twin, pair in incomplete.items():
        if pair.live is None or twin in completed:
            loaded[pair.desired.ref] = _with_live(pair, inputs.load_live(twin))
    return loaded


def _with_live(pair: Pair, live: LiveNode) -> Pair:
    return Pair(pair.desired, pair.digest, live, digests_of(live))
