"""Users, their e-mail credentials, their personal folders.

Source:
    A 2.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, engine
from lookervault_plan.sandbox.kinds import NOTHING, Answer, Kind, Reference, Route
from lookervault_plan.sandbox.refusals import Refusal, invalid, not_found, taken
from lookervault_plan.sandbox.rules import folders, membership
from lookervault_plan.sandbox.shapes import Json, Row, maybe, objects, text
from lookervault_plan.sandbox.world import EVERYTHING_ALLOWED, Ctx, display_name

BLANK: Final = bodies.blank("User")
CREDENTIALS: Final = bodies.blank("CredentialsEmail")
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
# What others than admins see of a user: the "public" view (A 2.7).
PUBLIC: Final = ("id", "first_name", "last_name", "display_name", "avatar_url", "url", "can")


def view(ctx: Ctx, row: Row) -> Row:
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
        "credentials_email": None if email is None else _credentials(ctx, row),
        "credentials_api3": _api_keys(ctx, row),
        "group_ids": membership.groups_of_user(ctx.store, id_),
        "role_ids": membership.roles_of_user(ctx.store, id_),
        "url": f"{ctx.world.api_url}/users/{id_}",
    }
    for private in ("_email_created_at", "_forced_reset"):
        _ = made.pop(private, None)
    if ctx.is_admin or id_ == ctx.user_id:
        return made
    return {name: made[name] for name in PUBLIC}


def public_view(ctx: Ctx, user_id: str | None) -> Row | None:
    """UserPublic, inside other replies."""
    row = ctx.store.get("users", user_id)
    if row is None:
        return None
    made = view(ctx, row)
    return {name: made[name] for name in PUBLIC}


def _credentials(ctx: Ctx, row: Row) -> Row:
    url = f"{ctx.world.api_url}/users/{text(row, 'id')}"
    return {
        **CREDENTIALS,
        "can": {"show_password_reset_url": True},
        "created_at": row.get("_email_created_at"),
        "email": row["email"],
        "forced_password_reset_at_next_login": bool(row.get("_forced_reset")),
        "is_disabled": False,
        "logged_in_at": "",
        "password_reset_url_expired": True,
        "account_setup_url": f"{ctx.world.base_url}/account/setup/{text(row, 'id')}",
        "account_setup_url_expired": False,
        "type": "email",
        "user_id": row["id"],
        "url": f"{url}/credentials_email",
        "user_url": url,
    }


def _api_keys(ctx: Ctx, row: Row) -> Json:
    found = ctx.store.where("api_users", "user_id", text(row, "id"))
    return [
        {"id": str(n), "client_id": key["id"], "is_disabled": False, "type": "api3"}
        for n, key in enumerate(found, start=1)
    ]


def _split_credentials(ctx: Ctx, given: Row, row: Row | None) -> None:
    if "credentials_email" not in given:
        return
    nested = objects(given, "credentials_email")
    _ = given.pop("credentials_email")
    if maybe(nested, "email") is not None:
        given |= _email_fields(ctx, nested, row)


def _email_fields(ctx: Ctx, nested: Row, row: Row | None) -> Row:
    """E-mail addresses are unique without regard to case (A 2.7)."""
    email = text(nested, "email")
    if "@" not in email:
        raise invalid("email", "invalid", "email is not an address")
    for other in ctx.store.table("users").values():
        if other is not row and text(other, "email").casefold() == email.casefold():
            if row is None or maybe(row, "email") is None:
                raise Refusal(409, "Credentials with this email already exists.")
            raise taken("email", "Credentials with this email already exists.")
    made: Row = {"email": email, "_email_created_at": ctx.world.birth()}
    if "forced_password_reset_at_next_login" in nested:
        made["_forced_reset"] = nested["forced_password_reset_at_next_login"]
    return made


def _before_create(ctx: Ctx, given: Row) -> None:
    _split_credentials(ctx, given, None)


def _after_create(ctx: Ctx, row: Row, _given: Row) -> None:
    """A personal folder comes with the user (A 2.7); All Users is everybody's group."""
    folder_id = folders.add_personal(ctx, row, _folder_name(row))
    row["personal_folder_id"] = folder_id
    _ = row.setdefault("home_folder_id", folder_id)


def _folder_name(row: Row) -> str:
    return display_name(row) or text(row, "email") or f"User {text(row, 'id')}"


def _before_update(ctx: Ctx, row: Row, given: Row) -> None:
    _split_credentials(ctx, given, row)
    if given.get("is_disabled") and row["id"] == ctx.user_id:
        raise Refusal(403, "you cannot disable yourself")


def _after_update(ctx: Ctx, row: Row, given: Row) -> None:
    """The personal folder's name follows the user's (A 5, Folders)."""
    folder = ctx.store.get("folders", maybe(row, "personal_folder_id"))
    if folder is not None and ("first_name" in given or "last_name" in given):
        ctx.store.update("folders", folder, {"name": _folder_name(row)})


def _before_delete(ctx: Ctx, row: Row) -> None:
    """Personal content goes to the trash, schedules go for good (A 2.7)."""
    id_ = text(row, "id")
    if id_ == ctx.user_id:
        raise Refusal(403, "you cannot delete yourself")
    personal = ctx.store.get("folders", maybe(row, "personal_folder_id"))
    if personal is not None:
        for folder in [*folders.subtree(ctx.store, text(personal, "id")), personal]:
            folders.remove(ctx, folder)
    for plan in ctx.store.where("scheduled_plans", "user_id", id_):
        ctx.store.delete("scheduled_plans", plan)
    for table in ("group_users", "role_users", "content_metadata_access"):
        for entry in ctx.store.where(table, "user_id", id_):
            ctx.store.delete(table, entry)


def _sees_nothing_hidden(_ctx: Ctx, _row: Row) -> bool:
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
        "can_manage_api3_creds": "flag", "is_service_account": "any",
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
LIST_QUERY: Final = engine.LISTED_WITH_PAGES - {"filter_or"} | {"ids"}


def _list(ctx: Ctx) -> Answer:
    if "ids" not in ctx.query:
        return engine.listing(ctx, KIND)
    wanted = ctx.query["ids"].split(",")
    found = [row for row in ctx.store.table("users").values() if row["id"] in wanted]
    return engine.listing(ctx, KIND, found)


def _search(ctx: Ctx) -> Answer:
    found = list(ctx.store.table("users").values())
    group_id = ctx.query.get("group_id")
    if group_id is not None:
        found = [
            row for row in found
            if group_id in membership.groups_of_user(ctx.store, text(row, "id"))
        ]  # fmt: skip
    if any(
        ctx.query.get(name, "").lower() == "true"
        for name in ("embed_user", "is_service_account", "verified_looker_employee")
    ):
        found = []  # there are none of those here
    return engine.listing(ctx, KIND, found)


def _me(ctx: Ctx) -> Answer:
    return Answer(view(ctx, ctx.user))


def _by_credential(ctx: Ctx) -> Answer:
    if ctx.params["type"] == "email":
        wanted = ctx.params["credential"].casefold()
        for row in ctx.store.table("users").values():
            if text(row, "email").casefold() == wanted:
                return Answer(view(ctx, row))
    raise not_found()


def _read_email(ctx: Ctx) -> Answer:
    row = engine.the_one(ctx, KIND)
    if maybe(row, "email") is None:
        raise not_found()
    return Answer(_credentials(ctx, row))


def _write_email(ctx: Ctx, *, new: bool) -> Answer:
    row = engine.the_one(ctx, KIND)
    if not ctx.is_admin:
        raise Refusal(403)
    given = bodies.check("CredentialsEmail", ctx.body, strict=ctx.world.strict)
    has_one = maybe(row, "email") is not None
    if new and has_one:
        raise Refusal(409, "the user has e-mail credentials")
    if not new and not has_one:
        raise not_found()
    if maybe(given, "email") is None and new:
        raise invalid("email", "missing_field", "email is required")
    if maybe(given, "email") is not None:
        ctx.store.update("users", row, _email_fields(ctx, given, row))
    if "forced_password_reset_at_next_login" in given:
        row["_forced_reset"] = given["forced_password_reset_at_next_login"]
    return Answer(_credentials(ctx, row))


def _delete_email(ctx: Ctx) -> Answer:
    row = engine.the_one(ctx, KIND)
    if not ctx.is_admin:
        raise Refusal(403)
    if maybe(row, "email") is None:
        raise not_found()
    ctx.store.update("users", row, {"email": None})
    return NOTHING


def routes() -> Iterator[Route]:
    """Operations on users."""
    yield from engine.crud(KIND, "create read update delete", fields_on="create read update")
    yield Route(method="GET", path="/users", handle=_list, fields="User", query=LIST_QUERY)
    yield Route(
        method="GET",
        path="/users/search",
        handle=_search,
        fields="User",
        query=engine.LISTED_WITH_PAGES | (frozenset(KIND.search) - {"ids"}),
    )
    yield Route(method="GET", path="/user", handle=_me, fields="User")
    yield Route(
        method="GET",
        path="/users/credential/{type}/{credential}",
        handle=_by_credential,
        fields="User",
    )
    path, model = "/users/{id}/credentials_email", "CredentialsEmail"
    yield Route(method="GET", path=path, handle=_read_email, fields=model)
    yield Route(
        method="POST",
        path=path,
        handle=lambda ctx: _write_email(ctx, new=True),
        fields=model,
        has_body=True,
    )
    yield Route(
        method="PATCH",
        path=path,
        handle=lambda ctx: _write_email(ctx, new=False),
        fields=model,
        has_body=True,
    )
    yield Route(method="DELETE", path=path, handle=_delete_email)
