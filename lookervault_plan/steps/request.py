"""Turn a step into its request once the ids are known, and compare objects with requests."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from urllib.parse import quote

import msgspec

from lookervault_plan.content.json_path import get, head, put
from lookervault_plan.content.lay_over import value_after
from lookervault_plan.content.node import LIVE, DesiredNode, Json, LiveId, LiveRef, Raw, SourceRef
from lookervault_plan.content.normalise import empty, normalise
from lookervault_plan.content.table.kinds import KINDS, IfMissing, Probe
from lookervault_plan.steps.step import RequestTemplate

Resolve = Callable[[SourceRef], LiveId | None]
Rewrite = Callable[[Json, Resolve], Json]


class Request(msgspec.Struct, frozen=True):
    """A request with all ids in place."""

    path: str
    body: Raw | None
    #: as in `RequestTemplate`
    list_path: str | None = None
    query: Mapping[str, str] = {}

    @property
    def payload(self) -> Json:
        """The JSON to send: the body, or the one list of it that is sent alone."""
        return self.body.get(self.list_path) if self.body and self.list_path else self.body


class UnresolvedError(Exception):
    """A step refers to an item or part that has no id in the destination."""

    def __init__(self, ref: SourceRef) -> None:
        self.ref = ref
        super().__init__(f"{ref.address} has no id in the destination")


def build_request(template: RequestTemplate, resolve: Resolve, rewrite: Rewrite) -> Request:
    """Put the ids into a template. Raises UnresolvedError."""
    id_ = ""
    if template.target and ("{0}" in template.path or "{0}" in template.query.values()):
        id_ = _resolved(resolve, template.target)
    path = template.path.format(quote(id_, safe=""))
    query = {name: id_ if value == "{0}" else value for name, value in template.query.items()}
    return Request(path, _body(template, resolve, rewrite), template.list_path, query)


def without_soft(kind: str, template: RequestTemplate, resolve: Resolve) -> RequestTemplate:
    """Leave out soft references to items that have no id in the destination."""
    row = KINDS[kind]
    slots = {
        path: ref
        for path, ref in template.slots.items()
        if (known := row.find_reference(path)) is None
        or known.if_missing is not IfMissing.DROP
        or not KINDS[ref.kind].is_item
        or resolve(ref) is not None
    }
    return msgspec.structs.replace(template, slots=slots)


def differing_fields(wanted: DesiredNode, shown: Raw, resolve: Resolve) -> frozenset[str]:
    """Return the top-level fields in which an object that Looker made differs from a node."""
    live = normalise(wanted.kind, shown, LIVE)
    fields = {
        head(path)
        for path in wanted.fields
        if live.fields.get(path, empty(wanted.kind, path)) != value_after(wanted, live, path)
    }
    refs = {
        head(path)
        for path, ref in wanted.refs.items()
        if (resolve(ref) if ref else None) != _id(live.refs.get(path))
    }
    return frozenset(fields | refs)


def limited_to(request: Request, heads: frozenset[str]) -> Request:
    """Keep only these top-level fields of the body."""
    body = request.body or {}
    kept = {key: value for key, value in body.items() if key in heads}
    return msgspec.structs.replace(request, body=kept)


def is_same(kind: str, sent: Raw, found: Raw) -> bool:
    """Whether a create with the body `sent` makes an object like `found`."""
    wanted, live = normalise(kind, sent), normalise(kind, found)
    return all(
        live.fields.get(path, empty(kind, path)) == value_after(wanted, live, path)
        for path in wanted.fields
        if not KINDS[kind].field(path).create_only
    ) and all(live.refs.get(path) == ref for path, ref in wanted.refs.items() if ref is not None)


def probe_request(probe: Probe, sent: Raw) -> tuple[str, Mapping[str, str]]:
    """Return path and query of the list that shows the object, if a create with `sent` made it."""
    values = {key: quote(str(value), safe="") for key, value in sent.items()}
    by = {path.rpartition(".")[2]: str(get(sent, path)) for path in probe.search_paths}
    return probe.path.format_map(values), {**probe.query, **by}


def _body(template: RequestTemplate, resolve: Resolve, rewrite: Rewrite) -> Raw | None:
    if template.body is None:
        return None
    body = dict(template.body)
    for path, ref in template.slots.items():
        field = head(path)
        if field != path and body.get(field) is template.body.get(field):
            body[field] = deepcopy(template.body.get(field))
        put(body, path, _resolved(resolve, ref))
    for path in template.links:
        value = get(body, path)
        if value:
            put(body, path, rewrite(value, resolve))
    return body


def _resolved(resolve: Resolve, ref: SourceRef) -> str:
    id_ = resolve(ref)
    if id_ is None:
        raise UnresolvedError(ref)
    return id_


def _id(ref: LiveRef | None) -> LiveId | None:
    return ref.id if ref else None
