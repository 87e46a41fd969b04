"""Scheduled plans and their destinations.

Source:
    docs/looker-api.md, sections 2.12 and 5 (Schedules). Destinations are replaced as a whole;
    `secret_parameters` go in and never come out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, rows, text, texts
from lookervault_plan.sandbox.kinds import Answer, Kind, Reference, Route
from lookervault_plan.sandbox.refusals import RefusedError, invalid, missing
from lookervault_plan.sandbox.rules import users

BLANK: Final = bodies.blank("ScheduledPlan")
DESTINATION: Final = bodies.blank("ScheduledPlanDestination")
TARGETS: Final = ("look_id", "dashboard_id", "lookml_dashboard_id", "query_id")
BOOLEANS: Final = tuple(
    name for name, kind in bodies.models()["ScheduledPlan"].fields.items() if kind == "boolean"
)
# A look's plan must say when it is to be sent [spec].
LOOK_NEEDS: Final = ("require_results", "require_no_results", "require_change")
NEEDS_SECRETS: Final = frozenset({"s3", "sftp"})
CRON: Final = re.compile(r"\S+(\s+\S+){4}")
# What Looker makes of fields of a destination that a body leaves out.
FILLED_IN: Final = {
    "apply_formatting": False, "apply_vis": False, "include_filters": False, "parameters": "{}",
    "looker_recipient": False, "message": None,
}  # fmt: skip
DESTINATIONS: Final = "scheduled_plan_destination"


def view(ctx: Context, row: Row) -> Row:
    """ScheduledPlan with its owner and destinations, without secrets."""
    shown = [
        {**DESTINATION, **one, "secret_parameters": None, "scheduled_plan_id": row["id"]}
        for one in rows(row, DESTINATIONS)
    ]
    return {
        **BLANK,
        **row,
        DESTINATIONS: [*shown],
        "can": EVERYTHING_ALLOWED,
        "dashboard_filters": row.get("filters_string"),
        "title": row["name"],
        "datagroup": _datagroup_name(ctx, row),
        "user": users.public_view(ctx, maybe(row, "user_id")),
        "next_run_at": "2030-01-01T06:00:00.000+00:00" if row.get("enabled") else None,
    }


def _datagroup_name(ctx: Context, row: Row) -> Json:
    """The name as it was sent, or with its model."""
    name = maybe(row, "datagroup")
    if not name or "::" in name or ctx.instance.behaviour.datagroups == "as-sent":
        return row.get("datagroup")
    known = ctx.instance.lookml.datagroups
    return next((one for one in known if one.partition("::")[2] == name), name)


def _mine(ctx: Context, row: Row) -> bool:
    return row["user_id"] == ctx.user_id


def _before_create(ctx: Context, given: Row) -> None:
    _own(ctx, given)
    owner = ctx.store.get("users", maybe(given, "user_id")) or {}
    if owner.get("is_disabled") and ctx.instance.behaviour.disabled_owner == "refused":
        raise invalid("user_id", "invalid", "the owner is disabled")  # looker-api.md 7
    if not rows(given, DESTINATIONS):
        raise invalid(DESTINATIONS, "missing_field", "a plan needs a destination")
    if maybe(given, "look_id") is not None:
        for name in LOOK_NEEDS:
            if name not in given:
                raise invalid(name, "missing_field", f"{name} is required for a look")
    _check(ctx, {**KIND.defaults, **given}, given)


def _before_update(ctx: Context, row: Row, given: Row) -> None:
    _own(ctx, given)
    if DESTINATIONS in given and not rows(given, DESTINATIONS):
        raise invalid(
            DESTINATIONS, "invalid", "destinations cannot be emptied"
        )  # looker-api.md 2.12
    _check(ctx, {**row, **given}, given)


def _own(ctx: Context, given: Row) -> None:
    """Only an admin may set another user as owner (looker-api.md 2.12)."""
    owner = maybe(given, "user_id")
    if owner is not None and owner != ctx.user_id and not ctx.is_admin:
        raise RefusedError(403)


def _check(ctx: Context, after: Row, given: Row) -> None:
    _ = given.setdefault("user_id", after.get("user_id") or ctx.user_id)
    if "dashboard_filters" in given:
        alias = given.pop("dashboard_filters")
        _ = given.setdefault("filters_string", alias)
    for name in BOOLEANS:
        if name in given and given[name] is None:
            raise invalid(
                name, "invalid", f"{name} must be true or false"
            )  # looker-api.md 2.12, gzr-ruby
    targets = [name for name in TARGETS if maybe(after, name) is not None]
    if len(targets) != 1:
        raise invalid("dashboard_id", "invalid", f"a plan is for one of {', '.join(TARGETS)}")
    _check_time(ctx, after, given)
    lookml = maybe(given, "lookml_dashboard_id")
    if lookml is not None and lookml not in ctx.instance.lookml.dashboards():
        raise missing("lookml_dashboard_id", "dashboard")
    if "tab_ids" in given or "dashboard_id" in given:
        _check_tabs(ctx, after)
    if DESTINATIONS in given or "enabled" in given:
        _check_destinations(after)
    if DESTINATIONS in given:
        given[DESTINATIONS] = [
            {**FILLED_IN, **one, "id": ctx.store.next_id("scheduled_plan_destinations")}
            for one in rows(given, DESTINATIONS)
        ]


def _check_time(ctx: Context, after: Row, given: Row) -> None:
    crontab, datagroup = maybe(after, "crontab"), maybe(after, "datagroup")
    if bool(crontab) == bool(datagroup) and not after.get("run_once"):
        raise invalid("crontab", "invalid", "a plan has a crontab or a datagroup")
    if crontab and not CRON.fullmatch(crontab):
        raise invalid("crontab", "invalid", "crontab needs five fields")
    if "datagroup" in given and datagroup and not _is_datagroup(ctx, datagroup):
        raise missing("datagroup", "datagroup")


def _is_datagroup(ctx: Context, name: str) -> bool:
    """Whether a model has the datagroup: named as `model::name`, or bare."""
    known = ctx.instance.lookml.datagroups
    return name in known or name in {one.partition("::")[2] for one in known}


def _check_tabs(ctx: Context, after: Row) -> None:
    """Ids of tabs of that dashboard; labels for a LookML dashboard (looker-api.md 6.2)."""
    dashboard_id = maybe(after, "dashboard_id")
    if dashboard_id is None:
        return
    layouts = ctx.store.where("dashboard_layouts", "dashboard_id", dashboard_id)
    known = {text(layout, "id") for layout in layouts}
    for id_ in texts(after, "tab_ids"):
        if id_ not in known:
            raise missing("tab_ids", f"dashboard_layout {id_}")


def _check_destinations(after: Row) -> None:
    for n, one in enumerate(rows(after, DESTINATIONS)):
        path = f"{DESTINATIONS}[{n}]"
        for name in ("format", "type"):
            if not maybe(one, name):
                raise invalid(f"{path}.{name}", "missing_field", f"{name} is required")
        if text(one, "type") == "email" and "@" not in text(one, "address"):
            raise invalid(f"{path}.address", "invalid", "an e-mail address is required")
        needs_secret = text(one, "type") in NEEDS_SECRETS and after.get("enabled")
        if needs_secret and maybe(one, "secret_parameters") is None:
            raise invalid(f"{path}.secret_parameters", "missing_field", "credentials are required")


KIND: Final = Kind(
    table="scheduled_plans",
    path="/scheduled_plans",
    model="ScheduledPlan",
    required=("name",),
    defaults={
        "enabled": True, "run_as_recipient": False, "require_results": False,
        "require_no_results": False, "require_change": False, "send_all_results": False,
        "run_once": False, "include_links": True, "include_dashboard_summary": False,
        "show_custom_url": False, "pdf_landscape": False, "embed": False, "long_tables": False,
        "pdf_page_breaks": False, "include_filters": False,
    },
    references=(
        Reference("user_id", "users"),
        Reference("look_id", "looks"),
        Reference("dashboard_id", "dashboards"),
        Reference("query_id", "queries"),
    ),
    indexes=("user_id", "look_id", "dashboard_id", "lookml_dashboard_id"),
    search={
        "user_id": "id", "name": "like", "dashboard_id": "id", "look_id": "id",
        "lookml_dashboard_id": "id", "all_users": "any", "user_first_name": "any",
        "user_last_name": "any", "recipient": "any", "destination_type": "any",
        "delivery_format": "any",
    },
    sorts=("id", "name", "user_id", "created_at", "updated_at"),
    stamped=("created_at", "updated_at"),
    view=view,
    sees=_mine,
    before_create=_before_create,
    before_update=_before_update,
)  # fmt: skip


def _whose(ctx: Context, found: list[Row]) -> list[Row]:
    """List schedules: of all users if asked and allowed, else of one user, or of the caller."""
    if ctx.query.get("all_users", "").lower() == "true" and ctx.is_admin:
        return found
    owner = ctx.query.get("user_id", ctx.user_id)
    return [row for row in found if row["user_id"] == owner]


def _list(ctx: Context) -> Answer:
    found = _whose(ctx, list(ctx.store.table("scheduled_plans").values()))
    return operations.listing(ctx, KIND, found)


def _of(field: str) -> Callable[[Context], Answer]:
    def handle(ctx: Context) -> Answer:
        found = ctx.store.where("scheduled_plans", field, ctx.params["id"])
        return operations.listing(ctx, KIND, _whose(ctx, found))

    return handle


def _of_folder(ctx: Context) -> Answer:
    folder_id = ctx.params["id"]
    found = [
        plan
        for table, field in (("looks", "look_id"), ("dashboards", "dashboard_id"))
        for row in ctx.store.where(table, "folder_id", folder_id)
        for plan in ctx.store.where("scheduled_plans", field, text(row, "id"))
    ]
    return operations.listing(ctx, KIND, found)


def routes() -> Iterator[Route]:
    """Operations on scheduled plans."""
    yield from operations.crud(KIND, "create read update delete", fields_on="read")
    whose = frozenset({"user_id", "all_users"})
    yield Route(
        method="GET", path="/scheduled_plans", handle=_list, fields="ScheduledPlan", query=whose
    )
    for name in ("dashboard", "look", "lookml_dashboard"):
        yield Route(
            method="GET",
            path=f"/scheduled_plans/{name}/{{id}}",
            handle=_of(f"{name}_id"),
            fields="ScheduledPlan",
            query=whose,
        )
    yield Route(
        method="GET", path="/scheduled_plans/space/{id}", handle=_of_folder, fields="ScheduledPlan"
    )
    yield Route(
        method="GET",
        path="/scheduled_plans/search",
        handle=_list,
        fields="ScheduledPlan",
        query=operations.LISTED | frozenset(KIND.search),
    )
