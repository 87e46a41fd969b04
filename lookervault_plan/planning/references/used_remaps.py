"""List the remaps of a plan: every pair of different ids that it uses."""

from collections.abc import Iterable, Iterator

from lookervault_plan.content.node import Address, Ref, SourceRef
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Remap
from lookervault_plan.planning.inputs import Inputs
from lookervault_plan.planning.match.twins import Twin
from lookervault_plan.planning.words import quoted


def is_bound(ref: SourceRef, inputs: Inputs) -> bool:
    """Say whether the state is to remember an item's live id.

    A place is no identity. A pair that the state knows, and that is live, is replaced by hand only.
    """
    found = inputs.matches.by_ref.get(ref)
    if ref in inputs.relocated:
        return isinstance(found, Twin) and inputs.stored.get(ref) == found.live.id
    known = inputs.stored.get(ref)
    return (
        known is None
        or not isinstance(found, Twin)
        or found.live.id == known
        or Ref(ref.kind, known) not in inputs.live
    )


def unbound_items(inputs: Inputs) -> tuple[Address, ...]:
    """List the desired items whose live ids are not remembered."""
    concerned = {*inputs.relocated, *inputs.stored} & inputs.desired.keys()
    return tuple(sorted(ref.address for ref in concerned if not is_bound(ref, inputs)))


def replaced_pairs(inputs: Inputs) -> Iterator[Diagnostic]:
    """Warn of items for which `remaps.yml` names another id than the state knows."""
    for ref, known in sorted(inputs.stored.items()):
        found = inputs.matches.by_ref.get(ref)
        if (
            ref in inputs.selected
            and ref not in inputs.relocated
            and isinstance(found, Twin)
            and not is_bound(ref, inputs)
        ):
            yield Diagnostic(
                severity="warning",
                code="remap.not-remembered",
                address=ref.address,
                summary=f"{found.matched_by} says {found.live.id} for "
                f"{quoted(inputs.desired[ref].name)}, but the state knows {known}",
                detail="this plan follows it, and the state keeps its pair",
                fix=f"replace the pair with `lookervault-plan mappings set {ref.address} "
                f"{found.live.id}`",
            )


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
                    new=item is not None
                    and inputs.stored.get(ref) != found.live.id
                    and is_bound(ref, inputs),
                )
            )
    return tuple(sorted((*pairs, *more), key=lambda remap: (remap.type, remap.source_id)))
