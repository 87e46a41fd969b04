"""Build dead letters: the payload of a failed item and the reason, without secrets.

ItemResults hands them to the journal.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from lookervault_plan.content.node import Address, Raw, Ref
from lookervault_plan.content.redact import is_secret_key, scrub, without_secrets
from lookervault_plan.execution.ports import Failure
from lookervault_plan.state.rows import DeadLetter

#: a key and its value in broken JSON
_VALUE = re.compile(r'("([^"\\]+)"\s*:\s*)"(?:[^"\\]|\\.)*"?')

ErrorType = Literal[
    "ValidationError", "DeserializationError", "DependencyError", "RestorationError"
]

#: code of a diagnostic that blocked an item in the plan -> error type of its letter at apply
BLOCKED_TYPES: Mapping[str, ErrorType] = {
    "backup.corrupt": "DeserializationError",
    "backup.invalid": "ValidationError",
}


def failure_letter(
    session: str, address: Address, raw: Raw | bytes | None, failures: Sequence[Failure], *, at: str
) -> DeadLetter:
    """Return the letter of an item with failed steps; the first failure is given in full."""
    first = failures[0]
    return _letter(
        session,
        address,
        raw,
        at=at,
        error_type="ValidationError" if first.http_status == 422 else "RestorationError",
        message=first.error,
        trace=first.trace,
        attempts=first.attempts,
        http_status=first.http_status,
        step=str(first.step or ""),
        sent=first.sent,
        also_failed={str(one.step or ""): one.error for one in failures[1:]},
    )


def cut_off_letter(
    session: str, address: Address, raw: Raw | bytes | None, cause: str, *, at: str
) -> DeadLetter:
    """Return the letter of an item that was not tried, because `cause`, which it needs, failed."""
    return _letter(
        session,
        address,
        raw,
        at=at,
        error_type="DependencyError",
        message=f"not tried: {cause} failed, and it depends on that",
        cause=cause,
    )


def unreadable_letter(
    session: str,
    address: Address,
    raw: Raw | bytes | None,
    error_type: ErrorType,
    why: str,
    *,
    at: str,
) -> DeadLetter:
    """Return the letter of an item that can't be read from the backup or is not valid."""
    return _letter(session, address, raw, at=at, error_type=error_type, message=why)


def _letter(
    session: str,
    address: Address,
    raw: Raw | bytes | None,
    *,
    at: str,
    error_type: ErrorType,
    message: str,
    trace: str | None = None,
    attempts: int = 1,
    http_status: int | None = None,
    step: str = "",
    cause: str | None = None,
    sent: Raw | None = None,
    also_failed: Mapping[str, str] | None = None,
) -> DeadLetter:
    ref = Ref.parse(address)
    return DeadLetter(
        session=session,
        type=ref.kind,
        id=ref.id,
        data=_data(raw),
        error_message=scrub(message),
        error_type=error_type,
        failed_at=at,
        stack_trace=trace,
        retry_count=max(attempts - 1, 0),
        metadata={
            key: value
            for key, value in (("also_failed", also_failed), ("sent", sent))
            if value is not None and value != {}
        },
        http_status=http_status,
        step=step,
        cause=cause,
    )


def _data(raw: Raw | bytes | None) -> bytes:
    """Return the payload: an item's JSON, or the bytes of the backup that can't be decoded."""
    match raw:
        case None:
            return b"{}"
        case bytes():
            text = raw.decode("utf-8", "backslashreplace")
            clean = scrub(_VALUE.sub(_hidden, text))
            return raw if clean == text else clean.encode()
        case _:
            return msgspec.json.encode(without_secrets(raw))


def _hidden(found: re.Match[str]) -> str:
    """Hide the value behind a secret key in a text that is no JSON."""
    return f'{found[1]}"(sensitive)"' if is_secret_key(found[2]) else found[0]
