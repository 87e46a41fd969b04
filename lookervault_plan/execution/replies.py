"""Interpret Looker's answers, and missing answers."""

import enum
from collections.abc import Mapping

import msgspec

from lookervault_plan.content.node import Json, parse_json
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import PlanError
from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.steps.step import CreateQueryStep, CreateStep, FindStep, Step

RequestError = ApiError | ConnectionFailed | PlanError


class Aftermath(enum.Enum):
    """Whether Looker may still carry out a request that failed."""

    OVER = "over"  # Looker itself has answered
    BROKEN = "broken"  # the connection broke, here or behind a gateway
    LATE = "late"  # nobody answered in time


#: answers of a proxy that does not know whether Looker carried the request out
_STATUSES: Mapping[int, Aftermath] = {
    408: Aftermath.LATE,
    502: Aftermath.BROKEN,
    504: Aftermath.LATE,
}


def aftermath(error: RequestError) -> Aftermath:
    """Tell whether Looker may still carry out the request."""
    match error:
        case ApiError():
            return _STATUSES.get(error.status, Aftermath.OVER)
        case ConnectionFailed():
            return Aftermath.LATE if error.kind == "timeout" else Aftermath.BROKEN
        case PlanError():
            return Aftermath.OVER


def needed_json(step: Step, reply: Reply) -> Json:
    """Return the reply's JSON if the step needs it, else None.

    Raises UnreadableReply if it is no JSON, or names no id though it must.
    """
    names_id = reveals_id(step)
    if not (names_id or isinstance(step, FindStep)):
        return None
    reply_json = json_of(reply)
    if names_id and not (
        isinstance(reply_json, Mapping) and reply_json.get(KINDS[step.kind].id_field)
    ):
        raise reply.unreadable(ValueError("it names no id"))
    return reply_json


def reveals_id(step: Step) -> bool:
    """Whether the reply to the step names the id of a new object."""
    return isinstance(step, CreateQueryStep) or (isinstance(step, CreateStep) and step.reveals_id)


def json_of(reply: Reply) -> Json:
    try:
        return parse_json(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise reply.unreadable(error) from error


def status_of(error: object) -> int | None:
    return error.status if isinstance(error, ApiError) else None
