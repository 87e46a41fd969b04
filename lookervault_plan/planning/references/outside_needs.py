"""Collect what the written items of a plan need beyond content, and which of them needs it."""

from collections import defaultdict
from collections.abc import Mapping

from lookervault_plan.content.mentions import Mentioned, mentions, queries_of, query_fields
from lookervault_plan.content.node import DesiredNode
from lookervault_plan.planning.references.explores import used_explores


class OutsideNeeds:
    """The outside things that items mention, and the explore fields that their queries use."""

    def __init__(self, explores: frozenset[str] | None) -> None:
        """`explores` are those whose fields are asked about; None: none are."""
        self._explores = explores
        self._mentioned: dict[Mentioned, dict[str, None]] = defaultdict(dict)
        self._fields: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))

    def add(self, item: DesiredNode) -> None:
        """Add an item that the plan writes, and its parts."""
        for node in item.with_parts():
            name = item.address if node is item else f"{node.name or node.id!r} of {item.address}"
            for mentioned in mentions(node):
                self._mentioned[mentioned][name] = None
            for kind, body in queries_of(node) if self._explores is not None else ():
                for explore in used_explores(kind, body):
                    for field in query_fields(kind, body) if self._has(explore) else ():
                        self._fields[explore][field][name] = None

    def _has(self, explore: str) -> bool:
        return self._explores is not None and explore in self._explores

    def mentioned(self) -> Mapping[Mentioned, tuple[str, ...]]:
        """Map each outside thing to what mentions it."""
        return {thing: tuple(users) for thing, users in self._mentioned.items()}

    def fields_used(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Map each explore that the destination has to its fields and what asks for them."""
        return {
            explore: {field: tuple(users) for field, users in fields.items()}
            for explore, fields in self._fields.items()
        }
