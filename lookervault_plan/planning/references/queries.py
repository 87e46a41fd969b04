"""Queries and other content-addressed definitions: which ones the destination has already."""

from collections.abc import Callable, Mapping

from lookervault_plan.content.lay_over import kept_keys
from lookervault_plan.content.node import (
    DesiredNode,
    Json,
    LiveId,
    LiveNode,
    LiveRef,
    Node,
    Raw,
    SourceRef,
    same_id,
)
from lookervault_plan.content.normalise import body_of, content_key
from lookervault_plan.content.rename import is_renamed
from lookervault_plan.content.table.kinds import KINDS, generic
from lookervault_plan.planning.references.resolve import Live, Missing, New, Target


class Queries:
    """The definitions of both sides, by content key.

    On one instance equal ids are equal definitions (looker-api.md 3.1), so bodies are compared
    only across instances or where ids differ.
    """

    def __init__(
        self,
        *,
        same_instance: bool,
        known: Mapping[str, LiveId] | None = None,
        refused: Callable[[str, Raw | None], str] = lambda _kind, _body: "",
    ) -> None:
        """`known` maps content keys to live ids that earlier runs learned.

        `refused` names the explore for want of which Looker refuses to create a query of this
        kind with this body; "" if it creates it.
        """
        self._refused = refused
        self.same_instance: bool = same_instance
        self.ids: dict[str, LiveId] = dict(known or {})
        self._keys: dict[SourceRef, str | None] = {}
        self._live_keys: dict[LiveRef, str | None] = {}

    def key(self, ref: SourceRef, body: Raw | None) -> str | None:
        """Give the content key of a desired reference's target. None: its body is not held."""
        cached = self._keys.get(ref)
        if cached is None and body is not None:
            cached = self._keys[ref] = content_key(ref.kind, body)
        return cached

    def live_key(self, ref: LiveRef, body: Raw | None) -> str | None:
        """Give the content key of a live reference's target, and remember the target's id."""
        cached = self._live_keys.get(ref)
        if cached is None and body is not None:
            cached = self._live_keys[ref] = content_key(ref.kind, body)
            if cached:
                _ = self.ids.setdefault(cached, ref.id)
        return cached

    def target(self, node: DesiredNode, path: str, ref: SourceRef) -> Target:
        """Resolve a desired reference to a query."""
        if self.same_instance and ref.id and not is_renamed(ref):
            return Live(same_id(ref).id)
        body = body_of(node, path)
        key = self.key(ref, body)
        if key is None or body is None:
            return Missing(
                ref
            )  # another item may hold the body, but requests are cut from this one
        if key in self.ids:
            return Live(self.ids[key])
        return Missing(ref) if self._refused(ref.kind, body) else New(f"{ref.kind}:{key}")

    def missing_explore(self, node: DesiredNode, path: str) -> str:
        """Name the explore for want of which a desired query can't be created; "" if it can."""
        ref = node.refs.get(path)
        if ref is None or not isinstance(self.target(node, path, ref), Missing):
            return ""
        return self._refused(ref.kind, body_of(node, path))

    def equal(self, desired: DesiredNode, live: LiveNode, path: str) -> bool | None:
        """Say whether both point to the same definition. None: that can't be told."""
        want, have = desired.refs.get(path), live.refs.get(path)
        if want is None or have is None:
            return want is have
        if self.same_instance and same_id(want).id == have.id:
            return True
        desired_key = self.key(want, body_of(desired, path))
        if desired_key is not None and self.ids.get(desired_key) == have.id:
            return True
        live_key = self.live_key(have, body_of(live, path))
        if desired_key is None or live_key is None:
            return None if not self.same_instance else False
        return desired_key == live_key or self.kept_keys(desired, live, path) is not None

    def kept_keys(
        self, desired: DesiredNode, live: LiveNode, path: str
    ) -> Mapping[str, Json] | None:
        """Map what the live definition holds and the desired one lacks, if nothing else differs.

        A backup lacks what the client that wrote it did not know, so the live definition stays.
        None: another definition is wanted. On one instance, that is the one with the desired id.
        """
        want, mine = desired.refs.get(path), body_of(desired, path)
        have, theirs = live.refs.get(path), body_of(live, path)
        if self.same_instance or not (want and mine and have and theirs):
            return None
        is_same = self.key(want, mine) == self.live_key(have, theirs)
        return {} if is_same else kept_keys(want.kind, mine, theirs)


def is_query(node: Node[str], path: str) -> bool:
    """Say whether the reference at `path` has a content-addressed target."""
    return (node.kind, generic(path)) in _TO_QUERIES


#: (kind, path) of references with content-addressed targets
_TO_QUERIES = frozenset(
    (row.name, ref.path)
    for row in KINDS.values()
    for ref in row.refs
    if KINDS[ref.kind].content_addressed
)
