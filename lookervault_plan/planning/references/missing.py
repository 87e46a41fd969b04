"""Find connections, explores and other names that content needs and the destination lacks."""

from collections.abc import Callable, Collection, Iterator, Mapping

from lookervault_plan.content.external_names import own_external_names
from lookervault_plan.content.node import Address, Node
from lookervault_plan.content.table.kinds import KINDS, IfMissing
from lookervault_plan.errors import Diagnostic

#: items that a warning names
_SHOWN = 5


def missing_external_names(node: Node[str], existing: Mapping[str, frozenset[str]]) -> str:
    """Say for people which external things of a node the destination lacks; "" for none."""
    missing = [
        f"{each.kind.replace('_', ' ')} {name}"
        for each, name in own_external_names(KINDS[node.kind], node.raw)
        if each.if_missing is IfMissing.BLOCK
        and each.kind in existing
        and name not in existing[each.kind]
    ]
    return f"the destination has no {', '.join(missing)}" if missing else ""


def explore_warnings(
    needed_by: Mapping[str, Collection[Address]], doubt: Callable[[str], str]
) -> Iterator[Diagnostic]:
    """Warn of each missing explore. `doubt` says why it may be there all the same; "" if not."""
    for name, found in sorted(needed_by.items()):
        addresses = sorted(set(found))
        more = f" and {len(addresses) - _SHOWN} more" if addresses[_SHOWN:] else ""
        why = doubt(name)
        what = f"{why}; their queries are tried" if why else "queries on it are left out"
        yield Diagnostic(
            severity="warning",
            code="explore.missing",
            address=addresses[0],
            summary=f"the destination has no explore {name}",
            detail=f"needed by {', '.join(addresses[:_SHOWN])}{more}; {what}, "
            "and those that exist there do not run",
            fix="deploy the LookML project to the destination first",
        )
