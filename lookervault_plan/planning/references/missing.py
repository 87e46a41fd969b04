"""What an object needs that is no content: connections, projects, LookML dashboards."""

from collections.abc import Mapping

from lookervault_plan.content.node import Node
from lookervault_plan.content.overrides import outside_names
from lookervault_plan.content.table.kinds import KINDS, IfMissing


def lacking(node: Node, outside: Mapping[str, frozenset[str]]) -> str:
    """What the destination has not got of it, for people; "" if nothing is missing."""
    missing = [
        f"{each.kind.replace('_', ' ')} {name}"
        for each, name in outside_names(KINDS[node.kind], node.raw)
        if each.if_missing is IfMissing.BLOCK
        and each.kind in outside
        and name not in outside[each.kind]
    ]
    return f"the destination has no {', '.join(missing)}" if missing else ""
