"""Groups, roles, sets, and who may see which folder."""

from __future__ import annotations

from typing import cast

from lookervault_plan.sandbox.company.builder import CompanyBuilder
from lookervault_plan.sandbox.json_fields import Json, Row, text

ALL_USERS = "1"


def make_groups(builder: CompanyBuilder, count: int) -> None:
    """Groups with members; every third lies in the one before."""
    for n in range(count):
        body: Row = {
            "name": f"{builder.vocabulary.title()} team",
            "can_add_to_content_metadata": n != 1,
        }
        id_ = builder.make("/groups", body)
        for user_id in builder.user_ids[n % 3 :: 3]:
            _ = builder.request("POST", f"/groups/{id_}/users", {"user_id": user_id})
        if n % 3 == 2:
            _ = builder.request(
                "POST", f"/groups/{builder.group_ids[-1]}/groups", {"group_id": id_}
            )
        builder.group_ids.append(id_)


def make_roles(builder: CompanyBuilder, count: int) -> None:
    """Roles with sets of their own, given to groups and to users."""
    for n in range(count):
        permission_set: Row = {
            "name": f"Set {n} | {builder.vocabulary.title()}",
            "permissions": ["explore", "save_content"] if n % 2 else ["see_user_dashboards"],
        }
        model_set: Row = {
            "name": f"Models {n}",
            "models": ["finance", "support"] if n % 2 else ["marketing"],
        }
        body: Row = {
            "name": f"Role {n}: {builder.vocabulary.title()}",
            "permission_set_id": builder.make("/permission_sets", permission_set),
            "model_set_id": builder.make("/model_sets", model_set),
        }
        id_ = builder.make("/roles", body)
        groups: list[Json] = [*builder.group_ids[n::count]]
        users: list[Json] = [*builder.user_ids[n :: count * 2]]
        _ = builder.request("PUT", f"/roles/{id_}/groups", groups)
        _ = builder.request("PUT", f"/roles/{id_}/users", users)


def limit_folders(builder: CompanyBuilder) -> None:
    """Access lists on the deepest path, three folders down, each narrower than the last."""
    for depth, folder_id in enumerate(builder.folder_ids[:3]):
        folder = builder.one("GET", f"/folders/{folder_id}")
        metadata = text(folder, "content_metadata_id")
        _ = builder.one("PATCH", f"/content_metadata/{metadata}", {"inherits": False})
        entries = cast(
            "list[Row]",
            builder.request("GET", "/content_metadata_access", content_metadata_id=metadata),
        )
        for entry in entries:
            if entry["group_id"] == ALL_USERS:
                _ = builder.request("DELETE", f"/content_metadata_access/{text(entry, 'id')}")
        for field, level, ids in (
            ("group_id", "view", builder.group_ids),
            ("user_id", "edit", builder.user_ids),
        ):
            for id_ in ids[depth : depth + 1]:
                body: Row = {"content_metadata_id": metadata, "permission_type": level, field: id_}
                _ = builder.request("POST", "/content_metadata_access", body)
