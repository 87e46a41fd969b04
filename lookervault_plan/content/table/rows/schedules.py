"""Scheduled plans: a delivery of a dashboard, a look or a query, at certain times.

They are the only content that sends by itself, besides alerts: a plan may switch them off
(`--schedules`). Destinations that need secrets can't be restored whole. A plan that runs once is
left alone.
"""

from collections.abc import Mapping

from lookervault_plan.content.node import Json, Raw
from lookervault_plan.content.table import built_in
from lookervault_plan.content.table.columns import (
    ExternalName,
    Field,
    Form,
    ItemColumns,
    JsonType,
    Kind,
    ListedParts,
    Listing,
    Mention,
    PortableName,
    Probe,
    Reference,
    Requirement,
)
from lookervault_plan.content.table.rows.shared import flags, text, values


def _schedule_built_in(raw: Raw) -> str | None:
    return built_in.ONE_TIME_SCHEDULE if raw.get("run_once") else None


def _with_secrets(destinations: Json) -> tuple[str, ...]:
    """Name the destinations that need `secret_parameters`, which no backup holds (S3, SFTP).

    Source: docs/looker-api.md, section 2.12.
    """
    listed = destinations if isinstance(destinations, (list, tuple)) else ()
    return tuple(
        f"destination {number}: {kind}"
        for number, one in enumerate(listed, start=1)
        if isinstance(one, Mapping) and (kind := one.get("type")) not in (None, "email", "webhook")
    )


def _for_query(raw: Raw) -> str | None:
    return "query" if raw.get("query_id") else None


ROWS = (
    Kind(
        name="scheduled_plan",
        required=("name", "scheduled_plan_destination[].type"),
        requirements=(
            Requirement(("scheduled_plan_destination",)),
            Requirement(("dashboard_id", "look_id", "lookml_dashboard_id", "query_id")),
            Requirement(("crontab", "datagroup")),
        ),
        path="/scheduled_plans",
        label=("name",),
        fields=(
            Field("name", json_type=JsonType.TEXT),
            Field("enabled", Form.FLAG, policy="schedules", off_value=False),
            # a look's schedule can't be made without them (looker-api.md 2.12)
            *(
                Field(name, Form.FLAG, create_default=False)
                for name in ("require_results", "require_no_results", "require_change")
            ),
            *flags(
                "run_as_recipient",
                "send_all_results",
                "run_once",
                "include_links",
                "include_dashboard_summary",
                "show_custom_url",
                "pdf_landscape",
                "embed",
                "long_tables",
                "pdf_page_breaks",
                "include_filters",
            ),
            *text(
                "lookml_dashboard_id",
                "filters_string",
                "crontab",
                "datagroup",
                "timezone",
                "custom_url_base",
                "custom_url_params",
                "custom_url_label",
                "pdf_paper_size",
                "color_theme",
            ),
            *values("inline_table_width", json_type=JsonType.NUMBER),
            # ids of layouts; of a LookML dashboard, names of its tabs (looker-api.md 6.2)
            Field(
                "tab_ids", Form.TREE, lists_parts=ListedParts("dashboard_layout", "dashboard_id")
            ),
            # replaced as a whole (looker-api.md 2.12); `secret_parameters` are in no backup
            Field(
                "scheduled_plan_destination",
                Form.TREE,
                object_keys=(
                    "format",
                    "apply_formatting",
                    "apply_vis",
                    "address",
                    "type",
                    "parameters",
                    "include_filters",
                    "message",
                ),
                told_apart_by={"": ("type", "address")},
                sensitive=True,
                missing_secrets=_with_secrets,
            ),
        ),
        refs=(
            Reference("user_id", "user", policy="owners"),
            Reference("dashboard_id", "dashboard"),
            Reference("look_id", "look"),
            Reference("query_id", "query", body_paths=("query",)),
        ),
        not_written={
            "dashboard_filters": "another name of filters_string",
        },
        portable_names=(
            PortableName("lookml_dashboard", ("lookml_dashboard_id",)),
            PortableName("datagroup", ("datagroup",)),
            PortableName("recipient", ("scheduled_plan_destination[].address",)),
        ),
        external_names=(
            ExternalName("lookml_dashboard", "lookml_dashboard_id"),
            ExternalName("datagroup", "datagroup"),
        ),
        mentions=(
            Mention("theme", "color_theme"),
            Mention(
                "integration",
                "scheduled_plan_destination[].type",
                pattern=r"^looker-integration://(.+)$",
            ),
        ),
        probe=Probe("/scheduled_plans", query={"all_users": "true"}),
        columns=ItemColumns(
            type_number=12,
            facts=("created_at", "updated_at"),
            derived_facts={"for_query": _for_query},
            natural_keys=(
                ("dashboard_id", "name", "user_id"),
                ("look_id", "name", "user_id"),
                ("lookml_dashboard_id", "name", "user_id"),
                ("for_query", "name", "user_id"),
            ),
            built_in=_schedule_built_in,
            listing=Listing("/scheduled_plans", query={"all_users": True}, needs="see_schedules"),
        ),
    ),
)
