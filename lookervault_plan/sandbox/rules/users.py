"""Users, their e-mail credentials, their personal folders.

Source:
    docs/looker-api.md, section 2.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context, display_name
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, text
from lookervault_plan.sandbox.kinds import Answer, Kind, Reference, Route
from lookervault_plan.sandbox.refusals import RefusedError, not_found
from lookervault_plan.sandbox.rules import credentials, folders, membership

BLANK: Final = bodies.blank("User")
CONSTANT: Final[Row] = {
    "allow_direct_roles": True,
    "allow_normal_group_membership": True,
    "allow_roles_from_normal_groups": True,
    "credentials_embed": [],
    "is_embed_user": False,
    "is_iam_admin": False,
    "is_service_account": False,
    "looker_versions": [],
    "presumed_looker_employee": False,
    "roles_externally_managed": False,
    "sessions": [],
    "verified_looker_employee": False,
}
# What others than admins see of a user: the "public" view (looker-api.md 2.7).
PUBLIC: Final = ("id", "first_name", "last_name", "display_name", "avatar_url", "url", "can")


def _role_ids(ctx: Context, id_: str) -> list[Json]:
    """List the roles of a user, with or without those of groups (looker-api.md 7)."""
    if ctx.instance.behaviour.inherited_roles:
        return membership.roles_of_user(ctx.store, id_)
    return [*membership.direct_roles(ctx.store, id_)]


def view(ctx: Context, row: Row) -> Row:
    """User; others than admins get the public part of everybody but themselves."""
    id_, email = text(row, "id"), maybe(row, "email")
    made: Row = {
        **BLANK,
        **CONSTANT,
        **row,
        "can": EVERYTHING_ALLOWED,
        "avatar_url": f"https://gravatar.lookercdn.com/avatar/{id_}?s=156&d=blank",
        "avatar_url_without_sizing": f"https://gravatar.lookercdn.com/avatar/{id_}?d=blank",
        "display_name": display_name(row),
        "credentials_email": None if email is None else credentials.view(ctx, row),
        "credentials_api3": _api_keys(ctx, row),
        "group_ids": membership.groups_of_user(ctx.store, id_),
        "role_ids": _role_ids(ctx, id_),
        "url": f"{ctx.instance.api_url}/users/{id_}",
    }
    for private in ("_email_created_at", "_forced_reset"):
        _ = made.pop(private, None)
    if ctx.is_admin or id_ == ctx.user_id:
        return made
    return {name: made[name] for name in PUBLIC}


def public_view(ctx: Context, user_id: str | None) -> Row | None:
    """UserPublic, inside other replies."""
    row = ctx.store.get("users", user_id)
    if row is None:
        return None
    made = view(ctx, row)
    return {name: made[name] for name in PUBLIC}


def _api_keys(ctx: Context, row: Row) -> Json:
    found = ctx.store.where("api_users", "user_id", text(row, "id"))
    return [
        {"id": str(n), "client_id": key["id"], "is_disabled": False, "type": "api3"}
        for n, key in enumerate(found, start=1)
    ]


def _before_create(ctx: Context, given: Row) -> None:
    credentials.split(ctx, given, None)


def _after_create(ctx: Context, row: Row, _given: Row) -> None:
    """A personal folder comes with the user (looker-api.md 2.7); All Users is everybody's group."""
    folder_id = folders.add_personal(ctx, row, _folder_name(row))
    row["personal_folder_id"] = folder_id
    _ = row.setdefault("home_folder_id", folder_id)


def _folder_name(row: Row) -> str:
    return display_name(row) or text(row, "email") or f"User {text(row, 'id')}"


def _before_update(ctx: Context, row: Row, given: Row) -> None:
    credentials.split(ctx, given, row)
    if given.get("is_disabled") and row["id"] == ctx.user_id:
        raise RefusedError(403, "you cannot disable yourself")


def _after_update(ctx: Context, row: Row, given: Row) -> None:
    """The personal folder's name follows the user's (looker-api.md 5, Folders)."""
    folder = ctx.store.get("folders", maybe(row, "personal_folder_id"))
    if folder is not None and ("first_name" in given or "last_name" in given):
        ctx.store.update("folders", folder, {"name": _folder_name(row)})


def _before_delete(ctx: Context, row: Row) -> None:
    """Personal content goes to the trash, schedules go for good (looker-api.md 2.7)."""
    id_ = text(row, "id")
    if id_ == ctx.user_id:
        raise RefusedError(403, "you cannot delete yourself")
    personal = ctx.store.get("folders", maybe(row, "personal_folder_id"))
    if personal is not None:
        for folder in [*folders.subtree(ctx.store, text(personal, "id")), personal]:
            folders.trash_content(ctx, folder)
            folders.remove(ctx, folder)
    for plan in ctx.store.where("scheduled_plans", "user_id", id_):
        ctx.store.delete("scheduled_plans", plan)
    for table in ("group_users", "role_users", "content_metadata_access"):
        for entry in ctx.store.where(table, "user_id", id_):
            ctx.store.delete(table, entry)


def _sees_nothing_hidden(_ctx: Context, _row: Row) -> bool:
    return True


KIND: Final = Kind(
    table="users",
    path="/users",
    model="User",
    defaults={"is_disabled": False, "locale": "en", "can_manage_api3_creds": False},
    references=(Reference("home_folder_id", "folders"),),
    search={
        "id": "id", "ids": "any", "first_name": "like", "last_name": "like", "email": "like",
        "full_name": "any", "is_disabled": "flag", "verified_looker_employee": "any",
        "embed_user": "any", "content_metadata_id": "any", "group_id": "any",
        "can_manage_api3_creds": "flag", "is_service_account": "flag",
    },
    sorts=("id", "first_name", "last_name", "email", "is_disabled"),
    admin_only=403,
    view=view,
    sees=_sees_nothing_hidden,
    before_create=_before_create,
    after_create=_after_create,
    before_update=_before_update,
    after_update=_after_update,
    before_delete=_before_delete,
)  # fmt: skip
LIST_QUERY: Final = operations.LISTED_WITH_PAGES - {"filter_or"} | {"ids"}


def _list(ctx: Context) -> Answer:
    if "ids" not in ctx.query:
        return operations.listing(ctx, KIND)
    wanted = ctx.query["ids"].split(",")
    found = [row for row in ctx.store.table("users").values() if row["id"] in wanted]
    return operations.listing(ctx, KIND, found)


def _search(ctx: Context) -> Answer:
    found = list(ctx.store.table("users").values())
    group_id = ctx.query.get("group_id")
    if group_id is not None:
        found = [
            row for row in found
            if group_id in membership.groups_of_user(ctx.store, text(row, "id"))
        ]  # fmt: skip
    embed = ctx.query.get("embed_user")
    if embed is not None:
        found = [row for row in found if bool(row.get("is_embed_user")) == (embed == "true")]
    if ctx.query.get("verified_looker_employee") == "true":
        found = []  # there are none here
    return operations.listing(ctx, KIND, found)


def _me(ctx: Context) -> Answer:
    return Answer(view(ctx, ctx.user))


def _by_credential(ctx: Context) -> Answer:
    if ctx.params["type"] == "email":
        wanted = ctx.params["credential"].casefold()
        for row in ctx.store.table("users").values():
            if text(row, "email").casefold() == wanted:
                return Answer(view(ctx, row))
    raise not_found()


def routes() -> Iterator[Route]:
    """Operations on users."""
    yield from operations.crud(KIND, "create read update delete", fields_on="create read update")
    yield Route(method="GET", path="/users", handle=_list, fields="User", query=LIST_QUERY)
    yield Route(
        method="GET",
        path="/users/search",
        handle=_search,
        fields="User",
        query=operations.LISTED_WITH_PAGES | (frozenset(KIND.search) - {"ids"}),
    )
    yield Route(method="GET", path="/user", handle=_me, fields="User")
    yield Route(
        method="GET",
        path="/users/credential/{type}/{credential}",
        handle=_by_credential,
        fields="User",
    )
    yield from credentials.routes()
