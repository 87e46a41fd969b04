"""Remember each item of the backup as it was last agreed with the destination, and load it."""

from collections.abc import Callable, Iterable, Iterator
from typing import cast

from lookervault_plan.content.hidden_values import fill_hidden, hides
from lookervault_plan.content.node import Address, Raw, Ref, SourceRef
from lookervault_plan.content.redact import without_secrets
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Plan, Skip
from lookervault_plan.planning.inputs import Agreed
from lookervault_plan.state.rows import Base, Session
from lookervault_plan.state.store import State
from lookervault_plan.steps.read_back import FieldNotStored, Verified
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.earlier_remaps import ItemsByNames

_BATCH = 500
#: Digest of an item that no plan has compared: others refer to it.
NOT_COMPARED = ""


def remember_agreed(
    plan: Plan,
    session: Session,
    applied: Iterable[Verified],
    desired: BackupItems,
    state: State,
    *,
    at: str,
) -> None:
    """Remember what was applied as sent, and what the plan compared and found equal.

    Remember the items that those refer to as well, with the digest NOT_COMPARED. An item that is
    remembered with the same digest already is not read again.
    """
    skipped = (action.address for action in plan.actions if isinstance(action, Skip))
    remapped = (
        Address(f"{each.type}:{each.source_id}")
        for each in plan.remaps
        if each.type in KINDS
        and KINDS[each.type].is_item
        # `remaps.yml` may name folders and people whom only the destination has
        and Ref(each.type, each.source_id) in desired.identities
    )
    agreed: dict[Address, tuple[str, tuple[FieldNotStored, ...]]] = {
        action.address: (action.content_digest, ())
        for action in plan.actions
        if isinstance(action, Skip) and action.reason == "unchanged" and action.content_digest
    }
    agreed |= {each.address: (each.desired_digest, each.not_stored) for each in applied}
    known = state.base_digests(session.source, session.destination_instance)
    for address in (*skipped, *remapped):
        if address not in known:
            _ = agreed.setdefault(address, (NOT_COMPARED, ()))

    def bases() -> Iterator[Base]:
        for address, (digest, not_stored) in agreed.items():
            if known.get(address) != digest and (item := desired.original(Ref.parse(address))):
                values = {f"{one.part}:{one.path}": one.got for one in not_stored}
                yield Base(
                    address=address,
                    digest=digest,
                    item=cast("Raw", without_secrets(item)),
                    not_stored=cast("Raw", without_secrets(cast("Raw", values))),
                    session=session.id,
                    at=at,
                )

    batch: list[Base] = []
    for base in bases():
        batch.append(base)
        if len(batch) == _BATCH:
            state.put_bases(session.source, session.destination_instance, batch)
            batch.clear()
    state.put_bases(session.source, session.destination_instance, batch)


def agreed_items(
    state: State, source: str, destination: str, desired: BackupItems
) -> Callable[[SourceRef], Agreed | None]:
    """Make the function that loads an item as it was last agreed, by the names of that session.

    Secrets are not remembered: where one is hidden, the backup's value of today stands for it.
    """
    by_names = ItemsByNames(state, desired)

    def load(ref: SourceRef) -> Agreed | None:
        base = state.base(source, destination, ref.address)
        if base is None or base.digest == NOT_COMPARED:
            return None
        item = base.item
        if hides(item):
            item = cast("Raw", fill_hidden(item, desired.original(ref)))
        node = by_names.of(base.session).node_of(ref, item)
        return None if isinstance(node, Diagnostic) else Agreed(node, base.not_stored)

    return load
