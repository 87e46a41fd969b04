"""Damage to an instance, done through its own API, and the writes that repair it.

The writes are those of the recipes in the notes on Looker's API (section 3): one PATCH of the
changed fields of the damaged node alone, and for what is gone the calls that make it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tests.acceptance.companies import Maker
from tests.acceptance.judge import Raw, Reading

ANY: Final = object()
"""A value that can't be known beforehand: a new id."""


@dataclass(frozen=True)
class Write:
    """One expected request; `path` is a regular expression for the whole path."""

    method: str
    path: str
    #: exactly these fields; None for whatever it takes to make the thing
    body: Mapping[str, Any] | None = None
    #: fields that may be sent too, since what is sent decides them
    also: frozenset[str] = frozenset()
    #: may stay away: Looker may have placed a tile right by itself
    maybe: bool = False

    def fits(self, method: str, path: str, body: Any) -> bool:
        if method != self.method or not re.fullmatch(self.path, path):
            return False
        if self.body is None:
            return True
        sent = body or {}
        return sent.keys() - self.also == self.body.keys() and all(
            value is ANY or _equal(sent[name], value) for name, value in self.body.items()
        )


def _equal(sent: Any, value: Any) -> bool:
    """Equal, but for nulls inside objects and read-only fields of certifications."""
    if isinstance(sent, dict) and value is None:
        return all(one in (None, "") for one in sent.values())
    if isinstance(sent, dict) and isinstance(value, dict):
        return all(_equal(sent.get(key), value.get(key)) for key in sent) and all(
            key in sent or value[key] in (None, "") or key in READ_ONLY for key in value
        )
    return sent == value or (sent in (None, "") and value in (None, ""))


READ_ONLY: Final = frozenset({"ui_status", "user_name", "updated_at"})


def unexpected(writes: Iterable[Any], expected: Sequence[Write]) -> list[str]:
    """List needless requests of a repair, and needed ones that it did not send."""
    waiting, found = list(expected), []
    for request in writes:
        fitting = [one for one in waiting if one.fits(request.method, request.path, request.body)]
        # The narrowest first: a write whose path and fields are known before one that takes any.
        fitting.sort(key=lambda one: ("\\" in one.path, one.body is None, one.maybe))
        if fitting:
            waiting.remove(fitting[0])
        else:
            found.append(f"not needed: {request.method} {request.path} {request.body}")
    found += [f"not made: {one.method} {one.path} {one.body}" for one in waiting if not one.maybe]
    return found


@dataclass
class Damage:
    """One damage, and the requests that undo it."""

    what: str
    repair: list[Write]
    #: guards that the repair trips
    allow: tuple[str, ...] = ()


@dataclass
class Site:
    """An instance to damage. No two damages touch the same thing."""

    call: Callable[..., tuple[int, Any]]
    #: what it held before
    reading: Reading
    taken: set[str] = field(default_factory=set)
    _rows: dict[str, Any] = field(default_factory=dict)

    @property
    def maker(self) -> Maker:
        return Maker(self.call)

    def rows(self, path: str) -> list[Raw]:
        """A list, with a query or without, as it was when first asked for."""
        if path not in self._rows:
            way, _, query = path.partition("?")
            asked = dict(pair.split("=") for pair in query.split("&") if pair)
            status, reply = self.call("GET", way, asked or None)
            assert status == 200, (path, status, reply)
            self._rows[path] = msgspec.json.decode(msgspec.json.encode(reply))
        return self._rows[path]

    def row(self, path: str) -> Raw:
        """The same for one object."""
        found: Any = self.rows(path)
        return found

    def pick(self, kind: str, rows: Iterable[Raw], number: int) -> Raw | None:
        """One that nobody has damaged yet; the same for the same number."""
        free = [row for row in rows if f"{kind} {row['id']}" not in self.taken]
        if not free:
            return None
        found = sorted(free, key=lambda row: int(row["id"]))[number % len(free)]
        self.take(kind, found["id"])
        return found

    def take(self, kind: str, id_: str) -> None:
        self.taken.add(f"{kind} {id_}")

    def is_taken(self, kind: str, rows: Iterable[Raw]) -> bool:
        return any(f"{kind} {row['id']}" in self.taken for row in rows)

    def tied(self, field: str) -> set[str]:
        """Ids of content that stands on boards, or that is sent by schedule."""
        boards = self.rows("/boards")
        items = (
            item
            for board in boards
            for section in board["board_sections"]
            for item in section["board_items"]
        )
        plans = self.rows("/scheduled_plans?all_users=true")
        return {row[field] for row in (*items, *plans) if row[field]}

    def dashboard(self, number: int) -> Raw | None:
        return self.pick("dashboard", self.reading.dashboards, number)

    def look(self, number: int) -> Raw | None:
        return self.pick("look", self.reading.looks, number)

    def tile(self, number: int, *, of: Callable[[Raw], bool] = lambda _: True) -> Raw | None:
        """A tile of a live dashboard."""
        return self.pick("tile", filter(of, self.reading.parts("dashboard_elements")), number)

    def alerts(self, tiles: Iterable[Raw]) -> list[Raw]:
        """Those on these tiles."""
        ids = {tile["id"] for tile in tiles}
        return [row for row in self.reading.alerts if row["dashboard_element_id"] in ids]

    def component(self, tile: Raw) -> Raw:
        return next(
            row for row in self.reading.components() if row["dashboard_element_id"] == tile["id"]
        )

    def dashboard_of(self, part: Raw) -> Raw:
        return next(row for row in self.reading.dashboards if row["id"] == part["dashboard_id"])

    def folders(self) -> list[Raw]:
        """Ordinary folders."""
        return [row for row in self.reading.folders if row.get("creator_id") and _is_plain(row)]

    def free_title(self) -> str:
        return f"Damaged {len(self.taken)}"


def _is_plain(folder: Raw) -> bool:
    return not folder["is_personal"] and folder["parent_id"] not in (None, "2")


Do = Callable[[Site, int], Damage | None]


def patched(path: str, before: Raw, change: Raw) -> Write:
    """The PATCH that puts the changed fields back."""
    return Write("PATCH", path, {name: before.get(name) for name in change})


# --- dashboards ------------------------------------------------------------------------------

#: another value for each setting of a dashboard
DASHBOARD_CHANGES: Final[Sequence[Raw]] = (
    {"description": "someone was here"},
    {"description": "both", "refresh_interval": "7 minutes"},
    {"hidden": ANY},
    {"query_timezone": "Asia/Tokyo"},
    {"preferred_viewer": "dashboards-legacy"},
    {"alert_sync_with_dashboard_filter_enabled": ANY, "chat_enabled": ANY},
    {"crossfilter_enabled": ANY, "enable_viz_full_screen": ANY},
    {"filters_bar_collapsed": ANY, "filters_location_top": ANY},
    {"load_configuration": "cache_run_wait"},
    {"show_filters_bar": ANY, "show_title": ANY},
    {"background_color": "#000000", "title_color": "#010101"},
    {"text_tile_text_color": "#000000", "tile_text_color": "#020202"},
    {"tile_background_color": "#000000", "preserve_desktop_layout": ANY},
    {"layout_granularity": "other", "style": "other"},
    {"lookml_link_id": "support::usage"},
    {"appearance": {"key_color": "#000000"}},
    {"download_settings": {"format_option": "xlsx"}},
    {"certification_metadata": {"certification_status": "revoked", "notes": "stale"}},
)


def dashboard_changed(site: Site, number: int) -> Damage | None:
    row = site.dashboard(number)
    if row is None:
        return None
    change = _other(row, DASHBOARD_CHANGES[number % len(DASHBOARD_CHANGES)])
    site.maker.change(f"/dashboards/{row['id']}", change)
    return Damage(
        f"{change} in {row['title']!r}", [patched(f"/dashboards/{row['id']}", row, change)]
    )


def _other(row: Raw, change: Raw) -> Raw:
    """The change, flags turned round."""
    return {name: not row.get(name) if value is ANY else value for name, value in change.items()}


def dashboard_renamed(site: Site, number: int) -> Damage | None:
    return _dashboard(site, number, {"title": site.free_title()})


def dashboard_moved(site: Site, number: int) -> Damage | None:
    return _dashboard(site, number, {"folder_id": None})


def dashboard_moved_and_renamed(site: Site, number: int) -> Damage | None:
    return _dashboard(site, number, {"title": site.free_title(), "folder_id": None})


def dashboard_trashed(site: Site, number: int) -> Damage | None:
    return _dashboard(site, number, {"deleted": True})


def dashboard_renamed_and_trashed(site: Site, number: int) -> Damage | None:
    return _dashboard(site, number, {"title": site.free_title(), "deleted": True})


def _dashboard(site: Site, number: int, change: Raw) -> Damage | None:
    row = site.dashboard(number)
    if row is None:
        return None
    if "folder_id" in change:
        change["folder_id"] = _elsewhere(site, row, site.reading.dashboards)
    path = f"/dashboards/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} in {row['title']!r}", [patched(path, row, change)])


def _elsewhere(site: Site, row: Raw, rows: Iterable[Raw]) -> str:
    """A folder where nothing has its title."""
    full = {one["folder_id"] for one in rows if one["title"] == row["title"]}
    return next(one["id"] for one in site.folders() if one["id"] not in full)


def dashboard_deleted(site: Site, number: int) -> Damage | None:
    """For good: 1 + F + max(0, L-1)(+1) + E + E calls, and no query, which stays known."""
    linked = linked_ids(site.reading, "dashboards") | site.tied("dashboard_id")
    rows = [row for row in site.reading.dashboards if row["id"] not in linked]
    row = site.pick("dashboard", rows, number)
    if row is None:
        return None
    layouts = row["dashboard_layouts"]
    parts = {
        "tile": row["dashboard_elements"],
        "filter": row["dashboard_filters"],
        "tab": layouts,
        "component": [one for tab in layouts for one in tab["dashboard_layout_components"]],
        "alert": site.alerts(row["dashboard_elements"]),
    }
    if any(site.is_taken(kind, rows) for kind, rows in parts.items()):
        return None
    for kind, rows in parts.items():
        for one in rows:
            site.take(kind, one["id"])
    site.maker.one("DELETE", f"/dashboards/{row['id']}")
    repair = [
        Write("POST", "/dashboards"),
        *[Write("POST", "/dashboard_filters")] * len(row["dashboard_filters"]),
        *[Write("POST", "/dashboard_layouts")] * (len(layouts) - 1),
        Write("PATCH", r"/dashboard_layouts/\d+", maybe=True),
        *[Write("POST", "/dashboard_elements")] * len(row["dashboard_elements"]),
        *[Write("PATCH", r"/dashboard_layout_components/\d+", maybe=True)]
        * len(row["dashboard_elements"]),
        *[Write("POST", "/alerts")]
        * sum(tile["alert_count"] for tile in row["dashboard_elements"]),
    ]
    return Damage(f"deleted {row['title']!r}", repair)


def linked_ids(reading: Reading, what: str) -> set[str]:
    """List ids in the links of texts and alerts. Recreating their objects changes the links."""
    investigated = {str(alert["investigative_content_id"]) for alert in reading.alerts}
    rows = (*reading.dashboards, *reading.looks, *reading.parts("dashboard_layouts"))
    texts = [row.get("description") or "" for row in rows]
    for tile in reading.parts("dashboard_elements"):
        texts += [tile.get(name) or "" for name in TILE_TEXTS]
    linked = {id_ for text in texts for id_ in re.findall(rf"/{what}(?:-\w+)?/(\d+)", text)}
    return linked | investigated if what == "dashboards" else linked


TILE_TEXTS: Final = ("title_text", "subtitle_text", "body_text", "note_text", "rich_content_json")


# --- tiles -----------------------------------------------------------------------------------

TILE_CHANGES: Final[Sequence[Raw]] = (
    {"title": "Someone was here"},
    {"note_text": "a note", "note_state": "expanded", "note_display": "above"},
    {"title_hidden": ANY},
    {"refresh_interval": "3 minutes"},
    {"aria_description": "something else"},
    {"body_text": "gone"},
    {"certification_metadata": {"certification_status": "revoked", "notes": "stale"}},
)


def tile_changed(site: Site, number: int) -> Damage | None:
    row = site.tile(number)
    if row is None:
        return None
    change = _other(row, TILE_CHANGES[number % len(TILE_CHANGES)])
    path = f"/dashboard_elements/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} in tile {row['title']!r}", [patched(path, row, change)])


def tile_with_another_query(site: Site, number: int) -> Damage | None:
    row = site.tile(number, of=lambda tile: tile["query_id"])
    if row is None:
        return None
    other = site.maker.make("/queries", _new_query(number))
    return _tile(site, row, {"query_id": other})


def tile_with_another_query_that_listens_still(site: Site, number: int) -> Damage | None:
    """With its query a tile gets other filterables, unless they are sent along."""
    row = site.tile(number, of=lambda tile: tile["query_id"] and _listens(tile))
    if row is None or site.is_taken("filter", site.dashboard_of(row)["dashboard_filters"]):
        return None
    other = site.maker.make("/queries", _new_query(number))
    return _tile(site, row, {"query_id": other, "result_maker": _result_maker(row)})


def tile_with_another_look(site: Site, number: int) -> Damage | None:
    row = site.tile(number, of=lambda tile: tile["look_id"])
    looks = site.reading.looks
    other = site.pick("look", (one for one in looks if row and one["id"] != row["look_id"]), 0)
    if row is None or other is None:
        return None
    return _tile(site, row, {"look_id": other["id"]})


def tile_with_a_look_for_its_query(site: Site, number: int) -> Damage | None:
    row, other = site.tile(number, of=lambda tile: tile["query_id"]), site.look(0)
    if row is None or other is None:
        return None
    return _tile(site, row, {"query_id": None, "look_id": other["id"]})


def _tile(site: Site, row: Raw, change: Raw) -> Damage:
    """Change the query of a tile. Its filter settings change with it, and are put back."""
    path = f"/dashboard_elements/{row['id']}"
    site.maker.change(path, change)
    body = {name: row[name] for name in change if name != "result_maker"}
    after = site.maker.one("GET", path)["result_maker"]["filterables"]
    if after != row["result_maker"]["filterables"]:
        repair = Write("PATCH", path, {**body, "result_maker": ANY})
    else:
        repair = retold(row, body)
    return Damage(f"{change} in tile {row['title']!r}", [repair])


def retold(tile: Raw, body: Raw) -> Write:
    """What a tile shows again; its filterables may be sent with it, lest Looker makes new ones."""
    path = f"/dashboard_elements/{tile['id']}"
    return Write("PATCH", path, body, also=frozenset({"result_maker"}))


def _new_query(number: int) -> Raw:
    fields = [f"orders.someone_was_here_{number}"]
    return {"model": "finance", "view": "orders", "fields": fields}


def _result_maker(tile: Raw, **change: Any) -> Raw:
    """The part of it that can be sent."""
    return {
        "filterables": [
            {name: one[name] for name in ("model", "view", "name", "listen")} | change
            for one in tile["result_maker"]["filterables"]
        ]
    }


def _listens(tile: Raw) -> bool:
    maker = tile["result_maker"] or {}
    return any(one["listen"] for one in maker.get("filterables") or ())


def tile_deaf(site: Site, number: int) -> Damage | None:
    """It listens to no filter any more."""
    row = site.tile(number, of=_listens)
    if row is None:
        return None
    path = f"/dashboard_elements/{row['id']}"
    site.maker.change(path, {"result_maker": _result_maker(row, listen=[])})
    return Damage(
        f"tile {row['title']!r} listens to nothing", [Write("PATCH", path, {"result_maker": ANY})]
    )


def tile_deleted(site: Site, number: int) -> Damage | None:
    row = site.tile(number)
    if row is None:
        return None
    component = site.component(row)
    # What lies in a group with it will belong to its new place.
    grouped = [one for one in site.reading.components() if one["group_id"] == component["id"]]
    alerts = site.alerts([row])
    if site.is_taken("component", [component, *grouped]) or site.is_taken("alert", alerts):
        return None
    for one in (component, *grouped):
        site.take("component", one["id"])
    for one in alerts:
        site.take("alert", one["id"])
    site.maker.one("DELETE", f"/dashboard_elements/{row['id']}")
    repair = [
        Write("POST", "/dashboard_elements"),
        Write("PATCH", r"/dashboard_layout_components/\d+", maybe=True),
        *[Write("POST", "/alerts")] * len(alerts),
        *(
            Write("PATCH", f"/dashboard_layout_components/{one['id']}", {"group_id": ANY})
            for one in grouped
        ),
    ]
    return Damage(f"deleted tile {row['title']!r}", repair)


def tile_added(site: Site, number: int) -> Damage | None:
    row = site.dashboard(number)
    if row is None:
        return None
    body = {"dashboard_id": row["id"], "type": "text", "body_text": f"someone was here {number}"}
    new = site.maker.make("/dashboard_elements", body)
    return Damage(
        f"added a tile to {row['title']!r}",
        [Write("DELETE", f"/dashboard_elements/{new}")],
        allow=("part-deletes",),
    )


def tile_elsewhere(site: Site, number: int) -> Damage | None:
    """Its place: where, how big."""
    row = site.tile(number)
    if row is None:
        return None
    component = site.component(row)
    if f"component {component['id']}" in site.taken:
        return None
    site.take("component", component["id"])
    change = ({"row": 99}, {"column": 7, "width": 3}, {"height": 1}, {"granular_row": 5})[
        number % 4
    ]
    path = f"/dashboard_layout_components/{component['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} of tile {row['title']!r}", [patched(path, component, change)])


def tile_on_another_tab(site: Site, number: int) -> Damage | None:
    """Looker makes its component anew there, and again on the way back."""
    grouped = {one["group_id"] for one in site.reading.components()}

    def can_move(tile: Raw) -> bool:
        tabs = site.dashboard_of(tile)["dashboard_layouts"]
        return len(tabs) > 1 and site.component(tile)["id"] not in grouped

    row = site.tile(number, of=can_move)
    if row is None or site.is_taken("component", [site.component(row)]):
        return None
    site.take("component", site.component(row)["id"])
    tabs = site.dashboard_of(row)["dashboard_layouts"]
    other = next(tab["id"] for tab in tabs if tab["id"] != row["dashboard_layout_id"])
    path = f"/dashboard_elements/{row['id']}"
    site.maker.change(path, {"dashboard_layout_id": other})
    repair = [
        Write("PATCH", path, {"dashboard_layout_id": row["dashboard_layout_id"]}),
        Write("PATCH", r"/dashboard_layout_components/\d+", maybe=True),
    ]
    return Damage(f"moved tile {row['title']!r} to another tab", repair)


# --- filters and tabs ------------------------------------------------------------------------

FILTER_CHANGES: Final[Sequence[Raw]] = (
    {"default_value": "someone was here"},
    {"title": "Renamed"},
    {"row": 17},
    {"allow_multiple_values": ANY, "required": ANY},
    {"ui_config": {"type": "button_group"}},
    {"listens_to_filters": ["nothing"]},
)


def filter_changed(site: Site, number: int) -> Damage | None:
    row = site.pick("filter", site.reading.parts("dashboard_filters"), number)
    if row is None:
        return None
    change = _other(row, FILTER_CHANGES[number % len(FILTER_CHANGES)])
    path = f"/dashboard_filters/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} in filter {row['title']!r}", [patched(path, row, change)])


def filters_swapped(site: Site, number: int) -> Damage | None:
    """Their titles, which no two filters of a dashboard may share: one steps aside."""
    rows = [row for row in site.reading.dashboards if len(row["dashboard_filters"]) > 1]
    dashboard = site.pick("swapped", rows, number)
    if dashboard is None or site.is_taken("filter", dashboard["dashboard_filters"]):
        return None
    # Two in a ring, or all of them.
    filters = dashboard["dashboard_filters"][: 2 if number % 2 else None]
    for one in dashboard["dashboard_filters"]:
        site.take("filter", one["id"])
    paths = [f"/dashboard_filters/{one['id']}" for one in filters]
    titles = [one["title"] for one in filters]
    site.maker.change(paths[0], {"title": "aside"})
    for path, title in zip(paths[:0:-1], titles[-2::-1], strict=True):
        # the last one's title goes to the first, every other one's to the one after it
        site.maker.change(path, {"title": f"{title} aside"})
    for place, path in enumerate(paths):
        site.maker.change(path, {"title": titles[place - 1]})
    repair = [
        *(
            Write("PATCH", path, {"title": title})
            for path, title in zip(paths, titles, strict=True)
        ),
        Write("PATCH", r"/dashboard_filters/\d+", {"title": ANY}),
    ]
    return Damage(f"titles of filters {titles} went round", repair)


def filter_deleted(site: Site, number: int) -> Damage | None:
    """A tile that showed it loses it, and gets the new one."""
    row = site.pick("filter", site.reading.parts("dashboard_filters"), number)
    if row is None:
        return None
    shown = [
        one for one in site.reading.parts("dashboard_elements") if one["filter_id"] == row["id"]
    ]
    if any(f"tile {one['id']}" in site.taken for one in shown):
        return None
    for one in shown:
        site.take("tile", one["id"])
    site.maker.one("DELETE", f"/dashboard_filters/{row['id']}")
    tiles = (
        Write("PATCH", f"/dashboard_elements/{one['id']}", {"filter_id": ANY}) for one in shown
    )
    return Damage(f"deleted filter {row['title']!r}", [Write("POST", "/dashboard_filters"), *tiles])


def filter_added(site: Site, number: int) -> Damage | None:
    row = site.dashboard(number)
    if row is None:
        return None
    body = {"dashboard_id": row["id"], "name": "Extra", "title": "Extra", "type": "string_filter"}
    new = site.maker.make("/dashboard_filters", body)
    return Damage(
        f"added a filter to {row['title']!r}",
        [Write("DELETE", f"/dashboard_filters/{new}")],
        allow=("part-deletes",),
    )


TAB_CHANGES: Final[Sequence[Raw]] = (
    {"label": "Someone was here"},
    {"width": 77, "column_width": 7},
    {"type": "drag"},
    {"order": 9},
    {"description": "other"},
)


def tab_changed(site: Site, number: int) -> Damage | None:
    row = site.pick("tab", site.reading.parts("dashboard_layouts"), number)
    if row is None:
        return None
    change = TAB_CHANGES[number % len(TAB_CHANGES)]
    path = f"/dashboard_layouts/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} in tab {row['label']!r}", [patched(path, row, change)])


def tab_added(site: Site, number: int) -> Damage | None:
    row = site.dashboard(number)
    if row is None:
        return None
    body = {"dashboard_id": row["id"], "label": "Extra", "order": 9}
    new = site.maker.make("/dashboard_layouts", body)
    return Damage(
        f"added a tab to {row['title']!r}",
        [Write("DELETE", f"/dashboard_layouts/{new}")],
        allow=("part-deletes",),
    )


# --- looks and folders -----------------------------------------------------------------------


def look_changed(site: Site, number: int) -> Damage | None:
    changes: Sequence[Raw] = (
        {"description": "someone was here"},
        {"title": site.free_title()},
        {"is_run_on_load": ANY},
        {"public": ANY},
        {"folder_id": None},
        {"deleted": True},
        {"deleted": True, "title": site.free_title(), "description": "all of it"},
        {"certification_metadata": {"certification_status": "revoked", "notes": "stale"}},
    )
    row = site.look(number)
    if row is None:
        return None
    change = _other(row, changes[number % len(changes)])
    if "folder_id" in change:
        change["folder_id"] = _elsewhere(site, row, site.reading.looks)
    path = f"/looks/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} in look {row['title']!r}", [patched(path, row, change)])


def look_with_another_query(site: Site, number: int) -> Damage | None:
    row = site.look(number)
    if row is None:
        return None
    other = site.maker.make(
        "/queries", {"model": "finance", "view": "users", "fields": [f"users.n{number}"]}
    )
    path = f"/looks/{row['id']}"
    site.maker.change(path, {"query_id": other})
    repair = Write("PATCH", path, {"query_id": row["query_id"]})
    return Damage(f"another query in look {row['title']!r}", [repair])


def look_deleted(site: Site, number: int) -> Damage | None:
    """For good: tiles that showed it get the new one."""
    linked = linked_ids(site.reading, "looks") | site.tied("look_id")
    row = site.pick("look", [row for row in site.reading.looks if row["id"] not in linked], number)
    if row is None:
        return None
    shown = [one for one in site.reading.parts("dashboard_elements") if one["look_id"] == row["id"]]
    if any(f"tile {one['id']}" in site.taken for one in shown):
        return None
    for one in shown:
        site.take("tile", one["id"])
    site.maker.one("DELETE", f"/looks/{row['id']}")
    tiles = (retold(one, {"look_id": ANY}) for one in shown)
    return Damage(f"deleted look {row['title']!r}", [Write("POST", "/looks"), *tiles])


def folder_renamed(site: Site, number: int) -> Damage | None:
    row = site.pick("folder", site.folders(), number)
    if row is None:
        return None
    path = f"/folders/{row['id']}"
    change = {"name": site.free_title()}
    site.maker.change(path, change)
    return Damage(f"renamed folder {row['name']!r}", [patched(path, row, change)])


def folder_moved(site: Site, number: int) -> Damage | None:
    """Move a folder to the top, or into a personal folder if it is there already."""
    row = site.pick("folder", site.folders(), number)
    if row is None:
        return None
    personal = next(one["id"] for one in site.reading.folders if one["is_personal"])
    change = {"parent_id": personal if row["parent_id"] == "1" else "1"}
    path = f"/folders/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"moved folder {row['name']!r}", [patched(path, row, change)])


#: All that may be combined at random.
ALL: Final[Sequence[Do]] = (
    dashboard_changed,
    dashboard_renamed,
    dashboard_moved,
    dashboard_moved_and_renamed,
    dashboard_trashed,
    dashboard_renamed_and_trashed,
    tile_changed,
    tile_with_another_query,
    tile_with_another_query_that_listens_still,
    tile_with_another_look,
    tile_with_a_look_for_its_query,
    tile_deaf,
    tile_deleted,
    tile_added,
    tile_elsewhere,
    tile_on_another_tab,
    filter_changed,
    filters_swapped,
    filter_deleted,
    filter_added,
    tab_changed,
    tab_added,
    look_changed,
    look_with_another_query,
    look_deleted,
    folder_renamed,
    folder_moved,
    dashboard_deleted,
)
