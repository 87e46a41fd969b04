"""Lay out the tiles of a dashboard before and after, so that every format can draw them."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lookervault_plan.content.json_path import get
from lookervault_plan.content.node import DesiredNode, Id, LiveId, LiveNode, Node, SourceRef
from lookervault_plan.content.normalise import body_of
from lookervault_plan.content.table.columns import AutoCreated, DefinitionColumns
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import Grid, GridTab, GridTile, Parts, Place

#: Field of a tile that says what it is, if it shows no query.
_TYPE = "type"


class _Layout(msgspec.Struct, frozen=True):
    """The collections that make up a grid, by name."""

    tabs: str
    tiles: str
    places: str
    #: Fields of a place: row, column, width, height.
    numbers: tuple[str, ...]
    #: References of a place to its tile and to its tab.
    tile_ref: str
    tab_ref: str


def grid_of(
    desired: DesiredNode,
    live: LiveNode | None,
    parts: Mapping[str, Parts],
    twins: Mapping[SourceRef, LiveId],
) -> Grid | None:
    """Lay out the tiles of an item. None: it has none.

    `twins` maps the desired parts to their live ids.
    """
    layout = _LAYOUTS.get(desired.kind)
    if layout is None or layout.tiles not in desired.parts:
        return None
    tabs, tab_of_desired, tab_of_live = _tabs(layout, desired, live, twins)
    wanted = _places(layout, desired, tab_of_desired)
    known: Mapping[str, Place] = _places(layout, live, tab_of_live) if live else {}
    plan = parts.get(layout.tiles, Parts())
    tiles = (
        *_desired_tiles(desired.parts[layout.tiles], plan, twins, wanted, known),
        *_live_tiles(live.parts.get(layout.tiles, ()) if live else (), plan, twins, known),
    )
    return Grid(tabs=tabs, tiles=tiles) if tiles else None


def _tabs(
    layout: _Layout,
    desired: DesiredNode,
    live: LiveNode | None,
    twins: Mapping[SourceRef, LiveId],
) -> tuple[tuple[GridTab, ...], Mapping[str, int], Mapping[str, int]]:
    """List the tabs, and map the ids of both sides to their index."""
    tabs: list[GridTab] = []
    of_desired: dict[str, int] = {}
    of_live: dict[str, int] = {}
    for node in desired.parts.get(layout.tabs, ()):
        twin = twins.get(node.ref)
        of_desired[node.id] = len(tabs)
        if twin:
            of_live[twin] = len(tabs)
        tabs.append(GridTab(key=node.id, live_id=twin, title=node.name))
    for node in live.parts.get(layout.tabs, ()) if live else ():
        if node.id not in of_live:
            of_live[node.id] = len(tabs)
            tabs.append(GridTab(live_id=node.id, title=node.name))
    return tuple(tabs), of_desired, of_live


def _places(layout: _Layout, item: Node[Id], tabs: Mapping[str, int]) -> Mapping[str, Place]:
    """Map the ids of tiles to their places."""
    places: dict[str, Place] = {}
    for node in item.parts.get(layout.places, ()):
        tile, tab = node.refs.get(layout.tile_ref), node.refs.get(layout.tab_ref)
        numbers = [node.fields.get(name) for name in layout.numbers]
        if tile is None or tab is None or tab.id not in tabs or node.raw.get("deleted"):
            continue
        if all(isinstance(number, (int, float)) for number in numbers):
            row, column, width, height = (int(str(number).partition(".")[0]) for number in numbers)
            places[tile.id] = Place(
                tab=tabs[tab.id], row=row, column=column, width=width, height=height
            )
    return places


def _desired_tiles(
    nodes: Iterable[DesiredNode],
    plan: Parts,
    twins: Mapping[SourceRef, LiveId],
    wanted: Mapping[str, Place],
    known: Mapping[str, Place],
) -> Iterator[GridTile]:
    blocked = {entry.key for entry in plan.blocked}
    for node in nodes:
        twin = twins.get(node.ref)
        before = known.get(twin) if twin else None
        # A backup may lack the place of a tile; the tile keeps the one it has.
        after = None if twin is None and node.id in blocked else wanted.get(node.id) or before
        if before or after:
            yield GridTile(
                key=node.id,
                live_id=twin,
                title=node.name,
                type=_type_of(node),
                before=before,
                after=after,
            )


def _live_tiles(
    nodes: Iterable[LiveNode],
    plan: Parts,
    twins: Mapping[SourceRef, LiveId],
    known: Mapping[str, Place],
) -> Iterator[GridTile]:
    """List the live tiles without a pair: those that go, and those that stay."""
    paired = {*twins.values()}
    gone = {entry.live_id for entry in plan.delete}
    for node in nodes:
        place = known.get(node.id)
        if node.id not in paired and place:
            yield GridTile(
                live_id=node.id,
                title=node.name,
                type=_type_of(node),
                before=place,
                after=None if node.id in gone else place,
            )


def _type_of(node: Node[Id]) -> str:
    """Say what a tile shows: the type of its visualization, else its own type."""
    for path, ref in node.refs.items():
        columns = KINDS[ref.kind].columns if ref and ref.kind in KINDS else None
        if isinstance(columns, DefinitionColumns):
            body = body_of(node, path)
            if body and (found := get(body, columns.vis_type_path)):
                return str(found)
    return str(node.fields.get(_TYPE) or "")


def _layout_of(kind: str) -> _Layout | None:
    collections = KINDS[kind].item.collections
    names = {each.kind: each.name for each in collections}
    for each in collections:
        row = KINDS[each.kind]
        match row.part.auto_created:
            case AutoCreated(owner_kind=tile, read_scope=str(tab_ref), owner_ref=str(tile_ref)) if (
                row.part.size_fields
            ):
                return _Layout(
                    tabs=names[row.reference(tab_ref).kind],
                    tiles=names[tile],
                    places=each.name,
                    numbers=(*row.part.place_fields, *row.part.size_fields),
                    tile_ref=tile_ref,
                    tab_ref=tab_ref,
                )
            case _:
                pass
    return None


_LAYOUTS: Mapping[str, _Layout] = {
    kind: layout for kind, row in KINDS.items() if row.is_item and (layout := _layout_of(kind))
}
