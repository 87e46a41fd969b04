"""Decide the exit code of a run. The codes themselves are `errors.Exit`."""

from lookervault_plan.errors import Exit, PlanError
from lookervault_plan.plan_file import Plan
from lookervault_plan.render.outcome import Outcome


def of_error(error: BaseException) -> Exit:
    """Return the code of an error's own type: 4 if refused, 130 if interrupted, else 1."""
    if isinstance(error, PlanError):
        return error.exit_code
    return Exit.INTERRUPTED if isinstance(error, KeyboardInterrupt) else Exit.ERROR


def of_plan(plan: Plan, *, is_detailed: bool) -> Exit:
    """Return 2 with --detailed-exitcode if the plan has changes, else 0."""
    return Exit.CHANGES if is_detailed and plan.changes_anything else Exit.OK


def of_apply(outcome: Outcome, *, dlq_ok: bool, failures_are_ok: bool = False) -> Exit:
    """Return 3 if items are left over, or if any failed and --dlq-ok was not given, else 0.

    With `failures_are_ok` only what was blocked counts: LookerVault's restore exits with 0 if all
    that failed is in the dead letter queue.
    """
    if outcome.left:
        return Exit.INCOMPLETE
    has_failures = bool(outcome.blocked) if failures_are_ok else outcome.is_incomplete
    return of_failures(has_failures, dlq_ok=dlq_ok)


def of_failures(has_failures: bool, *, dlq_ok: bool) -> Exit:  # noqa: FBT001
    """Return 3 if items failed, were blocked or were stale, unless --dlq-ok was given."""
    return Exit.INCOMPLETE if has_failures and not dlq_ok else Exit.OK
