"""What plan checks because it was asked to: items as such, and whether live ones were changed."""

from collections.abc import Callable, Mapping

from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.validate import problems
from lookervault_plan.errors import Diagnostic
from lookervault_plan.planning.compare.modified_since import Modified
from lookervault_plan.workflows.backup_items import Desired

Load = Callable[[Ref], Node | Diagnostic]

_SHOWN = 10


def checking(desired: Desired) -> Load:
    """As `desired.node`; an item that Looker would not take is a diagnostic."""

    def load(ref: Ref) -> Node | Diagnostic:
        try:
            node = desired.node(ref)
        except (TypeError, ValueError, AttributeError, LookupError):  # of a form nobody expects
            raw = desired.raw(ref)
            if isinstance(raw, Diagnostic):
                raise
            if told := invalid(ref, list(problems(ref.kind, raw))):
                return told
            raise
        if isinstance(node, Diagnostic):
            return node
        return invalid(ref, list(problems(ref.kind, node.raw))) or node

    return load


def invalid(ref: Ref, found: list[str]) -> Diagnostic | None:
    """The diagnostic of an item with these problems."""
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


def modified(
    desired: Desired, applied: Mapping[str, tuple[str, str]], *, same_instance: bool
) -> Modified:
    """What tells whether a live item was changed since."""

    def synced_at(ref: Ref) -> str | None:
        row = desired.backup.row(ref.kind, ref.id)
        return row.synced_at if row else None

    return Modified(same_instance=same_instance, applied=applied, synced_at=synced_at)
