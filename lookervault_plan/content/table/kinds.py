"""The table of kinds: the rows of `rows/` joined, with indexes. A new kind's row goes into `rows/`.

Nothing outside this table branches on a kind. Facts are from the Looker API 4.0 description and
from docs/looker-api.md.
"""

from collections.abc import Mapping

from lookervault_plan.content.json_path import head
from lookervault_plan.content.table.columns import (
    AutoCreated,
    BulkRead,
    Collection,
    CopiedFrom,
    ExternalName,
    Field,
    FollowUp,
    Form,
    IfMissing,
    Kind,
    ListedParts,
    Listing,
    MadeFor,
    NameList,
    PerItemRead,
    PortableName,
    Probe,
    Reference,
    RenameRule,
    TextMention,
    generic,
)
from lookervault_plan.content.table.rows import (
    access,
    boards,
    dashboards,
    folders,
    lookml,
    looks,
    people,
    queries,
    schedules,
)
from lookervault_plan.content.table.rows.folders import ROOTS

__all__ = [
    "BY_CODE",
    "CODES",
    "DECLARED_BY",
    "EXTERNAL",
    "ITEM_KINDS",
    "KINDS",
    "LISTED",
    "MENTIONED_ANYWHERE",
    "RENAME_RULES",
    "ROOTS",
    "AutoCreated",
    "BulkRead",
    "Collection",
    "CopiedFrom",
    "ExternalName",
    "Field",
    "FollowUp",
    "Form",
    "IfMissing",
    "Kind",
    "ListedParts",
    "Listing",
    "MadeFor",
    "NameList",
    "PerItemRead",
    "PortableName",
    "Probe",
    "Reference",
    "RenameRule",
    "generic",
    "patched_field",
    "singular",
    "type_named",
]

_ROWS: tuple[Kind, ...] = (
    lookml.MODEL,
    people.PERMISSION_SET,
    people.USER,
    lookml.EXPLORE,
    people.MODEL_SET,
    people.ROLE,
    people.GROUP,
    *people.MEMBERSHIPS,
    *access.ROWS,
    *folders.ROWS,
    *looks.ROWS,
    *dashboards.ROWS,
    *boards.ROWS,
    *schedules.ROWS,
    *queries.ROWS,
)

KINDS: Mapping[str, Kind] = {row.name: row for row in _ROWS}

#: Content types in the order in which they are written: a type comes after those it needs
#: (looker-api.md 6.1).
ITEM_KINDS: tuple[str, ...] = tuple(row.name for row in _ROWS if row.is_item)

#: LookerVault's numbers of the content types; part of the file formats.
BY_CODE: Mapping[int, str] = dict(
    sorted((row.item.type_number, row.name) for row in _ROWS if row.is_item)
)
CODES: Mapping[str, int] = {name: code for code, name in BY_CODE.items()}

#: Kinds of parts whose ids other items list.
LISTED: frozenset[str] = frozenset(
    field.lists_parts.kind for row in _ROWS for field in row.fields if field.lists_parts
)

#: Kind of things that are known by name alone -> kind of the item that lists them.
DECLARED_BY: Mapping[str, str] = {
    declares.kind: row.name for row in _ROWS if (declares := row.item.declares)
}

#: `PortableName.kind` -> how `remaps.yml` renames it.
RENAME_RULES: Mapping[str, RenameRule] = {
    "email": RenameRule.EMAIL,
    "recipient": RenameRule.RECIPIENT,
    "lookml_model": RenameRule.MODEL,
    "explore": RenameRule.EXPLORE,
    "connection": RenameRule.CONNECTION,
    "lookml_dashboard": RenameRule.PREFIXED,
    "datagroup": RenameRule.PREFIXED,
}

#: `ExternalName.kind` -> endpoint that lists the names. A restore can't create such things.
EXTERNAL: Mapping[str, NameList] = {
    "connection": NameList("/connections", ("name",), {"fields": "name"}),
    "datagroup": NameList(
        "/datagroups", ("model_name", "name"), short_fields=("name",), needs="see_datagroups"
    ),
    "lookml_dashboard": NameList("/dashboards", ("id",), {"fields": "id"}),
    "permission": NameList("/permissions", ("permission",)),
    "project": NameList("/projects", ("name",), {"fields": "name"}),
    "user_attribute": NameList("/user_attributes", ("name",)),
    # looker-api.md 3.7
    "theme": NameList("/themes", ("name",)),
    "color_collection": NameList("/color_collections", ("id",)),
    "integration": NameList("/integrations", ("id",)),
}

#: Outside things that texts of every kind may mention: Liquid names user attributes.
MENTIONED_ANYWHERE: tuple[TextMention, ...] = (
    TextMention(
        "user_attribute",
        word="_user_attributes",
        pattern=r"""_user_attributes\s*(?:\[\s*\\?['"]|\.)([\w-]+)""",
    ),
)


def patched_field(kind: str, path: str) -> str:
    """Return the top-level field that a PATCH sends for a change at `path`.

    For a change inside a query (`query.sorts`) it is the reference to the query (`query_id`).
    """
    field = head(path)
    return f"{field}_id" if KINDS[kind].find_reference(f"{field}_id") else field


def type_named(name: str) -> str | None:
    """Find a content type as people write it: `dashboards`, `Dashboard`, `lookml-model`.

    LookerVault's short words `schedules` and `models` are known too. None: no content type has that
    name.
    """
    return _TYPE_NAMES.get(name.lower().replace("-", "_"))


_SHORT_NAMES = {"schedule": "scheduled_plan", "model": "lookml_model"}
_TYPE_NAMES: Mapping[str, str] = {
    word: kind
    for name, kind in (*((each, each) for each in ITEM_KINDS), *_SHORT_NAMES.items())
    for word in (name, f"{name}s")
}


def singular(collection: str) -> str:
    """Name one part of a collection: `entries` -> `entry`, `elements` -> `element`."""
    if collection.endswith("ies"):
        return collection[:-3] + "y"
    return collection if collection.endswith("ss") else collection.removesuffix("s")
