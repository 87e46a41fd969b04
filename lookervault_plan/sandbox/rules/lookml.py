"""Model configurations, explores, connections, projects.

Source:
    docs/looker-api.md, sections 2.3 and 2.4. Connections and projects are given to the instance
    (lookml.py), for reading only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, text, texts
from lookervault_plan.sandbox.kinds import Answer, Kind, Route
from lookervault_plan.sandbox.refusals import RefusedError, missing, not_found, taken
from lookervault_plan.sandbox.rules import membership

BLANK: Final = bodies.blank("LookmlModel")
EXPLORE: Final = bodies.blank("LookmlModelExplore")


def _label(name: str) -> str:
    return name.replace("_", " ").title()


def view(ctx: Context, row: Row) -> Row:
    """Build a LookmlModel, with its explores if its files are deployed."""
    name = text(row, "id")
    model = ctx.instance.lookml.model(name)
    explores: list[Json] = [
        {
            "name": explore,
            "description": None,
            "label": _label(explore),
            "hidden": False,
            "group_label": _label(name),
        }
        for explore in (model.explores if model else ())
    ]
    made: Row = {**BLANK, **row, "can": EVERYTHING_ALLOWED, "name": name, "label": _label(name)}
    made |= {"explores": explores, "has_content": model is not None}
    return {field: made[field] for field in BLANK}


def sees(ctx: Context, row: Row) -> bool:
    """Whether a role of the caller has the model: others are hidden from it."""
    roles = membership.roles_of_user(ctx.store, ctx.user_id)
    held = [ctx.store.get("roles", str(id_)) or {} for id_ in roles]
    found = [ctx.store.get("model_sets", maybe(role, "model_set_id")) or {} for role in held]
    return any(one.get("all_access") or text(row, "id") in texts(one, "models") for one in found)


def has_explore(ctx: Context, model: str, explore: str) -> bool:
    """Whether the caller can use an explore: the model has it, and is not hidden."""
    files = ctx.instance.lookml.model(model)
    if files is None or explore not in files.explores:
        return False
    return ctx.is_admin or sees(ctx, {"id": model})


def _check(ctx: Context, given: Row) -> None:
    project = maybe(given, "project_name")
    if project is not None and project not in ctx.instance.lookml.projects:
        raise missing("project_name", "project")
    for connection in texts(given, "allowed_db_connection_names"):
        if connection not in ctx.instance.lookml.connections:
            raise missing("allowed_db_connection_names", "connection")


def _before_create(ctx: Context, given: Row) -> None:
    _check(ctx, given)
    name = text(given, "name")
    if ctx.store.get("lookml_models", name) is not None:
        raise taken("name", "Model with this name already exists.")
    given["id"] = name


def _before_update(ctx: Context, row: Row, given: Row) -> None:
    _check(ctx, given)
    if given.get("name") not in (None, row["id"]):
        raise RefusedError(
            422, errors=[{"field": "name", "code": "invalid", "message": "no rename"}]
        )


KIND: Final = Kind(
    table="lookml_models",
    path="/lookml_models",
    model="LookmlModel",
    required=("name", "project_name"),
    defaults={"allowed_db_connection_names": [], "unlimited_db_connections": False},
    admin_only=404,
    view=view,
    sees=sees,
    before_create=_before_create,
    before_update=_before_update,
)


def _list(ctx: Context) -> Answer:
    found = list(ctx.store.table("lookml_models").values())
    if ctx.query.get("exclude_empty", "").lower() == "true":
        found = [row for row in found if ctx.instance.lookml.model(text(row, "id")) is not None]
    return operations.listing(ctx, KIND, found)


def _explore(ctx: Context) -> Answer:
    model = ctx.instance.lookml.model(ctx.params["id"])
    explore = ctx.params["explore"]
    if model is None or not has_explore(ctx, model.name, explore):
        raise not_found()
    made: Row = {
        **EXPLORE,
        "id": f"{model.name}::{explore}",
        "name": explore,
        "label": _label(explore),
        "title": _label(explore),
        "model_name": model.name,
        "project_name": model.project,
        "view_name": explore,
        "hidden": False,
        "group_label": _label(model.name),
        "connection_name": model.connections[0] if model.connections else None,
        "fields": {
            "dimensions": [{"name": name} for name in model.fields.get(explore, ())],
            "measures": [],
            "filters": [],
            "parameters": [],
        },
    }
    return Answer(made)


def _connections(ctx: Context) -> Answer:
    return Answer(
        [{"name": name, "dialect_name": "postgres"} for name in ctx.instance.lookml.connections]
    )


def _connection(ctx: Context) -> Answer:
    if ctx.params["name"] not in ctx.instance.lookml.connections:
        raise not_found()
    return Answer({"name": ctx.params["name"], "dialect_name": "postgres"})


def _projects(ctx: Context) -> Answer:
    return Answer(
        [{"id": name, "name": name, "uses_git": True} for name in ctx.instance.lookml.projects]
    )


def _project(ctx: Context) -> Answer:
    name = ctx.params["name"]
    if name not in ctx.instance.lookml.projects:
        raise not_found()
    return Answer({"id": name, "name": name, "uses_git": True})


def _datagroups(ctx: Context) -> Answer:
    found = (name.partition("::") for name in ctx.instance.lookml.datagroups)
    return Answer(
        [{"id": str(n), "model_name": m, "name": name} for n, (m, _, name) in enumerate(found, 1)]
    )


def _user_attributes(ctx: Context) -> Answer:
    found = enumerate(ctx.instance.lookml.user_attributes, 1)
    return Answer([{"id": str(n), "name": name, "label": _label(name)} for n, name in found])


def _themes(ctx: Context) -> Answer:
    found = enumerate(ctx.instance.lookml.themes, 1)
    return Answer([{"id": str(n), "name": name} for n, name in found])


def _color_collections(ctx: Context) -> Answer:
    return Answer([{"id": id_, "label": id_} for id_ in ctx.instance.lookml.color_collections])


def _integrations(ctx: Context) -> Answer:
    found = ctx.instance.lookml.integrations
    return Answer([{"id": id_, "label": id_, "enabled": True} for id_ in found])


def routes() -> Iterator[Route]:
    """Operations on models, explores, connections and projects."""
    yield from operations.crud(KIND, "create read update delete", fields_on="read")
    yield Route(
        method="GET",
        path="/lookml_models",
        handle=_list,
        fields="LookmlModel",
        query=frozenset(
            {"limit", "offset", "exclude_empty", "exclude_hidden", "include_internal",
             "include_self_service"}
        ),
    )  # fmt: skip
    yield Route(
        method="GET",
        path="/lookml_models/{id}/explores/{explore}",
        handle=_explore,
        fields="LookmlModelExplore",
    )
    for path, handle, model in (
        ("/connections", _connections, "DBConnection"),
        ("/connections/{name}", _connection, "DBConnection"),
        ("/projects", _projects, "Project"),
        ("/projects/{name}", _project, "Project"),
    ):
        yield Route(method="GET", path=path, handle=handle, fields=model)
    for path, handle in (
        ("/datagroups", _datagroups),
        ("/user_attributes", _user_attributes),
        ("/themes", _themes),
        ("/color_collections", _color_collections),
        ("/integrations", _integrations),
    ):
        yield Route(method="GET", path=path, handle=handle)
