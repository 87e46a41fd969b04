"""How the parts of an item are shown: tiles as tiles, access as who gets what."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import UNSET
from msgspec.structs import replace
from rich.cells import cell_len

from lookervault_plan.content.table.kinds import KINDS, Collection, singular
from lookervault_plan.content.table.rows.access import LEVEL
from lookervault_plan.plan_file import (
    Action,
    Change,
    ContentWriting,
    Create,
    GridTile,
    PartAction,
    Parts,
    Place,
    parts_of,
)
from lookervault_plan.planning.words import counted
from lookervault_plan.render.lines import Line, Span
from lookervault_plan.render.plan.change_lines import (
    DetailLimits,
    change_lines,
    changes_on_one_line,
    origin_mark,
)
from lookervault_plan.render.safe_text import quoted, visible
from lookervault_plan.render.shorten import clip

#: Terminal cells of a name.
NAME_ROOM = 160
#: More tiles than this that only change places share a line.
_MOVES_SHOWN = 4

#: Signs of the lists of parts, in reading order.
_PART_LISTS: tuple[tuple[str, Callable[[Parts], Sequence[PartAction]]], ...] = (
    ("-", lambda parts: parts.delete),
    ("~", lambda parts: parts.update),
    ("+", lambda parts: parts.create),
    ("!", lambda parts: parts.blocked),
)


def part_lines(action: Action, limits: DetailLimits) -> Iterator[Line]:
    """Show the parts that an action writes or leaves out, in the order of the table of kinds."""
    row = KINDS.get(action.type)
    known = {each.name: each for each in row.item.collections} if row else {}
    names = {*parts_of(action)}
    if any(_is_place(known.get(name)) for name in names):
        names |= {each.name for each in known.values() if _has_places(action, each)}
    for name in sorted(names, key=_table_order(known)):
        if not _is_place(known.get(name)):
            yield from _Collection(action, name, known.get(name), limits).lines()


def noun_of(action: Action, collection: str) -> str:
    """Name one part of a collection: `tile`, `access entry`."""
    row = KINDS.get(action.type)
    nouns = {each.name: each.noun for each in row.item.collections} if row else {}
    return nouns.get(collection) or visible(singular(collection))


def _table_order(known: Mapping[str, Collection]) -> Callable[[str], tuple[int, str]]:
    """Sort collections as the table of kinds does, unknown ones last."""
    names = [*known]
    return lambda name: (names.index(name) if name in known else len(names), name)


def _is_place(collection: Collection | None) -> bool:
    """Say whether parts only place other parts. They are shown with those."""
    return collection is not None and bool(KINDS[collection.kind].part.place_fields)


class _Collection:
    """The lines of one collection."""

    def __init__(
        self, action: Action, name: str, collection: Collection | None, limits: DetailLimits
    ) -> None:
        self._action = action
        self._parts = parts_of(action).get(name, Parts())
        self._limits = limits
        self._noun = noun_of(action, name)
        self._kind = KINDS[collection.kind] if collection else None
        is_drawn = collection is not None and _has_places(action, collection)
        is_drawn = collection is not None and _has_places(action, collection)
        self._moves: Mapping[str, GridTile] = _moves(action) if is_drawn else {}
        #: Tile -> changes of how it is placed that the grid does not show.
        self._settings: Mapping[str, tuple[Change, ...]] = (
            _settings(action, self._moves) if is_drawn else {}
        )

    def lines(self) -> Iterator[Line]:
        parts = self._parts
        is_new = isinstance(self._action, Create)
        if is_new and len(parts.create) == 1 and not parts.create[0].title:
            parts = replace(parts, create=())  # Looker makes the only tab, and the access list
        if is_new and parts.create and not self._limits.names_created_parts:
            yield self._created(parts.create)
            parts = replace(parts, create=())
        for sign, list_of in _PART_LISTS:
            every = list_of(parts)
            shown = every[: self._limits.parts]
            for part in shown:
                yield self._part(sign, part)
            if left := len(every) - len(shown):
                yield Line.of(sign, ("dim", f"… and {left:,} more {self._plural(left)}"))
        yield from self._only_moved()

    def _plural(self, number: int) -> str:
        return counted(number, self._noun).partition(" ")[2]

    def _created(self, parts: Sequence[PartAction]) -> Line:
        number = counted(len(parts), self._noun)
        titles = ", ".join(quoted(part.title) for part in parts[: self._limits.parts] if part.title)
        room = max(self._limits.width - cell_len(number), 20)
        return Line.of("+", ("plain", number), ("dim", f": {clip(titles, room)}" * bool(titles)))

    def _part(self, sign: str, part: PartAction) -> Line:
        spans = [Span("plain", self._noun), *self._name(part)]
        if part.alerts:
            words = " alert goes" if part.alerts == 1 else " alerts go"
            spans.append(Span("alarm", f" ({part.alerts:,}{words} with it)"))
        if part.reason:
            spans.append(Span("alarm", f": {visible(part.reason)}"))
        # The reason of a blocked part says it already.
        if sign != "!" and (mark := origin_mark(part.origin, sign)):
            spans.append(mark)
            part = replace(part, changes=tuple(replace(c, origin=UNSET) for c in part.changes))
        if self._kind and self._kind.is_access_entry and sign in "+~":
            return Line(sign, (*spans, *_level(part.changes)))
        changes = (*part.changes, *self._settings.get(part.key or "", ()))
        move = self._moves.get(part.key or "")
        kind = self._kind.name if self._kind else ""
        below = tuple(change_lines(changes, self._limits, kind=kind))
        if move and sign == "~":
            return Line(sign, tuple(spans), (Line.of("~", ("plain", _moved(move))), *below))
        if brief := changes_on_one_line(changes, self._limits):
            return Line(sign, (*spans, Span("plain", f": {brief}")))
        return Line(sign, tuple(spans), below)

    def _name(self, part: PartAction) -> Iterator[Span]:
        if part.title:
            yield Span("name", f" {clip(quoted(part.title), NAME_ROOM)}")
        elif part.key is None and part.live_id is not None:
            yield Span("dim", f" {visible(part.live_id)}")
        elif part.key is not None and not (self._kind and self._kind.part.auto_created):
            yield Span("dim", f" {visible(part.key)}")

    def _only_moved(self) -> Iterator[Line]:
        """Show the tiles that change nothing but their place, or how they are placed."""
        written = {part.key for part in (*self._parts.update, *self._parts.create)}
        moved = [tile for key, tile in self._moves.items() if key not in written]
        if len(moved) > _MOVES_SHOWN and not self._limits.names_created_parts:
            number = counted(len(moved), self._noun)
            titles = ", ".join(quoted(tile.title) for tile in moved[: self._limits.parts])
            room = max(self._limits.width - cell_len(number) - 24, 20)
            yield Line.of(
                "~",
                ("plain", f"{number} moved or resized"),
                ("dim", f": {clip(titles, room)}"),
            )
        else:
            for tile in moved:
                name = f" {clip(quoted(tile.title), NAME_ROOM)}"
                words = f": {_moved(tile)}"
                yield Line.of("~", ("plain", self._noun), ("name", name), ("plain", words))
        titles_by_key = {str(tile.key): tile.title for tile in _tiles(self._action)}
        for key, changes in self._settings.items():
            if key not in written and key not in self._moves:
                title = titles_by_key.get(key, "")
                yield self._part("~", PartAction(title=title, changes=changes))


def _level(changes: Sequence[Change]) -> Iterator[Span]:
    """Say what somebody may do: `: view -> edit`."""
    for change in changes:
        if change.path == LEVEL:
            before = f"{visible(str(change.before))} -> " if change.before else ""
            yield Span("plain", f": {before}")
            yield Span("after", visible(str(change.after)))


# --- places -----------------------------------------------------------------------------------


def _tiles(action: Action) -> tuple[GridTile, ...]:
    grid = action.grid if isinstance(action, ContentWriting) else None
    return grid.tiles if grid else ()


def _has_places(action: Action, collection: Collection) -> bool:
    """Say whether the parts of a collection are the tiles of the grid."""
    return any(
        row.part.auto_created and row.part.auto_created.owner_kind == collection.kind
        for each in KINDS[action.type].item.collections
        if (row := KINDS[each.kind]).part.place_fields
    )


def _moves(action: Action) -> Mapping[str, GridTile]:
    """Map the keys of tiles to those that change places."""
    return {
        tile.key: tile
        for tile in _tiles(action)
        if tile.key and tile.before and tile.after and tile.before != tile.after
    }


def _moved(tile: GridTile) -> str:
    """Say how a tile moves: `moved from row 0, column 8 to row 4, column 0; resized …`."""
    before, after = tile.before, tile.after
    if before is None or after is None:
        return ""
    words: list[str] = []
    if before.tab != after.tab:
        words.append("moved to another tab")
    elif (before.row, before.column) != (after.row, after.column):
        words.append(f"moved from {_spot(before)} to {_spot(after)}")
    if (before.width, before.height) != (after.width, after.height):
        words.append(f"resized from {before.width}x{before.height} to {after.width}x{after.height}")
    return "; ".join(words)


def _spot(place: Place) -> str:
    return f"row {place.row}, column {place.column}"


def _settings(action: Action, moves: Mapping[str, GridTile]) -> Mapping[str, tuple[Change, ...]]:
    """Map the keys of tiles to changes of how they are placed that the moves don't show."""
    found: dict[str, tuple[Change, ...]] = {}
    for each in KINDS[action.type].item.collections:
        row = KINDS[each.kind].part
        parts = parts_of(action).get(each.name) if row.place_fields else None
        scope = row.auto_created.read_scope if row.auto_created else None
        for part in parts.update if parts else ():
            tile = part.places or part.key or ""
            drawn = {*row.place_fields, *row.size_fields, scope} if tile in moves else {None}
            if rest := tuple(change for change in part.changes if change.path not in drawn):
                found[tile] = rest
    return found
