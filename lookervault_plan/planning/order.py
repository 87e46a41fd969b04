"""Dependency order, and the cycles that soft references close."""

import heapq
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Graph = Mapping[str, Iterable[str]]


def ordered(depends_on: Graph, rank: Callable[[str], tuple[Any, ...]]) -> list[str]:
    """Addresses with dependencies first, ties by `rank`; members of a cycle come last.

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
    """Strongly connected components of more than one node, or of one that points to itself.

    Tarjan's algorithm, without recursion: plans chain thousands of folders.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[frozenset[str]] = []
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            for after in rest:
                if after not in graph:
                    continue
                if after not in index:
                    index[after] = low[after] = len(index)
                    stack.append(after)
                    on_stack.add(after)
                    work.append((after, iter(sorted(graph[after]))))
                    break
                if after in on_stack:
                    low[node] = min(low[node], index[after])
            else:
                _ = work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    members: set[str] = set()
                    while node not in members:
                        members.add(stack.pop())
                    on_stack -= members
                    if len(members) > 1 or node in set(graph[node]):
                        found.append(frozenset(members))
    return found
