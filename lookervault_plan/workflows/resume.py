"""`resume`: find the session to go on with, and its plan."""

import shlex
from collections.abc import Iterable, Mapping
from typing import cast

from lookervault_plan.errors import failure, refusal
from lookervault_plan.plan_file import Plan, decode
from lookervault_plan.state.rows import Session
from lookervault_plan.state.store import State

#: Key of the command in `Session.config`, beside the planning options.
SCOPE = "scope"
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
            f"there are no sessions in {state.name}",
            fix="`lookervault-plan apply` starts one; use --state for another state",
        )
    check_not_lost(session)
    if session.status == "completed":
        raise refusal(
            "session.completed",
            f"session {session.id} is complete: there is nothing to resume",
            fix="`lookervault-plan plan` shows what is left to do",
        )
    return session


def check_not_lost(session: Session) -> None:
    """Raise PlanError if the last steps of a session are missing in this copy of the state."""
    if session.status == "lost":
        raise failure(
            "session.lost",
            f"session {session.id} can't be gone on with from here: plan again",
            detail="its run ended without a word, and its last steps are not in the state",
            fix="`lookervault-plan plan` and apply that: what is half built is completed, nothing "
            "is made twice. In the folder where it ran, `lookervault-plan resume` works until then",
        )


def session_of(state: State, id_: str) -> Session:
    """Return the session of that id. Raise PlanError if the state has none."""
    session = state.session(id_)
    if session is None:
        raise failure(
            "state.no-session",
            f"session {id_} does not exist in {state.name}",
            fix="`lookervault-plan status` lists the sessions",
        )
    return session


def session_of_scope(state: State, asked: Mapping[str, object]) -> Session | None:
    """Return the latest session that can be gone on with; None if there is none.

    `asked` are the planning options and the scope of this run. Raise PlanError if the session was
    begun with others: its plan is settled, and they would be ignored.
    """
    session = next((one for one in state.sessions() if one.status in _RESUMABLE), None)
    if session is None:
        return None
    differing = [name for name, value in asked.items() if session.config.get(name) != value]
    if differing:
        own = {name: value for name, value in session.config.items() if name != SCOPE}
        scope = session.config.get(SCOPE, "apply")
        raise failure(
            "usage",
            f"session {session.id} was not begun with {_in_words(asked, differing)}",
            detail=f"it was begun by `{scope}`" + (f" with {_in_words(own, own)}" if own else ""),
            fix=f"`lookervault-plan resume {session.id}` goes on with it as it was begun; "
            "without --resume another session is started",
        )
    return session


def check_begun(state: State, plan: Plan) -> None:
    """Refuse a plan while a session of another plan can be gone on with.

    A plan that no session has begun is no error if nothing else was begun either: apply begins it.
    """
    if state.sessions(plan_id=plan.plan_id):
        return
    other = next((one for one in state.sessions() if one.status in _RESUMABLE), None)
    if other is None:
        return
    raise refusal(
        "session.other-plan",
        f"this plan has no session in {state.name}",
        detail=f"the latest session, {other.id}, belongs to another plan",
        fix=f"apply it without --resume, or `lookervault-plan resume {other.id}` what was begun",
    )


def _in_words(options: Mapping[str, object], names: Iterable[str]) -> str:
    """Write options as they are typed: `--select "a"`; a flag without its value."""
    words: list[str] = []
    for name in names:
        value = options[name]
        if name == SCOPE:
            words.append(f"`{value}`")
        elif value is True:
            words.append(name)
        else:
            values = cast("list[object]", value) if isinstance(value, list) else [value]
            words += [f"{name} {shlex.quote(str(each))}" for each in values]
    return ", ".join(words)


def plan_of(state: State, session: Session) -> Plan:
    """Return the plan that the session carries out, as the state keeps it."""
    return decode(state.session_plan(session.id), name=f"the plan of session {session.id}")
