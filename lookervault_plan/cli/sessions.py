"""Sessions as the state knows them, for `status`; and the one that `resume` goes on with."""

import os
import socket
import sys
from collections import Counter
from pathlib import Path

from lookervault_plan.errors import failure, refusal
from lookervault_plan.plan_file import Plan, decode
from lookervault_plan.render.apply.progress import TypeProgress
from lookervault_plan.render.outcome import SessionStatus
from lookervault_plan.state.rows import Session
from lookervault_plan.state.store import State, open_state

#: sessions with something left to begin
_BEGUN = frozenset({"running", "interrupted", "failed"})


def statuses(state: State, id_: str | None = None) -> list[SessionStatus]:
    """All sessions, the latest first; or one, with its types. Raises PlanError if it is unknown."""
    if id_ is None:
        return [_status(state, session) for session in state.sessions()]
    return [_status(state, known(state, id_), in_full=True)]


def known(state: State, id_: str) -> Session:
    """The session of that id."""
    session = state.session(id_)
    if session is None:
        raise failure(
            "state.no-session",
            f"the state {state.path} knows no session {id_}",
            fix="`lookervault-plan status` lists the sessions",
        )
    return session


def to_resume(state: State, id_: str | None) -> Session:
    """The session asked for, or the latest; raises if there is nothing to go on with."""
    every = state.sessions() if id_ is None else [known(state, id_)]
    begun = (one for one in every if one.status in _BEGUN)
    session = next(begun, None) or next(iter(every), None)
    if session is None:
        raise failure(
            "state.no-session",
            f"the state {state.path} knows no session yet",
            fix="`lookervault-plan apply` starts one; another state is named with --state",
        )
    if session.status == "completed":
        raise refusal(
            "session.completed",
            f"session {session.id} is complete: there is nothing to go on with",
            fix="`lookervault-plan plan` shows what is left to do",
        )
    return session


def check_begun(path: Path, plan: Plan) -> None:
    """Refuse to go on with a plan that no session has begun."""
    with open_state(path, readonly=True) as state:
        if state.sessions(plan_id=plan.plan_id):
            return
        others = state.sessions()
    raise refusal(
        "session.other-plan" if others else "state.no-session",
        f"no session of {path} has begun this plan",
        detail=f"the latest, {others[0].id}, carries out another plan" if others else "",
        fix="apply it without --resume, or `lookervault-plan resume` what was begun",
    )


def plan_of(state: State, session: Session) -> Plan:
    """The plan that the session carries out."""
    return decode(state.session_plan(session.id), name=f"the plan of session {session.id}")


def _status(state: State, session: Session, *, in_full: bool = False) -> SessionStatus:
    was_killed = session.status == "running" and not _is_held(state, session)
    status = "killed" if was_killed else session.status
    return SessionStatus(
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
    """One line for all types: the plan of each session is not read for a list."""
    return (
        TypeProgress(
            type="all",
            done=session.success_count,
            failed=session.error_count,
            total=session.total_items,
        ),
    )


def _is_held(state: State, session: Session) -> bool:
    lock = state.lock(session.destination_instance)
    if lock is None:
        return False
    if lock.host != socket.gethostname() or sys.platform == "win32":
        return True  # can't be seen from here
    try:
        os.kill(lock.pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
