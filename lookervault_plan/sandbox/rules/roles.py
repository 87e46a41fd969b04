"""Roles, permission sets and model sets, and who has which role.

Source:
    A 2.9, 2.10, 2.11, 3.5; 405 for what is built in: A 1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, cast

from lookervault_plan.sandbox import bodies, engine
from lookervault_plan.sandbox.kinds import Answer, Kind, Reference, Route, Unique
from lookervault_plan.sandbox.refusals import Refusal, invalid, missing, taken
from lookervault_plan.sandbox.rules import access, membership
from lookervault_plan.sandbox.rules.permissions import PARENTS, expanded
from lookervault_plan.sandbox.shapes import Json, Row, maybe, text, texts
from lookervault_plan.sandbox.store import Store
from lookervault_plan.sandbox.world import EVERYTHING_ALLOWED, Ctx

BLANK: Final = bodies.blank("Role")
BLANK_SET: Final = bodies.blank("PermissionSet")
BLANK_MODELS: Final = bodies.blank("ModelSet")
ADMIN: Final = "2"
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
ROLES: Final = (
    ("1", "User", "5"),
    (ADMIN, "Admin", "1"),
    ("3", "Developer", "2"),
    ("4", "Viewer", "6"),
)


def seed_roles(store: Store) -> None:
    """The roles and sets that every instance has."""
    for id_, name, permissions in SETS:
        built_in = name == "Admin"
        held: list[Json] = [*(permissions if built_in else expanded(permissions))]
        row: Row = {"id": id_, "name": name, "permissions": held}
        row |= {"built_in": built_in, "all_access": built_in}
        _ = store.insert("permission_sets", row)
    everything: Row = {"id": "1", "name": "All", "models": [], "built_in": True, "all_access": True}
    _ = store.insert("model_sets", everything)
    for id_, name, set_id in ROLES:
        row = {"id": id_, "name": name, "permission_set_id": set_id, "model_set_id": "1"}
        _ = store.insert("roles", row)


def set_view(ctx: Ctx, row: Row) -> Row:
    """PermissionSet."""
    url = f"{ctx.world.api_url}/permission_sets/{text(row, 'id')}"
    return {**BLANK_SET, **row, "can": EVERYTHING_ALLOWED, "url": url}


def models_view(ctx: Ctx, row: Row) -> Row:
    """ModelSet; "All" holds whatever models there are."""
    url = f"{ctx.world.api_url}/model_sets/{text(row, 'id')}"
    made: Row = {**BLANK_MODELS, **row, "can": EVERYTHING_ALLOWED, "url": url}
    if row.get("all_access"):
        made["models"] = list(ctx.store.table("lookml_models"))
    return made


def view(ctx: Ctx, row: Row) -> Row:
    """Role; the ids of its sets can be written and are not read (A 2.9)."""
    permission_set = ctx.store.get("permission_sets", maybe(row, "permission_set_id"))
    model_set = ctx.store.get("model_sets", maybe(row, "model_set_id"))
    url = f"{ctx.world.api_url}/roles/{text(row, 'id')}"
    return {
        **BLANK,
        "id": row["id"],
        "name": row["name"],
        "can": EVERYTHING_ALLOWED,
        "permission_set": None if permission_set is None else set_view(ctx, permission_set),
        "model_set": None if model_set is None else models_view(ctx, model_set),
        "internal": False,
        "url": url,
        "users_url": f"{url}/users",
    }


def _count_view(ctx: Ctx, row: Row) -> Row:
    count = len(_users_of(ctx.store, text(row, "id"), direct=False))
    return view(ctx, row) | {"user_count": count}


def _sees(ctx: Ctx, row: Row) -> bool:
    return row["id"] in membership.roles_of_user(ctx.store, ctx.user_id)


def _sees_set(ctx: Ctx, row: Row) -> bool:
    """A set of one's own roles."""
    mine = (
        ctx.store.get("roles", str(id_)) for id_ in membership.roles_of_user(ctx.store, ctx.user_id)
    )
    return any(
        role is not None and row["id"] in (role["permission_set_id"], role["model_set_id"])
        for role in mine
    )


def _guard_built_in(_ctx: Ctx, row: Row) -> None:
    if row.get("built_in") or row.get("all_access"):
        raise Refusal(405)


def _before_set_update(ctx: Ctx, row: Row, given: Row) -> None:
    _guard_built_in(ctx, row)
    _expand(ctx, given)


def _expand(_ctx: Ctx, given: Row) -> None:
    if "permissions" not in given:
        return
    unknown = [name for name in texts(given, "permissions") if name not in PARENTS]
    if unknown:
        raise invalid("permissions", "invalid", f"no such permission: {', '.join(unknown)}")
    held: list[Json] = [*expanded(texts(given, "permissions"))]
    given["permissions"] = held


def _before_models_update(ctx: Ctx, row: Row, _given: Row) -> None:
    _guard_built_in(ctx, row)


def _unused(field: str) -> Callable[[Ctx, Row], None]:
    def check(ctx: Ctx, row: Row) -> None:
        _guard_built_in(ctx, row)
        if any(role[field] == row["id"] for role in ctx.store.table("roles").values()):
            raise Refusal(400, f"{text(row, 'name')} is used by a role")

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
    sees=_sees_set,
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
    sees=_sees_set,
    before_update=_before_models_update,
    before_delete=_unused("model_set_id"),
)  # fmt: skip


def _check_sets(ctx: Ctx, given: Row) -> None:
    """The nested objects change nothing; their ids do (A 2.9)."""
    for name in ("permission_set", "model_set"):
        _ = given.pop(name, None)
        if maybe(given, f"{name}_id") is None:
            raise invalid(f"{name}_id", "missing_field", f"{name}_id is required")
    _check_name(ctx, given)


def _check_name(ctx: Ctx, given: Row) -> None:
    if given.get("name") == "Admin":
        raise taken("name", "Name has already been taken.")
    _ = ctx


def _before_role_update(_ctx: Ctx, row: Row, given: Row) -> None:
    if row["id"] == ADMIN:
        raise Refusal(405)
    for name in ("permission_set", "model_set"):
        _ = given.pop(name, None)


def _before_role_delete(ctx: Ctx, row: Row) -> None:
    if row["id"] == ADMIN:
        raise Refusal(405)
    for table in ("role_users", "role_groups"):
        for edge in ctx.store.where(table, "role_id", text(row, "id")):
            ctx.store.delete(table, edge)


ROLE: Final = Kind(
    table="roles",
    path="/roles",
    model="Role",
    required=("name",),
    references=(
        Reference("permission_set_id", "permission_sets"),
        Reference("model_set_id", "model_sets"),
    ),
    unique=(Unique(fields=("name",), shown="name", message="Name has already been taken."),),
    indexes=("name",),
    search={
        "id": "id", "name": "like", "built_in": "any", "model_set_ids": "any",
        "permission_set_ids": "any",
    },
    sorts=("id", "name"),
    admin_only=404,
    view=view,
    sees=_sees,
    before_create=_check_sets,
    before_update=_before_role_update,
    before_delete=_before_role_delete,
)  # fmt: skip


def _users_of(store: Store, role_id: str, *, direct: bool) -> list[str]:
    """Users that have a role: given to them, or through a group."""
    found = [text(edge, "user_id") for edge in store.where("role_users", "role_id", role_id)]
    if direct:
        return found
    groups = {text(edge, "group_id") for edge in store.where("role_groups", "role_id", role_id)}
    through = [id_ for id_ in store.table("users") if groups & access.groups_of(store, id_)]
    return list(dict.fromkeys(found + through))


def _list(ctx: Ctx) -> Answer:
    found = list(ctx.store.table("roles").values())
    if "ids" in ctx.query:
        wanted = ctx.query["ids"].split(",")
        found = [row for row in found if row["id"] in wanted]
    return engine.listing(ctx, ROLE, found)


def _groups(ctx: Ctx) -> Answer:
    from lookervault_plan.sandbox.rules import groups  # noqa: PLC0415 - they show each other

    edges = ctx.store.where("role_groups", "role_id", text(engine.the_one(ctx, ROLE), "id"))
    shown = [groups.view(ctx, ctx.find("groups", text(edge, "group_id"))) for edge in edges]
    return Answer(cast("Json", shown))


def _users(ctx: Ctx) -> Answer:
    from lookervault_plan.sandbox.rules import users  # noqa: PLC0415 - they show each other

    role = engine.the_one(ctx, ROLE)
    direct = ctx.query.get("direct_association_only", "").lower() == "true"
    ids = _users_of(ctx.store, text(role, "id"), direct=direct)
    return Answer([users.view(ctx, ctx.find("users", id_)) for id_ in ids])


def _wanted(ctx: Ctx, table: str) -> list[str]:
    """The ids in the body of a PUT: a list, each of something that exists."""
    if not ctx.is_admin:
        raise Refusal(403)
    if not isinstance(ctx.body, list):
        raise Refusal(400, "the body must be a list of ids")
    found = [str(id_) for id_ in ctx.body]
    for id_ in found:
        if ctx.store.get(table, id_) is None:
            raise missing("body", f"{table.removesuffix('s')} {id_}")
    return found


def _replace(ctx: Ctx, table: str, other: str, wanted: list[str]) -> None:
    """PUT replaces all of a role's users or groups (A 3.5)."""
    role = engine.the_one(ctx, ROLE)
    before = ctx.store.where(table, "role_id", text(role, "id"))
    if role["id"] == ADMIN and table == "role_users" and not wanted:
        raise Refusal(403, "an instance needs an admin")
    for edge in before:
        if text(edge, other) not in wanted:
            ctx.store.delete(table, edge)
    for id_ in wanted:
        membership.link(ctx.store, table, **{"role_id": text(role, "id"), other: id_})


def _put_groups(ctx: Ctx) -> Answer:
    _replace(ctx, "role_groups", "group_id", _wanted(ctx, "groups"))
    return _groups(ctx)


def _put_users(ctx: Ctx) -> Answer:
    _replace(ctx, "role_users", "user_id", _wanted(ctx, "users"))
    ctx.query["direct_association_only"] = "true"
    return _users(ctx)


def _user_roles(ctx: Ctx) -> Answer:
    user = ctx.find("users", ctx.params["id"])
    direct = ctx.query.get("direct_association_only", "").lower() == "true"
    find = membership.direct_roles if direct else membership.roles_of_user
    ids = find(ctx.store, text(user, "id"))
    return Answer([view(ctx, ctx.find("roles", str(id_))) for id_ in ids])


def _put_user_roles(ctx: Ctx) -> Answer:
    user = ctx.find("users", ctx.params["id"])
    wanted, id_ = _wanted(ctx, "roles"), text(user, "id")
    for edge in ctx.store.where("role_users", "user_id", id_):
        if text(edge, "role_id") not in wanted:
            if edge["role_id"] == ADMIN and ctx.store.count("role_users", "role_id", ADMIN) == 1:
                raise Refusal(403, "an instance needs an admin")
            ctx.store.delete("role_users", edge)
    for role_id in wanted:
        membership.link(ctx.store, "role_users", role_id=role_id, user_id=id_)
    ctx.query["direct_association_only"] = "true"
    return _user_roles(ctx)


def _permissions(_ctx: Ctx) -> Answer:
    return Answer(
        [
            {"can": {}, "permission": name, "parent": parent, "description": name}
            for name, parent in PARENTS.items()
        ]
    )


def routes() -> Iterator[Route]:
    """Operations on roles and sets."""
    for kind in (PERMISSION_SET, MODEL_SET):
        yield from engine.crud(
            kind, "create read update delete list search", fields_on="read list search"
        )
    yield from engine.crud(ROLE, "create read update delete search", fields_on="search")
    yield Route(
        method="GET",
        path="/roles",
        handle=_list,
        fields="Role",
        query=frozenset({"ids", "get_all_support_roles"}),
    )
    yield Route(
        method="GET",
        path="/roles/search/with_user_count",
        handle=lambda ctx: engine.listing(ctx, ROLE, view=_count_view),
        fields="RoleSearch",
        query=engine.LISTED | {"id", "name", "built_in"},
    )
    direct = frozenset({"direct_association_only"})
    one = "/roles/{id}"
    yield Route(method="GET", path=f"{one}/groups", handle=_groups, fields="Group")
    yield Route(method="PUT", path=f"{one}/groups", handle=_put_groups, has_body=True)
    yield Route(method="GET", path=f"{one}/users", handle=_users, fields="User", query=direct)
    yield Route(method="PUT", path=f"{one}/users", handle=_put_users, has_body=True)
    path = "/users/{id}/roles"
    yield Route(method="GET", path=path, handle=_user_roles, fields="Role", query=direct)
    yield Route(method="PUT", path=path, handle=_put_user_roles, fields="Role", has_body=True)
    yield Route(method="GET", path="/permissions", handle=_permissions)
