"""What every rule works on: the store, the clock, the instance's settings, and the caller."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from lookervault_plan.sandbox.behaviour import Behaviour
from lookervault_plan.sandbox.json_fields import Json, Row, text
from lookervault_plan.sandbox.lookml import Lookml
from lookervault_plan.sandbox.refusals import RefusedError, not_found

if TYPE_CHECKING:
    from lookervault_plan.sandbox.fields import Wanted
    from lookervault_plan.sandbox.store import Store

Clock = Callable[[], float]
BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
EVERYTHING_ALLOWED: Final[Row] = dict.fromkeys(
    ("index", "show", "create", "update", "destroy", "copy", "move", "run"), True
)
CREATED_STEP_SECONDS: Final = 101


def system_clock() -> float:
    """Seconds since 1970."""
    return time.time_ns() / 1e9


class Instance:
    """One simulated instance."""

    def __init__(self, store: Store, lookml: Lookml, *, seed: int, clock: Clock) -> None:
        self.store: Store = store
        self.lookml: Lookml = lookml
        self.seed: int = seed
        self.clock: Clock = clock
        self.strict: bool = True
        self.total_count: bool = True
        self.looker_version: str = "26.12.3"
        self.base_url: str = "http://127.0.0.1"
        self.ignore_fields: dict[str, list[str]] = {}
        # Status that answers the adding of an edge that is there already. None: it is taken.
        self.edge_exists_status: int | None = None
        # Paths of routes that an older Looker does not have: 404 for everybody.
        self.lacks: frozenset[str] = frozenset()
        # Paths of routes that are for admins, and the status that others get.
        self.admin_reads: dict[str, int] = {}
        # Field and value, in every object of a reply (newer_fields.py).
        self.newer_fields: Row = {}
        #: What the facts leave open, and this instance does one way.
        self.behaviour: Behaviour = Behaviour()
        # Rows that searches found, with the store's version at the time (operations.py).
        self.found: dict[tuple[object, ...], tuple[int, list[Row]]] = {}
        self._slugs: random.Random = random.Random(f"{seed}:slugs")  # noqa: S311 - no secret

    @property
    def api_url(self) -> str:
        """What `url` fields of replies begin with."""
        return f"{self.base_url}/api/4.0"

    def take_lookml(self, saved: Json) -> None:
        """LookML as `msgspec.to_builtins` wrote it."""
        self.lookml = msgspec.convert(saved, Lookml)

    def now(self) -> str:
        """The time as Looker writes it: 2025-01-18T16:35:39.392+00:00."""
        return _iso(self.clock())

    def birth(self) -> str:
        """A `created_at`: now, rounded down so that two seeds never share a second."""
        now = self.clock()
        back = (int(now) - self.seed) % CREATED_STEP_SECONDS
        return _iso(now - back)

    def slug(self) -> str:
        """22 characters of base 62 (looker-api.md 2.1), new on each call."""
        return "".join(self._slugs.choices(BASE62, k=22))


class Context:
    """One request: who asks what."""

    __slots__: tuple[str, ...] = (
        "body",
        "instance",
        "is_admin",
        "params",
        "query",
        "store",
        "user",
        "wanted",
    )  # fmt: skip

    def __init__(
        self,
        instance: Instance,
        user: Row,
        *,
        is_admin: bool,
        params: dict[str, str],
        query: dict[str, str],
        body: Json,
        wanted: Wanted | None = None,
    ) -> None:
        self.instance: Instance = instance
        self.store: Store = instance.store
        self.user: Row = user
        self.is_admin: bool = is_admin
        self.params: dict[str, str] = params
        self.query: dict[str, str] = query
        self.body: Json = body
        self.wanted: Wanted | None = wanted

    @property
    def user_id(self) -> str:
        """The caller's id."""
        return text(self.user, "id")

    def find(self, table: str, id_: str | None) -> Row:
        """The row; 404 without one."""
        row = self.store.get(table, id_)
        if row is None:
            raise not_found()
        return row

    def refuse_existing_edge(self, *, exists: bool, message: str) -> None:
        """Refuse to add an edge that exists, if the instance is one that refuses it."""
        status = self.instance.edge_exists_status
        if exists and status is not None:
            raise RefusedError(status, message)

    def wants(self, field: str) -> bool:
        """Whether the reply needs a field: costly ones are only made on demand."""
        return self.wanted is None or field in self.wanted


def user_name(store: Store, user_id: str | None) -> str | None:
    """First and last name of a user."""
    user = store.get("users", user_id)
    return None if user is None else display_name(user)


def display_name(user: Row) -> str:
    """What Looker shows for a user: the names, else nothing."""
    return f"{text(user, 'first_name')} {text(user, 'last_name')}".strip()


def _iso(seconds: float) -> str:
    stamp = datetime.fromtimestamp(seconds, UTC)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{stamp.microsecond // 1000:03d}+00:00"
