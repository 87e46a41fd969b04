"""List the changes between a desired node and its live twin; the only importer of deepdiff."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, cast

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from lookervault_plan.content.lay_over import adds_follow_up, value_after
from lookervault_plan.content.node import DesiredNode, Json, LiveNode, LiveRef, digest
from lookervault_plan.content.normalise import body_of, empty, normalise
from lookervault_plan.content.overrides import switched_off_paths
from lookervault_plan.content.recipients import recipients
from lookervault_plan.content.redact import SENSITIVE, is_plain_path, scrub, without_secrets_at
from lookervault_plan.content.table.kinds import KINDS, Field, patched_field
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, Change
from lookervault_plan.planning.context import Context
from lookervault_plan.planning.references.queries import Queries, is_query
from lookervault_plan.planning.references.resolve import Live, Missing, New, Target

if TYPE_CHECKING:
    from deepdiff.helper import NotPresent

#: values longer than this are cut; their digest stands beside the beginning
LIMIT_BYTES = 2048
#: a value with more differences inside is one change
LIMIT_CHANGES = 12


class Difference(msgspec.Struct, frozen=True):
    """The changes of an update."""

    changes: tuple[Change, ...]
    #: Paths of references whose targets are missing.
    missing: tuple[str, ...] = ()
    #: True: the part must be written whole.
    is_whole: bool = False
    #: Live values, by path, that a whole write sends again so that they stay.
    kept: Mapping[str, Json] = {}


def compare(desired: DesiredNode, live: LiveNode, context: Context) -> Difference:
    """List the changes that make `live` agree with `desired`, in the table's order.

    Parts and their orders are not compared here.
    """
    row = KINDS[desired.kind]
    changes: list[Change] = []
    missing: list[str] = []
    always_compared = switched_off_paths(desired)
    left_alone = set(always_compared)
    if any(
        row.field(path).missing_secrets and _differs(desired, live, path) for path in desired.fields
    ):
        left_alone.clear()
    for path in desired.fields:
        want = value_after(desired, live, path)
        have = live.fields[path] if path in live.fields else empty(live.kind, path)
        is_compared = path not in left_alone and (
            path in always_compared
            or _is_compared(row.field(path), context)
            or adds_follow_up(desired, live, path)
        )
        if want != have and is_compared:
            if row.field(path).sensitive:
                changes.append(_recipients_change(row.field(path), path, have, want))
            else:
                changes.extend(value_changes(path, have, want))
    for path, ref in desired.refs.items():
        if not context.compares(desired, path):
            continue
        if is_query(desired, path):
            found = _query_changes(desired, live, path, context.queries)
        else:
            target = context.resolver_of(desired, path)(ref) if ref else None
            found = _reference_changes(path, live.refs.get(path), target)
        if found is None:
            missing.append(path)
        else:
            changes.extend(found)
    heads = {patched_field(row.name, change.path) for change in changes}
    is_whole = row.part.patchable is not None and not heads <= row.part.patchable
    if not is_whole:
        return Difference(tuple(changes), tuple(missing))
    kept = _kept(desired, live, missing, context)
    return Difference(tuple(changes), tuple(missing), is_whole=True, kept=kept)


def _kept(
    desired: DesiredNode, live: LiveNode, missing: Sequence[str], context: Context
) -> Mapping[str, Json]:
    """Collect live values that a whole write must not change."""
    row = KINDS[desired.kind]
    fields = {
        path: live.fields.get(path)
        for path in desired.fields
        if not _is_compared(row.field(path), context)
    }
    refs = {
        path: ref.id
        for path in desired.refs
        if (path in missing or not context.compares(desired, path)) and (ref := live.refs.get(path))
    }
    return {**fields, **refs}


def _differs(desired: DesiredNode, live: LiveNode, path: str) -> bool:
    return value_after(desired, live, path) != live.fields.get(path, empty(live.kind, path))


def _is_compared(field: Field, context: Context) -> bool:
    if field.create_only or field.orders_kind:
        return False
    return context.is_compared(field.policy)


def shown(target: Target) -> str | None:
    """Write a target as its live id, if it has one already."""
    match target:
        case Live(id_):
            return id_
        case New():
            return KNOWN_AFTER_APPLY
        case _:
            return None


def value_changes(path: str, before: Json, after: Json) -> tuple[Change, ...]:
    """List the changes inside a nested value, each with its own path, or one of the whole."""
    nested = isinstance(before, (Mapping, list)) and isinstance(after, (Mapping, list))
    if nested and not _are_lists_of_values(before, after):
        inner = tuple(_inside(path, before, after))
        if 0 < len(inner) <= LIMIT_CHANGES:
            return inner
    return (_change(path, before, after),)


def _change(path: str, before: Json, after: Json) -> Change:
    """Make a change without secrets; if it is in secrets alone, neither value is shown."""
    sides = before, after
    before, after = without_secrets_at(path, before), without_secrets_at(path, after)
    if (before, after) != sides and (before == after or SENSITIVE in (before, after)):
        return Change(path=path, before=SENSITIVE, after=SENSITIVE, sensitive=True)
    old, new = _cut(before), _cut(after)
    are_lists = _are_lists_of_values(before, after)
    added, removed = added_and_removed(before, after) if are_lists else (UNSET, UNSET)
    return Change(
        path=path,
        before=before if old is None else old,
        after=after if new is None else new,
        before_is_cut=UNSET if old is None else True,
        after_is_cut=UNSET if new is None else True,
        added=added,
        removed=removed,
    )


def new_value(path: str, value: Json) -> Change:
    """Write a value of a new item as a change from nothing, without secrets, and cut if long."""
    is_plain = is_plain_path(path) and not isinstance(value, (Mapping, list, tuple))
    if is_plain and not isinstance(value, str):
        return Change(path=path, after=value)
    clean = scrub(value) if is_plain and isinstance(value, str) else without_secrets_at(path, value)
    cut = _cut(clean)
    return Change(
        path=path,
        after=clean if cut is None else cut,
        sensitive=clean == SENSITIVE,
        after_is_cut=UNSET if cut is None else True,
    )


def _recipients_change(field: Field, path: str, before: Json, after: Json) -> Change:
    """Name the recipients that come and go; what else is sent to them is not shown."""
    have, want = recipients(field, before), recipients(field, after)
    added, removed = added_and_removed(have, want)
    return Change(path=path, before=have, after=want, sensitive=True, added=added, removed=removed)


def _are_lists_of_values(before: Json, after: Json) -> bool:
    """Say whether both sides are lists of texts, numbers or flags."""
    return all(
        isinstance(side, (list, tuple))
        and not any(isinstance(one, (Mapping, list)) for one in side)
        for side in (before, after)
    )


def added_and_removed(before: Json, after: Json) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Compare two lists of values as sets: give the values that only one has, in its order."""
    have = [str(one) for one in before] if isinstance(before, (list, tuple)) else []
    want = [str(one) for one in after] if isinstance(after, (list, tuple)) else []
    added, removed = Counter(want) - Counter(have), Counter(have) - Counter(want)
    return tuple(added.elements()), tuple(removed.elements())


def _cut(value: Json) -> str | None:
    """Shorten a value over 2 KB to its beginning, size and digest. None: it is not that long."""
    encoded = msgspec.json.encode(value)
    if len(encoded) <= LIMIT_BYTES:
        return None
    text = value if isinstance(value, str) else encoded.decode()
    return f"{text[:400]}… ({len(encoded)} bytes, {digest(value)})"


class _Level(Protocol):
    """One difference in deepdiff's tree view."""

    t1: "Json | NotPresent"
    t2: "Json | NotPresent"
    up: "_Level | None"

    def path(self, *, output_format: str) -> list[str | int]: ...


def _inside(path: str, before: Json, after: Json) -> Iterator[Change]:
    # Importing deepdiff takes 0.16 s, which a plan without nested changes does not need.
    from deepdiff import DeepDiff  # noqa: PLC0415
    from deepdiff.helper import NotPresent  # noqa: PLC0415

    tree = cast(
        "Mapping[str, Iterable[_Level]]",
        DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0),
    )
    levels = {
        tuple(whole.path(output_format="list")): whole
        for group in tree.values()
        for level in group
        if (whole := _whole_list(level))
    }
    for steps, level in sorted(levels.items(), key=lambda found: str([*found[0]])):
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
        old, new = (None if isinstance(side, NotPresent) else side for side in (level.t1, level.t2))
        yield _change(path + where, old, new)


def _whole_list(level: _Level) -> _Level:
    """Return the level of the whole list for a difference in a list of values."""
    above = level.up
    if above is not None and _are_lists_of_values(cast("Json", above.t1), cast("Json", above.t2)):
        return above
    return level


def _reference_changes(path: str, have: LiveRef | None, target: Target) -> Sequence[Change] | None:
    """List the change of a reference. None: its target is missing."""
    if isinstance(target, Missing):
        return None
    if (target.id if isinstance(target, Live) else target) == (have.id if have else None):
        return ()
    return (_reference_change(path, have, target),)


def _query_changes(
    desired: DesiredNode, live: LiveNode, path: str, queries: Queries
) -> Sequence[Change] | None:
    """List the changes inside a query as `query.sorts`, or of its id if a body is not held.

    None: it is unknown whether the query changed.
    """
    is_same = queries.equal(desired, live, path)
    if is_same is not False:
        return () if is_same else None
    if queries.missing_explore(desired, path):
        return None
    want, have = desired.refs.get(path), live.refs.get(path)
    want_body = body_of(desired, path) if want else None
    have_body = body_of(live, path) if have else None
    if want and have and want_body is not None and have_body is not None:
        old_query, new_query = normalise(have.kind, have_body), normalise(want.kind, want_body)
        changes = [
            replace(change, path=f"{path.removesuffix('_id')}.{change.path}")
            for field in dict.fromkeys((*old_query.fields, *new_query.fields))
            if (old := old_query.fields.get(field, empty(old_query.kind, field)))
            != (new := new_query.fields.get(field, empty(new_query.kind, field)))
            for change in value_changes(field, old, new)
        ]
        if changes:
            return changes
    target = queries.target(desired, path, want) if want else None
    return [_reference_change(path, have, target)]


def _reference_change(path: str, have: LiveRef | None, target: Target) -> Change:
    return Change(
        path=path,
        before=have.id if have else None,
        after=shown(target),
        after_is_unknown=True if isinstance(target, New) else UNSET,
    )
