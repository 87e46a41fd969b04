"""Check backup items against what Looker's API takes, and live ones for later changes."""

from collections.abc import Callable, Mapping

from lookervault_plan.content.node import DesiredNode, SourceRef
from lookervault_plan.content.validate import invalid_item, problems
from lookervault_plan.errors import Diagnostic
from lookervault_plan.planning.compare.modified_since import Modified
from lookervault_plan.workflows.backup_items import BackupItems

Load = Callable[[SourceRef], DesiredNode | Diagnostic]


def checked_loader(desired: BackupItems) -> Load:
    """Wrap `desired.node`, and return a diagnostic for an item that Looker would not take."""

    def load(ref: SourceRef) -> DesiredNode | Diagnostic:
        node = desired.node(ref)
        if isinstance(node, Diagnostic):
            return node
        # Whether it is to be created is not known yet.
        found = [*problems(ref.kind, node.raw, is_new=False)]
        return invalid_item(ref, found) if found else node

    return load


def modified_since(
    desired: BackupItems, applied: Mapping[str, tuple[str, str]], *, same_instance: bool
) -> Modified:
    """Make the check whether a live item was changed since the last apply, or since the backup."""

    def synced_at(ref: SourceRef) -> str | None:
        row = desired.backup.row(ref.kind, ref.id)
        return row.synced_at if row else None

    return Modified(same_instance=same_instance, applied=applied, synced_at=synced_at)
