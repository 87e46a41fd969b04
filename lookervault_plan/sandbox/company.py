"""A company's content, made through API calls alone; and the LookML that it stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lookervault_plan.sandbox.lookml import Lookml, Model
from lookervault_plan.sandbox.shapes import Json

EXPLORES: Final = (
    "orders", "order_items", "users", "products", "events", "sessions", "invoices", "tickets",
)  # fmt: skip
LOOKML: Final = Lookml(
    models=tuple(
        Model(
            name=name,
            project=f"{name}_project",
            connections=("warehouse",),
            explores=EXPLORES,
            dashboards={"overview": f"{name.title()} Overview", "usage": f"{name.title()} Usage"},
        )
        for name in ("ecommerce", "finance", "marketing", "support")
    ),
    projects=tuple(f"{name}_project" for name in ("ecommerce", "finance", "marketing", "support")),
    connections=("warehouse", "replica", "events_db"),
    datagroups=("ecommerce::daily_etl", "finance::close_of_month"),
)

Caller = Callable[..., tuple[int, Json]]
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
) -> None:
    """Make the content."""
