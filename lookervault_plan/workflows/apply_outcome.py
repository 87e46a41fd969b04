"""Sum up what a session came to."""

from collections.abc import Collection, Iterator
from typing import NamedTuple, cast

import msgspec

from lookervault_plan.content.node import Address, Json
from lookervault_plan.content.redact import without_secrets_at
from lookervault_plan.content.table.kinds import singular
from lookervault_plan.execution.engine import RunResult
from lookervault_plan.plan_file import Blocked, Create, Delete, Plan, Update, parts_of
from lookervault_plan.render.outcome import BlockedItem, ContentCheck, Outcome
from lookervault_plan.state.rows import Session, SessionStatus
from lookervault_plan.steps.read_back import FieldNotStored
from lookervault_plan.workflows.preconditions import PlanWithoutStale


class ApplyResult(NamedTuple):
    """The outcome of a session, and the error that stopped it, if one did."""

    outcome: Outcome
    #: To be raised once the outcome is shown.
    error: Exception | None


def status_of(plan: Plan, result: RunResult, stale: Collection[Address]) -> SessionStatus:
    """Decide the status that the state records for the session."""
    if result.error is not None:
        return "failed"
    if result.left:
        return "interrupted"
    is_complete = result.is_complete and not plan.summary.blocked and not stale
    return "completed" if is_complete else "incomplete"


def outcome_of(
    plan: Plan,
    session: Session,
    result: RunResult,
    *,
    calls: int,
    dead_letters: int,
    not_stored: tuple[FieldNotStored, ...],
    stale: PlanWithoutStale,
    content_check: ContentCheck | None = None,
) -> Outcome:
    """Count what was done and what was not. Secrets in values that were not taken are hidden."""
    done = [action for action in plan.writing if result.outcomes.get(action.address) == "done"]
    return Outcome(
        session=session.id,
        imported=plan.summary.remap,
        added=sum(isinstance(action, Create) for action in done),
        changed=sum(isinstance(action, Update) for action in done),
        destroyed=sum(isinstance(action, Delete) for action in done),
        failed=result.count("failed"),
        blocked=plan.summary.blocked,
        not_tried=result.count("not tried"),
        left=len(result.left),
        calls=calls,
        dlq_is_full=result.dlq_is_full,
        dead_letters=dead_letters,
        stale=tuple(sorted(stale.addresses)),
        stale_details=stale.details,
        not_stored=tuple(
            msgspec.structs.replace(
                each,
                sent=without_secrets_at(each.path, cast("Json", each.sent)),
                got=without_secrets_at(each.path, cast("Json", each.got)),
            )
            for each in not_stored
        ),
        blocked_items=tuple(_blocked_items(plan)),
        content_check=content_check,
        unlinked={str(address): ends for address, ends in result.unlinked.items()},
    )


def _blocked_items(plan: Plan) -> Iterator[BlockedItem]:
    reasons = {
        each.address: each
        for each in reversed(plan.diagnostics)
        if each.address is not None and each.severity == "error"
    }
    for action in plan.actions:
        if isinstance(action, Blocked):
            said = reasons.get(action.address)
            why = said.summary if said else action.reason
            fix = said.fix if said else ""
            yield BlockedItem(address=action.address, name=action.name, why=why, fix=fix)
        for name, parts in parts_of(action).items():
            for part in parts.blocked:
                noun = singular(name)
                title = part.title or part.key or ""
                yield BlockedItem(
                    address=action.address,
                    name=action.name,
                    part=f'{noun} "{title}"',
                    why=part.reason or "blocked",
                )
