"""How an action is shown: the line of its item, with its changes, parts and references below."""

from collections.abc import Container, Iterator, Mapping

import msgspec

from lookervault_plan.content.table.kinds import KINDS, IfMissing
from lookervault_plan.plan_file import (
    KNOWN_AFTER_APPLY,
    LINK,
    LISTENS_TO,
    Action,
    Blocked,
    ContentWriting,
    Create,
    Delete,
    Parts,
    PlanReference,
    Remap,
    Skip,
    Update,
    is_incomplete,
    parts_of,
    references_of,
)
from lookervault_plan.render.action_styles import ACTIONS
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.lines import Line, Span
from lookervault_plan.render.plan.change_lines import DetailLimits, change_lines
from lookervault_plan.render.plan.part_lines import NAME_ROOM, noun_of, part_lines
from lookervault_plan.render.safe_text import folder_path, quoted, visible
from lookervault_plan.render.shorten import clip

#: References known after apply that are named.
_KNOWN_AFTER_APPLY_SHOWN = 5
#: Reasons of a match that need no mention.
_UNREMARKABLE_MATCHES = frozenset((None, "", "id"))

#: Sign and words for a missing target, by the rule of the table of kinds.
_MISSING_WORDS: Mapping[IfMissing, tuple[str, str]] = {
    IfMissing.BLOCK: ("!", "not found in the destination"),
    IfMissing.DROP: (" ", "not found in the destination; left as is"),
    IfMissing.API_USER: (" ", "not found in the destination; Looker puts the API user in"),
}


class Shown(msgspec.Struct, frozen=True):
    """How much of an action is shown, and what the plan says elsewhere."""

    limits: DetailLimits
    #: Addresses of live twins that the state does not know yet.
    imported: Container[str] = ()
    #: Missing targets of links that a note names with all the items that link there.
    folded_links: Container[str] = ()


def action_line(action: Action, shown: Shown) -> Line:
    """Make the line of an item, with the lines of all its changes below."""
    sign = ACTIONS[action.verb].sign
    return Line(sign, heading_spans(action), tuple(_children(action, shown)), is_heading=True)


def item_line(action: Action, limits: DetailLimits) -> Line:
    """Make the line of an item that has changed already, with its changes below."""
    children = tuple(_children(action, Shown(limits)))
    return Line(ACTIONS[action.verb].sign, item_spans(action), children)


def heading_spans(action: Action) -> tuple[Span, ...]:
    """Name an item and what becomes of it, in Terraform's words, which other tools read.

    `dashboard.42 "Orders" in Shared/Finance will be created`
    """
    return (*item_spans(action, action.address.replace(":", ".", 1)), *_fate(action))


def item_spans(action: Action, address: str = "") -> tuple[Span, ...]:
    """Name an item: address, name and folder."""
    name = clip(quoted(action.name), NAME_ROOM)
    address = visible(address or action.address)
    spans = [Span("address", address), Span("name", f" {name}")]
    if action.path:
        spans.append(Span("dim", f" in {clip(folder_path(action.path), NAME_ROOM)}"))
    return tuple(spans)


def _fate(action: Action) -> Iterator[Span]:
    match action:
        case Create():
            yield Span("plain", " will be created")
        case Update():
            yield Span("plain", " will be updated in-place")
        case Delete():
            yield Span("plain", " will be destroyed")
        case Blocked():
            yield Span("alarm", f" is blocked: {visible(action.reason)}")
        case Skip():
            reason = action.reason if action.reason not in {"", "unchanged"} else ""
            yield Span("dim", f" is left as is: {visible(reason)}" if reason else " is unchanged")


def _children(action: Action, shown: Shown) -> Iterator[Line]:
    limits = shown.limits
    if isinstance(action, Update) and action.address in shown.imported:
        # The next line after the heading, where tfcmt looks for it.
        text = f'# (imported from "{visible(action.destination_id)}")'
        yield Line.of(" ", ("dim", text))
    yield from _links(action)
    if is_incomplete(action):
        blocked = sum(len(parts.blocked) for parts in parts_of(action).values())
        yield Line.of("!", ("alarm", f"incomplete: {counted(blocked, 'part')} blocked"))
    if isinstance(action, ContentWriting):
        yield from change_lines(action.changes, limits, kind=action.type)
    yield from part_lines(action, limits)
    yield from _references(action, shown)
    if not isinstance(action, ContentWriting):
        return
    for interim in action.interim:
        text = f"{visible(interim.path)} = {quoted(interim.value)} until {visible(interim.until)}"
        yield Line.of(" ", ("dim", f"temporary name: {text} is done"))
    deferred = {*action.deferred} - {interim.path for interim in action.interim}
    if deferred:
        paths = ", ".join(map(visible, sorted(deferred)))
        yield Line.of(" ", ("dim", f"set in a second pass (circular reference): {paths}"))


def _links(action: Action) -> Iterator[Line]:
    """Link to both sides, and say how the live twin was found."""
    source, destination = action.links.source, action.links.destination
    by_id = isinstance(action, Create) or action.matched_by in _UNREMARKABLE_MATCHES
    live_id = None if isinstance(action, Create) else action.destination_id
    matched = "" if by_id else f" (matched by {visible(_matched_by(action))})"
    if destination is None and live_id and (live_id != action.source_id or not by_id):
        destination = f"id {live_id}"
    if destination is None or isinstance(action, Skip | Blocked):
        source = None if isinstance(action, Skip | Blocked) else source
    if source and destination and source != destination:
        text = f"{visible(source)} -> {visible(destination)}"
    else:
        text = visible(destination or source or "")
    if text:
        yield Line.of(" ", ("dim", f"{text}{matched}"))


def _matched_by(action: Action) -> str:
    return "" if isinstance(action, Create) else action.matched_by or ""


def _references(action: Action, shown: Shown) -> Iterator[Line]:
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
        if reference.path == LINK and reference.from_ in shown.folded_links:
            continue
        if reference.to == KNOWN_AFTER_APPLY:
            unknown[visible(f"{reference.path} = {reference.from_}")] = None
        else:
            yield _reference(action, reference)
    if unknown:
        named = list(unknown)[:_KNOWN_AFTER_APPLY_SHOWN]
        left = len(unknown) - len(named)
        text = ", ".join(named) + (f" and {left:,} more" if left else "")
        yield Line.of(" ", ("dim", f"{KNOWN_AFTER_APPLY[1:-1]}: {text}"))


def _reference(action: Action, reference: PlanReference) -> Line:
    target = visible(reference.from_) + (f" {quoted(reference.name)}" if reference.name else "")
    if reference.path == LINK and reference.to is None:
        words = f"link to {target} left as is: not found in the destination"
        return Line.of(" ", ("plain", words))
    place = f"{visible(reference.path)}{_of_part(action, reference)}: "
    if reference.part is None and _is_slug(action, reference.path):
        words = f"{target} is taken in the destination, so the URL changes"
        return Line.of(" ", ("field", place), ("plain", words))
    if reference.path == LISTENS_TO:
        words = f"{target.partition(':')[2]} left out: the dashboard has no such filter"
        return Line.of(" ", ("field", place), ("plain", words))
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
            return f" of {noun_of(action, collection)} {quoted(part.title)}"
    return f" of {noun_of(action, collection)} {visible(key)}"


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
    address = visible(f"{remap.type}.{remap.source_id}")
    name = f" {clip(quoted(remap.name), NAME_ROOM)}" if remap.name else ""
    found = f" (id {visible(remap.destination_id)}, matched by {visible(remap.matched_by)})"
    return Line.of(
        "=",
        ("address", address),
        ("name", name),
        ("dim", found),
        ("plain", " will be imported"),
        is_heading=True,
    )
