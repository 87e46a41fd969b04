"""Groups, roles, sets, and who may see which folder."""

from __future__ import annotations

from typing import cast

from lookervault_plan.sandbox.company.maker import Maker
from lookervault_plan.sandbox.shapes import Json, Row, text

ALL_USERS = "1"


def make_groups(maker: Maker, count: int) -> None:
    """Groups with members; every third lies in the one before."""
    for n in range(count):
        body: Row = {"name": f"{maker.words.title()} team", "can_add_to_content_metadata": n != 1}
        id_ = maker.make("/groups", body)
        for user_id in maker.user_ids[n % 3 :: 3]:
            _ = maker.ask("POST", f"/groups/{id_}/users", {"user_id": user_id})
        if n % 3 == 2:
            _ = maker.ask("POST", f"/groups/{maker.group_ids[-1]}/groups", {"group_id": id_})
        maker.group_ids.append(id_)


def make_roles(maker: Maker, count: int) -> None:
    """Roles with sets of their own, given to groups and to users."""
    for n in range(count):
        permission_set: Row = {
            "name": f"Set {n} | {maker.words.title()}",
            "permissions": ["explore", "save_content"] if n % 2 else ["see_user_dashboards"],
        }
        model_set: Row = {
            "name": f"Models {n}",
            "models": ["finance", "support"] if n % 2 else ["marketing"],
        }
        body: Row = {
            "name": f"Role {n}: {maker.words.title()}",
            "permission_set_id": maker.make("/permission_sets", permission_set),
            "model_set_id": maker.make("/model_sets", model_set),
        }
        id_ = maker.make("/roles", body)
        groups: list[Json] = [*maker.group_ids[n::count]]
        users: list[Json] = [*maker.user_ids[n :: count * 2]]
        _ = maker.ask("PUT", f"/roles/{id_}/groups", groups)
        _ = maker.ask("PUT", f"/roles/{id_}/users", users)


def limit_folders(maker: Maker) -> None:
    """Access lists on the deepest path, three folders down, each narrower than the last."""
    for depth, folder_id in enumerate(maker.folder_ids[:3]):
        folder = maker.one("GET", f"/folders/{folder_id}")
        metadata = text(folder, "content_metadata_id")
        _ = maker.one("PATCH", f"/content_metadata/{metadata}", {"inherits": False})
        entries = cast(
            "list[Row]",
            maker.ask("GET", "/content_metadata_access", content_metadata_id=metadata),
        )
        for entry in entries:
            if entry["group_id"] == ALL_USERS:
                _ = maker.ask("DELETE", f"/content_metadata_access/{text(entry, 'id')}")
        for field, level, ids in (
            ("group_id", "view", maker.group_ids),
            ("user_id", "edit", maker.user_ids),
        ):
            for id_ in ids[depth : depth + 1]:
                body: Row = {"content_metadata_id": metadata, "permission_type": level, field: id_}
                _ = maker.ask("POST", "/content_metadata_access", body)
