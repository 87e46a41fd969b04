"""Check backup items against Looker's API; build the check for changes since the last apply."""

from collections.abc import Callable, Iterator, Mapping

from lookervault_plan.content.folder_paths import PARENT, in_themselves
from lookervault_plan.content.node import DesiredNode, SourceRef
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.validate import invalid_item, invalid_parts, odd_parts, problems
from lookervault_plan.errors import Diagnostic
from lookervault_plan.planning.compare.modified_since import Modified
from lookervault_plan.workflows.backup_items import BackupItems

Load = Callable[[SourceRef], DesiredNode | Diagnostic]


def checked_loader(desired: BackupItems) -> Load:
    """Wrap `desired.node`, and return a diagnostic for an item that Looker would not take."""
    cyclic = in_themselves(desired.identities.values())

    def load(ref: SourceRef) -> DesiredNode | Diagnostic:
        node = desired.node(ref)
        if isinstance(node, Diagnostic):
            return node
        # Whether it is to be created is not known yet.
        found = [*problems(ref.kind, node.raw, is_new=False)]
        if ref in cyclic:
            found.append(f"{PARENT} leads back to it: the folder lies in itself")
        return invalid_item(ref, found) if found else node

    return load


def check_each(desired: BackupItems) -> Iterator[Diagnostic]:
    """Yield an error for each item that a plan would block, and a warning for parts left out.

    What depends on the destination is not looked at.
    """
    load = checked_loader(desired)
    for ref, identity in desired.identities.items():
        is_written = KINDS[ref.kind].creatable or KINDS[ref.kind].updatable
        if ref not in desired.unreadable and (identity.built_in or not is_written):
            continue
        found = load(ref)
        if isinstance(found, Diagnostic):
            yield found
        elif told := [*problems(ref.kind, found.raw)]:
            yield invalid_item(ref, told)
        elif odd := [*odd_parts(ref.kind, found.raw)]:
            yield invalid_parts(ref, odd)


def modified_since(
    desired: BackupItems,
    applied: Mapping[str, tuple[str, str]],
    *,
    same_instance: bool,
    hides_tile_changes: bool = False,
) -> Modified:
    """Make the check whether a live item was changed since the last apply, or since the backup."""

    def synced_at(ref: SourceRef) -> str | None:
        row = desired.backup.row(ref.kind, ref.id)
        return row.synced_at if row else None

    return Modified(
        same_instance=same_instance,
        applied=applied,
        synced_at=synced_at,
        hides_tile_changes=hides_tile_changes,
    )
