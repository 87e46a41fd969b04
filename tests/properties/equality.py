"""Say whether a backup's item equals the live one: raw JSON, over the fields that can be written.

Looker's models say which fields those are (`sandbox/models.json`), not the table of kinds.
"""

from collections.abc import Iterator
from typing import Any

from lookervault_plan.sandbox.bodies import models

Json = Any

#: Type of an item -> its model, and the lists of parts in it with theirs: key -> (model, id).
MODELS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "dashboard": (
        "Dashboard",
        {
            "dashboard_elements": ("DashboardElement", "id"),
            "dashboard_filters": ("DashboardFilter", "id"),
            "dashboard_layouts": ("DashboardLayout", "id"),
            "alerts": ("Alert", "id"),
        },
    ),
    "look": ("LookWithQuery", {}),
    "folder": ("Folder", {}),
    "board": ("Board", {"board_sections": ("BoardSection", "id")}),
    "user": ("User", {}),
    "group": ("Group", {"group_users": ("", "user_id"), "group_groups": ("", "group_id")}),
    "role": ("Role", {"role_users": ("", "user_id"), "role_groups": ("", "group_id")}),
    "permission_set": ("PermissionSet", {}),
    "model_set": ("ModelSet", {}),
    "lookml_model": ("LookmlModel", {}),
    "scheduled_plan": ("ScheduledPlan", {}),
}
#: Parts of parts.
INNER = {
    "dashboard_layouts": {"dashboard_layout_components": ("DashboardLayoutComponent", "id")},
    "board_sections": {"board_items": ("BoardItem", "id")},
}
#: What the documents say is never written, and what another field says as well.
NOT_WRITTEN = frozenset(
    (
        *("client_id", "ui_state", "models_dir_validated", "result_maker_id", "dashboard_filters"),
        *("folder", "look", "permission_set", "model_set", "dashboard_id", "board_id"),
        *("custom_image_data_base64", "time_series_condition_state", "deleted", "user_name"),
        # what a query's id says
        *("query", "dynamic_fields", "sorts", "total", "vis_config"),
    )
)


def differences(kind: str, want: Json, have: Json) -> Iterator[str]:
    """Yield the paths at which the two differ in what `want` holds.

    Both are of one instance, where a query never changes: its id says all.
    """
    model, lists = MODELS[kind]
    yield from _of_object(model, lists, want, have, "")


def _of_object(model: str, lists: Json, want: Json, have: Json, where: str) -> Iterator[str]:
    found = models().get(model)
    writable = set(found.fields) - found.read_only if found else set[str]()
    for name in sorted((want.keys() & writable) - NOT_WRITTEN - lists.keys()):
        nested = found.fields[name].strip("[]") if found else ""
        yield from _of_value(nested, want[name], have.get(name), f"{where}.{name}")
    for name, (inner, id_field) in lists.items():
        if want.get(name) is None:
            continue
        mine = {str(one.get(id_field)): one for one in want[name]}
        theirs = {str(one.get(id_field)): one for one in have.get(name) or ()}
        yield from (f"{where}.{name} {id_}" for id_ in sorted(mine.keys() ^ theirs.keys()))
        for id_ in sorted(mine.keys() & theirs.keys()):
            place = f"{where}.{name} {id_}"
            yield from _of_object(inner, INNER.get(name, {}), mine[id_], theirs[id_], place)


def _of_value(model: str, want: Json, have: Json, where: str) -> Iterator[str]:
    if model in models():
        one_each = isinstance(want, dict) and isinstance(have, dict)
        if one_each:
            yield from _of_object(model, {}, want, have, where)
            return
        if isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
            for index, (mine, theirs) in enumerate(zip(want, have, strict=True)):
                yield from _of_value(model, mine, theirs, f"{where}[{index}]")
            return
    if not _equal(want, have):
        yield f"{where}: {want!r}, not {have!r}"


def _equal(want: Json, have: Json) -> bool:
    if _is_empty(want) and _is_empty(have):
        return True
    if isinstance(want, dict) and isinstance(have, dict):
        return all(_equal(value, have.get(name)) for name, value in want.items())
    if isinstance(want, list) and isinstance(have, list):
        return len(want) == len(have) and all(map(_equal, want, have))
    if isinstance(want, bool) or isinstance(have, bool):
        return want is have
    return str(want) == str(have)


def _is_empty(value: Json) -> bool:
    return value in (None, "", [], {}) or value is False
