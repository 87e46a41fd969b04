"""The LookML and connections that every sandbox starts with, so that content can be promoted."""

from __future__ import annotations

from typing import Final

from lookervault_plan.sandbox.lookml import Lookml, Model

EXPLORES: Final = (
    "orders", "order_items", "users", "products", "events", "sessions", "invoices", "tickets",
)  # fmt: skip
MODELS: Final = ("ecommerce", "finance", "marketing", "support")

LOOKML: Final = Lookml(
    models=(
        *(
            Model(
                name=name,
                project=f"{name}_project",
                connections=("warehouse",),
                explores=EXPLORES,
                dashboards={
                    "overview": f"{name.title()} Overview",
                    "usage": f"{name.title()} Usage",
                },
            )
            for name in MODELS
        ),
        # Files without a configuration: the company configures it through the API.
        Model(
            name="people",
            project="people_project",
            connections=("replica",),
            explores=("employees",),
            configured=False,
        ),
    ),
    projects=(*(f"{name}_project" for name in MODELS), "people_project"),
    connections=("warehouse", "replica", "events_db"),
    datagroups=("ecommerce::daily_etl", "finance::close_of_month"),
)
