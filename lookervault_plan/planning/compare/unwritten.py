"""List differences that a plan sees and does not write: create-only and policy fields, owners."""

from collections.abc import Iterator, Mapping

import msgspec

from lookervault_plan.content.json_path import get
from lookervault_plan.content.lay_over import adds_follow_up, value_after
from lookervault_plan.content.missing_secrets import missing_secrets
from lookervault_plan.content.node import (
    DesiredNode,
    Json,
    LiveId,
    LiveNode,
    LiveRef,
    Ref,
    SourceRef,
    same_id,
)
from lookervault_plan.content.normalise import body_of, empty
from lookervault_plan.content.table.kinds import KINDS, Field, Form, Kind
from lookervault_plan.planning.context import Context
from lookervault_plan.planning.match.twins import Twin
from lookervault_plan.planning.references.queries import is_query
from lookervault_plan.planning.references.resolve import Missing

#: Policy -> the option that makes a plan write its fields.
_OPTIONS: Mapping[str, str] = {"owners": "--owners", "schedules": "--schedules keep"}


class Unwritten(msgspec.Struct, frozen=True):
    """A difference between a desired and a live node that the plan leaves as it is."""

    node: DesiredNode
    path: str
    #: The backup's value; of a reference, what it points to.
    desired: "Json | SourceRef"
    #: The destination's value.
    live: "Json | LiveRef"
    why: str
    #: True: neither value may be shown.
    sensitive: bool = False
    #: True: the target of the reference is missing.
    is_missing: bool = False
    #: True: the two can't be compared.
    is_unknown: bool = False


def may_leave_unwritten(kind: str) -> bool:
    """Say whether a node of this kind can hold a difference that is not written."""
    return kind in _KINDS


def unwritten(
    desired: DesiredNode, live: LiveNode, context: Context, overridden: Mapping[str, Json]
) -> Iterator[Unwritten]:
    """List what differs between a pair and is not written.

    `overridden` maps the paths of overridden fields to the backup's own values. References to parts
    and queries are not looked at.
    """
    row = KINDS[desired.kind]
    for path in desired.fields if desired.kind in _WITH_FIELDS else ():
        field = row.field(path)
        why = _why_unwritten(desired, field, context)
        if not why or adds_follow_up(desired, live, path):
            continue
        want = overridden.get(path, desired.fields[path])
        have = live.fields.get(path, empty(live.kind, path))
        if want != have:
            yield Unwritten(desired, path, want, have, why, sensitive=field.sensitive)
    yield from _replaced_nulls(desired, live)
    for path in _reference_paths(row, desired):
        reference, want, have = row.reference(path), desired.refs[path], live.refs.get(path)
        if not context.compares(desired, path):
            if _live_ref(want, context) != have:
                why = f"{_OPTIONS[reference.policy or '']} writes it"
                if desired.kind in context.inputs.behaviour.keeps_owner_of:
                    why = "this Looker keeps owners, says doctor --probe"
                yield Unwritten(desired, path, want, have, why)
        elif (
            want
            and not reference.is_hard
            and not (context.inputs.same_instance and same_id(want) == have)
            and isinstance(context.resolve_soft(want), Missing)
        ):
            yield Unwritten(desired, path, want, have, "", is_missing=True)


def _replaced_nulls(desired: DesiredNode, live: LiveNode) -> Iterator[Unwritten]:
    """List nulls of the backup that say nothing, where the live node has a value."""
    for field in _IGNORING_NULL[desired.kind]:
        have = live.fields.get(field.path)
        if get(desired.raw, field.path) is None and have not in (None, False, ""):
            why = "Looker keeps a value of its own in place of null"
            yield Unwritten(desired, field.path, None, have, why, sensitive=field.sensitive)


def ignored_differences(
    desired: DesiredNode, managed: DesiredNode, live: LiveNode, context: Context
) -> Iterator[Unwritten]:
    """List the fields of an item that differ and that [ignore] of the config file leaves alone.

    `managed` is the item without them. Queries and parts are not looked at.
    """
    row, why = KINDS[desired.kind], "[ignore] leaves it alone"
    for path in desired.fields.keys() - managed.fields.keys():
        field = row.field(path)
        want, have = value_after(desired, live, path), live.fields.get(path, empty(row.name, path))
        if want != have and not field.create_only and context.is_compared(field.policy):
            yield Unwritten(desired, path, want, have, why, sensitive=field.sensitive)
    for path in desired.refs.keys() - managed.refs.keys():
        want_ref, have_ref = desired.refs[path], live.refs.get(path)
        if KINDS[row.reference(path).kind].is_item and _live_ref(want_ref, context) != have_ref:
            yield Unwritten(desired, path, want_ref, have_ref, why)


def incomparable(desired: DesiredNode, live: LiveNode, context: Context) -> Iterator[Unwritten]:
    """List queries of a pair of which one side holds too little to compare them."""
    for path, ref in desired.refs.items():
        if is_query(desired, path) and context.queries.equal(desired, live, path) is None:
            is_held = body_of(desired, path) is not None
            why = _HIDDEN_THERE if is_held else _NOT_IN_BACKUP
            yield Unwritten(desired, path, ref, live.refs.get(path), why, is_unknown=True)


def kept_in_queries(desired: DesiredNode, live: LiveNode, context: Context) -> Iterator[Unwritten]:
    """List what the live queries of a pair hold, and those of the backup lack."""
    for path in desired.refs:
        if is_query(desired, path) and context.queries.equal(desired, live, path):
            for key, value in (context.queries.kept_keys(desired, live, path) or {}).items():
                where = f"{path.removesuffix('_id')}.{key}"
                why = "the backup lacks it, so that it stays"
                yield Unwritten(desired, where, None, value, why)


_NOT_IN_BACKUP = "the backup holds its id, not its definition"
_HIDDEN_THERE = "the destination shows its id, not its definition"


def _why_unwritten(node: DesiredNode, field: Field, context: Context) -> str:
    """Say why an update does not write the field; "" if it does."""
    if field.create_only:
        return "only a create sends it"
    if field.policy and not context.is_compared(field.policy):
        return f"{_OPTIONS[field.policy]} writes it"
    if field.policy and missing_secrets(node.kind, node.raw):
        return "it needs secrets that no backup holds"
    return ""


def _reference_paths(row: Kind, node: DesiredNode) -> Iterator[str]:
    if row.name in _WITH_REFS:
        for path in node.refs:
            reference = row.reference(path)
            if (reference.policy or not reference.is_hard) and not (
                KINDS[reference.kind].is_part or KINDS[reference.kind].content_addressed
            ):
                yield path


def _live_ref(ref: SourceRef | None, context: Context) -> LiveRef | None:
    """Give the live item that a reference means, without asking the plan to create it.

    A reference without a live item stays as it is, so that it equals none.
    """
    if ref is None:
        return None
    inputs = context.inputs
    found = inputs.matches.by_ref.get(ref)
    if isinstance(found, Twin):
        return found.live
    is_same = found is None and inputs.same_instance
    return same_id(ref) if is_same else Ref(ref.kind, LiveId(f"{ref.id} of the source"))


_WITH_POLICY_FIELDS = frozenset(
    row.name for row in KINDS.values() if any(field.policy for field in row.fields)
)
_WITH_FIELDS = _WITH_POLICY_FIELDS | {
    row.name for row in KINDS.values() if any(field.create_only for field in row.fields)
}
_WITH_REFS = frozenset(
    row.name for row in KINDS.values() if any(ref.policy or not ref.is_hard for ref in row.refs)
)
#: Fields without a difference between null and a value that Looker fills in. Trees are left out:
#: Looker lists what it knows there.
_IGNORING_NULL: Mapping[str, tuple[Field, ...]] = {
    row.name: tuple(each for each in row.fields if each.ignores_null and each.form is not Form.TREE)
    for row in KINDS.values()
}
_KINDS = _WITH_FIELDS | _WITH_REFS | {kind for kind, fields in _IGNORING_NULL.items() if fields}
