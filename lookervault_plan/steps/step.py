"""What a plan's action is carried out as: steps, and what each waits for. Values only."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from lookervault_plan.content.node import Json, Node, Ref
from lookervault_plan.content.table.kinds import Probe

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


class Adopted(msgspec.Struct, frozen=True):
    """A part that came with a create: the reply lists it at `path`.

    Of several, `first` names the flag that says which; else the first one is meant.
    """

    source: Ref
    path: str
    first: str | None = None


class Sought(msgspec.Struct, frozen=True):
    """A part that a read finds: the one whose `by` is the destination id of `owner`."""

    source: Ref
    by: str
    owner: Ref
    #: of several for one owner, the one that holds these values
    like: Mapping[str, Json] = {}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One request, a function of plan and backup alone; ids are put in when it is sent.

    Source ids stand for everything: `Ref("dashboard_layout", "310")` is what became of that
    layout of the backup, `Ref("query", key)` the query with that content. What `needs` names must
    have succeeded, what `after` names must be over. Those that are not among an action's steps
    were finished before, or cost no call.
    """

    #: `dashboard:42#create`, `dashboard:42/dashboard_element:7#create`, `query:<key>#create`
    id: str
    kind: str
    operation: Literal["create", "update", "delete", "find", "fix"]
    method: Method
    #: `{0}` is the destination id of `target`, or that of `live` itself; `{1}` that of `live`
    path: str
    target: Ref | None = None
    query: Mapping[str, str] = {}
    body: Mapping[str, Json] | None = None
    #: path in the body -> whose destination id goes there
    slots: Mapping[str, Ref] = {}
    #: paths in the body of text whose links follow the remaps
    links: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    #: belongs to the session: the first action to need it brings it, the others wait
    shared: bool = False
    #: may be sent again without harm
    idempotent: bool = True
    #: what it writes, as the backup calls it; None for a delete of something live
    source: Ref | None = None
    #: the reply names the id of `source`
    reveals: bool = False
    adopts: tuple[Adopted, ...] = ()
    #: the value at this path of `body` is all that is sent: a list
    sends: str | None = None
    #: path in the reply -> what the backup calls the item that came along
    brings: Mapping[str, Ref] = {}
    seeks: tuple[Sought, ...] = ()
    #: to be compared with what a reply showed of it: only what differs is sent, if anything
    wanted: Node | None = None
    #: not needed where the reply to the target's create showed this field to be set
    apart: str | None = None
    #: the read that precedes it may have found it
    unless_found: bool = False
    #: of a read: the step that deletes what it shows and nobody sought
    rest: str | None = None
    probe: Probe | None = None
    #: ids under the parent before the session began: none of them is this step's
    known_ids: tuple[str, ...] = ()
    #: the live part it overwrites or deletes, for the before-image
    live: Ref | None = None
