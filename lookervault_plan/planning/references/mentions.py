"""Explores that the destination lacks: told at plan time, since queries need them (A 6.2)."""

from collections import defaultdict
from collections.abc import Iterator

from lookervault_plan.content.node import Address, Node
from lookervault_plan.content.normalise import body_of
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.planning.references.targets import is_query

#: so many items that need one are named
_SHOWN = 5


class Mentions:
    """Collects what the queries of items run on."""

    def __init__(self, explores: frozenset[str] | None) -> None:
        """`explores` of the destination as `model::explore`; None if they were not read."""
        self._explores = explores
        self._missing: dict[str, set[Address]] = defaultdict(set)

    def note(self, address: Address, item: Node) -> None:
        """Remember what an item that is written needs."""
        for node in item.walk() if self._explores else ():
            for path, ref in node.refs.items():
                body = body_of(node, path) if ref and is_query(node, path) else None
                for mention in KINDS[ref.kind].portable_names if ref and body else ():
                    names = [str(body.get(name) or "") for name in mention.paths] if body else []
                    name = "::".join(names)
                    if all(names) and self._explores and name not in self._explores:
                        self._missing[name].add(address)

    def warnings(self) -> Iterator[Diagnostic]:
        """One for each explore; the content is applied all the same."""
        for name, found in sorted(self._missing.items()):
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
