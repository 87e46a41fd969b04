"""Record what each PATCH to a sandbox changes, and what it sends in vain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

from lookervault_plan.sandbox.looker import Looker

SOURCES = frozenset({"query_id", "look_id", "merge_result_id"})


@dataclass
class PatchRecorder:
    """A context manager that records every PATCH to a sandbox.

    The sandbox answers as before.
    """

    looker: Looker
    #: Fields that were sent with the value they had already.
    redundant: list[str] = field(default_factory=list)
    #: Paths of all PATCH requests, in order.
    patched: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        answer = self.looker.answer

        def recorded(
            method: str, path: str, query: dict[str, str], body: Any, *, user_id: str | None
        ) -> Any:
            if method == "PATCH":
                self._note(path, body, answer("GET", path, {}, None, user_id=user_id)[1])
            return answer(method, path, query, body, user_id=user_id)

        self.looker.answer = recorded
        return self

    def __exit__(self, *_: object) -> None:
        del self.looker.answer

    def _note(self, path: str, body: Mapping[str, Any], before: Any) -> None:
        before = msgspec.json.decode(msgspec.json.encode(before))
        self.patched.append(path)
        for name, value in body.items():
            if name == "result_maker" and SOURCES & body.keys():
                continue  # a tile with a new source needs its filterables sent again
            if _holds(before.get(name), value):
                self.redundant.append(f"PATCH {path} {name}: {value!r} was so already")


def _holds(before: Any, value: Any) -> bool:
    """Return whether `before` has every field of `value`; it may have more."""
    if isinstance(value, dict) and isinstance(before, dict):
        return all(_holds(before.get(name), inner) for name, inner in value.items())
    if isinstance(value, list) and isinstance(before, list):
        return len(value) == len(before) and all(map(_holds, before, value))
    return before == value or (before in (None, "") and value in (None, ""))


def repeated(paths: list[str]) -> list[str]:
    """List paths that were written more than once."""
    return sorted({path for path in paths if paths.count(path) > 1})
