"""Queries and merge queries (looker-api.md 3.1)."""

import pytest

from tests.sandbox.conftest import name


def a_query(**fields):
    """Body of a query that no other test defines."""
    return {"model": "finance", "view": "orders", "fields": [name("orders.f")]} | fields


def test_one_definition_is_one_query(api):
    body = {
        "model": "finance",
        "view": "orders",
        "fields": [name("f")],
        "filters": {"a": "1", "b": "2"},
    }
    id_ = api.ok("POST", "/queries", body)["id"]

    again = body | {"filters": {"b": "2", "a": "1"}, "pivots": [], "sorts": []}
    assert api.ok("POST", "/queries", again)["id"] == id_
    assert api.ok("POST", "/queries", body | {"limit": 5})["id"] != id_
    assert api.ok("POST", "/queries", body | {"fields": ["b"]})["id"] != id_


def test_a_query_reads_back_in_the_servers_form(api):
    made = api.ok("POST", "/queries", a_query(limit=500))

    assert (made["limit"], made["pivots"], made["sorts"]) == ("500", None, [])
    assert made["share_url"].endswith(made["slug"])
    assert api.ok("GET", f"/queries/slug/{made['slug']}")["id"] == made["id"]
    assert api.no("GET", "/queries/999999") == 404
    assert api.no("PATCH", f"/queries/{made['id']}", {"limit": "1"}) == 404


def test_a_query_needs_model_and_view(api):
    assert api.no("POST", "/queries", {"model": "finance"}) == (422, [("view", "missing_field")])


@pytest.mark.parametrize(
    "missing", [{"model": "nobody"}, {"view": "nothing"}, {"model": "people", "view": "orders"}]
)
def test_a_query_needs_a_model_and_an_explore_that_the_instance_has(api, missing):
    body = a_query(**missing)

    assert api.no("POST", "/queries", body) == 404
    refusal = api.reply("POST", "/queries", body).json()
    assert refusal["message"] == "Not found"
    assert refusal["documentation_url"].endswith("/err/4.0/404/post/queries")
    look = {"title": name("Look"), "folder_id": "1", "query": body}
    assert api.no("POST", "/looks", look) == 404
    tile = {"dashboard_id": api.new("/dashboards"), "type": "vis", "query": body}
    assert api.no("POST", "/dashboard_elements", tile) == 404


def test_a_client_id_that_is_taken_is_refused(api):
    made = api.ok("POST", "/queries", a_query())
    body = a_query(client_id=made["client_id"])

    assert api.no("POST", "/queries", body) == (422, [("client_id", "already_exists")])
    assert api.no("POST", "/queries", body | {"client_id": "x"}) == (
        422,
        [("client_id", "invalid")],
    )
    own = "ABCDEFGHIJKLMNOPQRSTUV"
    assert api.ok("POST", "/queries", body | {"client_id": own})["slug"] == own
    assert api.no("GET", "/queries/slug/none") == 404


@pytest.mark.parametrize("field", ["id", "slug", "url", "share_url", "can"])
def test_what_a_reply_adds_cannot_be_sent_back(api, field):
    made = api.ok("POST", "/queries", a_query())

    assert api.no("POST", "/queries", a_query(**{field: made[field]})) == (
        422,
        [(field, "read_only")],
    )


def test_merge_queries_keep_the_order_of_their_sources(api):
    one, two = (api.ok("POST", "/queries", a_query()) for _ in "ab")
    sources = [{"query_id": one["id"], "name": "a"}, {"query_id": two["id"], "name": "b"}]
    path = "/merge_queries"
    made = api.ok("POST", path, {"source_queries": sources})

    assert [row["query_slug"] for row in made["source_queries"]] == [one["slug"], two["slug"]]
    assert api.ok("POST", path, {"source_queries": sources})["id"] == made["id"]
    assert api.ok("POST", path, {"source_queries": sources[::-1]})["id"] != made["id"]
    by_slug = [{"query_slug": row["slug"], "name": n} for row, n in ((one, "a"), (two, "b"))]
    assert api.ok("POST", path, {"source_queries": by_slug})["id"] == made["id"]
    assert api.ok("GET", f"{path}/{made['id']}") == made


def test_merge_queries_need_sources_that_exist(api):
    assert api.no("POST", "/merge_queries", {"source_queries": []})[0] == 422
    assert api.no("POST", "/merge_queries", {"source_queries": [{"query_id": "999999"}]}) == (
        422,
        [("source_queries[0].query_id", "missing")],
    )
    assert api.no("GET", "/merge_queries/nothing") == 404


def test_sources_without_a_name_are_named_by_their_number(api):
    ids = [api.new("/queries") for _ in range(3)]
    names = [{"name": None}, {}, {"name": "last"}]
    sources = [{"query_id": id_} | one for id_, one in zip(ids, names, strict=True)]
    made = api.ok("POST", "/merge_queries", {"source_queries": sources})

    assert [row["name"] for row in made["source_queries"]] == ["q0", "q1", "last"]
    assert api.ok("GET", f"/merge_queries/{made['id']}") == made


def test_a_merge_query_refuses_null_for_a_boolean(api):
    body = {"source_queries": [{"query_id": api.new("/queries")}], "total": None}

    assert api.no("POST", "/merge_queries", body) == (422, [("total", "invalid")])
    assert api.ok("POST", "/merge_queries", body | {"total": False})["total"] is False
