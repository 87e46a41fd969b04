"""The summary lines. Other tools read them, so they are Terraform's to the byte."""

from lookervault_plan.plan_file import Action, Plan

NO_CHANGES = "No changes. The destination matches the backup."
#: with items left alone that are not as the backup has them
NOTHING_TO_DO = "No changes to make."

#: what the reason begins with of items that are not to be changed at all
_USUAL_SKIPS = frozenset(("", "unchanged", "built-in", "reference-only"))


def is_held_back(action: Action) -> bool:
    """Whether an item is left alone though it differs."""
    reason = (action.reason or "").partition(",")[0]
    return action.action == "skip" and reason not in _USUAL_SKIPS


def has_changes(plan: Plan) -> bool:
    """Whether there is something to carry out, to import, or blocked."""
    counts = plan.summary
    return bool(imports(plan) or counts.create or counts.update or counts.delete or counts.blocked)


def imports(plan: Plan) -> int:
    """Remaps that the state does not hold yet."""
    return sum(remap.new for remap in plan.remaps)


def headline(plan: Plan) -> str:
    """`Plan: 1 to import, 12 to add, 40 to change, 0 to destroy.`, as Terraform words it."""
    counts = plan.summary
    new = imports(plan)
    if not has_changes(plan):
        return NOTHING_TO_DO if any(map(is_held_back, plan.actions)) else NO_CHANGES
    imported = f"{new} to import, " if new else ""
    changes = f"{counts.create} to add, {counts.update} to change, {counts.delete} to destroy"
    return f"Plan: {imported}{changes}."


def second_line(plan: Plan) -> str:
    """What else the plan says: `Unchanged: 1,204. Remapped: 31. …` on a line of its own."""
    counts = plan.summary
    return (
        f"Unchanged: {counts.skip:,}. Remapped: {_differing(plan):,}. "
        f"Blocked: {counts.blocked:,}. API calls: about {counts.calls:,}."
    )


def applied_line(
    *, imported: int, added: int, changed: int, destroyed: int, is_complete: bool
) -> str:
    """`Apply complete! Resources: 1 imported, 12 added, …`, as Terraform words it."""
    opening = "Apply complete! Resources" if is_complete else "Apply incomplete. Resources"
    first = f"{imported} imported, " if imported else ""
    return f"{opening}: {first}{added} added, {changed} changed, {destroyed} destroyed."


def _differing(plan: Plan) -> int:
    """Pairs of ids that differ; parts may be listed with equal ones, since apply has to know."""
    return sum(remap.source_id != remap.destination_id for remap in plan.remaps)
