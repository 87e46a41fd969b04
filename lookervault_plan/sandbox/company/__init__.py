"""A company's content, made through API calls alone, so that the rules hold for it too.

`fill` works on a Looker in this process and over HTTP alike: it is given the way to call.
"""

from __future__ import annotations

from typing import Final, cast

from lookervault_plan.sandbox.company.access import limit_folders, make_groups, make_roles
from lookervault_plan.sandbox.company.boards import make_boards
from lookervault_plan.sandbox.company.builder import Caller, CallFailedError, CompanyBuilder
from lookervault_plan.sandbox.company.dashboards import make_dashboards
from lookervault_plan.sandbox.company.folders import make_folders
from lookervault_plan.sandbox.company.lookml import LOOKML
from lookervault_plan.sandbox.company.looks import make_looks
from lookervault_plan.sandbox.company.people import make_users
from lookervault_plan.sandbox.company.queries import make_merges, make_queries
from lookervault_plan.sandbox.company.schedules import make_alerts, make_schedules
from lookervault_plan.sandbox.company.showcase import fill_showcase
from lookervault_plan.sandbox.json_fields import Row, text

__all__ = ["COMPANIES", "LOOKML", "CallFailedError", "Caller", "fill", "populate"]

CONFIGURED: Final = "people"  # the model that gets its configuration through the API
_SIZES: Final[dict[str, dict[str, int]]] = {
    "none": {"dashboards": 0, "looks": 0, "folders": 0, "users": 0},
    "small": {"dashboards": 12, "looks": 15, "folders": 10, "users": 6},
    "large": {"dashboards": 300, "looks": 300, "folders": 50, "users": 40},
}
#: Releases of a small, believable company: dev is one ahead of prod.
_RELEASES: Final = {"dev": 2, "prod": 1}
#: What an instance can hold to begin with.
COMPANIES: Final = (*_SIZES, *_RELEASES)


def populate(call: Caller, company: str, *, seed: int) -> None:
    """Make the content of one of COMPANIES."""
    if company in _RELEASES:
        fill_showcase(call, release=_RELEASES[company])
    else:
        fill(call, seed=seed, **_SIZES[company])


def fill(
    call: Caller,
    *,
    seed: int = 1,
    dashboards: int = 300,
    looks: int = 300,
    folders: int = 50,
    users: int = 40,
    tiles: int | None = None,
    queries: int | None = None,
) -> None:
    """Make the content.

    `tiles` is how many each dashboard gets, if not a few at random; `queries` how many distinct
    ones looks and tiles share, if not half as many as there are looks and dashboards.

    Kinds depend on each other (a tile shows a look, a look lies in a folder), hence the order.
    """
    builder = CompanyBuilder(call, seed)
    content = dashboards + looks
    _configure_models(builder)
    make_users(builder, users)
    make_folders(builder, folders)
    make_queries(builder, (5 + content // 2 if content else 0) if queries is None else queries)
    make_merges(builder, content // 40)
    make_looks(builder, looks)
    make_dashboards(builder, dashboards, tiles)
    if users:
        make_groups(builder, 2 + users // 5)
        make_roles(builder, 2 + users // 10)
        limit_folders(builder)
        make_alerts(builder, dashboards // 3)
    if content:
        make_boards(builder, 4 + content // 50)
        make_schedules(builder, 4 + content // 8)


def _configure_models(builder: CompanyBuilder) -> None:
    """A configuration for the model that has files but none yet; safe to repeat."""
    known = cast("list[Row]", builder.request("GET", "/lookml_models", None, fields="name"))
    if all(text(model, "name") != CONFIGURED for model in known):
        body: Row = {
            "name": CONFIGURED,
            "project_name": f"{CONFIGURED}_project",
            "allowed_db_connection_names": ["replica", "warehouse"],
            "unlimited_db_connections": True,
        }
        _ = builder.request("POST", "/lookml_models", body)
