"""List what became of each item, for `--report`."""

from collections.abc import Mapping

from lookervault_plan.plan_file import Blocked, Plan, Skip, reason_of
from lookervault_plan.render.apply.report import ApplyReport, ItemReport, Result
from lookervault_plan.render.outcome import Outcome, not_stored_lines, unlinked_lines
from lookervault_plan.state.rows import ACTION
from lookervault_plan.state.store import State

_RESULTS: Mapping[str, Result] = {"done": "done", "failed": "failed", "skipped": "done"}


def report_of(plan: Plan, outcome: Outcome, state: State) -> ApplyReport:
    """Report every item that the plan writes or blocks, with its result and the reason."""
    steps = state.steps(outcome.session)
    ended = {step.step: step.outcome for step in steps if step.kind == ACTION}
    letters = {letter.address: letter for letter in state.dead_letters(outcome.session)}
    stale = set(outcome.stale)
    items: list[ItemReport] = []
    for action in plan.actions:
        if isinstance(action, Skip):
            continue
        letter = letters.get(action.address)
        result: Result = _RESULTS.get(ended.get(action.address) or "", "left over")
        if isinstance(action, Blocked):
            result = "blocked"
        elif action.address in stale:
            result = "stale"
        elif letter is not None and letter.error_type == "DependencyError":
            result = "not tried"
        items.append(
            ItemReport(
                address=action.address,
                action=action.verb,
                name=action.name,
                path=action.path,
                result=result,
                reason=letter.error_message if letter else reason_of(action) or "",
            )
        )
    return ApplyReport(
        session=outcome.session,
        plan_id=plan.plan_id,
        backup=plan.source.backup,
        destination=plan.destination.instance,
        added=outcome.added,
        changed=outcome.changed,
        destroyed=outcome.destroyed,
        imported=outcome.imported,
        is_complete=not outcome.is_incomplete,
        calls=outcome.calls,
        items=tuple(items),
        not_stored=tuple(not_stored_lines(outcome)),
        unlinked=tuple(unlinked_lines(outcome)),
    )
