"""Scheduled plans and alerts of the company."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import cycle, islice

from lookervault_plan.sandbox.company.builder import CompanyBuilder
from lookervault_plan.sandbox.json_fields import Json, Row

EMAIL: Row = {"type": "email", "address": "team@example.com", "format": "wysiwyg_pdf"}
EMAIL_TOO: Row = {
    "type": "email",
    "address": "boss@example.com",
    "format": "csv_zip",
    "apply_formatting": True,
    "apply_vis": True,
    "include_filters": True,
    "message": "Good morning | ☕",
}
WEBHOOK: Row = {"type": "webhook", "address": "https://hooks.example.com/x", "format": "json"}
BUCKET: Row = {
    "type": "s3",
    "address": "s3://bucket/path",
    "format": "csv",
    "parameters": json.dumps({"region": "eu-central-1", "access_key_id": "AKIA"}),
    "secret_parameters": json.dumps({"secret_access_key": "very-secret"}),
}
# Every setting of a plan with a value that is not the server's own.
SETTINGS: Row = {
    "color_theme": "Looker",
    "custom_url_base": "https://portal.example.com",
    "custom_url_label": "Open",
    "custom_url_params": "/d/42",
    "embed": True,
    "include_dashboard_summary": True,
    "include_filters": True,
    "include_links": False,
    "inline_table_width": 800,
    "long_tables": True,
    "pdf_landscape": True,
    "pdf_page_breaks": True,
    "pdf_paper_size": "a4",
    "run_as_recipient": True,
    "send_all_results": True,
    "show_custom_url": True,
}


def make_schedules(builder: CompanyBuilder, count: int) -> None:
    """Plans for dashboards, looks, LookML dashboards and queries, by crontab and datagroup."""
    sorts: list[Callable[[CompanyBuilder], Row]] = [_for_query]
    if builder.dashboard_ids:
        sorts += [_for_dashboard, _for_lookml]
    if builder.look_ids:
        sorts.append(_for_look)
    for n, sort in enumerate(islice(cycle(sorts), count)):
        title = builder.vocabulary.title()
        body: Row = {"name": f"{title} plan", "enabled": n % 3 != 1} | sort(builder)
        destinations: list[Json] = [(EMAIL, WEBHOOK, BUCKET)[n % 3], EMAIL_TOO]
        body["scheduled_plan_destination"] = destinations[: 1 + n % 2]
        if builder.user_ids:
            body["user_id"] = builder.pick(builder.user_ids)
        if n % 5 == 1:
            body |= SETTINGS
        _ = builder.make("/scheduled_plans", body)


def _for_dashboard(builder: CompanyBuilder) -> Row:
    id_ = builder.pick(builder.dashboard_ids)
    if builder.tab_ids:
        id_ = builder.pick(list(builder.tab_ids))
    tabs: list[Json] = [*builder.tab_ids.get(id_, [])]
    return {
        "dashboard_id": id_,
        "filters_string": "?Region=EMEA&Date+%2F+Range=7+days",
        "crontab": "35 1 * * 1",
        "timezone": "Europe/Berlin",
        "tab_ids": tabs,
    }


def _for_lookml(_maker: CompanyBuilder) -> Row:
    return {"lookml_dashboard_id": "finance::overview", "datagroup": "finance::close_of_month"}


def _for_look(builder: CompanyBuilder) -> Row:
    return {
        "look_id": builder.pick(builder.look_ids),
        "crontab": "0 6 * * *",
        "require_results": True,
        "require_no_results": False,
        "require_change": True,
    }


def _for_query(builder: CompanyBuilder) -> Row:
    return {
        "query_id": builder.pick(builder.query_ids),
        "crontab": "0 7 1 * *",
        "require_no_results": True,
    }


def make_alerts(builder: CompanyBuilder, count: int) -> None:
    """Alerts on tiles; every fourth disabled, one on a LookML dashboard."""
    for n, element_id in enumerate(islice(builder.element_ids, count)):
        body: Row = {
            "dashboard_element_id": element_id,
            "owner_id": builder.pick(builder.user_ids),
            "cron": "0 5 * * *",
            "threshold": 10.5 + n,
            "comparison_type": "GREATER_THAN" if n % 2 else "CHANGES_BY",
            "field": {"title": "Orders Count", "name": "orders.count", "filter": []},
            "destinations": [
                {"destination_type": "EMAIL", "email_address": "oncall@example.com"},
                {
                    "destination_type": "ACTION_HUB",
                    "action_hub_integration_id": "1::slack",
                    "action_hub_form_params_json": json.dumps({"channel": "#ops"}),
                },
            ],
            "applied_dashboard_filters": [
                {"filter_title": "Region", "field_name": "orders.region", "filter_value": "EMEA"}
            ],
            "custom_title": f"Too many orders {n}",
        }
        if n % 4 == 0:
            body |= {
                "is_disabled": True,
                "disabled_reason": "holidays",
                "is_public": True,
                "description": "See /dashboards/42",
                "enhancements": "STRATEGIC_NARRATIVE",
                "investigative_content_type": "dashboard",
                "investigative_content_id": builder.pick(builder.dashboard_ids),
                "show_custom_url": True,
                "custom_url_base": "https://portal.example.com",
                "custom_url_params": "/d/42",
                "custom_url_label": "Open",
                "query_id": builder.pick(builder.query_ids),
                "time_series_condition_state": {"latest_time_series_id": "2025-01-18"},
            }
        if n == 1:
            _ = body.pop("dashboard_element_id")
            body |= {"lookml_dashboard_id": "finance::overview", "lookml_link_id": "tile"}
        _ = builder.make("/alerts", body)
