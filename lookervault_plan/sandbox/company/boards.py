"""Boards of the company."""

from __future__ import annotations

from lookervault_plan.sandbox.company.builder import CompanyBuilder
from lookervault_plan.sandbox.json_fields import Json, Row

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
)


def make_boards(builder: CompanyBuilder, count: int) -> None:
    """Boards with sections; one without, one in the trash, orders that differ from creation's."""
    for n in range(count):
        body: Row = {"title": "Start here" if n < 2 else builder.vocabulary.title()}
        body["description"] = builder.vocabulary.text()
        if n % 2 and builder.user_ids:
            body["user_id"] = builder.pick(builder.user_ids)
        id_ = builder.make("/boards", body)
        section_ids = [_section(builder, id_, m) for m in range(n % 4)]
        if len(section_ids) > 1:
            order: list[Json] = [*reversed(section_ids)]
            _ = builder.request("PATCH", f"/boards/{id_}", {"section_order": order})
        if n == 3:
            gone: Row = {"deleted_at": "2025-01-18T16:35:39.392+00:00"}
            _ = builder.request("PATCH", f"/boards/{id_}", gone)
            _ = builder.request("PATCH", f"/board_sections/{section_ids[0]}", gone)


def _section(builder: CompanyBuilder, board_id: str, n: int) -> str:
    body: Row = {"board_id": board_id, "title": f"Part {n}", "description": "See /boards/3"}
    id_ = builder.make("/board_sections", body)
    item_ids = [
        builder.make("/board_items", {"board_section_id": id_, "order": place} | item)
        for place, item in enumerate(_items(builder))
    ]
    order: list[Json] = [*reversed(item_ids)]
    _ = builder.request("PATCH", f"/board_sections/{id_}", {"item_order": order})
    return id_


def _items(builder: CompanyBuilder) -> list[Row]:
    link: Row = {
        "custom_url": "https://wiki.example.com/start",
        "custom_title": "Wiki ☂",
        "custom_description": "How we work",
        "use_custom_url": True,
        "use_custom_title": True,
        "use_custom_description": True,
        "use_custom_image": True,
        "custom_image_data_base64": PIXEL,
    }
    items: list[Row] = [link, {"lookml_dashboard_id": "finance::overview"}]
    if builder.look_ids:
        items.append({"look_id": builder.pick(builder.look_ids)})
    if builder.dashboard_ids:
        titled: Row = {"custom_title": "Read this first", "use_custom_title": True}
        items.append({"dashboard_id": builder.pick(builder.dashboard_ids)} | titled)
    return items
