"""A small catalogue, with a default for everything a test does not care about."""

from typing import Any

from lookervault_plan.content.node import Ref
from lookervault_plan.selectors.catalogue import Catalogue, Item
from lookervault_plan.selectors.evaluate import Picked, evaluate
from lookervault_plan.selectors.location import Location
from lookervault_plan.selectors.parse_text import parse


def an_item(address: str, name: str = "Revenue", **more: Any) -> Item:
    ref = Ref.parse(address)
    if ref.kind in {"dashboard", "look"}:
        more.setdefault("title", name)
    return Item(ref=ref, name=name, **more)


def a_catalogue(*items: Item, needs: dict[str, str] | None = None, **labels: Any) -> Catalogue:
    """`needs` as in {"dashboard:1": "folder:2 look:3"}."""
    return Catalogue(
        items={item.ref: item for item in items},
        needs={
            Ref.parse(address): [Ref.parse(each) for each in needed.split()]
            for address, needed in (needs or {}).items()
        },
        labels={
            method: {Ref.parse(address): (word,) for address, word in found.items()}
            for method, found in labels.items()
        },
    )


FINANCE = ("Shared", "Finance")
COMPANY = a_catalogue(
    an_item("folder:1", "Home", folder=("Shared",)),
    an_item("folder:2", "Finance", folder=FINANCE),
    an_item("folder:3", "A/B", folder=(*FINANCE, "A/B")),
    an_item("folder:4", "Sales", folder=("Shared", "Sales")),
    an_item("user:7", "Ada", groups=("Analysts",), roles=("Viewer",)),
    an_item("lookml_model:shop", "shop"),
    an_item(
        "look:9",
        "Orders",
        folder=(*FINANCE, "A/B"),
        owner="Ada@Finance.example.com",
        models=("shop",),
        explores=("shop::orders",),
        updated_at="2025-03-01T10:00:00.000+00:00",
    ),
    an_item(
        "dashboard:42",
        "Revenue, EMEA",
        folder=FINANCE,
        slug="abc",
        owner="bob@example.com",
        models=("shop", "web"),
        explores=("shop::orders", "web::visits"),
        boards=("KPIs",),
        updated_at="2025-02-01T00:00:00.000+00:00",
    ),
    an_item("dashboard:43", "C++ (draft)", folder=("Shared", "Sales")),
    needs={
        "folder:2": "folder:1",
        "folder:3": "folder:2",
        "folder:4": "folder:1",
        "look:9": "folder:3 user:7 lookml_model:shop",
        "dashboard:42": "folder:2 look:9 user:404",
        "dashboard:43": "folder:4",
    },
)


def picked(text: str, catalogue: Catalogue = COMPANY, **more: Any) -> list[str]:
    return sorted(ref.address for ref in evaluated(text, catalogue, **more).by)


def evaluated(text: str, catalogue: Catalogue = COMPANY, **more: Any) -> Picked:
    return evaluate(parse(text, Location("--select", 0, 1)), catalogue, **more)
