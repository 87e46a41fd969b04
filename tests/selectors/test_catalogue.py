from typing import Any

from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Ref
from lookervault_plan.selectors.catalogue import Catalogue
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.selectable_items import CatalogueBuilder
from tests.planning.objects import a_dashboard, a_folder, a_look, a_query, a_tile
from tests.selectors.items import picked

SHARED = a_folder("1", "Home", None, is_shared_root=True)


def a_catalogue_of(**objects: list[dict]) -> Catalogue:
    seen, identities = CatalogueBuilder(), {}
    for kind, raws in objects.items():
        for raw in raws:
            seen.add(kind, raw)
            identity = identify(kind, raw)
            identities[identity.ref] = identity
    return seen.catalogue(identities)


def a_user(id_: str = "5", **more: Any) -> dict:
    return {"id": id_, "display_name": "Ada", "email": "Ada@example.com", **more}


def test_a_folder_has_its_path_from_a_root_whatever_the_root_is_called():
    catalogue = a_catalogue_of(
        folder=[SHARED, a_folder("7", "Sales"), a_folder("8", "A/B", "7")],
        look=[a_look(folder="8")],
    )

    assert picked("folder:Shared/**", catalogue) == ["folder:1", "folder:7", "folder:8", "look:9"]
    assert catalogue.items[Ref("look", "9")].folder == ("Shared", "Sales", "A/B")


def test_an_item_has_its_owner_and_its_full_title():
    title = "Revenue  by " + "month " * 20
    catalogue = a_catalogue_of(user=[a_user()], look=[a_look(title=title, user_id="5")])

    item = catalogue.items[Ref("look", "9")]
    assert (item.title, item.owner) == (title, "Ada@example.com")
    assert picked("owner:ada@*", catalogue) == ["look:9"]


def test_dashboards_use_the_explores_of_tiles_filters_and_merged_queries():
    merged = {"id": "m", "source_queries": [{"query_id": "3", "query": a_query("3", view="users")}]}
    tiles = [
        a_tile("70", query_id="1", query=a_query("1", view="orders")),
        a_tile("71", look_id="9", result_maker={"query": a_query("2", model="web")}),
        a_tile("72", merge_result_id="m", merge_query=merged),
        a_tile("73", result_maker={"filterables": [{"model": "crm", "view": "leads"}]}),
    ]
    filters = [{"id": "1", "name": "x", "model": "erp", "explore": "bills"}]
    catalogue = a_catalogue_of(
        dashboard=[a_dashboard(tiles=tiles, filters=filters)],
        lookml_model=[{"name": "erp"}, {"name": "web"}],
        look=[a_look()],
    )

    assert catalogue.items[Ref("dashboard", "42")].explores == (
        "crm::leads",
        "ecommerce::orders",
        "ecommerce::users",
        "erp::bills",
        "web::orders",
    )
    assert picked("+dashboard:42", catalogue) == [
        "dashboard:42",
        "look:9",
        "lookml_model:erp",
        "lookml_model:web",
    ]
    assert picked("lookml_model:web+", catalogue) == ["dashboard:42", "lookml_model:web"]
    assert picked("model:erp", catalogue) == ["dashboard:42"]


def test_a_look_without_a_query_gets_its_explores_from_a_tile_that_shows_it():
    look = a_look(query=None, model={"id": "ecommerce"})
    tile = a_tile(look_id="9", result_maker={"query": a_query("900", view="users")})

    assert picked(
        "explore:users", a_catalogue_of(look=[look], dashboard=[a_dashboard(tiles=[tile])])
    ) == [
        "dashboard:42",
        "look:9",
    ]
    assert picked("model:ecommerce", a_catalogue_of(look=[look])) == ["look:9"]


def test_a_personal_folder_needs_its_user():
    catalogue = a_catalogue_of(
        user=[a_user(personal_folder_id="7", home_folder_id="8")],
        folder=[a_folder("7", "Ada", "2", is_personal=True), a_folder("8")],
    )

    assert picked("+folder:7", catalogue) == ["folder:7", "user:5"]
    assert picked("+user:5", catalogue) == ["user:5"]


def test_a_user_has_its_groups_and_roles_and_they_need_the_user():
    catalogue = a_catalogue_of(
        group=[{"id": "3", "name": "Analysts"}],
        role=[{"id": "4", "name": "Viewer"}],
        user=[a_user(group_ids=["3", "404"], role_ids=["4"])],
    )

    assert picked("group:Analysts", catalogue) == picked("role:V*", catalogue) == ["user:5"]
    assert picked("+group:3", catalogue) == ["group:3", "user:5"]
    assert picked("user:5+", catalogue) == ["group:3", "role:4", "user:5"]


def test_an_item_has_its_boards_and_a_board_needs_its_items_but_not_its_viewers():
    items = [{"id": "1", "look_id": "9"}, {"id": "2", "dashboard_id": "42"}]
    access = {"entries": [{"id": "6", "group_id": "3"}]}
    section = {"id": "8", "board_items": items}
    board = {"id": "2", "title": "KPIs", "user_id": "5", "board_sections": [section]}
    catalogue = a_catalogue_of(
        board=[{**board, "access": access}],
        group=[{"id": "3", "name": "Analysts"}],
        user=[a_user()],
        look=[a_look()],
        dashboard=[a_dashboard()],
    )

    assert picked("board:KPIs", catalogue) == ["dashboard:42", "look:9"]
    assert picked("title:KPIs,owner:ada@*", catalogue) == ["board:2"]
    assert picked("+board:2", catalogue) == ["board:2", "dashboard:42", "look:9", "user:5"]


def test_an_unreadable_item_can_be_selected_by_its_address():
    identities = {Ref("look", "9"): identify("look", {"id": "9", "title": "Orders"})}

    assert picked("name:Orders", CatalogueBuilder().catalogue(identities)) == ["look:9"]


def test_a_catalogue_reads_a_backup_in_one_pass(backup: Backup):
    seen = CatalogueBuilder()
    desired = BackupItems(backup, on_item=seen.add)

    catalogue = seen.catalogue(desired.identities)

    assert catalogue.items.keys() == desired.identities.keys()
    content = [item for ref, item in catalogue.items.items() if ref.kind in {"look", "dashboard"}]
    assert all(item.folder[0] in {"Shared", "Users"} for item in content)
    assert all(item.models and item.owner for item in content if item.ref.kind == "look")
