"""Lay what the backup holds over the live object: a key that the backup lacks stays as it is.

A backup lacks what the client that wrote it did not know, at any depth. So an absent key is no
removal; null, and a list without a member, are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeGuard

from lookervault_plan.content.json_path import ABSENT, JsonOrAbsent, get, head
from lookervault_plan.content.node import Json, Node, Raw
from lookervault_plan.content.normalise import body_of, canonical, empty, normalise
from lookervault_plan.content.table.kinds import KINDS, Field, Form

#: Key of a list -> the keys that tell its objects apart (see `Field.told_apart_by`).
ToldApartBy = Mapping[str, tuple[str, ...]]


def lay_over(want: Json, have: Json, told_apart_by: ToldApartBy, *, key: str = "") -> Json:
    """Return `want` with the keys that only `have` has, at every depth.

    Keys of `want` come first, in its order. `key` is the one whose value this is.
    """
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        merged = {
            name: lay_over(value, have[name], told_apart_by, key=name) if name in have else value
            for name, value in want.items()
        }
        return merged | {name: value for name, value in have.items() if name not in want}
    if _is_list(want) and _is_list(have):
        twins = _twins(want, have, told_apart_by.get(key, ()))
        return [
            lay_over(one, have[twins[index]], told_apart_by) if index in twins else one
            for index, one in enumerate(want)
        ]
    return want


def adds_follow_up(desired: Node[str], live: Node[str], path: str) -> bool:
    """Say whether an update adds a value that only creates send: a login that somebody lacks."""
    return bool(desired.fields[path]) and any(
        head(path) == each.field and not live.raw.get(each.field)
        for each in KINDS[desired.kind].item.follow_ups
    )


def value_after(desired: Node[str], live: Node[str], path: str) -> Json:
    """Return the canonical value that a field has once `desired` is laid over `live`."""
    want = desired.fields[path]
    field = KINDS[desired.kind].field(path)
    # Ids of parts are no objects.
    is_object = field.form is Form.TREE and not (field.lists_parts or field.keys_are_content)
    if not is_object or want == live.fields.get(path, empty(live.kind, path)):
        return want
    return canonical(field, raw_value_after(desired, live, field))


def kept_keys(kind: str, want: Raw, have: Raw) -> Mapping[str, Json] | None:
    """Map what the definition `have` holds and `want` lacks, by path, if nothing else differs.

    None: the two are different definitions.
    """
    desired, live = normalise(kind, want), normalise(kind, have)
    if len(desired.refs) != len(live.refs):
        return None
    kept: dict[str, Json] = {}
    for path in dict.fromkeys((*desired.fields, *live.fields)):
        mine, theirs = (node.fields.get(path, empty(kind, path)) for node in (desired, live))
        if path in desired.fields and value_after(desired, live, path) != theirs:
            return None
        kept |= _added(path, mine, theirs)
    for path, ref in desired.refs.items():
        source, live_source = body_of(desired, path), body_of(live, path)
        inner = kept_keys(ref.kind, source, live_source) if ref and source and live_source else None
        if inner is None:
            return None
        kept |= inner
    return kept


def _added(path: str, want: Json, have: Json) -> Iterator[tuple[str, Json]]:
    """Yield (path, value) of each value that only `have` holds."""
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        for name, value in have.items():
            yield from _added(f"{path}.{name}", want.get(name), value)
    elif _is_list(want) and _is_list(have):
        for index, (one, other) in enumerate(zip(want, have, strict=True)):
            yield from _added(f"{path}[{index}]", one, other)
    elif want != have:
        yield path, have


def raw_value_after(desired: Node[str], live: Node[str], field: Field) -> Json:
    """Return the value that a field has once the object `desired` is laid over `live`."""
    return laid_over(_null_if_absent(get(desired.raw, field.path)), live, field)


def laid_over(want: Json, live: Node[str], field: Field) -> Json:
    """Return the value that a field of the live object has once this one is laid over it."""
    return lay_over(want, _null_if_absent(get(live.raw, field.path)), field.told_apart_by)


def _twins(
    want: Sequence[Json], have: Sequence[Json], told_apart_by: tuple[str, ...]
) -> Mapping[int, int]:
    """Map the index of each member of `want` to the index of the member of `have` it is about.

    Members that agree pair first, so that one that only moved takes no stranger's keys. Those that
    differ pair by the keys that tell them apart, by their place only without such keys.
    """
    twins: dict[int, int] = {}

    def pair(may_pair: Callable[[int, int], bool]) -> None:
        for index in range(len(want)):
            taken = set(twins.values())
            if index not in twins:
                found = (at for at in range(len(have)) if at not in taken and may_pair(index, at))
                if (twin := next(found, None)) is not None:
                    twins[index] = twin

    def agree(index: int, at: int) -> bool:
        return _agrees(want[index], have[at])

    def are_one(index: int, at: int) -> bool:
        one, other = want[index], have[at]
        return (
            bool(told_apart_by)
            and isinstance(one, Mapping)
            and isinstance(other, Mapping)
            and all(name in one and one[name] == other.get(name) for name in told_apart_by)
        )

    def is_vague(index: int) -> bool:
        one = want[index]
        return not (told_apart_by and isinstance(one, Mapping) and one.keys() >= {*told_apart_by})

    pair(lambda index, at: index == at and agree(index, at))
    pair(lambda index, at: are_one(index, at) and agree(index, at))
    pair(are_one)
    pair(lambda index, at: is_vague(index) and agree(index, at))
    pair(lambda index, at: is_vague(index) and index == at)
    return twins


def _null_if_absent(value: JsonOrAbsent) -> Json:
    return None if value is ABSENT else value


def _agrees(one: Json, other: Json) -> bool:
    """Say whether nothing differs in what both hold."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return all(_agrees(one[name], other[name]) for name in one.keys() & other.keys())
    if _is_list(one) and _is_list(other):
        return len(one) == len(other) and all(map(_agrees, one, other))
    return one == other


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return isinstance(value, (list, tuple))
