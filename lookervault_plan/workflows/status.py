"""`status`: how far sessions are."""

import socket
from collections import Counter
from pathlib import Path

from lookervault_plan.render.apply.progress import TypeProgress
from lookervault_plan.render.outcome import SessionProgress
from lookervault_plan.state.rows import Session
from lookervault_plan.state.store import State
from lookervault_plan.workflows.resume import plan_of, session_of


def session_progress(state: State, id_: str | None = None) -> list[SessionProgress]:
    """Return all sessions, the latest first; or one, with the numbers of each content type.

    Raise PlanError for an unknown id.
    """
    if id_ is None:
        return [_progress(state, session) for session in state.sessions()]
    return [_progress(state, session_of(state, id_), in_full=True)]


def _progress(state: State, session: Session, *, in_full: bool = False) -> SessionProgress:
    was_killed = session.status == "running" and not state.is_running(
        session.destination_instance, host=socket.gethostname()
    )
    status = "killed" if was_killed else session.status
    return SessionProgress(
        session=session.id,
        status=status,
        destination=session.destination_instance,
        backup=Path(session.backup_path).name,
        plan_id=session.plan_id,
        started_at=session.started_at,
        ended_at=session.completed_at,
        types=_types(state, session) if in_full else _total(session),
        dead_letters=state.count_dead_letters(session.id),
        can_resume=status in {"killed", "interrupted", "failed"},
    )


def _types(state: State, session: Session) -> tuple[TypeProgress, ...]:
    totals = Counter(action.type for action in plan_of(state, session).writing)
    done = {one.type: (one.item_count, one.error_count) for one in state.checkpoints(session.id)}
    return tuple(
        TypeProgress(
            type=type_,
            done=done.get(type_, (0, 0))[0],
            failed=done.get(type_, (0, 0))[1],
            total=total,
        )
        for type_, total in totals.items()
    )


def _total(session: Session) -> tuple[TypeProgress, ...]:
    """Sum up all types in one line, without decoding the plan of each session."""
    return (
        TypeProgress(
            type="all",
            done=session.success_count,
            failed=session.error_count,
            total=session.total_items,
        ),
    )
