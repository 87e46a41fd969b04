"""Endpoints under /_sandbox, by which another process steers a sandbox."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lookervault_plan.sandbox.behaviour import Behaviour
from lookervault_plan.sandbox.company.accidents import have_accidents
from lookervault_plan.sandbox.faults import Faults
from lookervault_plan.sandbox.looker import Looker
from lookervault_plan.sandbox.requests import RequestLog

Answered = tuple[int, bytes]


class SaveAs(msgspec.Struct):
    """The body of POST /_sandbox/save."""

    path: str


class Control:
    """What the endpoints do."""

    def __init__(self, looker: Looker, faults: Faults, log: RequestLog) -> None:
        self._looker: Looker = looker
        self._faults: Faults = faults
        self._log: RequestLog = log
        self._actions: dict[tuple[str, str], Callable[[bytes], object]] = {
            ("GET", "/_sandbox/requests"): lambda _: self._log,
            ("DELETE", "/_sandbox/requests"): lambda _: self._log.clear(),
            ("GET", "/_sandbox/faults"): lambda _: self._faults,
            ("PUT", "/_sandbox/faults"): self._put_faults,
            ("GET", "/_sandbox/behaviour"): lambda _: self._looker.instance.behaviour,
            ("PUT", "/_sandbox/behaviour"): self._put_behaviour,
            ("GET", "/_sandbox/overlaps"): lambda _: self._looker.overlaps,
            ("GET", "/_sandbox/dump"): lambda _: self._looker.dump(),
            ("POST", "/_sandbox/save"): self._save,
            ("POST", "/_sandbox/accidents"): lambda _: have_accidents(self._looker.call),
        }

    def answer(self, method: str, path: str, raw: bytes) -> Answered:
        """Status and JSON."""
        action = self._actions.get((method, path))
        if action is None:
            return 404, b'{"message":"no such control"}'
        try:
            with self._looker.lock:
                return 200, msgspec.json.encode(action(raw))
        except (msgspec.MsgspecError, OSError) as error:
            return 400, msgspec.json.encode({"message": str(error)})

    def _put_faults(self, raw: bytes) -> Faults:
        """All of them anew; what the body leaves out is as at the start."""
        wanted = msgspec.json.decode(raw, type=Faults)
        for name in wanted.__struct_fields__:
            setattr(self._faults, name, getattr(wanted, name))
        return self._faults

    def _put_behaviour(self, raw: bytes) -> Behaviour:
        """All of it anew; what the body leaves out is as usual."""
        self._looker.instance.behaviour = msgspec.json.decode(raw, type=Behaviour)
        return self._looker.instance.behaviour

    def _save(self, raw: bytes) -> None:
        self._looker.save(msgspec.json.decode(raw, type=SaveAs).path)
