"""`resume`: find the session to go on with, and its plan."""

from pathlib import Path

from lookervault_plan.errors import failure, refusal
from lookervault_plan.plan_file import Plan, decode
from lookervault_plan.state.rows import Session
from lookervault_plan.state.store import State, open_state

#: Statuses of sessions with steps left to do.
_RESUMABLE = frozenset({"running", "interrupted", "failed"})


def session_to_resume(state: State, id_: str | None) -> Session:
    """Return the session of that id, else the latest resumable one.

    Raise PlanError if there is none, and Refused if the session is complete.
    """
    every = state.sessions() if id_ is None else [session_of(state, id_)]
    resumable = (one for one in every if one.status in _RESUMABLE)
    session = next(resumable, None) or next(iter(every), None)
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


def session_of(state: State, id_: str) -> Session:
    """Return the session of that id. Raise PlanError if the state has none."""
    session = state.session(id_)
    if session is None:
        raise failure(
            "state.no-session",
            f"the state {state.path} knows no session {id_}",
            fix="`lookervault-plan status` lists the sessions",
        )
    return session


def check_begun(path: Path, plan: Plan) -> None:
    """Refuse a plan that no session of the state at `path` has begun."""
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
    """Return the plan that the session carries out, as the state keeps it."""
    return decode(state.session_plan(session.id), name=f"the plan of session {session.id}")
