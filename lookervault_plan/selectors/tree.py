"""What a selection means: criteria, unions and intersections; the same for file and option.

`show` gives the command-line form back, and reading that gives the same tree: trees are made
with `union` and `intersection`, which leave one tree for what is the same thing.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from lookervault_plan.selectors.methods import ADDRESS, METHODS, is_address
from lookervault_plan.selectors.place import NOWHERE, Place


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """One `method:value`; `value` is in the canonical form of its method."""

    method: str
    value: str
    #: `+x`: with all that the picked items need
    dependencies: bool = False
    #: `x+`: with all that needs them
    dependents: bool = False
    place: Place = NOWHERE


class Union(msgspec.Struct, frozen=True, kw_only=True):
    """What any of these picks, less what is excluded."""

    of: "tuple[Selection, ...]"
    exclude: "tuple[Selection, ...]" = ()


class Intersection(msgspec.Struct, frozen=True, kw_only=True):
    """What all of these pick, less what is excluded."""

    of: "tuple[Selection, ...]"
    exclude: "tuple[Selection, ...]" = ()


#: characters that end a value or group criteria, unless they are quoted
_MEANINGFUL = ' \t\r\n,"()'

Selection: TypeAlias = Criterion | Union | Intersection


def union(of: Iterable[Selection], exclude: Iterable[Selection] = ()) -> Selection:
    """A union without needless nesting; `of` is not empty."""
    members, without = _spliced(of), _spliced(exclude)
    return members[0] if len(members) == 1 and not without else Union(of=members, exclude=without)


def intersection(of: Iterable[Selection], exclude: Iterable[Selection] = ()) -> Selection:
    """An intersection without needless nesting; `of` is not empty."""
    members: list[Selection] = []
    for each in of:
        members.extend(each.of if isinstance(each, Intersection) and not each.exclude else (each,))
    if len(members) == 1:
        return union(members, exclude)
    return Intersection(of=tuple(members), exclude=_spliced(exclude))


def criteria(selection: Selection) -> Iterator[Criterion]:
    """Every criterion of it, excluded ones too; other selectors stay names."""
    if isinstance(selection, Criterion):
        yield selection
        return
    for each in (*selection.of, *selection.exclude):
        yield from criteria(each)


def show(selection: Selection) -> str:
    """The command-line form."""
    match selection:
        case Criterion():
            before = "+" if selection.dependencies else ""
            return f"{before}{_word(selection)}{'+' if selection.dependents else ''}"
        case Union():
            return " ".join([*map(_in_union, selection.of), *_excluded(selection.exclude)])
        case Intersection():
            return ",".join([*map(_in_intersection, selection.of), *_excluded(selection.exclude)])


def _spliced(selections: Iterable[Selection]) -> tuple[Selection, ...]:
    members: list[Selection] = []
    for each in selections:
        members.extend(each.of if isinstance(each, Union) and not each.exclude else (each,))
    return tuple(members)


def _in_union(selection: Selection) -> str:
    shown = show(selection)
    return f"({shown})" if isinstance(selection, Union) else shown


def _in_intersection(selection: Selection) -> str:
    shown = show(selection)
    return shown if isinstance(selection, Criterion) else f"({shown})"


def _excluded(selections: tuple[Selection, ...]) -> Iterator[str]:
    if selections:
        yield f"exclude({' '.join(map(_in_union, selections))})"


def _word(criterion: Criterion) -> str:
    if criterion.method == ADDRESS:
        kind, _, id_ = criterion.value.partition(":")
        if kind not in METHODS or is_address(kind, id_):
            return f"{kind}:{_quoted(id_)}"
    is_like_one = is_address(criterion.method, criterion.value)
    return f"{criterion.method}:{_quoted(criterion.value, always=is_like_one)}"


def _quoted(value: str, *, always: bool = False) -> str:
    is_plain = value[0] != "'" and value[-1] != "+" and not set(_MEANINGFUL) & set(value)
    if is_plain and not always:
        return value
    return '"' + value.replace('"', '\\"') + '"'
