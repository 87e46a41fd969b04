"""From a method and a path to a route, by the path's segments."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from lookervault_plan.sandbox.kinds import Route
from lookervault_plan.sandbox.refusals import RefusedError, not_found


class Router:
    """A tree of path segments; a fixed segment wins over a parameter."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root: _Node = _Node()
        for route in routes:
            node = self._root
            names: list[str] = []
            for segment in route.path.strip("/").split("/"):
                if segment.startswith("{"):
                    names.append(segment[1:-1])
                    segment = "{}"  # noqa: PLW2901 - the same place in the tree for every name
                node = node.below.setdefault(segment, _Node())
            node.routes[route.method] = (route, tuple(names))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route, and its parameters unquoted.

        No such path is 404, and so is a method that it doesn't have: Looker has no route there.
        """
        segments = path.strip("/").split("/")
        values: list[str] = []
        node = _descend(self._root, segments, values)
        if node is None or not node.routes:
            raise not_found()
        found = node.routes.get(method)
        if found is None:
            raise RefusedError(404, f"{method} {path} is no operation of API 4.0")
        route, names = found
        return route, dict(zip(names, values, strict=True))


class _Node:
    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.routes: dict[str, tuple[Route, tuple[str, ...]]] = {}


def _descend(node: _Node, segments: list[str], values: list[str]) -> _Node | None:
    for segment in segments:
        fixed = node.below.get(segment)
        if fixed is not None:
            node = fixed
            continue
        free = node.below.get("{}")
        if free is None or not segment:
            return None
        values.append(unquote(segment))
        node = free
    return node
