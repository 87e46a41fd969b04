"""`dlq`: find dead letters, and make the request to plan their items anew."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import msgspec
from msgspec import UNSET

from lookervault_plan.content.node import Json, Ref, SourceRef
from lookervault_plan.content.redact import without_secrets
from lookervault_plan.errors import failure, refusal
from lookervault_plan.plan_file import (
    Action,
    Change,
    Parts,
    Plan,
    Update,
    decode,
    destination_id_of,
    parts_of,
    reason_of,
)
from lookervault_plan.render.dead_letters import DeadLetterDetails, DeadLetterRow
from lookervault_plan.selectors.choose import Choice
from lookervault_plan.state.findings import Answers
from lookervault_plan.state.rows import DeadLetter, Session
from lookervault_plan.state.store import State
from lookervault_plan.workflows.earlier_remaps import remaps_of
from lookervault_plan.workflows.plan import PlanRequest

_NAME_FIELDS = ("title", "name", "display_name", "email")


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """Dead letters to retry: items of one backup for one destination."""

    letters: tuple[DeadLetter, ...]
    #: The latest session of the letters. Its backup, destination and options are used again.
    session: Session
    #: The plans of their sessions, the latest first.
    reviewed: tuple[Plan, ...]

    @property
    def refs(self) -> frozenset[SourceRef]:
        return frozenset(Ref(letter.type, letter.id) for letter in self.letters)


def find_letters(
    state: State, numbers: Sequence[int] = (), session: str | None = None
) -> list[DeadLetter]:
    """Return the letters of these numbers, or all. Raise PlanError for an unknown number."""
    if session is not None and state.session(session) is None:
        raise failure(
            "state.no-session",
            f"session {session} does not exist in {state.name}",
            fix="`lookervault-plan status` lists the sessions",
        )
    found = state.dead_letters(session)
    if not numbers:
        return found
    by_number = {letter.number: letter for letter in found}
    if unknown := [number for number in numbers if number not in by_number]:
        raise failure(
            "dlq.unknown",
            f"no such dead letter: {', '.join(map(str, unknown))}",
            fix="`lookervault-plan dlq list` lists them",
        )
    return [by_number[number] for number in dict.fromkeys(numbers)]


def row_of(letter: DeadLetter) -> DeadLetterRow:
    """Return what a list shows of a letter."""
    return DeadLetterRow(**_columns(letter))  # pyright: ignore[reportArgumentType]


def details_of(letter: DeadLetter) -> DeadLetterDetails:
    """Return all of a letter, with payload and stack trace. Secrets are hidden."""
    return DeadLetterDetails(
        **_columns(letter),  # pyright: ignore[reportArgumentType]
        also_failed=msgspec.convert(letter.metadata.get("also_failed", {}), dict[str, str]),
        stack_trace=letter.stack_trace,
        sent=without_secrets(cast("Json", letter.metadata.get("sent"))),
        content_data=without_secrets(_payload(letter)),
    )


def letters_to_retry(
    state: State, numbers: Sequence[int] = (), session: str | None = None
) -> Retry:
    """Return the letters to retry, with the letters of items that depend on each other.

    Raise PlanError if the queue is empty, or if the letters are of several backups or destinations.
    """
    letters = _together(find_letters(state, numbers, session), state.dead_letters())
    if not letters:
        raise failure(
            "dlq.empty",
            "nothing to retry: the dead letter queue is empty",
            fix="`lookervault-plan plan` shows whether anything is left to do",
        )
    ids = {letter.session for letter in letters}
    sessions = [one for one in state.sessions() if one.id in ids]
    kinds = {(one.fingerprint, one.source, one.destination_instance) for one in sessions}
    if not sessions or len(kinds) > 1:
        raise failure(
            "dlq.several",
            "these items belong to several backups or destinations",
            detail=", ".join(sorted(ids)),
            fix="retry one session at a time: `lookervault-plan dlq retry --session ID`",
        )
    plans = tuple(
        decode(state.session_plan(one.id), name=f"the plan of session {one.id}") for one in sessions
    )
    return Retry(letters=tuple(letters), session=sessions[0], reviewed=plans)


def request_of_retry(
    retry: Retry, *, created_at: str, tool_version: str, allow: Iterable[str] = ()
) -> PlanRequest:
    """Make the request for a plan of these items, with the options of the reviewed plan.

    Entries of its `remaps.yml` come from the plan. Ids matched then come from the state.
    """
    plan = retry.reviewed[0]
    allowed = {
        name
        for guard in plan.guards
        if guard.allowed
        for name in (
            [f"{guard.name}:{kind}" for kind in guard.kinds] if guard.kinds else [guard.name]
        )
    }
    return PlanRequest(
        created_at=created_at,
        tool_version=tool_version,
        environment=plan.environment,
        findings={
            plan.destination.instance: Answers(
                looker_version="", at="", answers=plan.options.findings
            )
        },
        source_instance=plan.source.instance,
        options=plan.options,
        choice=Choice(select=tuple(sorted(ref.address for ref in retry.refs))),
        allow=tuple(sorted(allowed | set(allow))),
        remaps=remaps_of(plan.options.renames, plan.remaps),
        only=retry.refs,
    )


def changed_since_review(retry: Retry, plan: Plan) -> tuple[str, ...]:
    """Return the addresses whose action differs from the reviewed plan."""
    reviewed: dict[str, Action] = {}
    for one in reversed(retry.reviewed):
        reviewed.update((action.address, action) for action in one.actions)
    return tuple(
        action.address
        for action in plan.actions
        if reason_of(action) != "unchanged" and _core(action) != _core(reviewed.get(action.address))
    )


def check_backup_of(retry: Retry, fingerprint: str) -> None:
    """Refuse another backup than the one the letters come from."""
    if fingerprint != retry.session.fingerprint:
        raise refusal(
            "plan.backup",
            "this is not the backup that the dead letters come from, or it has changed since",
            detail=f"it was {retry.session.backup_path}",
            fix="pass the right one with --db-path, or plan anew with this one",
        )


def check_destination_of(retry: Retry, destination: str) -> None:
    """Refuse another destination than the one the letters are for."""
    wanted = retry.session.destination_instance
    if destination != wanted:
        raise refusal(
            "plan.destination",
            f"the dead letters are for {wanted}, but the connection leads to {destination}",
            fix="use the connection settings the plan was applied with",
        )


def discard_unchanged(state: State, retry: Retry, plan: Plan) -> int:
    """Discard letters of items that the plan leaves unchanged. Return the number of letters."""
    unchanged = {action.address for action in plan.actions if reason_of(action) == "unchanged"}
    return state.discard(one.number for one in retry.letters if one.address in unchanged)


def _together(chosen: Sequence[DeadLetter], every: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Add the letters that caused a chosen one, and those that a chosen one caused."""
    wanted = {(letter.session, letter.address) for letter in chosen}
    size = 0
    while size != len(wanted):
        size = len(wanted)
        for letter in every:
            if not letter.cause:
                continue
            own, cause = (letter.session, letter.address), (letter.session, letter.cause)
            if own in wanted or cause in wanted:
                wanted |= {own, cause}
    return [letter for letter in every if (letter.session, letter.address) in wanted]


def _core(action: Action | None) -> object:
    """Return the content of an action that a reviewer agreed to."""
    if action is None:
        return None
    parts = {name: _core_of_parts(parts) for name, parts in parts_of(action).items()}
    return (
        action.verb,
        destination_id_of(action),
        # The content of a new item is that of the backup, and its digest.
        _without_names(action.changes) if isinstance(action, Update) else (),
        {name: core for name, core in parts.items() if any(core)},
    )


def _core_of_parts(parts: Parts) -> tuple[object, ...]:
    return (
        [part.key for part in parts.create],
        [(part.live_id, _without_names(part.changes)) for part in parts.update],
        [part.live_id for part in parts.delete],
    )


def _without_names(changes: Iterable[Change]) -> list[Change]:
    return [msgspec.structs.replace(each, before_name=UNSET, after_name=UNSET) for each in changes]


def _columns(letter: DeadLetter) -> dict[str, object]:
    payload = _payload(letter)
    fields: Mapping[str, Json] = payload if isinstance(payload, Mapping) else {}
    return {
        "id": letter.number,
        "session_id": letter.session,
        "address": letter.address,
        "content_id": letter.id,
        "content_type": letter.type,
        "name": next((str(fields[key]) for key in _NAME_FIELDS if fields.get(key)), ""),
        "error_message": letter.error_message,
        "error_type": letter.error_type,
        "http_status": letter.http_status,
        "retry_count": letter.retry_count,
        "failed_at": letter.failed_at,
        "step": letter.step,
        "cause": letter.cause,
    }


def _payload(letter: DeadLetter) -> Json:
    """Decode a payload; bytes that are no JSON, from a corrupt item, are shown in base 64."""
    try:
        return cast("Json", msgspec.json.decode(letter.data))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {"base64": b64encode(letter.data).decode()}
