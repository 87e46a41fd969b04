"""The simulated instance without HTTP: its state, and calls through all of its rules."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from lookervault_plan.sandbox import fields, newer_fields
from lookervault_plan.sandbox.company.lookml import LOOKML
from lookervault_plan.sandbox.context import Clock, Context, Instance, system_clock
from lookervault_plan.sandbox.json_fields import Json, Row, text
from lookervault_plan.sandbox.kinds import Answer, Kind, Route
from lookervault_plan.sandbox.refusals import RefusedError, documentation_url
from lookervault_plan.sandbox.routing import Router
from lookervault_plan.sandbox.rules import folders, membership, queries, users
from lookervault_plan.sandbox.rules.table import KINDS, all_routes, seed_built_ins
from lookervault_plan.sandbox.store import Store

if TYPE_CHECKING:
    from lookervault_plan.sandbox.lookml import Lookml

USER_ROLE, ADMIN_ROLE = "1", "2"


class Overlap(msgspec.Struct, frozen=True):
    """Two tiles of one dashboard, created at once: clients must not (looker-api.md 3.2)."""

    dashboard_id: str
    at: float  # monotonic seconds


class Looker:
    """One instance: `call` it as a client would, or look into `store`."""

    def __init__(
        self,
        *,
        seed: int = 7,
        clock: Clock = system_clock,
        lookml: Lookml | None = None,
        client_id: str = "sandbox-id",
        client_secret: str = "sandbox-secret",  # noqa: S107 - of a simulator
        load: str | Path | None = None,
    ) -> None:
        self.store: Store = Store(seed, _indexes(KINDS))
        self.instance: Instance = Instance(self.store, lookml or LOOKML, seed=seed, clock=clock)
        self.overlaps: list[Overlap] = []
        self.lock: threading.RLock = threading.RLock()
        self._router: Router = _router()
        if load is None:
            seed_built_ins(self.store)
            self.install_lookml(self.instance.lookml)
            self.admin_id: str = self._first_admin(client_id, client_secret)
        else:
            self._load(Path(load))

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: object = None,
        *,
        user_id: str | None = None,
    ) -> tuple[int, Any]:  # Any: JSON, whose shape the caller knows
        """A request without HTTP, as the admin or as `user_id`: status and JSON.

        What comes back is for reading: parts of it are the instance's own objects.
        """
        asked = {name: _as_text(value) for name, value in (query or {}).items()}
        status, reply, _ = self.answer(method, path, asked, cast("Json", body), user_id=user_id)
        return status, reply

    def answer(
        self, method: str, path: str, query: dict[str, str], body: Json, *, user_id: str | None
    ) -> tuple[int, Json, int | None]:
        """The same with the total of a paged list."""
        template = path
        try:
            route, params = self._router.find(method, path)
            template = route.path
            newer = self.instance.newer_fields
            body = newer_fields.left_out(body, newer) if newer else body
            self._check_request(route, query, body)
            with self.lock:
                answer = self._handle(route, params, query, body, user_id or self.admin_id)
        except RefusedError as refusal:
            url = documentation_url(refusal.status, method, template)
            return refusal.status, refusal.body(url), None
        return answer.status, answer.body, answer.total

    def add_api_user(self, *, admin: bool = True, name: str = "API User") -> tuple[str, str]:
        """Add a user with an API key; return its client id and secret.

        Who is no admin gets the built-in role User, which has all models.
        """
        first, _, last = name.partition(" ")
        with self.lock:
            number = len(self.store.table("api_users")) + 1
            email = f"api{number}@sandbox.example.com"
            body: Row = {"first_name": first, "last_name": last}
            body["credentials_email"] = {"email": email}
            user_id = self._made("/users", body)
            role_id = ADMIN_ROLE if admin else USER_ROLE
            membership.link(self.store, "role_users", role_id=role_id, user_id=user_id)
            return self._add_key(user_id, f"sandbox-id-{number}", f"sandbox-secret-{number}")

    def add_external_group(self, name: str, external_group_id: str) -> str:
        """A group that LDAP, SAML or OIDC manages, which the API can't make; gives its id."""
        with self.lock:
            row = self.store.table("groups")[self._made("/groups", {"name": name})]
            managed: Row = {"externally_managed": True, "external_group_id": external_group_id}
            self.store.update("groups", row, managed)
            return text(row, "id")

    def add_embed_user(self, external_user_id: str) -> str:
        """Add an embed user with its folder; return its id (looker-api.md 2.5, 2.7)."""
        with self.lock:
            row = self.store.table("users")[self._made("/users", {})]
            embed: Row = {"external_user_id": external_user_id, "type": "embed"}
            self.store.update("users", row, {"credentials_embed": [embed], "is_embed_user": True})
            folder = self.store.table("folders")[text(row, "personal_folder_id")]
            moved: Row = {"parent_id": folders.EMBED_USERS, "is_embed": True}
            self.store.update("folders", folder, moved | {"external_id": external_user_id})
            return text(row, "id")

    def add_service_account(self, name: str) -> str:
        """A user that is no person; gives its id."""
        with self.lock:
            row = self.store.table("users")[self._made("/users", {})]
            account: Row = {"is_service_account": True, "service_account_name": name}
            self.store.update("users", row, account)
            return text(row, "id")

    def install_lookml(self, lookml: Lookml) -> None:
        """Give the instance its LookML and connections; models get their configuration."""
        with self.lock:
            self.instance.lookml = lookml
            for model in lookml.models:
                if model.configured and self.store.get("lookml_models", model.name) is None:
                    row: Row = {
                        "id": model.name,
                        "name": model.name,
                        "project_name": model.project,
                        "allowed_db_connection_names": [*model.connections],
                        "unlimited_db_connections": False,
                    }
                    _ = self.store.insert("lookml_models", row)

    def dump(self) -> Row:
        """All tables, ids and settings as JSON."""
        with self.lock:
            dumped = self.store.dump()
            dumped["admin_id"] = self.admin_id
            dumped["lookml"] = cast("Json", msgspec.to_builtins(self.instance.lookml))
            return dumped

    def save(self, path: str | Path) -> None:
        """Write `dump` to a file: JSON for *.json, else msgpack. `load=` starts from it."""
        encode = msgspec.json.encode if str(path).endswith(".json") else msgspec.msgpack.encode
        _ = Path(path).write_bytes(encode(self.dump()))

    def _made(self, path: str, body: Row) -> str:
        """The id of something new."""
        _, made, _ = self.answer("POST", path, {}, body, user_id=None)
        return text(cast("Row", made), "id")

    def _load(self, path: Path) -> None:
        raw = path.read_bytes()
        decode = msgspec.json.decode if raw[:1] == b"{" else msgspec.msgpack.decode
        dumped = cast("Row", decode(raw))
        self.admin_id = text(dumped, "admin_id")
        self.instance.take_lookml(dumped["lookml"])
        self.store.load(dumped)

    def _first_admin(self, client_id: str, client_secret: str) -> str:
        """The admin API user, made before there is anyone to ask for it."""
        row: Row = {
            **users.KIND.defaults,
            "id": self.store.next_id("users"),
            "first_name": "Sandbox",
            "last_name": "Admin",
            "email": "admin@sandbox.example.com",
            "_email_created_at": self.instance.birth(),
        }
        _ = self.store.insert("users", row)
        ctx = Context(self.instance, row, is_admin=True, params={}, query={}, body=None)
        row["personal_folder_id"] = folders.add_personal(ctx, row, "Sandbox Admin")
        row["home_folder_id"] = row["personal_folder_id"]
        membership.link(self.store, "role_users", role_id=ADMIN_ROLE, user_id=text(row, "id"))
        _ = self._add_key(text(row, "id"), client_id, client_secret)
        return text(row, "id")

    def _add_key(self, user_id: str, client_id: str, secret: str) -> tuple[str, str]:
        key: Row = {"id": client_id, "secret": secret, "user_id": user_id}
        _ = self.store.insert("api_users", key)
        return client_id, secret

    def _check_request(self, route: Route, query: dict[str, str], body: Json) -> None:
        if route.path in self.instance.lacks:
            raise RefusedError(404, f"{route.method} {route.path} is no operation of API 4.0")
        if route.has_body and body is None:
            raise RefusedError(400, "a body is required")
        if self.instance.strict:
            for name in query:
                if name not in route.query and not (name == "fields" and route.fields):
                    raise RefusedError(
                        400, f"{route.method} {route.path} takes no parameter {name}"
                    )

    def _handle(
        self, route: Route, params: dict[str, str], query: dict[str, str], body: Json, user_id: str
    ) -> Answer:
        user = self.store.get("users", user_id)
        if user is None or user.get("is_disabled"):
            raise RefusedError(401)
        wanted = fields.parse(query["fields"], route.fields) if query.get("fields") else None
        ctx = Context(
            self.instance,
            user,
            is_admin=self.store.get("role_users", f"{ADMIN_ROLE}:{user_id}") is not None
            or ADMIN_ROLE in membership.roles_of_user(self.store, user_id),
            params=params,
            query=query,
            body=body,
            wanted=wanted,
        )
        if route.method == "GET" and not ctx.is_admin and route.path in self.instance.admin_reads:
            raise RefusedError(self.instance.admin_reads[route.path])
        answer = route.handle(ctx)
        reply = answer.body
        if self.instance.newer_fields:
            reply = newer_fields.added(reply, self.instance.newer_fields)
        if wanted is not None:
            reply = fields.trim(reply, wanted)
        return Answer(reply, status=answer.status, total=answer.total)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@functools.cache
def _router() -> Router:
    return Router(all_routes())


def _indexes(kinds: Iterable[Kind]) -> dict[str, tuple[str, ...]]:
    found = {kind.table: kind.indexes for kind in kinds}
    return {**found, **queries.INDEXES, **membership.INDEXES}
