"""The plan as a value and as a file.

The file is JSON: a header for people, then one action a line, so that a git diff of two plans
shows the items that differ. `schemas/plan.schema.json` is generated from these types.

What `remaps.yml` says is in the plan, so that apply needs no such file: ids, and folders that are
found by their path, are among `remaps` where something uses them; names (emails, folder paths,
models, explores, connections) are `options.renames`, and the backup's items are renamed as they
are loaded, by plan and apply alike.

Two items may swap a title, which no two may share. Then one of them is written under an `interim`
title first; its own is `deferred` until the other one has given it up.
"""

import hashlib
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal, TypeAlias, cast

import msgspec
from msgspec import UNSET, UnsetType

from lookervault_plan.content.node import Address, Json, LiveId, Raw, SourceId, parse_json
from lookervault_plan.content.redact import scrub_texts
from lookervault_plan.content.rename import NO_RENAMES, Renames
from lookervault_plan.content.repeated_keys import key_count, repeated_key
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS
from lookervault_plan.errors import Diagnostic, PlanError, failure, refusal

#: A reader accepts every minor version of its major version.
FORMAT_VERSION = "1.0"
#: Grows when a normal form changes. Digests of different versions can't be compared.
NORMAL_FORM_VERSION = 2

#: `path` of a reference that is a link in a text: the text keeps it where the target is lost
LINK = "link"
#: `path` of a change or reference that names the filters of a dashboard that a tile listens to
LISTENS_TO = "listens_to"
#: reason of a skip: the selection only brings the item, which is live and managed apart
ONLY_USED = "only used"
#: reason of a skip: only the destination has changed it, and hand edits are kept
HAND_EDITS_KEPT = "hand edits kept"
#: beginning of the reason of a skip that no plan writes; why follows after a comma
BUILT_IN = "built-in"
#: end of such a reason, if the destination lacks the item
NOT_THERE = "not in the destination"
#: start of the reason of a skip: [ignore] of the config file leaves the item alone
NOT_MANAGED = "not managed"
KNOWN_AFTER_APPLY = "(known after apply)"
#: Start of the codes of warnings about what the destination did not show: `unseen.users`.
UNSEEN = "unseen."
#: Code of warnings about what the source did not show to the backup.
BACKUP_UNSEEN = "backup.unseen"


Verb = Literal["create", "update", "skip", "delete", "blocked"]
#: whether schedules and alerts are written as the backup has them, or disabled
Schedules = Literal["keep", "disable"]
#: what becomes of live parts that the backup lacks and that no session of ours made
Surplus = Literal["keep", "remove"]
#: what becomes of hand edits: what the destination alone has changed since the last apply
HandEdits = Literal["revert", "keep", "block"]
#: which side wins where both have changed a value since the last apply
Prefer = Literal["source", "destination"]
#: the side that has changed a value since source and destination last agreed
Origin = Literal["source", "destination", "both"]
#: what apply does with an item that is gone when it is to be changed
OnMissing = Literal["fail", "create"]


class _Value(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A part of the document. Keys of newer minor versions are ignored."""


class Source(_Value, frozen=True, kw_only=True):
    """The backup and its instance. `backup` is a file name, never a path."""

    instance: str | None
    backup: str
    fingerprint: str
    schema_version: int
    synced_at: str | None
    web_url: str | None = None
    #: id of the backup's snapshot that the plan was made from; None if the backup was empty
    snapshot: int | None = None
    #: the snapshot as it was asked for, such as `tuesday`; None: the latest complete one
    as_of: str | None = None


class Destination(_Value, frozen=True, kw_only=True):
    instance: str
    looker_version: str
    #: `api_server_url` and `web_server_url` as Looker itself names them
    web_url: str | None = None


class Selection(_Value, frozen=True, kw_only=True):
    """The selection as it was asked for; empty means everything."""

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: str | None = None


class Options(_Value, frozen=True, kw_only=True):
    """The planning options that shape what apply does."""

    #: None before the destination is known: the usual one for it
    schedules: Schedules | None = None
    owners: bool = False
    #: None before the destination is known: the usual one for it
    surplus: Surplus | None = None
    on_missing: OnMissing = "fail"
    hand_edits: HandEdits = "revert"
    #: None: a value that both sides have changed blocks what it belongs to
    prefer: Prefer | None = None
    same_instance: bool = False
    #: Names that `remaps.yml` changes before planning.
    renames: Renames = NO_RENAMES
    #: Items whose live ids apply does not remember: folders that `remaps.yml` places elsewhere, and
    #: items for which it names another id than the state knows.
    unbound: tuple[Address, ...] = ()
    #: Kind of external thing -> names that the destination lacks and the plan leaves out.
    left_out: Mapping[str, tuple[str, ...]] = {}
    #: Collections that lose no member, such as `group.users`: [collections] of the config file.
    add_only: tuple[str, ...] = ()
    #: Content type or criterion -> fields that are left alone, or `*`: [ignore] of that file.
    ignore: Mapping[str, tuple[str, ...]] = {}
    #: Answers of `doctor --probe` about the destination: question -> answer.
    findings: Mapping[str, str] = {}


class Counts(_Value, frozen=True, kw_only=True):
    create: int = 0
    update: int = 0
    skip: int = 0
    delete: int = 0
    blocked: int = 0
    remap: int = 0
    calls: int = 0


class PartCounts(_Value, frozen=True, kw_only=True):
    """Parts that the plan writes. A part that only places another one does not count."""

    create: int = 0
    update: int = 0
    delete: int = 0
    blocked: int = 0


class Summary(Counts, frozen=True, kw_only=True):
    by_type: Mapping[str, Counts] = {}
    #: Tiles, filters, members, access entries and other parts of all items.
    parts: PartCounts = PartCounts()
    #: Type -> live items of the selected types that only the destination has; built-in ones don't
    #: count. A missing type has none, or its items were not all read (see the notes).
    unmanaged: Mapping[str, int] = {}
    #: Type -> selected items that [ignore] of the config file leaves alone.
    not_managed: Mapping[str, int] = {}


class Guard(_Value, frozen=True, kw_only=True):
    """A danger the plan holds. Apply refuses unless it was allowed when the plan was made."""

    name: str
    summary: str
    detail: str = ""
    fix: str = ""
    allowed: bool = False
    #: Kind of danger -> how many; each can be allowed by itself, as in `part-deletes:tiles`. The
    #: file lacks it for guards without kinds.
    kinds: Mapping[str, int] | UnsetType = UNSET


class Change(_Value, frozen=True, kw_only=True):
    """One difference, or one value of an item or part that is created (`before` is null then).

    In an update, the top-level field of `path` is what a PATCH sends. The file has the fields from
    `before_is_cut` on only if they say something.
    """

    path: str
    before: object = None
    after: object = None
    #: True: the value holds what must not be shown. `before` and `after` are `(sensitive)`, or
    #: list what may be shown, such as recipients.
    sensitive: bool = False
    #: True: the value is longer than 2 KB; `before` has its beginning, size and digest.
    before_is_cut: bool | UnsetType = UNSET
    after_is_cut: bool | UnsetType = UNSET
    #: True: the value is an id that apply will learn.
    after_is_unknown: bool | UnsetType = UNSET
    #: Names of the targets of a reference: `Shared/Finance`, `Ann Lee (ann@example.com)`.
    before_name: str | UnsetType = UNSET
    after_name: str | UnsetType = UNSET
    #: Of a list of permissions, models, fields, recipients …: the entries that come, and that go.
    #: Both are empty if only their order changes.
    added: tuple[str, ...] | UnsetType = UNSET
    removed: tuple[str, ...] | UnsetType = UNSET
    #: Who has changed it since source and destination last agreed. The file lacks it if that is
    #: not known.
    origin: Origin | UnsetType = UNSET


class PartAction(_Value, frozen=True, kw_only=True, omit_defaults=True):
    """The action on one part. `key` is its id in the backup; None: a surplus live part."""

    key: SourceId | None = None
    title: str = ""
    live_id: LiveId | None = None
    #: of a membership or an access entry: the live item it is for, `user:7`
    to: str | None = None
    #: of the place of a tile: key of the tile
    places: SourceId | None = None
    changes: tuple[Change, ...] = ()
    live_digest: str | None = None
    #: of a blocked part: what it lacks
    reason: str = ""
    #: of a part to delete: how many alerts die with it
    alerts: int = 0
    #: of a part that is written whole: live values that are sent again, by path
    kept: Mapping[str, object] = {}
    #: of a part that is created or deleted: who has made or removed it since the last agreement
    origin: Origin | UnsetType = UNSET


class Parts(_Value, frozen=True, kw_only=True):
    """The parts of one collection of an item."""

    create: tuple[PartAction, ...] = ()
    update: tuple[PartAction, ...] = ()
    delete: tuple[PartAction, ...] = ()
    #: unchanged ones that a step of this action refers to
    keep: tuple[PartAction, ...] = ()
    blocked: tuple[PartAction, ...] = ()
    #: live parts that stay, since no session of ours made them
    surplus: tuple[PartAction, ...] = ()
    #: live id -> digest of every live part, so that apply can name the one that changed
    live: Mapping[LiveId, str] = {}


class PlanReference(_Value, frozen=True, kw_only=True):
    """A reference to report: its target is missing or not known before apply."""

    path: str
    from_: str = msgspec.field(name="from")
    to: str | None = None
    #: key of the part it is in
    part: str | None = None
    #: name of the target that is missing. The file lacks it if the backup does not have the target
    name: str | UnsetType = UNSET


class Interim(_Value, frozen=True, kw_only=True):
    """A value that is written first: the wanted one is another item's `until` its action is done.

    `path` is among the action's `deferred` paths, too: there the wanted value is written.
    """

    path: str
    value: str
    until: Address


class Place(_Value, frozen=True, kw_only=True, omit_defaults=True):
    """Where a tile is on its dashboard, in cells. The grid is 24 cells wide."""

    #: Index of the tab in `Grid.tabs`. The file lacks it if it is the first one.
    tab: int = 0
    row: int
    column: int
    width: int
    height: int


class GridTab(_Value, frozen=True, kw_only=True, omit_defaults=True):
    """A tab of a dashboard. A new one has no `live_id`, one that goes has no `key`."""

    #: The part's id in the backup.
    key: SourceId | None = None
    live_id: LiveId | None = None
    title: str = ""


class GridTile(_Value, frozen=True, kw_only=True, omit_defaults=True):
    """A tile of a dashboard, before and after."""

    #: The part's id in the backup, as in `parts`. None: only the destination has the tile.
    key: SourceId | None = None
    #: None: the tile is new.
    live_id: LiveId | None = None
    title: str = ""
    #: What it shows: `looker_line`, `table`, `text`, `button` …; "" if the backup does not say.
    type: str = ""
    #: None: the tile is new.
    before: Place | None = None
    #: None: the tile goes.
    after: Place | None = None


class Grid(_Value, frozen=True, kw_only=True):
    """The tiles of a dashboard as people see them, so that it can be drawn before and after."""

    tabs: tuple[GridTab, ...] = ()
    tiles: tuple[GridTile, ...] = ()


class Links(_Value, frozen=True, kw_only=True, omit_defaults=True):
    """Web pages of an item. None: it has no page there, or its address is not known."""

    source: str | None = None
    destination: str | None = None


class _Action(_Value, frozen=True, kw_only=True, tag_field="action"):
    """What every action says of its item."""

    address: Address
    type: str
    name: str
    #: names of the folders the item lies in, outermost first
    path: tuple[str, ...] = ()
    links: Links = Links()

    @property
    def source_id(self) -> SourceId:
        return SourceId(self.address.partition(":")[2])

    @property
    def verb(self) -> Verb:
        """The word that the file has for this action."""
        return cast("Verb", self.__struct_config__.tag)


class _Content(_Action, frozen=True, kw_only=True):
    """What a create and an update have in common: they write fields and parts."""

    #: actions that must be done before this one
    depends_on: tuple[Address, ...] = ()
    #: paths written in a second pass, because they close a cycle of references
    deferred: tuple[str, ...] = ()
    #: values that some deferred paths hold until then
    interim: tuple[Interim, ...] = ()
    #: requests that apply will make for the item
    calls: int = 0
    changes: tuple[Change, ...] = ()
    parts: Mapping[str, Parts] = {}
    references: tuple[PlanReference, ...] = ()
    #: None: the item has no tiles
    grid: Grid | None = None
    #: digest of the desired item and its parts
    content_digest: str


class Create(_Content, frozen=True, kw_only=True, tag="create"):
    """The destination lacks the item. `changes` hold its content, for people to read.

    Apply takes the content from the backup; of `changes` it reads only the orders of parts.
    """


class Update(_Content, frozen=True, kw_only=True, tag="update"):
    """The destination has the item, with other values."""

    destination_id: LiveId
    #: how the live item was found: `id`, `state`, `remaps.yml`, `owner` or a natural key
    matched_by: str
    #: digest of the live item and its parts when the plan was made
    live_digest: str
    #: True: an earlier session created the item and did not finish it
    completes: bool = False
    #: True: hand edits stay, so that source and destination do not agree afterwards
    keeps_hand_edits: bool = False


class Skip(_Action, frozen=True, kw_only=True, tag="skip"):
    """Apply leaves the item alone."""

    reason: str
    #: None if the destination lacks the item
    destination_id: LiveId | None = None
    matched_by: str | None = None
    #: only parts that are blocked, or surplus
    parts: Mapping[str, Parts] = {}
    #: None if the item was not compared
    content_digest: str | None = None
    live_digest: str | None = None


class Delete(_Action, frozen=True, kw_only=True, tag="delete"):
    """The live item goes."""

    destination_id: LiveId
    matched_by: str | None = None
    depends_on: tuple[Address, ...] = ()
    calls: int = 0
    live_digest: str


class Blocked(_Action, frozen=True, kw_only=True, tag="blocked"):
    """The item can't be applied."""

    reason: str
    #: None if the item has no twin, or more than one
    destination_id: LiveId | None = None
    matched_by: str | None = None
    #: hard references whose targets are missing
    references: tuple[PlanReference, ...] = ()
    #: None if the item was not compared
    content_digest: str | None = None


#: what the plan says of one item
Action: TypeAlias = Create | Update | Skip | Delete | Blocked
#: an action that sends requests
Writing: TypeAlias = Create | Update | Delete
#: an action that sends a body, for the item or for its parts
ContentWriting: TypeAlias = Create | Update


def destination_id_of(action: Action) -> LiveId | None:
    """Give the live item's id. None if the destination lacks the item."""
    return None if isinstance(action, Create) else action.destination_id


def parts_of(action: Action) -> Mapping[str, Parts]:
    """Give the parts that the action names, by collection."""
    return {} if isinstance(action, Delete | Blocked) else action.parts


def references_of(action: Action) -> tuple[PlanReference, ...]:
    """Give the references that the action reports."""
    return () if isinstance(action, Skip | Delete) else action.references


def needs_of(action: Action) -> tuple[Address, ...]:
    """Give the actions that must be done before this one."""
    return action.depends_on if isinstance(action, Writing) else ()


def reason_of(action: Action) -> str | None:
    """Say why the item is skipped or blocked. None if the action writes."""
    return action.reason if isinstance(action, Skip | Blocked) else None


def is_incomplete(action: Action) -> bool:
    """Say whether some parts of the item can't be applied."""
    return any(parts.blocked for parts in parts_of(action).values())


class Remap(_Value, frozen=True, kw_only=True):
    """A pair of ids that an action or a reference uses. `new`: the state does not hold it yet.

    For queries the source id is the digest of the definition.
    """

    type: str
    source_id: SourceId
    destination_id: LiveId
    matched_by: str
    name: str = ""
    new: bool = False


class Plan(_Value, frozen=True, kw_only=True):
    """The whole document."""

    format_version: str = FORMAT_VERSION
    normal_form_version: int = NORMAL_FORM_VERSION
    plan_id: str = ""
    created_at: str
    tool_version: str
    source: Source
    destination: Destination
    #: Name of the environment that the plan was made for (`--env`). None: it was made for none.
    environment: str | None = None
    selection: Selection
    options: Options
    summary: Summary
    guards: tuple[Guard, ...] = ()
    actions: tuple[Action, ...] = ()
    remaps: tuple[Remap, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def changes_anything(self) -> bool:
        """Blocked counts as a change, remaps alone don't."""
        return not all(isinstance(action, Skip) for action in self.actions)

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What the plan did not compare, does not write, or found only in the destination."""
        return tuple(each for each in self.diagnostics if each.severity == "note")

    @property
    def unseen(self) -> tuple[Diagnostic, ...]:
        """What the plan could not see, of the destination or because the backup could not."""
        return tuple(
            each
            for each in self.diagnostics
            if each.code == BACKUP_UNSEEN or each.code.startswith(UNSEEN)
        )

    @property
    def writing(self) -> tuple[Writing, ...]:
        """The actions that send requests."""
        return tuple(action for action in self.actions if isinstance(action, Writing))

    @property
    def content_writing(self) -> tuple[ContentWriting, ...]:
        """The creates and updates."""
        return tuple(action for action in self.actions if isinstance(action, ContentWriting))


_NO_ACTIONS = msgspec.Raw(b"[]")
#: texts that would change the path of a request
_NO_ID = re.compile(r"^\.{0,2}$|[/?#\x00-\x1f]")
#: lists that get a line for each entry
_LINES = ("actions", "remaps", "guards", "diagnostics")
#: what people read; apply takes values from the backup, but for those that it sends as they are
_SHOWN = ("selection", "guards", "remaps", "diagnostics")
_SENT = ("interim", "kept")
#: keys of an action in the file, in order, with the value where the action has no such field
_ACTION_KEYS: Mapping[str, Json] = {
    "action": None,
    "address": None,
    "type": None,
    "name": None,
    "path": [],
    "links": {},
    "destination_id": None,
    "matched_by": None,
    "reason": None,
    "depends_on": [],
    "deferred": [],
    "interim": [],
    "calls": 0,
    "changes": [],
    "parts": {},
    "references": [],
    "grid": None,
    "content_digest": None,
    "live_digest": None,
}
#: keys of an action that the file has only if they are true
_FLAGS = ("completes", "keeps_hand_edits")


def encode(plan: Plan) -> bytes:
    """Write the file, with `plan_id` filled in. Only `created_at` differs between equal plans.

    Convert one action at a time: those of a large plan take gigabytes as plain objects.
    """
    document, lines = _header(plan), list[bytes]()

    def actions() -> Iterator[Json]:
        for action in plan.actions:
            fields = _fields(action)
            lines.append(msgspec.json.encode(fields))
            yield fields

    plan_id = _plan_id(document, actions())
    if plan_id != plan.plan_id:
        return encode(with_id(plan))  # its texts may hold secrets
    return _lay_out(document, lines)


def with_id(plan: Plan) -> Plan:
    """Hide secrets in the texts of a plan, and fill in its id."""
    header = _header(plan)
    header |= {key: scrub_texts(header[key], but=_SENT) for key in _SHOWN}
    actions = tuple(map(_scrubbed, plan.actions))
    clean = msgspec.structs.replace(msgspec.convert(header, Plan), actions=actions)
    plan_id = _plan_id(_header(clean), map(_fields, actions))
    return msgspec.structs.replace(clean, plan_id=plan_id)


def _scrubbed(action: Action) -> Action:
    fields = _fields(action)
    clean = scrub_texts(fields, but=_SENT)
    return action if clean == fields else msgspec.convert(clean, Action)


def _header(plan: Plan) -> dict[str, Json]:
    """Convert a plan to plain values, without its actions."""
    bare = msgspec.structs.replace(plan, actions=())
    return cast("dict[str, Json]", msgspec.to_builtins(bare, order="deterministic"))


def _fields(action: Action) -> dict[str, Json]:
    """Convert an action to plain values, with all keys of the file."""
    fields = cast("Raw", msgspec.to_builtins(action, order="deterministic"))
    more = {key: True for key in _FLAGS if fields.get(key)}
    return {key: fields.get(key, missing) for key, missing in _ACTION_KEYS.items()} | more


def decode(data: bytes, *, name: str = "the plan") -> Plan:
    """Read a plan file.

    Raises:
        PlanError: it is no plan, or cut off (exit 1).
        Refused: another major format or normal form, an edited file, or one that no planner makes
            (exit 4).

    """
    data = data.removeprefix(BOM_UTF8)
    try:
        document, lines = _parse(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _malformed(f"{name} is not a complete plan file", str(error)) from error
    except RecursionError as error:
        raise _malformed(f"{name} is no plan file", "it is nested too deeply") from error
    _check_version(document, name)
    _check_content(data, document, lines, name)
    try:
        bare = msgspec.convert(document, Plan)
        actions = tuple(msgspec.json.decode(line, type=Action) for line in lines)
    except msgspec.ValidationError as error:
        raise _malformed(f"{name} is not a valid plan file", str(error)) from error
    plan = msgspec.structs.replace(bare, actions=actions)
    if why := unsound(plan):
        raise _forged(name, why)
    return plan


def _parse(data: bytes) -> tuple[dict[str, Json], list[msgspec.Raw]]:
    """Return the document without its actions, and the actions undecoded."""
    try:
        found = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        lines = msgspec.json.decode(found.pop("actions", _NO_ACTIONS), type=list[msgspec.Raw])
    except msgspec.ValidationError:
        return {}, []
    return {key: parse_json(bytes(value)) for key, value in found.items()}, lines


def _check_version(document: Mapping[str, Json], name: str) -> None:
    if "format_version" not in document:
        raise failure(
            "plan.malformed",
            f"{name} is JSON, but not a plan file",
            fix="pass the file that `lookervault-plan plan --out` wrote",
        )
    version = str(document["format_version"])
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise refusal(
            "plan.format",
            f"{name} has format version {version}; this program reads {FORMAT_VERSION}",
            fix="make a new plan, or use the version that made it",
        )


def _check_content(
    data: bytes, document: Mapping[str, Json], lines: Sequence[msgspec.Raw], name: str
) -> None:
    """Refuse a file whose id does not fit its content, or that repeats a key."""
    counts = [len(document) + (b'"actions"' in data)]
    counts += (key_count(msgspec.json.encode(value)) for value in document.values())

    def counted() -> Iterator[Json]:
        for line in lines:
            action = parse_json(bytes(line))
            counts.append(key_count(msgspec.json.encode(action)))
            yield action

    try:
        is_edited = document.get("plan_id") != _plan_id(document, counted())
    except RecursionError as error:
        raise _malformed(f"{name} is no plan file", "it is nested too deeply") from error
    if is_edited:
        raise refusal(
            "plan.edited",
            f"{name} was changed after it was made",
            detail="its plan_id does not match its content",
            fix="make a new plan; to change what it does, use selectors and options",
        )
    if (key := repeated_key(data, counts)) is not None:
        raise _forged(name, f"the key {key!r} stands twice in one place")


def unsound(plan: Plan) -> str:
    """Say what no planner makes, such as actions that wait for each other; "" if all is well."""
    addresses = Counter(action.address for action in plan.actions)
    doubles = (f"{address} has two actions" for address, n in addresses.items() if n > 1)
    waiting = _waiting_for_themselves(plan.actions)
    cycles = [f"{', '.join(waiting[:3])} wait for each other"] if waiting else []
    odd_remaps = (
        f"{remap.type}:{remap.source_id} is mapped to what is no id"
        for remap in plan.remaps
        if remap.type not in KINDS or _NO_ID.search(remap.destination_id)
    )
    odd_actions = filter(None, map(_unsound_action, plan.actions))
    return next(chain(odd_actions, doubles, odd_remaps, cycles), "")


def _unsound_action(action: Action) -> str:
    kind, _, id_ = action.address.partition(":")
    if kind not in ITEM_KINDS or kind != action.type or not id_:
        return f"{action.address} is not an address of a {action.type}"
    known = {collection.name for collection in KINDS[kind].item.collections}
    if odd := sorted(parts_of(action).keys() - known):
        return f"{action.address} has no {odd[0]}"
    if any(id_ is not None and _NO_ID.search(id_) for id_ in _live_ids(action)):
        return f"{action.address} names a live id that is none"
    return ""


def _live_ids(action: Action) -> Iterator[str | None]:
    yield None if isinstance(action, Create) else action.destination_id
    for parts in parts_of(action).values():
        for entry in (*parts.update, *parts.delete, *parts.keep):
            yield entry.live_id


def _waiting_for_themselves(actions: Iterable[Action]) -> list[Address]:
    """Return the actions that can never begin, since they wait for each other."""
    needs = {action.address: needs_of(action) for action in actions}
    waits = {address: needs.keys() & each for address, each in needs.items()}
    needed_by: dict[Address, list[Address]] = {}
    for address, each_need in waits.items():
        for each in each_need:
            needed_by.setdefault(each, []).append(address)
    ready = [address for address, each_need in waits.items() if not each_need]
    for address in ready:
        for after in needed_by.get(address, ()):
            waits[after].discard(address)
            if not waits[after]:
                ready.append(after)
    return sorted(waits.keys() - set(ready))


def _malformed(summary: str, detail: str) -> PlanError:
    fix = "make a new plan with `lookervault-plan plan`"
    return failure("plan.malformed", summary, detail=detail, fix=fix)


def _forged(name: str, why: str) -> PlanError:
    return refusal(
        "plan.forged",
        f"{name} is not as lookervault-plan writes plans: {why}",
        fix="make a new plan with `lookervault-plan plan`",
    )


def check_normal_form(plan: Plan) -> None:
    """Refuse (exit 4) a plan whose digests were taken over another normal form."""
    if plan.normal_form_version != NORMAL_FORM_VERSION:
        raise refusal(
            "plan.normal-form",
            f"the plan's digests are of version {plan.normal_form_version}; "
            f"this program compares version {NORMAL_FORM_VERSION}",
            fix="make a new plan",
        )


def plan_id_of(document: Mapping[str, Json]) -> str:
    """Compute sha256 of the JSON without `plan_id`: keys sorted, no spaces, UTF-8."""
    actions = cast("Sequence[Json]", document.get("actions", ()))
    return _plan_id(document, actions)


def _plan_id(document: Mapping[str, Json], actions: Iterable[Json]) -> str:
    """Compute the id as `plan_id_of` does, of a document with these actions."""
    hasher = hashlib.sha256()
    before = b"{"
    for key in sorted({*document.keys(), "actions"} - {"plan_id"}):
        hasher.update(before + msgspec.json.encode(key) + b":")
        before = b","
        if key != "actions":
            hasher.update(msgspec.json.encode(document[key], order="sorted"))
            continue
        mark = b"["
        for action in actions:
            hasher.update(mark + msgspec.json.encode(action, order="sorted"))
            mark = b","
        hasher.update(b"]" if mark == b"," else b"[]")
    hasher.update(b"}")
    return hasher.hexdigest()


def schema() -> dict[str, object]:
    """The JSON Schema of the plan file."""
    return msgspec.json.schema(Plan, schema_hook=lambda _: {"description": "any JSON value"})


def _lay_out(document: Mapping[str, Json], actions: Sequence[bytes]) -> bytes:
    """Header pretty-printed, one action a line."""
    pieces: list[bytes] = [b"{"]
    for key, value in document.items():
        pieces += (b"," if len(pieces) > 1 else b"", b"\n  ", msgspec.json.encode(key), b": ")
        entries = actions if key == "actions" else ()
        if key in _LINES and isinstance(value, Sequence) and value:
            entries = [msgspec.json.encode(entry) for entry in value]
        if entries:
            pieces += _lines(b"[", entries, b"]")
        elif isinstance(value, Mapping) and value and key != "summary":
            inner = [
                b"%s: %s" % (msgspec.json.encode(k), msgspec.json.encode(v))
                for k, v in value.items()
            ]
            pieces += _lines(b"{", inner, b"}")
        else:
            pieces.append(msgspec.json.encode(value))
    return b"".join((*pieces, b"\n}\n"))


def _lines(start: bytes, entries: Sequence[bytes], end: bytes) -> Iterator[bytes]:
    yield start
    for number, entry in enumerate(entries):
        yield b",\n    " if number else b"\n    "
        yield entry
    yield b"\n  " + end
