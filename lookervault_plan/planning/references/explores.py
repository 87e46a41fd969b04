"""The explores that queries run on, and which of them the destination lacks."""

from collections.abc import Callable, Iterator, Mapping

from lookervault_plan.content.json_path import find
from lookervault_plan.content.node import DesiredNode, Raw
from lookervault_plan.content.normalise import body_of
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.table.rows.lookml import EXPLORE
from lookervault_plan.planning.references.queries import is_query


def used_explores(kind: str, body: Raw) -> Iterator[str]:
    """Name the explores that a query, or the sources of a merge query, run on: `model::explore`."""
    row = KINDS[kind]
    for portable in row.portable_names:
        names = [str(body.get(path) or "") for path in portable.paths]
        if portable.kind == EXPLORE.name and all(names):
            yield "::".join(names)
    for reference in row.refs:
        for path in reference.body_paths:
            for _, source in find(body, path):
                if isinstance(source, Mapping):
                    yield from used_explores(reference.kind, source)


class Explores:
    """Says which explores the destination lacks, and whether Looker will refuse their queries.

    Looker refuses to create a query without its explore (looker-api.md 6.2).
    """

    def __init__(
        self,
        names: frozenset[str] | None,
        *,
        makes_model: Callable[[str], bool],
        sees_all: Callable[[], bool],
    ) -> None:
        """`names` are the destination's explores as `model::explore`; None if they were not read.

        `makes_model` says whether the plan creates a model, whose explores may come with it.
        `sees_all` says whether the API user sees every explore. It may ask Looker.
        """
        self._names = names
        self._makes_model = makes_model
        self._sees_all = sees_all

    def missing_of(self, item: DesiredNode) -> Iterator[str]:
        """Name the explores that the queries of an item run on and the destination lacks."""
        for node in item.with_parts() if self._names is not None else ():
            for path, ref in node.refs.items():
                body = body_of(node, path) if ref and is_query(node, path) else None
                if ref and body:
                    yield from self._missing(ref.kind, body)

    def refused(self, kind: str, body: Raw | None) -> str:
        """Name an explore for want of which Looker will refuse to create the query; "" if none."""
        missing = self._missing(kind, body) if body else ()
        return next((name for name in missing if self.doubt(name) == ""), "")

    def doubt(self, name: str) -> str:
        """Say why a missing explore may be there all the same; "" if it can't be."""
        if self._makes_model(name.partition("::")[0]):
            return "the plan makes its model, so that it may be there by then"
        if not self._sees_all():
            return "the API user is no admin, so that it may only be hidden"
        return ""

    def _missing(self, kind: str, body: Raw) -> Iterator[str]:
        for name in used_explores(kind, body):
            if self._names is not None and name not in self._names:
                yield name
