"""Doubles of what the engine works on: a Looker in memory, a journal in a list."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.state.rows import StepIntent, StepOutcome, StepRecord

Answer = Callable[[str, str, Any], Any]


class Sent(msgspec.Struct):
    method: str
    path: str
    query: dict[str, Any]
    body: Any


class FakeLooker:
    """Gives new ids from 1000 on, remembers what it made, and fails where it is told to."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.made: dict[str, list[dict[str, Any]]] = {}
        self.troubles: list[tuple[str, str, Exception, bool]] = []
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self._next = 1000
        self._lock = threading.Lock()

    def fail(self, method: str, path: str, error: Exception, *, after: bool = False) -> None:
        """The next such request fails; `after` having been carried out."""
        self.troubles.append((method, path, error, after))

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Reply:
        with self._lock:
            self.sent.append(Sent(method, path, dict(query or {}), body))
            trouble = next(
                (one for one in self.troubles if one[0] == method and path.startswith(one[1])), None
            )
            if trouble:
                self.troubles.remove(trouble)
                if trouble[3]:
                    _ = self._answer(method, path, body)
                raise trouble[2]
            answer = self._answer(method, path, body)
        return Reply(status=200, headers={}, body=msgspec.json.encode(answer))

    def _answer(self, method: str, path: str, body: Any) -> Any:
        if method == "GET":
            return self.lists.get(path, self.made.get(path.rpartition("/")[2], []))
        if method == "DELETE":
            return ""
        if method != "POST":
            is_list = isinstance(body, list)
            return [] if is_list else {"id": path.rpartition("/")[2], **(body or {})}
        self._next += 1
        raw = {"id": str(self._next), **body}
        table = path.strip("/")
        self.made.setdefault(table, []).append(raw)
        if table == "dashboards":
            raw["dashboard_layouts"] = [
                {"id": f"{self._next}0", "type": "newspaper", "active": True}
            ]
        if table == "dashboard_elements":
            number = len(self.made[table]) - 1
            component = {
                "id": f"{self._next}1",
                "dashboard_element_id": raw["id"],
                "dashboard_layout_id": body["dashboard_layout_id"],
                "row": 4 * number,
                "column": 0,
                "width": 12,
                "height": 4,
            }
            self.made.setdefault("dashboard_layout_components", []).append(component)
        return raw

    def writes(self) -> list[str]:
        return [f"{sent.method} {sent.path}" for sent in self.sent if sent.method != "GET"]


class FakeLimiter:
    """Lets everything pass, after the waits it was given."""

    def __init__(self, *waits: float) -> None:
        self.waits = list(waits)

    def reserve(self) -> float:
        return self.waits.pop(0) if self.waits else 0.0

    def paused_seconds(self) -> float:
        return 2.5


class FakeJournal:
    """In memory; `steps` are what an earlier run left."""

    def __init__(self, records: Sequence[StepRecord] = ()) -> None:
        self.records = list(records)
        self.intents: list[StepIntent] = []
        self.outcomes: list[StepOutcome] = []
        self.batches: list[int] = []

    def intend(self, rows: Sequence[StepIntent]) -> None:
        self.batches.append(len(rows))
        self.intents.extend(rows)

    def finish(self, outcome: StepOutcome) -> None:
        self.outcomes.append(outcome)

    def flush(self) -> None:
        pass

    def steps(self) -> Sequence[StepRecord]:
        return self.records

    def outcome(self, step: str) -> StepOutcome:
        return next(each for each in reversed(self.outcomes) if each.step == step)

    def written(self, lose: Sequence[str] = ()) -> "FakeJournal":
        """What a later run finds: every intent, and the outcomes that were not lost."""
        ended = {each.step: each for each in self.outcomes if each.step not in lose}
        return FakeJournal([a_record(intent, ended.get(intent.step)) for intent in self.intents])


def a_record(intent: StepIntent, outcome: StepOutcome | None = None) -> StepRecord:
    return StepRecord(
        step=intent.step,
        kind=intent.kind,
        intended_at=intent.at,
        known_ids=intent.known_ids,
        outcome=outcome.outcome if outcome else None,
        finished_at=outcome.at if outcome else None,
        attempts=outcome.attempts if outcome else 0,
        revealed=outcome.revealed if outcome else {},
        error=outcome.error if outcome else None,
        http_status=outcome.http_status if outcome else None,
    )


def answered(status: int, *, code: str = "", message: str = "no") -> ApiError:
    errors = [{"field": "title", "code": code, "message": message}] if code else []
    body = msgspec.json.encode({"message": message, "errors": errors})
    return ApiError(status, "POST", "/x", body)


def lost(kind: Any = "reset") -> ConnectionFailed:
    return ConnectionFailed(kind, sent=True, method="POST", path="/x")
