"""All kinds, all routes, and what every instance has from the start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox.kinds import Kind, Route
from lookervault_plan.sandbox.rules import (
    dashboards,
    elements,
    folder_contents,
    folders,
    instance,
    layouts,
    lookml,
    looks,
    queries,
    users,
)
from lookervault_plan.sandbox.store import Store

KINDS: Final[tuple[Kind, ...]] = (
    folders.KIND,
    looks.KIND,
    dashboards.KIND,
    elements.KIND,
    elements.FILTER,
    layouts.KIND,
    layouts.COMPONENT,
    users.KIND,
    lookml.KIND,
)
MODULES: Final = (
    folders,
    folder_contents,
    looks,
    dashboards,
    elements,
    layouts,
    queries,
    users,
    lookml,
    instance,
)


def all_routes() -> Iterator[Route]:
    """Every operation that is simulated."""
    for module in MODULES:
        yield from module.routes()


def seed_built_ins(store: Store) -> None:
    """Roots and built-in objects, with the ids that they have everywhere."""
    folders.seed_roots(store)
