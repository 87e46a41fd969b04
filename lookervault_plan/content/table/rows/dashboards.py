"""Dashboards and their parts."""

from lookervault_plan.content.node import Raw
from lookervault_plan.content.table import built_in
from lookervault_plan.content.table.columns import (
    AutoCreated,
    BulkRead,
    Collection,
    ExternalName,
    Field,
    Form,
    IdColumns,
    IfMissing,
    ItemColumns,
    JsonType,
    Kind,
    Listing,
    Mention,
    PartColumns,
    PortableName,
    Probe,
    Reference,
    Requirement,
    SiblingNames,
)
from lookervault_plan.content.table.rows.shared import (
    CERTIFICATION,
    flags,
    set_by_looker,
    text,
    values,
)


def _dashboard_built_in(raw: Raw) -> str | None:
    if "::" in str(raw.get("id")) or raw.get("readonly"):
        return built_in.LOOKML_DASHBOARD
    return None


ROWS = (
    Kind(
        name="dashboard",
        required=("title", "folder_id"),
        path="/dashboards",
        fields=(
            Field("title", json_type=JsonType.TEXT),
            *text("description", links=True),
            *text("query_timezone", "refresh_interval"),
            *set_by_looker("preferred_viewer", "load_configuration", form=Form.TEXT),
            Field("slug", json_type=JsonType.TEXT, create_only=True),
            *set_by_looker(
                "hidden",
                "alert_sync_with_dashboard_filter_enabled",
                "chat_enabled",
                "crossfilter_enabled",
                "enable_viz_full_screen",
                "filters_bar_collapsed",
                "filters_location_top",
                "preserve_desktop_layout",
                json_type=JsonType.FLAG,
            ),
            # null if they were never set, and may be null again [spec]
            *values("show_filters_bar", "show_title", json_type=JsonType.FLAG),
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
            Field("appearance", Form.TREE, JsonType.OBJECT),
            Field("download_settings", Form.TREE, JsonType.OBJECT),
            # a new dashboard is not in the trash; a PATCH takes one out of it (looker-api.md 2.1)
            Field("deleted", Form.FLAG, on_create=False, is_trash_flag=True),
            *CERTIFICATION,
        ),
        refs=(
            Reference("folder_id", "folder"),
            Reference("user_id", "user", if_missing=IfMissing.API_USER, policy="owners"),
        ),
        not_written={
            "folder": "folder_id says it",
        },
        portable_names=(PortableName("lookml_dashboard", ("lookml_link_id",)),),
        external_names=(
            ExternalName("lookml_dashboard", "lookml_link_id", if_missing=IfMissing.DROP),
        ),
        probe=Probe("/dashboards/search", search_paths=("folder_id", "title")),
        columns=ItemColumns(
            type_number=1,
            facts=("created_at", "updated_at", "slug", "readonly"),
            natural_keys=(("slug",), ("folder_id", "title")),
            # old and new viewers have paths of their own
            link_segments=("dashboards", "dashboards-next", "dashboards-legacy"),
            unique_keys=(("folder_id", "title"),),
            slug_field="slug",
            built_in=_dashboard_built_in,
            collections=(
                Collection("filters", "dashboard_filter", "dashboard_filters"),
                Collection(
                    "layouts", "dashboard_layout", "dashboard_layouts", noun="tab", danger="tabs"
                ),
                Collection(
                    "elements",
                    "dashboard_element",
                    "dashboard_elements",
                    noun="tile",
                    danger="tiles",
                ),
                Collection(
                    "components",
                    "dashboard_layout_component",
                    "dashboard_layouts[].dashboard_layout_components",
                ),
                Collection("alerts", "alert", "alerts"),
            ),
            # 64 a page as gzr reads them; `all_owners` is for admins (looker-api.md 3.6)
            bulk_reads=(
                BulkRead(
                    key="alerts",
                    path="/alerts/search",
                    page_size=64,
                    match_path="dashboard_element_id",
                    item_ids_path="dashboard_elements[].id",
                    counts_path="dashboard_elements[].alert_count",
                    query={"all_owners": True, "sorts": None},
                    fallback_query={"all_owners": None},
                    needs="see_alerts",
                ),
            ),
            listing=Listing(
                "/dashboards/search",
                page_size=50,
                trash_query={"deleted": True},
                identity_fields="id,title,slug,folder_id,created_at,updated_at,deleted,readonly",
                search_path="/dashboards/search",
            ),
        ),
    ),
    Kind(
        name="dashboard_filter",
        path="/dashboard_filters",
        required=("name", "title", "type"),
        requirements=tuple(
            Requirement((path,), only_if=("type", "field_filter"))
            for path in ("model", "explore", "dimension")
        ),
        deletable=True,
        fields=(
            *values("name", "title", json_type=JsonType.TEXT),
            *set_by_looker("type", json_type=JsonType.TEXT),
            *set_by_looker("row", json_type=JsonType.NUMBER),
            *text("default_value", "model", "explore", "dimension"),
            Field("listens_to_filters", Form.TREE, JsonType.TEXTS),
            *set_by_looker("allow_multiple_values", "required", json_type=JsonType.FLAG),
            Field("ui_config", Form.TREE, JsonType.OBJECT),
        ),
        portable_names=(PortableName("explore", ("model", "explore")),),
        probe=Probe("/dashboards/{dashboard_id}/dashboard_filters"),
        takes_fields_param=True,
        columns=PartColumns(
            parent_field="dashboard_id",
            # "Filter with this title already exists." (looker-api.md 3.2)
            unique_name="title",
            sibling_names=SiblingNames(
                "listens_to_filters[]",
                kind="dashboard_filter",
                names=("name", "title"),
                is_refused=False,
            ),
            pairing=(("name",), ("title",)),
        ),
    ),
    Kind(
        name="dashboard_layout",
        path="/dashboard_layouts",
        label=("label",),
        deletable=True,
        not_written={
            "dashboard_id": "the parent's id",
        },
        probe=Probe("/dashboards/{dashboard_id}/dashboard_layouts"),
        fields=(
            *set_by_looker("type", json_type=JsonType.TEXT),
            *set_by_looker("active", json_type=JsonType.FLAG),
            *set_by_looker("order", json_type=JsonType.NUMBER),
            *values("column_width", "width", json_type=JsonType.NUMBER),
            *text("label", "lookml_link_id"),
            *text("description", links=True),
        ),
        portable_names=(PortableName("lookml_dashboard", ("lookml_link_id",)),),
        external_names=(
            ExternalName("lookml_dashboard", "lookml_link_id", if_missing=IfMissing.DROP),
        ),
        takes_fields_param=True,
        columns=PartColumns(
            parent_field="dashboard_id",
            auto_created=AutoCreated(
                owner_kind="dashboard",
                reply_path="dashboard_layouts",
                preferred_flag="active",
                initial_values={"type": "newspaper", "active": True, "order": 0},
            ),
            pairing=(("order", "label"), ("label",), ("active",)),
        ),
    ),
    Kind(
        name="dashboard_element",
        path="/dashboard_elements",
        label=("title", "title_text", "body_text", "rich_content_json"),
        requirements=(
            Requirement(
                ("query_id", "look_id", "merge_result_id", "result_maker.sql_query_id"),
                only_if=("type", "vis"),
            ),
        ),
        deletable=True,
        not_written={
            "dashboard_id": "the parent's id",
            "look": "look_id says it",
            "query": "query_id says it",
            "result_maker_id": "an artefact; refused beside query or look ids (looker-api.md 3.2)",
        },
        probe=Probe("/dashboards/{dashboard_id}/dashboard_elements"),
        fields=(
            *set_by_looker("type", form=Form.TEXT),
            *text("title", "note_display", "note_state", "refresh_interval"),
            *text("title_text", "subtitle_text", "body_text", "note_text", links=True),
            *text("extension_id", "aria_description"),
            Field("title_hidden", Form.FLAG),
            Field("rich_content_json", Form.JSON, holds_links=True),
            Field(
                "result_maker.filterables",
                Form.TREE,
                JsonType.OBJECTS,
                # Looker lists the explores of the tile's queries
                ignores_null=True,
                told_apart_by={
                    "": ("model", "view"),
                    "listen": ("dashboard_filter_name", "field"),
                },
            ),
            *CERTIFICATION,
        ),
        refs=(
            Reference("dashboard_layout_id", "dashboard_layout", if_missing=IfMissing.DROP),
            Reference(
                "look_id",
                "look",
                excludes=("merge_result_id", "query_id"),
                resend_with=("result_maker",),
            ),
            Reference(
                "merge_result_id",
                "merge_query",
                excludes=("look_id", "query_id"),
                body_paths=("merge_query",),
                other_paths=("result_maker.merge_result_id",),
                resend_with=("result_maker",),
            ),
            Reference(
                "query_id",
                "query",
                # gzr-ruby takes the result maker's first: table calculations and changes made on
                # the dashboard live there
                body_paths=("result_maker.query", "query"),
                void_if=("look_id", "merge_result_id"),
                excludes=("look_id", "merge_result_id"),
                resend_with=("result_maker",),
            ),
            Reference("filter_id", "dashboard_filter"),
            # ids that mean something on their own instance alone (looker-api.md 3.1, 6.2)
            Reference("result_maker.sql_query_id", "sql_query"),
            Reference("image_id", "dashboard_image", if_missing=IfMissing.DROP),
        ),
        portable_names=(
            PortableName(
                "explore", ("result_maker.filterables[].model", "result_maker.filterables[].view")
            ),
        ),
        takes_fields_param=True,
        columns=PartColumns(
            parent_field="dashboard_id",
            created_in_order=True,
            # a tile listens to filters by name (looker-api.md 3.2)
            kinds_before=("dashboard_filter",),
            sibling_names=SiblingNames(
                "result_maker.filterables[].listen[].dashboard_filter_name",
                kind="dashboard_filter",
                names=("name", "title"),
            ),
            position_refs=("dashboard_layout_id",),
            # deleting a tile deletes the alerts on it (looker-api.md 3.3)
            alert_count_field="alert_count",
            pairing=(("type", "title"), ("dashboard_layout_id", "@place", "type")),
        ),
    ),
    Kind(
        name="dashboard_layout_component",
        path="/dashboard_layout_components",
        label=("element_title",),
        creatable=False,
        fields=(
            # a tile that never had a place of its own has nulls; Looker keeps the place it gave it
            *set_by_looker("row", "column", "width", "height", json_type=JsonType.NUMBER),
            *values(
                *("granular_row", "granular_column", "granular_width", "granular_height"),
                json_type=JsonType.NUMBER,
            ),
            Field("deleted", Form.FLAG),
        ),
        refs=(
            Reference("dashboard_layout_id", "dashboard_layout"),
            Reference("dashboard_element_id", "dashboard_element"),
            Reference("group_id", "dashboard_layout_component", if_missing=IfMissing.DROP),
        ),
        takes_fields_param=True,
        columns=PartColumns(
            auto_created=AutoCreated(
                owner_kind="dashboard_element",
                read_path="/dashboard_layouts/{0}/dashboard_layout_components",
                read_scope="dashboard_layout_id",
                owner_ref="dashboard_element_id",
            ),
            pairing=(("dashboard_element_id",),),
            place_fields=("row", "column"),
            size_fields=("width", "height"),
        ),
    ),
    Kind(
        name="alert",
        path="/alerts",
        label=("custom_title", "field.title"),
        required=(
            *("comparison_type", "threshold", "cron", "field.title", "field.name"),
            *("destinations", "owner_id", "dashboard_element_id"),
        ),
        deletable=True,
        fields=(
            Field("comparison_type", json_type=JsonType.TEXT),
            Field("threshold", json_type=JsonType.NUMBER),
            *text("cron", "custom_title", "disabled_reason"),
            *set_by_looker("enhancements", form=Form.TEXT),
            *text("description", links=True),
            *text("custom_url_base", "custom_url_params", "custom_url_label"),
            *text("investigative_content_type"),
            *flags("is_public", "show_custom_url"),
            Field("is_disabled", Form.FLAG, policy="schedules", off_value=True),
            *text("field.title", "field.name"),
            Field(
                "field.filter",
                Form.TREE,
                object_keys=("field_name", "field_value", "filter_value"),
                told_apart_by={"": ("field_name",)},
            ),
            Field(
                "applied_dashboard_filters",
                Form.TREE,
                object_keys=("filter_title", "field_name", "filter_value"),
                told_apart_by={"": ("filter_title", "field_name")},
            ),
            Field(
                "destinations",
                Form.TREE,
                object_keys=(
                    "destination_type",
                    "email_address",
                    "action_hub_integration_id",
                    "action_hub_form_params_json",
                ),
                told_apart_by={
                    "": ("destination_type", "email_address", "action_hub_integration_id")
                },
                sensitive=True,
            ),
        ),
        refs=(
            Reference("dashboard_element_id", "dashboard_element"),
            # a create must name it; without its owner an alert is left out
            Reference("owner_id", "user", policy="owners"),
            Reference("query_id", "query", if_missing=IfMissing.DROP, body_paths=("query",)),
            Reference("investigative_content_id", "dashboard", if_missing=IfMissing.DROP),
        ),
        not_written={
            "lookml_dashboard_id": "alerts on LookML dashboards are nobody's part",
            "lookml_link_id": "alerts on LookML dashboards are nobody's part",
            "time_series_condition_state": "write-only: what the alert has seen",
        },
        portable_names=(PortableName("recipient", ("destinations[].email_address",)),),
        mentions=(Mention("integration", "destinations[].action_hub_integration_id"),),
        probe=Probe("/alerts/search", query={"all_owners": "true"}, page_size=64),
        columns=PartColumns(
            # PUT takes the whole, and unsets what it leaves out (looker-api.md 3.6; AlertPatch)
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
            deleted_with_ref="dashboard_element_id",
            pairing=(
                ("dashboard_element_id", "custom_title"),
                ("dashboard_element_id", "field.name"),
                ("dashboard_element_id",),
            ),
        ),
    ),
    # SQL Runner queries and images: nothing but ids.
    Kind(
        name="sql_query",
        path="",
        creatable=False,
        updatable=False,
        columns=IdColumns(),
    ),
    Kind(
        name="dashboard_image",
        path="",
        creatable=False,
        updatable=False,
        columns=IdColumns(),
    ),
)
