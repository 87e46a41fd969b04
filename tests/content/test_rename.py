"""Names of the source, renamed in the objects of a backup."""

from copy import deepcopy
from typing import Any

from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import SOURCE, Ref
from lookervault_plan.content.normalise import content_key, normalise
from lookervault_plan.content.rename import Renamer, Renames, is_renamed
from lookervault_plan.content.table.kinds import KINDS, RENAME_RULES
from lookervault_plan.content.text_links import Instances, rewrite_links
from tests.planning.objects import SHARED, a_dashboard, a_folder, a_look, a_query, a_tile


def renamed(kind, raw, **names):
    renamer = Renamer(Renames(**names))
    out = deepcopy(raw)
    renamer.rename(kind, out)
    return out, renamer


def test_every_portable_name_of_the_table_can_be_renamed():
    assert {
        name.kind for row in KINDS.values() for name in row.portable_names
    } <= RENAME_RULES.keys()


def test_a_query_with_a_renamed_model_gets_a_new_id():
    look = a_look(query=a_query(model="dev"))

    out, renamer = renamed("look", look, models={"dev": "prod"})

    assert out["query"]["model"] == "prod"
    node = normalise("look", out)
    target = node.refs["query_id"]
    assert target is not None
    assert is_renamed(target)
    assert target.id == out["query_id"] == out["query"]["id"]
    same = a_query("17", model="prod")
    assert content_key("query", out["query"]) == content_key("query", same)
    assert renamer.used == {("models", "dev")}


def test_a_query_without_a_renamed_model_stays_as_it_is():
    look = a_look()

    out, renamer = renamed("look", look, models={"dev": "prod"}, explores={"dev::orders": "a::b"})

    assert out == look
    assert not renamer.used


def test_equal_queries_get_the_same_new_id():
    tiles = [a_tile(id_, query=a_query(), query_id="900") for id_ in ("70", "71")]

    out, _ = renamed("dashboard", a_dashboard(tiles=tiles), models={"ecommerce": "shop"})

    first, second = (tile["query_id"] for tile in out["dashboard_elements"])
    assert first == second


def test_an_entry_for_an_explore_takes_precedence_over_one_for_its_model():
    query = a_query(fields=["orders.count"], filters={"orders.status": "done"})
    names = {"models": {"ecommerce": "shop"}, "explores": {"ecommerce::orders": "sales::order"}}

    out, _ = renamed("look", a_look(query=query), **names)
    other, _ = renamed("look", a_look(query=a_query(view="users")), **names)

    assert (out["query"]["model"], out["query"]["view"]) == ("sales", "order")
    assert out["query"]["fields"] == ["orders.count"]
    assert (other["query"]["model"], other["query"]["view"]) == ("shop", "users")


def test_dashboard_filters_and_filterables_of_tiles_are_renamed():
    tile = a_tile(
        result_maker={
            "query": a_query(),
            "filterables": [
                {"model": "ecommerce", "view": "orders", "listen": []},
                {"model": "other", "view": "orders"},
                {"view": "orders"},
            ],
        }
    )
    filter_ = {
        "id": "5",
        "name": "State",
        "model": "ecommerce",
        "explore": "orders",
        "dimension": "orders.state",
    }
    bare = {"id": "6", "name": "Day", "model": "ecommerce", "explore": None}

    out, _ = renamed(
        "dashboard",
        a_dashboard(tiles=[tile], filters=[filter_, bare], lookml_link_id="ecommerce::kpis"),
        models={"ecommerce": "shop"},
    )

    maker = out["dashboard_elements"][0]["result_maker"]
    assert [each.get("model") for each in maker["filterables"]] == ["shop", "other", None]
    assert maker["query"]["model"] == "shop"
    filters = out["dashboard_filters"]
    assert [each["model"] for each in filters] == ["shop", "shop"]
    assert filters[0]["dimension"] == "orders.state"
    assert out["lookml_link_id"] == "shop::kpis"


def test_a_merge_query_gets_a_new_id_if_one_of_its_sources_does():
    merge = {
        "id": "abc",
        "source_queries": [
            {"name": "a", "query_id": "900", "query": a_query("900")},
            {"name": "b", "query_id": "901", "query": a_query("901", model="other")},
        ],
    }
    tile = a_tile(merge_result_id="abc", merge_query=merge)

    out, _ = renamed("dashboard", a_dashboard(tiles=[tile]), models={"ecommerce": "shop"})

    tile = out["dashboard_elements"][0]
    sources = tile["merge_query"]["source_queries"]
    assert [each["query_id"] for each in sources] == [sources[0]["query"]["id"], "901"]
    assert is_renamed(Ref("query", sources[0]["query_id"]))
    assert tile["merge_result_id"] == tile["merge_query"]["id"] != "abc"


def test_emails_models_and_their_connections_are_renamed():
    user, _ = renamed("user", {"id": "3", "email": "Ann@X"}, emails={"ann@x": "ann@y"})
    model, renamer = renamed(
        "lookml_model",
        {"name": "dev", "allowed_db_connection_names": ["pg", "other"]},
        models={"dev": "prod"},
        connections={"pg": "snow"},
    )

    assert identify("user", user).keys["email"] == "ann@y"
    assert model == {"name": "prod", "allowed_db_connection_names": ["snow", "other"]}
    assert renamer.used == {("models", "dev"), ("connections", "pg")}


def test_a_model_keeps_its_name_if_the_backup_has_a_model_with_the_new_name():
    renamer = Renamer(Renames(models={"dev": "prod"}))
    renamer.backup_ids["lookml_model"] = frozenset({"dev", "prod"})
    model: dict[str, Any] = {"name": "dev"}
    look = a_look(query=a_query(model="dev"))

    renamer.rename("lookml_model", model)
    renamer.rename("look", look)

    assert model["name"] == "dev"
    assert look["query"]["model"] == "prod"


def tree_of(wanted, *raws):
    """Return id -> (name, parent) of moved folders, and the renamer."""
    renamer = Renamer(Renames(folders=wanted))
    moved = renamer.find_moves([identify("folder", raw) for raw in raws])
    out = {}
    for raw in raws:
        copy = dict(raw)
        renamer.rename("folder", copy)
        if Ref("folder", copy["id"]) in moved:
            out[copy["id"]] = (copy["name"], copy["parent_id"])
    return out, renamer


def test_a_folder_moves_below_a_folder_of_the_backup_or_a_path_of_the_destination():
    raws = [
        SHARED,
        a_folder("7", "Old"),
        a_folder("8", "Deep", "7"),
        a_folder("9", "Teams"),
        a_folder("10", "Gone"),
    ]

    moved, renamer = tree_of(
        {"Shared/Old": "Shared/Teams/New", "Shared/Gone": "Shared/Else/Where", "Shared/No": "a/b"},
        *raws,
    )

    assert moved == {"7": ("New", "9"), "10": ("Where", "Shared/Else")}
    assert renamer.destination_paths == {
        Ref("folder", "7"): ("Shared", "Teams", "New"),
        Ref("folder", "10"): ("Shared", "Else", "Where"),
        Ref("folder", "Shared/Else"): ("Shared", "Else"),
    }
    assert renamer.used == {("folders", "Shared/Old"), ("folders", "Shared/Gone")}


def test_a_folder_below_a_moved_folder_can_move_elsewhere():
    raws = [SHARED, a_folder("7", "A"), a_folder("8", "B", "7"), a_folder("9", "C", "8")]

    moved, _ = tree_of({"Shared/A": "Shared/X", "Shared/A/B/C": "Shared/X/B/D"}, *raws)

    assert moved == {"7": ("X", "1"), "9": ("D", "8")}


def test_a_moved_root_or_personal_folder_becomes_an_ordinary_folder():
    ann = a_folder("30", "Ann", "2", is_personal=True)
    users = a_folder("2", "Users", None, is_users_root=True)
    renamer = Renamer(Renames(folders={"Shared": "Shared/Imported", "Users/Ann": "Shared/Ann"}))

    moved = renamer.find_moves([identify("folder", raw) for raw in (SHARED, users, ann)])
    root, personal = dict(SHARED), dict(ann)
    renamer.rename("folder", root)
    renamer.rename("folder", personal)

    assert {ref.id for ref in moved} == {"1", "30"}
    assert identify("folder", root).built_in is None
    assert identify("folder", root).keys["root"] is None
    assert (root["name"], root["parent_id"]) == ("Imported", "Shared")
    assert identify("folder", personal).built_in is None
    assert personal["parent_id"] == "Shared"


def test_a_damaged_list_of_parts_is_renamed_as_far_as_it_goes():
    dashboard = a_dashboard()
    dashboard["dashboard_elements"] = [None, "text", a_tile("70", model="dev")]

    out, _ = renamed("dashboard", dashboard, models={"dev": "prod"})

    assert out["dashboard_elements"][:2] == [None, "text"]


def test_a_name_that_is_none_is_left_as_it_is():
    look = a_look(query=a_query(model=None, view=7))

    out, renamer = renamed("look", look, models={"dev": "prod"})

    assert (out["query"]["model"], out["query"]["view"]) == (None, 7)
    assert renamer.used == set()


def test_links_to_explores_follow_renames_of_models_and_explores():
    def text(value: str, **renames: Any) -> str:
        tile = {"id": "1", "type": "text", "body_text": value}
        renamer = Renamer(Renames(**renames))
        renamer.hosts = frozenset({"https://dev.example.com"})
        renamer.rename("dashboard_element", tile)
        return tile["body_text"]

    link = "see /explore/dev/orders?fields=orders.count"
    assert text(link, models={"dev": "prod"}) == "see /explore/prod/orders?fields=orders.count"
    assert text(link, explores={"dev::orders": "prod::sales"}) == (
        "see /explore/prod/sales?fields=orders.count"
    )
    assert text("/embed/explore/dev/orders", models={"dev": "p"}) == "/embed/explore/p/orders"
    ours, others = "https://dev.example.com/explore/dev/x", "https://other.example/explore/dev/x"
    assert text(ours, models={"dev": "p"}) == "https://dev.example.com/explore/p/x"
    assert text(others, models={"dev": "p"}) == others


def test_links_to_explores_are_renamed_in_a_string_of_json():
    rich = '[{"href": "/explore/dev/orders"}]'
    tile: dict[str, Any] = {"id": "1", "rich_content_json": rich}

    Renamer(Renames(models={"dev": "prod"})).rename("dashboard_element", tile)

    assert tile["rich_content_json"] == '[{"href": "/explore/prod/orders"}]'


def test_a_link_to_an_explore_of_the_source_leads_to_the_destination():
    instances = Instances(frozenset({"https://dev.example.com"}), "https://prod.example.com")
    text = "https://dev.example.com/explore/m/v?x=1 https://other.example/explore/m/v /explore/m/v"

    assert rewrite_links(text, instances, lambda _: None) == (
        "https://prod.example.com/explore/m/v?x=1 https://other.example/explore/m/v /explore/m/v"
    )


def with_owners(owners: dict[str, str], *people: dict[str, Any]) -> Renamer:
    """A renamer that has seen these people."""
    renamer = Renamer(Renames(owners=owners))
    for person in people:
        identity = identify("user", person, SOURCE)
        renamer.note_person(identity, identity)
    return renamer


ANN = {"id": "7", "email": "ann@x.example"}
BOB = {"id": "8", "email": "Bob@x.example"}
NOBODY = {"id": "9", "email": None}


def test_a_dashboard_and_its_alerts_get_another_owner_of_the_backup():
    raw = a_dashboard(user_id="7", alerts=[{"id": "70", "owner_id": "7"}, {"id": "71"}])
    renamer = with_owners({"Ann@x.example": "bob@x.example"}, ANN, BOB, NOBODY)

    renamer.rename("dashboard", raw)

    assert (raw["user_id"], raw["alerts"][0]["owner_id"]) == ("8", "8")
    assert renamer.reassigned == {Ref("dashboard", "42"), Ref("alert", "70")}
    assert renamer.new_owners == {}
    changed = renamer.effects["owners", "Ann@x.example"]
    assert changed == {"dashboard:42": "bob@x.example", "alert:70": "bob@x.example"}


def test_an_owner_whom_the_backup_lacks_is_known_by_email():
    raw = a_look(user_id="7")
    renamer = with_owners({"*@x.example": "Zoe@new.example"}, ANN)

    renamer.rename("look", raw)

    assert raw["user_id"] == "zoe@new.example"
    assert renamer.new_owners == {Ref("user", "zoe@new.example"): "Zoe@new.example"}


def test_content_of_others_keeps_its_owner():
    raw = a_look(user_id="8")
    renamer = with_owners({"ann@x.example": "zoe@x.example"}, ANN, BOB)

    renamer.rename("look", raw)

    assert raw["user_id"] == "8"
    assert renamer.reassigned == set()
    assert renamer.used == set()


def test_recipients_of_schedules_and_alerts_are_renamed_and_addresses_of_webhooks_are_not():
    rules = {"*@old.example": "*@new.example"}
    schedule = {
        "id": "1",
        "scheduled_plan_destination": [
            {"address": "Ann@old.example"},
            {"address": "https://hook.example/@old.example"},
            {"address": None},
        ],
    }
    alert = {"id": "2", "destinations": [{"email_address": "b@old.example"}]}

    renamed_schedule, renamer = renamed("scheduled_plan", schedule, recipients=rules)
    renamed_alert, _ = renamed("alert", alert, recipients=rules)

    assert [each["address"] for each in renamed_schedule["scheduled_plan_destination"]] == [
        "Ann@new.example",
        "https://hook.example/@old.example",
        None,
    ]
    assert renamed_alert["destinations"][0]["email_address"] == "b@new.example"
    assert renamer.used == {("recipients", "*@old.example")}
