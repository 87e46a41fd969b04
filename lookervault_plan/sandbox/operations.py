"""Reading and writing the things of one row of the table: what all kinds do alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, list_filters
from lookervault_plan.sandbox.context import Context
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, text
from lookervault_plan.sandbox.kinds import NOTHING, Answer, Kind, Route, Unique, View
from lookervault_plan.sandbox.refusals import RefusedError, error, missing, not_found, taken

LISTED: Final = frozenset({"limit", "offset", "sorts", "filter_or"})
KEPT_SEARCHES: Final = 32
NOT_IN_SEARCH: Final = list_filters.PAGING | {"fields"}
LISTED_WITH_PAGES: Final = (
    LISTED | list_filters.PAGING
)  # older endpoints take page and per_page too


def crud(kind: Kind, operations: str, *, fields_on: str = "") -> Iterator[Route]:
    """The routes for some of create, read, update, delete, search, list.

    `fields_on` names those that take a `fields` parameter; it differs from kind to kind [spec].
    """
    one = f"{kind.path}/{{id}}"
    made: dict[str, tuple[str, str, Callable[[Context], Answer], frozenset[str]]] = {
        "create": ("POST", kind.path, lambda ctx: create(ctx, kind), frozenset()),
        "read": ("GET", one, lambda ctx: read(ctx, kind), frozenset()),
        "update": ("PATCH", one, lambda ctx: update(ctx, kind), frozenset()),
        "delete": ("DELETE", one, lambda ctx: delete(ctx, kind), frozenset()),
        "list": ("GET", kind.path, lambda ctx: listing(ctx, kind), frozenset()),
        "search": (
            "GET",
            f"{kind.path}/search",
            lambda ctx: listing(ctx, kind),
            LISTED | frozenset(kind.search),
        ),
    }
    for name in operations.split():
        method, path, handle, query = made[name]
        yield Route(
            method=method,
            path=path,
            handle=handle,
            query=query,
            fields=kind.model if name in fields_on.split() else "",
            has_body=method in {"POST", "PATCH"},
        )


def the_one(ctx: Context, kind: Kind, name: str = "id") -> Row:
    """The row that the path names; 404 for none, or none that the caller sees."""
    row = ctx.store.get(kind.table, ctx.params[name])
    if row is None or not (ctx.is_admin or kind.sees(ctx, row)):
        raise not_found()
    return row


def create(ctx: Context, kind: Kind) -> Answer:
    """POST to the collection."""
    _allow_write(ctx, kind)
    return Answer(kind.view(ctx, created(ctx, kind, ctx.body)))


def created(ctx: Context, kind: Kind, body: Json) -> Row:
    """A new row from a body."""
    model = kind.create_model or kind.model
    given = bodies.check(model, body, required=kind.required, strict=ctx.instance.strict)
    _drop_ignored(ctx, kind, given)
    kind.before_create(ctx, given)
    row: Row = {**kind.defaults}
    row.update({name: value for name, value in given.items() if value is not None})
    check_references(ctx, kind, given)
    for rule in kind.unique:
        _check_unique(ctx, kind, rule, row, None)
    row["id"] = text(row, "id") or ctx.store.next_id(kind.table)
    _stamp(ctx, kind, row, new=True)
    _ = ctx.store.insert(kind.table, row)
    kind.after_create(ctx, row, given)
    return row


def read(ctx: Context, kind: Kind) -> Answer:
    """GET of one."""
    return Answer(kind.view(ctx, the_one(ctx, kind)))


def update(ctx: Context, kind: Kind) -> Answer:
    """PATCH of one; a body that changes nothing is fine."""
    row = the_one(ctx, kind)
    _allow_write(ctx, kind, row)
    updated(ctx, kind, row)
    return Answer(kind.view(ctx, row))


def updated(ctx: Context, kind: Kind, row: Row) -> None:
    """Change a row by the request's body."""
    given = bodies.check(kind.update_model or kind.model, ctx.body, strict=ctx.instance.strict)
    _drop_ignored(ctx, kind, given)
    kind.before_update(ctx, row, given)
    check_references(ctx, kind, given)
    for name in kind.required:
        if name in given and given[name] in (None, ""):
            raise RefusedError(422, errors=[error(name, "missing_field", f"{name} is required")])
    changes: Row = {
        name: kind.defaults.get(name) if value is None else value for name, value in given.items()
    }
    after = {**row, **changes}
    for rule in kind.unique:
        if any(name in changes for name in (*rule.fields, "deleted")):
            _check_unique(ctx, kind, rule, after, row)
    _stamp(ctx, kind, changes, new=False)
    ctx.store.update(kind.table, row, changes)
    kind.after_update(ctx, row, given)


def delete(ctx: Context, kind: Kind) -> Answer:
    """DELETE of one, for good."""
    row = the_one(ctx, kind)
    _allow_write(ctx, kind, row)
    remove(ctx, kind, row)
    return NOTHING


def remove(ctx: Context, kind: Kind, row: Row) -> None:
    """Delete a row for good, with all that hangs on it."""
    kind.before_delete(ctx, row)
    ctx.store.delete(kind.table, row)


def listing(
    ctx: Context, kind: Kind, rows: Iterable[Row] | None = None, view: View | None = None
) -> Answer:
    """A list or a search: what the caller sees, filtered, in order, page by page."""
    offset, limit = list_filters.page(ctx.query)
    found = _matching(ctx, kind) if rows is None else _select(ctx, kind, rows)
    if "sorts" not in ctx.query:
        found = list_filters.shuffled(found, f"{ctx.instance.seed}:{offset}")
    total = len(found) if limit is not None else None
    chosen = found[offset : None if limit is None else offset + limit]
    show = view or kind.view
    return Answer([show(ctx, row) for row in chosen], total=total)


def _matching(ctx: Context, kind: Kind) -> list[Row]:
    """What a search finds; kept until the next write, for all pages of one search."""
    asked = {name: one for name, one in ctx.query.items() if name not in NOT_IN_SEARCH}
    key = (kind.table, ctx.user_id, *sorted(asked.items()))
    version, found = ctx.instance.found.get(key, (-1, []))
    if version != ctx.store.version:
        found = _select(ctx, kind, ctx.store.table(kind.table).values())
        if len(ctx.instance.found) >= KEPT_SEARCHES:
            ctx.instance.found.clear()
        ctx.instance.found[key] = (ctx.store.version, found)
    return found


def _select(ctx: Context, kind: Kind, rows: Iterable[Row]) -> list[Row]:
    found = list(rows) if ctx.is_admin else [row for row in rows if kind.sees(ctx, row)]
    found = list_filters.select(found, ctx.query, kind.search)
    sorts = ctx.query.get("sorts")
    return list_filters.ordered(found, sorts, kind.sorts) if sorts else found


def _allow_write(ctx: Context, kind: Kind, row: Row | None = None) -> None:
    if ctx.is_admin:
        return
    if kind.admin_only:
        raise RefusedError(kind.admin_only)
    if row is not None and not kind.edits(ctx, row):
        raise not_found()


def _drop_ignored(ctx: Context, kind: Kind, given: Row) -> None:
    ignored = ctx.instance.ignore_fields
    if not ignored:
        return
    for table in (kind.table, kind.table.removesuffix("s")):
        for name in ignored.get(table, ()):
            _ = given.pop(name, None)


def check_references(ctx: Context, kind: Kind, given: Row) -> None:
    """422 for an id that leads nowhere."""
    for reference in kind.references:
        id_ = maybe(given, reference.field)
        if id_ is not None and ctx.store.get(reference.table, id_) is None:
            raise missing(reference.field, reference.table.rstrip("s"))


def _check_unique(ctx: Context, kind: Kind, rule: Unique, after: Row, row: Row | None) -> None:
    values = [maybe(after, name) for name in rule.fields]
    if any(value is None for value in values) or (rule.among_live and after.get("deleted")):
        return
    behaviour = ctx.instance.behaviour
    is_free_in_trash = rule.among_live and not behaviour.trash_keeps_titles
    for other in _sharing(ctx, kind, rule, values):
        if other is not row and not (is_free_in_trash and other.get("deleted")):
            if row is None and (behaviour.duplicate_status or rule.status) == 409:
                raise RefusedError(409, rule.message)
            raise taken(rule.shown, rule.message)


def _sharing(ctx: Context, kind: Kind, rule: Unique, values: list[str | None]) -> Iterator[Row]:
    rest = list(zip(rule.fields[1:], values[1:], strict=True))
    for row in ctx.store.where(kind.table, rule.fields[0], values[0]):
        if all(row.get(name) == value for name, value in rest):
            yield row


def _stamp(ctx: Context, kind: Kind, row: Row, *, new: bool) -> None:
    if new and "created_at" in kind.stamped:
        row["created_at"] = ctx.instance.birth()
    if "updated_at" in kind.stamped:
        row["updated_at"] = ctx.instance.now()
