"""What a sandbox was asked to write, and whether each write was needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

from lookervault_plan.sandbox.looker import Looker

SOURCES = frozenset({"query_id", "look_id", "merge_result_id"})


@dataclass
class Watch:
    """Follows every PATCH of a sandbox: what it sends that was so already.

    Use as a context manager; the sandbox's own rules stay as they are.
    """

    looker: Looker
    useless: list[str] = field(default_factory=list)
    patched: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        answer = self.looker.answer

        def watched(
            method: str, path: str, query: dict[str, str], body: Any, *, user_id: str | None
        ) -> Any:
            if method == "PATCH":
                self._note(path, body, answer("GET", path, {}, None, user_id=user_id)[1])
            return answer(method, path, query, body, user_id=user_id)

        self.looker.answer = watched
        return self

    def __exit__(self, *_: object) -> None:
        del self.looker.answer

    def _note(self, path: str, body: Mapping[str, Any], before: Any) -> None:
        before = msgspec.json.decode(msgspec.json.encode(before))
        self.patched.append(path)
        for name, value in body.items():
            if name == "result_maker" and SOURCES & body.keys():
                continue  # what a tile shows decides its filterables, unless they are sent along
            if _holds(before.get(name), value):
                self.useless.append(f"PATCH {path} {name}: {value!r} was so already")


def _holds(before: Any, value: Any) -> bool:
    """Whether an object has all that is sent; it may have read-only fields besides."""
    if isinstance(value, dict) and isinstance(before, dict):
        return all(_holds(before.get(name), inner) for name, inner in value.items())
    if isinstance(value, list) and isinstance(before, list):
        return len(value) == len(before) and all(map(_holds, before, value))
    return before == value or (before in (None, "") and value in (None, ""))


def repeated(paths: list[str]) -> list[str]:
    """Objects that were written more than once."""
    return sorted({path for path in paths if paths.count(path) > 1})
