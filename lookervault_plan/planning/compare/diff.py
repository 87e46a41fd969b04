"""Explain how a desired node differs from its live twin; the only importer of deepdiff."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, cast

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from lookervault_plan.content.node import Json, Node, Ref, digest
from lookervault_plan.content.normalise import body_of, empty, normalise
from lookervault_plan.content.overrides import quieted
from lookervault_plan.content.table.kinds import KINDS, Field, IfMissing, patched_field
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, SENSITIVE, Change
from lookervault_plan.planning.references.targets import (
    Live,
    Lost,
    New,
    Queries,
    Resolve,
    Target,
    is_query,
)

if TYPE_CHECKING:
    from deepdiff.helper import NotPresent

#: a longer value is cut, and its digest put beside it
LIMIT_BYTES = 2048
#: more differences inside one value are told as one change of the whole
LIMIT_CHANGES = 12

Policy = Callable[[str], bool]


class Difference(msgspec.Struct, frozen=True):
    """What an update would change, and the references that could not be translated."""

    changes: tuple[Change, ...]
    lost: tuple[str, ...] = ()
    #: the part has to be written whole, with these live values, by path, that are to stay
    is_whole: bool = False
    kept: Mapping[str, Json] = {}


def compare(
    desired: Node,
    live: Node,
    *,
    resolve: Resolve,
    queries: Queries,
    policy: Policy,
    soft: Resolve | None = None,
) -> Difference:
    """The changes that make `live` agree with `desired`, in the table's order.

    `policy` says whether an optional comparison ("owners") was asked for; `soft` translates
    references that can wait. Orders of parts are compared where the parts are.
    """
    row = KINDS[desired.kind]
    changes: list[Change] = []
    lost: list[str] = []
    always_compared = quieted(desired)
    left_alone = set(always_compared)
    if any(
        row.field(path).missing_secrets and _differs(desired, live, path) for path in desired.fields
    ):
        left_alone.clear()
    for path, want in desired.fields.items():
        have = live.fields[path] if path in live.fields else empty(live.kind, path)
        is_compared = path not in left_alone and (
            path in always_compared or _is_compared(row.field(path), policy)
        )
        if want != have and is_compared:
            told = (SENSITIVE, SENSITIVE) if row.field(path).sensitive else None
            changes.extend(
                (Change(path=path, before=told[0], after=told[1], sensitive=True),)
                if told
                else explain(path, have, want)
            )
    for path, ref in desired.refs.items():
        known = row.reference(path)
        if not _asks(known.policy, policy):
            continue
        translate = soft if soft and known.if_missing is IfMissing.DROP else resolve
        found = (
            _query_changes(desired, live, path, queries)
            if is_query(desired, path)
            else _reference_changes(path, live.refs.get(path), translate(ref) if ref else None)
        )
        if found is None:
            lost.append(path)
        else:
            changes.extend(found)
    heads = {patched_field(row.name, change.path) for change in changes}
    is_whole = row.part.patchable is not None and not heads <= row.part.patchable
    if not is_whole:
        return Difference(tuple(changes), tuple(lost))
    kept = _kept(desired, live, lost, policy)
    return Difference(tuple(changes), tuple(lost), is_whole=True, kept=kept)


def _kept(desired: Node, live: Node, lost: Sequence[str], policy: Policy) -> Mapping[str, Json]:
    """What a write of the whole would change and the plan does not mean to."""
    row = KINDS[desired.kind]
    fields = {
        path: live.fields.get(path)
        for path in desired.fields
        if not _is_compared(row.field(path), policy)
    }
    refs = {
        path: ref.id
        for path in desired.refs
        if (path in lost or not _asks(row.reference(path).policy, policy))
        and (ref := live.refs.get(path))
    }
    return {**fields, **refs}


def _differs(desired: Node, live: Node, path: str) -> bool:
    return desired.fields[path] != live.fields.get(path, empty(live.kind, path))


def _is_compared(field: Field, policy: Policy) -> bool:
    if field.create_only or field.orders_kind:
        return False
    return _asks(field.policy, policy)


def _asks(name: str | None, policy: Policy) -> bool:
    return name is None or policy(name)


def shown(target: Target) -> str | None:
    """A translated reference for people."""
    match target:
        case Live(id_):
            return id_
        case New():
            return KNOWN_AFTER_APPLY
        case _:
            return None


def explain(path: str, before: Json, after: Json) -> tuple[Change, ...]:
    """One change, or several inside a tree, each with its own path."""
    nested = isinstance(before, (Mapping, list)) and isinstance(after, (Mapping, list))
    if nested:
        inner = tuple(_inside(path, before, after))
        if 0 < len(inner) <= LIMIT_CHANGES:
            return inner
    return (_change(path, before, after),)


def _change(path: str, before: Json, after: Json) -> Change:
    old, new = _cut(before), _cut(after)
    return Change(
        path=path,
        before=before if old is None else old,
        after=after if new is None else new,
        before_is_cut=UNSET if old is None else True,
        after_is_cut=UNSET if new is None else True,
    )


def _cut(value: Json) -> str | None:
    """Shorten a value over 2 KB to its beginning, size and digest. None: it is not that long."""
    encoded = msgspec.json.encode(value)
    if len(encoded) <= LIMIT_BYTES:
        return None
    text = value if isinstance(value, str) else encoded.decode()
    return f"{text[:400]}… ({len(encoded)} bytes, {digest(value)})"


class _Level(Protocol):
    """What deepdiff's tree view says of one difference."""

    t1: "Json | NotPresent"
    t2: "Json | NotPresent"

    def path(self, *, output_format: str) -> list[str | int]: ...


def _inside(path: str, before: Json, after: Json) -> Iterator[Change]:
    # Importing deepdiff takes 0.16 s, which a plan without nested changes does not need.
    from deepdiff import DeepDiff  # noqa: PLC0415
    from deepdiff.helper import NotPresent  # noqa: PLC0415

    tree = cast(
        "Mapping[str, Iterable[_Level]]",
        DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0),
    )
    levels = [
        (level.path(output_format="list"), level) for group in tree.values() for level in group
    ]
    for steps, level in sorted(levels, key=lambda found: str(found[0])):
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
        old, new = (None if isinstance(side, NotPresent) else side for side in (level.t1, level.t2))
        yield _change(path + where, old, new)


def _reference_changes(path: str, have: Ref | None, target: Target) -> Sequence[Change] | None:
    """None if the target leads nowhere."""
    if isinstance(target, Lost):
        return None
    if (target.id if isinstance(target, Live) else target) == (have.id if have else None):
        return ()
    return (_reference_change(path, have, target),)


def _query_changes(
    desired: Node, live: Node, path: str, queries: Queries
) -> Sequence[Change] | None:
    """What differs inside a query, told as `query.sorts`; only the id where bodies are not held.

    None if it can't be told.
    """
    same = queries.equal(desired, live, path)
    if same is not False:
        return () if same else None
    want, have = desired.refs.get(path), live.refs.get(path)
    mine = body_of(desired, path) if want else None
    theirs = body_of(live, path) if have else None
    if want and have and mine is not None and theirs is not None:
        a, b = normalise(have.kind, theirs), normalise(want.kind, mine)
        changes = [
            replace(change, path=f"{path.removesuffix('_id')}.{change.path}")
            for field in dict.fromkeys((*a.fields, *b.fields))
            if (old := a.fields.get(field, empty(a.kind, field)))
            != (new := b.fields.get(field, empty(b.kind, field)))
            for change in explain(field, old, new)
        ]
        if changes:
            return changes
    target = queries.target(desired, path, want) if want else None
    return [_reference_change(path, have, target)]


def _reference_change(path: str, have: Ref | None, target: Target) -> Change:
    return Change(
        path=path,
        before=have.id if have else None,
        after=shown(target),
        after_is_unknown=True if isinstance(target, New) else UNSET,
    )
