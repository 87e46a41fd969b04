"""From a step to its request, once the ids are known; and what differs from what Looker made."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from urllib.parse import quote

import msgspec

from lookervault_plan.content.json_path import get, head, put
from lookervault_plan.content.node import Json, Node, Raw, Ref
from lookervault_plan.content.normalise import empty, normalise
from lookervault_plan.content.table.kinds import KINDS, IfMissing
from lookervault_plan.steps.step import Step

Resolve = Callable[[Ref], str | None]
Rewrite = Callable[[Json, Resolve], Json]


class Request(msgspec.Struct, frozen=True):
    """What is sent."""

    path: str
    body: Raw | None
    #: path in the body of all that is sent
    sends: str | None = None
    query: Mapping[str, str] = {}

    @property
    def payload(self) -> Json:
        return self.body.get(self.sends) if self.body and self.sends else self.body


class UnresolvedError(Exception):
    """A step refers to something that has no id in the destination."""

    def __init__(self, ref: Ref) -> None:
        self.ref = ref
        super().__init__(f"{ref.address} has no id in the destination")


def fill(step: Step, resolve: Resolve, rewrite: Rewrite) -> Request:
    """Put the ids in. Raises UnresolvedError."""
    id_ = _must(resolve, step.target) if step.target and "{0}" in step.query.values() else ""
    query = {name: id_ if value == "{0}" else value for name, value in step.query.items()}
    return Request(_path(step, resolve), _body(step, resolve, rewrite), step.sends, query)


def without_soft(step: Step, resolve: Resolve) -> Step:
    """The step without soft references to items that have no id in the destination."""
    row = KINDS[step.kind]
    slots = {
        path: ref
        for path, ref in step.slots.items()
        if (known := row.find_reference(path)) is None
        or known.if_missing is not IfMissing.DROP
        or not KINDS[ref.kind].is_item
        or resolve(ref) is not None
    }
    return msgspec.structs.replace(step, slots=slots)


def differing(wanted: Node, shown: Raw, resolve: Resolve) -> frozenset[str]:
    """Top-level fields in which Looker's own making differs from the backup's node."""
    live = normalise(wanted.kind, shown)
    fields = {
        head(path)
        for path, value in wanted.fields.items()
        if live.fields.get(path, empty(wanted.kind, path)) != value
    }
    refs = {
        head(path)
        for path, ref in wanted.refs.items()
        if (resolve(ref) if ref else None) != _id(live.refs.get(path))
    }
    return frozenset(fields | refs)


def only(request: Request, heads: frozenset[str]) -> Request:
    """The request with these top-level fields alone."""
    body = request.body or {}
    kept = {key: value for key, value in body.items() if key in heads}
    return msgspec.structs.replace(request, body=kept)


def is_same(kind: str, sent: Raw, found: Raw) -> bool:
    """Whether an object is what a create with this body makes."""
    mine, theirs = normalise(kind, sent), normalise(kind, found)
    return all(
        theirs.fields.get(path, empty(kind, path)) == value
        for path, value in mine.fields.items()
        if not KINDS[kind].field(path).create_only
    ) and all(theirs.refs.get(path) == ref for path, ref in mine.refs.items() if ref is not None)


def probe_of(step: Step, sent: Raw) -> tuple[str, Mapping[str, str]]:
    """Path and query that list where the step's object would be."""
    if step.probe is None:
        raise ValueError(f"{step.id} has no probe")
    held = {key: quote(str(value), safe="") for key, value in sent.items()}
    by = {path.rpartition(".")[2]: str(get(sent, path)) for path in step.probe.search_paths}
    return step.probe.path.format_map(held), {**step.probe.query, **by}


def _path(step: Step, resolve: Resolve) -> str:
    if "{0}" not in step.path:
        return step.path
    ids = [_must(resolve, step.target)] if step.target else []
    if step.live is not None and (not ids or "{1}" in step.path):
        ids.append(step.live.id)
    return step.path.format(*(quote(id_, safe="") for id_ in ids or [""]))


def _body(step: Step, resolve: Resolve, rewrite: Rewrite) -> Raw | None:
    if step.body is None:
        return None
    body = dict(step.body)
    for path, ref in step.slots.items():
        field = head(path)
        if field != path and body.get(field) is step.body.get(field):
            body[field] = deepcopy(step.body.get(field))
        put(body, path, _must(resolve, ref))
    for path in step.links:
        value = get(body, path)
        if value:
            put(body, path, rewrite(value, resolve))
    return body


def _must(resolve: Resolve, ref: Ref) -> str:
    found = resolve(ref)
    if found is None:
        raise UnresolvedError(ref)
    return found


def _id(ref: Ref | None) -> str | None:
    return ref.id if ref else None
