"""A company's content, made through API calls alone, so that the rules hold for it too.

`fill` works on a Looker in this process and over HTTP alike: it is given the way to call.
"""

from __future__ import annotations

from typing import Final

from lookervault_plan.sandbox.company.dashboards import make_dashboards
from lookervault_plan.sandbox.company.folders import make_folders
from lookervault_plan.sandbox.company.lookml import LOOKML
from lookervault_plan.sandbox.company.looks import make_looks
from lookervault_plan.sandbox.company.maker import Caller, CallFailedError, Maker
from lookervault_plan.sandbox.company.people import make_users
from lookervault_plan.sandbox.company.queries import make_merges, make_queries

__all__ = ["LOOKML", "SIZES", "CallFailedError", "Caller", "fill"]

SIZES: Final[dict[str, dict[str, int]]] = {
    "none": {"dashboards": 0, "looks": 0, "folders": 0, "users": 0},
    "small": {"dashboards": 12, "looks": 15, "folders": 10, "users": 6},
    "large": {"dashboards": 300, "looks": 300, "folders": 50, "users": 40},
}


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
    maker = Maker(call, seed)
    content = dashboards + looks
    make_users(maker, users)
    make_folders(maker, folders)
    make_queries(maker, (5 + content // 2 if content else 0) if queries is None else queries)
    make_merges(maker, content // 40)
    make_looks(maker, looks)
    make_dashboards(maker, dashboards, tiles)
