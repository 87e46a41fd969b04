"""Whether an item is as wanted to the letter, so that nothing has to be paired or compared."""

from collections.abc import Callable

import msgspec

from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.table.kinds import KINDS, IfMissing
from lookervault_plan.planning.compare.diff import Policy
from lookervault_plan.planning.references.targets import Live, Queries, Resolve, Target, is_query


class Sameness(msgspec.Struct, frozen=True):
    """How two sides are compared to the letter; False says nothing, it may mean the same.

    `soft` translates references of an item that can wait.
    """

    resolve: Resolve
    soft: Resolve
    queries: Queries
    policy: Policy

    def of_items(
        self, desired: Node, live: Node, translate: Callable[[Node, Resolve], Node]
    ) -> bool:
        """Whether all that the backup holds is there, parts under equal ids, in the same order.

        `translate` rewrites links in a part's text.
        """
        pairs = [(nodes, live.parts.get(name, ())) for name, nodes in desired.parts.items()]
        return (
            all([mine.id for mine in a] == [theirs.id for theirs in b] for a, b in pairs)
            and self._of_nodes(desired, live, self.soft)
            and all(
                self._of_nodes(translate(mine, self._resolve), theirs, self._resolve)
                for a, b in pairs
                for mine, theirs in zip(a, b, strict=True)
            )
        )

    def _of_nodes(self, mine: Node, theirs: Node, soft: Resolve) -> bool:
        if mine.fields != theirs.fields and any(
            path not in theirs.fields or theirs.fields[path] != value
            for path, value in mine.fields.items()
        ):
            return False
        return all(
            self._is_met(mine, theirs, path, soft)
            for path in mine.refs
            if not (asked := KINDS[mine.kind].reference(path).policy) or self.policy(asked)
        )

    def _is_met(self, mine: Node, theirs: Node, path: str, soft: Resolve) -> bool:
        want, have = mine.refs[path], theirs.refs.get(path)
        if is_query(mine, path):
            return self.queries.equal(mine, theirs, path) is True
        if want is None or have is None:
            return want is have
        is_soft = KINDS[mine.kind].reference(path).if_missing is IfMissing.DROP
        return (soft if is_soft else self._resolve)(want) == Live(have.id)

    def _resolve(self, ref: Ref) -> Target:
        """Parts keep their ids."""
        return Live(ref.id) if KINDS[ref.kind].is_part else self.resolve(ref)
