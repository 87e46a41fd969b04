"""Requests with their ids in place, and objects compared with requests."""

from typing import Any

import pytest

from lookervault_plan.content.node import Ref
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.steps.request import (
    Request,
    UnresolvedError,
    build_request,
    differing_fields,
    is_same,
    limited_to,
    probe_request,
    without_soft,
)
from lookervault_plan.steps.step import RequestTemplate
from tests.execution.content import a_component, a_look

IDS = {
    Ref("folder", "7"): "107",
    Ref("user", "3"): "a/b c",
    Ref("query", "k"): "900",
    Ref("look", "9"): "90",
}


def as_it_is(value: Any, _: Any) -> Any:
    return value


def built(**template: Any) -> Request:
    return build_request(RequestTemplate(**template), IDS.get, as_it_is)


def test_the_target_s_id_stands_in_the_path_and_in_the_query():
    user = Ref("user", "3")

    in_path = built(method="GET", path="/users/{0}/roles", target=user, query={"fields": "id"})
    in_query = built(method="GET", path="/roles", target=user, query={"user": "{0}", "f": "id"})

    assert (in_path.path, in_path.query) == ("/users/a%2Fb%20c/roles", {"fields": "id"})
    assert (in_query.path, in_query.query) == ("/roles", {"user": "a/b c", "f": "id"})


def test_a_target_that_nothing_names_needs_no_id():
    request = built(method="POST", path="/looks", target=Ref("look", "unknown"), body={"a": 1})

    assert (request.path, request.payload) == ("/looks", {"a": 1})


def test_an_id_that_is_not_known_is_named():
    with pytest.raises(UnresolvedError, match=r"look:8 has no id in the destination") as caught:
        _ = built(method="DELETE", path="/looks/{0}", target=Ref("look", "8"))

    assert caught.value.ref == Ref("look", "8")


def test_a_list_is_sent_alone():
    body = {"ids": ["1", None]}
    request = built(
        method="PUT", path="/roles", body=body, slots={"ids[1]": Ref("user", "3")}, list_path="ids"
    )

    assert request.payload == ["1", "a/b c"]


def test_ids_are_put_into_a_copy_of_the_backup_s_lists():
    """The template is used again by another process or a second attempt."""
    inner = [{"query_id": None, "name": "a"}, {"query_id": None}]
    body = {"source_queries": inner, "plain": {"x": 1}}
    slots = {f"source_queries[{n}].query_id": Ref("query", "k") for n in (0, 1)}
    template = RequestTemplate(method="POST", path="/merge_queries", body=body, slots=slots)

    request = build_request(template, IDS.get, as_it_is)

    assert request.body == {
        "source_queries": [{"query_id": "900", "name": "a"}, {"query_id": "900"}],
        "plain": {"x": 1},
    }
    assert inner == [{"query_id": None, "name": "a"}, {"query_id": None}]
    assert template.body == body


def test_links_are_rewritten_and_empty_texts_are_left():
    request = build_request(
        RequestTemplate(
            method="PATCH",
            path="/looks",
            body={"description": "see /looks/9", "title": ""},
            links=("description", "title"),
        ),
        IDS.get,
        lambda value, resolve: f"{value} -> {resolve(Ref('look', '9'))}",
    )

    assert request.body == {"description": "see /looks/9 -> 90", "title": ""}


def test_only_soft_references_to_items_without_an_id_are_left_out():
    def kept(kind: str, **slots: Ref) -> set[str]:
        template = RequestTemplate(method="POST", path="/x", slots=slots)
        return set(without_soft(kind, template, IDS.get).slots)

    assert kept("user", home_folder_id=Ref("folder", "404")) == set()
    assert kept("user", home_folder_id=Ref("folder", "7")) == {"home_folder_id"}
    assert kept("look", folder_id=Ref("folder", "404")) == {"folder_id"}
    # A part of the same item is awaited, and a field the table does not know is not judged.
    layout = Ref("dashboard_layout", "60")
    assert kept("dashboard_element", dashboard_layout_id=layout) == {"dashboard_layout_id"}
    assert kept("look", unheard_of=Ref("folder", "404")) == {"unheard_of"}


def test_the_fields_that_looker_set_otherwise_are_found_by_their_heads():
    wanted = normalise("dashboard_layout_component", a_component("80", "70", row=4, deleted=None))
    ids = {Ref("dashboard_layout", "60"): "600", Ref("dashboard_element", "70"): "700"}

    def differing(**shown: Any) -> frozenset[str]:
        live = a_component("8", "700", row=4, layout="600") | shown
        return differing_fields(wanted, live, ids.get)

    assert differing() == frozenset()
    assert differing(row=0, width=3) == {"row", "width"}
    assert differing(dashboard_layout_id="601") == {"dashboard_layout_id"}
    assert differing(deleted=False) == frozenset()


def test_a_nested_field_is_named_by_what_a_patch_sends():
    tile = {"id": "7", "result_maker": {"filterables": [{"model": "m"}]}}
    wanted = normalise("dashboard_element", tile)

    assert differing_fields(wanted, {"id": "8"}, IDS.get) == {"result_maker"}


def test_a_body_is_limited_to_some_fields():
    request = Request("/x", {"a": 1, "b": 2}, query={"q": "1"})

    assert limited_to(request, frozenset({"b", "c"})) == Request("/x", {"b": 2}, query={"q": "1"})
    assert limited_to(Request("/x", None), frozenset({"b"})).body == {}


def test_an_object_is_what_a_create_made_if_all_that_was_sent_is_there():
    sent = {"title": "Orders", "folder_id": "107", "description": "", "query_id": None}
    found = a_look("90", folder="107", user_id="3")

    assert is_same("look", sent, found)
    assert not is_same("look", sent, found | {"title": "Other"})
    assert not is_same("look", sent, found | {"folder_id": "108"})
    assert not is_same("look", sent | {"description": "x"}, found)


def test_what_looker_takes_at_create_alone_tells_no_objects_apart():
    sent = {"title": "KPIs", "slug": "abc"}

    assert is_same("dashboard", sent, {"id": "5", "title": "KPIs", "slug": "other"})


def test_a_probe_asks_for_what_was_sent():
    users, tiles = KINDS["user"].probe, KINDS["dashboard_element"].probe
    assert users is not None
    assert tiles is not None

    path, query = probe_request(users, {"credentials_email": {"email": "ann@x.example"}})
    assert path == "/users/search"
    assert query["email"] == "ann@x.example"
    path, _ = probe_request(tiles, {"dashboard_id": "a/b"})
    assert "a%2Fb" in path
