"""Boards (looker-api.md 2.6)."""

from tests.sandbox.conftest import name


def test_a_board_shows_sections_and_items(api):
    board = api.new("/boards", title="Twice")
    assert api.new("/boards", title="Twice") != board  # titles are not unique
    section = api.new("/board_sections", board_id=board, title="One")
    look = api.new("/looks", title=name("Shown"))
    item = api.new("/board_items", board_section_id=section, look_id=look)

    shown = api.ok("GET", f"/boards/{board}")
    assert shown["section_order"] == [section]
    assert shown["board_sections"][0]["item_order"] == [item]
    (shown_item,) = shown["board_sections"][0]["board_items"]
    assert (shown_item["order"], shown_item["url"]) == (0, f"/looks/{look}")
    api.ok("DELETE", f"/looks/{look}")
    assert api.ok("GET", "/board_items", board_section_id=section) == []


def test_orders_name_only_what_is_there(api):
    board = api.new("/boards")
    one, two = (api.new("/board_sections", board_id=board) for _ in range(2))

    path = f"/boards/{board}"
    assert api.ok("PATCH", path, {"section_order": [two]})["section_order"] == [two, one]
    assert api.no("PATCH", path, {"section_order": ["1"]}) == (422, [("section_order", "missing")])
    assert api.no("POST", "/boards", {"title": "x", "section_order": [one]})[0] == 422
    path = f"/board_sections/{one}"
    assert api.no("PATCH", path, {"item_order": [two]}) == (422, [("item_order", "missing")])


def test_an_item_shows_one_content_or_a_link(api):
    section = api.new("/board_sections", board_id=api.new("/boards"))
    both = {"look_id": api.new("/looks"), "dashboard_id": api.new("/dashboards")}
    path = "/board_items"

    assert api.no("POST", path, {"board_section_id": section})[0] == 422
    assert api.no("POST", path, {"board_section_id": section} | both)[0] == 422
    unknown = {"board_section_id": section, "lookml_dashboard_id": "finance::none"}
    assert api.no("POST", path, unknown) == (422, [("lookml_dashboard_id", "missing")])
    link = {
        "custom_url": "https://example.com",
        "use_custom_url": True,
        "custom_title": "Wiki",
        "use_custom_title": True,
        "custom_image_data_base64": "aGVsbG8=",
    }
    made = api.ok("POST", path, {"board_section_id": section} | link)
    assert (made["title"], made["url"]) == ("Wiki", "https://example.com")
    assert made["custom_image_data_base64"] is None
    assert made["custom_image_url"]


def test_the_trash_of_boards_is_a_date(api):
    board = api.new("/boards")
    path = f"/boards/{board}"

    api.ok("PATCH", path, {"deleted_at": "2025-01-18T16:35:39.392+00:00"})
    assert board not in {row["id"] for row in api.ok("GET", "/boards")}
    assert api.ok("PATCH", path, {"deleted_at": None})["deleted_at"] is None
    assert board in {row["id"] for row in api.ok("GET", "/boards")}
    section = api.new("/board_sections", board_id=board)
    api.ok("DELETE", path)
    assert api.no("GET", f"/board_sections/{section}") == 404


def test_sections_and_items_come_and_go(api):
    board = api.new("/boards")
    one, two = (api.new("/board_sections", board_id=board, title=title) for title in "ab")
    item = api.new("/board_items", board_section_id=one, lookml_dashboard_id="finance::overview")

    assert (
        api.ok("PATCH", f"/board_items/{item}", {"board_section_id": two})["board_section_id"]
        == two
    )
    listed = api.ok("GET", "/board_sections", sorts="title desc", fields="id,board_items(title)")
    assert {"id": two, "board_items": [{"title": "Finance Overview"}]} in listed
    api.ok("DELETE", f"/board_sections/{two}")
    assert api.no("GET", f"/board_items/{item}") == 404
    me = api.ok("GET", "/user")["id"]
    assert board in {row["id"] for row in api.ok("GET", "/boards/search", creator_id=me)}


def test_sections_need_a_board(api):
    assert api.no("POST", "/board_sections", {"title": "x"})[0] == 422
    body = {"board_id": "999999"}
    assert api.no("POST", "/board_sections", body) == (422, [("board_id", "missing")])
