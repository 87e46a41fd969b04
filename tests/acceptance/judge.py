"""Compare the content of two Looker instances by their raw JSON.

Imports nothing of the product, so that it can't share the product's mistakes. Compares every field
of looker-sdk's Write models, unless EXCLUDED names the field with a reason. Items are paired by
natural keys, and an id is compared by the object that it points to.
"""

import re
import typing
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
from looker_sdk.sdk.api40 import models

Raw = dict[str, Any]
Call = Callable[..., tuple[int, Any]]
"""method, path, query, body -> status, JSON; a sandbox's `looker.call` is one."""

RESULT_MAKER = "WriteResultMakerWithIdVisConfigAndDynamicFields"

#: Writable fields that are not compared, each with its reason.
EXCLUDED: Mapping[str, str] = {
    "WriteDashboard.folder": "folder_id again",
    "WriteLookWithQuery.folder": "folder_id again",
    "WriteLookWithQuery.query": "query_id again, compared as what that leads to",
    "WriteDashboardElement.query": "query_id again, compared as what that leads to",
    "WriteDashboardElement.look": "look_id again; the look is compared as an item",
    "WriteDashboardElement.result_maker_id": "Looker makes it; result_maker is compared",
    "WriteQuery.client_id": "a name that no other query of an instance may have",
    "MergeQuerySourceQuery.query_slug": "query_id again",
}

#: Compared only within one instance: another one can't be given it.
BOUND: Mapping[str, str] = {
    "WriteDashboardElement.image_id": "an uploaded image, which the API can't copy",
}

#: Compared only if asked for.
POLICY: Mapping[str, str] = {
    "WriteDashboard.user_id": "owners",
    "WriteLookWithQuery.user_id": "owners",
}

#: Fields that hold ids, and of what. A test checks that no id of a Write model is forgotten.
REFERENCES: Mapping[str, str] = {
    "CreateFolder.parent_id": "folder",
    "WriteDashboard.folder_id": "folder",
    "WriteDashboard.user_id": "user",
    "WriteLookWithQuery.folder_id": "folder",
    "WriteLookWithQuery.user_id": "user",
    "WriteLookWithQuery.query_id": "query",
    "WriteCreateDashboardFilter.dashboard_id": "dashboard",
    "WriteDashboardLayout.dashboard_id": "dashboard",
    "WriteDashboardElement.dashboard_id": "dashboard",
    "WriteDashboardElement.dashboard_layout_id": "layout",
    "WriteDashboardElement.look_id": "look",
    "WriteDashboardElement.query_id": "query",
    "WriteDashboardElement.merge_result_id": "merge_query",
    "WriteDashboardElement.filter_id": "filter",
    f"{RESULT_MAKER}.merge_result_id": "merge_query",
    "WriteDashboardLayoutComponent.dashboard_layout_id": "layout",
    "WriteDashboardLayoutComponent.dashboard_element_id": "element",
    "WriteDashboardLayoutComponent.group_id": "component",
    "MergeQuerySourceQuery.query_id": "query",
}

#: Named like ids, but the same everywhere: names, kept as they are.
PORTABLE: Mapping[str, str] = {
    "WriteDashboard.lookml_link_id": "model::dashboard of the LookML project",
    "WriteDashboardLayout.lookml_link_id": "model::dashboard of the LookML project",
    "WriteDashboardElement.extension_id": "project::extension of the LookML project",
    f"{RESULT_MAKER}.sql_query_id": "SQL Runner queries: no API reads or writes them here",
}

#: Models whose texts may link to content. A query is what it is on every instance.
LINKING = frozenset(
    {
        "WriteDashboard",
        "WriteLookWithQuery",
        "WriteCreateDashboardFilter",
        "WriteDashboardElement",
        "WriteDashboardLayout",
        "WriteCertification",
    }
)

LINK = re.compile(
    r"(?P<host>https?://[^\s/\"'<>()\\]+)?(?P<path>/(?:embed/)?"
    r"(?P<what>dashboards|dashboards-next|dashboards-legacy|looks|folders|boards)/)"
    r"(?P<id>\d+)(?!\w|::)"
)
LINKED = {"looks": "look", "folders": "folder", "boards": "board"}

ROOT_FLAGS = ("is_shared_root", "is_users_root", "is_embed_shared_root", "is_embed_users_root")


@cache
def writable(model: str) -> Mapping[str, str]:
    """Fields of a model that may be written -> the model inside, or ""."""
    found = getattr(models, model)
    return {name: _inner(hint) for name, hint in found.__annotations__.items()}


def _inner(hint: Any) -> str:
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    if isinstance(hint, str):
        name = hint.strip("()'\"")
        is_model = hasattr(getattr(models, name), "__attrs_attrs__")
        return name if is_model else ""
    for argument in typing.get_args(hint):
        if found := _inner(argument):
            return found
    return ""


@dataclass(repr=False)
class Reading:
    """All that an instance, or a backup, holds: raw JSON, as the API gives it."""

    folders: list[Raw] = field(default_factory=list)
    users: list[Raw] = field(default_factory=list)
    dashboards: list[Raw] = field(default_factory=list)
    looks: list[Raw] = field(default_factory=list)
    queries: dict[str, Raw] = field(default_factory=dict)
    merges: dict[str, Raw] = field(default_factory=dict)
    #: on tiles; judged in test_relations, counted here
    alerts: list[Raw] = field(default_factory=list)
    #: what links to this instance begin with
    hosts: frozenset[str] = frozenset()

    def copy(self) -> "Reading":
        return msgspec.json.decode(msgspec.json.encode(self), type=Reading)

    def parts(self, name: str) -> Iterator[Raw]:
        """All of `dashboard_filters`, `dashboard_elements` or `dashboard_layouts`."""
        for dashboard in self.dashboards:
            yield from dashboard[name]

    def components(self) -> Iterator[Raw]:
        for layout in self.parts("dashboard_layouts"):
            yield from layout["dashboard_layout_components"]


def read(call: Call, *, trash: bool = False) -> Reading:
    """Read an instance. `trash` reads the items in its trash as well."""

    def get(path: str, **query: object) -> Any:
        status, reply = call("GET", path, query or None)
        assert status == 200, (status, path, reply)
        return msgspec.json.decode(msgspec.json.encode(reply))

    found = Reading(
        folders=get("/folders"),
        users=get("/users"),
        dashboards=get("/dashboards/search"),
        looks=get("/looks/search"),
    )
    if trash:
        found.dashboards += get("/dashboards/search", deleted=True)
        found.looks += get("/looks/search", deleted=True)
    versions = get("/versions")
    urls = (versions.get("web_server_url"), versions.get("api_server_url"))
    found.hosts = frozenset(url.rstrip("/") for url in urls if url)
    tiles = {tile["id"] for tile in found.parts("dashboard_elements")}
    alerts = get("/alerts/search", all_owners=True)
    found.alerts = [alert for alert in alerts if alert["dashboard_element_id"] in tiles]
    wanted = {row["query_id"] for row in (*found.looks, *found.alerts)}
    for element in found.parts("dashboard_elements"):
        wanted.add(element.get("query_id"))
        merge_id = element.get("merge_result_id")
        if merge_id and merge_id not in found.merges:
            merge = found.merges[merge_id] = get(f"/merge_queries/{merge_id}")
            wanted |= {source["query_id"] for source in merge["source_queries"]}
    found.queries = {id_: get(f"/queries/{id_}") for id_ in sorted(wanted - {None})}
    return found


@dataclass(frozen=True)
class Options:
    same_instance: bool = False
    owners: bool = True
    #: what the left side leaves null or absent was not known: any value is fine
    nulls_unknown: bool = False
    #: paths such as "WriteDashboard.slug" that this comparison is not about
    ignore: frozenset[str] = frozenset()

    def compares(self, path: str) -> bool:
        return not (
            path in EXCLUDED
            or path in self.ignore
            or (path in BOUND and not self.same_instance)
            or (POLICY.get(path) == "owners" and not self.owners)
        )


Key = tuple[Any, ...]


class Side:
    """One instance, with everything named by natural keys."""

    def __init__(self, reading: Reading, options: Options) -> None:
        self.reading = reading
        self.options = options
        self.folders = {row["id"]: row for row in reading.folders}
        self.emails = {row["id"]: _email(row) for row in reading.users}
        self.personal = {
            row["personal_folder_id"]: _email(row)
            for row in reading.users
            if row.get("personal_folder_id")
        }
        self.dashboards = {row["id"]: row for row in reading.dashboards}
        self.looks = {row["id"]: row for row in reading.looks}
        self.layouts = {row["id"]: row for row in reading.parts("dashboard_layouts")}
        self.filters = {row["id"]: row for row in reading.parts("dashboard_filters")}
        self.elements = {row["id"]: row for row in reading.parts("dashboard_elements")}
        self.components = {row["id"]: row for row in reading.components()}
        self._places: dict[str | None, list[Raw]] = defaultdict(list)
        for row in self.components.values():
            self._places[row.get("dashboard_element_id")].append(row)
        self._bodies: dict[str, Any] = {}
        self._names: Mapping[str, Callable[[str], Any]] = {
            "folder": self.folder_key,
            "user": self.emails.get,
            "dashboard": lambda id_: self._content_key(self.dashboards.get(id_)),
            "look": lambda id_: self._content_key(self.looks.get(id_)),
            "layout": lambda id_: self._tab(self.layouts.get(id_)),
            "filter": lambda id_: self._title(self.filters.get(id_)),
            "element": lambda id_: self._of(self.elements.get(id_)),
            "component": lambda id_: self._place(self.components.get(id_)),
            "query": self.query_body,
            "merge_query": self.merge_body,
        }

    # --- natural keys ------------------------------------------------------------------------

    def folder_key(self, id_: str | None) -> Key | None:
        """Names from a root flag; names may hold a slash, so they are never joined."""
        row = self.folders.get(id_ or "")
        if row is None:
            return None
        if row["id"] in self.personal:
            return ("personal", self.personal[row["id"]])
        for flag in ROOT_FLAGS:
            if row.get(flag):
                return (flag,)
        if row["id"] == "lookml":
            return ("lookml",)
        above = self.folder_key(row.get("parent_id"))
        return (*(above or ("nowhere",)), row.get("name"))

    def key(self, row: Raw) -> Key:
        where = self.folder_key(row.get("folder_id")) or ("nowhere",)
        state = ("trash", row["id"]) if row.get("deleted") else ()
        return (*where, row.get("title"), *state)

    def name(self, kind: str, id_: object) -> Any:
        """What an id points to; None for none, and for one that leads nowhere the id itself."""
        if id_ is None or id_ == "":
            return None
        found = self._names[kind](str(id_)) if kind in self._names else None
        return {"leads nowhere": str(id_)} if found is None else found

    def _content_key(self, row: Raw | None) -> Key | None:
        return None if row is None else self.key(row)

    def _tab(self, row: Raw | None) -> Key | None:
        if row is None:
            return None
        return (*self._of(row), row.get("order") or 0, row.get("label"), bool(row.get("active")))

    def _title(self, row: Raw | None) -> Key | None:
        return None if row is None else (*self._of(row), row.get("name"), row.get("title"))

    def _place(self, row: Raw | None) -> Key | None:
        if row is None:
            return None
        tab = self._tab(self.layouts.get(row.get("dashboard_layout_id") or ""))
        return (tab, row.get("row"), row.get("column"))

    def _of(self, row: Raw | None) -> Key:
        """Which dashboard a part belongs to."""
        found = None if row is None else self.dashboards.get(row.get("dashboard_id") or "")
        return ("nowhere",) if found is None else self.key(found)

    def query_body(self, id_: str) -> Any:
        if id_ not in self._bodies:
            row = self.reading.queries.get(id_)
            self._bodies[id_] = None if row is None else self.describe("WriteQuery", row)
        return self._bodies[id_]

    def merge_body(self, id_: str) -> Any:
        row = self.reading.merges.get(id_)
        return None if row is None else self.describe("WriteMergeQuery", row)

    # --- what there is to compare ------------------------------------------------------------

    def describe(self, model: str, raw: Raw) -> dict[str, Any]:
        """Map each writable field with a value to that value; ids are replaced by names.

        Null, absent and an empty text are one and the same to Looker (looker-api.md 5).
        """
        found: dict[str, Any] = {}
        for name, inner in writable(model).items():
            path = f"{model}.{name}"
            if not self.options.compares(path):
                continue
            value = raw.get(name)
            if path in REFERENCES:
                value = self.name(REFERENCES[path], value)
            elif inner:
                value = self._inside(inner, value)
            elif model in LINKING:
                value = self.follow(value)
            if value not in (None, ""):
                found[name] = value
        return found

    def _inside(self, model: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self.describe(model, item) for item in value]
        return self.describe(model, value) or None if isinstance(value, dict) else value

    def follow(self, value: Any) -> Any:
        """Replace the ids in the links of a text by the names of their targets."""
        if isinstance(value, str):
            return self.sub_links(value, self._link_name)
        if isinstance(value, dict):
            return {key: self.follow(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.follow(item) for item in value]
        return value

    def sub_links(self, text: str, rename: Callable[[str, str], str]) -> str:
        """The text with `rename(kind, id)` for each id in a link to this instance's content."""

        def one(found: re.Match[str]) -> str:
            host, before = found["host"], text[: found.start()]
            if (host and host not in self.reading.hosts) or (
                not host and before and re.search(r"[\w.:/-]$", before)
            ):
                return found[0]
            here = "<this instance>" if host else ""
            kind = LINKED.get(found["what"], "dashboard")
            return f"{here}{found['path']}{rename(kind, found['id'])}"

        return LINK.sub(one, text) if "/" in text else text

    def _link_name(self, kind: str, id_: str) -> str:
        found = self._names[kind](id_) if kind in self._names else None
        return id_ if found is None else f"<{found}>"

    def tile(self, element: Raw) -> dict[str, Any]:
        """A tile with the places it takes."""
        places = [
            self.describe("WriteDashboardLayoutComponent", place) for place in self.places(element)
        ]
        return {**self.describe("WriteDashboardElement", element), "place": places}

    def places(self, element: Raw) -> list[Raw]:
        """The layout components of a tile, in an order that ids don't decide."""
        return sorted(
            self._places.get(element["id"], ()),
            key=lambda place: _dump(self.describe("WriteDashboardLayoutComponent", place)),
        )

    def filter(self, row: Raw) -> dict[str, Any]:
        return self.describe("WriteCreateDashboardFilter", row)

    def layout(self, row: Raw) -> dict[str, Any]:
        return self.describe("WriteDashboardLayout", row)

    def spot(self, element: Raw) -> Any:
        """Give the place of a tile: its row and column."""
        places = self._places.get(element["id"])
        return (places[0].get("row"), places[0].get("column")) if places else None


def _email(user: Raw) -> str:
    credentials = user.get("credentials_email") or {}
    return str(credentials.get("email") or user.get("email") or user["id"]).casefold()


def _dump(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def is_built_in(side: Side, folder: Raw) -> bool:
    """Roots, and folders that come with their users."""
    key = side.folder_key(folder["id"])
    return key is None or len(key) == 1 or (len(key) == 2 and key[0] == "personal")


class Comparison:
    """Pairs the objects of two instances, and lists the differences."""

    def __init__(self, left: Reading, right: Reading, options: Options) -> None:
        self.left, self.right = Side(left, options), Side(right, options)
        self.options = options
        self.differences: list[str] = []
        #: (model, left object, right object) of everything that was paired
        self.pairs: list[tuple[str, Raw, Raw]] = []
        self._folders()
        self._looks()
        self._dashboards()

    def _folders(self) -> None:
        def keyed(side: Side) -> dict[Key, Raw]:
            rows = side.reading.folders
            return {side.folder_key(row["id"]) or (): row for row in rows}

        for key, mine, theirs in self._by_key("folder", keyed(self.left), keyed(self.right)):
            self.pairs.append(("CreateFolder", mine, theirs))
            if not is_built_in(self.left, mine):
                self._compare(f"folder {key}", "CreateFolder", mine, theirs)

    def _looks(self) -> None:
        left = {self.left.key(row): row for row in self.left.reading.looks}
        right = {self.right.key(row): row for row in self.right.reading.looks}
        for key, mine, theirs in self._by_key("look", left, right):
            self.pairs.append(("WriteLookWithQuery", mine, theirs))
            self._compare(f"look {key}", "WriteLookWithQuery", mine, theirs)

    def _dashboards(self) -> None:
        left = {self.left.key(row): row for row in self.left.reading.dashboards}
        right = {self.right.key(row): row for row in self.right.reading.dashboards}
        for key, mine, theirs in self._by_key("dashboard", left, right):
            name = f"dashboard {key}"
            self.pairs.append(("WriteDashboard", mine, theirs))
            self._compare(name, "WriteDashboard", mine, theirs)
            self._parts(name, "filter", mine, theirs)
            self._parts(name, "layout", mine, theirs)
            self._parts(name, "tile", mine, theirs)

    def _by_key(
        self, kind: str, left: Mapping[Key, Raw], right: Mapping[Key, Raw]
    ) -> Iterator[tuple[Key, Raw, Raw]]:
        for key, mine in left.items():
            if key in right:
                yield key, mine, right[key]
            elif kind != "folder" or not is_built_in(self.left, mine):
                self.differences.append(f"{kind} {key} is missing")
        for key, theirs in right.items():
            if key not in left and (kind != "folder" or not is_built_in(self.right, theirs)):
                self.differences.append(f"{kind} {key} is too many")

    def _parts(self, where: str, kind: str, mine: Raw, theirs: Raw) -> None:
        collection, model, describe, passes = PARTS[kind]
        left = [(row, describe(self.left, row)) for row in mine[collection]]
        right = [(row, describe(self.right, row)) for row in theirs[collection]]
        for key_of in (lambda _side, _row, described: _dump(described), *passes):
            for (a, x), (b, y) in _pair(left, right, self.left, self.right, key_of):
                self.pairs.append((model, a, b))
                self._compare_described(f"{where} {kind} {_called(a)}", model, x, y)
                if kind == "tile":
                    self._pair_components(a, b)
        for rest, word in ((left, "is missing"), (right, "is too many")):
            self.differences += [f"{where} {kind} {_called(row)} {word}" for row, _ in rest]
        if kind == "layout":
            self._orphans(where, mine, theirs)

    def _pair_components(self, mine: Raw, theirs: Raw) -> None:
        for a, b in zip(self.left.places(mine), self.right.places(theirs), strict=False):
            self.pairs.append(("WriteDashboardLayoutComponent", a, b))

    def _orphans(self, where: str, mine: Raw, theirs: Raw) -> None:
        """Places without a tile; none of them would be noticed with the tiles."""
        counts = [
            sum(
                component.get("dashboard_element_id") not in side.elements
                for layout in row["dashboard_layouts"]
                for component in layout["dashboard_layout_components"]
            )
            for side, row in ((self.left, mine), (self.right, theirs))
        ]
        if counts[0] != counts[1]:
            self.differences.append(f"{where} has {counts} layout components without a tile")

    def _compare(self, where: str, model: str, mine: Raw, theirs: Raw) -> None:
        x, y = self.left.describe(model, mine), self.right.describe(model, theirs)
        self._compare_described(where, model, x, y)

    def _compare_described(self, where: str, model: str, x: Any, y: Any) -> None:
        for path, before, after in _unequal(model, x, y):
            if not (self.options.nulls_unknown and before is None):
                self.differences.append(f"{where} {path}: {before!r} != {after!r}")


Described = tuple[Raw, dict[str, Any]]
PairingKey = Callable[[Side, Raw, dict[str, Any]], Any]


def _pair(
    left: list[Described], right: list[Described], mine: Side, theirs: Side, key_of: PairingKey
) -> Iterator[tuple[Described, Described]]:
    """Take pairs with an equal key out of both lists; equal ones go in reading order."""
    waiting: dict[Any, list[Described]] = defaultdict(list)
    for described in right:
        waiting[_dump(key_of(theirs, *described))].append(described)
    for described in list(left):
        found = waiting.get(_dump(key_of(mine, *described)))
        if found:
            twin = found.pop(0)
            left.remove(described)
            right.remove(twin)
            yield described, twin


def _unequal(path: str, x: Any, y: Any) -> Iterator[tuple[str, Any, Any]]:
    """The smallest differing values inside two trees."""
    if isinstance(x, dict) and isinstance(y, dict):
        for name in sorted({*x, *y}, key=str):
            yield from _unequal(f"{path}.{name}", x.get(name), y.get(name))
    elif isinstance(x, list) and isinstance(y, list) and len(x) == len(y):
        for number, (a, b) in enumerate(zip(x, y, strict=True)):
            yield from _unequal(f"{path}[{number}]", a, b)
    elif x != y or type(x) is not type(y):
        yield path, x, y


def _called(row: Raw) -> str:
    names = ("title", "name", "label", "title_text", "body_text", "id")
    return next(repr(row[name]) for name in names if row.get(name))


#: kind of part -> collection, model, what there is to compare, and keys to pair unequal ones by
PARTS: Mapping[
    str, tuple[str, str, Callable[[Side, Raw], dict[str, Any]], Sequence[PairingKey]]
] = {
    "filter": (
        "dashboard_filters",
        "WriteCreateDashboardFilter",
        Side.filter,
        (lambda _, row, __: row.get("name"), lambda _, row, __: row.get("title")),
    ),
    "layout": (
        "dashboard_layouts",
        "WriteDashboardLayout",
        Side.layout,
        (lambda _, row, __: row.get("label"), lambda _, row, __: row.get("order")),
    ),
    "tile": (
        "dashboard_elements",
        "WriteDashboardElement",
        Side.tile,
        (
            # tab, position, type, content; then less and less of it
            lambda side, row, described: [side.spot(row), {**described, "place": None}],
            lambda _, __, described: {**described, "place": None},
            lambda side, row, _: [row.get("type"), row.get("title"), side.spot(row)],
            lambda side, row, described: [described.get("dashboard_layout_id"), side.spot(row)],
            lambda _, row, __: [row.get("type"), row.get("title"), row.get("body_text")],
            lambda _, row, __: row.get("type"),
        ),
    ),
}


def differences(
    left: Reading,
    right: Reading,
    *,
    same_instance: bool = False,
    owners: bool = True,
    nulls_unknown: bool = False,
    ignore: Iterable[str] = (),
) -> list[str]:
    """What of `right` is not as in `left`, in words; nothing if they hold equal content."""
    options = Options(same_instance, owners, nulls_unknown, frozenset(ignore))
    return Comparison(left, right, options).differences


def leaks(source: Reading, destination: Reading) -> list[str]:
    """List references of the destination that do not lead to the twin of the source's target.

    Takes every id-valued field and every link in a text of everything that has a twin.
    """
    compared = Comparison(source, destination, Options())
    kinds = {
        "CreateFolder": "folder",
        "WriteDashboard": "dashboard",
        "WriteLookWithQuery": "look",
        "WriteCreateDashboardFilter": "filter",
        "WriteDashboardLayout": "layout",
        "WriteDashboardElement": "element",
        "WriteDashboardLayoutComponent": "component",
    }
    twins = {(kinds[model], mine["id"]): theirs["id"] for model, mine, theirs in compared.pairs}
    people = {email: id_ for id_, email in compared.right.emails.items()}
    twins |= {("user", id_): people.get(email) for id_, email in compared.left.emails.items()}
    hunt = _Hunt(compared, twins)
    for model, mine, theirs in compared.pairs:
        if model != "CreateFolder" or not is_built_in(compared.left, mine):
            hunt.object(f"{model} {_called(mine)}", model, mine, theirs)
    return hunt.found


class _Hunt:
    def __init__(self, compared: Comparison, twins: Mapping[tuple[str, str], str | None]) -> None:
        self.compared = compared
        #: grows: the first use of a query says which one it became
        self.twins: dict[tuple[str, str], str | None] = dict(twins)
        self.found: list[str] = []

    def object(self, where: str, model: str, mine: Raw, theirs: Raw) -> None:
        for name, inner in writable(model).items():
            path = f"{model}.{name}"
            x, y = mine.get(name), theirs.get(name)
            if path in BOUND:
                if x is not None and x == y:
                    self.found.append(f"{where}.{name}: {x} of the source, as it is")
            elif path in REFERENCES:
                self.reference(f"{where}.{name}", REFERENCES[path], x, y)
            elif path in EXCLUDED:
                continue
            elif inner and isinstance(x, dict) and isinstance(y, dict):
                self.object(f"{where}.{name}", inner, x, y)
            elif model in LINKING:
                self.links(f"{where}.{name}", x, y)

    def reference(self, where: str, kind: str, x: Any, y: Any) -> None:
        if x is None:
            return  # what Looker puts there by itself is not an ID of the source's
        if kind in ("query", "merge_query") and y is not None:
            # The first pair says what the query became; equal queries must stay one.
            first = self.twins.setdefault((kind, x), y)
            bodies = self.compared.left.name(kind, x), self.compared.right.name(kind, y)
            if first != y or bodies[0] != bodies[1]:
                self.found.append(f"{where}: {kind} {x} became {first}, but here it is {y}")
            return
        twin = self.twins.get((kind, str(x)))
        if twin != y:
            word = "untranslated" if x == y else f"not {twin}"
            self.found.append(f"{where}: {kind} {x} became {y}, {word}")

    def links(self, where: str, x: Any, y: Any) -> None:
        for (kind, a), (_, b) in zip(
            _links(self.compared.left, x), _links(self.compared.right, y), strict=False
        ):
            twin = self.twins.get((kind, a))
            known = self.compared.left.name(kind, a) != {"leads nowhere": a}
            if (twin or a) != b:
                word = "untranslated" if a == b else f"not {twin or a}"
                self.found.append(f"{where}: a link to {kind} {a} became {b}, {word}")
            elif known and twin is None:
                self.found.append(f"{where}: a link to {kind} {a} kept the source's id")


def _links(side: Side, value: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def note(kind: str, id_: str) -> str:
        found.append((kind, id_))
        return id_

    def walk(value: Any) -> None:
        if isinstance(value, str):
            _ = side.sub_links(value, note)
        elif isinstance(value, dict):
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(value)
    return found
