"""All kinds, all routes, and the objects that every new instance has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lookervault_plan.sandbox.kinds import Kind, Route
from lookervault_plan.sandbox.rules import (
    alerts,
    assignments,
    boards,
    content_access,
    content_validation,
    dashboards,
    elements,
    filters,
    folder_contents,
    folders,
    groups,
    instance,
    layouts,
    lookml,
    looks,
    queries,
    roles,
    schedules,
    sets,
    users,
)
from lookervault_plan.sandbox.store import Store

KINDS: Final[tuple[Kind, ...]] = (
    folders.KIND,
    looks.KIND,
    dashboards.KIND,
    elements.KIND,
    filters.KIND,
    layouts.KIND,
    layouts.COMPONENT,
    users.KIND,
    lookml.KIND,
    groups.KIND,
    roles.ROLE,
    sets.PERMISSION_SET,
    sets.MODEL_SET,
    boards.KIND,
    boards.SECTION,
    boards.ITEM,
    schedules.KIND,
    alerts.KIND,
    content_access.METADATA,
    content_access.ACCESS,
)
ROUTES: Final[tuple[Callable[[], Iterator[Route]], ...]] = (
    folders.routes,
    folder_contents.routes,
    looks.routes,
    dashboards.routes,
    elements.routes,
    filters.routes,
    layouts.routes,
    queries.routes,
    users.routes,
    lookml.routes,
    instance.routes,
    groups.routes,
    roles.routes,
    sets.routes,
    assignments.routes,
    boards.routes,
    schedules.routes,
    alerts.routes,
    content_access.routes,
    content_validation.routes,
)


def all_routes() -> Iterator[Route]:
    """Every operation that is simulated."""
    for routes in ROUTES:
        yield from routes()


def seed_built_ins(store: Store) -> None:
    """Roots and built-in objects, with the ids that they have everywhere."""
    folders.seed_roots(store)
    groups.seed_groups(store)
    sets.seed_sets(store)
    roles.seed_roles(store)
