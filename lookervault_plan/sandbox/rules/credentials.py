"""E-mail credentials of users.

Source:
    docs/looker-api.md, section 2.7: a user's own calls, or nested in POST /users.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies
from lookervault_plan.sandbox.context import Context
from lookervault_plan.sandbox.json_fields import Row, maybe, objects, text
from lookervault_plan.sandbox.kinds import NOTHING, Answer, Route
from lookervault_plan.sandbox.refusals import RefusedError, invalid, not_found, taken

CREDENTIALS: Final = bodies.blank("CredentialsEmail")


def view(ctx: Context, row: Row) -> Row:
    """CredentialsEmail, with the one-time link that a set-up mail would hold."""
    url = f"{ctx.instance.api_url}/users/{text(row, 'id')}"
    return {
        **CREDENTIALS,
        "can": {"show_password_reset_url": True},
        "created_at": row.get("_email_created_at"),
        "email": row["email"],
        "forced_password_reset_at_next_login": bool(row.get("_forced_reset")),
        "is_disabled": False,
        "logged_in_at": "",
        "password_reset_url_expired": True,
        "account_setup_url": f"{ctx.instance.base_url}/account/setup/{text(row, 'id')}",
        "account_setup_url_expired": False,
        "type": "email",
        "user_id": row["id"],
        "url": f"{url}/credentials_email",
        "user_url": url,
    }


def split(ctx: Context, given: Row, row: Row | None) -> None:
    """Take the nested credentials out of a user's body."""
    if "credentials_email" not in given:
        return
    nested = objects(given, "credentials_email")
    _ = given.pop("credentials_email")
    if maybe(nested, "email") is not None:
        given |= _email_fields(ctx, nested, row)


def _email_fields(ctx: Context, nested: Row, row: Row | None) -> Row:
    """E-mail addresses are unique without regard to case (looker-api.md 2.7)."""
    email = text(nested, "email")
    if "@" not in email:
        raise invalid("email", "invalid", "email is not an address")
    for other in ctx.store.table("users").values():
        if other is not row and text(other, "email").casefold() == email.casefold():
            if row is None or maybe(row, "email") is None:
                raise RefusedError(409, "Credentials with this email already exists.")
            raise taken("email", "Credentials with this email already exists.")
    made: Row = {"email": email, "_email_created_at": ctx.instance.birth()}
    if "forced_password_reset_at_next_login" in nested:
        made["_forced_reset"] = nested["forced_password_reset_at_next_login"]
    return made


def _read_email(ctx: Context) -> Answer:
    row = ctx.find("users", ctx.params["id"])
    if maybe(row, "email") is None:
        raise not_found()
    return Answer(view(ctx, row))


def _write_email(ctx: Context, *, new: bool) -> Answer:
    row = ctx.find("users", ctx.params["id"])
    if not ctx.is_admin:
        raise RefusedError(403)
    given = bodies.check("CredentialsEmail", ctx.body, strict=ctx.instance.strict)
    has_one = maybe(row, "email") is not None
    if new and has_one:
        raise RefusedError(409, "the user has e-mail credentials")
    if not new and not has_one:
        raise not_found()
    if maybe(given, "email") is None and new:
        raise invalid("email", "missing_field", "email is required")
    if maybe(given, "email") is not None:
        ctx.store.update("users", row, _email_fields(ctx, given, row))
    if "forced_password_reset_at_next_login" in given:
        row["_forced_reset"] = given["forced_password_reset_at_next_login"]
    return Answer(view(ctx, row))


def _delete_email(ctx: Context) -> Answer:
    row = ctx.find("users", ctx.params["id"])
    if not ctx.is_admin:
        raise RefusedError(403)
    if maybe(row, "email") is None:
        raise not_found()
    ctx.store.update("users", row, {"email": None})
    return NOTHING


def routes() -> Iterator[Route]:
    """Operations on a user's e-mail credentials."""
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
