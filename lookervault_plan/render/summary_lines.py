"""Terraform's summary lines of a plan and of an apply, to the byte: other tools read them."""

from lookervault_plan.plan_file import Action, Plan, Skip

#: Terraform's sentence. It is said only if the plan has no notes and holds no item back.
NO_CHANGES = "No changes. Your infrastructure matches the configuration."
#: Nothing is written, but something differs, was not compared, or is only in the destination.
NOTHING_TO_DO = "No changes."

#: Notes of these codes tell what was done, not what was left.
_ARE_NO_DIFFERENCE = frozenset(("note.remapped",))
#: Warnings of these codes name a difference that stays.
_NAME_A_DIFFERENCE = frozenset(("value.left-out", "reference.dropped", "slug.taken"))
#: A skipped item with one of these reasons needs no change. The reason may go on after a comma.
_NEEDS_NO_CHANGE = frozenset(("", "unchanged", "built-in", "reference-only"))


def is_held_back(action: Action) -> bool:
    """Tell whether an item is left alone although it differs from the backup."""
    return isinstance(action, Skip) and action.reason.partition(",")[0] not in _NEEDS_NO_CHANGE


def has_changes(plan: Plan) -> bool:
    """Tell whether the plan changes, imports or blocks any item."""
    counts = plan.summary
    return any((import_count(plan), counts.create, counts.update, counts.delete, counts.blocked))


def import_count(plan: Plan) -> int:
    """Count the remaps that the state does not hold yet."""
    return sum(remap.new for remap in plan.remaps)


def headline(plan: Plan) -> str:
    """Word a plan as Terraform does.

    `Plan: 1 to import, 12 to add, 40 to change, 0 to destroy.`
    """
    if not has_changes(plan):
        has_unsaid = (
            any(each.code not in _ARE_NO_DIFFERENCE for each in plan.notes)
            or plan.unseen
            or any(each.code in _NAME_A_DIFFERENCE for each in plan.diagnostics)
            or any(map(is_held_back, plan.actions))
        )
        return NOTHING_TO_DO if has_unsaid else NO_CHANGES
    counts, imports = plan.summary, import_count(plan)
    imported = f"{imports} to import, " if imports else ""
    changes = f"{counts.create} to add, {counts.update} to change, {counts.delete} to destroy"
    return f"Plan: {imported}{changes}."


def counts_line(plan: Plan) -> str:
    """Count what Terraform's line leaves out: `Unchanged: 1,204. Remapped: 31. …`."""
    counts = plan.summary
    return (
        f"Unchanged: {counts.skip:,}. Remapped: {_remapped_count(plan):,}. "
        f"Blocked: {counts.blocked:,}. API calls: about {counts.calls:,}."
    )


def parts_line(plan: Plan) -> str:
    """Count the parts that change: `Parts: 3 to add, 11 to delete.`; "" for none."""
    counts = plan.summary.parts
    words = [
        f"{number:,} to {verb}"
        for number, verb in (
            (counts.create, "add"),
            (counts.update, "change"),
            (counts.delete, "delete"),
        )
        if number
    ]
    return f"Parts: {', '.join(words)}." if words else ""


def apply_headline(
    *, imported: int, added: int, changed: int, destroyed: int, is_complete: bool
) -> str:
    """Word an apply as Terraform does: `Apply complete! Resources: 1 imported, 12 added, …`."""
    opening = "Apply complete! Resources" if is_complete else "Apply incomplete. Resources"
    first = f"{imported} imported, " if imported else ""
    return f"{opening}: {first}{added} added, {changed} changed, {destroyed} destroyed."


def _remapped_count(plan: Plan) -> int:
    """Count the pairs of different ids. Remaps of parts may pair equal ids."""
    return sum(remap.source_id != remap.destination_id for remap in plan.remaps)
