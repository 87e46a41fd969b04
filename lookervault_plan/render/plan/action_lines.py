"""How an action is shown: the line of its item, with its changes, parts and references below."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from rich.cells import cell_len

from lookervault_plan.content.table.kinds import KINDS, IfMissing, singular
from lookervault_plan.plan_file import (
    KNOWN_AFTER_APPLY,
    LINK,
    LISTENS_TO,
    Action,
    ContentWriting,
    Create,
    PartAction,
    Parts,
    PlanReference,
    Remap,
    Skip,
    is_incomplete,
    parts_of,
    references_of,
)
from lookervault_plan.render.action_styles import ACTIONS
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.lines import Line, Span
from lookervault_plan.render.plan.change_lines import (
    DetailLimits,
    change_lines,
    changes_on_one_line,
)
from lookervault_plan.render.safe_text import folder_path, quoted, visible
from lookervault_plan.render.shorten import clip

#: Terminal cells of a name.
_NAME_ROOM = 160
#: References known after apply that are named.
_KNOWN_AFTER_APPLY_SHOWN = 5
#: Reasons of a match that need no mention.
_UNREMARKABLE_MATCHES = frozenset((None, "", "id"))


#: Signs of the lists of parts, in reading order.
_PART_LISTS: tuple[tuple[str, Callable[[Parts], Sequence[PartAction]]], ...] = (
    ("~", lambda parts: parts.update),
    ("+", lambda parts: parts.create),
    ("-", lambda parts: parts.delete),
    ("!", lambda parts: parts.blocked),
)

#: Sign and words for a missing target, by the rule of the table of kinds.
_MISSING_WORDS: Mapping[IfMissing, tuple[str, str]] = {
    IfMissing.BLOCK: ("!", "is missing"),
    IfMissing.DROP: (" ", "is missing; the value stays as it was"),
    IfMissing.API_USER: (" ", "is missing; Looker puts the API user in"),
}


def action_line(action: Action, limits: DetailLimits) -> Line:
    """Make the line of an item, with the lines of all its changes below."""
    sign = ACTIONS[action.verb].sign
    return Line(sign, heading_spans(action), tuple(_children(action, limits)))


def heading_spans(action: Action) -> tuple[Span, ...]:
    """Name an item: address, name, folder, and how its live twin was matched."""
    name = clip(quoted(action.name), _NAME_ROOM)
    spans = [Span("address", visible(action.address)), Span("name", f" {name}")]
    if action.path:
        spans.append(Span("dim", f" in {clip(folder_path(action.path), _NAME_ROOM)}"))
    if notes := ", ".join(_notes(action)):
        spans.append(Span("dim", f" ({notes})"))
    if is_incomplete(action):
        blocked = sum(len(parts.blocked) for parts in parts_of(action).values())
        spans.append(Span("alarm", f" [incomplete: {counted(blocked, 'part')} blocked]"))
    return tuple(spans)


def _notes(action: Action) -> Iterator[str]:
    if not isinstance(action, Create):
        by_id = action.matched_by in _UNREMARKABLE_MATCHES
        if action.destination_id and (action.destination_id != action.source_id or not by_id):
            matched = "" if by_id else f" by {visible(action.matched_by or '')}"
            yield f"matched {visible(action.destination_id)}{matched}"
    if isinstance(action, Skip) and action.reason:
        yield visible(action.reason)


def _children(action: Action, limits: DetailLimits) -> Iterator[Line]:
    if isinstance(action, ContentWriting):
        yield from change_lines(action.changes, limits)
    counts_creates = isinstance(action, Create) and not limits.names_created_parts
    for collection in sorted(parts_of(action), key=_collection_order(action.type)):
        parts = parts_of(action)[collection]
        yield from _collection(collection, parts, limits, counts_creates=counts_creates)
    yield from _references(action)
    if not isinstance(action, ContentWriting):
        return
    for interim in action.interim:
        text = f"{visible(interim.path)} = {quoted(interim.value)} until {visible(interim.until)}"
        yield Line.of(" ", ("dim", f"for a while, {text} has given its own up"))
    deferred = {*action.deferred} - {interim.path for interim in action.interim}
    if deferred:
        paths = ", ".join(map(visible, sorted(deferred)))
        yield Line.of(" ", ("dim", f"written afterwards, since they close a cycle: {paths}"))


def _collection_order(type_: str) -> Callable[[str], tuple[int, str]]:
    """Sort collections as the table of kinds does, unknown ones last."""
    row = KINDS.get(type_)
    names = [collection.name for collection in row.item.collections] if row else []
    return lambda name: (names.index(name) if name in names else len(names), name)


def _collection(
    collection: str, parts: Parts, limits: DetailLimits, *, counts_creates: bool
) -> Iterator[Line]:
    noun = visible(singular(collection))
    if counts_creates and parts.create:
        yield _created_parts_line(collection, parts.create, limits)
        parts = msgspec.structs.replace(parts, create=())
    for sign, list_of in _PART_LISTS:
        every = list_of(parts)
        shown = every[: limits.parts]
        for part in shown:
            yield _part(noun, sign, part, limits)
        if left := len(every) - len(shown):
            more = counted(left, f"more {noun}", f"more {visible(collection)}")
            yield Line.of(sign, ("dim", f"… and {more}"))


def _created_parts_line(collection: str, parts: Sequence[PartAction], limits: DetailLimits) -> Line:
    number = counted(len(parts), visible(singular(collection)), visible(collection))
    titles = ", ".join(quoted(part.title) for part in parts[: limits.parts] if part.title)
    room = max(limits.width - cell_len(number), 20)
    return Line.of("+", ("plain", number), ("dim", f": {clip(titles, room)}" * bool(titles)))


def _part(noun: str, sign: str, part: PartAction, limits: DetailLimits) -> Line:
    title = clip(quoted(part.title), _NAME_ROOM) if part.title else visible(part.key or "")
    spans = [Span("plain", noun), Span("name", f" {title}")]
    if part.key is None and part.live_id is not None:
        spans.append(Span("dim", f" (live id {visible(part.live_id)})"))
    if part.reason:
        spans.append(Span("alarm", f": {visible(part.reason)}"))
    if brief := changes_on_one_line(part.changes, limits):
        return Line(sign, (*spans, Span("plain", f": {brief}")))
    return Line(sign, tuple(spans), tuple(change_lines(part.changes, limits)))


def _references(action: Action) -> Iterator[Line]:
    unknown: dict[str, None] = {}
    explained = {
        f"{collection}/{part.key}"
        for collection, parts in parts_of(action).items()
        for part in parts.blocked
        if part.reason
    }
    for reference in references_of(action):
        if reference.to is None and reference.part in explained:
            continue  # the line of the blocked part gives the reason
        if reference.to == KNOWN_AFTER_APPLY:
            unknown[visible(f"{reference.path} = {reference.from_}")] = None
        else:
            yield _reference(action, reference)
    if unknown:
        shown = list(unknown)[:_KNOWN_AFTER_APPLY_SHOWN]
        left = len(unknown) - len(shown)
        named = ", ".join(shown) + (f" and {left:,} more" if left else "")
        yield Line.of(" ", ("dim", f"{KNOWN_AFTER_APPLY[1:-1]}: {named}"))


def _reference(action: Action, reference: PlanReference) -> Line:
    place = f"{visible(reference.path)}{_of_part(action, reference)}: "
    target = visible(reference.from_)
    if reference.part is None and _is_slug(action, reference.path):
        return Line.of(" ", ("field", place), ("plain", f"{target} is taken; the URL will change"))
    if reference.path == LISTENS_TO:
        words = f"{target.partition(':')[2]} is not there; it is left out"
        return Line.of(" ", ("field", place), ("plain", words))
    if reference.path == LINK and reference.to is None:
        return Line.of(" ", ("field", place), ("plain", f"{target} is not there; the text stays"))
    if reference.to is not None:
        return Line.of(" ", ("field", place), ("plain", f"{target} -> {visible(reference.to)}"))
    sign, words = _MISSING_WORDS[_if_missing(action, reference)]
    return Line.of(sign, ("field", place), ("plain", f"{target} {words}"))


def _is_slug(action: Action, path: str) -> bool:
    row = KINDS.get(action.type)
    return row is not None and row.item.slug_field == path


def _of_part(action: Action, reference: PlanReference) -> str:
    """Name the part that holds a reference, by title if known. The plan has `collection/key`."""
    if reference.part is None:
        return ""
    collection, _, key = reference.part.partition("/")
    parts = parts_of(action).get(collection, Parts())
    for part in (*parts.create, *parts.update, *parts.blocked, *parts.keep):
        if part.key == key and part.title:
            return f" of {visible(singular(collection))} {quoted(part.title)}"
    return f" of {visible(singular(collection))} {visible(key)}"


def _if_missing(action: Action, reference: PlanReference) -> IfMissing:
    """Look up what a missing target does; it blocks if the table does not know the reference."""
    row = KINDS.get(action.type)
    kind = action.type
    if reference.part is not None:
        name = reference.part.partition("/")[0]
        kinds = [part.kind for part in row.item.collections if part.name == name] if row else []
        kind = next(iter(kinds), "")
    known = KINDS[kind].find_reference(reference.path) if kind in KINDS else None
    return known.if_missing if known else IfMissing.BLOCK


def import_line(remap: Remap) -> Line:
    """Make the line of a live twin that the state does not know yet."""
    address = visible(f"{remap.type}:{remap.source_id}")
    name = f" {clip(quoted(remap.name), _NAME_ROOM)}" if remap.name else ""
    found = f" is {visible(remap.destination_id)}"
    return Line.of(
        "=",
        ("address", address),
        ("name", name),
        ("plain", found),
        ("dim", f" (by {visible(remap.matched_by)})"),
    )
