"""What an answer says, or the lack of one."""

import enum
from collections.abc import Mapping

import msgspec

from lookervault_plan.content.node import Json, parse_json
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import PlanError
from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.steps.step import Step

Failed = ApiError | ConnectionFailed | PlanError


class Run(enum.Enum):
    """Whether Looker may still be at work on a request that failed."""

    OVER = "over"
    BROKEN = "broken"  # the connection broke, here or behind a gateway
    LATE = "late"  # nobody answered in time


#: what something in front of Looker answers when it knows no more than we do
_STATUSES: Mapping[int, Run] = {408: Run.LATE, 502: Run.BROKEN, 504: Run.LATE}


def may_run_on(error: Failed) -> Run:
    """Whether the request may still be carried out. An answer of Looker's own ends it."""
    match error:
        case ApiError():
            return _STATUSES.get(error.status, Run.OVER)
        case ConnectionFailed():
            return Run.LATE if error.kind == "timeout" else Run.BROKEN
        case PlanError():
            return Run.OVER


def understood(step: Step, reply: Reply) -> Json:
    """The reply's JSON where a step needs it. Raises UnreadableReply where that is not there."""
    if not (step.seeks or step.rest or step.reveals):
        return None
    shown = json_of(reply)
    if step.reveals and not (isinstance(shown, Mapping) and shown.get(KINDS[step.kind].id_field)):
        raise reply.unreadable(ValueError("it names no id"))
    return shown


def json_of(reply: Reply) -> Json:
    try:
        return parse_json(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise reply.unreadable(error) from error


def status_of(error: object) -> int | None:
    return error.status if isinstance(error, ApiError) else None
