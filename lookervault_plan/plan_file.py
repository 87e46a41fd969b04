"""The plan: what would be done, as a value and as a file.

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
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from lookervault_plan.content.node import Address, Json, parse_json
from lookervault_plan.content.rename import NO_RENAMES, Renames
from lookervault_plan.errors import Diagnostic, failure, refusal

#: readers take any minor version of their major one
FORMAT_VERSION = "1.0"
#: grows when a normal form changes: digests of another version say nothing
NORMAL_FORM_VERSION = 1

#: `path` of a reference that is a link in a text: the text keeps it where the target is lost
LINK = "link"
KNOWN_AFTER_APPLY = "(known after apply)"
SENSITIVE = "(sensitive)"


class _Value(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A part of the document; unknown keys of newer versions are ignored."""


class Source(_Value, frozen=True, kw_only=True):
    """Where the content comes from. `backup` is a file name, never a path."""

    instance: str | None
    backup: str
    fingerprint: str
    schema_version: int
    synced_at: str | None
    web_url: str | None = None


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

    #: `keep` or `disable`; before a plan is made, None: as usual for such a destination
    schedules: str | None = None
    owners: bool = False
    on_missing: str = "fail"
    same_instance: bool = False
    #: names that the destination has otherwise
    renames: Renames = NO_RENAMES
    #: what the destination does not know: kind -> names that are left out
    left_out: Mapping[str, tuple[str, ...]] = {}


class Counts(_Value, frozen=True, kw_only=True):
    create: int = 0
    update: int = 0
    skip: int = 0
    delete: int = 0
    blocked: int = 0
    remap: int = 0
    calls: int = 0


class Summary(Counts, frozen=True, kw_only=True):
    by_type: Mapping[str, Counts] = {}


class Guard(_Value, frozen=True, kw_only=True):
    """A danger the plan holds. Apply refuses unless it was allowed when the plan was made."""

    name: str
    summary: str
    detail: str = ""
    fix: str = ""
    allowed: bool = False


class Change(_Value, frozen=True, kw_only=True):
    """One difference. The top-level field of `path` is what a PATCH sends.

    Values over 2 KB are cut, with their digest.
    """

    path: str
    before: object = None
    after: object = None
    sensitive: bool = False


class PartAction(_Value, frozen=True, kw_only=True, omit_defaults=True):
    """What becomes of one part. `key` is its id in the backup, None for a live one to delete."""

    key: str | None = None
    title: str = ""
    live_id: str | None = None
    #: of a membership or an access entry: the live item it is for, `user:7`
    to: str | None = None
    changes: tuple[Change, ...] = ()
    live_digest: str | None = None
    #: of a blocked part: what it lacks
    reason: str = ""
    #: of a part to delete: how many alerts die with it
    alerts: int = 0
    #: of a part that is written whole: live values that are sent again, by path
    kept: Mapping[str, object] = {}


class Parts(_Value, frozen=True, kw_only=True):
    """The parts of one collection of an item."""

    create: tuple[PartAction, ...] = ()
    update: tuple[PartAction, ...] = ()
    delete: tuple[PartAction, ...] = ()
    #: unchanged ones that a step of this action refers to
    keep: tuple[PartAction, ...] = ()
    blocked: tuple[PartAction, ...] = ()
    #: live id -> digest of every live part, so that apply can name the one that changed
    live: Mapping[str, str] = {}


class PlanReference(_Value, frozen=True, kw_only=True):
    """A reference worth telling: missing, dropped or known after apply."""

    path: str
    from_: str = msgspec.field(name="from")
    to: str | None = None
    #: key of the part it is in
    part: str | None = None


class Interim(_Value, frozen=True, kw_only=True):
    """A value that is written first: the wanted one is another item's `until` its action is done.

    `path` is among the action's `deferred` paths, too: there the wanted value is written.
    """

    path: str
    value: str
    until: Address


class Action(_Value, frozen=True, kw_only=True):
    """What the plan says about one item.

    `action` is `create`, `update`, `skip`, `delete` or `blocked`. `depends_on` names the actions
    that must be done first; `deferred` what is written afterwards, since it closes a cycle, and
    `interim` what some of it holds till then. `calls` counts the requests that apply will make
    for it.
    """

    action: str
    address: Address
    type: str
    name: str
    path: tuple[str, ...] = ()
    destination_id: str | None = None
    matched_by: str | None = None
    reason: str | None = None
    depends_on: tuple[Address, ...] = ()
    deferred: tuple[str, ...] = ()
    interim: tuple[Interim, ...] = ()
    calls: int = 0
    changes: tuple[Change, ...] = ()
    parts: Mapping[str, Parts] = {}
    references: tuple[PlanReference, ...] = ()
    content_digest: str | None = None
    live_digest: str | None = None

    @property
    def source_id(self) -> str:
        return self.address.partition(":")[2]

    @property
    def is_incomplete(self) -> bool:
        """Some of its parts can't be applied."""
        return any(parts.blocked for parts in self.parts.values())

    @property
    def writes(self) -> bool:
        return self.action in {"create", "update", "delete"}


class Remap(_Value, frozen=True, kw_only=True):
    """A pair of ids that an action or a reference uses. `new`: the state does not hold it yet.

    For queries the source id is the digest of the definition.
    """

    type: str
    source_id: str
    destination_id: str
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
        return any(action.action != "skip" for action in self.actions)


#: lists that get a line for each entry
_LINES = ("actions", "remaps", "guards", "diagnostics")


def encode(plan: Plan) -> bytes:
    """The file's bytes, with `plan_id` filled in: deterministic but for `created_at`."""
    document = cast("dict[str, Json]", msgspec.to_builtins(plan, order="deterministic"))
    for key in _LINES:
        _ = document.setdefault(key, [])
    document["plan_id"] = plan_id_of(document)
    return _lay_out(document)


def with_id(plan: Plan) -> Plan:
    """The plan as its own file would be read again."""
    return decode(encode(plan))


def decode(data: bytes, *, name: str = "the plan") -> Plan:
    """Read a plan file.

    Raises:
        PlanError: it is no plan, or cut off (exit 1).
        Refused: another major format or normal form, or an edited file (exit 4).

    """
    try:
        document = parse_json(data)
    except msgspec.DecodeError as error:
        raise failure(
            "plan.malformed",
            f"{name} is not a complete plan file",
            detail=str(error),
            fix="make the plan again with `lookervault-plan plan`",
        ) from error
    if not isinstance(document, Mapping) or "format_version" not in document:
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
            fix="make the plan again, or use the version that made it",
        )
    if document.get("plan_id") != plan_id_of(document):
        raise refusal(
            "plan.edited",
            f"{name} was changed after it was made",
            detail="its plan_id does not fit its content",
            fix="make the plan again; what it should do is chosen with selectors and options",
        )
    try:
        return msgspec.convert(document, Plan)
    except msgspec.ValidationError as error:
        raise failure(
            "plan.malformed",
            f"{name} is not a plan this program understands",
            detail=str(error),
            fix="make the plan again with `lookervault-plan plan`",
        ) from error


def check_normal_form(plan: Plan) -> None:
    """Refuse (exit 4) a plan whose digests were taken over another normal form."""
    if plan.normal_form_version != NORMAL_FORM_VERSION:
        raise refusal(
            "plan.normal-form",
            f"the plan's digests are of version {plan.normal_form_version}; "
            f"this program compares version {NORMAL_FORM_VERSION}",
            fix="make the plan again",
        )


def plan_id_of(document: Mapping[str, Json]) -> str:
    """sha256 of the file's own JSON without `plan_id`: keys sorted, no spaces, UTF-8."""
    rest = {key: value for key, value in document.items() if key != "plan_id"}
    return hashlib.sha256(msgspec.json.encode(rest, order="sorted")).hexdigest()


def schema() -> dict[str, object]:
    """The JSON Schema of the plan file."""
    return msgspec.json.schema(Plan, schema_hook=lambda _: {"description": "any JSON value"})


def _lay_out(document: Mapping[str, Json]) -> bytes:
    """Header pretty-printed, one action a line."""
    pieces: list[bytes] = []
    for key, value in document.items():
        name = msgspec.json.encode(key)
        if key in _LINES and isinstance(value, Sequence) and value:
            lines = b",\n".join(b"    " + msgspec.json.encode(entry) for entry in value)
            pieces.append(b"  %s: [\n%s\n  ]" % (name, lines))
        elif isinstance(value, Mapping) and key != "summary":
            inner = b",\n".join(
                b"    %s: %s" % (msgspec.json.encode(k), msgspec.json.encode(v))
                for k, v in value.items()
            )
            pieces.append(b"  %s: {\n%s\n  }" % (name, inner) if value else b"  %s: {}" % name)
        else:
            pieces.append(b"  %s: %s" % (name, msgspec.json.encode(value)))
    return b"{\n" + b",\n".join(pieces) + b"\n}\n"
