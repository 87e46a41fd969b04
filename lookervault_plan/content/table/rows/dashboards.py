"""Dashboards and their parts."""

from lookervault_plan.content.node import Raw
from lookervault_plan.content.table.columns import (
    Born,
    Collection,
    Field,
    Form,
    Kind,
    Listing,
    Mention,
    Miss,
    Outside,
    Probe,
    Reference,
    Sweep,
)
from lookervault_plan.content.table.rows.shared import CERTIFICATION, flags, text, values


def _dashboard_built_in(raw: Raw) -> str | None:
    if "::" in str(raw.get("id")) or raw.get("readonly"):
        return "a LookML dashboard lives in its project"
    return None


ROWS = (
    Kind(
        name="dashboard",
        code=1,
        required=("title",),
        path="/dashboards",
        fields=(
            Field("title"),
            *text("description", links=True),
            *text("query_timezone", "refresh_interval", "preferred_viewer", "load_configuration"),
            Field("slug", create_only=True),
            *values(
                "hidden",
                "alert_sync_with_dashboard_filter_enabled",
                "chat_enabled",
                "crossfilter_enabled",
                "enable_viz_full_screen",
                "filters_bar_collapsed",
                "filters_location_top",
                "show_filters_bar",
                "show_title",
                "preserve_desktop_layout",
            ),
            *text(
                "background_color",
                "text_tile_text_color",
                "tile_background_color",
                "tile_text_color",
                "title_color",
                "lookml_link_id",
                "layout_granularity",
                "style",
            ),
            Field("appearance", Form.TREE),
            Field("download_settings", Form.TREE),
            Field("deleted", Form.FLAG, on_create=False),
            *CERTIFICATION,
        ),
        refs=(
            Reference("folder_id", "folder"),
            Reference("user_id", "user", miss=Miss.SELF, policy="owners"),
        ),
        facts=("created_at", "updated_at", "slug", "readonly"),
        natural_keys=(("slug",), ("folder_id", "title")),
        unique=(("folder_id", "title"),),
        mentions=(Mention("lookml_dashboard", ("lookml_link_id",)),),
        outside=(Outside("lookml_dashboard", "lookml_link_id", miss=Miss.DROP),),
        probe=Probe("/dashboards/search", by=("folder_id", "title")),
        slug="slug",
        built_in=_dashboard_built_in,
        collections=(
            Collection("filters", "dashboard_filter", "dashboard_filters"),
            Collection("layouts", "dashboard_layout", "dashboard_layouts"),
            Collection("elements", "dashboard_element", "dashboard_elements"),
            Collection(
                "components",
                "dashboard_layout_component",
                "dashboard_layouts[].dashboard_layout_components",
            ),
            Collection("alerts", "alert", "alerts"),
        ),
        # one sweep for all of them (A 3.6), 64 a page as gzr does; `all_owners` is for admins
        sweeps=(
            Sweep(
                key="alerts",
                path="/alerts/search",
                limit=64,
                by="dashboard_element_id",
                ids="dashboard_elements[].id",
                counts="dashboard_elements[].alert_count",
                query={"all_owners": True, "sorts": None},
                modest={"all_owners": None},
            ),
        ),
        listing=Listing(
            "/dashboards/search",
            limit=50,
            trash={"deleted": True},
            identity="id,title,slug,folder_id,created_at,updated_at,deleted,readonly",
            search="/dashboards/search",
        ),
    ),
    Kind(
        name="dashboard_filter",
        path="/dashboard_filters",
        deletable=True,
        parent_field="dashboard_id",
        fields=(
            *values("name", "title", "type", "row"),
            *text("default_value", "model", "explore", "dimension"),
            Field("listens_to_filters", Form.TREE),
            Field("allow_multiple_values"),
            Field("required"),
            Field("ui_config", Form.TREE),
        ),
        mentions=(Mention("explore", ("model", "explore")),),
        # "Filter with this title already exists." (A 3.2)
        unique_in_item="title",
        probe=Probe("/dashboards/{dashboard_id}/dashboard_filters"),
        pairing=(("name",), ("title",)),
        trims=True,
    ),
    Kind(
        name="dashboard_layout",
        path="/dashboard_layouts",
        label=("label",),
        deletable=True,
        parent_field="dashboard_id",
        born=Born(
            of="dashboard",
            reply="dashboard_layouts",
            first="active",
            made={"type": "newspaper", "active": True, "order": 0},
        ),
        probe=Probe("/dashboards/{dashboard_id}/dashboard_layouts"),
        fields=(
            *values("type", "active", "column_width", "width", "order"),
            *text("label", "lookml_link_id"),
            *text("description", links=True),
        ),
        mentions=(Mention("lookml_dashboard", ("lookml_link_id",)),),
        outside=(Outside("lookml_dashboard", "lookml_link_id", miss=Miss.DROP),),
        pairing=(("order", "label"), ("label",), ("active",)),
        trims=True,
    ),
    Kind(
        name="dashboard_element",
        path="/dashboard_elements",
        label=("title", "title_text", "body_text"),
        deletable=True,
        parent_field="dashboard_id",
        serial=True,
        # a tile listens to filters by name (A 3.2)
        after=("dashboard_filter",),
        probe=Probe("/dashboards/{dashboard_id}/dashboard_elements"),
        fields=(
            *text("type", "title", "note_display", "note_state", "refresh_interval"),
            *text("title_text", "subtitle_text", "body_text", "note_text", links=True),
            *text("extension_id", "aria_description"),
            Field("title_hidden", Form.FLAG),
            Field("rich_content_json", Form.JSON, links=True),
            Field("result_maker.filterables", Form.TREE),
            *CERTIFICATION,
        ),
        refs=(
            Reference("dashboard_layout_id", "dashboard_layout", miss=Miss.DROP),
            Reference("look_id", "look", along=("result_maker",)),
            Reference(
                "merge_result_id",
                "merge_query",
                bodies=("merge_query",),
                also=("result_maker.merge_result_id",),
                along=("result_maker",),
            ),
            Reference(
                "query_id",
                "query",
                # gzr-ruby takes the result maker's first: table calculations and changes made on
                # the dashboard live there
                bodies=("result_maker.query", "query"),
                unless=("look_id", "merge_result_id"),
                along=("result_maker",),
            ),
            Reference("filter_id", "dashboard_filter"),
            # neither has a portable definition (A 3.1, A 6.2): the id holds on its own instance
            Reference("result_maker.sql_query_id", "sql_query"),
            Reference("image_id", "dashboard_image", miss=Miss.DROP),
        ),
        mentions=(
            Mention(
                "explore", ("result_maker.filterables[].model", "result_maker.filterables[].view")
            ),
        ),
        position=("dashboard_layout_id",),
        # deleting a tile deletes the alerts on it (A 3.3)
        alerts="alert_count",
        pairing=(("type", "title"), ("dashboard_layout_id", "@place", "type")),
        trims=True,
    ),
    Kind(
        name="dashboard_layout_component",
        path="/dashboard_layout_components",
        label=("element_title",),
        creatable=False,
        born=Born(
            of="dashboard_element",
            read="/dashboard_layouts/{0}/dashboard_layout_components",
            scope="dashboard_layout_id",
            by="dashboard_element_id",
        ),
        fields=(
            *values("row", "column", "width", "height"),
            *values("granular_row", "granular_column", "granular_width", "granular_height"),
            Field("deleted", Form.FLAG),
        ),
        refs=(
            Reference("dashboard_layout_id", "dashboard_layout"),
            Reference("dashboard_element_id", "dashboard_element"),
            Reference("group_id", "dashboard_layout_component", miss=Miss.DROP),
        ),
        pairing=(("dashboard_element_id",),),
        place=("row", "column"),
        trims=True,
    ),
    Kind(
        name="alert",
        path="/alerts",
        label=("custom_title", "field.title"),
        deletable=True,
        # PUT takes the whole, and unsets what it leaves out (A 3.6; AlertPatch)
        patchable=frozenset(
            {
                "owner_id",
                "is_disabled",
                "disabled_reason",
                "is_public",
                "threshold",
                "enhancements",
            }
        ),
        dies_with="dashboard_element_id",
        fields=(
            *values("comparison_type", "threshold"),
            *text("cron", "custom_title", "enhancements", "disabled_reason"),
            *text("description", links=True),
            *text("custom_url_base", "custom_url_params", "custom_url_label"),
            *text("investigative_content_type"),
            *flags("is_public", "show_custom_url"),
            Field("is_disabled", Form.FLAG, policy="schedules", quiet=True),
            *text("field.title", "field.name"),
            Field("field.filter", Form.TREE, keys=("field_name", "field_value", "filter_value")),
            Field(
                "applied_dashboard_filters",
                Form.TREE,
                keys=("filter_title", "field_name", "filter_value"),
            ),
            Field(
                "destinations",
                Form.TREE,
                keys=(
                    "destination_type",
                    "email_address",
                    "action_hub_integration_id",
                    "action_hub_form_params_json",
                ),
                sensitive=True,
            ),
        ),
        refs=(
            Reference("dashboard_element_id", "dashboard_element"),
            # a create must name it; without its owner an alert is left out
            Reference("owner_id", "user", policy="owners"),
            Reference("query_id", "query", miss=Miss.DROP, bodies=("query",)),
            Reference("investigative_content_id", "dashboard", miss=Miss.DROP),
        ),
        pairing=(
            ("dashboard_element_id", "custom_title"),
            ("dashboard_element_id", "field.name"),
            ("dashboard_element_id",),
        ),
        probe=Probe("/alerts/search", query={"all_owners": "true"}, limit=64),
    ),
    # SQL Runner queries and images: nothing but ids.
    Kind(name="sql_query", path="", creatable=False, updatable=False),
    Kind(name="dashboard_image", path="", creatable=False, updatable=False),
)
