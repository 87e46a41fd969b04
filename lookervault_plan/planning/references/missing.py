"""Find connections, explores and other names that content needs and the destination lacks."""

from collections.abc import Iterator, Mapping

from lookervault_plan.content.node import Address, DesiredNode, Node
from lookervault_plan.content.normalise import body_of
from lookervault_plan.content.overrides import own_external_names
from lookervault_plan.content.table.kinds import KINDS, IfMissing
from lookervault_plan.errors import Diagnostic
from lookervault_plan.planning.references.queries import is_query

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


def missing_explores(item: DesiredNode, existing: frozenset[str] | None) -> Iterator[str]:
    """Name the explores that the item's queries run on and the destination lacks.

    `existing` has them as `model::explore`; None if they were not read. Queries don't run without
    their explore (looker-api.md 6.2).
    """
    for node in item.with_parts() if existing else ():
        for path, ref in node.refs.items():
            body = body_of(node, path) if ref and is_query(node, path) else None
            for portable in KINDS[ref.kind].portable_names if ref and body else ():
                names = [str(body.get(name) or "") for name in portable.paths] if body else []
                name = "::".join(names)
                if all(names) and existing and name not in existing:
                    yield name


def explore_warnings(needed_by: Mapping[str, set[Address]]) -> Iterator[Diagnostic]:
    """Warn of each missing explore. Its content is applied all the same."""
    for name, found in sorted(needed_by.items()):
        addresses = sorted(found)
        more = f" and {len(addresses) - _SHOWN} more" if addresses[_SHOWN:] else ""
        yield Diagnostic(
            severity="warning",
            code="explore.missing",
            address=addresses[0],
            summary=f"the destination has no explore {name}",
            detail=f"needed by {', '.join(addresses[:_SHOWN])}{more}; "
            "their queries will not run there",
            fix="deploy the LookML project to the destination first",
        )
