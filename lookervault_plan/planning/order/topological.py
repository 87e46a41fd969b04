"""Order actions by their dependencies, and find cycles."""

import heapq
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lookervault_plan.content.node import Address
from lookervault_plan.content.table.kinds import ITEM_KINDS
from lookervault_plan.plan_file import Action, needs_of

Graph = Mapping[str, Iterable[str]]


def ordered(depends_on: Graph, rank: Callable[[str], tuple[Any, ...]]) -> list[str]:
    """Sort addresses, dependencies first, ties by `rank`. Members of a cycle come last.

    Dependencies outside the graph are ignored.
    """
    waiting = {
        node: {dep for dep in deps if dep in depends_on} for node, deps in depends_on.items()
    }
    needed_by: dict[str, list[str]] = {node: [] for node in depends_on}
    for node, deps in waiting.items():
        for dep in deps:
            needed_by[dep].append(node)
    ready = [(rank(node), node) for node, deps in waiting.items() if not deps]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        _, node = heapq.heappop(ready)
        order.append(node)
        for after in needed_by[node]:
            waiting[after].discard(node)
            if not waiting[after]:
                heapq.heappush(ready, (rank(after), after))
    if len(order) < len(waiting):
        done = set(order)
        order.extend(sorted((node for node in waiting if node not in done), key=rank))
    return order


def components(graph: Graph) -> list[frozenset[str]]:
    """List the strongly connected components that are cycles.

    Kosaraju's algorithm, without recursion: plans chain thousands of folders.
    """
    inside = {node: sorted({dep for dep in deps if dep in graph}) for node, deps in graph.items()}
    turned: dict[str, list[str]] = {node: [] for node in graph}
    for node, deps in inside.items():
        for dep in deps:
            turned[dep].append(node)
    seen: set[str] = set()
    finished = [node for root in inside for node in _depth_first(root, inside, seen)]
    seen = set()
    groups = (frozenset(_depth_first(root, turned, seen)) for root in reversed(finished))
    return [
        members
        for members in groups
        if len(members) > 1 or any(node in inside[node] for node in members)
    ]


def _depth_first(root: str, graph: Mapping[str, list[str]], seen: set[str]) -> list[str]:
    """List the unseen nodes reachable from `root`, each after the nodes it leads to."""
    if root in seen:
        return []
    seen.add(root)
    finished: list[str] = []
    work = [(root, iter(graph[root]))]
    while work:
        node, rest = work[-1]
        after = next((dep for dep in rest if dep not in seen), None)
        if after is None:
            finished.append(node)
            _ = work.pop()
        else:
            seen.add(after)
            work.append((after, iter(graph[after])))
    return finished


def in_order(actions: Mapping[Address, Action]) -> tuple[Action, ...]:
    """Sort actions by their dependencies; ties by type, path and name."""
    rank = {kind: index for index, kind in enumerate(ITEM_KINDS)}

    def place(address: str) -> tuple[int, tuple[str, ...], str, str]:
        action = actions[Address(address)]
        return rank[action.type], action.path, action.name, address

    needs: Graph = {str(address): needs_of(action) for address, action in actions.items()}
    return tuple(actions[Address(address)] for address in ordered(needs, place))
