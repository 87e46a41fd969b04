"""Queries and merge queries: never changed, never deleted, one for each definition.

Source:
    docs/looker-api.md, section 3.1; a `client_id` that another query has is refused [observed in
    gzr commit 9f731f1].
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final, cast

import msgspec

from lookervault_plan.sandbox import bodies
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, rows, text
from lookervault_plan.sandbox.kinds import Answer, Route
from lookervault_plan.sandbox.refusals import invalid, missing, not_found, taken
from lookervault_plan.sandbox.rules import lookml

BLANK: Final = bodies.blank("Query")
BLANK_MERGE: Final = bodies.blank("MergeQuery")
DEFINITION: Final = tuple(name for name in bodies.writable("Query") if name != "client_id")
MERGE_DEFINITION: Final = bodies.writable("MergeQuery")
# Server-side normal forms (looker-api.md 5): which empty values read back as which.
EMPTY_AS_NULL: Final = ("pivots", "fill_fields", "subtotals", "filters", "dynamic_fields")
NULL_AS_EMPTY: Final[Row] = {"sorts": []}


def view(ctx: Context, row: Row) -> Row:
    """Query."""
    slug, at = text(row, "slug"), f"/explore/{text(row, 'model')}/{text(row, 'view')}"
    base = ctx.instance.base_url
    return {
        **BLANK,
        **row,
        "can": EVERYTHING_ALLOWED,
        "url": f"{at}?qid={slug}",
        "share_url": f"{base}/x/{slug}",
        "expanded_share_url": f"{base}{at}?qid={slug}",
    }


def find(ctx: Context, id_: str | None) -> Row | None:
    """The query as a reply shows it, or None."""
    row = ctx.store.get("queries", id_)
    return None if row is None else view(ctx, row)


def define(ctx: Context, body: Json) -> Row:
    """Return the query with this definition. Create it if none exists."""
    given = bodies.check("Query", body, required=("model", "view"), strict=ctx.instance.strict)
    _check_explore(ctx, given)
    definition: Row = {name: given.get(name) for name in DEFINITION}
    definition |= {name: None for name in EMPTY_AS_NULL if not definition[name]}
    definition |= {name: one for name, one in NULL_AS_EMPTY.items() if definition[name] is None}
    client_id = maybe(given, "client_id")
    if client_id is not None and ctx.store.count("queries", "client_id", client_id):
        raise taken("client_id", "Query with this client_id already exists.")
    if client_id is not None and not (len(client_id) == 22 and client_id.isalnum()):
        raise invalid("client_id", "invalid", "client_id must be 22 letters or digits")
    known = _known(ctx, "queries", [definition, client_id])
    return _insert(ctx, known, definition, client_id) if isinstance(known, str) else known


def _check_explore(ctx: Context, given: Row) -> None:
    """Raise 404 if the query's model or explore is missing, or hidden from the caller.

    Source:
        docs/looker-api.md, section 3.1.
    """
    if not lookml.has_explore(ctx, text(given, "model"), text(given, "view")):
        raise not_found()


def _known(ctx: Context, table: str, definition: Json) -> Row | str:
    """The row of that definition, else the definition's digest."""
    encoded = msgspec.json.encode(definition, order="deterministic")
    digest = f"{table}:{hashlib.blake2b(encoded, digest_size=16).hexdigest()}"
    known = ctx.store.get("digests", digest)
    return digest if known is None else ctx.find(table, text(known, "of"))


def _insert(ctx: Context, digest: str, definition: Row, client_id: str | None) -> Row:
    slug = client_id or ctx.instance.slug()
    row: Row = {name: value for name, value in definition.items() if value is not None}
    row |= {
        "id": ctx.store.next_id("queries"),
        "slug": slug,
        "client_id": slug,
        "has_table_calculations": "table_calculation" in text(row, "dynamic_fields"),
    }
    _ = ctx.store.insert("digests", {"id": digest, "of": row["id"]})
    return ctx.store.insert("queries", row)


def _create(ctx: Context) -> Answer:
    return Answer(view(ctx, define(ctx, ctx.body)))


def _read(ctx: Context) -> Answer:
    return Answer(view(ctx, ctx.find("queries", ctx.params["id"])))


def _by_slug(ctx: Context) -> Answer:
    found = ctx.store.where("queries", "slug", ctx.params["slug"])
    if not found:
        raise not_found()
    return Answer(view(ctx, found[0]))


def _merge_view(row: Row) -> Row:
    return {**BLANK_MERGE, **row, "can": EVERYTHING_ALLOWED}


def _create_merge(ctx: Context) -> Answer:
    given = bodies.check("MergeQuery", ctx.body, strict=ctx.instance.strict)
    sources = rows(given, "source_queries")
    if not sources:
        raise invalid("source_queries", "missing_field", "source_queries is required")
    definition: Row = {name: given.get(name) for name in MERGE_DEFINITION}
    definition["source_queries"] = [_source(ctx, one, n) for n, one in enumerate(sources)]
    known = _known(ctx, "merge_queries", definition)
    if not isinstance(known, str):
        return Answer(_merge_view(known))
    row: Row = {name: value for name, value in definition.items() if value is not None}
    row |= {
        "id": ctx.instance.slug(),
        "result_maker_id": ctx.store.next_id("result_makers"),
    }
    _ = ctx.store.insert("digests", {"id": known, "of": row["id"]})
    return Answer(_merge_view(ctx.store.insert("merge_queries", row)))


def _source(ctx: Context, source: Row, number: int) -> Row:
    """A source query by id, or by slug: some servers fill only the slug (looker-api.md 3.1)."""
    path = f"source_queries[{number}]"
    found = ctx.store.get("queries", maybe(source, "query_id"))
    if found is None and maybe(source, "query_id") is None and maybe(source, "query_slug"):
        found = next(iter(ctx.store.where("queries", "slug", text(source, "query_slug"))), None)
    if found is None:
        raise missing(f"{path}.query_id", "query")
    return {
        "merge_fields": cast("Json", rows(source, "merge_fields")),
        "name": source.get("name") or f"q{number}",
        "query_id": found["id"],
        "query_slug": found["slug"],
    }


def _read_merge(ctx: Context) -> Answer:
    return Answer(_merge_view(ctx.find("merge_queries", ctx.params["id"])))


INDEXES: Final = {
    "queries": ("slug", "client_id"),
}


def routes() -> Iterator[Route]:
    """Operations on queries and merge queries."""
    for method, path, handle, model in (
        ("POST", "/queries", _create, "Query"),
        ("GET", "/queries/{id}", _read, "Query"),
        ("GET", "/queries/slug/{slug}", _by_slug, "Query"),
        ("POST", "/merge_queries", _create_merge, "MergeQuery"),
        ("GET", "/merge_queries/{id}", _read_merge, "MergeQuery"),
    ):
        yield Route(
            method=method, path=path, handle=handle, fields=model, has_body=method == "POST"
        )
