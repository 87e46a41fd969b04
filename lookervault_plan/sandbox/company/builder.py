"""Calls that must succeed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, cast

from lookervault_plan.sandbox.company.vocabulary import Vocabulary
from lookervault_plan.sandbox.json_fields import Json, Row, text

# method, path, query, body -> status, JSON; Looker.call is one, an HTTP client may be another.
Caller: TypeAlias = Callable[[str, str, dict[str, object] | None, Json], tuple[int, Json]]


class CallFailedError(Exception):
    """The instance refused what the company needs."""


class CompanyBuilder:
    """The instance under construction: calls, words, and what is there so far."""

    def __init__(self, call: Caller, seed: int) -> None:
        self._call: Caller = call
        self.vocabulary: Vocabulary = Vocabulary(seed)
        self.user_ids: list[str] = []
        self.personal_ids: list[str] = []
        self.folder_ids: list[str] = []
        self.look_ids: list[str] = []
        self.dashboard_ids: list[str] = []
        self.element_ids: list[str] = []
        self.query_ids: list[str] = []
        self.merge_ids: list[str] = []
        self.group_ids: list[str] = []
        self.tab_ids: dict[str, list[str]] = {}  # of dashboards with several tabs

    def request(self, method: str, path: str, body: Json = None, **query: object) -> Json:
        """The reply's JSON."""
        status, reply = self._call(method, path, query or None, body)
        if status not in (200, 204):
            raise CallFailedError(f"{status} {method} {path}: {reply}")
        return reply

    def one(self, method: str, path: str, body: Json = None, **query: object) -> Row:
        """The same, where the reply is an object."""
        return cast("Row", self.request(method, path, body, **query))

    def make(self, path: str, body: Row) -> str:
        """POST; gives the new id."""
        return text(self.one("POST", path, body), "id")

    def pick(self, ids: list[str]) -> str:
        """Any of the ids."""
        return self.vocabulary.random.choice(ids)
