"""The table of kinds: all that the program knows of Looker, a row for each kind.

Nothing outside this table branches on a kind. Facts are from the Looker API 4.0 description and
from the sources named beside a row; "A" is the project's page of facts about the API.
"""

from collections.abc import Mapping

from lookervault_plan.content.json_path import head
from lookervault_plan.content.table.columns import (
    FIELDS,
    REFERENCES,
    AutoCreated,
    BulkRead,
    Collection,
    ExternalName,
    Field,
    FollowUp,
    Form,
    IfMissing,
    Kind,
    ListedParts,
    Listing,
    NameList,
    PerItemRead,
    PortableName,
    Probe,
    Reference,
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
    "EXTERNAL",
    "FIELDS",
    "ITEM_KINDS",
    "KINDS",
    "LISTED",
    "REFERENCES",
    "ROOTS",
    "AutoCreated",
    "BulkRead",
    "Collection",
    "ExternalName",
    "Field",
    "FollowUp",
    "Form",
    "IfMissing",
    "Kind",
    "ListedParts",
    "Listing",
    "NameList",
    "PerItemRead",
    "PortableName",
    "Probe",
    "Reference",
    "generic",
    "patched_field",
]

_ROWS: tuple[Kind, ...] = (
    lookml.MODEL,
    people.PERMISSION_SET,
    people.USER,
    lookml.EXPLORE,
    people.MODEL_SET,
    people.ROLE,
    people.GROUP,
    *people.EDGES,
    *access.ROWS,
    *folders.ROWS,
    *looks.ROWS,
    *dashboards.ROWS,
    *boards.ROWS,
    *schedules.ROWS,
    *queries.ROWS,
)

KINDS: Mapping[str, Kind] = {row.name: row for row in _ROWS}

#: in type order, dependencies first (A 6.1)
ITEM_KINDS: tuple[str, ...] = tuple(row.name for row in _ROWS if row.type_number)

#: LookerVault's number -> content type, and the other way round; part of the file formats
BY_CODE: Mapping[int, str] = {
    row.type_number: row.name
    for row in sorted(_ROWS, key=lambda row: row.type_number)
    if row.type_number
}
CODES: Mapping[str, int] = {name: code for code, name in BY_CODE.items()}

#: kinds of parts whose ids are listed by other items than their own
LISTED: frozenset[str] = frozenset(
    field.lists_parts.kind for row in _ROWS for field in row.fields if field.lists_parts
)

#: what content names and Looker's API does not make from a backup, and where its names are listed
EXTERNAL: Mapping[str, NameList] = {
    "connection": NameList("/connections", ("name",), {"fields": "name"}),
    "datagroup": NameList("/datagroups", ("model_name", "name")),
    "lookml_dashboard": NameList("/dashboards", ("id",), {"fields": "id"}),
    "permission": NameList("/permissions", ("permission",)),
    "project": NameList("/projects", ("name",), {"fields": "name"}),
}


def patched_field(kind: str, path: str) -> str:
    """The top-level field that a PATCH sends for a change at `path`.

    Changes inside a query are told as `query.sorts`; what is sent then is `query_id`.
    """
    field = head(path)
    return f"{field}_id" if (kind, f"{field}_id") in REFERENCES else field
