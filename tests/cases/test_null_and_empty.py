"""A backup with null, or with nothing, in every field settles: after an apply nothing differs."""

from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.content.json_path import head
from lookervault_plan.content.table.kinds import KINDS, Field, Form
from lookervault_plan.sandbox.server import Sandbox
from tests.cases import build
from tests.cases.test_cases import run

SHARED = {"id": "1", "name": "Shared", "parent_id": None, "is_shared_root": True}
QUERY = {"id": "7", "model": "ecommerce", "view": "orders", "fields": ["orders.count"]}
#: Looker takes no empty text for these: they are names of a choice, or one of a pair must be set.
NEVER_EMPTY = {
    "type",
    "preferred_viewer",
    "load_configuration",
    "layout_granularity",
    "note_display",
    "note_state",
    "enhancements",
    "locale",
    "crontab",
    "cron",
    "deleted_at",
    "refresh_interval",
    "investigative_content_type",
    "certification_status",
}


def null(_field: Field) -> Any:
    return None


def empty(field: Field) -> Any:
    """Return a value without content that the field can hold; None for a field without one."""
    if field.path.rpartition(".")[2] in NEVER_EMPTY:
        return None
    match field.form:
        case Form.TEXT | Form.JSON:
            return ""
        case Form.TREE if field.path in OBJECTS:
            return {}
        case Form.TREE | Form.SET:
            return []
        case _:
            return None


FILTER = KINDS["alert"].field("field.filter")
MEMBERS = Field("role_users", Form.TREE)
#: trees that are objects; the others are lists
OBJECTS = {
    "appearance",
    "download_settings",
    "ui_config",
    "vis_config",
    "filters",
    "filter_config",
}


def filled(kind: str, value_of: Any, **given: Any) -> dict[str, Any]:
    """Return an object with what is given, and that value in every other field."""
    raw: dict[str, Any] = {}
    for field in KINDS[kind].fields:
        if "[]" in field.path or field.create_only or head(field.path) in given:
            continue
        name, _, below = field.path.partition(".")
        if not below:
            raw[name] = value_of(field)
        elif value_of is null:
            raw[name] = None
        else:
            raw.setdefault(name, {})[below] = value_of(field)
    return raw | given


def items_of(value_of: Any) -> list[dict[str, Any]]:
    """Return a backup in which that value is in every field that does not need another."""

    def part(kind: str, **given: Any) -> dict[str, Any]:
        return filled(kind, value_of, **given)

    query = part("query", **QUERY)
    source = {"name": None, "query_id": "7", "query": query, "merge_fields": []}
    merge = part("merge_query", id="m" * 22, source_queries=[source])
    tiles = [
        part("dashboard_element", id="11", type="vis", title="A", query_id="7", query=query),
        part("dashboard_element", id="12", type="text", title=None, body_text="Words"),
        part(
            "dashboard_element", id="13", type="vis", merge_result_id=merge["id"], merge_query=merge
        ),
    ]
    components = [
        part(
            "dashboard_layout_component",
            id=f"6{tile['id']}",
            dashboard_element_id=tile["id"],
            dashboard_layout_id="51",
        )
        for tile in tiles
    ]
    layout = part("dashboard_layout", id="51", active=True, dashboard_layout_components=components)
    dashboard_filter = part("dashboard_filter", id="31", name="F", title="F", type="string_filter")
    alert = part(
        "alert",
        id="5",
        dashboard_element_id="11",
        owner_id="5",
        comparison_type="GREATER_THAN",
        threshold=5,
        cron="0 5 * * *",
        field={"title": "Orders", "name": "orders.count", "filter": value_of(FILTER)},
        destinations=[{"destination_type": "EMAIL", "email_address": "a@example.com"}],
    )
    section = part("board_section", id="91", title="S", board_items=[])
    objects = {
        "folder": [SHARED, part("folder", id="2", name="Sales", parent_id="1")],
        "user": [
            part(
                "user", id="5", email="a@example.com", credentials_email={"email": "a@example.com"}
            )
        ],
        "group": [part("group", id="8", name="Analysts")],
        "look": [part("look", id="9", title="L", folder_id="2", query_id="7", query=query)],
        "dashboard": [
            part(
                "dashboard",
                id="42",
                title="D",
                folder_id="2",
                dashboard_filters=[dashboard_filter],
                dashboard_elements=tiles,
                dashboard_layouts=[layout],
                alerts=[alert],
            )
        ],
        "permission_set": [part("permission_set", id="61", name="Rights")],
        "model_set": [part("model_set", id="62", name="Models")],
        "role": [
            part("role", id="63", name="Readers", permission_set_id="61", model_set_id="62")
            | {
                "permission_set": {"id": "61", "name": "Rights"},
                "role_users": value_of(MEMBERS),
                "role_groups": [{"group_id": "8"}],
            }
        ],
        "board": [
            part(
                "board",
                id="3",
                title="B",
                user_id="5",
                section_order=["91"],
                board_sections=[section],
            )
        ],
        "scheduled_plan": [
            part(
                "scheduled_plan",
                id="71",
                name="P",
                dashboard_id="42",
                user_id="5",
                crontab="0 5 * * *",
                scheduled_plan_destination=[
                    {"type": "email", "format": "wysiwyg_pdf", "address": "a@example.com"}
                ],
            )
        ],
    }
    return [
        {"type": kind, "id": raw["id"], "blob": raw}
        for kind, raws in objects.items()
        for raw in raws
    ]


@pytest.mark.parametrize("value_of", [null, empty])
def test_a_backup_with_nothing_in_every_field_settles(value_of: Any, tmp_path: Path):
    backup = {
        "dialect": "ours",
        "source_instance": "https://dev.example.com",
        "looker_version": "26.12.3",
        "items": items_of(value_of),
    }
    build.write_backup(backup, tmp_path / "backup.db")
    plan = ["plan", "--db-path", "backup.db"]
    guards = ("users-across", "schedules-across", "schedules-enable", "lockout", "access-widened")
    allow = [word for guard in guards for word in ("--allow", guard)]

    with Sandbox(seed=8) as sandbox:
        made = run(sandbox, tmp_path, [*plan, "--out", "plan.json", *allow])
        assert made.exit_code == 0, made.said
        assert {each["action"] for each in made.plan["actions"]} <= {"create", "skip"}, made.said
        applied = run(sandbox, tmp_path, ["apply", "plan.json"])
        assert applied.exit_code == 0, applied.said
        for state in ([], ["--state", "fresh/state.db"]):
            again = run(sandbox, tmp_path, [*plan, "--detailed-exitcode", *allow, *state])
            assert again.exit_code == 0, again.said
