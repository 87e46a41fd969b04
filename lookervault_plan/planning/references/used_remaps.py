"""List the remaps of a plan: every pair of different ids that it uses."""

from collections.abc import Iterable

from lookervault_plan.content.node import SourceRef
from lookervault_plan.plan_file import Remap
from lookervault_plan.planning.inputs import Inputs
from lookervault_plan.planning.match.twins import Twin


def remaps_in_use(
    used: Iterable[SourceRef], inputs: Inputs, *, more: Iterable[Remap]
) -> tuple[Remap, ...]:
    """Make remaps of the `used` references, add `more`, and sort them."""
    pairs: list[Remap] = []
    for ref in used:
        found = inputs.matches.by_ref[ref]
        if isinstance(found, Twin) and found.live.id != ref.id:
            item = inputs.desired.get(ref)
            pairs.append(
                Remap(
                    type=ref.kind,
                    source_id=ref.id,
                    destination_id=found.live.id,
                    matched_by=found.matched_by,
                    name=(item or inputs.live[found.live]).name,
                    # An item that the backup lacks is pointed to, not imported.
                    new=item is not None and inputs.stored.get(ref) != found.live.id,
                )
            )
    return tuple(sorted((*pairs, *more), key=lambda remap: (remap.type, remap.source_id)))
