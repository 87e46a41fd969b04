"""What a plan says of new content, and how it names what ids stand for."""

from typing import Any

from msgspec import UNSET

from lookervault_plan.content.node import Ref, SourceId
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, Change, Create, Update
from tests.planning.objects import (
    SHARED,
    a_component,
    a_dashboard,
    a_folder,
    a_group,
    a_look,
    a_query,
    a_tile,
    a_user,
    by_address,
    plan_of,
)

ANN = a_user("1", "ann@x.example", display_name="Ann")
BOB = a_user("2", "bob@x.example", display_name="Bob")


def values(changes: tuple[Change, ...]) -> dict[str, object]:
    """The new values, by path."""
    assert all(change.before is None for change in changes)
    return {change.path: change.after for change in changes}


def named(changes: tuple[Change, ...], path: str) -> tuple[object, object, object, object]:
    change = next(each for each in changes if each.path == path)
    return change.before_name, change.before, change.after_name, change.after


def created(desired: dict[str, list[Any]], address: str, **more: Any) -> Create:
    action = by_address(plan_of(desired, {"folder": [SHARED]}, **more))[address]
    assert isinstance(action, Create)
    return action


def updated(
    desired: dict[str, list[Any]], live: dict[str, list[Any]], address: str, **more: Any
) -> Update:
    action = by_address(plan_of(desired, live, same_instance=True, **more))[address]
    assert isinstance(action, Update)
    return action


# --- content of what is new -------------------------------------------------------------------


def test_a_new_dashboard_says_its_title_its_folder_and_nothing_empty():
    action = created(
        {"folder": [SHARED, a_folder()], "dashboard": [a_dashboard(description="", hidden=False)]},
        "dashboard:42",
    )

    assert values(action.changes) == {
        "title": "KPIs",
        "slug": "slug-KPIs",
        "folder_id": KNOWN_AFTER_APPLY,
    }
    assert named(action.changes, "folder_id")[2] == "Shared/Sales"


def test_a_target_that_exists_is_named_with_its_live_id():
    action = created({"folder": [SHARED, a_folder()]}, "folder:7")

    assert named(action.changes, "parent_id") == (UNSET, None, "Shared", "1")


def test_a_new_tile_says_what_it_shows_and_which_filters_it_listens_to():
    query = a_query(
        filters={"orders.state": "paid"}, vis_config={"type": "looker_line", "series": {"a": 1}}
    )
    listen = [{"dashboard_filter_name": "State", "field": "orders.state"}]
    tile = a_tile(
        query_id="900",
        query=query,
        result_maker={"filterables": [{"model": "m", "view": "v", "listen": listen}]},
    )
    state = {"id": "f", "name": "State", "title": "State", "type": "string_filter", "row": 0}

    action = created(
        {"folder": [SHARED, a_folder()], "dashboard": [a_dashboard(tiles=[tile], filters=[state])]},
        "dashboard:42",
    )

    (part,) = action.parts["elements"].create
    assert part.title == "Revenue"
    assert values(part.changes) == {
        "type": "vis",
        "query": {
            "model": "ecommerce",
            "explore": "orders",
            "fields": ["orders.count"],
            "filters": {"orders.state": "paid"},
            "visualization": "looker_line",
        },
        "listens_to": ["State"],
    }


def test_a_merge_query_lists_its_queries():
    merge = {
        "id": "5",
        "source_queries": [{"query_id": "900", "query": a_query()}],
        "vis_config": {"type": "table"},
    }
    tile = a_tile(merge_result_id="5", merge_query=merge)

    action = created(
        {"folder": [SHARED, a_folder()], "dashboard": [a_dashboard(tiles=[tile])]}, "dashboard:42"
    )

    shown = values(action.parts["elements"].create[0].changes)["merge_result"]
    assert shown == {
        "visualization": "table",
        "queries": [{"model": "ecommerce", "explore": "orders", "fields": ["orders.count"]}],
    }


def test_a_new_schedule_says_what_it_sends_to_whom_and_when_and_whether_it_does():
    destinations = [
        {"type": "email", "address": "eve@outside.example", "format": "wysiwyg_pdf"},
        {"type": "webhook", "address": "https://hooks.example/s3cr3t", "format": "json"},
    ]
    schedule = {
        "id": "8",
        "name": "Weekly",
        "look_id": "9",
        "user_id": "1",
        "crontab": "0 6 * * 1",
        "enabled": False,
        "scheduled_plan_destination": destinations,
    }

    action = created(
        {
            "folder": [SHARED, a_folder()],
            "look": [a_look()],
            "user": [ANN],
            "scheduled_plan": [schedule],
        },
        "scheduled_plan:8",
    )

    shown = values(action.changes)
    assert shown["crontab"] == "0 6 * * 1"
    assert shown["enabled"] is False
    assert shown["scheduled_plan_destination"] == [
        "(sensitive) (webhook, json)",
        "eve@outside.example (email, wysiwyg_pdf)",
    ]
    assert named(action.changes, "look_id")[2] == "Orders"
    assert named(action.changes, "user_id")[2] == "Ann (ann@x.example)"


def test_a_new_role_says_its_permissions_and_models_and_a_new_user_the_roles_they_get():
    role = {
        "id": "4",
        "name": "Viewer",
        "permission_set": {"id": "2"},
        "permission_set_id": "2",
        "model_set_id": "3",
        "role_users": [{"user_id": "1"}],
    }
    desired = {
        "permission_set": [{"id": "2", "name": "See", "permissions": ["see_looks", "access_data"]}],
        "model_set": [{"id": "3", "name": "Sales", "models": ["ecommerce"]}],
        "user": [ANN],
        "role": [role],
        "group": [a_group("20", "Finance", group_users=[{"user_id": "1"}])],
    }
    decisions = plan_of(desired, {})

    actions = by_address(decisions)
    shown = values(actions["role:4"].changes)
    assert shown["permissions"] == ["access_data", "see_looks"]
    assert shown["models"] == ["ecommerce"]
    assert named(actions["role:4"].changes, "permission_set_id")[2] == "See"
    ann = values(actions["user:1"].changes)
    assert ann["credentials_email.email"] == "ann@x.example"
    assert (ann["roles"], ann["groups"]) == (["Viewer"], ["Finance"])


def test_the_rights_of_a_set_that_is_not_selected_are_shown_as_well():
    role = {
        "id": "4",
        "name": "Viewer",
        "permission_set": {"id": "2"},
        "permission_set_id": "2",
        "model_set_id": "3",
    }
    sets = {
        "permission_set": [{"id": "2", "name": "See", "permissions": ["see_looks"]}],
        "model_set": [{"id": "3", "name": "Sales", "models": []}],
    }
    live = {
        "permission_set": [{"id": "20", "name": "See", "permissions": ["see_looks"]}],
        "model_set": [{"id": "30", "name": "Sales", "models": []}],
    }
    decisions = plan_of({**sets, "role": [role]}, live, selected={Ref("role", SourceId("4"))})

    shown = values(by_address(decisions)["role:4"].changes)
    assert shown["permissions"] == ["see_looks"]
    assert "models" not in shown


# --- names and sets ---------------------------------------------------------------------------


def test_a_moved_folder_names_both_places():
    finance = a_folder("8", "Finance")
    action = updated(
        {"folder": [SHARED, finance, a_folder(parent="8")]},
        {"folder": [SHARED, finance, a_folder()]},
        "folder:7",
    )

    assert named(action.changes, "parent_id") == ("Shared", "1", "Shared/Finance", "8")


def test_permissions_are_compared_as_a_set():
    action = updated(
        {"permission_set": [{"id": "2", "name": "See", "permissions": ["a", "b", "z"]}]},
        {"permission_set": [{"id": "2", "name": "See", "permissions": ["b", "c", "z"]}]},
        "permission_set:2",
    )

    (change,) = action.changes
    assert (change.path, change.added, change.removed) == ("permissions", ("a",), ("c",))


def test_fields_of_a_query_are_compared_as_a_set_and_inside_objects_too():
    def look(fields: list[str], hidden: list[str], id_: str) -> dict[str, Any]:
        query = a_query(id_, fields=fields, vis_config={"type": "table", "hidden_fields": hidden})
        return a_look(query=query)

    action = updated(
        {"folder": [SHARED, a_folder()], "look": [look(["a", "b"], ["x", "y"], "1")]},
        {"folder": [SHARED, a_folder()], "look": [look(["b", "c"], ["y"], "2")]},
        "look:9",
    )

    found = {change.path: (change.added, change.removed) for change in action.changes}
    assert found == {
        "query.fields": (("a",), ("c",)),
        "query.vis_config.hidden_fields": (("x",), ()),
    }


def test_recipients_are_compared_as_a_set():
    def schedule(*addresses: str) -> dict[str, Any]:
        return {
            "id": "8",
            "name": "Weekly",
            "look_id": "9",
            "user_id": "1",
            "crontab": "0 6 * * 1",
            "enabled": True,
            "scheduled_plan_destination": [
                {"type": "email", "address": address, "format": "csv"} for address in addresses
            ],
        }

    rest = {"folder": [SHARED, a_folder()], "look": [a_look()], "user": [ANN]}
    action = updated(
        {**rest, "scheduled_plan": [schedule("ann@x.example", "eve@outside.example")]},
        {**rest, "scheduled_plan": [schedule("ann@x.example", "bob@x.example")]},
        "scheduled_plan:8",
    )

    (change,) = action.changes
    assert change.added == ("eve@outside.example (email, csv)",)
    assert change.removed == ("bob@x.example (email, csv)",)


def test_access_entries_say_who_gets_what():
    def folder(*entries: tuple[str, str, str]) -> dict[str, Any]:
        listed = [
            {"id": id_, "content_metadata_id": "70", "permission_type": level, "group_id": group}
            for id_, group, level in entries
        ]
        access = {"id": "70", "inherits": False, "entries": listed}
        return a_folder(content_metadata_id="70", access=access)

    groups = [a_group("20", "Finance"), a_group("21", "Sales")]
    action = updated(
        {"folder": [SHARED, folder(("241", "20", "edit"), ("242", "21", "view"))], "group": groups},
        {"folder": [SHARED, folder(("241", "20", "view"))], "group": groups},
        "folder:7",
    )

    entries = action.parts["entries"]
    (raised,), (added,) = entries.update, entries.create
    assert (raised.title, raised.changes[0].before, raised.changes[0].after) == (
        "Finance",
        "view",
        "edit",
    )
    assert (added.title, values(added.changes)) == ("Sales", {"permission_type": "view"})


def test_a_broken_link_names_its_target_if_the_backup_has_it():
    look = a_look(title="Lost")
    dashboard = a_dashboard(description="see /looks/9 and /looks/10")
    action = created(
        {"folder": [SHARED, a_folder()], "look": [look], "dashboard": [dashboard]},
        "dashboard:42",
        selected={Ref("folder", SourceId("7")), Ref("dashboard", SourceId("42"))},
    )

    names = {each.from_: each.name for each in action.references if each.path == "link"}
    assert names == {"look:9": "Lost", "look:10": UNSET}


def test_the_place_of_a_tile_that_moves_names_the_tile():
    def dashboard(row: int) -> dict[str, Any]:
        return a_dashboard(tiles=[a_tile()], components=[a_component("c", "70", row)])

    rest = {"folder": [SHARED, a_folder()]}
    action = updated(
        {**rest, "dashboard": [dashboard(4)]}, {**rest, "dashboard": [dashboard(0)]}, "dashboard:42"
    )

    (place,) = action.parts["components"].update
    assert place.places == "70"
