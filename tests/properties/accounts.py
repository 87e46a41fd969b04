"""Check that a plan accounts for all that vanished or changed in an instance.

The instance is looked at as rows of the sandbox's tables, so that nothing of the product judges.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.properties.pairs import Tables

Json = Any
Row = Mapping[str, Json]

#: Table -> type of the items that it holds.
ITEMS = {
    "dashboards": "dashboard",
    "looks": "look",
    "folders": "folder",
    "boards": "board",
    "users": "user",
    "groups": "group",
    "roles": "role",
    "permission_sets": "permission_set",
    "model_sets": "model_set",
    "lookml_models": "lookml_model",
    "scheduled_plans": "scheduled_plan",
}
#: Table -> (collection, field of the row that names the part for the plan).
PARTS = {
    "dashboard_elements": ("elements", "id"),
    "dashboard_layouts": ("layouts", "id"),
    "dashboard_layout_components": ("components", "id"),
    "dashboard_filters": ("filters", "id"),
    "alerts": ("alerts", "id"),
    "board_sections": ("sections", "id"),
    "board_items": ("items", "id"),
    "content_metadata": ("access", "id"),
    "content_metadata_access": ("entries", "id"),
    "group_users": ("users", "user_id"),
    "group_groups": ("groups", "group_id"),
    "role_users": ("users", "user_id"),
    "role_groups": ("groups", "group_id"),
}
#: Fields that Looker computes; a folder's are those of the folders above.
COMPUTED = frozenset(
    ("updated_at", "last_updater_id", "deleter_id", "updated_by", "is_personal_descendant")
)
#: Column of a row -> the field that shows it.
FIELDS = {"_filterables": "result_maker"}
#: Tables of what never changes or is kept for Looker itself.
IGNORED = frozenset({"digests", "queries", "merge_queries", "api_users"})


class Account:
    """Compares an instance before and after with the plan that was applied between."""

    def __init__(self, plan: Json, before: Tables, after: Tables) -> None:
        self.before, self.after = before, after
        self.actions = {
            (action["type"], action.get("destination_id")): action
            for action in plan["actions"]
            if action["action"] in ("update", "delete")
        }
        self.guards = {guard["name"]: guard for guard in plan["guards"]}

    def unexplained(self) -> Iterator[str]:
        """Yield what vanished or changed though the plan does not list it."""
        for table, rows in self.before.items():
            for id_, row in rows.items() if table not in IGNORED else ():
                now = self.after.get(table, {}).get(id_)
                if now is None or (now.get("deleted") and not row.get("deleted")):
                    if not self._is_deleted(table, row):
                        yield f"{table} {id_} is gone: {row}"
                    continue
                for name in sorted({*row, *now} - COMPUTED):
                    if (
                        row.get(name) != now.get(name)
                        and not (name.startswith("_") and name not in FIELDS)
                        and not _is_computed(table, row, name)
                        and not self._is_changed(table, row, FIELDS.get(name, name))
                    ):
                        yield f"{table} {id_} {name}: {row.get(name)!r} -> {now.get(name)!r}"

    def _is_deleted(self, table: str, row: Row) -> bool:
        if table in ITEMS:
            action = self.actions.get((ITEMS[table], row["id"]))
            return action is not None and action["action"] == "delete" and "deletes" in self.guards
        action = self._owner(table, row)
        collection, key = PARTS[table]
        gone = action["parts"].get(collection, {}).get("delete", ()) if action else ()
        guard = "alerts-lost" if table == "alerts" else "part-deletes"
        if any(part.get("live_id") == row[key] for part in gone):
            return guard in self.guards
        return self._goes_along(table, row, action)

    def _goes_along(self, table: str, row: Row, action: Json) -> bool:
        """Say whether Looker deletes a part with something else that the plan lists."""
        match table:
            case "dashboard_layout_components":
                tile, tab = row["dashboard_element_id"], row["dashboard_layout_id"]
                return (
                    self._is_gone("dashboard_elements", tile)
                    or self._is_gone("dashboard_layouts", tab)
                    # A tile that moves to another tab gets another component.
                    or self._is_changed(
                        "dashboard_elements",
                        self.before["dashboard_elements"][tile],
                        "dashboard_layout_id",
                    )
                )
            case "alerts":
                is_lost = self._is_gone("dashboard_elements", row["dashboard_element_id"])
                return is_lost and "alerts-lost" in self.guards
            case "board_items":
                return self._is_gone("board_sections", row["board_section_id"])
            case "content_metadata_access":  # an item that inherits again has no entries
                lists = action["parts"].get("access", {}).get("update", ()) if action else ()
                changes = [change for part in lists for change in part["changes"]]
                return any(one["path"] == "inherits" and one["after"] for one in changes)
            case _:
                return False

    def _is_gone(self, table: str, id_: str) -> bool:
        row = self.before[table].get(id_)
        return row is not None and id_ not in self.after[table] and self._is_deleted(table, row)

    def _is_changed(self, table: str, row: Row, name: str) -> bool:
        if table in ITEMS:
            action = self.actions.get((ITEMS[table], row["id"]))
            changes = action["changes"] if action and action["action"] == "update" else ()
        else:
            action = self._owner(table, row)
            collection, key = PARTS[table]
            changes = [
                change
                for part in (
                    action["parts"].get(collection, {}).get("update", ()) if action else ()
                )
                if part.get("live_id") == row[key]
                for change in part["changes"]
            ]
        return any(_heads(change["path"]) & {name} for change in changes)

    def _owner(self, table: str, row: Row) -> Json:
        """Find the action of the item that a part belongs to."""
        match table:
            case "alerts":
                tile = self.before["dashboard_elements"][row["dashboard_element_id"]]
                return self.actions.get(("dashboard", tile["dashboard_id"]))
            case "dashboard_layout_components":
                layout = self.before["dashboard_layouts"][row["dashboard_layout_id"]]
                return self.actions.get(("dashboard", layout["dashboard_id"]))
            case "board_items":
                section = self.before["board_sections"][row["board_section_id"]]
                return self.actions.get(("board", section["board_id"]))
            case "content_metadata_access":
                return self._of_metadata(row["content_metadata_id"])
            case "content_metadata":
                return self._of_metadata(row["id"])
            case _:
                owner = next(
                    each
                    for each in ("dashboard", "board", "group", "role")
                    if table.startswith(each)
                )
                return self.actions.get((owner, row[f"{owner}_id"]))

    def _of_metadata(self, id_: str) -> Json:
        for table in ("folders", "boards"):
            for row in self.before[table].values():
                if row.get("content_metadata_id") == id_:
                    return self.actions.get((ITEMS[table], row["id"]))
        return None


def _is_computed(table: str, row: Row, name: str) -> bool:
    """Say whether Looker computes a field from other items, or in another change."""
    match table, name:
        case "content_metadata", "parent_id":  # the folder's own says it
            return True
        case (("looks" | "dashboards"), "deleted_at"):
            return True
        case "dashboard_layouts", "active":  # one tab is shown first
            return True
        case "folders", "name":  # a personal folder has its owner's name
            return bool(row.get("is_personal"))
        case _:
            return False


def _heads(path: str) -> set[str]:
    """Name the fields of a row that a change may write: of a query the reference to it."""
    head = path.partition(".")[0].partition("[")[0]
    return {head, f"{head}_id", *({"email"} if head == "credentials_email" else ())}
