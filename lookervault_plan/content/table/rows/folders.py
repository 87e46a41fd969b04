"""Folders: a name, a parent and an access list.

Roots are known by their flags, and never written. Nor are personal folders, which come with
their users, and embed folders.
"""

from collections.abc import Mapping

from lookervault_plan.content.node import Raw
from lookervault_plan.content.table import built_in
from lookervault_plan.content.table.columns import (
    CopiedFrom,
    Field,
    ItemColumns,
    JsonType,
    Kind,
    Listing,
    PathFields,
    Probe,
    Reference,
)
from lookervault_plan.content.table.rows import access

#: flag -> name of that root in paths; its own name differs, "Home" on some versions
#: (looker-api.md 2.5)
ROOTS: Mapping[str, str] = {
    "is_shared_root": "Shared",
    "is_users_root": "Users",
    "is_embed_shared_root": "Embed Groups",
    "is_embed_users_root": "Embed Users",
}


def _folder_root(raw: Raw) -> str | None:
    for flag in ROOTS:
        if raw.get(flag):
            return flag
    return "lookml" if raw.get("id") == "lookml" else None


def _folder_built_in(raw: Raw) -> str | None:
    if raw.get("is_shared_root") or raw.get("is_users_root") or raw.get("id") == "lookml":
        return built_in.ROOT_FOLDER
    if any(raw.get(flag) for flag in ("is_embed", "is_embed_shared_root", "is_embed_users_root")):
        return built_in.EMBED_FOLDER
    if raw.get("is_personal"):
        return built_in.PERSONAL_FOLDER
    return None


ROWS = (
    Kind(
        name="folder",
        required=("name", "parent_id"),
        path="/folders",
        label=("name",),
        fields=(Field("name", json_type=JsonType.TEXT),),
        refs=(Reference("parent_id", "folder"),),
        probe=Probe("/folders/search", search_paths=("parent_id", "name")),
        columns=ItemColumns(
            type_number=5,
            facts=("created_at", "is_personal"),
            derived_facts={"root": _folder_root},
            # roots by flag, never by id or name: "Shared" is stored as "Home" on some versions
            # (looker-api.md 2.5)
            natural_keys=(("root",), ("parent_id", "name")),
            path_fields=PathFields(parent="parent_id", name="name"),
            link_segments=("folders",),
            unique_keys=(("parent_id", "name"),),
            built_in=_folder_built_in,
            collections=access.collections(
                inherits_at_birth=True, initial_entries=CopiedFrom("parent_id")
            ),
            also_creates=access.ALSO_CREATED,
            listing=Listing("/folders"),
        ),
    ),
)
