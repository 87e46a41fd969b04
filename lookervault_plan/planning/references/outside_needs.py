"""Collect what the written items of a plan need beyond content, and which of them needs it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lookervault_plan.content.mentions import Mentioned, mentions, queries_of, query_fields
from lookervault_plan.content.node import DesiredNode, Node
from lookervault_plan.planning.references.explores import used_explores
from lookervault_plan.planning.words import quoted


class OutsideNeeds(msgspec.Struct, frozen=True):
    """The outside things that one item mentions, and the explore fields that its queries use."""

    #: (thing, name of the item or part that mentions it)
    mentioned: tuple[tuple[Mentioned, str], ...] = ()
    #: (explore, field, name of the item or part whose query asks for it)
    fields: tuple[tuple[str, str, str], ...] = ()


def outside_needs(item: DesiredNode, explores: frozenset[str] | None) -> OutsideNeeds:
    """List what an item and its parts need.

    `explores` are those whose fields are asked about; None: none are.
    """
    named = [(node, _name(node, item)) for node in item.with_parts()]
    return OutsideNeeds(
        tuple((thing, name) for node, name in named for thing in mentions(node)),
        tuple(
            (explore, field, name)
            for node, name in (named if explores is not None else ())
            for explore, field in _fields(node, explores or frozenset())
        ),
    )


def _name(node: DesiredNode, item: DesiredNode) -> str:
    return item.address if node is item else f"{quoted(node.name or node.id)} of {item.address}"


def _fields(node: Node[str], explores: frozenset[str]) -> Iterator[tuple[str, str]]:
    for kind, body in queries_of(node):
        for explore in used_explores(kind, body):
            for field in query_fields(kind, body) if explore in explores else ():
                yield explore, field


def mentioned(needs: Iterable[OutsideNeeds]) -> Mapping[Mentioned, tuple[str, ...]]:
    """Map each outside thing to what mentions it."""
    found: dict[Mentioned, dict[str, None]] = defaultdict(dict)
    for each in needs:
        for thing, name in each.mentioned:
            found[thing][name] = None
    return {thing: tuple(users) for thing, users in found.items()}


def fields_used(
    needs: Iterable[OutsideNeeds],
) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Map each explore that the destination has to its fields and what asks for them."""
    found: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for each in needs:
        for explore, field, name in each.fields:
            found[explore][field][name] = None
    return {
        explore: {field: tuple(users) for field, users in fields.items()}
        for explore, fields in found.items()
    }
