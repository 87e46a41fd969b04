"""Check backup items against what Looker's API takes, and live ones for later changes."""

from collections.abc import Callable, Mapping

from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.validate import problems
from lookervault_plan.errors import Diagnostic
from lookervault_plan.planning.compare.modified_since import Modified
from lookervault_plan.workflows.backup_items import BackupItems

Load = Callable[[Ref], Node | Diagnostic]

_SHOWN = 10


def checked_loader(desired: BackupItems) -> Load:
    """Wrap `desired.node`, and return a diagnostic for an item that Looker would not take."""

    def load(ref: Ref) -> Node | Diagnostic:
        try:
            node = desired.node(ref)
        except (
            TypeError,
            ValueError,
            AttributeError,
            LookupError,
        ):  # malformed in an unexpected way
            raw = desired.raw(ref)
            if isinstance(raw, Diagnostic):
                raise
            if diagnostic := invalid_item(ref, list(problems(ref.kind, raw))):
                return diagnostic
            raise
        if isinstance(node, Diagnostic):
            return node
        return invalid_item(ref, list(problems(ref.kind, node.raw))) or node

    return load


def invalid_item(ref: Ref, found: list[str]) -> Diagnostic | None:
    """Make the diagnostic of an item with these problems; None if there are none."""
    if not found:
        return None
    more = [f"and {len(found) - _SHOWN} more"] if found[_SHOWN:] else []
    return Diagnostic(
        code="backup.invalid",
        address=ref.address,
        summary=f"{ref.address} is not as Looker takes it",
        detail="\n".join(found[:_SHOWN] + more),
        fix="make a new backup; --skip-validation lets Looker decide",
    )


def modified_since(
    desired: BackupItems, applied: Mapping[str, tuple[str, str]], *, same_instance: bool
) -> Modified:
    """Make the check whether a live item was changed since the last apply, or since the backup."""

    def synced_at(ref: Ref) -> str | None:
        row = desired.backup.row(ref.kind, ref.id)
        return row.synced_at if row else None

    return Modified(same_instance=same_instance, applied=applied, synced_at=synced_at)
