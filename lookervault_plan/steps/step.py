"""Steps: the requests that carry out an action, as values. One type for each thing a step does.

A step is a function of plan and backup alone: destination ids are put in when it is sent. Until
then source ids stand for everything: `Ref("dashboard_layout", "310")` is the layout that comes of
that layout of the backup, and `Ref("query", key)` the query with that content.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from lookervault_plan.content.node import DesiredNode, Json, LiveId, LiveRef, SourceRef
from lookervault_plan.content.table.kinds import Probe
from lookervault_plan.steps.step_id import StepId

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


class RequestTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A request with gaps for destination ids."""

    method: Method
    #: `{0}` stands for the destination id of `target`
    path: str
    target: SourceRef | None = None
    #: a value of `{0}` stands for the destination id of `target`
    query: Mapping[str, str] = {}
    body: Mapping[str, Json] | None = None
    #: path in the body -> reference whose destination id goes there
    slots: Mapping[str, SourceRef] = {}
    #: paths in the body of texts whose links are rewritten for the destination
    links: tuple[str, ...] = ()
    #: path in the body of the list that is sent alone; None sends the whole body
    list_path: str | None = None


class PartInReply(msgspec.Struct, frozen=True):
    """A part that Looker makes with its item: the reply to the create lists it at `path`."""

    source: SourceRef
    path: str
    #: flag that marks the part among several; None takes the first
    flag: str | None = None


class PartOfOwner(msgspec.Struct, frozen=True):
    """A part that Looker makes with another part, its owner; a list shows it afterwards."""

    source: SourceRef
    #: field of the listed part that holds the owner's destination id
    owner_field: str
    owner: SourceRef
    #: values that tell it from other parts of the same owner
    values: Mapping[str, Json] = {}


class _Step(msgspec.Struct, frozen=True, kw_only=True):
    """A request with its place in the order.

    Ids in `needs` and `after` outside of this action are already satisfied.
    """

    id: StepId
    #: kind of the item or part that the request is about
    kind: str
    request: RequestTemplate
    #: steps that must have succeeded before this one
    needs: tuple[StepId, ...] = ()
    #: steps that must be over before this one, whether they succeeded or not
    after: tuple[StepId, ...] = ()


class CreateStep(_Step, frozen=True, kw_only=True):
    """Create an item or a part."""

    source: SourceRef
    #: True if sending it twice makes nothing twice
    is_repeatable: bool = False
    #: False for a membership: its reply names no id
    reveals_id: bool = True
    adopts: tuple[PartInReply, ...] = ()
    #: path in the reply -> item that Looker makes with this one (a personal folder)
    also_created: Mapping[str, SourceRef] = {}
    #: how to find the object if the reply is lost; None if that is impossible
    probe: Probe | None = None
    #: live parts that existed before the session: a probe never takes one for its own
    known_ids: tuple[LiveId, ...] = ()
    #: True: send nothing if a preceding `FindStep` has found the part
    skip_if_found: bool = False


class CreateQueryStep(_Step, frozen=True, kw_only=True):
    """Create a query or merge query, once in a session: the first action to need it sends it."""

    #: kind and content key
    source: SourceRef


class UpdateStep(_Step, frozen=True, kw_only=True):
    """Write fields of an item or a part."""

    source: SourceRef
    #: the live item or part before the write, for its before-image; None for one just created
    live: LiveRef | None = None
    #: node to compare with the object in an earlier reply: only fields that differ are sent;
    #: None sends all
    diff_against: DesiredNode | None = None


class DeferredStep(_Step, frozen=True, kw_only=True):
    """Write the deferred fields of an item or a part."""

    source: SourceRef
    #: as in `UpdateStep`
    diff_against: DesiredNode | None = None


class OrderStep(_Step, frozen=True, kw_only=True):
    """Write the order of parts, once all of them exist."""

    source: SourceRef


class InterimNameStep(_Step, frozen=True, kw_only=True):
    """Give a part an interim name until another part has given up the wanted one."""


class ResendFieldStep(_Step, frozen=True, kw_only=True):
    """Send one field of a new item again, by itself, for versions that ignore it on create."""

    #: skip the step if the reply to the create showed this field to be set
    field: str


class ReplaceListStep(_Step, frozen=True, kw_only=True):
    """Write all parts of one kind as one list of ids."""


class DeleteStep(_Step, frozen=True, kw_only=True):
    """Delete a live item or part."""

    live: LiveRef


class DeleteLeftoversStep(_Step, frozen=True, kw_only=True):
    """Delete each live part that a `FindStep` has listed and that nothing in the backup matches."""


class FindStep(_Step, frozen=True, kw_only=True):
    """List parts that Looker made by itself, to learn their ids."""

    seeks: tuple[PartOfOwner, ...] = ()
    #: the step that deletes the other parts listed; None leaves them
    leftovers: StepId | None = None


#: steps that write something the backup holds
WritingStep: TypeAlias = CreateStep | UpdateStep | DeferredStep | OrderStep
Step: TypeAlias = (
    WritingStep
    | CreateQueryStep
    | InterimNameStep
    | ResendFieldStep
    | ReplaceListStep
    | DeleteStep
    | DeleteLeftoversStep
    | FindStep
)


def is_shared(step: Step) -> bool:
    """Whether the step belongs to the session: other actions may wait for it."""
    return isinstance(step, CreateQueryStep)
