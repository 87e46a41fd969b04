"""Queries and merge queries (looker-api.md 3.1)."""

import pytest

from tests.sandbox.conftest import name


def test_one_definition_is_one_query(api):
    body = {"model": "finance", "view": name("v"), "fields": ["a"], "filters": {"a": "1", "b": "2"}}
    id_ = api.ok("POST", "/queries", body)["id"]

    again = body | {"filters": {"b": "2", "a": "1"}, "pivots": [], "sorts": []}
    assert api.ok("POST", "/queries", again)["id"] == id_
    assert api.ok("POST", "/queries", body | {"limit": 5})["id"] != id_
    assert api.ok("POST", "/queries", body | {"fields": ["b"]})["id"] != id_


def test_a_query_reads_back_in_the_servers_form(api):
    made = api.ok("POST", "/queries", {"model": "finance", "view": name("v"), "limit": 500})

    assert (made["limit"], made["pivots"], made["sorts"]) == ("500", None, [])
    assert made["share_url"].endswith(made["slug"])
    assert api.ok("GET", f"/queries/slug/{made['slug']}")["id"] == made["id"]
    assert api.no("GET", "/queries/999999") == 404
    assert api.no("PATCH", f"/queries/{made['id']}", {"limit": "1"}) == 404


def test_a_query_needs_model_and_view(api):
    assert api.no("POST", "/queries", {"model": "finance"}) == (422, [("view", "missing_field")])


def test_a_client_id_that_is_taken_is_refused(api):
    made = api.ok("POST", "/queries", {"model": "finance", "view": name("v")})
    body = {"model": "finance", "view": name("v"), "client_id": made["client_id"]}

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
    made = api.ok("POST", "/queries", {"model": "finance", "view": name("v")})
    body = {"model": "finance", "view": "v", field: made[field]}

    assert api.no("POST", "/queries", body) == (422, [(field, "read_only")])


def test_merge_queries_keep_the_order_of_their_sources(api):
    one, two = (api.ok("POST", "/queries", {"model": "finance", "view": name("v")}) for _ in "ab")
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
