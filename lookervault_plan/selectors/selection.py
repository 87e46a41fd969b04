"""A parsed selection: a tree of criteria, unions and intersections.

Files and options parse to the same tree. Build trees with `union` and `intersection`: they remove
needless nesting, so that `to_text` and `parse` are inverse to each other.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from lookervault_plan.selectors.location import NOWHERE, Location
from lookervault_plan.selectors.methods import ADDRESS, METHODS, is_address


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """One `method:value`, with the value in the canonical form of its method."""

    method: str
    value: str
    #: `+x`: pick the dependencies of the items too
    dependencies: bool = False
    #: `x+`: pick the dependents of the items too
    dependents: bool = False
    location: Location = NOWHERE


class Union(msgspec.Struct, frozen=True, kw_only=True):
    """Items that any member picks, without the excluded ones."""

    of: "tuple[Selection, ...]"
    exclude: "tuple[Selection, ...]" = ()


class Intersection(msgspec.Struct, frozen=True, kw_only=True):
    """Items that all members pick, without the excluded ones."""

    of: "tuple[Selection, ...]"
    exclude: "tuple[Selection, ...]" = ()


#: characters that end a value or group criteria unless quoted
_SYNTAX_CHARS = ' \t\r\n,"()'

Selection: TypeAlias = Criterion | Union | Intersection


def union(of: Iterable[Selection], exclude: Iterable[Selection] = ()) -> Selection:
    """Build a union without needless nesting. `of` must not be empty."""
    members, without = _flattened(of), _flattened(exclude)
    return members[0] if len(members) == 1 and not without else Union(of=members, exclude=without)


def intersection(of: Iterable[Selection], exclude: Iterable[Selection] = ()) -> Selection:
    """Build an intersection without needless nesting. `of` must not be empty."""
    members: list[Selection] = []
    for each in of:
        members.extend(each.of if isinstance(each, Intersection) and not each.exclude else (each,))
    if len(members) == 1:
        return union(members, exclude)
    return Intersection(of=tuple(members), exclude=_flattened(exclude))


def criteria(selection: Selection) -> Iterator[Criterion]:
    """List every criterion, excluded ones too. Criteria of other selectors are not followed."""
    if isinstance(selection, Criterion):
        yield selection
        return
    for each in (*selection.of, *selection.exclude):
        yield from criteria(each)


def to_text(selection: Selection) -> str:
    """Print a selection as the command line takes it."""
    match selection:
        case Criterion():
            before = "+" if selection.dependencies else ""
            return f"{before}{_criterion_text(selection)}{'+' if selection.dependents else ''}"
        case Union():
            return " ".join([*map(_in_union, selection.of), *_excluded(selection.exclude)])
        case _:  # an intersection
            return ",".join([*map(_in_intersection, selection.of), *_excluded(selection.exclude)])


def _flattened(selections: Iterable[Selection]) -> tuple[Selection, ...]:
    members: list[Selection] = []
    for each in selections:
        members.extend(each.of if isinstance(each, Union) and not each.exclude else (each,))
    return tuple(members)


def _in_union(selection: Selection) -> str:
    shown = to_text(selection)
    return f"({shown})" if isinstance(selection, Union) else shown


def _in_intersection(selection: Selection) -> str:
    shown = to_text(selection)
    return shown if isinstance(selection, Criterion) else f"({shown})"


def _excluded(selections: tuple[Selection, ...]) -> Iterator[str]:
    if selections:
        yield f"exclude({' '.join(map(_in_union, selections))})"


def _criterion_text(criterion: Criterion) -> str:
    if criterion.method == ADDRESS:
        kind, _, id_ = criterion.value.partition(":")
        if kind not in METHODS or is_address(kind, id_):
            return f"{kind}:{_quoted(id_)}"
    looks_like_address = is_address(criterion.method, criterion.value)
    return f"{criterion.method}:{_quoted(criterion.value, always=looks_like_address)}"


def _quoted(value: str, *, always: bool = False) -> str:
    is_plain = value[0] != "'" and value[-1] != "+" and not set(_SYNTAX_CHARS) & set(value)
    if is_plain and not always:
        return value
    return '"' + value.replace('"', '\\"') + '"'
