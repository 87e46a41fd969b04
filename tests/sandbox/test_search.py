"""Lists: filters, order, pages, fields (looker-api.md 1.5, looker-api.md 5)."""

import pytest


@pytest.fixture(scope="module")
def titled(api):
    """Dashboards in a folder of their own, by title."""
    folder = api.new("/folders")
    titles = ("Alpha", "alpha_1", "alphaX1", "100%", "Beta")
    return folder, {
        title: api.new("/dashboards", title=title, folder_id=folder) for title in titles
    }


def found(api, folder, **query):
    rows = api.ok("GET", "/dashboards/search", folder_id=folder, sorts="title", **query)
    return [row["title"] for row in rows]


def test_texts_are_like_patterns_without_case(api, titled):
    folder, _ = titled

    assert found(api, folder, title="alpha") == ["Alpha"]
    assert found(api, folder, title="alpha_1") == ["alphaX1", "alpha_1"]
    assert found(api, folder, title="AL%") == ["Alpha", "alphaX1", "alpha_1"]
    assert found(api, folder, description="IS NULL", title="Beta") == ["Beta"]
    assert found(api, folder, description="NOT NULL") == []


def test_ids_take_comma_lists_and_filters_can_be_joined_by_or(api, titled):
    folder, ids = titled

    assert found(api, folder, id=f"{ids['Alpha']},{ids['Beta']}") == ["Alpha", "Beta"]
    rows = api.ok(
        "GET", "/dashboards/search", title="Alpha", id=ids["Beta"], filter_or="true", sorts="id"
    )
    assert {row["title"] for row in rows} >= {"Alpha", "Beta"}


def test_pages_are_stable_only_with_sorts(api, titled):
    folder, ids = titled
    path = "/dashboards/search"

    def pages(**query):
        return [
            api.ok("GET", path, folder_id=folder, limit=1, offset=at, **query)[0]["id"]
            for at in range(5)
        ]

    assert pages(sorts="id") == sorted(ids.values(), key=int)
    assert pages(sorts="id desc") == sorted(ids.values(), key=int, reverse=True)
    assert sorted(pages(), key=int) != sorted(ids.values(), key=int)


def test_only_some_fields_can_be_sorted_by(api):
    assert api.no("GET", "/dashboards/search", sorts="updated_at") == 400
    assert api.ok("GET", "/looks/search", sorts="updated_at") is not None
    assert api.no("GET", "/looks/search", limit="many") == 400


def test_pages_say_how_many_there_are(api, sandbox, titled):
    folder, _ = titled
    reply = api.reply("GET", "/dashboards/search", folder_id=folder, limit=2, offset=2, sorts="id")

    assert reply.headers["X-Total-Count"] == "5"
    assert {name: "offset=" in link["url"] for name, link in reply.links.items()} == {
        "first": True, "prev": True, "next": True, "last": True,
    }  # fmt: skip
    assert api.session.get(reply.links["last"]["url"]).json()
    sandbox.looker.instance.total_count = False
    try:
        assert "X-Total-Count" not in api.reply("GET", "/users", limit=2).headers
    finally:
        sandbox.looker.instance.total_count = True


def test_page_and_per_page_lose_against_limit(api, titled):
    folder, _ = titled

    assert len(found(api, folder, page=2, per_page=2)) == 2
    assert len(found(api, folder, page=1, per_page=2, limit=4)) == 4


def test_fields_trim_deeply_and_unknown_ones_are_refused(api, titled):
    folder, ids = titled
    path = f"/dashboards/{ids['Beta']}"

    assert api.ok("GET", path, fields="id, folder(id),dashboard_layouts(active)") == {
        "id": ids["Beta"],
        "folder": {"id": folder},
        "dashboard_layouts": [{"active": True}],
    }
    for wrong in ("id,nothing", "folder(nothing)", "folder(id", "id)", "id;title"):
        assert api.no("GET", path, fields=wrong) == 400
