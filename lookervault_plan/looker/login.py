"""Log in with the API key, and share one access token among all threads.

Source: docs/looker-api.md, section 1.1.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

import msgspec

from lookervault_plan.errors import PlanError
from lookervault_plan.looker.error_messages import explain
from lookervault_plan.looker.errors import ApiError, ConnectionFailed, UnreadableReply
from lookervault_plan.looker.http_reply import api_error
from lookervault_plan.looker.settings import Connection
from lookervault_plan.looker.transport import HttpTransport

#: A token is renewed this long before it expires, or after 90 % of its life if that is later.
_RENEW_EARLY_SECONDS = 10.0
#: A longer lifetime is not believed.
_LONGEST_SECONDS = 86400.0
_TOKEN_LENGTH = 16_384
_SUCCESS = range(200, 300)


class Token(msgspec.Struct, frozen=True):
    """An access token as `Login` hands it out."""

    text: str
    #: Whether this very call has logged in to get it.
    is_fresh: bool


class Login:
    """The login of one API key: one request per expired token, for any number of threads."""

    def __init__(
        self,
        transport: HttpTransport,
        connection: Connection,
        *,
        on_login: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._connection = connection
        self._on_login = on_login
        self._clock = clock
        self._lock = threading.Lock()
        #: The token, and when to replace it, by the clock.
        self._current = ("", 0.0)
        self._refusal: PlanError | None = None
        #: How long the latest token lasts, as Looker says. None: it does not say.
        self.lifetime_seconds: float | None = None

    def token(self) -> Token:
        """Return the current token; log in if there is none or it is about to expire.

        Raises as `replace`.
        """
        token, expires_at = self._current
        if token and self._clock() < expires_at:
            return Token(token, is_fresh=False)
        return self.replace(token)

    def replace(self, dead: str) -> Token:
        """Return a token other than `dead`; log in unless another thread already has.

        Raises:
            PlanError: Looker refuses the login. Every later call raises the same.
            ApiError: Looker can't answer at present; `at_login` is set.
            ConnectionFailed: no answer; `sent` is False, as the request itself was not sent.
            UnreadableReply: the answer holds no token.

        """
        with self._lock:
            if self._refusal is not None:
                raise type(self._refusal)(self._refusal.diagnostic)
            current, _ = self._current
            if current not in ("", dead):
                return Token(current, is_fresh=False)
            try:
                granted = self._log_in()
            except ApiError as error:
                error.at_login = True
                if error.status in _SUCCESS:  # a proxy's page, perhaps for a moment
                    raise UnreadableReply(explain(error, self._connection).diagnostic) from error
                if error.status in {408, 429} or error.status >= 500:
                    raise
                self._refusal = explain(error, self._connection)
                raise self._refusal from error
            except ConnectionFailed as error:
                error.sent = False
                raise
            self.lifetime_seconds = granted.expires_in
            lifetime = min(granted.expires_in or math.inf, _LONGEST_SECONDS)
            early = min(_RENEW_EARLY_SECONDS, lifetime / 10)
            self._current = (granted.access_token, self._clock() + lifetime - early)
        self._on_login()
        return Token(granted.access_token, is_fresh=True)

    def _log_in(self) -> "_Granted":
        """Send the login form; the credentials never go into the URL."""
        credentials = {
            "client_id": self._connection.client_id,
            "client_secret": self._connection.client_secret,
        }
        reply = self._transport.send(
            "POST",
            "/login",
            body=urlencode(credentials).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        if not reply.is_success:
            raise api_error(reply)
        try:
            return msgspec.json.decode(reply.body, type=_Granted)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # The body is left out of the error: it may hold a token.
            raise ApiError(200, "POST", "/login") from None


class _Granted(msgspec.Struct):
    #: Only characters that a header may hold.
    access_token: Annotated[str, msgspec.Meta(pattern=r"\A[!-~]+\Z", max_length=_TOKEN_LENGTH)]
    #: Lifetime in seconds; None or 0 if Looker does not say.
    expires_in: Annotated[float, msgspec.Meta(ge=0)] | None = None
