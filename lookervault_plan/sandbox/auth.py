"""Login, tokens and their end.

Source:
    docs/looker-api.md, section 1.1; wrong credentials answer 404 [spec: login documents 404 and no
    401].
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from lookervault_plan.sandbox.json_fields import Row, text
from lookervault_plan.sandbox.refusals import RefusedError, not_found

if TYPE_CHECKING:
    from lookervault_plan.sandbox.faults import Faults
    from lookervault_plan.sandbox.store import Store

FORM: Final = "application/x-www-form-urlencoded"


class Token:
    """What a login gives."""

    __slots__: tuple[str, ...] = ("ends", "left", "user_id")

    def __init__(self, user_id: str, ends: float, left: int | None) -> None:
        self.user_id: str = user_id
        self.ends: float = ends
        self.left: int | None = left


class Tokens:
    """The tokens that are alive."""

    def __init__(self, seed: int) -> None:
        self._seed: int = seed
        self._made: int = 0
        self._alive: dict[str, Token] = {}

    def login(
        self, store: Store, faults: Faults, now: float, content_type: str, raw: bytes
    ) -> tuple[str, Row]:
        """Answer POST /login with the user's id and the reply.

        Credentials come in a form (looker-api.md 1.1).
        """
        if not content_type.startswith(FORM):
            raise RefusedError(400, f"login takes {FORM}")
        form = dict(parse_qsl(raw.decode("utf-8", "replace")))
        key = store.get("api_users", form.get("client_id"))
        if key is None or text(key, "secret") != form.get("client_secret"):
            raise not_found()
        user_id = text(key, "user_id")
        self._made += 1
        token = hashlib.sha256(f"{self._seed}:{self._made}".encode()).hexdigest()[:40]
        life = faults.expires_in if faults.token_seconds is None else faults.token_seconds
        self._alive[token] = Token(user_id, now + life, faults.token_requests)
        reply: Row = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": faults.expires_in,
            "refresh_token": None,
        }
        return user_id, reply

    def use(self, authorization: str, now: float) -> str:
        """The caller's id; 401 for no token, a wrong one, or one that has ended.

        Source:
            docs/looker-api.md, section 1.1: the reference says `token`, looker-sdk sends `Bearer`;
            both work.
        """
        scheme, _, value = authorization.partition(" ")
        token = self._alive.get(value.strip())
        if scheme.lower() not in {"token", "bearer"} or token is None:
            raise RefusedError(401)
        if token.ends <= now or token.left == 0:
            self.end(authorization)
            raise RefusedError(401)
        if token.left is not None:
            token.left -= 1
        return token.user_id

    def end(self, authorization: str) -> None:
        """Logout, or a token that is expired on purpose."""
        _ = self._alive.pop(authorization.partition(" ")[2].strip(), None)

    def end_all(self) -> None:
        """Every token is worthless from now on."""
        self._alive.clear()
