"""Compare people, models, boards, schedules and access lists of two instances.

Reads raw JSON from a sandbox and puts names where ids are; imports nothing of the product. Fields
are those of looker-sdk's Write* models, less what EXCLUDED says.
"""

import json
from collections.abc import Callable
from typing import Any

import attrs
import looker_sdk.sdk.api40.models as sdk
import msgspec

Call = Callable[..., tuple[int, Any]]

#: not compared field by field, and why
EXCLUDED = {
    "WriteUser": {
        "ui_state": "what somebody did on one instance",
        "models_dir_validated": "what somebody did on one instance",
        "home_folder_id": "compared by path",
        "credentials_email": "the key",
    },
    "WriteRole": dict.fromkeys(
        ("permission_set", "permission_set_id", "model_set", "model_set_id"),
        "compared by the names of the sets",
    ),
    "WritePermissionSet": {"permissions": "compared as a set"},
    "WriteModelSet": {"models": "compared as a set"},
    "WriteLookmlModel": {"allowed_db_connection_names": "compared as a set"},
    "WriteBoard": {"section_order": "sections are in it", "user_id": "compared by email"},
    "WriteBoardSection": {"item_order": "items are in it", "board_id": "the place"},
    "WriteBoardItem": {
        "board_section_id": "the place",
        "dashboard_id": "compared by title",
        "look_id": "compared by title",
        "custom_image_data_base64": "write-only",
    },
    "WriteScheduledPlan": {
        "user_id": "compared by email",
        "look_id": "compared by title",
        "dashboard_id": "compared by title",
        "query_id": "compared by definition",
        "dashboard_filters": "another name of filters_string",
        "scheduled_plan_destination": "compared without ids",
        "tab_ids": "compared by their labels",
    },
    "WriteAlert": {
        "owner_id": "compared by email",
        "query_id": "compared by definition",
        "dashboard_element_id": "the place",
        "investigative_content_id": "compared by title",
        "applied_dashboard_filters": "compared without what is read-only",
        "time_series_condition_state": "write-only",
        "is_disabled": "beside: another instance must not send by itself",
    },
}


class Side:
    """One instance, by names."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.users = {row["id"]: row for row in self.get("/users")}
        self.groups = {row["id"]: row for row in self.get("/groups")}
        self.folders = {row["id"]: row for row in self.get("/folders")}
        self.titles = {
            **{("look_id", row["id"]): row for row in self.get("/looks/search")},
            **{("dashboard_id", row["id"]): row for row in self.get("/dashboards/search")},
        }

    def get(self, path: str, **query: Any) -> Any:
        status, reply = self._call("GET", path, query or None)
        assert status == 200, (path, status)
        return json.loads(msgspec.json.encode(reply))

    def read(self) -> dict[str, Any]:
        """Return all objects by keys that are the same on every instance."""
        found: dict[str, Any] = {}
        for model in self.get("/lookml_models"):
            found[f"model {model['name']}"] = comparable(
                "WriteLookmlModel", model, connections=model["allowed_db_connection_names"]
            )
        for row in self.get("/permission_sets"):
            held = comparable("WritePermissionSet", row, permissions=sorted(row["permissions"]))
            found[f"permission set {row['name']}"] = held
        for row in self.get("/model_sets"):
            models = sorted(row["models"]) if not row["all_access"] else "all"
            found[f"model set {row['name']}"] = comparable("WriteModelSet", row, models=models)
        for row in self.users.values():
            if row["email"]:
                home = self.folder(row["home_folder_id"])
                found[f"user {row['email']}"] = comparable("WriteUser", row, home=home)
        found |= {f"group {row['name']}": self.group(row) for row in self.groups.values()}
        found |= {f"role {row['name']}": self.role(row) for row in self.get("/roles")}
        for row in self.folders.values():
            found[f"access of {self.folder(row['id'])}"] = self.access(row)
        for row in self.get("/boards"):
            key = f"board {row['title']} of {self.email(row['user_id'])}"
            found[self.unused(found, key)] = self.board(row)
        for row in self.get("/scheduled_plans", all_users=True):
            found[self.unused(found, f"schedule {row['name']}")] = self.schedule(row)
        return found | self.alerts()

    def unused(self, found: dict[str, Any], key: str) -> str:
        return key if key not in found else self.unused(found, f"{key}+")

    def email(self, id_: str | None) -> str:
        return (self.users[id_]["email"] or "the API user") if id_ else ""

    def folder(self, id_: str | None) -> list[str]:
        row = self.folders.get(id_ or "")
        if row is None:
            return []
        if row["is_personal"]:
            owner = next(u for u in self.users.values() if u["personal_folder_id"] == row["id"])
            return ["personal", str(owner["email"])]
        return [*self.folder(row["parent_id"]), row["name"]]

    def group(self, row: Any) -> Any:
        is_everybody = row["name"] == "All Users"
        users = [] if is_everybody else self.get(f"/groups/{row['id']}/users")
        groups = self.get(f"/groups/{row['id']}/groups")
        return comparable(
            "WriteGroup",
            row,
            users=sorted(self.email(user["id"]) for user in users),
            groups=sorted(group["name"] for group in groups),
        )

    def role(self, row: Any) -> Any:
        users = self.get(f"/roles/{row['id']}/users", direct_association_only=True)
        groups = self.get(f"/roles/{row['id']}/groups")
        return comparable(
            "WriteRole",
            row,
            permission_set=row["permission_set"]["name"],
            model_set=row["model_set"]["name"],
            users=sorted(self.email(user["id"]) for user in users),
            groups=sorted(group["name"] for group in groups),
        )

    def access(self, row: Any) -> Any:
        metadata = self.get(f"/content_metadata/{row['content_metadata_id']}")
        if metadata["inherits"]:
            return "inherits"
        entries = self.get(
            "/content_metadata_access", content_metadata_id=row["content_metadata_id"]
        )
        return sorted(
            (
                entry["permission_type"],
                self.groups[entry["group_id"]]["name"]
                if entry["group_id"]
                else self.email(entry["user_id"]),
            )
            for entry in entries
        )

    def target(self, row: Any) -> Any:
        for field in ("dashboard_id", "look_id"):
            if row.get(field):
                of = self.titles.get((field, row[field]))
                if of is None:
                    return "in the trash, or gone"
                return [field, of["title"], self.folder(of["folder_id"])]
        return None

    def board(self, row: Any) -> Any:
        sections = {section["id"]: section for section in row["board_sections"]}
        return comparable(
            "WriteBoard",
            row,
            owner=self.email(row["user_id"]),
            sections=[self.section(sections[id_]) for id_ in row["section_order"]],
            access=self.access(row),
        )

    def section(self, row: Any) -> Any:
        items = {item["id"]: item for item in row["board_items"]}
        return comparable(
            "WriteBoardSection",
            row,
            items=[
                comparable("WriteBoardItem", items[id_], target=self.target(items[id_]))
                for id_ in row["item_order"]
            ],
        )

    def schedule(self, row: Any) -> Any:
        destinations = [
            {name: value for name, value in one.items() if name not in DESTINATION_IDS}
            for one in row["scheduled_plan_destination"]
        ]
        return comparable(
            "WriteScheduledPlan",
            row,
            owner=self.email(row["user_id"]),
            target=self.target(row) or self.query(row["query_id"]),
            destinations=sorted(destinations, key=str),
            tabs=[self.tab(row, id_) for id_ in row["tab_ids"] or ()],
        )

    def tab(self, row: Any, id_: str) -> Any:
        """A tab by what people see of it; of a LookML dashboard it is no more than that."""
        if not row["dashboard_id"]:
            return id_
        layouts = self.titles["dashboard_id", row["dashboard_id"]]["dashboard_layouts"]
        found = next(layout for layout in layouts if layout["id"] == id_)
        return [found["label"], found["order"], found["active"]]

    def alerts(self) -> dict[str, Any]:
        """Those on tiles of live dashboards: the ones on LookML dashboards are nobody's part."""
        tiles = {
            tile["id"]
            for (_, _), row in self.titles.items()
            for tile in row.get("dashboard_elements") or ()
        }
        rows = self.get("/alerts/search", all_owners=True)
        return {
            f"alert {row['custom_title']}": self.alert(row)
            for row in rows
            if row["dashboard_element_id"] in tiles
        }

    def alert(self, row: Any) -> Any:
        tile = self.get(f"/dashboard_elements/{row['dashboard_element_id']}")
        filters = [
            {name: value for name, value in one.items() if name != "filter_description"}
            for one in row["applied_dashboard_filters"]
        ]
        return comparable(
            "WriteAlert",
            row,
            tile=[self.target(tile), tile["title"]],
            owner=self.email(row["owner_id"]),
            query=self.query(row["query_id"]),
            investigates=self.target({"dashboard_id": row["investigative_content_id"]}),
            filters=filters,
            # no filters are none, said or not (looker-api.md 5)
            field={name: value for name, value in row["field"].items() if value != []},
            enabled=not row["is_disabled"],
        )

    def query(self, id_: str | None) -> Any:
        if id_ is None:
            return None
        body = self.get(f"/queries/{id_}")
        names = {field.name for field in attrs.fields(sdk.WriteQuery)} - {"client_id"}
        return {name: body.get(name) for name in sorted(names)}


DESTINATION_IDS = ("id", "scheduled_plan_id", "looker_recipient", "secret_parameters")


def comparable(model: str, row: Any, **more: Any) -> Any:
    """Return the writable fields that are the same on every instance, with `more` added.

    Null, absent and an empty text are one and the same to Looker (looker-api.md 5).
    """
    names = {field.name for field in attrs.fields(getattr(sdk, model))}
    held = {name: row.get(name) for name in sorted(names - set(EXCLUDED.get(model, {})))}
    return {name: None if value == "" else value for name, value in held.items()} | more


def read(call: Call) -> dict[str, Any]:
    """Read an instance into values that can be compared."""
    return Side(call).read()


def differences(left: dict[str, Any], right: dict[str, Any]) -> list[str]:
    """List the keys whose values differ."""
    return [
        f"{key}: {left.get(key)!r} != {right.get(key)!r}"
        for key in sorted({*left, *right})
        if left.get(key) != right.get(key)
    ]
