"""The table of kinds: all that the program knows of Looker, a row for each kind.

Nothing outside this table branches on a kind. Facts are from the Looker API 4.0 description and
from the sources named beside a row; "A" is the project's page of facts about the API.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum

import msgspec

from lookervault_plan.content.node import Json, Raw
from lookervault_plan.content.paths import head


class Form(Enum):
    """The canonical form of a value: what counts as equal (A 5, server-side normalisation)."""

    VALUE = "value"  # as it is; null stays null
    TEXT = "text"  # null and "" are equal
    FLAG = "flag"  # null and false are equal
    NUMBER = "number"  # 500 and "500" are equal
    TREE = "tree"  # null, [] and {} are equal, at any depth; keys with null too
    SET = "set"  # a list whose order says nothing
    JSON = "json"  # a string that holds JSON


class Field(msgspec.Struct, frozen=True):
    """A writable value that is no reference."""

    path: str
    form: Form = Form.VALUE
    #: text in which links to other content follow the remaps
    links: bool = False
    #: False: never sent with a create
    on_create: bool = True
    #: sent with a create and never compared: "slug"
    create_only: bool = False


class Miss(Enum):
    """What becomes of a reference whose target the destination lacks (A 6.2)."""

    BLOCK = "block"  # hard: the call would fail without it
    DROP = "drop"  # soft: the value stays as it was, with a warning
    SELF = "self"  # soft: Looker puts the API user in


class Reference(msgspec.Struct, frozen=True):
    """A writable value that is the id of something."""

    path: str
    kind: str
    miss: Miss = Miss.BLOCK
    #: where the body of a content-addressed target lies in the same object, first hit wins
    bodies: tuple[str, ...] = ()
    #: other places of the same id, for objects that lack it at `path`
    also: tuple[str, ...] = ()
    #: void when one of these is set: a tile has exactly one of query, look, merge query (A 3.2)
    unless: tuple[str, ...] = ()
    #: compared on update only when this option is on: "owners"
    policy: str | None = None

    @property
    def hard(self) -> bool:
        return self.miss is Miss.BLOCK


class Mention(msgspec.Struct, frozen=True):
    """Names, portable between instances, of something the item needs but never points to."""

    kind: str
    paths: tuple[str, ...]


class Collection(msgspec.Struct, frozen=True):
    """Where an item holds parts of one kind."""

    name: str
    kind: str
    path: str


class Born(msgspec.Struct, frozen=True):
    """A part that Looker makes together with something else, so that it is found, not created."""

    #: the kind it comes with: the item itself, or a part
    of: str
    #: the reply to that create lists it here ...
    reply: str | None = None
    #: ... or it is read here afterwards, once for all; `{0}` is the id that `scope` points to
    read: str | None = None
    scope: str | None = None
    #: the reference by which a found part is told from its siblings
    by: str | None = None
    #: which of several desired ones it is: the first that has this field set, else the first
    first: str | None = None


class Listing(msgspec.Struct, frozen=True):
    """How all live items of a kind are read."""

    path: str
    #: items a page; 0: unpaged
    limit: int = 0
    query: Mapping[str, Json] = {}
    #: query that lists the trash, if the kind has one
    trash: Mapping[str, Json] | None = None
    #: `fields=` that tell who each item is: much of a dashboard is its tiles
    identity: str | None = None
    #: the list leaves bodies out; this one, by the id that `scope` points to, has them
    whole: str | None = None
    scope: str | None = None


class Probe(msgspec.Struct, frozen=True):
    """Where to look for the outcome of a create whose reply was lost."""

    #: `{folder_id}` is that field of the body that was sent
    path: str
    #: fields of the body that are searched by
    by: tuple[str, ...] = ()


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A row of KINDS: a content type or a part of one."""

    name: str
    #: `content_items.content_type` in a backup; 0 for a part
    code: int = 0
    #: the API's collection: POST here; one item is `path/{id}`
    path: str
    id_field: str = "id"
    #: where to find a name for people
    label: tuple[str, ...] = ("title", "name")
    #: what the API offers and the plan may use
    creatable: bool = True
    updatable: bool = True
    deletable: bool = False
    fields: tuple[Field, ...] = ()
    refs: tuple[Reference, ...] = ()
    mentions: tuple[Mention, ...] = ()
    #: read-only paths that tell who it is
    facts: tuple[str, ...] = ()
    #: more facts, each worked out from the object
    derived: Mapping[str, Callable[[Raw], Json]] = {}
    #: tried in turn to find the live twin; names of facts, fields or references
    natural_keys: tuple[tuple[str, ...], ...] = ()
    #: natural keys are compared without regard to case
    folds_case: bool = False
    #: unique in the whole instance, trash included, and enforced: lost where it is taken
    slug: str | None = None
    #: says why an object must never be written (A 6.4), or None
    built_in: Callable[[Raw], str | None] = lambda _: None
    collections: tuple[Collection, ...] = ()
    #: read-only path -> kind of the item that Looker makes together with this one
    brings: Mapping[str, str] = {}
    listing: Listing | None = None
    #: the write endpoints take `fields=`
    trims: bool = False
    #: equal content is one object, created once: queries
    content_addressed: bool = False
    #: None: a create may be sent twice, or there is none
    probe: Probe | None = None

    # parts only
    #: field of the POST body that names the item the part belongs to
    parent_field: str | None = None
    born: Born | None = None
    #: created one after the other within an item (A 3.2: Looker places each in one layout)
    serial: bool = False
    #: kinds of parts that must be complete before one of this kind is written
    after: tuple[str, ...] = ()
    #: no two of one item may share a name: what is deleted makes room first
    unique_in_item: bool = False
    #: passes of pairing after id and content: tuples of fields, references or "@place"
    pairing: tuple[tuple[str, ...], ...] = ()
    #: references that say where a part is, not what it is: left out of equal content
    position: tuple[str, ...] = ()
    #: fields that say where the part it was born with is: "@place" in that part's pairing
    place: tuple[str, ...] = ()

    @property
    def is_part(self) -> bool:
        return self.parent_field is not None or self.born is not None

    def reference(self, path: str) -> Reference:
        """The row's reference for a concrete path; KeyError if it has none."""
        return REFERENCES[self.name, generic(path)]

    def field(self, path: str) -> Field:
        """The row's field for a concrete path; KeyError if it has none."""
        return FIELDS[self.name, generic(path)]


def generic(path: str) -> str:
    """`source_queries[3].query_id` as the table has it: `source_queries[].query_id`."""
    return re.sub(r"\[\d+\]", "[]", path) if "[" in path else path


def patched_field(kind: str, path: str) -> str:
    """The top-level field that a PATCH sends for a change at `path`.

    Changes inside a query are told as `query.sorts`; what is sent then is `query_id`.
    """
    field = head(path)
    return f"{field}_id" if (kind, f"{field}_id") in REFERENCES else field


def _text(*names: str, links: bool = False) -> tuple[Field, ...]:
    return tuple(Field(name, Form.TEXT, links=links) for name in names)


def _values(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names)


def _dashboard_built_in(raw: Raw) -> str | None:
    if "::" in str(raw.get("id")) or raw.get("readonly"):
        return "a LookML dashboard lives in its project"
    return None


def _folder_root(raw: Raw) -> str | None:
    flags = ("is_shared_root", "is_users_root", "is_embed_shared_root", "is_embed_users_root")
    for flag in flags:
        if raw.get(flag):
            return flag
    return "lookml" if raw.get("id") == "lookml" else None


def _folder_built_in(raw: Raw) -> str | None:
    if raw.get("is_shared_root") or raw.get("is_users_root") or raw.get("id") == "lookml":
        return "a root folder"
    if any(raw.get(flag) for flag in ("is_embed", "is_embed_shared_root", "is_embed_users_root")):
        return "an embed folder is made by signing in"
    if raw.get("is_personal"):
        return "a personal folder comes with its user"
    return None


def _user_built_in(raw: Raw) -> str | None:
    if raw.get("is_service_account"):
        return "a service account"
    if raw.get("verified_looker_employee") or raw.get("presumed_looker_employee"):
        return "a Looker employee"
    if raw.get("credentials_embed") and not raw.get("credentials_email"):
        return "an embed user is made by signing in"
    return None


_CERTIFICATION = (
    Field("certification_metadata.certification_status", Form.TEXT),
    Field("certification_metadata.notes", Form.TEXT),
)

_ROWS = (
    Kind(
        name="user",
        code=7,
        path="/users",
        label=("display_name", "email"),
        creatable=False,
        updatable=False,
        facts=("email", "created_at", "personal_folder_id"),
        natural_keys=(("email",),),
        # emails compare case-insensitively [observed in tf-devoteam]
        folds_case=True,
        built_in=_user_built_in,
        brings={"personal_folder_id": "folder"},
        listing=Listing("/users", limit=500),
        trims=True,
    ),
    Kind(
        name="lookml_model",
        code=3,
        path="/lookml_models",
        id_field="name",
        label=("name",),
        creatable=False,
        updatable=False,
        natural_keys=(("name",),),
        facts=("name", "explores[].name"),
        listing=Listing(
            "/lookml_models", query={"include_internal": True, "include_self_service": True}
        ),
    ),
    # Explores are never listed: a model names its own (A 2.4).
    Kind(name="explore", code=4, path="", creatable=False, updatable=False),
    Kind(
        name="folder",
        code=5,
        path="/folders",
        label=("name",),
        fields=(Field("name"),),
        refs=(Reference("parent_id", "folder"),),
        facts=("created_at", "is_personal"),
        derived={"root": _folder_root},
        # roots by flag, never by id or name: "Shared" is stored as "Home" on some versions (A 2.5)
        natural_keys=(("root",), ("parent_id", "name")),
        built_in=_folder_built_in,
        listing=Listing("/folders"),
        probe=Probe("/folders/search", by=("parent_id", "name")),
    ),
    Kind(
        name="look",
        code=2,
        path="/looks",
        fields=(
            Field("title"),
            *_text("description", links=True),
            Field("is_run_on_load", Form.FLAG),
            Field("public", Form.FLAG),
            Field("deleted", Form.FLAG, on_create=False),
            *_CERTIFICATION,
        ),
        refs=(
            Reference("folder_id", "folder"),
            Reference("user_id", "user", miss=Miss.SELF, policy="owners"),
            Reference("query_id", "query", bodies=("query",)),
        ),
        facts=("created_at", "updated_at"),
        natural_keys=(("folder_id", "title"),),
        probe=Probe("/looks/search", by=("folder_id", "title")),
        listing=Listing(
            "/looks/search",
            limit=500,
            trash={"deleted": True},
            whole="/folders/{id}/looks",
            scope="folder_id",
        ),
        trims=True,
    ),
    Kind(
        name="dashboard",
        code=1,
        path="/dashboards",
        fields=(
            Field("title"),
            *_text("description", links=True),
            *_text("query_timezone", "refresh_interval", "preferred_viewer", "load_configuration"),
            Field("slug", create_only=True),
            *_values(
                "hidden",
                "alert_sync_with_dashboard_filter_enabled",
                "chat_enabled",
                "crossfilter_enabled",
                "enable_viz_full_screen",
                "filters_bar_collapsed",
                "filters_location_top",
                "show_filters_bar",
                "show_title",
                "preserve_desktop_layout",
            ),
            *_text(
                "background_color",
                "text_tile_text_color",
                "tile_background_color",
                "tile_text_color",
                "title_color",
                "lookml_link_id",
                "layout_granularity",
                "style",
            ),
            Field("appearance", Form.TREE),
            Field("download_settings", Form.TREE),
            Field("deleted", Form.FLAG, on_create=False),
            *_CERTIFICATION,
        ),
        refs=(
            Reference("folder_id", "folder"),
            Reference("user_id", "user", miss=Miss.SELF, policy="owners"),
        ),
        facts=("created_at", "updated_at", "slug", "readonly"),
        natural_keys=(("slug",), ("folder_id", "title")),
        probe=Probe("/dashboards/search", by=("folder_id", "title")),
        slug="slug",
        built_in=_dashboard_built_in,
        collections=(
            Collection("filters", "dashboard_filter", "dashboard_filters"),
            Collection("layouts", "dashboard_layout", "dashboard_layouts"),
            Collection("elements", "dashboard_element", "dashboard_elements"),
            Collection(
                "components",
                "dashboard_layout_component",
                "dashboard_layouts[].dashboard_layout_components",
            ),
        ),
        listing=Listing(
            "/dashboards/search",
            limit=50,
            trash={"deleted": True},
            identity="id,title,slug,folder_id,created_at,updated_at,deleted,readonly",
        ),
    ),
    Kind(
        name="dashboard_filter",
        path="/dashboard_filters",
        deletable=True,
        parent_field="dashboard_id",
        fields=(
            *_values("name", "title", "type", "row"),
            *_text("default_value", "model", "explore", "dimension"),
            Field("listens_to_filters", Form.TREE),
            Field("allow_multiple_values"),
            Field("required"),
            Field("ui_config", Form.TREE),
        ),
        mentions=(Mention("explore", ("model", "explore")),),
        unique_in_item=True,
        probe=Probe("/dashboards/{dashboard_id}/dashboard_filters"),
        pairing=(("name",), ("title",)),
        trims=True,
    ),
    Kind(
        name="dashboard_layout",
        path="/dashboard_layouts",
        label=("label",),
        deletable=True,
        parent_field="dashboard_id",
        born=Born(of="dashboard", reply="dashboard_layouts", first="active"),
        probe=Probe("/dashboards/{dashboard_id}/dashboard_layouts"),
        fields=(
            *_values("type", "active", "column_width", "width", "order"),
            *_text("label", "description", "lookml_link_id"),
        ),
        pairing=(("order", "label"), ("label",), ("active",)),
        trims=True,
    ),
    Kind(
        name="dashboard_element",
        path="/dashboard_elements",
        label=("title", "title_text", "body_text"),
        deletable=True,
        parent_field="dashboard_id",
        serial=True,
        # a tile listens to filters by name (A 3.2)
        after=("dashboard_filter",),
        probe=Probe("/dashboards/{dashboard_id}/dashboard_elements"),
        fields=(
            *_text("type", "title", "note_display", "note_state", "refresh_interval"),
            *_text("title_text", "subtitle_text", "body_text", "note_text", links=True),
            *_text("extension_id", "aria_description"),
            Field("title_hidden", Form.FLAG),
            Field("rich_content_json", Form.JSON, links=True),
            Field("result_maker.filterables", Form.TREE),
            *_CERTIFICATION,
        ),
        refs=(
            Reference("dashboard_layout_id", "dashboard_layout", miss=Miss.DROP),
            Reference("look_id", "look"),
            Reference(
                "merge_result_id",
                "merge_query",
                bodies=("merge_query",),
                also=("result_maker.merge_result_id",),
            ),
            Reference(
                "query_id",
                "query",
                # gzr-ruby takes the result maker's first: table calculations and changes made on
                # the dashboard live there
                bodies=("result_maker.query", "query"),
                unless=("look_id", "merge_result_id"),
            ),
            Reference("filter_id", "dashboard_filter"),
        ),
        position=("dashboard_layout_id",),
        pairing=(("type", "title"), ("dashboard_layout_id", "@place", "type")),
        trims=True,
    ),
    Kind(
        name="dashboard_layout_component",
        path="/dashboard_layout_components",
        label=("element_title",),
        creatable=False,
        born=Born(
            of="dashboard_element",
            read="/dashboard_layouts/{0}/dashboard_layout_components",
            scope="dashboard_layout_id",
            by="dashboard_element_id",
        ),
        fields=(
            *_values("row", "column", "width", "height"),
            *_values("granular_row", "granular_column", "granular_width", "granular_height"),
            Field("deleted", Form.FLAG),
        ),
        refs=(
            Reference("dashboard_layout_id", "dashboard_layout"),
            Reference("dashboard_element_id", "dashboard_element"),
            Reference("group_id", "dashboard_layout_component", miss=Miss.DROP),
        ),
        pairing=(("dashboard_element_id",),),
        place=("row", "column"),
        trims=True,
    ),
    Kind(
        name="query",
        path="/queries",
        label=("view",),
        updatable=False,
        content_addressed=True,
        fields=(
            *_text("model", "view", "filter_expression", "query_timezone", "visible_ui_sections"),
            Field("fields", Form.TREE),
            Field("pivots", Form.TREE),
            Field("fill_fields", Form.TREE),
            Field("filters", Form.TREE),
            Field("sorts", Form.TREE),
            Field("limit", Form.NUMBER),
            Field("column_limit", Form.NUMBER),
            Field("total", Form.FLAG),
            Field("row_total", Form.TEXT),
            Field("subtotals", Form.TREE),
            Field("vis_config", Form.TREE),
            Field("filter_config", Form.TREE),
            Field("dynamic_fields", Form.JSON),
        ),
        mentions=(Mention("explore", ("model", "view")),),
        trims=True,
    ),
    Kind(
        name="merge_query",
        path="/merge_queries",
        label=("id",),
        updatable=False,
        content_addressed=True,
        fields=(
            Field("column_limit", Form.NUMBER),
            Field("limit", Form.NUMBER),
            Field("dynamic_fields", Form.JSON),
            Field("pivots", Form.TREE),
            Field("sorts", Form.TREE),
            Field("total", Form.FLAG),
            Field("vis_config", Form.TREE),
            # the order of sources is significant (A 3.1)
            Field("source_queries[].name", Form.TEXT),
            Field("source_queries[].merge_fields", Form.TREE),
        ),
        refs=(Reference("source_queries[].query_id", "query", bodies=("source_queries[].query",)),),
        trims=True,
    ),
)

KINDS: Mapping[str, Kind] = {row.name: row for row in _ROWS}

#: in type order, dependencies first (A 6.1)
ITEM_KINDS: tuple[str, ...] = tuple(row.name for row in _ROWS if row.code)

BY_CODE: Mapping[int, str] = {row.code: row.name for row in _ROWS if row.code}

REFERENCES: Mapping[tuple[str, str], Reference] = {
    (row.name, ref.path): ref for row in _ROWS for ref in row.refs
}

FIELDS: Mapping[tuple[str, str], Field] = {
    (row.name, field.path): field for row in _ROWS for field in row.fields
}
