"""Boards, their sections, and what stands in them."""

from lookervault_plan.content.table.columns import (
    Collection,
    ExternalName,
    Field,
    Form,
    IfMissing,
    ItemColumns,
    JsonType,
    Kind,
    Listing,
    MadeFor,
    PartColumns,
    PortableName,
    Probe,
    Reference,
    Requirement,
)
from lookervault_plan.content.table.rows import access
from lookervault_plan.content.table.rows.shared import flags, set_by_looker, text

ROWS = (
    Kind(
        name="board",
        required=("title",),
        path="/boards",
        fields=(
            Field("title", json_type=JsonType.TEXT),
            *text("description", links=True),
            # a new board is not in the trash; a PATCH takes one out of it (looker-api.md 2.6)
            Field("deleted_at", Form.TEXT, on_create=False, is_trash_flag=True),
            Field("section_order", json_type=JsonType.LIST, orders_kind="board_section"),
        ),
        refs=(Reference("user_id", "user", if_missing=IfMissing.API_USER, policy="owners"),),
        probe=Probe("/boards"),
        takes_fields_param=True,
        columns=ItemColumns(
            type_number=6,
            shows_items=True,
            link_segments=("boards",),
            facts=("created_at", "updated_at"),
            # titles are not unique (looker-api.md 2.6)
            natural_keys=(("title", "user_id"), ("title",)),
            first_key_wins=True,
            collections=(
                Collection("sections", "board_section", "board_sections", danger="board-sections"),
                Collection(
                    "items", "board_item", "board_sections[].board_items", danger="board-items"
                ),
                *access.collections(inherits_at_birth=False, initial_entries=MadeFor("user_id")),
            ),
            also_creates=access.ALSO_CREATED,
            # neither the list nor the search has a word for the trash [spec]
            listing=Listing("/boards", trash_is_hidden=True),
        ),
    ),
    Kind(
        name="board_section",
        path="/board_sections",
        deletable=True,
        fields=(
            Field("title", json_type=JsonType.TEXT),
            *text("description", links=True),
            Field("deleted_at", Form.TEXT),
            Field("item_order", json_type=JsonType.LIST, orders_kind="board_item"),
        ),
        not_written={
            "board_id": "the parent's id",
        },
        probe=Probe("/boards/{board_id}", list_path="board_sections"),
        takes_fields_param=True,
        columns=PartColumns(
            parent_field="board_id",
            pairing=(("title",),),
            # made in the wanted order, so that the order need not be written (looker-api.md 3.4)
            created_in_order=True,
        ),
    ),
    Kind(
        name="board_item",
        path="/board_items",
        label=("title", "custom_title", "custom_url"),
        requirements=(
            Requirement(("dashboard_id", "look_id", "lookml_dashboard_id", "custom_url")),
        ),
        deletable=True,
        fields=(
            *text("custom_title"),
            *text("custom_description", "custom_url", links=True),
            *text("lookml_dashboard_id"),
            *flags(
                "use_custom_title", "use_custom_description", "use_custom_url", "use_custom_image"
            ),
            *set_by_looker("order", json_type=JsonType.NUMBER),
        ),
        refs=(
            Reference("board_section_id", "board_section"),
            Reference("dashboard_id", "dashboard"),
            Reference("look_id", "look"),
        ),
        not_written={
            "custom_image_data_base64": "images can't be read back (looker-api.md 2.6)",
        },
        portable_names=(PortableName("lookml_dashboard", ("lookml_dashboard_id",)),),
        external_names=(ExternalName("lookml_dashboard", "lookml_dashboard_id"),),
        probe=Probe("/board_sections/{board_section_id}", list_path="board_items"),
        takes_fields_param=True,
        columns=PartColumns(
            position_refs=("board_section_id",),
            pairing=(
                ("board_section_id", "dashboard_id"),
                ("board_section_id", "look_id"),
                ("board_section_id", "lookml_dashboard_id"),
                ("board_section_id", "custom_url"),
                ("dashboard_id",),
                ("look_id",),
                ("lookml_dashboard_id",),
                ("custom_url",),
            ),
            created_in_order=True,
        ),
    ),
)
