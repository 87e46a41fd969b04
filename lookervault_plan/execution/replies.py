"""Interpret Looker's answers, and missing answers."""

import enum
from collections.abc import Mapping

from lookervault_plan.content.node import Json, LiveId, Raw, parse_json
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import PlanError
from lookervault_plan.looker.decode import decoded
from lookervault_plan.looker.errors import ApiError, ConnectionFailed, UnreadableReply
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.steps.step import (
    CreateQueryStep,
    CreateStep,
    DeleteLeftoversStep,
    DeleteStep,
    FindStep,
    ReplaceListStep,
    ResendFieldStep,
    Step,
)

RequestError = ApiError | ConnectionFailed | PlanError


class Aftermath(enum.Enum):
    """Whether Looker may still carry out a request that failed."""

    OVER = "over"  # Looker itself has answered
    BROKEN = "broken"  # the connection broke, here or behind a gateway
    LATE = "late"  # nobody answered in time


_NO_CONTENT = 204

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
        case UnreadableReply():  # a proxy's, or Looker's own, cut off
            return Aftermath.BROKEN
        case PlanError():
            return Aftermath.OVER


def checked_json(step: Step, reply: Reply, target: LiveId | None) -> Json:
    """Return the JSON of a reply that is what Looker answers to such a step; None for a delete.

    `target` is the id of the object that the request was about; None if it made a new one. Raises
    UnreadableReply for anything else, such as a proxy's login page: the reply is lost then.
    """
    match step:
        case DeleteStep() | DeleteLeftoversStep():
            _check_no_content(reply)
            return None
        case FindStep() | ReplaceListStep():
            return listed_objects(reply)
        case _:
            return _object(step, reply, target)


def reply_field(step: Step) -> str:
    """Name the field that the reply to a create or an update holds.

    The reply to a membership is its target. That to a field sent once more is the field's value.
    """
    row = KINDS[step.kind]
    if isinstance(step, ResendFieldStep):
        return next(each.reply_field for each in row.item.follow_ups if each.field == step.field)
    return KINDS[row.target_kind or row.name].id_field


def listed_objects(reply: Reply, list_path: str | None = None) -> list[Raw]:
    """Return the objects of a list, or of the list at `list_path` of an object.

    Raises UnreadableReply if it is anything else: nothing can be said to be absent then.
    """
    reply_json = json_of(reply)
    if list_path and isinstance(reply_json, Mapping):
        reply_json = reply_json.get(list_path)
    if not isinstance(reply_json, (list, tuple)):
        raise reply.unreadable(ValueError("it is no list"))
    objects = [entry for entry in reply_json if isinstance(entry, Mapping)]
    if len(objects) < len(reply_json):
        raise reply.unreadable(ValueError("it lists things that are no objects"))
    return objects


def _object(step: Step, reply: Reply, target: LiveId | None) -> Json:
    reply_json, field = json_of(reply), reply_field(step)
    if not isinstance(reply_json, Mapping):
        raise reply.unreadable(ValueError("it is no object"))
    named = reply_json.get(field)
    if not named:
        raise reply.unreadable(ValueError(f"it names no {field}"))
    is_renamed = field in (step.request.body or {})
    if target is not None and str(named) != target and not is_renamed:
        raise reply.unreadable(ValueError(f"it is about another object, {field} {named}"))
    return reply_json


def _check_no_content(reply: Reply) -> None:
    """Take 204, or a text, as Looker's API describes. A delete can be sent again in any other case.

    A proxy may answer with a page or with an empty body.
    """
    text = reply.body.strip()
    is_page = "html" in reply.headers.get("content-type", "") or text.startswith(b"<")
    is_text = text not in {b"", b"null"} and not text.startswith((b"{", b"["))
    if reply.status != _NO_CONTENT and (is_page or not is_text):
        raise reply.unreadable(ValueError("it is not the answer to a delete"))


def reveals_id(step: Step) -> bool:
    """Whether the reply to the step names the id of a new object."""
    return isinstance(step, CreateQueryStep) or (isinstance(step, CreateStep) and step.reveals_id)


def json_of(reply: Reply) -> Json:
    """Decode a reply. Raises UnreadableReply."""
    return decoded(reply, parse_json)


def status_of(error: object) -> int | None:
    return error.status if isinstance(error, ApiError) else None
