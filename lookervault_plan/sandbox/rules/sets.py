"""Permission sets and model sets.

Source:
    docs/looker-api.md, sections 2.10, 2.11 and 1.3: built-in sets cannot be changed (405).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Json, Row, text, texts
from lookervault_plan.sandbox.kinds import Answer, Kind, Route, Unique
from lookervault_plan.sandbox.refusals import RefusedError, invalid
from lookervault_plan.sandbox.rules import membership
from lookervault_plan.sandbox.rules.permissions import PARENTS, expanded
from lookervault_plan.sandbox.store import Store

BLANK: Final = bodies.blank("PermissionSet")
BLANK_MODELS: Final = bodies.blank("ModelSet")
VIEWER: Final = ("access_data", "see_lookml_dashboards", "see_looks", "see_user_dashboards")
USER: Final = (*VIEWER, "explore", "save_content", "create_alerts", "schedule_look_emails")
# id, name, permissions; the ids are those of a new instance
SETS: Final = (
    ("1", "Admin", ("administer",)),
    ("2", "Developer", (*USER, "develop", "deploy", "use_sql_runner", "see_pdts")),
    ("3", "LookML Dashboard User", ("access_data", "see_lookml_dashboards")),
    ("4", "User who can't view LookML", USER),
    ("5", "User", (*USER, "see_lookml")),
    ("6", "Viewer", VIEWER),
)


def seed_sets(store: Store) -> None:
    """The sets that every instance has."""
    for id_, name, permissions in SETS:
        built_in = name == "Admin"
        held: list[Json] = [*(permissions if built_in else expanded(permissions))]
        row: Row = {"id": id_, "name": name, "permissions": held}
        row |= {"built_in": built_in, "all_access": built_in}
        _ = store.insert("permission_sets", row)
    everything: Row = {"id": "1", "name": "All", "models": [], "built_in": True, "all_access": True}
    _ = store.insert("model_sets", everything)


def set_view(ctx: Context, row: Row) -> Row:
    """PermissionSet."""
    url = f"{ctx.instance.api_url}/permission_sets/{text(row, 'id')}"
    return {**BLANK, **row, "can": EVERYTHING_ALLOWED, "url": url}


def models_view(ctx: Context, row: Row) -> Row:
    """Build a ModelSet. The set "All" holds every model."""
    url = f"{ctx.instance.api_url}/model_sets/{text(row, 'id')}"
    made: Row = {**BLANK_MODELS, **row, "can": EVERYTHING_ALLOWED, "url": url}
    if row.get("all_access"):
        made["models"] = list(ctx.store.table("lookml_models"))
    return made


def _of_own_role(field: str) -> Callable[[Context, Row], bool]:
    """Return a rule that shows the sets of one's own roles alone."""

    def sees(ctx: Context, row: Row) -> bool:
        ids = membership.roles_of_user(ctx.store, ctx.user_id)
        roles = (ctx.store.get("roles", str(id_)) for id_ in ids)
        return any(role is not None and role[field] == row["id"] for role in roles)

    return sees


def _guard_built_in(_ctx: Context, row: Row) -> None:
    if row.get("built_in") or row.get("all_access"):
        raise RefusedError(405)


def _before_set_update(ctx: Context, row: Row, given: Row) -> None:
    _guard_built_in(ctx, row)
    _expand(ctx, given)


def _expand(_ctx: Context, given: Row) -> None:
    if "permissions" not in given:
        return
    unknown = [name for name in texts(given, "permissions") if name not in PARENTS]
    if unknown:
        raise invalid("permissions", "invalid", f"no such permission: {', '.join(unknown)}")
    held: list[Json] = [*expanded(texts(given, "permissions"))]
    given["permissions"] = held


def _before_models_create(ctx: Context, given: Row) -> None:
    """Looker may not take models that it lacks (looker-api.md 7)."""
    how = ctx.instance.behaviour.unknown_models
    known = ctx.store.table("lookml_models")
    unknown = [name for name in texts(given, "models") if name not in known]
    if how == "refused" and unknown:
        raise invalid("models", "invalid", f"no such model: {', '.join(unknown)}")
    if how == "dropped" and unknown:
        kept: list[Json] = [name for name in texts(given, "models") if name in known]
        given["models"] = kept


def _before_models_update(ctx: Context, row: Row, given: Row) -> None:
    _guard_built_in(ctx, row)
    _before_models_create(ctx, given)


def _unused(field: str) -> Callable[[Context, Row], None]:
    def check(ctx: Context, row: Row) -> None:
        _guard_built_in(ctx, row)
        if any(role[field] == row["id"] for role in ctx.store.table("roles").values()):
            raise RefusedError(400, f"{text(row, 'name')} is used by a role")

    return check


PERMISSION_SET: Final = Kind(
    table="permission_sets",
    path="/permission_sets",
    model="PermissionSet",
    required=("name", "permissions"),
    defaults={"built_in": False, "all_access": False},
    unique=(Unique(fields=("name",), shown="name", message="Name has already been taken."),),
    indexes=("name",),
    search={
        "id": "id", "name": "like", "all_access": "flag", "built_in": "flag",
        "permissions": "list",
    },
    sorts=("id", "name"),
    admin_only=404,
    view=set_view,
    sees=_of_own_role("permission_set_id"),
    before_create=_expand,
    before_update=_before_set_update,
    before_delete=_unused("permission_set_id"),
)  # fmt: skip
MODEL_SET: Final = Kind(
    table="model_sets",
    path="/model_sets",
    model="ModelSet",
    required=("name", "models"),
    defaults={"built_in": False, "all_access": False},
    unique=(Unique(fields=("name",), shown="name", message="Name has already been taken."),),
    indexes=("name",),
    search={
        "id": "id", "name": "like", "all_access": "flag", "built_in": "flag", "models": "list",
    },
    sorts=("id", "name"),
    admin_only=404,
    view=models_view,
    sees=_of_own_role("model_set_id"),
    before_create=_before_models_create,
    before_update=_before_models_update,
    before_delete=_unused("model_set_id"),
)  # fmt: skip


def _permissions(_ctx: Context) -> Answer:
    return Answer(
        [
            {"can": {}, "permission": name, "parent": parent, "description": name}
            for name, parent in PARENTS.items()
        ]
    )


def routes() -> Iterator[Route]:
    """Operations on sets, and the permissions there are."""
    for kind in (PERMISSION_SET, MODEL_SET):
        yield from operations.crud(
            kind, "create read update delete list search", fields_on="read list search"
        )
    yield Route(method="GET", path="/permissions", handle=_permissions)
